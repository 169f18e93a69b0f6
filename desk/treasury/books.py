"""The desk's books: every statement and fill as entries, rolled forward by day and month, held against what was seen.

Derived whenever they are asked for, from what is on record; only what people decide is stored: explanations, owners
and closes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from desk.treasury.breaks import Break, BreakKind, owned, told_once
from desk.treasury.cash_records import CashActual
from desk.treasury.closing import BooksRefused, ClosedMonth, booked, read_close
from desk.treasury.coin_records import BreakOwner, Explanation, MonthClose, VenueLook
from desk.treasury.coin_stream import cut_over, stream
from desk.treasury.looks import Look, look_observations, read_look
from desk.treasury.months import end_of, first_day, last_day, month_of, next_month, start_of
from desk.treasury.movements import CoinStatements, booked_at, is_transit
from desk.treasury.observed import Observation, PlaceState, place_breaks, place_states
from desk.treasury.published import PublishedRoll, explained_entry, published_breaks, published_rolls
from desk.treasury.reconcile import KnownOrder, LedgerSide, VenueWays, reconcile
from desk.treasury.records import Loan, Place, PlaceKind, PublishedMonth
from desk.treasury.rollforward import Amount, Entry, LineKind, Roll, roll
from desk.treasury.undelivered import Undelivered, deliveries, owed_at
from desk.treasury.valuation import COIN, Marks, missing_mark
from desk.treasury.valued import entries, fair_amount, in_cents
from desk.units import NOTHING, Price, Sats, notional

_INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class BookRecord:
    """What the books are made from. `places` are all statements ever made about places, corrected ones left out.

    `looks` are as they stand on record: reading them takes longer than a ledger may be held.
    """

    coins: CoinStatements
    explanations: Sequence[Explanation] = ()
    owners: Sequence[BreakOwner] = ()
    closes: Sequence[MonthClose] = ()
    months: Sequence[PublishedMonth] = ()
    places: Sequence[Place] = ()
    loans: Sequence[Loan] = ()
    looks: Sequence[VenueLook] = ()
    orders: Mapping[tuple[str, str], KnownOrder] = field(default_factory=dict)
    seen: Sequence[Observation] = ()
    actuals: Sequence[CashActual] = ()


class BookColumn(StrEnum):
    """Where coins of the books are. A receivable is not part of the holding."""

    UNPLEDGED = "unpledged"
    PLEDGED = "pledged"
    IN_TRANSIT = "in-transit"
    RECEIVABLE = "receivable"


@dataclass(frozen=True, slots=True)
class Books:
    """The entries as booked, and everything that is said about them. Make it with `books_of`."""

    entries: tuple[Entry, ...]
    marks: Marks
    closed: Mapping[str, ClosedMonth]
    observations: tuple[Observation, ...]
    venues: tuple[VenueWays, ...]
    published: tuple[PublishedRoll, ...]
    explanations: tuple[Explanation, ...]
    owners: tuple[BreakOwner, ...]
    pledged: frozenset[str] = frozenset()
    deliveries: tuple[Undelivered, ...] = ()
    has_opening: bool = False
    """Whether lots were taken over at a cut-over; without, what is seen at the places is not in the books."""

    @property
    def first_month(self) -> str | None:
        """The month the books begin with; None where they are empty."""
        own = [month_of(self.entries[0].at)] if self.entries else []
        return min([*own, *(one.month.month for one in self.published)], default=None)

    @property
    def begins(self) -> date | None:
        """The day of the first entry; before it nothing is known of any coin. None where there is none."""
        return self.entries[0].at.date() if self.entries else None

    @property
    def last_closed(self) -> str | None:
        return max(self.closed, default=None)

    def month(self, month: str, until: date | None = None) -> Roll:
        """The month rolled forward, one that runs to the end of `until`; a closed one as it was closed."""
        last = last_day(month)
        return self._roll(month, first_day(month), last if until is None else min(last, until))

    def day(self, day: date) -> Roll:
        """One UTC day rolled forward."""
        return self._roll(day.isoformat(), day, day)

    def held(self, until: datetime) -> dict[str, Sats]:
        """Coins by place after everything booked before `until`."""
        found: dict[str, Sats] = {}
        for entry in self.entries:
            if entry.at >= until:
                break
            found[entry.place] = Sats(found.get(entry.place, 0) + entry.sats)
        return {place: sats for place, sats in sorted(found.items()) if sats}

    def columns(self, until: datetime) -> dict[BookColumn, Sats]:
        """The holding by column, and what lenders owe beside it; pledging only moves coins between columns."""
        found = dict.fromkeys(BookColumn, Sats(0))
        for place, sats in self.held(until).items():
            column = self._column(place)
            found[column] = Sats(found[column] + sats)
        lent = sum(e.sats for e in self.entries if e.kind is LineKind.RECEIVABLE and e.at < until)
        found[BookColumn.RECEIVABLE] = Sats(-lent)
        return found

    def to_deliver(self, until: datetime) -> tuple[Undelivered, ...]:
        """What is sold, out of the books, and still at its place: holdings = the books + this."""
        return tuple(one for one in self.deliveries if one.is_open(until))

    def states(self, until: datetime) -> tuple[PlaceState, ...]:
        """Every place by the books and as it was seen last before `until`."""
        return place_states(self.entries, self.observations, until)

    def breaks(self, until: datetime) -> tuple[Break, ...]:
        """What does not agree as of then, explained or not: published months that are over, places, venues' trades.

        That a venue's coins moved otherwise shows at the venue as a place; its money has breaks of its own.
        """
        months = [one for one in self.published if end_of(last_day(one.month.month)) <= until]
        booked_lines = {e.ref for e in self.entries if e.kind is LineKind.EXPLAINED and e.at < until}
        lines = [line for line in self.explanations if line.id in booked_lines]
        trades = [one for ways in self.venues for one in ways.of_trades if start_of(one.since) < until]
        money = [one for ways in self.venues for one in ways.cash.breaks if start_of(one.since) < until]
        places = told_once(place_breaks(self.states(until), lines), trades)
        return owned([*published_breaks(months), *places, *money], self.owners)

    def published_month(self, month: str) -> PublishedRoll | None:
        return next((one for one in self.published if one.month.month == month), None)

    def later_entries(self, month: str) -> tuple[Entry, ...]:
        """What was learned of a closed month after its close; it is booked in later months."""
        return tuple(entry for entry in self.entries if entry.late_of == month)

    def prices(self, month: str) -> dict[date, Price]:
        """The marks in dollars that value the ends of the month's days, where there are any."""
        day, found = first_day(month), {}
        while month_of(day) == month:
            price = self._price(day)
            if price is not None:
                found[day] = price
            day += timedelta(days=1)
        return found

    def _roll(self, period: str, first: date, last: date) -> Roll:
        start, end = start_of(first), end_of(last)
        before = Sats(sum(entry.sats for entry in self.entries if entry.at < start))
        within = [entry for entry in self.entries if start <= entry.at < end]
        opening = self._value(before, first - timedelta(days=1))
        after = Sats(before + sum(entry.sats for entry in within))
        closing = self._value(after, last)
        return roll(period, opening, within, closing.usd, closing.missing)

    def _value(self, sats: Sats, day: date) -> Amount:
        if not sats:
            return Amount(sats, NOTHING)
        price = self._price(day)
        if price is None:
            return Amount(sats, None, missing_mark(COIN, day))
        return Amount(sats, in_cents(notional(sats, price)))

    def _price(self, day: date) -> Price | None:
        """The mark of a day; a closed day's is the one that it was closed with."""
        month = self.closed.get(month_of(day))
        if month is not None:
            return month.prices.get(day)
        rate = self.marks.dollars(COIN, day)
        return None if rate is None else rate.value

    def _column(self, place: str) -> BookColumn:
        if is_transit(place):
            return BookColumn.IN_TRANSIT
        return BookColumn.PLEDGED if place in self.pledged else BookColumn.UNPLEDGED


def books_of(record: BookRecord) -> Books:
    """The books as of everything on record. Raises BooksRefused where a close or a look is not what it was."""
    looks = _looks(record.looks)
    sold = deliveries(record.coins.blocks, cut_over(record.coins.receipts))
    closed = {close.month: read_close(close) for close in sorted(record.closes, key=lambda one: one.month)}
    marks = Marks(record.coins.marks)
    places = {place.id: place for place in sorted(record.places, key=lambda one: one.as_of)}.values()
    lent = {loan.id for loan in record.loans if loan.may_reuse}
    pledged = {place.id: place.loan for place in places if place.kind is PlaceKind.PLEDGED}
    reused = frozenset(place for place, loan in pledged.items() if loan in lent)
    found = [*entries(stream(record.coins), marks, reused), *_explained(record.explanations, marks)]
    as_booked = booked(found, tuple(closed.values()))
    coins = record.coins
    ledger = LedgerSide(
        coins.fills, record.orders, as_booked, record.explanations, sold, record.actuals, coins.quotes
    )
    return Books(
        entries=as_booked,
        marks=marks,
        closed=closed,
        observations=tuple(
            replace(one, owed=owed_at(sold, one.place, one.at))
            for one in _observations(record, looks, {entry.place for entry in found}, reused)
        ),
        venues=reconcile(looks, ledger),
        published=published_rolls(record.months, record.explanations),
        explanations=tuple(record.explanations),
        owners=tuple(record.owners),
        pledged=frozenset(pledged) - reused,
        deliveries=sold,
        has_opening=cut_over(record.coins.receipts) is not None,
    )


def check_closable(books: Books, month: str, now: datetime, named: Iterable[str]) -> tuple[Break, ...]:
    """The open breaks that a close of the month would put on record as open. Raises BooksRefused.

    A month has to be over, its predecessor closed, and every open break named: its own, and those of places and
    venues that still show. What an earlier month left open of its announcement was named when that was closed.
    """
    if month in books.closed:
        raise BooksRefused(f"{month} is closed; what comes later is an entry of {next_month(max(books.closed))}")
    if books.first_month is None:
        raise BooksRefused("the books are empty; there is nothing to close")
    due = next_month(books.last_closed) if books.last_closed else books.first_month
    if month != due:
        when = "before the books begin" if month < due else "not next"
        raise BooksRefused(f"{month} is {when}; the month to close is {due}")
    if end_of(last_day(month)) > now:
        raise BooksRefused(f"{month} is not over; it can be closed from {next_month(month)}-01 on (UTC)")
    found = books.breaks(end_of(last_day(month)))
    open_breaks = tuple(
        one for one in found if one.is_open and (one.month == month or one.kind is not BreakKind.PUBLISHED)
    )
    said, ids = set(named), {one.id for one in open_breaks}
    if said - ids:
        raise BooksRefused(f"no open break of {month} is called {', '.join(sorted(said - ids))}")
    if ids - said:
        names = ", ".join(sorted(ids - said))
        raise BooksRefused(
            f"{month} has open breaks: {names}; explain them (desk books explain) or name each with --with-breaks"
        )
    return open_breaks


def _explained(lines: Iterable[Explanation], marks: Marks) -> list[Entry]:
    """Explanations of places as entries; one without a value has that of its coins at the mark of its day."""
    made = []
    for line in lines:
        if not line.place:
            continue
        entry = explained_entry(line)
        if entry.usd is None:
            value = fair_amount(entry.sats, entry.at.date(), marks)
            entry = Entry(
                entry.ref, entry.kind, entry.at, entry.place, entry.sats, value.usd, value.missing, entry.note
            )
        made.append(entry)
    return made


def _looks(records: Iterable[VenueLook]) -> list[Look]:
    """Every look, oldest first."""
    found = []
    for record in sorted(records, key=lambda one: (one.at, one.venue)):
        try:
            found.append(read_look(record))
        except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError) as problem:
            when = f"{record.at:%Y-%m-%d %H:%M}"
            raise BooksRefused(f"the look at {record.venue} of {when} on record cannot be read: {problem}") from None
    return found


def _observations(
    record: BookRecord, looks: Iterable[Look], known: set[str], reused: frozenset[str]
) -> tuple[Observation, ...]:
    """Statements of balances as observations of the books' places, from the cut-over on.

    Coins that their lender may re-use are not the desk's to count.
    """
    made = [
        Observation(booked_at(place, known), place.sats, place.as_of, place.source)
        for place in record.places
        if place.id not in reused
    ]
    start = cut_over(record.coins.receipts)
    seen = (*made, *look_observations(looks), *record.seen)
    found = [one for one in seen if start is None or one.at >= start]
    return tuple(sorted(found, key=lambda one: (one.at, one.place)))
