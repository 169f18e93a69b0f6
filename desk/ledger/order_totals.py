"""A sale's running totals of satoshis, taken from its orders whenever one of them moved."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text

from desk.ledger.tables import LIVE_SQL, SaleRow
from desk.ledger.transactions import ReadTx, WriteTx

_SUMS = f"""SELECT coalesce(sum(filled), 0),
    coalesce(sum(CASE WHEN state IN ({LIVE_SQL}) AND state <> 'unknown' THEN quantity - filled END), 0),
    coalesce(sum(CASE WHEN state = 'unknown' THEN quantity - filled END), 0)
    FROM orders WHERE sale_id = :sale"""
_OF_SALE, _AT_VENUE = text(_SUMS), text(f"{_SUMS} AND venue = :venue")


class Totals(NamedTuple):
    """Satoshis of one sale: sold, resting or on their way, possibly sold."""

    filled: int
    open: int
    unknown: int

    @property
    def committed(self) -> int:
        return self.filled + self.open + self.unknown


def totals(tx: ReadTx, sale_id: str, venue: str | None = None) -> Totals:
    """The totals over a sale's orders, all of them or those at one venue."""
    wanted, named = (_OF_SALE, {"sale": sale_id}) if venue is None else (_AT_VENUE, {"sale": sale_id, "venue": venue})
    filled, resting, unknown = tx.session.connection().execute(wanted, named).one()
    return Totals(filled, resting, unknown)


def retotal(tx: WriteTx, sale_id: str, now: datetime) -> None:
    """Brings a sale's row up to its orders."""
    tx.session.flush()
    sale = tx.session.get_one(SaleRow, sale_id)
    sale.filled, sale.open, sale.unknown = totals(tx, sale_id)
    sale.updated_at = now
