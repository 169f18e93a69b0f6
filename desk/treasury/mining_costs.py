"""What a mined coin costs: power and hosting over the coins they brought, and the price that just pays both.

Energy of a day in kWh = EH/s × 10⁶ TH × J/TH × 24 ÷ 1000, by the hashrate that ran. A figure that lacks an input is
not estimated: `missing` says which. The all-in cost is only what was published; depreciation is in no record here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from desk.treasury.mining import expected_btc_per_day
from desk.treasury.records import CostFigure, MiningDay, NetworkDay
from desk.treasury.shortfall import subsidy_on
from desk.units import Bps, Money, Price, Sats, btc, exact_sum, ratio

_ALL = Decimal(10_000)
_CENT = Decimal("0.01")
_TH_PER_EH = Decimal(1_000_000)
_HOURS_PER_KILO = Decimal(24) / 1000


@dataclass(frozen=True, slots=True)
class Fleet:
    """Averages of a period: hashrates by day, uptime by what was deployed, J/TH by hashrate, $/kWh by energy."""

    operating_ehs: Decimal | None
    deployed_ehs: Decimal | None
    uptime: Bps | None
    joules_per_th: Decimal | None
    power_price: Decimal | None
    pool_fee: Bps | None


@dataclass(frozen=True, slots=True)
class PeriodCost:
    """What a period's coins cost to make. `missing` says what keeps a figure from being there."""

    mined: Sats
    power: Money | None
    hosting: Money | None
    missing: tuple[str, ...]

    @property
    def power_per_btc(self) -> Money | None:
        return self._each(self.power)

    @property
    def cash_per_btc(self) -> Money | None:
        """Power and hosting together; None unless both are known."""
        if self.power is None or self.hosting is None:
            return None
        return self._each(exact_sum([self.power, self.hosting]))

    def _each(self, cost: Money | None) -> Money | None:
        return None if cost is None or not self.mined else Money(ratio(cost, btc(self.mined)))


@dataclass(frozen=True, slots=True)
class AllIn:
    """The newest published all-in cost, and what is missing where the newest period has none."""

    cost: Money | None
    period: str
    missing: str = ""


def power_cost(row: MiningDay) -> Money | None:
    """Dollars of electricity for the row's day."""
    if row.hashrate_ehs is None or row.joules_per_th is None or row.power_price is None:
        return None
    return Money(row.hashrate_ehs * _TH_PER_EH * row.joules_per_th * _HOURS_PER_KILO * row.power_price)


def fleet_of(rows: Sequence[MiningDay]) -> Fleet:
    """Averages over rows; each None unless every row states it."""
    days = {row.day for row in rows}

    def a_day(value: Callable[[MiningDay], Decimal | None]) -> Decimal | None:
        known = [one for one in map(value, rows) if one is not None]
        return ratio(exact_sum(known), len(days)) if rows and len(known) == len(rows) else None

    uptime = _weighted(rows, lambda row: row.uptime, lambda row: row.deployed_ehs)
    fee = _weighted(rows, lambda row: row.pool_fee, lambda row: Decimal(row.mined))
    return Fleet(
        operating_ehs=a_day(lambda row: row.hashrate_ehs),
        deployed_ehs=a_day(lambda row: row.deployed_ehs),
        uptime=None if uptime is None else Bps(uptime),
        joules_per_th=_weighted(rows, lambda row: row.joules_per_th, lambda row: row.hashrate_ehs),
        power_price=_weighted(rows, lambda row: row.power_price, _energy),
        pool_fee=None if fee is None else Bps(fee),
    )


def period_cost(rows: Sequence[MiningDay]) -> PeriodCost:
    """Power and hosting of the rows; each None unless every row states what it takes."""
    power = [power_cost(row) for row in rows]
    hosting = [row.hosting for row in rows]
    wanted: tuple[tuple[str, Callable[[MiningDay], object]], ...] = (
        ("hashrate", lambda row: row.hashrate_ehs),
        ("J/TH", lambda row: row.joules_per_th),
        ("power price", lambda row: row.power_price),
        ("hosting", lambda row: row.hosting),
    )
    missing = [_lacking(name, rows, value) for name, value in wanted]
    return PeriodCost(
        mined=Sats(sum(row.mined for row in rows)),
        power=_whole(power),
        hosting=_whole(hosting),
        missing=tuple(one for one in missing if one),
    )


def all_in_cost(costs: Sequence[CostFigure]) -> AllIn:
    """The newest period's published all-in cost; an older one is named with what is missing, not put in its place."""
    newest = max(costs, key=lambda one: one.period, default=None)
    if newest is None:
        return AllIn(None, "", "all-in cost missing: desk mining import with period, all_in_cost")
    if newest.all_in_cost is not None:
        return AllIn(newest.all_in_cost, newest.period)
    older = max((one for one in costs if one.all_in_cost is not None), key=lambda one: one.period, default=None)
    last = f" (of {older.period}: {older.all_in_cost})" if older else ""
    return AllIn(None, newest.period, f"all-in cost of {newest.period} missing{last}")


def break_even(rows: Sequence[MiningDay], network: NetworkDay) -> Price | str:
    """The price at which a day's coins just pay its power and hosting, at a network day's difficulty and fees.

    `rows` are one day's; what is missing is said instead.
    """
    return price_that_pays(rows, {row.day: network for row in rows})


def price_that_pays(rows: Sequence[MiningDay], network: Mapping[date, NetworkDay]) -> Price | str:
    """The price at which what the rows' hashrate should earn just pays its power and hosting.

    `network`: which network each day met. What is missing is said instead.
    """
    cost = period_cost(rows)
    if cost.power is None or cost.hosting is None:
        return "; ".join(cost.missing) or "no mining day"
    if any(row.pool_fee is None for row in rows):
        return "pool fee missing"
    made = Decimal(0)
    for row in rows:
        met = network.get(row.day)
        if met is None:
            return f"network day {row.day} missing"
        subsidy = subsidy_on(met.day)
        if subsidy is None:
            return f"subsidy of {met.day} missing"
        assert row.hashrate_ehs is not None  # or there would be no power cost
        assert row.pool_fee is not None
        made += expected_btc_per_day(
            row.hashrate_ehs,
            met.difficulty,
            subsidy=subsidy,
            mean_fees=met.mean_fees or Decimal(0),
            pool_fee=row.pool_fee / _ALL,
        )
    if not made:
        return "nothing ran that day" if len({row.day for row in rows}) == 1 else "nothing ran"
    return Price(ratio(exact_sum([cost.power, cost.hosting]), made).quantize(_CENT))


def _energy(row: MiningDay) -> Decimal | None:
    if row.hashrate_ehs is None or row.joules_per_th is None:
        return None
    return row.hashrate_ehs * row.joules_per_th


def _weighted(
    rows: Sequence[MiningDay],
    value: Callable[[MiningDay], Decimal | None],
    weight: Callable[[MiningDay], Decimal | None],
) -> Decimal | None:
    """The mean by weight; plain where the weights are not all known, None where a value is not."""
    values = [one for one in map(value, rows) if one is not None]
    if not rows or len(values) != len(rows):
        return None
    weights = [one for one in map(weight, rows) if one is not None]
    if len(weights) != len(rows) or not exact_sum(weights):
        weights = [Decimal(1)] * len(rows)
    return ratio(exact_sum([one * by for one, by in zip(values, weights, strict=True)]), exact_sum(weights))


def _whole(parts: Sequence[Money | None]) -> Money | None:
    known = [part for part in parts if part is not None]
    return exact_sum(known) if parts and len(known) == len(parts) else None


def _lacking(name: str, rows: Sequence[MiningDay], value: Callable[[MiningDay], object]) -> str:
    count = sum(value(row) is None for row in rows)
    if not count:
        return ""
    return f"{name} missing" if count == len(rows) else f"{name} missing in {count} of {len(rows)} rows"
