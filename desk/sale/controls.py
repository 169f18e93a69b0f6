"""Every check an order has to pass before it may be sent, in one place (P1, P4, P8, P10, P12).

Gates say no; caps say how much. An order that passes is allowed with what the caps leave of its quantity.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, localcontext
from enum import StrEnum

from desk.sale.market import WHOLE, Grid, Market
from desk.sale.terms import Terms, VenueShare
from desk.sale.window import WindowClock
from desk.units import SATS_PER_BTC, Bps, Money, Price, Sats, btc_text, floor_to_step, notional, show_money

DEFAULT_DEPTH_SHARE = Bps(Decimal(2000))


@dataclass(frozen=True, slots=True)
class ControlLimits:
    """The policy's limits. Times are wall seconds. The day's limits hold for the UTC day and for any 24 hours."""

    floor: Price
    max_slippage: Bps
    max_order: Sats
    max_day: Sats
    max_day_value: Money
    max_venue_day: Sats | None = None
    max_depth_share: Bps = DEFAULT_DEPTH_SHARE
    max_participation: Bps | None = None
    book_stale_s: float = 5.0
    balance_stale_s: float = 60.0
    volume_stale_s: float = 30.0
    end_guard_s: float = 10.0
    last_send_s: float = 2.0


@dataclass(frozen=True, slots=True)
class Used:
    """What counts against a limit: sold, open and possibly sold."""

    quantity: Sats
    value: Money


@dataclass(frozen=True, slots=True)
class Balance:
    """What may still be sold at the venue: free, not reserved by other orders of this desk."""

    sellable: Sats
    age_s: float


@dataclass(frozen=True, slots=True)
class OrderCheck:
    """All that a decision about one order depends on. None for `halt`, `alarm`, `unsigned` means there is none."""

    terms: Terms
    limits: ControlLimits
    venue: str
    grid: Grid
    window: WindowClock
    now: datetime
    is_resting: bool
    quantity: Sats
    price: Price
    halt: str | None
    alarm: str | None
    unsigned: str | None
    has_unknown: bool
    market: Market | None
    balance: Balance | None
    committed: Sats
    """Sold, open or unknown of this sale, everywhere."""
    committed_here: Sats
    today: Used
    last_24h: Used
    venue_today: Sats
    symbol: str | None = None
    """What the venue's market, its quote currency and the configured account are; None where it is not known."""
    quote: str | None = None
    account: str | None = None


class HoldKind(StrEnum):
    HALT = "halt"
    ALARM = "alarm"
    SIGNATURES = "signatures"
    VENUE = "venue"
    UNKNOWN = "unknown order"
    WINDOW = "window"
    BOOK = "book"
    PRICE = "price grid"
    FLOOR = "floor"
    SLIPPAGE = "slippage"
    BALANCE = "balance"
    APPROVED = "approved quantity"
    CAP = "venue cap"
    ORDER = "order limit"
    DAY = "day limit"
    ROLLING = "24 h limit"
    VENUE_DAY = "venue day limit"
    DEPTH = "depth"
    PARTICIPATION = "participation"


@dataclass(frozen=True, slots=True)
class Allowed:
    """The order may be sent with this quantity at this price. `capped_by`: what made it less than was asked for."""

    quantity: Sats
    price: Price
    capped_by: HoldKind | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """The order may not be sent, for this reason."""

    reason: str
    kind: HoldKind


def check_order(c: OrderCheck) -> Allowed | Held:
    """Whether the order may go out, and how much of it. The first gate that says no decides."""
    for gate in _GATES:
        held = gate(c)
        if held is not None:
            return held
    least, kind = c.quantity, None
    for name, cap in _CAPS:
        room = cap(c)
        if room is not None and room < least:
            least, kind = Sats(max(0, room)), name
    quantity = floor_to_step(least, c.grid.lot)
    if quantity >= max(1, c.grid.min_quantity) and notional(quantity, c.price) >= c.grid.min_cost:
        return Allowed(quantity, c.price, kind)
    if kind is None:
        return Held(f"{btc_text(quantity)} BTC is below the smallest order at {c.venue}", HoldKind.ORDER)
    return Held(f"the {kind} leaves {btc_text(least)} BTC at {c.venue}, less than its smallest order", kind)


def effective_floor(terms: Terms, limits: ControlLimits) -> Price:
    """The stricter of what was signed and what the policy says."""
    return max(terms.limits.floor, limits.floor)


def effective_slippage(terms: Terms, limits: ControlLimits) -> Bps:
    """The stricter of what was signed and what the policy says."""
    return min(terms.limits.max_slippage, limits.max_slippage)


def participation_cap(terms: Terms, limits: ControlLimits) -> Bps | None:
    """The stricter of what was signed and what the policy says; None where neither asks for one."""
    return min(
        (cap for cap in (terms.limits.max_participation, limits.max_participation) if cap is not None), default=None
    )


def _halt(c: OrderCheck) -> Held | None:
    return Held(f"the desk is halted: {c.halt}", HoldKind.HALT) if c.halt is not None else None


def _alarm(c: OrderCheck) -> Held | None:
    return Held(f"an alarm is open: {c.alarm}", HoldKind.ALARM) if c.alarm is not None else None


def _signatures(c: OrderCheck) -> Held | None:
    return Held(c.unsigned, HoldKind.SIGNATURES) if c.unsigned is not None else None


def _venue(c: OrderCheck) -> Held | None:
    share = _share(c)
    if share is None:
        return Held(f"the terms of {c.terms.sale_id} do not name {c.venue}", HoldKind.VENUE)
    for what, is_now, signed in (
        ("market", c.symbol, c.terms.symbol),
        ("quote currency", c.quote, c.terms.quote),
        ("account", c.account, share.account),
    ):
        if is_now is not None and is_now != signed:
            return Held(
                f"the {what} at {c.venue} is {is_now}, {c.terms.sale_id} was signed for {signed}", HoldKind.VENUE
            )
    return None


def _unknown(c: OrderCheck) -> Held | None:
    if c.has_unknown:
        return Held(
            f"an order of {c.terms.sale_id} at {c.venue} is unknown until evidence says more", HoldKind.UNKNOWN
        )
    return None


def _window(c: OrderCheck) -> Held | None:
    if c.now < c.window.opened:
        return Held("the window has not opened", HoldKind.WINDOW)
    if c.now >= c.window.closes:
        return Held("the window has closed", HoldKind.WINDOW)
    if not c.window.may_send(c.now):
        return Held("too close to the window's end to send: the order could arrive after it", HoldKind.WINDOW)
    if c.is_resting and c.window.in_guard(c.now):
        return Held("nothing may rest in the guard before the window's end", HoldKind.WINDOW)
    return None


def _book(c: OrderCheck) -> Held | None:
    if c.market is None:
        return Held(f"no order book of {c.venue} has been seen", HoldKind.BOOK)
    if not 0 <= c.market.age_s <= c.limits.book_stale_s:
        return Held(
            f"the order book of {c.venue} is {c.market.age_s:.1f} s old, the limit is {c.limits.book_stale_s:g} s",
            HoldKind.BOOK,
        )
    if not c.market.is_sound:
        return Held(f"the order book of {c.venue} is empty on a side or crossed", HoldKind.BOOK)
    return None


def _grid(c: OrderCheck) -> Held | None:
    if c.price <= 0 or c.price % c.grid.tick:
        return Held(f"the price {c.price} is not a multiple of the tick {c.grid.tick}", HoldKind.PRICE)
    return None


def _floor(c: OrderCheck) -> Held | None:
    floor = effective_floor(c.terms, c.limits)
    if c.price < floor:
        return Held(f"{show_money(c.price)} is below the floor of {show_money(floor)}", HoldKind.FLOOR)
    return None


def _slippage(c: OrderCheck) -> Held | None:
    market, allowed = _market(c), effective_slippage(c.terms, c.limits)
    if c.price * WHOLE < market.mid * (WHOLE - allowed):
        return Held(
            f"{show_money(c.price)} is more than {allowed} bps below the mid of {show_money(market.mid)}",
            HoldKind.SLIPPAGE,
        )
    return None


def _balance_known(c: OrderCheck) -> Held | None:
    if c.balance is None:
        return Held(f"the balance at {c.venue} has not been seen", HoldKind.BALANCE)
    if not 0 <= c.balance.age_s <= c.limits.balance_stale_s:
        return Held(
            f"the balance at {c.venue} is {c.balance.age_s:.0f} s old, the limit is {c.limits.balance_stale_s:g} s",
            HoldKind.BALANCE,
        )
    return None


def _volume_known(c: OrderCheck) -> Held | None:
    if participation_cap(c.terms, c.limits) is None:
        return None
    market = _market(c)
    if market.volume is None:
        return Held(f"what {c.venue} traded since the window opened is not known yet", HoldKind.PARTICIPATION)
    if not 0 <= market.volume_age_s <= c.limits.volume_stale_s:
        return Held(
            f"the traded volume of {c.venue} is {market.volume_age_s:.0f} s old, "
            f"the limit is {c.limits.volume_stale_s:g} s",
            HoldKind.PARTICIPATION,
        )
    return None


_GATES: tuple[Callable[[OrderCheck], Held | None], ...] = (
    _halt,
    _alarm,
    _signatures,
    _venue,
    _unknown,
    _window,
    _book,
    _grid,
    _floor,
    _slippage,
    _balance_known,
    _volume_known,
)


def _approved_room(c: OrderCheck) -> Sats:
    return Sats(c.terms.quantity - c.committed)


def _venue_room(c: OrderCheck) -> Sats:
    share = _share(c)
    return Sats(share.cap - c.committed_here) if share is not None else Sats(0)


def _order_room(c: OrderCheck) -> Sats:
    return c.limits.max_order


def _day_room(c: OrderCheck) -> Sats:
    return _room(c, c.today)


def _rolling_room(c: OrderCheck) -> Sats:
    return _room(c, c.last_24h)


def _venue_day_room(c: OrderCheck) -> Sats | None:
    limit = c.limits.max_venue_day
    return None if limit is None else Sats(limit - c.venue_today)


def _balance_room(c: OrderCheck) -> Sats:
    return c.balance.sellable if c.balance is not None else Sats(0)


def _depth_room(c: OrderCheck) -> Sats:
    """The allowed share of what is visible: of the bids an order could take, or of the asks it would rest among."""
    market = _market(c)
    levels = market.asks if c.is_resting else tuple(level for level in market.bids if level[0] >= c.price)
    share = min(c.terms.limits.max_depth_share, c.limits.max_depth_share)
    return Sats(int(sum(quantity for _, quantity in levels) * share // WHOLE))


def _participation_room(c: OrderCheck) -> Sats | None:
    """The allowed share of what this market traded in the window, our own included, less what we have there."""
    cap, volume = participation_cap(c.terms, c.limits), _market(c).volume
    return None if cap is None else Sats(int((volume or 0) * cap // WHOLE) - c.committed_here)


_CAPS: tuple[tuple[HoldKind, Callable[[OrderCheck], Sats | None]], ...] = (
    (HoldKind.APPROVED, _approved_room),
    (HoldKind.CAP, _venue_room),
    (HoldKind.ORDER, _order_room),
    (HoldKind.DAY, _day_room),
    (HoldKind.ROLLING, _rolling_room),
    (HoldKind.VENUE_DAY, _venue_day_room),
    (HoldKind.BALANCE, _balance_room),
    (HoldKind.DEPTH, _depth_room),
    (HoldKind.PARTICIPATION, _participation_room),
)


def _room(c: OrderCheck, used: Used) -> Sats:
    """What a day's limits leave, in BTC and in money; money at the most the order could fetch by the visible book."""
    market = _market(c)
    price = max(c.price, market.bids[0][0])
    with localcontext() as exact:
        exact.prec = 60
        by_value = int((c.limits.max_day_value - used.value) * SATS_PER_BTC // price)
    return Sats(min(c.limits.max_day - used.quantity, by_value))


def _share(c: OrderCheck) -> VenueShare | None:
    return next((share for share in c.terms.venues if share.venue == c.venue), None)


def _market(c: OrderCheck) -> Market:
    assert c.market is not None, "the gate of the book comes first"
    return c.market
