"""The books' open breaks among what waits for somebody: with how much, how old, and whose they are."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from desk.ledger import Ledger, books
from desk.ledger.copied import copied
from desk.snapshot.model import WaitingItem
from desk.snapshot.reading import TreasuryRecord
from desk.treasury.books import Books, books_of
from desk.treasury.breaks import Break, BreakKind
from desk.units import show_btc

_SMALL = 1_000_000
"""Below a hundredth of a bitcoin two decimals would show nothing."""


PATIENCE_S = 2.0
"""How long a picture waits for breaks that are not known yet."""
_ON_ITS_WAY = WaitingItem("break", "books", "the books", "what does not agree is still being worked out")


@dataclass(frozen=True, slots=True)
class _Answer:
    """The items that were worked out for a record and a day."""

    treasury: TreasuryRecord
    day: date
    items: tuple[WaitingItem, ...]


class BreakWatch:
    """Works the breaks out again when a statement went on record or a day began, in a thread of its own.

    With years of fills that takes longer than anybody waits for a picture: what is not known in time is said to be
    on its way, and what was known before stands until then.
    """

    def __init__(self, ledger: Ledger, patience_s: float = PATIENCE_S) -> None:
        self._ledger, self._patience_s = ledger, patience_s
        self._thread: threading.Thread | None = None
        self._known: _Answer | None = None

    def items(self, treasury: TreasuryRecord, now: datetime) -> tuple[WaitingItem, ...]:
        """What waits. `treasury` is the record of the picture; another one means that something was stated."""
        if not self._is_current(treasury, now) and (self._thread is None or not self._thread.is_alive()):
            self._thread = threading.Thread(target=self._run, args=(treasury, now), name="breaks", daemon=True)
            self._thread.start()
            self._thread.join(self._patience_s)
        return self._known.items if self._known else (_ON_ITS_WAY,)

    def wait(self, seconds: float) -> None:
        """Until the work under way is done: for whoever needs the breaks now."""
        if self._thread is not None:
            self._thread.join(seconds)

    def _is_current(self, treasury: TreasuryRecord, now: datetime) -> bool:
        known = self._known
        return known is not None and known.treasury is treasury and known.day == now.date()

    def _run(self, treasury: TreasuryRecord, now: datetime) -> None:
        try:
            found = tuple(self._worked_out(now))
        except Exception as problem:  # a thread's top: the picture goes on without the breaks, and says so
            found = (WaitingItem("break", "books", "the books cannot be read", str(problem)),)
        self._known = _Answer(treasury, now.date(), found)

    def _worked_out(self, now: datetime) -> list[WaitingItem]:
        with copied(self._ledger) as still, still.read() as tx:
            record = books.book_record(tx)
        return break_items(books_of(record), now)


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
