"""The treasury on record: statements in force, their earlier versions, and the one way of adding to them (P5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import func
from sqlmodel import col, select

from desk.ledger.tables_treasury import ROWS
from desk.ledger.transactions import ReadTx, WriteTx
from desk.treasury.imports import FORMATS, ImportPlan
from desk.treasury.records import (
    KEYS,
    CashBalance,
    Commitment,
    CostFigure,
    Loan,
    Milestone,
    MiningDay,
    Place,
    Project,
    PublishedMonth,
    Record,
    is_of_now,
    key_of,
    moment_of,
)

_R = TypeVar("_R", bound=Record)

STATED = ".imported"
"""How the kind of every event ends that puts statements on record."""


def places(tx: ReadTx) -> list[Place]:
    """Where coins are outside the venues."""
    return in_force(tx, Place)


def cash(tx: ReadTx) -> list[CashBalance]:
    """Money outside the venues."""
    return in_force(tx, CashBalance)


def mining_days(tx: ReadTx, since: date | None = None) -> list[MiningDay]:
    """Days mined, oldest first; with `since` from that day on."""
    return in_force(tx, MiningDay, since)


def newest_day(tx: ReadTx) -> date | None:
    """The last day anything was credited for, or None."""
    row_type: Any = ROWS[MiningDay]
    newest: date | None = tx.session.exec(select(func.max(row_type.day))).one()
    return newest


def projects(tx: ReadTx) -> list[Project]:
    return in_force(tx, Project)


def commitments(tx: ReadTx) -> list[Commitment]:
    return in_force(tx, Commitment)


def milestones(tx: ReadTx) -> list[Milestone]:
    return in_force(tx, Milestone)


def loans(tx: ReadTx) -> list[Loan]:
    """Every loan ever recorded, as last stated; repaid ones say so."""
    return in_force(tx, Loan)


def cost_figures(tx: ReadTx) -> list[CostFigure]:
    """Published costs per BTC, oldest period first."""
    return in_force(tx, CostFigure)


def published_months(tx: ReadTx) -> list[PublishedMonth]:
    """Published months, oldest first."""
    return in_force(tx, PublishedMonth)


def current(tx: ReadTx, *nouns: str) -> list[Record]:
    """The statements in force that an import under these nouns could repeat, correct or name."""
    tables = [table for noun in nouns for table in FORMATS[noun].values()]
    kinds = dict.fromkeys(kind for table in tables for kind in (*table.kinds, *table.beside))
    return [record for kind in kinds for record in (*_of_earlier_moments(tx, kind), *in_force(tx, kind))]


def _of_earlier_moments(tx: ReadTx, kind: type[_R]) -> list[_R]:
    """What was stated of kinds that tell of a moment: older ones stand beside the one in force."""
    return every_version(tx, kind) if any(field.name == "as_of" for field in fields(kind)) else []


def versions(tx: ReadTx, record: _R) -> list[_R]:
    """Everything ever stated about what `record` is about, oldest first."""
    kind = type(record)
    row_type: Any = ROWS[kind]
    wanted = select(row_type).order_by(col(row_type.version))
    for name in KEYS[kind]:
        wanted = wanted.where(col(getattr(row_type, name)) == getattr(record, name))
    return [_record(kind, row) for row in tx.session.exec(wanted)]


def apply(tx: WriteTx, plan: ImportPlan, detail: Mapping[str, str] | None = None) -> int:
    """Writes what an import plans, as one event; returns how many statements went on record, 0 for a repetition."""
    return state(tx, plan.what, plan.rows, {"file": plan.file, "sha256": plan.digest, **(detail or {})})


def state(tx: WriteTx, subject: str, records: Sequence[Record], detail: Mapping[str, str] | None = None) -> int:
    """Puts statements on record: new ones, or the next version where they differ. No change, no row, no event."""
    written = sum(_write(tx, record) for record in records)
    if written:
        tx.event(f"{subject}{STATED}", subject, {**(detail or {}), "rows": written})
    return written


def _write(tx: WriteTx, record: Record) -> bool:
    row_type: Any = ROWS[type(record)]
    said = versions(tx, record)
    of_its_moment = [one for one in said if moment_of(one) == moment_of(record)]
    if of_its_moment and of_its_moment[-1] == record:
        return False
    row = row_type(**_values(record), version=len(said) + 1, recorded_at=tx.now)
    tx.session.add(row)
    tx.session.flush()
    return True


def every_version(tx: ReadTx, kind: type[_R]) -> list[_R]:
    """Everything ever stated of one kind, by key, each key's oldest statement first."""
    row_type: Any = ROWS[kind]
    keys = [col(getattr(row_type, name)) for name in KEYS[kind]]
    rows = tx.session.exec(select(row_type).order_by(*keys, col(row_type.version)))
    return [_record(kind, row) for row in rows]


def in_force(tx: ReadTx, kind: type[_R], since: date | None = None) -> list[_R]:
    """The newest version of every key, in the order of the keys; of kinds that tell of a moment, that of the newest.

    So an older statement that comes late is on record and changes nothing that is known of later.
    """
    row_type: Any = ROWS[kind]
    keys = [col(getattr(row_type, name)) for name in KEYS[kind]]
    wanted = select(row_type).order_by(*keys, col(row_type.version))
    if since is not None:
        wanted = wanted.where(col(row_type.day) >= since)
    newest: dict[tuple[object, ...], _R] = {}
    for row in tx.session.exec(wanted):
        record = _record(kind, row)
        key = key_of(record)
        if key not in newest or is_of_now(record, newest[key]):
            newest[key] = record
    return [record for record in newest.values() if not getattr(record, "voided", "")]


def _record(kind: type[_R], row: Any) -> _R:
    return kind(**{field.name: getattr(row, field.name) for field in fields(kind)})


def _values(record: Record) -> dict[str, Any]:
    return {field.name: getattr(record, field.name) for field in fields(record)}
