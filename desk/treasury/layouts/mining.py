"""Mining as tables: days, what the machines behind them did, the network, published costs and months."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar
from zoneinfo import ZoneInfo

from desk.treasury.csv_table import Cells, Layout
from desk.treasury.layouts.together import Known, Stated
from desk.treasury.records import CostFigure, MiningDay, NetworkDay, PublishedMonth, Record, key_of
from desk.units import parse_btc

_T = TypeVar("_T")
_MACHINES = (
    "hashrate_ehs",
    "deployed_ehs",
    "uptime_percent",
    "joules_per_th",
    "power_usd_per_kwh",
    "hosting_usd",
    "pool_fee_percent",
)
DAYS = Layout(
    ("day", "pool", "mined_btc", "source"),
    ("site", "zone", "credited", "expected_btc", *_MACHINES, "source_id", "illustrative"),
)
OPERATIONS = Layout(("day", "pool"), ("site", *_MACHINES))
NETWORK = Layout(("day", "difficulty", "source"), ("hashrate_ehs", "mean_fees_btc"))
COSTS = Layout(("period", "currency", "source"), ("cash_cost", "all_in_cost"))
MONTHS = Layout(
    ("month", "produced_btc", "sold_btc", "held_btc", "source"),
    ("deployed_ehs", "operating_ehs", "produced_is_derived"),
)
_MOST_PER_DAY = parse_btc("7500")
"""More than the whole network ever mined in a day: satoshis in a BTC column."""
_MOST_EHS, _MOST_USD_PER_KWH, _MOST_JOULES = Decimal(5_000), Decimal(2), Decimal(1_000)
_MOST_DIFFICULTY = Decimal(10) ** 18
_MOST_FEES = Decimal(50)
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])", re.ASCII)
_PERIOD = re.compile(r"\d{4}(-(Q[1-4]|0[1-9]|1[0-2]))?", re.ASCII)


def day(row: Cells, now: datetime) -> list[Record]:
    """Coins of one pool day, with whatever is known of the machines."""
    mined, expected = row.btc("mined_btc"), row.btc_or_none("expected_btc")
    for name, sats in (("mined_btc", mined), ("expected_btc", expected)):
        if sats is not None and sats > _MOST_PER_DAY:
            row.refuse(name, "is more than the whole network mines in a day; write BTC, not satoshis")
    zone = _zone(row)
    earned = _past_day(row, now, zone)
    return [
        replace(
            _machines(row, _blank(earned, row)),
            mined=mined,
            expected=expected,
            source=row.text("source"),
            source_id=row.text("source_id", empty=True),
            is_illustrative=row.flag("illustrative"),
            credited=_credited(row, now, earned, zone),
            zone=zone.key,
        )
    ]


def days_together(stated: Stated, known: Known) -> list[Record]:
    """An empty cell leaves what was stated before; a pool day is stated as a whole or by site, never both."""
    found: list[Record] = []
    beside = _sites(stated, known)
    for row, records in stated:
        for record in records:
            assert isinstance(record, MiningDay)
            _refuse_twice(row, record, beside)
            before = known.get(key_of(record))
            found.append(_kept(row, record, before) if isinstance(before, MiningDay) else record)
    return found


def operation(row: Cells, now: datetime) -> list[Record]:
    """What the machines behind one pool day did; its coins are stated elsewhere."""
    return [_machines(row, _blank(_past_day(row, now, ZoneInfo("UTC")), row))]


def operations_together(stated: Stated, known: Known) -> list[Record]:
    """Each row says something about a day that is on record, and leaves its coins alone."""
    found: list[Record] = []
    for row, records in stated:
        for record in records:
            assert isinstance(record, MiningDay)
            before = known.get(key_of(record))
            if not isinstance(before, MiningDay):
                row.refuse(
                    "day", f"has no coins on record for {record.pool} {record.site}".rstrip() + "; import those"
                )
                continue
            if not any(row.has(name) for name in _MACHINES):
                row.refuse("day", "says nothing about the machines; fill in at least one column")
            found.append(_with_machines(before, record))
    return found


def network_day(row: Cells, now: datetime) -> list[Record]:
    """The network on one UTC day."""
    difficulty = row.number_or_none("difficulty")
    if difficulty is not None and not 1 <= difficulty <= _MOST_DIFFICULTY:
        row.refuse("difficulty", "is no difficulty; write it in full, like 125864590119000")
    fees = row.number_or_none("mean_fees_btc")
    if fees is not None and fees > _MOST_FEES:
        row.refuse("mean_fees_btc", "is more than a block ever paid; write BTC per block, not satoshis")
    if not row.has("difficulty"):
        row.text("difficulty")
    return [
        NetworkDay(
            day=_past_day(row, now, ZoneInfo("UTC")),
            difficulty=difficulty or Decimal(1),
            hashrate_ehs=_rate(row, "hashrate_ehs"),
            mean_fees=fees,
            source=row.text("source"),
        )
    ]


def cost(row: Cells, now: datetime) -> list[Record]:
    """What a mined coin cost in a period, as published."""
    period = row.text("period")
    if period and not _PERIOD.fullmatch(period):
        row.refuse("period", "is no period; write 2026-Q1, 2026-01 or 2026")
    if not row.has("cash_cost") and not row.has("all_in_cost"):
        row.refuse("cash_cost", "is missing, and so is all_in_cost; a row needs one of them")
    return [
        CostFigure(
            period=period,
            cash_cost=row.money_or_none("cash_cost"),
            all_in_cost=row.money_or_none("all_in_cost"),
            currency=row.currency("currency"),
            source=row.text("source"),
        )
    ]


def month(row: Cells, now: datetime) -> list[Record]:
    """A month as announced; nothing here makes it add up."""
    name = row.text("month")
    if name and not _MONTH.fullmatch(name):
        row.refuse("month", "is no month; write it like 2026-01")
    elif name >= f"{now:%Y-%m}":
        row.refuse("month", f"is not over; today is {now.date()} UTC")
    return [
        PublishedMonth(
            month=name,
            produced=row.btc("produced_btc"),
            sold=row.btc("sold_btc"),
            held=row.btc("held_btc"),
            deployed_ehs=_rate(row, "deployed_ehs"),
            operating_ehs=_rate(row, "operating_ehs"),
            produced_is_derived=row.flag("produced_is_derived"),
            source=row.text("source"),
        )
    ]


def _blank(day: date, row: Cells) -> MiningDay:
    return MiningDay(
        day=day,
        pool=row.text("pool"),
        site=row.text("site", empty=True),
        mined=parse_btc(0),
        expected=None,
        hashrate_ehs=None,
        power_price=None,
        source="",
    )


def _machines(row: Cells, day: MiningDay) -> MiningDay:
    power, joules = row.number_or_none("power_usd_per_kwh"), row.number_or_none("joules_per_th")
    if power is not None and power > _MOST_USD_PER_KWH:
        row.refuse("power_usd_per_kwh", "is a lot for one kWh; write dollars, 0.051 for 5.1 ¢")
    if joules is not None and joules > _MOST_JOULES:
        row.refuse("joules_per_th", "is no efficiency; write joules per terahash, like 21.4")
    return replace(
        day,
        hashrate_ehs=_rate(row, "hashrate_ehs"),
        deployed_ehs=_rate(row, "deployed_ehs"),
        uptime=row.percent_or_none("uptime_percent"),
        joules_per_th=joules,
        power_price=power,
        hosting=row.money_or_none("hosting_usd"),
        pool_fee=row.percent_or_none("pool_fee_percent"),
    )


def _with_machines(day: MiningDay, said: MiningDay) -> MiningDay:
    """The day with what was said of its machines; what was not said stays."""
    return replace(
        day,
        hashrate_ehs=_first(said.hashrate_ehs, day.hashrate_ehs),
        deployed_ehs=_first(said.deployed_ehs, day.deployed_ehs),
        uptime=_first(said.uptime, day.uptime),
        joules_per_th=_first(said.joules_per_th, day.joules_per_th),
        power_price=_first(said.power_price, day.power_price),
        hosting=_first(said.hosting, day.hosting),
        pool_fee=_first(said.pool_fee, day.pool_fee),
    )


def _first(said: _T | None, before: _T | None) -> _T | None:
    return before if said is None else said


_COLUMN_OF = {"zone": "zone", "source_id": "source_id"}
"""Fields that are never None, with the column that says whether they were stated."""


def _kept(row: Cells, record: MiningDay, before: MiningDay) -> MiningDay:
    left_out = {
        name: getattr(before, name)
        for name, value in _values(record)
        if value is None or (name in _COLUMN_OF and not row.has(_COLUMN_OF[name]))
    }
    return replace(record, **left_out)


def _values(record: MiningDay) -> Iterator[tuple[str, object]]:
    return ((field.name, getattr(record, field.name)) for field in fields(record))


def _sites(stated: Stated, known: Known) -> dict[tuple[date, str], set[str]]:
    """The sites under which each pool day is stated, in the file and on record."""
    found: dict[tuple[date, str], set[str]] = {}
    records = [*known.values(), *(record for _, records in stated for record in records)]
    for record in records:
        if isinstance(record, MiningDay):
            found.setdefault((record.day, record.pool), set()).add(record.site)
    return found


def _refuse_twice(row: Cells, record: MiningDay, beside: dict[tuple[date, str], set[str]]) -> None:
    sites = beside[record.day, record.pool]
    if "" in sites and len(sites) > 1:
        named = ", ".join(sorted(site for site in sites if site))
        row.refuse(
            "site", f"would count coins twice: {record.day} of {record.pool} is stated for {named} and as a whole"
        )


def _zone(row: Cells) -> ZoneInfo:
    name = row.text("zone", empty=True) or "UTC"
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        row.refuse("zone", 'is not a known time zone; use a name like "America/New_York" or "UTC"')
        return ZoneInfo("UTC")


def _past_day(row: Cells, now: datetime, zone: ZoneInfo) -> date:
    found, today = row.day("day"), now.astimezone(zone).date()
    if found > today:
        row.refuse("day", f"is in the future; today is {today} {zone.key}")
    return found


def _credited(row: Cells, now: datetime, earned: date, zone: ZoneInfo) -> datetime | None:
    if not row.has("credited"):
        return None
    at = row.past("credited", now)
    if at.astimezone(zone).date() < earned:
        row.refuse("credited", f"is before the day it pays for, {earned}")
    return at


def _rate(row: Cells, name: str) -> Decimal | None:
    value = row.number_or_none(name)
    if value is not None and value > _MOST_EHS:
        row.refuse(name, "is more than the whole network has; write EH/s")
    return value
