"""The books' open breaks among what waits for somebody: with how much, how old, and whose they are."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from desk.ledger import Ledger, books
from desk.ledger.copied import copied
from desk.snapshot.model import WaitingItem
from desk.snapshot.reading import TreasuryRecord
from desk.treasury.books import Books, books_of
from desk.treasury.breaks import Break, BreakKind
from desk.treasury.closing import BooksRefused
from desk.units import show_btc

_SMALL = 1_000_000
"""Below a hundredth of a bitcoin two decimals would show nothing."""


class BreakWatch:
    """Works the breaks out again when a statement went on record or a day began: it takes longer than a picture."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._known: tuple[TreasuryRecord, date] | None = None
        self._items: tuple[WaitingItem, ...] = ()

    def items(self, treasury: TreasuryRecord, now: datetime) -> tuple[WaitingItem, ...]:
        """What waits. `treasury` is the record of the picture; another one means that something was stated."""
        known = self._known
        if known is None or known[0] is not treasury or known[1] != now.date():
            self._items = tuple(self._worked_out(now))
            self._known = treasury, now.date()
        return self._items

    def _worked_out(self, now: datetime) -> list[WaitingItem]:
        with copied(self._ledger) as still, still.read() as tx:
            record = books.book_record(tx)
        try:
            return break_items(books_of(record), now)
        except BooksRefused as problem:
            return [WaitingItem("break", "books", "the books cannot be read", str(problem))]


def break_items(found: Books, now: datetime) -> list[WaitingItem]:
    """Open breaks, the oldest first. Before a cut-over, what is seen at places but not in the books is one line."""
    left = sorted((one for one in found.breaks(now) if one.is_open), key=lambda one: (one.since, one.id))
    outside = [one for one in left if one.kind is BreakKind.PLACE and not found.has_opening]
    items = [_item(one, now.date()) for one in left if one not in outside]
    if outside:
        items.append(_without_opening(outside))
    return items


def _item(one: Break, today: date) -> WaitingItem:
    places = 2 if abs(one.open) >= _SMALL else 8
    what = f"{show_btc(one.open, places)} BTC" if one.open or not one.money else f"{one.money:,f} {one.currency}"
    days = one.age_days(today)
    age = f"{days} day{'' if days == 1 else 's'}"
    return WaitingItem("break", one.id, one.subject, f"{what} unexplained for {age}, {one.owner or 'nobody'} on it")


def _without_opening(outside: Iterable[Break]) -> WaitingItem:
    names = ", ".join(one.place for one in outside)
    return WaitingItem("break", "books", "no opening lots", f"not in the books: {names} · desk holdings template")
