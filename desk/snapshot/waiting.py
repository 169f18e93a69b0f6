"""What only a person can move on, most pressing first: halts, signatures, margin, alarms, differences, silence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from desk.execution.orders import OrderState
from desk.execution.settings import CATCH_UP
from desk.ledger.records import RecordedRequest
from desk.sale.lifecycle import SaleState
from desk.sale.records import Sale, Slice, SliceState
from desk.snapshot.model import DaemonView, HaltView, PriceView, SaleView, VenueView, WaitingItem
from desk.snapshot.reading import Live, Record
from desk.snapshot.treasury_view import Moment
from desk.snapshot.words import length_text
from desk.units import Sats, btc_text, show_btc

_UNKNOWN_FOR = timedelta(seconds=60)
_UNHEARD_FOR = timedelta(seconds=5)
_OF_TWO = 2
"""So many people rearm, or settle an order."""


def halt_items(halt: HaltView | None) -> list[WaitingItem]:
    """A halt waits for two people."""
    if halt is None:
        return []
    names = f" ({', '.join(halt.rearm_signers)})" if halt.rearm_signers else ""
    missing = halt.rearm_needed - halt.rearm_signatures
    left = f", {missing} more by somebody else" if names and missing > 0 else ""
    signed = f"{halt.rearm_signatures} of {halt.rearm_needed} signatures{names} to rearm{left}: desk rearm --key FILE"
    return [WaitingItem("halt", "halt", f"{halt.reason} (by {halt.actor})", signed)]


def sale_items(
    sales: Iterable[SaleView], lengths: dict[str, timedelta], me: str | None, signers: dict[str, set[str]]
) -> list[WaitingItem]:
    """Staged sales that lack signatures, the earliest expiry first; says so where `me` has signed already."""
    items = []
    for sale in sales:
        if sale.state is not SaleState.STAGED or sale.signed >= sale.needed:
            continue
        missing = sale.needed - sale.signed
        detail = f"needs {missing} more signature{'s' if missing > 1 else ''}"
        if me is not None and me in signers.get(sale.id, set()):
            detail += ", not yours"
        title = f"sell {show_btc(sale.quantity, 2)} BTC over {length_text(lengths[sale.id])}"
        items.append(WaitingItem("sale", sale.id, title, detail, due=sale.approval_expires))
    return sorted(items, key=lambda item: (item.due is None, item.due, item.ref))


def paused_items(sales: Iterable[SaleView]) -> list[WaitingItem]:
    """A paused sale keeps its curve's time but sells nothing until somebody resumes it."""
    return [
        WaitingItem(
            "sale", sale.id, "paused", f"{sale.reason or 'no reason given'} · resume wants one signature", sale.closes
        )
        for sale in sales
        if sale.state is SaleState.PAUSED
    ]


def short_items(sales: Iterable[Sale], slices: Mapping[str, Sequence[Slice]], at: Moment) -> list[WaitingItem]:
    """Sales under way that cannot be sold whole any more, since no slice may take on more than its catch-up."""
    items = []
    for sale in sales:
        if sale.state is not SaleState.WORKING or sale.window is None:
            continue
        over = [one for one in slices.get(sale.id, ()) if one.state not in (SliceState.DONE, SliceState.MISSED)]
        most = sum(one.planned for one in over) * CATCH_UP
        left = sale.remaining - most
        if over and left > 0:
            words = f"what is left of the window takes at most {CATCH_UP}× the plan of each slice"
            title = f"at least {show_btc(Sats(left), 2)} BTC will stay unsold"
            items.append(WaitingItem("alarm", sale.id, title, words, sale.window[1]))
    return items


def request_items(
    requests: Iterable[RecordedRequest], signed: Mapping[str, Sequence[str]], at: Moment
) -> list[WaitingItem]:
    """Two-person acts that somebody opened, with who `signed` them and how many are missing; their hour is wall time,
    shown as what is left of it."""
    return [
        WaitingItem(
            "request",
            request.id,
            f"{request.kind.removeprefix('desk.')} {request.subject}",
            f"opened by {request.opener}, {_signed(request, signed.get(request.id, ()))}",
            due=at.now + (request.expires - at.wall),
        )
        for request in requests
        if request.expires > at.wall and not request.kind.endswith("rearm")
    ]


def _signed(request: RecordedRequest, names: Sequence[str]) -> str:
    """'signed by alice, 1 more by somebody else'. How many a policy wants is in the policy: `desk policy approve`."""
    told = f"signed by {', '.join(names)}" if names else "nobody signed yet"
    missing = _OF_TWO - len(names)
    if request.kind.endswith("policy") or missing <= 0:
        return told
    return f"{told}, {missing} more{' by somebody else' if names else ''}"


def record_items(record: Record, at: Moment, speed: int) -> list[WaitingItem]:
    """Alarms nobody cleared, and orders whose fate is not proven."""
    items = [WaitingItem("alarm", alarm.subject, alarm.kind, alarm.text) for alarm in record.alarms]
    for order in record.live_orders:
        silent = (at.now - order.updated) / speed
        if order.state is OrderState.UNKNOWN and silent > _UNKNOWN_FOR:
            left = f"{btc_text(order.remaining)} BTC kept aside for {length_text(silent)}"
            items.append(
                WaitingItem(
                    "alarm",
                    order.client_order_id,
                    f"order of {order.sale_id} unknown",
                    f"{left}: {order.last_error} · two people may settle it: desk orders resolve",
                )
            )
    return items


def silence_items(
    daemon: DaemonView, price: PriceView, venues: Sequence[VenueView], live: Live, active: int, at: Moment, speed: int
) -> list[WaitingItem]:
    """What stopped talking while something depends on it (P8)."""
    items = []
    if daemon.state != "running" and active:
        doing = "is hung" if daemon.state == "hung" else "is stopped"
        items.append(
            WaitingItem(
                "stale",
                "daemon",
                f"the daemon {doing}",
                f"{active} sale{'s' if active > 1 else ''} cannot go on: desk daemon",
            )
        )
    for venue in venues:
        if venue.is_reachable is False:
            items.append(WaitingItem("stale", venue.name, f"{venue.name} does not answer", venue.last_error))
    if price.mid is not None and price.is_stale and daemon.state == "running":
        items.append(WaitingItem("stale", price.venue, f"the price of {price.venue} is old", "nothing is sold on it"))
    unheard = [command for command in live.commands if (at.now - command.issued) / speed > _UNHEARD_FOR]
    items += [
        WaitingItem(
            "stale", command.sale_id or "desk", f"{command.kind} is not applied yet", f"asked by {command.actor}"
        )
        for command in unheard
    ]
    return items
