"""What the books are made from, read in one transaction; and what people decide about them, put on record."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func
from sqlmodel import col, select

from desk.ledger import orders, treasury
from desk.ledger.coins import coin_statements
from desk.ledger.tables_treasury import ROWS
from desk.ledger.transactions import ReadTx, WriteTx
from desk.treasury.books import BookRecord
from desk.treasury.cash_records import CashActual
from desk.treasury.coin_records import (
    BreakOwner,
    Explanation,
    LotPick,
    MonthClose,
    ReliefMethod,
    ReliefRule,
    VenueLook,
)
from desk.treasury.looks import Look, read_look
from desk.treasury.reconcile import KnownOrder
from desk.treasury.records import Place
from desk.treasury.relief import Relief

SUBJECT = "books"


def book_record(tx: ReadTx) -> BookRecord:
    """Statements, fills, explanations, closes and looks: all that the books follow from."""
    said = {(place.id, place.as_of): place for place in treasury.every_version(tx, Place)}
    return BookRecord(
        coins=coin_statements(tx),
        explanations=treasury.in_force(tx, Explanation),
        owners=treasury.in_force(tx, BreakOwner),
        closes=treasury.in_force(tx, MonthClose),
        months=treasury.published_months(tx),
        places=list(said.values()),
        loans=treasury.loans(tx),
        looks=treasury.in_force(tx, VenueLook),
        orders=known_orders(tx),
        actuals=treasury.in_force(tx, CashActual),
    )


def closed_months(tx: ReadTx) -> list[str]:
    return [close.month for close in treasury.in_force(tx, MonthClose)]


def relief(tx: ReadTx, default: str) -> Relief:
    """Which lots disposals take: the configured method, the rules on record, and what people picked."""
    rules, picks = treasury.in_force(tx, ReliefRule), treasury.in_force(tx, LotPick)
    return Relief(ReliefMethod(default), rules, picks)


def looks(tx: ReadTx) -> list[Look]:
    """Every look at every venue, oldest first."""
    found = [read_look(record) for record in treasury.in_force(tx, VenueLook)]
    return sorted(found, key=lambda look: (look.at, look.venue))


def looked_at(tx: ReadTx, venue: str) -> datetime | None:
    """When a venue was looked at last, or None. Reads nothing of what was seen: in time that is every trade made."""
    row_type: Any = ROWS[VenueLook]
    newest: datetime | None = tx.session.exec(select(func.max(row_type.at)).where(col(row_type.venue) == venue)).one()
    return newest


def known_orders(tx: ReadTx) -> dict[tuple[str, str], KnownOrder]:
    """Orders that a venue gave a name, by venue and that name."""
    return {
        (one.venue, one.venue_order_id): KnownOrder(one.client_order_id, one.sale_id, one.state.is_live)
        for one in orders.listed(tx)
        if one.venue_order_id is not None
    }


def state_look(tx: WriteTx, look: VenueLook, trades: int) -> None:
    """Puts a look at so many trades on record, as one event."""
    said = {"act": f"looked at {look.venue}", "trades": str(trades)}
    treasury.state(tx, SUBJECT, [look], said)


def state_explanation(tx: WriteTx, line: Explanation) -> None:
    """Puts a line on record that explains a break, as one event."""
    treasury.state(tx, SUBJECT, [line], {"act": f"explained {line.about or line.month}", "text": line.text})


def state_owner(tx: WriteTx, owner: BreakOwner) -> None:
    """Puts on record who looks after a break, as one event."""
    treasury.state(tx, SUBJECT, [owner], {"act": f"{owner.owner} looks after {owner.break_id}"})


def state_close(tx: WriteTx, close: MonthClose, detail: Mapping[str, str]) -> None:
    """Puts a close on record, as one event that names its digest."""
    treasury.state(tx, SUBJECT, [close], {"act": f"closed {close.month}", "digest": close.digest, **detail})


def next_explanation(tx: ReadTx, now: datetime) -> str:
    """The next free id of an explanation: 'E-2026-0001'."""
    prefix = f"E-{now.year}-"
    used = [line.id for line in treasury.in_force(tx, Explanation) if line.id.startswith(prefix)]
    newest = max((int(one.removeprefix(prefix)) for one in used if one.removeprefix(prefix).isdigit()), default=0)
    return f"{prefix}{newest + 1:04d}"
