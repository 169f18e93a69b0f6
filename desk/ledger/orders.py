"""Orders on record: durable before they are sent (P2), reserved while unproven (P3), within what is approved (P1).

Fills, cancels and the running totals of order, slice and sale move in one transaction with their event.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import col, select

from desk.execution.orders import Fill, OrderState, check_move
from desk.ledger import alarms
from desk.ledger.errors import LedgerRefused, NotOnRecord
from desk.ledger.fence import assert_epoch
from desk.ledger.intents import DayLimit, next_attempt, place_intent
from desk.ledger.order_reading import (
    brought_since,
    by_venue_order,
    cancels,
    committed_open,
    fees_paid,
    fills,
    get,
    gone_since,
    held_at_most,
    listed,
    live,
    live_readable,
    recorded_fill,
    sold_since,
    trades,
)
from desk.ledger.order_totals import Totals, retotal, totals
from desk.ledger.tables import CancelRow, FillRow, OrderRow, SaleRow, SliceRow
from desk.ledger.transactions import WriteTx
from desk.units import btc_text, exact_sum

__all__ = [
    "DayLimit",
    "Totals",
    "brought_since",
    "by_venue_order",
    "cancel_intent",
    "cancel_outcome",
    "cancels",
    "committed_open",
    "fees_paid",
    "fills",
    "get",
    "gone_since",
    "held_at_most",
    "listed",
    "live",
    "live_readable",
    "mark_sent",
    "next_attempt",
    "place_intent",
    "record_placed",
    "record_refused",
    "record_report",
    "record_unknown",
    "recorded_fill",
    "sold_since",
    "totals",
    "trades",
]


def mark_sent(tx: WriteTx, cid: str, sent: datetime, epoch: int) -> None:
    """Says, durably, that the request is about to leave: from here on only evidence tells what became of it."""
    row = _moved(tx, cid, OrderState.SENT, sent, epoch)
    row.sent = sent
    tx.event("order.sent", cid, {"sale": row.sale_id})


def record_placed(tx: WriteTx, cid: str, venue_order_id: str, now: datetime, epoch: int) -> None:
    """The venue named the order: it is open, unless more is known already."""
    row = _writable(tx, cid, epoch)
    if row.venue_order_id == venue_order_id and row.state is not OrderState.UNKNOWN:
        return
    if row.state in (OrderState.SENT, OrderState.UNKNOWN):
        row.state = OrderState.PART_FILLED if row.filled else OrderState.OPEN
    row.venue_order_id, row.updated = venue_order_id, now
    retotal(tx, row.sale_id, now)
    tx.event("order.placed", cid, {"sale": row.sale_id, "venue_order_id": venue_order_id})


def record_refused(tx: WriteTx, cid: str, reason: str, now: datetime, epoch: int) -> None:
    """Proven not placed: what it reserved is free again."""
    row = _moved(tx, cid, OrderState.REFUSED, now, epoch)
    row.last_error = reason
    retotal(tx, row.sale_id, now)
    tx.event("order.refused", cid, {"sale": row.sale_id, "reason": reason})


def record_unknown(tx: WriteTx, cid: str, reason: str, now: datetime, epoch: int) -> None:
    """Nothing is proven: its quantity stays reserved until evidence comes (P3)."""
    row = _moved(tx, cid, OrderState.UNKNOWN, now, epoch)
    row.last_error = reason
    retotal(tx, row.sale_id, now)
    tx.event("order.unknown", cid, {"sale": row.sale_id, "reason": reason})


def record_report(
    tx: WriteTx,
    cid: str,
    new_state: OrderState,
    reported: Sequence[Fill],
    now: datetime,
    epoch: int,
    reason: str = "",
    *,
    venue_order_id: str | None = None,
) -> list[Fill]:
    """Takes in what the venue proves of an order; returns the fills that were not on record yet.

    Fills of an order that was on record as finished are kept, marked late and raise the alarm `fill.late`. An open
    order with fills is part-filled. Nothing is written where nothing is new. Raises IllegalMove, StaleEpoch,
    NotOnRecord, LedgerRefused (filled without the fills; one trade with two contents).
    """
    row = _writable(tx, cid, epoch)
    fresh = [fill for fill in reported if not _is_on_record(tx, row, fill)]
    is_late = row.state.is_final and bool(fresh)
    kept = _take_in(tx, row, fresh, now, is_late=is_late)
    before = (row.state, row.venue_order_id, row.last_error)
    if not is_late:
        row.state = _proven(row, new_state)
    row.venue_order_id = venue_order_id or row.venue_order_id
    row.last_error = reason or row.last_error
    if not kept and (row.state, row.venue_order_id, row.last_error) == before:
        return []
    row.updated = now
    tx.session.flush()
    retotal(tx, row.sale_id, now)
    detail = {"sale": row.sale_id, "reason": reason, "trades": [fill.trade_id for fill in kept]}
    tx.event("fill.late" if is_late else f"order.{row.state}", cid, detail)
    return kept


def cancel_intent(tx: WriteTx, cid: str, reason: str, now: datetime, epoch: int) -> int:
    """Puts a wish to cancel on record before it is asked (P2); returns its number."""
    row = _writable(tx, cid, epoch)
    wish = CancelRow(client_order_id=cid, reason=reason, asked=now, epoch=epoch)
    tx.session.add(wish)
    row.cancel_asked = row.cancel_asked or now
    row.updated = now
    tx.event("cancel.asked", cid, {"sale": row.sale_id, "reason": reason})
    return wish.id


def cancel_outcome(tx: WriteTx, cid: str, outcome: str, now: datetime, epoch: int) -> None:
    """What came of the newest unsettled wish to cancel, in words. Raises NotOnRecord where there is none."""
    row = _writable(tx, cid, epoch)
    wish = tx.session.exec(
        select(CancelRow)
        .where(CancelRow.client_order_id == cid, col(CancelRow.outcome).is_(None))
        .order_by(col(CancelRow.id).desc())
    ).first()
    if wish is None:
        raise NotOnRecord(f"nobody asked to cancel the order {cid}, or its answer is on record")
    wish.outcome, wish.settled = outcome, now
    tx.event("cancel.settled", cid, {"sale": row.sale_id, "outcome": outcome})


def _writable(tx: WriteTx, cid: str, epoch: int) -> OrderRow:
    assert_epoch(tx, epoch)
    row = tx.session.get(OrderRow, cid)
    if row is None:
        raise NotOnRecord(f"there is no order {cid}")
    return row


def _moved(tx: WriteTx, cid: str, state: OrderState, now: datetime, epoch: int) -> OrderRow:
    row = _writable(tx, cid, epoch)
    row.state = check_move(row.state, state)
    row.updated = now
    return row


def _proven(row: OrderRow, new_state: OrderState) -> OrderState:
    if new_state is OrderState.OPEN and row.filled:
        new_state = OrderState.PART_FILLED
    if new_state is OrderState.FILLED and row.filled != row.quantity:
        raise LedgerRefused(
            f"the order {row.client_order_id} is said to be filled, but only {btc_text(row.filled)} of "
            f"{btc_text(row.quantity)} BTC are proven"
        )
    return check_move(row.state, new_state)


def _is_on_record(tx: WriteTx, row: OrderRow, fill: Fill) -> bool:
    known = tx.session.get(FillRow, (fill.venue, fill.trade_id))
    if known is None:
        return False
    if (known.client_order_id, known.quantity, known.price) != (row.client_order_id, fill.quantity, fill.price):
        raise LedgerRefused(f"{fill.venue} reports the trade {fill.trade_id} twice with different contents")
    return True


def _take_in(tx: WriteTx, row: OrderRow, fresh: Sequence[Fill], now: datetime, *, is_late: bool) -> list[Fill]:
    """Records fills and adds them to their order, slice and sale; one that exceeds the order is an alarm instead.

    One stamped after the window's end, by the signed terms, is kept and an alarm as well (P1). No tolerance for the
    venue's clock: nothing rests or is sent so close to the end that a second's difference could make one.
    """
    ends = _ends(tx, row.sale_id)
    slice_ = tx.session.get_one(SliceRow, row.slice_id)
    sale = tx.session.get_one(SaleRow, row.sale_id)
    kept: list[Fill] = []
    for fill in fresh:
        if row.filled + fill.quantity > row.quantity:
            text = f"{fill.venue} reports {btc_text(fill.quantity)} BTC more than was ordered (trade {fill.trade_id})"
            alarms.raise_alarm(tx, "fill.excess", row.client_order_id, text, now)
            continue
        if is_late:
            sale.late += fill.quantity
            text = f"{btc_text(fill.quantity)} BTC were sold after the order was {row.state} (trade {fill.trade_id})"
            alarms.raise_alarm(tx, "fill.late", row.client_order_id, text, now)
        if ends is not None and fill.executed > ends:
            text = (
                f"{btc_text(fill.quantity)} BTC were sold after the window of {row.sale_id} (trade {fill.trade_id})"
            )
            alarms.raise_alarm(tx, "fill.after-window", row.client_order_id, text, now)
        tx.session.flush()
        tx.session.add(_fill_row(row, fill, now, is_late))
        row.filled += fill.quantity
        slice_.filled += fill.quantity
        row.proceeds = exact_sum([row.proceeds, fill.cost])
        sale.proceeds = exact_sum([sale.proceeds, fill.cost])
        if fill.fee_currency == sale.quote:
            row.fees = exact_sum([row.fees, fill.fee])
            sale.fees = exact_sum([sale.fees, fill.fee])
        kept.append(fill)
    return kept


def _ends(tx: WriteTx, sale_id: str) -> datetime | None:
    sale = tx.session.get(SaleRow, sale_id)
    return sale.closes if sale is not None and sale.opened is not None else None


def _fill_row(order: OrderRow, fill: Fill, now: datetime, is_late: bool) -> FillRow:
    return FillRow(
        venue=order.venue,
        trade_id=fill.trade_id,
        client_order_id=order.client_order_id,
        sale_id=order.sale_id,
        slice_id=order.slice_id,
        quantity=fill.quantity,
        price=fill.price,
        cost=fill.cost,
        fee=fill.fee,
        fee_currency=fill.fee_currency,
        liquidity=fill.liquidity,
        executed=fill.executed,
        recorded=now,
        late=is_late,
    )
