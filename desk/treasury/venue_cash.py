"""Money at a venue, currency by currency: what its trades brought and cost, what came and went, and what was seen.

Looks state balances; trades state proceeds and fees; deposits and withdrawals are the actuals on record at the venue.
An actual has a day and no hour, so on the day of a look it may have been before or after it: whichever agrees.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import accumulate, takewhile

from desk.treasury.breaks import Break, BreakKind
from desk.treasury.cash_records import CashActual, Direction
from desk.treasury.looks import Look
from desk.treasury.months import month_of
from desk.treasury.valuation import COIN
from desk.units import NOTHING, ZERO, Money, exact_sum

_CENT = Decimal("0.01")
_PER_TRADE = Decimal("0.0001")
"""Venues keep money to four digits and more, and round every trade."""


@dataclass(frozen=True, slots=True)
class CashWay:
    """One currency at a venue from the first look that tells it on. `trades` counts what was sold since."""

    currency: str
    first: datetime
    opening: Money
    moved: Money
    proceeds: Money
    fees: Money
    seen: Money
    trades: int = 0

    @property
    def expected(self) -> Money:
        return exact_sum([self.opening, self.moved, self.proceeds, -self.fees])

    @property
    def difference(self) -> Money:
        """Positive: money left without a word."""
        return exact_sum([self.expected, -self.seen])

    @property
    def agrees(self) -> bool:
        """To the cent, and so much more as rounding each trade may make."""
        return abs(self.difference) < _CENT + _PER_TRADE * self.trades


@dataclass(frozen=True, slots=True)
class VenueCash:
    """Every currency that can be compared, the breaks in them, and why others cannot."""

    ways: tuple[CashWay, ...] = ()
    breaks: tuple[Break, ...] = ()
    missing: tuple[str, ...] = ()


def venue_cash(
    venue: str, looks: Sequence[Look], actuals: Iterable[CashActual], quote_of: Mapping[str, str]
) -> VenueCash:
    """The money at one venue; `looks` oldest first, `quote_of`: by trade id, the currency it was sold for.

    A trade that nobody says the currency of has that of its fee; one whose fee is coins leaves no comparison.
    """
    sold_for = _currencies(looks, quote_of)
    unknown = [trade_id for trade_id, currency in sold_for.items() if not currency]
    if unknown:
        return VenueCash(missing=(f"money at {venue}: the currency of trade {unknown[0]} is missing",))
    here = [one for one in actuals if one.place == venue]
    ways: list[CashWay] = []
    breaks = []
    for currency in sorted({name for look in looks for name in look.balances} - {COIN}):
        telling = looks[next(n for n, look in enumerate(looks) if currency in look.balances) :]
        found = list(_ways(currency, telling, [one for one in here if one.currency == currency], sold_for))
        ways.append(found[-1])
        breaks += _break(venue, telling, found)
    return VenueCash(tuple(ways), tuple(breaks))


def _currencies(looks: Iterable[Look], quote_of: Mapping[str, str]) -> dict[str, str]:
    """By trade, what it was sold for; empty where nobody says."""
    told = {trade.trade_id: trade for look in looks for trade in look.trades}
    return {
        name: quote_of.get(name) or (trade.fee_currency if trade.fee_currency != COIN else "")
        for name, trade in told.items()
    }


def _ways(
    currency: str, looks: Sequence[Look], actuals: Sequence[CashActual], sold_for: Mapping[str, str]
) -> Iterator[CashWay]:
    """What each look ought to have found, given the first one."""
    first = looks[0]
    opening = _held(first, currency)
    known = {trade.trade_id for trade in first.trades}
    proceeds, fees, count = NOTHING, NOTHING, 0
    for look in looks:
        fresh = [trade for trade in look.trades if trade.trade_id not in known]
        known.update(trade.trade_id for trade in fresh)
        sold = [trade.cost for trade in fresh if sold_for[trade.trade_id] == currency]
        proceeds = exact_sum([proceeds, *sold])
        fees = exact_sum([fees, *(trade.fee for trade in fresh if trade.fee_currency == currency)])
        count += len(sold)
        seen = _held(look, currency)
        unmoved = exact_sum([seen, -opening, -proceeds, fees])
        moved = _moved(actuals, first.at, look.at, unmoved)
        yield CashWay(currency, first.at, opening, moved, proceeds, fees, seen, count)


def _moved(actuals: Sequence[CashActual], first: datetime, until: datetime, wanted: Money) -> Money:
    """What came and went by the actuals between two looks.

    Those of the looks' own days may lie on either side: of what is possible, what comes nearest to `wanted`.
    """
    if first == until:
        return NOTHING
    begins, ends = first.date(), until.date()
    ordered = sorted(actuals, key=lambda one: (one.day, one.id))
    sure = exact_sum([_signed(one) for one in ordered if begins < one.day < ends])
    edges = [[one for one in ordered if one.day == day] for day in dict.fromkeys((begins, ends))]
    early, late = edges[0], edges[1] if len(edges) > 1 else []
    possible = [
        exact_sum([sure, after_first, before_last])
        for after_first in _sums(list(reversed(early)))
        for before_last in _sums(late)
    ]
    return min(possible, key=lambda amount: abs(amount - wanted))


def _sums(actuals: Sequence[CashActual]) -> list[Money]:
    """None of them, the first, the first two, …"""
    return [NOTHING, *(Money(amount) for amount in accumulate(_signed(one) for one in actuals))]


def _signed(one: CashActual) -> Money:
    return one.amount if one.direction is Direction.IN else Money(-one.amount)


def _held(look: Look, currency: str) -> Money:
    return Money(look.balances.get(currency, NOTHING))


def _break(venue: str, looks: Sequence[Look], ways: Sequence[CashWay]) -> list[Break]:
    """The difference that the newest look shows, for as long as looks have shown any."""
    newest = ways[-1]
    if newest.agrees:
        return []
    run = list(takewhile(lambda pair: not pair[1].agrees, zip(reversed(looks), reversed(ways), strict=True)))
    since = run[-1][0].at
    words = (
        f"{newest.currency} at {venue}: {newest.expected.normalize():f} by its trades and the actuals on record, "
        f"{newest.seen.normalize():f} seen on {looks[-1].at:%Y-%m-%d %H:%M}"
    )
    subject = f"{venue} {newest.currency}"
    return [
        Break(
            BreakKind.VENUE,
            subject,
            month_of(since),
            ZERO,
            since.date(),
            words,
            money=newest.difference,
            currency=newest.currency,
            place=venue,
        )
    ]
