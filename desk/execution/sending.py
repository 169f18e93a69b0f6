"""The order path itself: intent, sent, request, answer; and the cancel, as careful as the create (P2, P3, P12).

Between the commit of `sent` and the request there is nothing but a look at the HALT file and the clock; the request
may then wait for its turn and a connection, so the venue looks once more when its bytes are about to leave. A crash
before that commit leaves an intent, which provably never left; a crash after it leaves `sent`, which only evidence
resolves. No request is ever repeated.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from desk.clock import Clock
from desk.execution.breaks import DAMAGED
from desk.execution.journal import Journal
from desk.execution.orders import Order, OrderState, OrderType, client_order_id
from desk.execution.resolving import Resolver
from desk.execution.views import Stock
from desk.ledger import LedgerError, NotOnRecord, RowUnreadable, StaleEpoch
from desk.ledger.intents import DayLimit
from desk.sale.records import Sale
from desk.sale.window import WindowClock
from desk.units import NOTHING, ZERO, Price, Sats
from desk.venues.model import CancelOutcome, OrderRequest, Placed, Refused, Unavailable, Unknown, Venue, WhyNot

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Wish:
    """An order that every control allowed. `good_for_s`: wall seconds until what it was judged by is stale."""

    sale: Sale
    slice_id: str
    attempt: int
    type: OrderType
    quantity: Sats
    price: Price
    window: WindowClock
    at_most: Sats
    starts_slice: bool
    limits: Sequence[DayLimit]
    stock: Stock
    good_for_s: float


class Sender:
    """Sends creates and cancels for one desk."""

    def __init__(
        self, journal: Journal, clock: Clock, resolver: Resolver, halt_file: Path, *, record_within_s: float
    ) -> None:
        self._journal = journal
        self._record_within_s = record_within_s
        self._clock = clock
        self._resolver = resolver
        self._halt_file = halt_file
        self._unrecorded: list[tuple[Order, str, CancelOutcome]] = []

    @property
    def is_halted(self) -> bool:
        """Whether the HALT file is up, whatever it holds; a folder that cannot be read counts as halted."""
        try:
            os.lstat(self._halt_file)
        except FileNotFoundError:
            return False
        except OSError:
            return True
        return True

    async def place(self, wish: Wish, venue: Venue) -> Order:
        """One order, once. Returns it as it is on record then. Raises IntentRefused; then nothing left."""
        decided = self._clock.monotonic()
        order = self._order(wish, venue)
        await self._journal.intent(
            order, wish.limits, stock=wish.stock, at_most=wish.at_most, starts_slice=wish.starts_slice
        )
        stop = self._why_not(wish, order, decided)
        if stop is None:
            await self._journal.sent(order)
            stop = self._why_not(wish, order, decided)
        if stop is not None:
            await self._journal.refused(order, f"never sent: {stop}")
            return await self._current(order)
        self._resolver.sent_now(order)
        match await venue.create(self._request(wish, order, lambda: self._why_not(wish, order, decided))):
            case Placed(venue_order_id):
                await self._journal.placed(order, venue_order_id)
                if order.type is OrderType.POST_ONLY:
                    self._resolver.placed_now(order)
            case Refused(reason):
                await self._journal.refused(order, reason)
                self._resolver.forget(order)
            case Unknown(reason):
                await self._journal.unknown(order, reason)
        return await self._current(order)

    async def cancel(self, order: Order, venue: Venue, reason: str, *, must_go: bool = False) -> Order:
        """Asks for a cancel and looks up what came of it; the quantity is free only once the end is proven.

        One that `must_go` is asked for although nothing can be put on record first, or not soon: P12 goes before P2.
        """
        self._resolver.cancelled_now(order)
        try:
            await self._journal.ask_cancel(order, reason, self._record_within_s if must_go else None)
        except (StaleEpoch, NotOnRecord):
            raise
        except LedgerError as problem:
            if must_go:
                await self.cancel_unrecorded(order, venue, reason, problem)
            raise
        outcome = await venue.cancel(self._resolver.reference(order))
        await self._journal.cancel_answered(order, outcome)
        self._resolver.forget_pace(order)
        if not _has_rules(venue):  # what came of it is looked up once they are known
            return await self._current(order)
        return await self._resolver.look_up(await self._current(order), venue)

    async def cancel_unrecorded(self, order: Order, venue: Venue, reason: str, problem: LedgerError) -> None:
        """Sends a cancel that goes on record as soon as the ledger takes it (`catch_up`)."""
        log.critical("cancel without a record", order=order.client_order_id, reason=reason, problem=str(problem))
        outcome = await venue.cancel(self._resolver.reference(order))
        self._resolver.forget_pace(order)
        self._unrecorded.append((order, f"{reason} (asked before it could be put on record)", outcome))

    async def catch_up(self) -> None:
        """Puts on record what was asked while the ledger could not be written. Raises LedgerError where it cannot."""
        while self._unrecorded:
            order, reason, outcome = self._unrecorded[0]
            try:
                await self._journal.cancelled(order, reason, outcome)
            except RowUnreadable as problem:
                text = f"a cancel of order {order.client_order_id[:8]} went out to {order.venue}: {problem}"
                await self._journal.alarm(DAMAGED, order.client_order_id, text)
            self._unrecorded.pop(0)

    async def never_sent(self, order: Order) -> None:
        """An intent that was found at rest: its request never left, because `sent` is committed before it may."""
        await self._journal.refused(order, "never sent: the desk stopped before the request left")

    def _why_not(self, wish: Wish, order: Order, decided: float) -> str | None:
        """The last look before the wire: halt, stale judgement, end of the window."""
        if self.is_halted:
            return "the desk was halted"
        if self._clock.monotonic() - decided > wish.good_for_s:
            return "the desk stood still and what it knew grew stale"
        if not wish.window.may_send(self._clock.now()) or (
            order.type is OrderType.POST_ONLY and wish.window.in_guard(self._clock.now())
        ):
            return "the window's end came too near"
        if order.deadline is not None and self._clock.wall() >= order.deadline:
            return "its deadline passed"
        return None

    def _order(self, wish: Wish, venue: Venue) -> Order:
        now, sale = self._clock.now(), wish.sale
        return Order(
            client_order_id=client_order_id(sale.terms_digest, venue.name, wish.slice_id, wish.attempt),
            venue=venue.name,
            sale_id=sale.id,
            slice_id=wish.slice_id,
            attempt=wish.attempt,
            state=OrderState.INTENT,
            type=wish.type,
            limit_price=wish.price,
            quantity=wish.quantity,
            filled=ZERO,
            proceeds=NOTHING,
            fees=NOTHING,
            venue_order_id=None,
            created=now,
            sent=None,
            updated=now,
            deadline=self._deadline(wish, venue, now),
            cancel_asked=None,
            last_error="",
        )

    def _deadline(self, wish: Wish, venue: Venue, now: datetime) -> datetime:
        """Wall time by which it must be booked: the in-flight bound, or the window's end where that is nearer."""
        wall = self._clock.wall()
        close = wall + timedelta(seconds=max(0.0, wish.window.wall_left_s(now)))
        return min(wall + timedelta(seconds=venue.rules.in_flight_bound_s), close)

    def _request(self, wish: Wish, order: Order, why_not: WhyNot) -> OrderRequest:
        """What rests is to be off the book by the last moment to send: a margin for a venue whose clock is behind."""
        expires = None
        if order.type is OrderType.POST_ONLY:
            left = (wish.window.last_send - self._clock.now()) / self._clock.speed
            expires = self._clock.wall() + left
        return OrderRequest(
            order.client_order_id, order.quantity, order.limit_price, order.type, order.deadline, expires, why_not
        )

    async def _current(self, order: Order) -> Order:
        return await self._journal.order(order.client_order_id) or order


def _has_rules(venue: Venue) -> bool:
    try:
        return bool(venue.rules)
    except Unavailable:
        return False
