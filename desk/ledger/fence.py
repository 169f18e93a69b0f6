"""The fence: only the daemon of the newest epoch may write what a daemon writes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text

from desk.ledger.errors import StaleEpoch
from desk.ledger.tables_control import EpochRow
from desk.ledger.transactions import ReadTx, WriteTx

_CURRENT = text("SELECT max(number) FROM epochs")


def take_epoch(tx: WriteTx, pid: int, host: str, now: datetime) -> int:
    """Begins a new epoch; whoever held the earlier one can write no more orders."""
    number = current_epoch(tx) + 1
    tx.session.add(EpochRow(number=number, pid=pid, host=host, taken=now))
    tx.event("epoch.taken", str(number), {"pid": pid, "host": host})
    return number


def current_epoch(tx: ReadTx) -> int:
    """The newest epoch; 0 where no daemon ever ran."""
    return tx.session.connection().execute(_CURRENT).scalar() or 0


def assert_epoch(tx: ReadTx, epoch: int) -> None:
    """Raises StaleEpoch unless `epoch` is the newest."""
    current = current_epoch(tx)
    if epoch != current:
        raise _stale(epoch, current)


def assert_not_overtaken(tx: ReadTx, epoch: int) -> None:
    """Raises StaleEpoch where there is a newer epoch."""
    current = current_epoch(tx)
    if epoch < current:
        raise _stale(epoch, current)


def _stale(epoch: int, current: int) -> StaleEpoch:
    return StaleEpoch(f"this daemon holds epoch {epoch}, but {current} has taken over; it must stop")
