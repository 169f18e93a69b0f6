"""Sales, orders and fills as documents: the shapes that `--json` promises, amounts as text, times ISO-8601 UTC."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from desk.clock import iso
from desk.execution.orders import Fill, Order
from desk.sale.records import Sale, Slice
from desk.snapshot.approvals import STAGER
from desk.snapshot.model import ApprovalView
from desk.units import average_price, btc_text, decimal_text

Document = dict[str, Any]
_AVERAGE = Decimal("1e-8")


def sale_json(
    sale: Sale, approvals: Sequence[ApprovalView], slices: Sequence[Slice], orders: Sequence[Order]
) -> Document:
    """One sale with everything `desk sale show --json` carries; the stager's signature is not an approval."""
    return {
        **_totals(sale),
        "terms_digest": sale.terms_digest,
        "approvals": [_approval(view) for view in approvals if view.role != STAGER],
        "slices": [slice_json(one) for one in slices],
        "orders": [order_json(order) for order in orders],
    }


def sale_line_json(sale: Sale) -> Document:
    """One sale in a list: totals, no parts."""
    return {**_totals(sale), "reason": sale.reason}


def slice_json(one: Slice) -> Document:
    return {
        "index": one.index,
        "due": iso(one.due),
        "planned_btc": btc_text(one.planned),
        "filled_btc": btc_text(one.filled),
        "state": str(one.state),
    }


def order_json(order: Order) -> Document:
    """One order of `desk orders --json`; `slice` is the index of its slice."""
    return {
        "client_order_id": order.client_order_id,
        "venue_order_id": order.venue_order_id,
        "venue": order.venue,
        "sale": order.sale_id,
        "slice": slice_index(order.slice_id),
        "attempt": order.attempt,
        "state": str(order.state),
        "type": str(order.type),
        "limit_price": decimal_text(order.limit_price),
        "btc": btc_text(order.quantity),
        "filled_btc": btc_text(order.filled),
        "created": iso(order.created),
        "updated": iso(order.updated),
        "last_error": order.last_error,
    }


def fill_json(fill: Fill, quote: str) -> Document:
    """One fill of `desk fills --json`; `quote` is the currency of its price."""
    return {
        "trade_id": fill.trade_id,
        "venue": fill.venue,
        "client_order_id": fill.client_order_id,
        "btc": btc_text(fill.quantity),
        "price": decimal_text(fill.price),
        "quote": quote,
        "fee": decimal_text(fill.fee),
        "fee_currency": fill.fee_currency,
        "liquidity": str(fill.liquidity),
        "time": iso(fill.executed),
    }


def slice_index(slice_id: str) -> int:
    """The number of a slice within its sale: 7 of S-2026-0001/07."""
    return int(slice_id.rpartition("/")[2])


def _totals(sale: Sale) -> Document:
    average = average_price(sale.proceeds, sale.filled)
    return {
        "id": sale.id,
        "state": str(sale.state),
        "btc": btc_text(sale.quantity),
        "filled_btc": btc_text(sale.filled),
        "open_btc": btc_text(sale.open),
        "unknown_btc": btc_text(sale.unknown),
        "remaining_btc": btc_text(sale.remaining),
        "quote": sale.terms.quote,
        "average_price": None if average is None else decimal_text(average.quantize(_AVERAGE)),
        "proceeds": decimal_text(sale.proceeds),
        "fees": decimal_text(sale.fees),
    }


def _approval(view: ApprovalView) -> Document:
    return {
        "principal": view.principal,
        "role": view.role,
        "signed_at": iso(view.signed_at),
        "counts": view.counts,
        "why_not": view.why_not,
    }
