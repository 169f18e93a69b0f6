"""Asking the venue what became of an order, again and again with growing pauses, until it is proven (P3).

Nothing is ever sent a second time here. What cannot be resolved raises an alarm and stays reserved.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta

from desk.clock import Clock
from desk.execution.journal import UNRESOLVED, Journal
from desk.execution.orders import RESTING, Order, OrderState, OrderType
from desk.execution.settings import ExecutionSettings
from desk.execution.settle import NeverPlaced, Proven, Settlement, Unproven, settle
from desk.venues.model import OrderRef, Venue


@dataclass(slots=True)
class Watch:
    """What this process remembers of an order it asks about; wall monotonic seconds. Lost in a crash, harmlessly."""

    sent: float | None = None
    asked: float = -math.inf
    tries: int = 0
    absences: tuple[float, ...] = ()
    cancelled: float = -math.inf
    cancels: int = 0
    is_alarmed: bool = False
    is_hinted: bool = False


def is_resting(order: Order) -> bool:
    """Whether it is proven to wait on the book, and nobody asked to cancel it."""
    return order.state in RESTING and order.cancel_asked is None and order.type is OrderType.POST_ONLY


class Resolver:
    """Looks orders up when their time has come and records what is proven."""

    def __init__(self, journal: Journal, clock: Clock, settings: ExecutionSettings) -> None:
        self._journal = journal
        self._clock = clock
        self._settings = settings
        self._watches: dict[str, Watch] = {}

    def watch(self, order: Order) -> Watch:
        """The memory of an order, begun now where there is none."""
        return self._watches.setdefault(order.client_order_id, Watch())

    def sent_now(self, order: Order) -> None:
        """The request is about to leave: from here its age counts on the monotonic clock."""
        self.watch(order).sent = self._clock.monotonic()

    def placed_now(self, order: Order) -> None:
        """The venue has just said that it rests: no need to ask at once."""
        self.watch(order).asked = self._clock.monotonic()

    def hint(self, order: Order) -> None:
        """Something suggests that a resting order traded: it may be asked about sooner."""
        self.watch(order).is_hinted = True

    def wait_s(self, order: Order) -> float:
        """Wall seconds until the order is to be asked about; 0 or less: now."""
        watch, settings = self.watch(order), self._settings
        if is_resting(order):
            pause = settings.hinted_poll_s if watch.is_hinted else settings.poll_s
        else:
            pause = min(settings.look_up_first_s * 2 ** max(0, watch.tries - 1), settings.look_up_most_s)
        return watch.asked + pause - self._clock.monotonic()

    def may_cancel(self, order: Order) -> bool:
        """Whether a cancel may be asked now: at once the first time, then with growing pauses."""
        watch, settings = self.watch(order), self._settings
        pause = min(settings.cancel_retry_s * 2 ** max(0, watch.cancels - 1), settings.cancel_most_s)
        return bool(self._clock.monotonic() - watch.cancelled >= pause)

    def cancelled_now(self, order: Order) -> None:
        """A cancel is about to be asked."""
        watch = self.watch(order)
        watch.cancelled, watch.cancels = self._clock.monotonic(), watch.cancels + 1

    def forget(self, order: Order) -> None:
        """The order is finished."""
        self._watches.pop(order.client_order_id, None)

    def forget_pace(self, order: Order) -> None:
        """Something new happened (a cancel): look soon again, with short pauses first."""
        watch = self.watch(order)
        watch.tries, watch.asked = 0, -math.inf

    async def look_up(self, order: Order, venue: Venue) -> Order:
        """Asks once, records what the answer proves, and returns the order as it stands then."""
        watch = self.watch(order)
        watch.asked, watch.is_hinted = self._clock.monotonic(), False
        watch.tries += 1
        answer = await venue.look_up(self.reference(order))
        settlement = settle(order, answer, age_s=self._age_s(order), absences=watch.absences, rules=venue.rules)
        await self._record(order, settlement, venue)
        current = await self._journal.order(order.client_order_id) or order
        if current.state.is_final:
            self.forget(current)
        elif current.state != order.state or current.filled != order.filled:
            watch.tries = 0
        return current

    def reference(self, order: Order) -> OrderRef:
        """How the venue is asked about the order."""
        since = order.sent or order.created
        age = (self._clock.now() - since) / self._clock.speed
        return OrderRef(order.client_order_id, order.venue_order_id, self._clock.wall() - max(age, timedelta(0)))

    async def _record(self, order: Order, settlement: Settlement, venue: Venue) -> None:
        watch = self.watch(order)
        match settlement:
            case Proven():
                watch.absences = ()
                if not _says_nothing_new(order, settlement):
                    await self._journal.proven(order, settlement)
            case NeverPlaced(reason):
                await self._journal.refused(order, reason)
            case Unproven(reason, absences, is_contradiction):
                watch.absences = absences
                if order.state in RESTING and is_contradiction:
                    await self._journal.unknown(order, reason)
                await self._maybe_alarm(order, watch, reason, venue, is_contradiction=is_contradiction)

    async def _maybe_alarm(
        self, order: Order, watch: Watch, reason: str, venue: Venue, *, is_contradiction: bool
    ) -> None:
        """What stays unresolved for long, or contradicts itself after its quarantine, is for a person to see."""
        overdue = self._age_s(order) - venue.rules.quarantine_s
        if watch.is_alarmed or overdue < (0 if is_contradiction else self._settings.unresolved_alarm_s):
            return
        if order.state in RESTING and not is_contradiction:
            return
        watch.is_alarmed = True
        kind = "order.contradiction" if is_contradiction else UNRESOLVED
        await self._journal.alarm(kind, order.client_order_id, f"order {order.client_order_id[:8]}: {reason}")

    def _age_s(self, order: Order) -> float:
        """Wall seconds since it was sent: by the monotonic clock where this process sent it, else by the record."""
        watch = self.watch(order)
        if watch.sent is not None:
            return self._clock.monotonic() - watch.sent
        if order.sent is None or order.state is OrderState.INTENT:
            return 0.0
        return (self._clock.now() - order.sent).total_seconds() / self._clock.speed


def _says_nothing_new(order: Order, proven: Proven) -> bool:
    """Whether all of it is on record already; most polls of a resting order are like that."""
    return (
        proven.state is order.state
        and proven.venue_order_id == order.venue_order_id
        and proven.reason in ("", order.last_error)
        and sum(fill.quantity for fill in proven.fills) == order.filled
    )
