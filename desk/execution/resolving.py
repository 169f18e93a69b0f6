"""Asking the venue what became of an order, again and again with growing pauses, until it is proven (P3).

Nothing is ever sent a second time here. What cannot be resolved raises an alarm and stays reserved.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from desk.clock import Clock
from desk.execution.breaks import CONTRADICTION, UNRESOLVED
from desk.execution.journal import Journal
from desk.execution.orders import RESTING, Fill, Order, OrderType
from desk.execution.rounds import Answers, Rounds
from desk.execution.settings import ExecutionSettings
from desk.execution.settle import NeverPlaced, Proven, Settlement, Unproven, settle
from desk.venues.model import Absent, LookUp, OrderRef, Venue

_TOLD_LASTS_S = 5.0
_STOOD_STILL_S = 12.0
"""Wall seconds without a look at anything after which the machine is taken to have slept."""
_CLOCKS_DIFFER = timedelta(minutes=10)
_CLOCK_WENT_BACK = timedelta(days=1)


@dataclass(slots=True)
class Watch:
    """What this process remembers of an order it asks about; wall monotonic seconds. Lost in a crash, harmlessly.

    `since`: from when its age counts; `is_ours`: this process sent it. `is_along`: it is being asked about with
    another order; `told`: what came of that, and when.
    """

    since: float
    is_ours: bool = False
    order: Order | None = None
    asked: float = -math.inf
    tries: int = 0
    absences: tuple[float, ...] = ()
    is_along: bool = False
    told: tuple[LookUp, float] | None = None
    recorded: tuple[Fill, ...] | None = None
    counts_at: float = -math.inf
    """When an absence counts next: at the quarantine's end, then a visibility delay after the first that counted."""
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
        self._rounds = Rounds()
        self._looked = clock.monotonic()

    def awake(self) -> None:
        """Says that time is being watched. After a gap the quarantine of whatever was under way begins anew.

        A request may have lain in the sleeping machine and leave only now.
        """
        now = self._clock.monotonic()
        if now - self._looked > _STOOD_STILL_S:
            for watch in self._watches.values():
                watch.since, watch.absences, watch.told, watch.counts_at = now, (), None, -math.inf
        self._looked = now

    def watch(self, order: Order) -> Watch:
        """The memory of an order, begun now where there is none."""
        return self._watches.setdefault(order.client_order_id, Watch(self._clock.monotonic()))

    def sent_now(self, order: Order) -> None:
        """The request is about to leave: from here its age counts on the monotonic clock."""
        watch = self.watch(order)
        watch.since, watch.is_ours = self._clock.monotonic(), True

    def placed_now(self, order: Order) -> None:
        """The venue has just said that it rests: no need to ask at once."""
        self.watch(order).asked = self._clock.monotonic()

    def hint(self, order: Order) -> None:
        """Something suggests that a resting order traded: it may be asked about sooner."""
        watch = self._watches.get(order.client_order_id)
        if watch is not None:  # one that has ended meanwhile is not remembered for it
            watch.is_hinted = True

    def wait_s(self, order: Order) -> float:
        """Wall seconds until the order is to be asked about; 0 or less: now. Of a finished one nothing is kept."""
        if order.state.is_final:
            return 0.0
        watch = self.watch(order)
        watch.order = order
        if self._told(watch) is not None:
            return 0.0
        return watch.asked + self._pause_s(order, watch) - self._clock.monotonic()

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
        """Something new happened (a cancel): look soon again, with short pauses first, at nothing older."""
        watch = self.watch(order)
        watch.tries, watch.asked, watch.told, watch.is_along = 0, -math.inf, None, False

    def settled_by_people(self, order: Order) -> None:
        """A verdict was given: what is seen from here on counts anew, alarms included."""
        watch = self.watch(order)
        self._watches[order.client_order_id] = Watch(watch.since, watch.is_ours)

    def age_s(self, order: Order) -> float:
        """Wall seconds for which it has certainly been under way.

        By the monotonic clock alone: from its sending or, where another process sent it, from when this one first
        saw it. The wall clock may have jumped while nobody looked, and a quarantine is never shortened.
        """
        self.awake()
        since = self.watch(order).since
        return self._clock.monotonic() - since

    async def look_up(self, order: Order, venue: Venue) -> Order:
        """Asks once, records what the answer proves, and returns the order as it stands then."""
        self.awake()
        watch = self.watch(order)
        watch.order = order
        answer = self._told(watch)
        watch.told, watch.is_along = None, False
        if answer is None:
            self._asking(watch)
            answer = await self._rounds.ask(venue, self.reference(order), lambda: self._due_along(venue), self._tell)
        age_s = answer.observed - watch.since if isinstance(answer, Absent) else self.age_s(order)
        settlement = settle(order, answer, age_s=age_s, absences=watch.absences, rules=venue.rules)
        await self._record(order, settlement, venue)
        current = await self._journal.order(order.client_order_id) or order
        if current.state.is_final:
            self.forget(current)
        elif current.state != order.state or current.filled != order.filled:
            watch.tries = 0
        return current

    def reference(self, order: Order, venue_order_id: str | None = None) -> OrderRef:
        """How the venue is asked about the order, under the name it is on record with or another.

        From when its history is read: never later than the order can have been sent, whatever the clock did since.
        """
        recorded = (self._clock.now() - (order.sent or order.created)) / self._clock.speed
        watch = self.watch(order)
        age = max(recorded, timedelta(seconds=self._clock.monotonic() - watch.since))
        if recorded < timedelta(0):
            age = max(age, _CLOCK_WENT_BACK)
        elif not watch.is_ours:
            age += _CLOCKS_DIFFER
        named = venue_order_id or order.venue_order_id
        return OrderRef(order.client_order_id, named, self._clock.wall() - age)

    def _pause_s(self, order: Order, watch: Watch) -> float:
        """Longer with every try, but never past the moment at which an absence counts."""
        settings = self._settings
        if is_resting(order):
            return settings.hinted_poll_s if watch.is_hinted else settings.poll_s
        until_it_counts = watch.counts_at - watch.asked if math.isfinite(watch.asked) else 0.0
        if watch.absences and until_it_counts > 0:
            return until_it_counts
        pause = min(settings.look_up_first_s * float(2 ** max(0, watch.tries - 1)), settings.look_up_most_s)
        return min(pause, until_it_counts) if until_it_counts > 0 else pause

    def _asking(self, watch: Watch) -> None:
        """From the moment at which an absence counts the pauses are short again: that answer is worth having."""
        now = self._clock.monotonic()
        if watch.asked < watch.counts_at <= now:
            watch.tries = 0
        watch.asked, watch.is_hinted = now, False
        watch.tries += 1

    def _due_along(self, venue: Venue) -> Iterator[OrderRef]:
        """Other orders there that would be asked about soon: half a pause early, for one reading of the records."""
        now = self._clock.monotonic()
        for watch in self._watches.values():
            order = watch.order
            if order is None or order.venue != venue.name or watch.told is not None:
                continue
            if now - watch.asked >= self._pause_s(order, watch) / 2:
                self._asking(watch)
                watch.is_along = True
                yield self.reference(order)

    def _tell(self, answers: Answers) -> None:
        """Leaves each answer where the order's own worker finds it, unless it asked or acted since."""
        now = self._clock.monotonic()
        for cid, answer in answers.items():
            watch = self._watches.get(cid)
            if watch is not None and watch.is_along:
                watch.told, watch.is_along = (answer, now), False

    def _told(self, watch: Watch) -> LookUp | None:
        if watch.told is None or self._clock.monotonic() - watch.told[1] > _TOLD_LASTS_S:
            return None
        return watch.told[0]

    async def _record(self, order: Order, settlement: Settlement, venue: Venue) -> None:
        watch = self.watch(order)
        match settlement:
            case Proven():
                watch.absences = ()
                if not _says_nothing_new(order, settlement, watch):
                    await self._journal.proven(order, settlement)
                    watch.recorded = settlement.fills
            case NeverPlaced(reason):
                await self._journal.refused(order, reason)
            case Unproven(reason, absences, is_contradiction):
                watch.absences = absences
                rules = venue.rules
                if absences:
                    watch.counts_at = absences[0] + rules.visibility_delay_s
                else:
                    watch.counts_at = watch.since + rules.quarantine_s
                if order.state in RESTING and is_contradiction:
                    await self._journal.unknown(order, reason)
                await self._maybe_alarm(order, watch, reason, venue, is_contradiction=is_contradiction)

    async def _maybe_alarm(
        self, order: Order, watch: Watch, reason: str, venue: Venue, *, is_contradiction: bool
    ) -> None:
        """What stays unresolved for long, or contradicts itself after its quarantine, is for a person to see."""
        if watch.is_alarmed or (order.state in RESTING and not is_contradiction):
            return
        if is_contradiction:
            is_due = self.age_s(order) >= venue.rules.quarantine_s
        else:
            is_due = self._waited_s(order) - venue.rules.quarantine_s >= self._settings.unresolved_alarm_s
        if is_due:
            watch.is_alarmed = True
            kind = CONTRADICTION if is_contradiction else UNRESOLVED
            await self._journal.alarm(kind, order.client_order_id, f"order {order.client_order_id[:8]}: {reason}")

    def _waited_s(self, order: Order) -> float:
        """The same by the record, where that is longer: a restart does not put off an alarm."""
        recorded = 0.0
        if order.sent is not None:
            recorded = (self._clock.now() - order.sent).total_seconds() / self._clock.speed
        return max(recorded, self.age_s(order))


def _says_nothing_new(order: Order, proven: Proven, watch: Watch) -> bool:
    """Whether all of it is on record already; most polls of a resting order are like that."""
    return (
        proven.state is order.state
        and proven.venue_order_id == order.venue_order_id
        and proven.reason in ("", order.last_error)
        and sum(fill.quantity for fill in proven.fills) == order.filled
        and (not proven.fills or proven.fills == watch.recorded)
    )
