"""Events in people's words: what happened, to what, how much."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from desk.canonical import Json
from desk.execution.orders import Fill, Order
from desk.ledger.events import Event
from desk.snapshot.model import EventView
from desk.units import Sats, decimal_text, show_btc, show_money


@dataclass(frozen=True, slots=True)
class Mentioned:
    """What events may name: orders by id, fills by trade id, planned satoshis by slice id."""

    orders: Mapping[str, Order]
    fills: Mapping[str, Fill]
    planned: Mapping[str, Sats]


def event_views(found: Sequence[Event], known: Mentioned) -> tuple[EventView, ...]:
    """Events as the log shows them, in the order given. An order's event carries its sale as subject."""
    return tuple(
        EventView(e.seq, e.at, e.kind, str(e.detail.get("sale") or e.subject), e.actor, event_text(e, known))
        for e in found
    )


def mentioned(orders: Sequence[Order], fills: Sequence[Fill], planned: Mapping[str, Sats]) -> Mentioned:
    """What is at hand to explain events with."""
    return Mentioned({o.client_order_id: o for o in orders}, {f.trade_id: f for f in fills}, planned)


def event_text(event: Event, known: Mentioned) -> str:
    """One line without the subject's id where the kind says it all; unknown kinds show their detail."""
    topic = event.kind.partition(".")[0]
    words = _KINDS.get(event.kind) or _TOPICS.get(topic)
    return words(event, known) if words else _plain(event)


def _plain(event: Event) -> str:
    said = [f"{name} {value}" for name, value in event.detail.items() if isinstance(value, str | int) and value != ""]
    return ", ".join(said)


def _said(event: Event, name: str) -> str:
    value: Json = event.detail.get(name)
    return "" if value is None else str(value)


def _because(event: Event) -> str:
    reason = _said(event, "reason")
    return f": {reason}" if reason else ""


def _staged(event: Event, known: Mentioned) -> str:
    sats = event.detail.get("sats")
    return f"staged by {event.actor}" + (f": {show_btc(sats, 2)} BTC" if isinstance(sats, int) else "")


def _signed(event: Event, known: Mentioned) -> str:
    return f"signed by {_said(event, 'principal')} as {_said(event, 'role')}"


def _rejected(event: Event, known: Mentioned) -> str:
    return f"rejected by {_said(event, 'principal')}{_because(event)}"


def _sale(event: Event, known: Mentioned) -> str:
    return f"{event.kind.partition('.')[2]}{_because(event)}"


def _slice(event: Event, known: Mentioned) -> str:
    name = _said(event, "slice")
    size = known.planned.get(name)
    planned = f", {show_btc(size, 2)} BTC" if size is not None else ""
    return f"slice {name.rpartition('/')[2]} {event.kind.partition('.')[2]}{planned}{_because(event)}"


def _order(event: Event, known: Mentioned) -> str:
    order = known.orders.get(event.subject)
    what = _order_name(order) if order else f"order {event.subject[:8]}"
    trades = event.detail.get("trades")
    if isinstance(trades, list | tuple) and trades:
        return "; ".join(_fill(known.fills.get(str(trade)), str(trade)) for trade in trades)
    state = {"intent": "written", "placed": "placed"}.get(event.kind.partition(".")[2], event.kind.partition(".")[2])
    return f"{what} {state}{_because(event)}"


def _order_name(order: Order) -> str:
    size, limit = show_btc(order.quantity), show_money(order.limit_price)
    return f"{order.slice_id}.{order.attempt}  {size} @ {limit} {order.type}"


def _fill(fill: Fill | None, trade: str) -> str:
    if fill is None:
        return f"trade {trade}"
    return f"{fill.slice_id}  {show_btc(fill.quantity)} @ {decimal_text(fill.price)}  {fill.liquidity}  {fill.venue}"


def _cancel(event: Event, known: Mentioned) -> str:
    order = known.orders.get(event.subject)
    what = _order_name(order) if order else f"order {event.subject[:8]}"
    if event.kind == "cancel.asked":
        return f"cancel asked for {what}{_because(event)}"
    return f"cancel of {what}: {_said(event, 'outcome')}"


def _command(event: Event, known: Mentioned) -> str:
    act = event.kind.partition(".")[2]
    if act in ("applied", "refused"):
        return f"{_said(event, 'command')} {act}: {_said(event, 'outcome')}"
    return f"{act} asked by {_said(event, 'actor')}{_because(event)}"


def _halted(event: Event, known: Mentioned) -> str:
    return f"halted by {_said(event, 'actor')}{_because(event)}"


def _request(event: Event, known: Mentioned) -> str:
    if event.kind == "request.opened":
        return f"{_said(event, 'kind')} for {_said(event, 'subject')} opened by {_said(event, 'opener')}"
    return f"request closed: {_said(event, 'outcome')}"


def _alarm(event: Event, known: Mentioned) -> str:
    if event.kind == "alarm.cleared":
        return f"{_said(event, 'alarm')} cleared by {_said(event, 'by')}"
    return f"{_said(event, 'alarm')}: {_said(event, 'text')}"


def _imported(event: Event, known: Mentioned) -> str:
    told = ("file", "pool", "source", "sale", "forecast")
    origin = next((text for name in told if (text := _said(event, name))), "")
    restated = _said(event, "restated")
    more = f"; restated {restated}" if restated else ""
    return f"{event.kind.partition('.')[0]}: {_said(event, 'rows')} rows from {origin}{more}"


def _allocated(event: Event, known: Mentioned) -> str:
    given, left = event.detail.get("given"), _said(event, "left")
    told = given.items() if isinstance(given, Mapping) else ()
    parts = [f"{amount} set aside for {need}" for need, amount in told]
    if not parts:
        parts = [f"{_said(event, 'for')} wants nothing more"]
    return f"{event.subject}: {', '.join(parts)}; {left} left"


def _books(event: Event, known: Mentioned) -> str:
    text = _said(event, "text")
    return f"{_said(event, 'act')}{': ' if text else ''}{text}"


def _epoch(event: Event, known: Mentioned) -> str:
    return f"daemon {event.subject} took over (process {_said(event, 'pid')} on {_said(event, 'host')})"


_STATED = (
    "mining",
    "capex",
    "loans",
    "holdings",
    "months",
    "costs",
    "network",
    "marks",
    "blocks",
    "plan",
    "allocations",
)

_KINDS: dict[str, Callable[[Event, Mentioned], str]] = {
    "sale.staged": _staged,
    "sale.rejection": _rejected,
    "signature.added": _signed,
    "desk.halted": _halted,
    "epoch.taken": _epoch,
    "fill.late": _order,
    "books.imported": _books,
    "sale.allocated": _allocated,
    **{f"{what}.imported": _imported for what in _STATED},
}
_TOPICS: dict[str, Callable[[Event, Mentioned], str]] = {
    "sale": _sale,
    "slice": _slice,
    "order": _order,
    "cancel": _cancel,
    "command": _command,
    "request": _request,
    "alarm": _alarm,
}
