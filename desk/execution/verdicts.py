"""What two people settle because no evidence does: an unknown order was placed, or it was not (P3).

Only the bytes they signed say which order and what of it. Evidence goes first, to the last moment: the venue is asked
once more, and what it proves makes the verdict void. Nothing is sent because of a verdict.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from desk.execution.breaks import clear_alarms_of
from desk.execution.journal import Journal
from desk.execution.orders import Order, OrderState
from desk.execution.resolving import Resolver
from desk.execution.settings import ExecutionSettings
from desk.execution.settle import Proven, Unproven, settle
from desk.ledger import ReadTx, WriteTx, control, orders
from desk.ledger.records import Command
from desk.permission.refusals import RequestRefused
from desk.permission.requests import Request, read_request
from desk.units import btc_text
from desk.venues.model import Absent, MarketRules, Unavailable, Unknown, Venue

PLACED, NOT_PLACED = "placed", "not-placed"


class NotSettled(Exception):
    """The order needs no verdict, or the request holds none that counts; the sentence is for people.

    `is_void`: it never will, so its signatures are spent.
    """

    def __init__(self, sentence: str, *, is_void: bool = False) -> None:
        super().__init__(sentence)
        self.is_void = is_void


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was signed of one order. `venue_order_id` None: it never was at the venue."""

    request_id: str
    signers: str
    order: Order
    venue_order_id: str | None


class Verdicts:
    """Applies verdicts, one command at a time."""

    def __init__(
        self, journal: Journal, resolver: Resolver, venues: Mapping[str, Venue], settings: ExecutionSettings
    ) -> None:
        self._journal = journal
        self._resolver = resolver
        self._venues = venues
        self._settings = settings

    async def apply(self, command: Command) -> None:
        """Settles the order the command names and answers it, or answers why not."""
        try:
            verdict = await self._journal.read(lambda tx: self._signed(tx, command))
            await self._ask_first(verdict)
            await self._journal.write(verdict.order.sale_id, lambda tx, now: self._settle(tx, command, now))
            self._resolver.settled_by_people(verdict.order)
        except NotSettled as problem:
            await self._refuse(command, problem)

    def _signed(self, tx: ReadTx, command: Command) -> Verdict:
        """The verdict that a command carries, if its signatures suffice and the order still needs one."""
        judged = self._journal.permission.command(tx, command, self._journal.now())
        if not judged.is_granted:
            raise NotSettled(judged.sentence)
        recorded = control.get_request(tx, str(command.detail.get("request", "")))
        if recorded is None or recorded.closed is not None:
            raise NotSettled("there is no such open request")
        try:
            request = read_request(recorded.body)
        except RequestRefused as problem:
            raise NotSettled(str(problem)) from None
        order = orders.get(tx, str(request.payload.get("order", "")))
        if order is None:
            raise NotSettled("the request names no order of this desk", is_void=True)
        if order.state is not OrderState.UNKNOWN:
            raise NotSettled(f"{_named(order)} is {order.state}; evidence settled it already", is_void=True)
        return Verdict(recorded.id, judged.sentence, order, _claim(tx, request, order))

    async def _ask_first(self, verdict: Verdict) -> None:
        """Whether the verdict may count now: the order can no longer appear by itself, and evidence says no other."""
        order, venue = verdict.order, self._venues.get(verdict.order.venue)
        rules = _rules(venue)
        bound = self._settings.unresolved_alarm_s if rules is None else rules.quarantine_s
        left = bound - self._resolver.age_s(order)
        if left > 0:
            raise NotSettled(f"{_named(order)} may still appear for {left:.0f} s; ask again then")
        if venue is not None and rules is not None:
            self._resolver.forget_pace(order)
            after = await self._resolver.look_up(order, venue)
            if after.state is not OrderState.UNKNOWN:
                raise NotSettled(f"{_named(order)} is {after.state} by evidence found just now", is_void=True)
        if verdict.venue_order_id is not None:
            await self._check_claim(order, verdict.venue_order_id, venue, rules)

    async def _check_claim(
        self, order: Order, venue_order_id: str, venue: Venue | None, rules: MarketRules | None
    ) -> None:
        """An id is believed only where the venue knows it as an order that could be this one."""
        if venue is None or rules is None:
            raise NotSettled(f"{order.venue} cannot be asked about {venue_order_id}; nothing was changed")
        answer = await venue.look_up(self._resolver.reference(order, venue_order_id))
        match answer:
            case Unknown(reason):
                raise NotSettled(f"{order.venue} does not say what {venue_order_id} is: {reason}")
            case Absent():
                raise NotSettled(f"{order.venue} does not know {venue_order_id}; nothing was changed")
        found = settle(order, answer, age_s=self._resolver.age_s(order), absences=(), rules=rules)
        if isinstance(found, Unproven):
            raise NotSettled(f"{venue_order_id} is not that order: {found.reason}")
        if not isinstance(found, Proven) or found.venue_order_id != venue_order_id:
            raise NotSettled(f"{order.venue} tells of another order than {venue_order_id}; nothing was changed")

    def _settle(self, tx: WriteTx, command: Command, now: datetime) -> None:
        """Judged again where it is written: verdict, order, request and answer in one transaction."""
        verdict, epoch = self._signed(tx, command), self._journal.epoch
        order, reason = verdict.order, f"settled by people: {verdict.signers}"
        if verdict.venue_order_id is not None:
            orders.record_placed(tx, order.client_order_id, verdict.venue_order_id, now, epoch)
            said = f"is {verdict.venue_order_id} at {order.venue}; what it sold is looked up"
        else:
            said = _close(tx, order, reason, now, epoch)
        clear_alarms_of(tx, order, now, verdict.signers)
        control.close_request(tx, verdict.request_id, "applied", now)
        control.apply_command(tx, command.id, f"{_named(order)} {said}", now, epoch)

    async def _refuse(self, command: Command, problem: NotSettled) -> None:
        def run(tx: WriteTx, now: datetime) -> None:
            request = control.get_request(tx, str(command.detail.get("request", "")))
            if problem.is_void and request is not None and request.closed is None:
                control.close_request(tx, request.id, f"void: {problem}", now)
            control.apply_command(tx, command.id, str(problem), now, self._journal.epoch, refused=True)

        await self._journal.write(command.sale_id or "desk", run)


def _claim(tx: ReadTx, request: Request, order: Order) -> str | None:
    """The venue's id that was signed for, None for "never placed". Raises NotSettled for what can never count."""
    verdict, claimed = request.payload.get("as"), request.payload.get("venue_order_id")
    if verdict == NOT_PLACED and claimed is None:
        return None
    if verdict != PLACED or not (isinstance(claimed, str) and claimed):
        raise NotSettled("the request says neither placed nor not placed", is_void=True)
    if order.venue_order_id not in (None, claimed):
        raise NotSettled(f"{order.venue} named {_named(order)} {order.venue_order_id}, not {claimed}", is_void=True)
    other = orders.by_venue_order(tx, order.venue, claimed)
    if other is not None and other.client_order_id != order.client_order_id:
        raise NotSettled(f"{claimed} is {_named(other)} at {order.venue}", is_void=True)
    return claimed


def _close(tx: WriteTx, order: Order, reason: str, now: datetime, epoch: int) -> str:
    """Ends an order of which no more is to come, keeping what it is proven to have sold; says so."""
    if not order.filled and order.venue_order_id is None:
        orders.record_refused(tx, order.client_order_id, reason, now, epoch)
        return "was not placed; what it reserved is free again"
    state = (
        OrderState.CANCELLED if order.remaining else OrderState.FILLED
    )  # it was there: no more of it is, is settled
    orders.record_report(tx, order.client_order_id, state, (), now, epoch, reason)
    return f"is over with {btc_text(order.filled)} BTC sold; what else it reserved is free again"


def _rules(venue: Venue | None) -> MarketRules | None:
    try:
        return None if venue is None else venue.rules
    except Unavailable:
        return None


def _named(order: Order) -> str:
    return f"order {order.client_order_id[:8]}"
