"""What is mined: by day and month, against what the hashrate should have earned, and what it costs.

Expected BTC per day = H·86400/(D·2³²) × (subsidy + mean fees) × (1 − pool fee) × uptime, H in hashes per second.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from desk.treasury.records import CostFigure, MiningDay
from desk.units import Money, Price, Sats, ratio

SUBSIDY = Decimal("3.125")
_EXA = Decimal(10) ** 18
_NOTHING = Decimal(0)
_ALL = Decimal(1)


def expected_btc_per_day(
    hashrate_ehs: Decimal,
    difficulty: Decimal,
    *,
    subsidy: Decimal = SUBSIDY,
    mean_fees: Decimal = _NOTHING,
    pool_fee: Decimal = _NOTHING,
    uptime: Decimal = _ALL,
) -> Decimal:
    """BTC a hashrate (EH/s) earns per day at a difficulty. Fees are BTC per block, pool fee and uptime are shares."""
    blocks = ratio(hashrate_ehs * _EXA * 86_400, difficulty * 2**32)
    return blocks * (subsidy + mean_fees) * (1 - pool_fee) * uptime


def hashprice(btc_per_day_per_eh: Decimal, price: Decimal) -> Money:
    """Dollars per PH/s and day."""
    return Money(btc_per_day_per_eh / 1000 * price)


def power_cost_per_btc(joules_per_th: Decimal, usd_per_kwh: Decimal, btc_per_day_per_eh: Decimal) -> Money:
    """J/TH × 1e6 × 24/1000 × $/kWh ÷ (BTC/day per EH): what the electricity of one BTC costs."""
    return Money(ratio(joules_per_th * 1_000_000 * 24 / 1000 * usd_per_kwh, btc_per_day_per_eh))


@dataclass(frozen=True, slots=True)
class DayTotal:
    """One UTC day over all pools and sites. `expected` and `hashrate_ehs` are None unless every row gives them."""

    day: date
    mined: Sats
    expected: Sats | None
    hashrate_ehs: Decimal | None


@dataclass(frozen=True, slots=True)
class MiningSummary:
    """Days oldest first; `missing` names what an expectation or a margin would need."""

    days: tuple[DayTotal, ...]
    month_to_date: Sats
    cost: CostFigure | None
    margin: Money | None
    is_stale: bool
    missing: tuple[str, ...]

    @property
    def latest(self) -> DayTotal | None:
        return self.days[-1] if self.days else None


def daily_totals(
    rows: Iterable[MiningDay], expected: Mapping[tuple[date, str, str], Sats] | None = None
) -> tuple[DayTotal, ...]:
    """Rows summed by day, oldest first. A day with one expectation missing has none: half a sum would mislead.

    `expected`, by day, pool and site: what is expected of a row where that is more than what it states itself.
    """
    by_day: dict[date, list[MiningDay]] = {}
    for row in rows:
        known = row.expected if expected is None else expected.get((row.day, row.pool, row.site))
        by_day.setdefault(row.day, []).append(replace(row, expected=known))
    return tuple(_total(day, by_day[day]) for day in sorted(by_day))


def summarise(
    rows: Sequence[MiningDay],
    costs: Sequence[CostFigure],
    price: Price | None,
    *,
    now: datetime,
    limit: timedelta = timedelta(hours=36),
    totals: Sequence[DayTotal] | None = None,
) -> MiningSummary:
    """The picture of mining at desk time `now`: stale when the latest day ended longer than `limit` ago (P8).

    `totals`: the days already added up, where more is expected of them than their rows state.
    """
    days = daily_totals(row for row in rows if row.day <= now.date()) if totals is None else tuple(totals)
    month = Sats(sum(d.mined for d in days if (d.day.year, d.day.month) == (now.year, now.month)))
    cost = max(costs, key=lambda figure: figure.period, default=None)
    cash_cost = cost.cash_cost if cost else None
    margin = Money(price - cash_cost) if price is not None and cash_cost is not None else None
    missing = [
        words
        for words, is_missing in (
            ("no mining day on record; desk mining import FILE", not days),
            ("no expectation for the latest day", bool(days) and days[-1].expected is None),
            ("no cash cost per BTC on record", cash_cost is None),
            ("no price", price is None),
        )
        if is_missing
    ]
    age = now.date() - days[-1].day if days else None
    is_stale = age is None or now - _end_of(days[-1].day, now) > limit
    return MiningSummary(days, month, cost, margin, is_stale, tuple(missing))


def _total(day: date, rows: Sequence[MiningDay]) -> DayTotal:
    expected = [row.expected for row in rows if row.expected is not None]
    rates = [row.hashrate_ehs for row in rows if row.hashrate_ehs is not None]
    return DayTotal(
        day,
        Sats(sum(row.mined for row in rows)),
        Sats(sum(expected)) if len(expected) == len(rows) else None,
        sum(rates, Decimal(0)) if len(rates) == len(rows) else None,
    )


def _end_of(day: date, now: datetime) -> datetime:
    """When the day's figure was complete, but never later than `now`."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=now.tzinfo) + timedelta(days=1)
    return min(midnight, now)
