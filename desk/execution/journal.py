"""The executor's hand on the ledger: every write in one transaction, under its epoch, with the change announced."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from desk.clock import Clock
from desk.execution.breaks import clear_alarms_of, note_plan, note_readable, take_in
from desk.execution.orders import Order, OrderState
from desk.execution.permission import Permission
from desk.execution.settle import Proven
from desk.execution.views import DeskView, Exposure, SaleView, Stock, desk_view, exposure, sale_view
from desk.ledger import (
    IntentRefused,
    LedgerThread,
    ReadTx,
    RowUnreadable,
    TermsUnreadable,
    WriteTx,
    control,
    orders,
    sales,
)
from desk.ledger.fence import assert_epoch
from desk.ledger.intents import DayLimit
from desk.ledger.records import Command
from desk.sale.lifecycle import SaleState
from desk.sale.progression import Move
from desk.sale.records import Sale, SliceState
from desk.sale.steps import SliceMove
from desk.units import Sats
from desk.venues.model import CancelAccepted, CancelOutcome, CancelRefused, Unknown

ACTOR = "daemon"
AFTER_REARM = "paused: the desk was halted and rearmed"
T = TypeVar("T")
OnChange = Callable[[str], None]


class Journal:
    """Reads views, writes what happened. `on_change` hears the sale's id, or "desk", after every commit."""

    def __init__(
        self,
        ledger: LedgerThread,
        clock: Clock,
        permission: Permission,
        epoch: int,
        on_change: OnChange | None = None,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self.permission = permission
        self.epoch = epoch
        self._on_change = on_change

    def now(self) -> datetime:
        """Desk time."""
        return self._clock.now()

    async def read(self, fn: Callable[[ReadTx], T]) -> T:
        """`fn` over one consistent view."""
        return await self._ledger.read(fn)

    async def write(self, about: str, fn: Callable[[WriteTx, datetime], T], *, is_fenced: bool = True) -> T:
        """`fn` in one transaction; raises what it raises, and then nothing was written.

        Raises StaleEpoch where another has taken over, whatever is to be written: one that stood still judges by
        what it knew before, and an alarm holds a sale as well as an order does. A halt alone is not `is_fenced`.
        """

        def run(tx: WriteTx) -> T:
            if is_fenced:
                assert_epoch(tx, self.epoch)
            return fn(tx, self._clock.now())

        value = await self._ledger.write(run, actor=ACTOR)
        if self._on_change is not None:
            self._on_change(about)
        return value

    @property
    def waits_s(self) -> float:
        """For how long the ledger has kept a write of this process waiting, in wall seconds."""
        return self._ledger.waits_s

    async def read_within(self, within_s: float, fn: Callable[[ReadTx], T]) -> T:
        """As `read`; raises LedgerBusy where the ledger cannot be read in time."""
        return await self._ledger.read_within(fn, within_s=within_s)

    async def desk(self) -> DeskView:
        return await self.read(desk_view)

    async def sale(self, sale_id: str) -> SaleView | None:
        """The sale as it stands. Raises TermsUnreadable also where another row that it is judged by is damaged."""
        now = self._clock.now()
        try:
            return await self.read(lambda tx: sale_view(tx, sale_id, self.permission, now))
        except RowUnreadable as problem:
            raise TermsUnreadable(sale_id, str(problem)) from problem

    async def exposure(self, sale: Sale, slice_id: str, venue: str) -> Exposure:
        now = self._clock.now()
        return await self.read(lambda tx: exposure(tx, sale, slice_id, venue, now))

    async def order(self, cid: str) -> Order | None:
        return await self.read(lambda tx: orders.get(tx, cid))

    async def move(self, sale: Sale, move: Move, dues: Sequence[datetime] = ()) -> bool:
        """Records a move unless somebody else moved the sale meanwhile; `dues` are set where a window opens late."""

        def run(tx: WriteTx, now: datetime) -> bool:
            current = sales.get(tx, sale.id)
            if current is None or current.state is not sale.state:
                return False
            sales.move(
                tx,
                sale.id,
                move.state,
                move.reason,
                now,
                epoch=self.epoch,
                opened=move.opened,
                closes=move.closes,
                arrival=move.arrival,
            )
            if dues:
                sales.set_slice_dues(tx, sale.id, dues, self.epoch)
            if move.state.is_final:
                note_plan(tx, sale.id, None, now)
            return True

        return await self.write(sale.id, run)

    async def move_slices(self, sale_id: str, moves: Sequence[SliceMove]) -> None:
        def run(tx: WriteTx, now: datetime) -> None:
            for move in moves:
                sales.move_slice(tx, move.slice_id, move.state, now, self.epoch, move.reason)

        await self.write(sale_id, run)

    async def intent(
        self, order: Order, limits: Sequence[DayLimit], *, stock: Stock, at_most: Sats, starts_slice: bool
    ) -> None:
        """The order, durable before it leaves (P2).

        Raises IntentRefused; also where the sale would commit more than `at_most`, another has taken the stock, or a
        revocation or an alarm came since the order was allowed (P4).
        """

        def run(tx: WriteTx, now: datetime) -> None:
            sale = sales.get(tx, order.sale_id)
            if sale is None or sale.committed + order.quantity > at_most:
                raise IntentRefused("this slice is being sold elsewhere already")
            view = sale_view(tx, order.sale_id, self.permission, now)
            if view is None or not view.is_granted:
                raise IntentRefused(f"the signatures do not suffice any more: {view.verdict if view else 'no sale'}")
            if view.alarm is not None:
                raise IntentRefused(f"an alarm is open: {view.alarm}")
            if order.quantity > stock.sellable(tx):
                raise IntentRefused(f"another sale has reserved the coins at {order.venue}")
            orders.place_intent(tx, order, epoch=self.epoch, day_limits=limits)
            if starts_slice:
                sales.move_slice(tx, order.slice_id, SliceState.WORKING, now, self.epoch)

        await self.write(order.sale_id, run)

    async def sent(self, order: Order) -> None:
        await self.write(order.sale_id, lambda tx, now: orders.mark_sent(tx, order.client_order_id, now, self.epoch))

    async def placed(self, order: Order, venue_order_id: str) -> None:
        await self.write(
            order.sale_id,
            lambda tx, now: orders.record_placed(tx, order.client_order_id, venue_order_id, now, self.epoch),
        )

    async def refused(self, order: Order, reason: str) -> None:
        def run(tx: WriteTx, now: datetime) -> None:
            orders.record_refused(tx, order.client_order_id, reason, now, self.epoch)
            clear_alarms_of(tx, order, now)

        await self.write(order.sale_id, run)

    async def unknown(self, order: Order, reason: str) -> None:
        await self.write(
            order.sale_id, lambda tx, now: orders.record_unknown(tx, order.client_order_id, reason, now, self.epoch)
        )

    async def proven(self, order: Order, proven: Proven) -> None:
        """Takes in the venue's proof: fills once, by trade id, and the state they leave."""

        await self.write(order.sale_id, lambda tx, now: take_in(tx, order, proven, now, self.epoch))

    async def ask_cancel(self, order: Order, reason: str, within_s: float | None = None) -> None:
        """The wish to cancel, durable before it is asked (P2).

        With `within_s`, raises LedgerBusy where the ledger has kept this process waiting for so long.
        """

        def run(tx: WriteTx) -> None:
            orders.cancel_intent(tx, order.client_order_id, reason, self._clock.now(), self.epoch)

        if within_s is None:
            await self._ledger.write(run, actor=ACTOR)
        else:
            left_s = max(0.0, within_s - self.waits_s)
            await self._ledger.write_within(run, actor=ACTOR, within_s=left_s)
        if self._on_change is not None:
            self._on_change(order.sale_id)

    async def cancel_answered(self, order: Order, outcome: CancelOutcome) -> None:
        """What the venue said. Where nothing is known of the answer, nothing is known of the order either (P3)."""

        def run(tx: WriteTx, now: datetime) -> None:
            orders.cancel_outcome(tx, order.client_order_id, _words(outcome), now, self.epoch)
            current = orders.get(tx, order.client_order_id)
            is_resting = current is not None and current.state in (OrderState.OPEN, OrderState.PART_FILLED)
            if isinstance(outcome, Unknown) and is_resting:
                reason = f"cancel: {outcome.reason}"
                orders.record_unknown(tx, order.client_order_id, reason, now, self.epoch)

        await self.write(order.sale_id, run)

    async def cancelled(self, order: Order, reason: str, outcome: CancelOutcome) -> None:
        """A cancel that was asked before it could be put on record, with its answer, in one transaction."""

        def run(tx: WriteTx, now: datetime) -> None:
            orders.cancel_intent(tx, order.client_order_id, reason, now, self.epoch)
            orders.cancel_outcome(tx, order.client_order_id, _words(outcome), now, self.epoch)

        await self.write(order.sale_id, run)

    async def alarm(self, kind: str, subject: str, text: str) -> None:
        await self.write(subject, lambda tx, now: control.raise_alarm(tx, kind, subject, text, now))

    async def off_plan(self, sale_id: str, why: str | None) -> None:
        """An alarm for as long as a sale's slices are not those of its terms."""
        await self.write(sale_id, lambda tx, now: note_plan(tx, sale_id, why, now))

    async def readable_again(self, sale_id: str) -> None:
        """Ends the alarm about its terms."""
        await self.write(sale_id, lambda tx, now: note_readable(tx, sale_id, now))

    async def held(self, sale_id: str, kind: str, words: str) -> None:
        """A control kept back what was due: on record like every other refusal (P5)."""
        await self.write(sale_id, lambda tx, _: tx.event("sale.held", sale_id, {"by": kind, "reason": words}))

    async def answer(self, command: Command, outcome: str, *, is_refused: bool = False) -> None:
        await self.write(
            command.sale_id or "desk",
            lambda tx, now: control.apply_command(tx, command.id, outcome, now, self.epoch, refused=is_refused),
        )

    async def halted(self, reason: str, actor: str) -> None:
        """The row to a HALT file that has none yet."""

        def run(tx: WriteTx, now: datetime) -> None:
            if control.open_halt(tx) is None:
                control.halt(tx, reason, actor, now)

        await self.write("desk", run, is_fenced=False)

    async def rearm(self, command: Command, request_id: str, check: Callable[[ReadTx, Command], None]) -> None:
        """Lifts the halt and pauses every sale under way, in one transaction; `check` raises to prevent it."""

        def run(tx: WriteTx, now: datetime) -> None:
            check(tx, command)
            control.lift_halt(tx, request_id, now, self.epoch)
            for sale_id in sales.ids(tx, [SaleState.APPROVED, SaleState.SCHEDULED, SaleState.WORKING]):
                sales.move(tx, sale_id, SaleState.PAUSED, AFTER_REARM, now, epoch=self.epoch)
            control.apply_command(tx, command.id, "rearmed; every sale is paused", now, self.epoch)

        await self.write("desk", run)


def _words(outcome: CancelOutcome) -> str:
    match outcome:
        case CancelAccepted():
            return "accepted"
        case CancelRefused(reason):
            return f"refused: {reason}"
        case Unknown(reason):
            return f"unknown: {reason}"
