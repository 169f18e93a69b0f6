"""Mining as it is shown: days, the month and each epoch explained, costs, pools with their age."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from desk.config_treasury import PoolSection
from desk.snapshot.model import MiningDayView, MiningPeriodView, MiningView, PoolView, ReasonView, WaitingItem
from desk.snapshot.reading import Live, Record, TreasuryRecord
from desk.snapshot.treasury_view import Moment
from desk.treasury.mining import DayTotal, summarise
from desk.treasury.mining_report import EpochPeriod, MiningReport, Period, hashprice_at, mining_report
from desk.treasury.movements import pool_place
from desk.treasury.pool_days import Restated
from desk.treasury.records import MiningDay, NetworkDay
from desk.treasury.valuation import Marks
from desk.units import Sats

RESTATED_WAITS = timedelta(hours=72)
"""So long a restated day waits for somebody to look at it; afterwards it stays on the mining page."""
IMPORTED = "imported"
"""The kind of a pool that nobody here asks."""
_A_DAY = timedelta(days=1)


class MiningReader:
    """The report of the statements in force, made again only when they changed or a day may have ended."""

    def __init__(self) -> None:
        self._made: tuple[TreasuryRecord, datetime, MiningReport] | None = None

    def report(self, treasury: TreasuryRecord, now: datetime) -> MiningReport:
        quarter = now.replace(minute=now.minute - now.minute % 15, second=0, microsecond=0)
        if self._made is None or self._made[0] is not treasury or self._made[1] != quarter:
            marks = Marks(treasury.marks)
            made = mining_report(treasury.days, treasury.network, treasury.costs, now=now, marks=marks)
            self._made = (treasury, quarter, made)
        return self._made[2]


def mining_view(
    record: Record, live: Live, at: Moment, pools: Mapping[str, PoolSection], reader: MiningReader
) -> MiningView:
    """Production by day, against expectation and cost."""
    treasury = record.treasury
    report = reader.report(treasury, at.now)
    per_ph = hashprice_at(report.network, at.price)
    found = summarise(treasury.days, treasury.costs, at.price, now=at.now, limit=at.limits.pools, totals=report.days)
    cost = found.cost
    return MiningView(
        latest=_day(found.latest) if found.latest else None,
        month_to_date=found.month_to_date,
        days=tuple(_day(day) for day in found.days),
        cash_cost=cost.cash_cost if cost else None,
        margin=found.margin,
        missing="; ".join(found.missing),
        is_stale=found.is_stale,
        cost_period=cost.period if cost else "",
        month=period_view(report.month),
        epochs=tuple(epoch_view(one) for one in report.epochs),
        pools=tuple(_pools(treasury.days, live, at, pools)),
        network_day=report.network.day if report.network else None,
        network_is_stale=report.network is not None and _is_old(report.network, at),
        difficulty=report.network.difficulty if report.network else None,
        hashprice=per_ph if isinstance(per_ph, Decimal) else None,
        break_even=report.break_even,
        all_in_cost=report.all_in.cost,
        restated=tuple(one.sentence for one in treasury.restated),
        is_illustrative=any(row.is_illustrative for row in treasury.days),
        notes=tuple(_notes(report, per_ph)),
    )


def _is_old(newest: NetworkDay, at: Moment) -> bool:
    after = newest.day + _A_DAY
    return at.now - datetime(after.year, after.month, after.day, tzinfo=UTC) > at.limits.pools


def _notes(report: MiningReport, per_ph: Decimal | str) -> Iterator[str]:
    yield from report.missing
    if isinstance(per_ph, str):
        yield f"hashprice: no estimate, {per_ph}"
    if report.all_in.missing:
        yield f"no estimate: {report.all_in.missing}"


def period_view(period: Period) -> MiningPeriodView:
    """A month as it is shown; only what is known of it."""
    fleet, cost, found = period.fleet, period.cost, period.shortfall
    return MiningPeriodView(
        name=period.name,
        first=period.first,
        last=period.last,
        mined=cost.mined,
        full=found.full if found else None,
        expected=found.expected if found else None,
        compared=found.actual if found else None,
        reasons=tuple(ReasonView(line.name, line.sats, line.note) for line in found.lines) if found else (),
        operating_ehs=fleet.operating_ehs,
        deployed_ehs=fleet.deployed_ehs,
        uptime=fleet.uptime,
        joules_per_th=fleet.joules_per_th,
        power_price=fleet.power_price,
        pool_fee=fleet.pool_fee,
        power_per_btc=cost.power_per_btc,
        cash_per_btc=cost.cash_per_btc,
        missing=period.missing,
        price=period.prices.price,
        hashprice=period.prices.hashprice,
        break_even=period.prices.break_even,
        margin=period.prices.margin,
        no_prices=period.prices.missing,
    )


def epoch_view(one: EpochPeriod) -> MiningPeriodView:
    """A difficulty epoch as it is shown."""
    return replace(period_view(one.period), difficulty=one.epoch.difficulty, change=one.epoch.change, part=one.part)


def restated_items(restated: Sequence[Restated], now: datetime) -> list[WaitingItem]:
    """Days whose coins a pool changed afterwards: the lots they opened and a closed month are worth a look."""
    return [
        WaitingItem("break", f"{one.pool} {one.day}", f"{one.pool} restated {one.day}", one.sentence)
        for one in restated
        if one.recorded is not None and now - one.recorded <= RESTATED_WAITS
    ]


def pool_items(pools: Sequence[PoolView]) -> list[WaitingItem]:
    """Pools that are asked and have brought no day for too long (P8)."""
    return [
        WaitingItem("stale", pool_place(one.name), f"pool {one.name} brings no new day", _since(one))
        for one in pools
        if one.is_stale and one.kind != IMPORTED and not one.error
    ]


def _since(pool: PoolView) -> str:
    return f"the last one is {pool.newest}" if pool.newest else "there is none on record; desk mining pull"


def _pools(
    days: Sequence[MiningDay], live: Live, at: Moment, configured: Mapping[str, PoolSection]
) -> Iterator[PoolView]:
    """Those that are configured, then those whose days were imported."""
    newest: dict[str, MiningDay] = {}
    for row in days:
        if row.day < at.now.astimezone(ZoneInfo(row.zone)).date():
            known = newest.get(row.pool)
            newest[row.pool] = row if known is None or row.day > known.day else known
    for name in dict.fromkeys((*configured, *sorted(newest))):
        last = newest.get(name)
        state = live.feeds.get(pool_place(name))
        age = None if last is None else at.now - _end_of(last)
        yield PoolView(
            name=name,
            kind=configured[name].kind if name in configured else IMPORTED,
            newest=last.day if last else None,
            sats=_sum(days, last) if last else None,
            age_s=None if age is None else max(age.total_seconds(), 0.0),
            is_stale=age is None or age > at.limits.pools,
            asked_age_s=(at.wall - state.asked).total_seconds() if state else None,
            error=state.error if state else "",
        )


def _sum(days: Sequence[MiningDay], last: MiningDay) -> Sats:
    return Sats(sum(row.mined for row in days if (row.pool, row.day) == (last.pool, last.day)))


def _end_of(row: MiningDay) -> datetime:
    after = row.day + _A_DAY
    return datetime(after.year, after.month, after.day, tzinfo=ZoneInfo(row.zone))


def _day(total: DayTotal) -> MiningDayView:
    return MiningDayView(total.day, total.mined, total.expected, total.hashrate_ehs)
