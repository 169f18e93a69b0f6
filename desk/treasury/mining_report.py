"""Everything about mining that one page shows: days, the month and every epoch explained, what a coin costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from desk.treasury.epochs import Epoch, epochs
from desk.treasury.mining import DayTotal, daily_totals, expected_btc_per_day, hashprice
from desk.treasury.mining_costs import AllIn, Fleet, PeriodCost, all_in_cost, break_even, fleet_of, period_cost
from desk.treasury.period_prices import PeriodPrices, period_prices
from desk.treasury.records import CostFigure, MiningDay, NetworkDay
from desk.treasury.shortfall import Shortfall, explain, explain_row, missing_of, subsidy_on
from desk.treasury.valuation import Marks
from desk.units import Money, Price, Sats

NO_MARKS = Marks(())


@dataclass(frozen=True, slots=True)
class Period:
    """Complete days of a month or an epoch. `shortfall` is None where there is no estimate; `missing` says why."""

    name: str
    first: date
    last: date
    fleet: Fleet
    cost: PeriodCost
    shortfall: Shortfall | None
    missing: tuple[str, ...]
    prices: PeriodPrices


@dataclass(frozen=True, slots=True)
class EpochPeriod:
    """One difficulty epoch with what was made in it."""

    epoch: Epoch
    period: Period

    @property
    def part(self) -> str:
        """'from 3 Feb; begun 28 Jan' where the days do not reach back to the epoch's first; empty for a whole one."""
        first, begun = self.period.first, self.epoch.first
        if self.epoch.is_cut:
            return f"from {_short(first)}; begun {_short(begun)} or before, where the network's record begins"
        return f"from {_short(first)}; begun {_short(begun)}" if first > begun else ""


@dataclass(frozen=True, slots=True)
class MiningReport:
    """Days and epochs oldest first. `network` is the newest day of it; what follows from it is None without one."""

    days: tuple[DayTotal, ...]
    month: Period
    epochs: tuple[EpochPeriod, ...]
    network: NetworkDay | None
    break_even: Price | None
    all_in: AllIn
    missing: tuple[str, ...]


def mining_report(
    rows: Sequence[MiningDay],
    network_days: Sequence[NetworkDay],
    costs: Sequence[CostFigure],
    *,
    now: datetime,
    month: str | None = None,
    marks: Marks = NO_MARKS,
) -> MiningReport:
    """The report at desk time `now`, for the running month or another one ('2026-01'); `marks` value its days."""
    network = {one.day: one for one in network_days}
    whole = [row for row in rows if _is_over(row, now)]
    newest = max(network_days, key=lambda one: one.day, default=None)
    even = _break_even(whole, newest)
    month = month or f"{now:%Y-%m}"
    missing = [
        "" if newest else "network missing: desk mining pull, or import with day, difficulty",
        "" if isinstance(even, Decimal) else f"break-even: no estimate, {even}",
    ]
    return MiningReport(
        days=day_totals(rows, network, now),
        month=_period(month, [row for row in whole if f"{row.day:%Y-%m}" == month], network, marks, _first_of(month)),
        epochs=tuple(_epochs(whole, network_days, network, marks)),
        network=newest,
        break_even=Price(even) if isinstance(even, Decimal) else None,
        all_in=all_in_cost(costs),
        missing=tuple(one for one in missing if one),
    )


def day_totals(rows: Sequence[MiningDay], network: Mapping[date, NetworkDay], now: datetime) -> tuple[DayTotal, ...]:
    """Days oldest first; a row that states no expectation is expected to bring what its hashrate should."""
    stated: dict[tuple[date, str, str], Sats] = {}
    for row in rows:
        made = explain_row(row, network.get(row.day))
        if row.expected is not None:
            stated[row.day, row.pool, row.site] = row.expected
        elif not isinstance(made, str) and (row.hashrate_ehs is not None or row.uptime is not None):
            stated[row.day, row.pool, row.site] = made.expected
    return daily_totals((row for row in rows if row.day <= now.date()), stated)


def _is_over(row: MiningDay, now: datetime) -> bool:
    """Whether the pool's day has ended; a running day can be compared with nothing."""
    return row.day < now.astimezone(ZoneInfo(row.zone)).date()


def _period(
    name: str, rows: Sequence[MiningDay], network: Mapping[date, NetworkDay], marks: Marks, first: date | None = None
) -> Period:
    begins = min((row.day for row in rows), default=first)
    ends = max((row.day for row in rows), default=begins)
    assert begins is not None
    assert ends is not None
    cost = period_cost(rows)
    return Period(
        name=name,
        first=begins,
        last=ends,
        fleet=fleet_of(rows),
        cost=cost,
        shortfall=explain(rows, network),
        missing=(*missing_of(rows, network), *cost.missing) if rows else ("no complete day on record",),
        prices=period_prices(rows, network, marks, cost),
    )


def _epochs(
    rows: Sequence[MiningDay], days: Sequence[NetworkDay], network: Mapping[date, NetworkDay], marks: Marks
) -> list[EpochPeriod]:
    found = []
    for epoch in epochs(days):
        held = [row for row in rows if epoch.holds(row.day)]
        if held:
            found.append(EpochPeriod(epoch, _period(f"{epoch.first} to {epoch.last}", held, network, marks)))
    return found


def _break_even(rows: Sequence[MiningDay], newest: NetworkDay | None) -> Price | str:
    if not rows:
        return "no complete day on record"
    if newest is None:
        return "network missing"
    last = max(row.day for row in rows)
    return break_even([row for row in rows if row.day == last], newest)


def hashprice_at(newest: NetworkDay | None, price: Price | None) -> Money | str:
    """Dollars per PH/s and day at a network day, or what is missing for it."""
    if newest is None or price is None:
        return "network missing" if newest is None else "price missing"
    subsidy = subsidy_on(newest.day)
    if subsidy is None:
        return f"subsidy of {newest.day} missing"
    fees = newest.mean_fees or Decimal(0)
    return hashprice(expected_btc_per_day(Decimal(1), newest.difficulty, subsidy=subsidy, mean_fees=fees), price)


def _first_of(month: str) -> date:
    return date.fromisoformat(f"{month}-01")


def _short(day: date) -> str:
    return f"{day.day} {day:%b}"
