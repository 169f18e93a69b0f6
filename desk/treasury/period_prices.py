"""What a period's coins were worth, what its hashrate earned, and the price that would just have paid for it.

Only from the period's own days: the mark and the network record of each. A day that lacks one leaves no estimate; no
figure of another day is put in its place, today's least of all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from desk.treasury.mining import expected_btc_per_day, hashprice
from desk.treasury.mining_costs import PeriodCost, price_that_pays
from desk.treasury.months import first_day, last_day
from desk.treasury.records import CostFigure, MiningDay, NetworkDay
from desk.treasury.shortfall import subsidy_on
from desk.treasury.valuation import COIN, Marks, mark_for, missing_mark
from desk.units import Money, Price, Sats, btc, exact_sum, notional, ratio

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class PeriodPrices:
    """`price` is the mean mark of the coins mined, `hashprice` $/PH/day as a mean over days, `margin` a coin's worth
    less its power and hosting. `missing` says, figure by figure, what keeps one from being there."""

    price: Price | None
    hashprice: Money | None
    break_even: Price | None
    margin: Money | None
    missing: tuple[str, ...]


def period_prices(
    rows: Sequence[MiningDay], network: Mapping[date, NetworkDay], marks: Marks, cost: PeriodCost
) -> PeriodPrices:
    """The prices of the days that `rows` are of; `cost` is that of the same rows."""
    if not rows:
        return PeriodPrices(None, None, None, None, ())
    worth = _worth(rows, marks)
    earned = _hashprice(sorted({row.day for row in rows}), network, marks)
    even = price_that_pays(rows, network)
    said = (("price", worth), ("hashprice", earned), ("break-even", even))
    price = Price(worth) if isinstance(worth, Decimal) else None
    cash = cost.cash_per_btc
    return PeriodPrices(
        price=price,
        hashprice=Money(earned) if isinstance(earned, Decimal) else None,
        break_even=Price(even) if isinstance(even, Decimal) else None,
        margin=None if price is None or cash is None else Money(price - cash),
        missing=tuple(f"{name}: no estimate, {one}" for name, one in said if isinstance(one, str)),
    )


def published_for(costs: Sequence[CostFigure], first: date, last: date) -> CostFigure | None:
    """The published cost of the shortest period that holds both days: month, quarter, year."""
    holding = [one for one in costs if _holds(one.period, first) and _holds(one.period, last)]
    return max(holding, key=lambda one: _begins(one.period)[1], default=None)


def _worth(rows: Sequence[MiningDay], marks: Marks) -> Decimal | str:
    """The mean mark by coins mined, or which marks are missing."""
    mined = Sats(sum(row.mined for row in rows))
    if not mined:
        return "no coins were mined"
    rates = {row.day: mark_for(marks, row.day) for row in rows}
    known = {day: rate.value for day, rate in rates.items() if rate is not None}
    if len(known) < len(rates):
        return _listed([missing_mark(COIN, day) for day in sorted(rates.keys() - known.keys())])
    return ratio(exact_sum([notional(row.mined, known[row.day]) for row in rows]), btc(mined))


def _hashprice(days: Sequence[date], network: Mapping[date, NetworkDay], marks: Marks) -> Decimal | str:
    """The mean over days, or what is missing for it."""
    found, missing = [], []
    for day in days:
        rate, met, subsidy = mark_for(marks, day), network.get(day), subsidy_on(day)
        if rate is None:
            missing.append(missing_mark(COIN, day))
        if met is None:
            missing.append(f"network day {day} missing")
        if subsidy is None:
            missing.append(f"subsidy of {day} missing")
        if rate is not None and met is not None and subsidy is not None:
            fees = met.mean_fees or Decimal(0)
            earned = expected_btc_per_day(Decimal(1), met.difficulty, subsidy=subsidy, mean_fees=fees)
            found.append(hashprice(earned, rate.value))
    return _listed(missing) if missing else ratio(exact_sum(found), len(found))


def _listed(missing: Sequence[str]) -> str:
    more = len(missing) - _SHOWN
    return "; ".join(missing[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _holds(period: str, day: date) -> bool:
    begins, months = _begins(period)
    ends = last_day(f"{begins.year}-{begins.month - months - 1:02d}")
    return begins <= day <= ends


def _begins(period: str) -> tuple[date, int]:
    """The first day of 2026-Q1, 2026-01 or 2026, and its months counted below zero: the shortest is the largest."""
    year, _, part = period.partition("-")
    if not part:
        return first_day(f"{year}-01"), -12
    if part.startswith("Q"):
        return first_day(f"{year}-{int(part[1]) * 3 - 2:02d}"), -3
    return first_day(period), -1
