"""The log further back than a picture goes: pages of events, each in the same words as on a picture."""

from __future__ import annotations

from collections.abc import Iterable

from desk.canonical import Json
from desk.execution.orders import Fill, Order
from desk.ledger import Ledger, ReadTx, events, orders, sales
from desk.ledger.events import Event
from desk.snapshot.event_words import event_views, mentioned
from desk.snapshot.model import PAGE, EventView
from desk.units import Sats


def log_page(ledger: Ledger, before: int, size: int = PAGE) -> tuple[EventView, ...]:
    """The newest events older than `before`, newest first; fewer than `size` where there are no more."""
    with ledger.read() as tx:
        found = events.listed(tx, before=before, limit=size, newest_first=True)
    with ledger.read() as tx:
        named = [order for event in found if (order := orders.get(tx, event.subject)) is not None]
        known = mentioned(named, _fills(tx, found, named), _planned(tx, found))
    return event_views(found, known)


def _fills(tx: ReadTx, found: Iterable[Event], named: Iterable[Order]) -> list[Fill]:
    """The trades that order events name, at the venue of their order."""
    venues = {order.client_order_id: order.venue for order in named}
    wanted = [
        (venues[event.subject], str(trade))
        for event in found
        if event.subject in venues
        for trade in _listed(event.detail.get("trades"))
    ]
    fills = (orders.recorded_fill(tx, venue, trade) for venue, trade in dict.fromkeys(wanted))
    return [fill for fill in fills if fill is not None]


def _planned(tx: ReadTx, found: Iterable[Event]) -> dict[str, Sats]:
    """What was planned for the slices of every sale that a slice's event is about."""
    about = {str(event.detail.get("slice", "")).rpartition("/")[0] for event in found}
    return {one.id: one.planned for sale in sorted(about - {""}) for one in sales.slices(tx, sale)}


def _listed(value: Json) -> Iterable[Json]:
    return value if isinstance(value, list | tuple) else ()
