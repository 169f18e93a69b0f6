"""What two people settle because no evidence does: an unknown order was placed, or it was not (P3).

Only the bytes they signed say which order and what of it; nothing is sent because of it.
"""

from __future__ import annotations

from datetime import datetime

from desk.execution.journal import clear_unresolved
from desk.execution.orders import Order, OrderState
from desk.ledger import WriteTx, orders
from desk.permission.requests import Request

PLACED, NOT_PLACED = "placed", "not-placed"


class NotSettled(Exception):
    """The order needs no verdict, or the request holds none; the sentence is for people."""


def settle_by_people(tx: WriteTx, request: Request, signers: str, now: datetime, epoch: int) -> str:
    """Applies a granted request to its order and says what it did. Raises NotSettled."""
    order = orders.get(tx, str(request.payload.get("order", "")))
    if order is None:
        raise NotSettled("the request names no order of this desk")
    if order.state is not OrderState.UNKNOWN:
        raise NotSettled(f"order {order.client_order_id[:8]} is {order.state}; evidence settled it already")
    verdict, venue_order_id = request.payload.get("as"), request.payload.get("venue_order_id")
    reason = f"settled by people: {signers}"
    if verdict == PLACED and isinstance(venue_order_id, str) and venue_order_id:
        orders.record_placed(tx, order.client_order_id, venue_order_id, now, epoch)
        said = f"is {venue_order_id} at {order.venue}; what it sold is looked up"
    elif verdict == NOT_PLACED:
        _close(tx, order, reason, now, epoch)
        said = "was not placed; what it reserved is free again"
    else:
        raise NotSettled("the request says neither placed nor not placed")
    clear_unresolved(tx, order, now, signers)
    return f"order {order.client_order_id[:8]} {said}"


def _close(tx: WriteTx, order: Order, reason: str, now: datetime, epoch: int) -> None:
    if order.filled:  # it was there, so what is settled is that no more of it is
        orders.record_report(tx, order.client_order_id, OrderState.CANCELLED, (), now, epoch, reason)
    else:
        orders.record_refused(tx, order.client_order_id, reason, now, epoch)
