"""What to do with a slice at one venue, right now: rest, follow, cross or wait. Pure, and never a bare market order.

A resting order is repriced downwards only, when somebody undercuts it: chasing a rising touch gives up the place in
the queue for nothing. It crosses late in the slice, when the sale is slices behind, or in the guard before the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from desk.execution.orders import OrderType
from desk.sale.market import Grid, Market, lowest_price, price_up
from desk.sale.terms import TacticName
from desk.units import ZERO, Bps, Price, Sats, btc_text, floor_to_step, show_money

WHOLE = 10_000


@dataclass(frozen=True, slots=True)
class Style:
    """How patient a tactic is. `cross_at_bps`: from which part of the slice it crosses; None: in the guard only."""

    cross_at_bps: int | None
    cross_behind: int | None
    improve_from_ticks: int = 2
    reprice_s: float = 1.0
    late_lead_s: float = 1.5


STYLES = {
    TacticName.PASSIVE: Style(None, None),
    TacticName.BALANCED: Style(9_500, 3),
    TacticName.URGENT: Style(0, 0),
}


@dataclass(frozen=True, slots=True)
class Resting:
    """Our order on the book. `is_of_slice`: it belongs to the slice that is worked now."""

    price: Price
    remaining: Sats
    is_of_slice: bool


@dataclass(frozen=True, slots=True)
class Situation:
    """All that the decision depends on. Times are desk time; `since_send_s` are wall seconds since the last order.

    `due` is what may be ordered on top of what rests; `behind` is what the curve wants and nobody has bought yet.
    `put_off` is what the catch-up cap leaves of it for later slices, or unsold where there is none.
    """

    style: Style
    grid: Grid
    market: Market
    floor: Price
    max_slippage: Bps
    due: Sats
    behind: Sats
    planned: Sats
    resting: Resting | None
    now: datetime
    slice_begins: datetime
    slice_ends: datetime
    in_guard: bool
    since_send_s: float
    speed: int = 1
    put_off: Sats = ZERO

    @property
    def lowest(self) -> Price:
        """The lowest price any order may name now."""
        return lowest_price(self.floor, self.max_slippage, self.market.mid, self.grid.tick)

    @property
    def smallest(self) -> Sats:
        """The smallest order the venue takes at the worst price we would ask for."""
        by_cost = int(self.grid.min_cost * 10**8 // self.lowest) + 1 if self.grid.min_cost > 0 else 1
        return Sats(max(self.grid.min_quantity, self.grid.lot, by_cost))


@dataclass(frozen=True, slots=True)
class Place:
    """Send this. The price is on the tick and not below floor or slippage limit."""

    type: OrderType
    quantity: Sats
    price: Price
    why: str


@dataclass(frozen=True, slots=True)
class Cancel:
    """Take our order off the book; what comes next is decided on proof of what it sold."""

    why: str


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do before `until` (desk time; None: until something changes).

    `held_by`: the limit that keeps back what is due, if one does.
    """

    why: str
    until: datetime | None
    held_by: str = ""


Decision = Place | Cancel | Wait


def decide(s: Situation) -> Decision:
    """The next thing to do."""
    return _with_nothing_resting(s) if s.resting is None else _with_resting(s, s.resting)


def late_from(style: Style, begins: datetime, ends: datetime, speed: int) -> datetime | None:
    """When a slice begins to cross: at its share, with some wall seconds left to do it, never before half of it."""
    if style.cross_at_bps is None:
        return None
    length = ends - begins
    at = begins + length * style.cross_at_bps / WHOLE
    hurried = ends - timedelta(seconds=style.late_lead_s * speed)
    return min(at, max(hurried, begins + length / 2))


def resting_price(market: Market, grid: Grid, improve_from_ticks: int) -> Price:
    """The touch, or one tick inside a spread of enough ticks."""
    bid, ask = market.bids[0][0], market.asks[0][0]
    wanted = ask - grid.tick if ask - bid >= improve_from_ticks * grid.tick else ask
    return price_up(max(wanted, bid + grid.tick), grid.tick)


def _wants_to_cross(s: Situation) -> str | None:
    """Why it is time to cross, or None."""
    if s.in_guard:
        return "the end of the window is near"
    late = late_from(s.style, s.slice_begins, s.slice_ends, s.speed)
    if late is not None and s.now >= late:
        return "the slice runs late"
    if s.style.cross_behind is not None and s.behind >= max(1, s.style.cross_behind * s.planned):
        return f"{btc_text(s.behind)} BTC behind the curve"
    return None


def _with_resting(s: Situation, resting: Resting) -> Decision:
    if s.in_guard:
        return Cancel("nothing may rest in the guard before the window's end")
    if not resting.is_of_slice and s.due >= s.smallest:
        return Cancel("the next slice is due")
    why = _wants_to_cross(s)
    if why is not None and s.market.bids[0][0] >= s.lowest:
        return Cancel(f"crossing: {why}")
    if s.market.asks[0][0] < resting.price:  # whoever joins us at our price stands behind us
        better = max(resting_price(s.market, s.grid, s.style.improve_from_ticks), s.lowest)
        if better < resting.price and s.since_send_s >= s.style.reprice_s:
            return Cancel(f"following the touch down to {show_money(better)}")
        return Wait("undercut, but repriced a moment ago or at the limit", _soon(s))
    return Wait(f"resting at {show_money(resting.price)}", _next_change(s))


def _with_nothing_resting(s: Situation) -> Decision:
    quantity = floor_to_step(s.due, s.grid.lot)
    if quantity < s.smallest:
        return Wait("on the curve" if quantity <= 0 else "less is due than the smallest order", _next_change(s))
    why, bid = _wants_to_cross(s), s.market.bids[0][0]
    if why is not None and bid >= s.lowest:
        if s.since_send_s < s.style.reprice_s:
            return Wait("crossed a moment ago", _soon(s))
        return Place(OrderType.IOC, quantity, s.lowest, why)
    if s.in_guard:
        return _too_low(s, bid)
    touch = resting_price(s.market, s.grid, s.style.improve_from_ticks)
    if touch < s.lowest:
        return _too_low(s, s.market.asks[0][0])
    if s.since_send_s < s.style.reprice_s:
        return Wait("placed a moment ago", _soon(s))
    return Place(OrderType.POST_ONLY, quantity, touch, "resting at the touch")


def _too_low(s: Situation, price: Price) -> Wait:
    limit = "floor" if s.lowest == price_up(s.floor, s.grid.tick) else "slippage limit"
    return Wait(f"the market at {show_money(price)} is below the {limit} of {show_money(s.lowest)}", _soon(s), limit)


def _soon(s: Situation) -> datetime:
    left = max(0.1, s.style.reprice_s - min(s.since_send_s, s.style.reprice_s))
    return s.now + timedelta(seconds=left * s.speed)


def _next_change(s: Situation) -> datetime | None:
    """When time alone changes the decision."""
    late = late_from(s.style, s.slice_begins, s.slice_ends, s.speed)
    coming = [moment for moment in (late, s.slice_ends) if moment is not None and moment > s.now]
    return min(coming) if coming else None
