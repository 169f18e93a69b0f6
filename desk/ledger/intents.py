"""The one way an order comes to be: all conditions checked and the row written in one transaction (P1, P2, P12)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlmodel import col, select

from desk.execution.orders import Order, OrderState
from desk.ledger import control, sales
from desk.ledger.errors import IntentRefused
from desk.ledger.fence import assert_epoch
from desk.ledger.order_reading import committed_open, sold_since
from desk.ledger.order_totals import retotal, totals
from desk.ledger.planner import not_looked_up
from desk.ledger.tables import LIVE, OrderRow, SliceRow
from desk.ledger.transactions import ReadTx, WriteTx
from desk.sale.lifecycle import SaleState
from desk.sale.records import Sale
from desk.units import Money, Price, Sats, btc_text, exact_sum, notional, show_money

_NEWEST = text("SELECT max(attempt) FROM orders WHERE slice_id = :slice AND venue = :venue")


@dataclass(frozen=True, slots=True)
class DayLimit:
    """The most that may be sold since a moment (desk time), live orders and this one included.

    `name` goes into the refusal; `venue` None counts all venues; money is at `price`, by default the limit price.
    """

    name: str
    since: datetime
    max_quantity: Sats | None = None
    max_money: Money | None = None
    venue: str | None = None
    price: Price | None = None


def place_intent(tx: WriteTx, order: Order, *, epoch: int, day_limits: Sequence[DayLimit] = ()) -> None:
    """Writes an order as `intent`. Raises StaleEpoch, or IntentRefused with the first condition that fails."""
    assert_epoch(tx, epoch)
    halt = control.open_halt(tx)
    if halt is not None:
        raise IntentRefused(f"the desk is halted: {halt.reason}")
    sale = sales.get(tx, order.sale_id)
    if sale is None or sale.state is not SaleState.WORKING:
        raise IntentRefused(f"the sale {order.sale_id} is {sale.state if sale else 'not on record'}, not working")
    _check_order(tx, order, sale)
    _check_quantity(tx, order, sale)
    for limit in day_limits:
        _check_day(tx, order, limit)
    tx.session.add(_row(order, epoch))
    tx.session.flush()
    retotal(tx, order.sale_id, order.created)
    tx.event("order.intent", order.client_order_id, {"sale": sale.id, "slice": order.slice_id, "epoch": epoch})


def next_attempt(tx: ReadTx, slice_id: str, venue: str) -> int:
    """The attempt the next order of a slice at a venue has to carry; the first is 0."""
    newest = tx.session.connection().execute(_NEWEST, {"slice": slice_id, "venue": venue}).scalar()
    return 0 if newest is None else int(newest) + 1


def _check_order(tx: ReadTx, order: Order, sale: Sale) -> None:
    if order.state is not OrderState.INTENT or order.filled or order.quantity <= 0:
        raise IntentRefused("an intent is new: nothing sent, nothing filled, a quantity above zero")
    if order.limit_price < sale.terms.limits.floor:
        raise IntentRefused(f"the limit {order.limit_price} is below the approved floor {sale.terms.limits.floor}")
    slice_ = tx.session.get(SliceRow, order.slice_id)
    if slice_ is None or slice_.sale_id != sale.id:
        raise IntentRefused(f"the slice {order.slice_id} is not one of {sale.id}")
    if order.attempt != next_attempt(tx, order.slice_id, order.venue):
        raise IntentRefused(f"attempt {order.attempt} of {order.slice_id} at {order.venue} is not the next one")
    there = not_looked_up(col(OrderRow.venue)) == order.venue
    same = (OrderRow.sale_id == sale.id, there, col(OrderRow.state).in_(LIVE))
    standing = tx.session.exec(select(OrderRow.client_order_id, OrderRow.state).where(*same)).first()
    if standing is not None:
        raise IntentRefused(f"the order {standing[0]} of {sale.id} at {order.venue} is still {standing[1]}")


def _check_quantity(tx: ReadTx, order: Order, sale: Sale) -> None:
    share = next((one for one in sale.terms.venues if one.venue == order.venue), None)
    if share is None:
        raise IntentRefused(f"the terms of {sale.id} do not name the venue {order.venue}")
    for bound, used, what in (
        (sale.quantity, totals(tx, sale.id).committed, f"approved for {sale.id}"),
        (share.cap, totals(tx, sale.id, order.venue).committed, f"the cap of {sale.id} at {order.venue}"),
    ):
        if used + order.quantity > bound:
            more = f"{btc_text(order.quantity)} BTC on top of {btc_text(used)} BTC"
            raise IntentRefused(f"{more} would exceed {btc_text(bound)} BTC, {what}")


def _check_day(tx: ReadTx, order: Order, limit: DayLimit) -> None:
    if limit.venue not in (None, order.venue):
        return
    sold, held = sold_since(tx, limit.since, limit.venue), committed_open(tx, limit.venue)
    quantity = sold.quantity + held.quantity + order.quantity
    if limit.max_quantity is not None and quantity > limit.max_quantity:
        raise IntentRefused(
            f"{btc_text(quantity)} BTC would exceed {limit.name} of {btc_text(limit.max_quantity)} BTC"
        )
    value = notional(order.quantity, limit.price or order.limit_price)
    money = exact_sum([sold.money, held.money, value])
    if limit.max_money is not None and money > limit.max_money:
        raise IntentRefused(f"{show_money(money)} would exceed {limit.name} of {show_money(limit.max_money)}")


def _row(order: Order, epoch: int) -> OrderRow:
    return OrderRow(
        client_order_id=order.client_order_id,
        venue=order.venue,
        sale_id=order.sale_id,
        slice_id=order.slice_id,
        attempt=order.attempt,
        state=order.state,
        type=order.type,
        limit_price=order.limit_price,
        quantity=order.quantity,
        filled=0,
        proceeds=order.proceeds,
        fees=order.fees,
        venue_order_id=None,
        created=order.created,
        sent=None,
        updated=order.created,
        deadline=order.deadline,
        cancel_asked=None,
        last_error="",
        epoch=epoch,
    )
