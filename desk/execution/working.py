"""One sale at one venue: tend the order that lives there, or decide whether another may go out."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from desk.execution.orders import RESTING, Order, OrderState
from desk.execution.resolving import is_resting
from desk.execution.room import Room
from desk.execution.scene import Scene, next_due, order_check, situation, window_at
from desk.execution.sending import Wish
from desk.execution.tactic import Cancel, Place, Wait, decide
from desk.execution.views import Exposure, SaleView, Stock, day_limits
from desk.ledger import IntentRefused
from desk.sale.controls import Allowed, Held, HoldKind, check_order, effective_floor
from desk.sale.lifecycle import SaleState
from desk.sale.market import Market
from desk.sale.records import SliceState
from desk.sale.steps import current_slice
from desk.units import Price, Sats, btc_text
from desk.venues.model import Unavailable, Venue

REFUSED_BY_VENUE = "refused by the venue"


@dataclass(frozen=True, slots=True)
class Hold:
    """What keeps back an order that is due: which control or limit, and its words."""

    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class Step:
    """What one decision did. `until` (desk time): when there is something to decide again by time alone.

    `placed_short`: an order went out, less of it than was due for this reason; empty where it was not less.
    """

    has_progressed: bool
    why: str
    until: datetime | None = None
    hold: Hold | None = None
    placed_short: str | None = None


class Worker:
    """Takes one decision at a time. The caller sees to it that no two run for one sale and venue."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._sent_at: dict[tuple[str, str], float] = {}
        self._refused: dict[tuple[str, str], tuple[float, int]] = {}
        self.rests: dict[tuple[str, str], Order] = {}
        """What rests where, by sale and venue, as last seen."""
        self.stopping: str | None = None
        """Why nothing new is sent any more, and resting orders are taken off."""
        self.sends_no_more = False

    async def advance(self, view: SaleView, name: str) -> Step:
        """One decision, on a view that was read just now. What changed since, the intent's transaction notices."""
        order = view.live_at(name)
        self._remember(view.sale.id, name, order)
        if order is not None:
            return await self._tend(view, order)
        if view.sale.state is not SaleState.WORKING:
            return Step(False, f"the sale is {view.sale.state}")
        if self.sends_no_more:
            return Step(False, "the desk is stopping")
        return await self._consider(view, name)

    def forget(self, sale_id: str) -> None:
        """Nothing of the sale lives any more."""
        for memory in (self.rests, self._sent_at, self._refused):
            for key in [key for key in memory if key[0] == sale_id]:
                del memory[key]

    def must_go(self, view: SaleView, name: str) -> str | None:
        """Why the order that lives at a venue has to go; None where there is none, or it may stay."""
        order = view.live_at(name)
        if order is None or order.state is OrderState.INTENT:
            return None
        asked = "cancel asked before" if order.cancel_asked is not None and order.state in RESTING else None
        return self._why_stop(view, order, self._room.venues[name]) or asked

    async def take_off(self, view: SaleView, name: str) -> Step | None:
        """Cancels what has to go, where nothing is known of the venue yet (P12). None: nothing to do at once."""
        order, why = view.live_at(name), self.must_go(view, name)
        if order is None or why is None or not self._room.resolver.may_cancel(order):
            return None
        after = await self._room.sender.cancel(order, self._room.venues[name], why, must_go=True)
        return Step(after.state.is_final, why, self._in(self._room.settings.look_up_first_s))

    async def _tend(self, view: SaleView, order: Order) -> Step:
        venue = self._room.venues[order.venue]
        if order.state is OrderState.INTENT:
            await self._room.sender.never_sent(order)
            return Step(True, "an intent that never left is closed")
        stop = self._why_stop(view, order, venue)
        if stop is not None or (order.cancel_asked is not None and order.state in RESTING):
            return await self._end(order, venue, stop or "cancel asked before")
        if order.state not in RESTING:
            asked = await self._ask(order, venue, "unknown until evidence says more")
            return asked if asked.has_progressed else replace(asked, hold=unsettled(order))
        if not is_resting(order):
            return await self._ask(order, venue, "on the book")
        if self._room.resolver.wait_s(order) <= 0:
            asked = await self._ask(order, venue, "on the book")
            if asked.has_progressed:
                return asked
        return await self._follow(view, order, venue)

    async def _ask(self, order: Order, venue: Venue, why: str) -> Step:
        resolver = self._room.resolver
        wait = resolver.wait_s(order)
        if wait > 0:
            return Step(False, why, self._in(wait))
        after = await resolver.look_up(order, venue)
        has_progressed = after.state != order.state or after.filled != order.filled
        return Step(has_progressed, why, self._in(max(0.05, resolver.wait_s(after))))

    async def _end(self, order: Order, venue: Venue, why: str) -> Step:
        """Cancels, and cancels again where its end is not proven a while later; an unknown order too (P3, P12)."""
        if self._room.resolver.may_cancel(order):
            after = await self._room.sender.cancel(order, venue, why, must_go=True)
            return Step(after.state.is_final, why, self._in(self._room.settings.look_up_first_s))
        return await self._ask(order, venue, why)

    async def _follow(self, view: SaleView, order: Order, venue: Venue) -> Step:
        """A resting order: leave it, or take it off to place it better."""
        poll = self._in(self._room.resolver.wait_s(order))
        scene = await self._scene(view, venue)
        if not isinstance(scene, Scene):
            return Step(False, f"resting; {scene.why}", min(poll, scene.until or poll))
        since = self._since_send_s(view.sale.id, order.venue)
        match decide(situation(scene, order, self._room.settings, since)):
            case Cancel(why):
                after = await self._room.sender.cancel(order, venue, why)
                return Step(after.state.is_final, why, self._in(self._room.settings.look_up_first_s))
            case Wait(why, until, _):
                return Step(False, why, min(poll, until or poll))
            case Place():
                raise AssertionError("with an order on the book no second one is placed")

    async def _consider(self, view: SaleView, name: str) -> Step:
        """No order lives here: is one due, and may it go out?"""
        if view.alarm is not None:
            words = f"an alarm is open: {view.alarm}"
            return Step(False, words, self._in(1.0), Hold(HoldKind.ALARM, words))
        venue = self._room.venues[name]
        window = window_at(view.sale, venue.rules, self._room.limits, self._room.clock.speed)
        is_late = window is not None and window.in_guard(self._room.clock.now())
        paused = self._pause_left_s(view.sale.id, name, is_late=is_late)
        if paused > 0:
            return Step(False, "the venue refused a moment ago", self._in(paused))
        scene = await self._scene(view, venue)
        if not isinstance(scene, Scene):
            return scene
        given = situation(scene, None, self._room.settings, self._since_send_s(view.sale.id, name))
        match decide(given):
            case Place() as place:
                return await self._place(scene, venue, place, given.put_off)
            case Wait(why, until, held_by):
                hold = Hold(held_by, why) if held_by else None
                return Step(False, why, until or next_due(view, scene.window, scene.now), hold)
            case Cancel():
                raise AssertionError("there is nothing to cancel")

    async def _scene(self, view: SaleView, venue: Venue) -> Scene | Step:
        """What the decision is about; or, where there is nothing to decide on, why."""
        clock, limits = self._room.clock, self._room.limits
        window = window_at(view.sale, venue.rules, limits, clock.speed)
        if window is None:
            return Step(False, "the window has not opened")
        current = current_slice(view.slices, clock.now(), latest_due=window.latest_due, closes=window.closes)
        if current is None:
            return Step(False, "waiting for the next slice", next_due(view, window, clock.now()))
        market = await self._room.watcher.market(venue.name)
        if market is None or not self._is_usable(market):
            why = f"no fresh order book of {venue.name}"
            return Step(False, why, self._in(1.0), Hold(HoldKind.BOOK, why))
        market = self._room.meter.seen(market, venue.name, window.opened)
        return Scene(view, venue.name, venue.rules, window, market, current, clock.now(), limits)

    async def _place(self, scene: Scene, venue: Venue, place: Place, put_off: Sats) -> Step:
        sale, current = scene.view.sale, scene.current
        exposure = await self._room.journal.exposure(sale, current.slice.id, venue.name)
        stock = await self._room.watcher.stock(venue.name, exposure.balance)
        balance = None if stock is None else await self._room.watcher.balance(stock)
        scene = self._aged(scene)
        account = self._room.accounts.get(venue.name)
        verdict = check_order(order_check(scene, place, exposure, balance, self._halt(scene.view), account))
        if isinstance(verdict, Held):
            return Step(False, verdict.reason, self._in(1.0), Hold(verdict.kind, verdict.reason))
        if stock is None:
            raise AssertionError("no order is allowed without a balance")
        self._sent_at[sale.id, venue.name] = self._room.clock.monotonic()
        try:
            order = await self._room.sender.place(self._wish(scene, place, verdict, exposure, stock), venue)
        except IntentRefused as refusal:
            return Step(False, refusal.reason, self._in(1.0), Hold("intent", refusal.reason))
        if order.state is OrderState.REFUSED:
            _, times = self._refused.get((sale.id, venue.name), (0.0, 0))
            self._refused[sale.id, venue.name] = (self._room.clock.monotonic(), times + 1)
            self._room.watcher.spoil(venue.name)
            words = f"refused: {order.last_error}"
            pause = self._pause_left_s(sale.id, venue.name)
            return Step(True, words, self._in(pause), Hold(REFUSED_BY_VENUE, words))
        self._refused.pop((sale.id, venue.name), None)
        self._remember(sale.id, venue.name, order)
        short = ""
        if verdict.capped_by is not None:
            short = f"the {verdict.capped_by} left {btc_text(verdict.quantity)} of {btc_text(place.quantity)} BTC"
        elif put_off > 0:
            most = f"at most {self._room.settings.catch_up} planned slices at once"
            short = f"catching up with missed time, {most}, put {btc_text(put_off)} BTC off"
        return Step(True, place.why, placed_short=short)

    def _aged(self, scene: Scene) -> Scene:
        """The scene with its book as old as it is by now: what was asked meanwhile took time (P8)."""
        passed_s = (self._room.clock.now() - scene.now).total_seconds() / self._room.clock.speed
        return replace(scene, market=replace(scene.market, age_s=scene.market.age_s + max(0.0, passed_s)))

    def _wish(self, scene: Scene, place: Place, allowed: Allowed, exposure: Exposure, stock: Stock) -> Wish:
        sale, limits = scene.view.sale, self._room.limits
        worth = Price(max(allowed.price, scene.market.bids[0][0]))
        return Wish(
            sale=sale,
            slice_id=scene.current.slice.id,
            attempt=exposure.attempt,
            type=place.type,
            quantity=allowed.quantity,
            price=allowed.price,
            window=scene.window,
            at_most=Sats(sale.committed + place.quantity),
            starts_slice=scene.current.slice.state is not SliceState.WORKING,
            limits=day_limits(limits, scene.venue, scene.now, worth),
            stock=stock,
            good_for_s=max(0.0, limits.book_stale_s - scene.market.age_s),
        )

    def _why_stop(self, view: SaleView, order: Order, venue: Venue) -> str | None:
        """Why an order has to go, whatever the tactic would say."""
        halt = self._halt(view)
        if halt is not None:
            return f"the desk is halted: {halt}"
        if self.stopping is not None:
            return self.stopping
        if view.sale.state is not SaleState.WORKING:
            return f"the sale is {view.sale.state}"
        if not view.is_granted:
            return f"the signatures do not suffice any more: {view.verdict}"
        if view.alarm is not None:
            return f"an alarm is open: {view.alarm}"
        try:
            rules = venue.rules
        except Unavailable:
            rules = None
        window = window_at(view.sale, rules, self._room.limits, self._room.clock.speed)
        if window is None or (is_resting(order) and window.in_guard(self._room.clock.now())):
            return "nothing may rest in the guard before the window's end"
        if order.limit_price < effective_floor(view.sale.terms, self._room.limits):
            return "the floor rose above it"
        return None

    def _halt(self, view: SaleView) -> str | None:
        return view.halt or ("the HALT file is up" if self._room.sender.is_halted else None)

    def _remember(self, sale_id: str, name: str, order: Order | None) -> None:
        if order is not None and order.state in RESTING:
            self.rests[sale_id, name] = order
        else:
            self.rests.pop((sale_id, name), None)

    def _is_usable(self, market: Market) -> bool:
        return 0 <= market.age_s <= self._room.limits.book_stale_s and market.is_sound

    def _since_send_s(self, sale_id: str, venue: str) -> float:
        return self._room.clock.monotonic() - self._sent_at.get((sale_id, venue), -math.inf)

    def _pause_left_s(self, sale_id: str, venue: str, *, is_late: bool = False) -> float:
        """How long a venue is left alone that refused, longer with each refusal in a row: maintenance lasts.

        Not longer once it is late: then a refusal is likelier the market's.
        """
        at, times = self._refused.get((sale_id, venue), (-math.inf, 0))
        times, settings = 1 if is_late else times, self._room.settings
        pause = min(settings.refused_pause_s * 2 ** min(max(0, times - 1), 10), settings.refused_most_s)
        return float(at + pause - self._room.clock.monotonic())

    def _in(self, wall_s: float) -> datetime:
        """The desk time that comes `wall_s` from now."""
        clock = self._room.clock
        return clock.now() + timedelta(seconds=min(max(wall_s, 0.05), 86_400) * clock.speed)


def unsettled(order: Order) -> Hold:
    """One that may be on its way keeps everything else of its sale from going out there (P3)."""
    words = f"an order of {order.sale_id} at {order.venue} is unknown until evidence says more"
    return Hold(HoldKind.UNKNOWN, words)
