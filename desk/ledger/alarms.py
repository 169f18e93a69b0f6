"""Alarms: what a person must look at, raised once and open until somebody clears it."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import col, select

from desk.ledger.damage import skim
from desk.ledger.errors import NotOnRecord
from desk.ledger.records import Alarm
from desk.ledger.tables_control import AlarmRow
from desk.ledger.transactions import ReadTx, WriteTx

_OPEN = select(AlarmRow).where(col(AlarmRow.cleared).is_(None)).order_by(col(AlarmRow.id))


def raise_alarm(tx: WriteTx, kind: str, subject: str, text: str, now: datetime) -> int:
    """Raises an alarm; the same one, while it is open, is not raised twice. Returns its number."""
    same = (AlarmRow.kind == kind, AlarmRow.subject == subject, AlarmRow.text == text)
    known = tx.session.exec(select(AlarmRow).where(*same, col(AlarmRow.cleared).is_(None))).first()
    if known is not None:
        return known.id
    row = AlarmRow(kind=kind, subject=subject, text=text, raised=now)
    tx.session.add(row)
    tx.event("alarm.raised", subject, {"alarm": kind, "text": text})
    return row.id


def clear_alarm(tx: WriteTx, alarm_id: int, now: datetime, by: str) -> None:
    """Somebody has looked. Raises NotOnRecord where there is no such open alarm."""
    row = tx.session.get(AlarmRow, alarm_id)
    if row is None or row.cleared is not None:
        raise NotOnRecord(f"there is no open alarm {alarm_id}")
    row.cleared, row.cleared_by = now, by
    tx.event("alarm.cleared", row.subject, {"alarm": row.kind, "by": by})


def open_alarms(tx: ReadTx) -> list[Alarm]:
    """Every alarm nobody has cleared, oldest first."""
    return [_alarm(row) for row in tx.session.exec(_OPEN)]


def alarms_readable(tx: ReadTx) -> list[Alarm]:
    """The same, those left out that cannot be read: for asking whether one stands, never whether none does."""
    return skim(tx, _OPEN, _alarm)[0]


def _alarm(row: AlarmRow) -> Alarm:
    return Alarm(row.id, row.kind, row.subject, row.text, row.raised, row.cleared, row.cleared_by)
