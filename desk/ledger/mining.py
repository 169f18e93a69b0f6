"""Mining days on record, by who said what: the days of one pool, and those that were restated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from sqlmodel import col, select

from desk.ledger import treasury
from desk.ledger.tables_treasury import ROWS
from desk.ledger.transactions import ReadTx
from desk.treasury.movements import day_ends
from desk.treasury.pool_coins import Credit
from desk.treasury.pool_days import Restated
from desk.treasury.records import MiningDay, NetworkDay
from desk.units import Sats


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a day as it was stated, and when it went on record (desk time)."""

    day: MiningDay
    version: int
    recorded: datetime


def versions_since(tx: ReadTx, since: date, pool: str | None = None) -> list[Version]:
    """Every version of the days since one, by day and key, oldest version first."""
    row_type: Any = ROWS[MiningDay]
    wanted = select(row_type).where(col(row_type.day) >= since)
    if pool is not None:
        wanted = wanted.where(col(row_type.pool) == pool)
    order = [col(getattr(row_type, name)) for name in ("day", "pool", "site", "version")]
    return [_version(row) for row in tx.session.exec(wanted.order_by(*order))]


def in_force(versions: Sequence[Version]) -> list[MiningDay]:
    """The newest version of every day."""
    return list({_key(one): one.day for one in versions}.values())


def said_by(versions: Sequence[Version], source: str) -> list[MiningDay]:
    """The newest version of every day that came from `source` itself."""
    return list({_key(one): one.day for one in versions if one.day.source == source}.values())


def restated(versions: Sequence[Version]) -> list[Restated]:
    """Every change of a day's coins by the source that had stated them, newest first."""
    found = []
    last: dict[tuple[date, str, str, str], Sats] = {}
    for one in versions:
        day = one.day
        key = (*_key(one), day.source)
        before = last.get(key)
        if before is not None and before != day.mined:
            change = Restated(day.day, day.pool, day.site, before, day.mined, day.source, one.recorded)
            found.append((one.recorded, day.day, change))
        last[key] = day.mined
    return [change for _, _, change in sorted(found, key=lambda one: one[:2], reverse=True)]


def credited(tx: ReadTx) -> list[Credit]:
    """The coins of every day in force, the whole record of them, with nothing of the machines: quick to read."""
    row_type: Any = ROWS[MiningDay]
    names = ("day", "pool", "site", "mined", "credited", "zone", "is_illustrative")
    columns = [col(getattr(row_type, name)) for name in names]
    newest: dict[tuple[date, str, str], Credit] = {}
    for day, pool, site, mined, credited, zone, made_up in tx.session.exec(
        select(*columns).order_by(col(row_type.version))
    ):
        newest[day, pool, site] = Credit(pool, mined, credited or day_ends(day, zone), made_up)
    return list(newest.values())


def network_days(tx: ReadTx, since: date | None = None) -> list[NetworkDay]:
    """The network by day, oldest first."""
    return treasury.in_force(tx, NetworkDay, since)


def _key(one: Version) -> tuple[date, str, str]:
    return one.day.day, one.day.pool, one.day.site


def _version(row: Any) -> Version:
    values = {field.name: getattr(row, field.name) for field in fields(MiningDay)}
    return Version(MiningDay(**values), row.version, row.recorded_at)
