"""A sale's running totals of satoshis, taken from its orders whenever one of them moved."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func
from sqlmodel import col, select

from desk.execution.orders import OrderState
from desk.ledger.tables import OrderRow, SaleRow
from desk.ledger.transactions import ReadTx, WriteTx


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
    wanted = select(col(OrderRow.state), func.sum(OrderRow.quantity), func.sum(OrderRow.filled))
    wanted = wanted.where(OrderRow.sale_id == sale_id).group_by(col(OrderRow.state))
    if venue is not None:
        wanted = wanted.where(OrderRow.venue == venue)
    filled = resting = unknown = 0
    for state, quantity, done in tx.session.exec(wanted):
        filled += done
        if state is OrderState.UNKNOWN:
            unknown += quantity - done
        elif state.is_live:
            resting += quantity - done
    return Totals(filled, resting, unknown)


def retotal(tx: WriteTx, sale_id: str, now: datetime) -> None:
    """Brings a sale's row up to its orders."""
    tx.session.flush()
    sale = tx.session.get_one(SaleRow, sale_id)
    sale.filled, sale.open, sale.unknown = totals(tx, sale_id)
    sale.updated_at = now
