"""What people decide about the books: whose a break is, what explains it, and that a month is closed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from desk.acts.outcome import NotFound, Refused
from desk.clock import Clock
from desk.ledger import Ledger
from desk.ledger import books as store
from desk.ledger.copied import copied
from desk.treasury.books import Books, books_of, check_closable
from desk.treasury.breaks import Break, BreakKind
from desk.treasury.close_document import close_document
from desk.treasury.closing import BooksRefused, make_close, redated
from desk.treasury.coin_records import BreakOwner, Explanation, MonthClose
from desk.treasury.coin_stream import stream
from desk.treasury.explaining import MAX_TEXT, LineRefused, is_line, line_about
from desk.treasury.layouts.explanations import settled_by
from desk.treasury.layouts.together import Settle
from desk.treasury.lot_book import lot_book
from desk.treasury.months import check_month, end_of, first_day, last_day
from desk.treasury.valuation import Marks
from desk.units import Money, Sats, parse_btc, parse_decimal

_SHOWN = 3


def load_books(ledger: Ledger) -> Books:
    """The books as of everything on record, read from a copy: it takes longer than the ledger in use may be held."""
    with copied(ledger) as still, still.read() as tx:
        record = store.book_record(tx)
    return books_of(record)


def explain(
    ledger: Ledger,
    clock: Clock,
    actor: str,
    month: str,
    btc: str,
    text: str,
    *,
    usd: str | None = None,
    break_id: str | None = None,
    day: date | None = None,
) -> tuple[Explanation, Sats]:
    """Puts a named line on record that explains a break; returns it and what is left of the break.

    Positive BTC are coins that left. Raises Refused, NotFound, MonthRefused or AmountRefused, and nothing is written.
    """
    check_month(month)
    sats, value = parse_btc(btc), None if usd is None else Money(parse_decimal(usd))
    _check_words(text, "text")
    found = _meant(load_books(ledger), month, break_id, clock.now())
    said = Explanation("", month, sats, text, actor, value, day=day)
    with ledger.write(actor=actor, clock=clock) as tx:
        said = replace(said, id=store.next_explanation(tx, clock.now()))
        line = _fitting(found, said, clock.now().date())
        store.state_explanation(tx, line)
    return line, Sats(found.open - sats)


def import_settles(ledger: Ledger, now: datetime, nouns: Sequence[str]) -> dict[str, Settle]:
    """What an import of these nouns has to be held against beside the statements: the breaks, for explanations."""
    if "books" not in nouns:
        return {}
    return {"explanations": settled_by(load_books(ledger).breaks(now), now.date())}


def own(ledger: Ledger, clock: Clock, actor: str, break_id: str, owner: str, note: str = "") -> Break:
    """Puts on record who looks after a break. Raises NotFound or Refused."""
    _check_words(owner, "owner")
    books = load_books(ledger)
    found = _known(books, break_id, clock.now())
    before = next((one for one in books.owners if one.break_id == break_id), None)
    opened = before.opened if before else clock.now()
    with ledger.write(actor=actor, clock=clock) as tx:
        store.state_owner(tx, BreakOwner(break_id, owner.strip(), opened, note))
    return found


def close(
    ledger: Ledger,
    clock: Clock,
    actor: str,
    month: str,
    with_breaks: Sequence[str] = (),
    *,
    relief: str = "fifo",
    without_usd: bool = False,
) -> MonthClose:
    """Closes a month for good. Raises BooksRefused, MonthRefused; then nothing is written.

    A month some of whose coins have no dollars is closed only `without_usd`: a close keeps what it lacks. `relief`
    is the configured method of taking lots. What goes on record while the figures are worked out is late, like
    everything after it.
    """
    check_month(month)
    with copied(ledger) as still, still.read() as tx:
        record, rules = store.book_record(tx), store.relief(tx, relief)
    books = books_of(record)
    left = check_closable(books, month, clock.now(), with_breaks)
    missing = books.month(month).missing
    if missing and not without_usd:
        raise BooksRefused(
            f"{month} has no dollars yet: {'; '.join(missing[:_SHOWN])}{' …' if len(missing) > _SHOWN else ''}; "
            "import the marks first (desk holdings import), or close it so for good with --without-usd"
        )
    moved = redated(stream(record.coins), books.entries)
    lots = lot_book(moved, rules, Marks(record.coins.marks), end_of(last_day(month)))
    made = make_close(month, close_document(books, month, lots, left), actor, clock.now())
    with ledger.write(actor=actor, clock=clock) as tx:
        if month in store.closed_months(tx):
            raise BooksRefused(f"somebody else has just closed {month}")
        store.state_close(tx, made, {"open": " ".join(one.id for one in left)} if left else {})
    return made


def _meant(books: Books, month: str, break_id: str | None, now: datetime) -> Break:
    """The break that a line is about: the one named, or the only open one there is."""
    if first_day(month) > now.date():
        raise Refused(f"{month} has not begun")
    return _only(books, month, now) if break_id is None else _known(books, break_id, now)


def _fitting(found: Break, said: Explanation, today: date) -> Explanation:
    try:
        return line_about(found, said, today)
    except LineRefused as problem:
        raise Refused(str(problem)) from None


def _only(books: Books, month: str, now: datetime) -> Break:
    left = [one for one in books.breaks(now) if one.is_open and one.month <= month]
    here = [one for one in left if one.month == month] or [one for one in left if one.kind is not BreakKind.PUBLISHED]
    if len(here) == 1:
        return here[0]
    if not here:
        raise Refused(f"no break of {month} is open; there is nothing to explain (desk books breaks lists them)")
    raise Refused(f"{month} has {len(here)} open breaks; say which: --break {', '.join(one.id for one in here)}")


def _known(books: Books, break_id: str, now: datetime) -> Break:
    found = next((one for one in books.breaks(now) if one.id == break_id), None)
    if found is None:
        raise NotFound(f"no break {break_id!r}; desk books breaks lists them")
    return found


def _check_words(text: str, what: str) -> None:
    if not is_line(text):
        raise Refused(f"--{what} is one line of 1 to {MAX_TEXT} characters")
