"""One sale at one venue at one moment, and what follows from it for tactic and controls. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from desk.execution.orders import Order, OrderType
from desk.execution.progress import Backlog, due, slice_cap
from desk.execution.settings import ExecutionSettings
from desk.execution.tactic import STYLES, Place, Resting, Situation
from desk.execution.views import Exposure, SaleView
from desk.sale.controls import Balance, ControlLimits, OrderCheck, effective_floor, effective_slippage
from desk.sale.market import Grid, Market
from desk.sale.records import Sale
from desk.sale.schedule import TargetCurve
from desk.sale.steps import Current
from desk.sale.terms import Terms
from desk.sale.window import WindowClock, window_clock
from desk.units import Price, Sats
from desk.venues.model import MarketRules


@dataclass(frozen=True, slots=True)
class Scene:
    """What a decision is about: the sale, the venue's rules, its window there, the book, the slice of now."""

    view: SaleView
    venue: str
    rules: MarketRules
    window: WindowClock
    market: Market
    current: Current
    now: datetime
    limits: ControlLimits


def window_at(sale: Sale, rules: MarketRules | None, limits: ControlLimits, speed: int) -> WindowClock | None:
    """The sale's window as it counts at a venue (None: its rules are not known), or None before it opened."""
    if sale.window is None:
        return None
    opened, closes = sale.window
    return window_clock(
        opened,
        closes,
        speed,
        end_guard_s=max(limits.end_guard_s, rules.in_flight_bound_s if rules else 0.0),
        last_send_s=limits.last_send_s,
        bound_s=None if rules is None or rules.enforces_deadline else rules.in_flight_bound_s,
    )


def situation(scene: Scene, order: Order | None, settings: ExecutionSettings, since_send_s: float) -> Situation:
    """What the tactic decides on. What the slice may still take is the curve's lack, spread over what remains."""
    sale, current, window = scene.view.sale, scene.current, scene.window
    curve = TargetCurve.of(scene.view.slices).brought_forward(window.latest_due)
    held = sum(live.reserved for live in scene.view.live if live.slice_id == current.slice.id)
    in_slice = Sats(current.slice.filled + held)
    left = Sats(sale.quantity - sale.committed + in_slice)
    backlog = Backlog(current.slice.planned, current.planned_ahead, in_slice, left)
    cap = slice_cap(backlog, scene.rules.lot, settings.catch_up)
    ordered = due(curve, scene.view.progress, scene.now, cap)
    resting = None
    if order is not None:
        resting = Resting(order.limit_price, order.remaining, order.slice_id == current.slice.id)
    return Situation(
        style=replace(STYLES[sale.terms.tactic], reprice_s=settings.reprice_s),
        grid=grid_of(scene.rules),
        market=scene.market,
        floor=effective_floor(sale.terms, scene.limits),
        max_slippage=effective_slippage(sale.terms, scene.limits),
        due=ordered,
        behind=Sats(max(0, curve.target(scene.now) - sale.filled - sale.unknown)),
        planned=current.slice.planned,
        resting=resting,
        now=scene.now,
        slice_begins=current.begins,
        slice_ends=min(current.ends, max(window.guard_begins, current.begins)),
        in_guard=window.in_guard(scene.now),
        since_send_s=since_send_s,
        speed=window.speed,
        put_off=Sats(max(0, curve.target(scene.now) - sale.committed - ordered)),
    )


def order_check(
    scene: Scene,
    place: Place,
    exposure: Exposure,
    balance: Balance | None,
    halt: str | None,
    account: str | None = None,
) -> OrderCheck:
    """What the controls are asked about an order the tactic wants."""
    view = scene.view
    return OrderCheck(
        terms=view.sale.terms,
        limits=scene.limits,
        venue=scene.venue,
        grid=grid_of(scene.rules),
        window=scene.window,
        now=scene.now,
        is_resting=place.type is OrderType.POST_ONLY,
        quantity=place.quantity,
        price=place.price,
        halt=halt,
        alarm=view.alarm,
        unsigned=None if view.is_granted else view.verdict,
        has_unknown=view.live_at(scene.venue) is not None,
        market=scene.market,
        balance=balance,
        committed=view.sale.committed,
        committed_here=exposure.committed_here,
        today=exposure.today,
        last_24h=exposure.last_24h,
        venue_today=exposure.venue_today,
        symbol=scene.rules.symbol,
        quote=scene.rules.quote,
        account=account,
    )


def next_due(view: SaleView, window: WindowClock, now: datetime) -> datetime | None:
    """When the curve rises next, or the window closes."""
    curve = TargetCurve.of(view.slices).brought_forward(window.latest_due)
    return curve.next_due(now) or (window.closes if now < window.closes else None)


def smallest_order(terms: Terms, limits: ControlLimits, venues: Iterable[MarketRules]) -> Sats:
    """The least that any of the venues takes at the floor; below it a remainder is dust. 1 if none is known."""
    floor = effective_floor(terms, limits)
    return Sats(min((_smallest_at(rules, floor) for rules in venues), default=1))


def _smallest_at(rules: MarketRules, floor: Price) -> int:
    by_cost = int(rules.min_cost * 10**8 // floor) + 1 if rules.min_cost > 0 else 1
    least = max(rules.min_quantity, rules.lot, by_cost)
    return int(-(-least // rules.lot) * rules.lot)


def grid_of(rules: MarketRules) -> Grid:
    """The part of a market's rules that pricing needs."""
    return Grid(rules.tick, rules.lot, rules.min_quantity, rules.min_cost)
