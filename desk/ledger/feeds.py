"""How the feeds do: pools, wallets, the network. Nothing here is on the record; what they say is, as statements."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col, select

from desk.ledger.tables_live import FeedRow
from desk.ledger.transactions import ReadTx, WriteTx


@dataclass(frozen=True, slots=True)
class FeedStatus:
    """`answered` is the wall time of the last good answer, None where there never was one; `error` is the latest."""

    name: str
    asked: datetime
    answered: datetime | None
    error: str


def set_feed_status(tx: WriteTx, name: str, wall: datetime, error: str = "") -> None:
    """What came of asking; a failure leaves the time of the last good answer as it was (P8)."""
    row = tx.session.get(FeedRow, name)
    before = row.answered if row is not None else None
    tx.session.merge(FeedRow(name=name, asked=wall, answered=before if error else wall, error=error))


def feed_status(tx: ReadTx) -> dict[str, FeedStatus]:
    """Every feed that was ever asked, by name: `pool:…`, `wallet:…`, `network`."""
    rows = tx.session.exec(select(FeedRow).order_by(col(FeedRow.name)))
    return {row.name: FeedStatus(row.name, row.asked, row.answered, row.error) for row in rows}
