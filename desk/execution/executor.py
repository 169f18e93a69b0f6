"""Approved sales become orders: whoever owns the lock and the epoch steps every sale, one decision at a time.

Nothing here is remembered that a restart would need: rows are the truth, and what lies in memory only paces requests.
Calls may overlap: what is being worked is left alone and looked at again when it is done.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import structlog

from desk.clock import Clock
from desk.execution.breaks import DAMAGED
from desk.execution.commands import SLOW, Commands, Look
from desk.execution.driving import Driver
from desk.execution.holds import Holds
from desk.execution.journal import Journal, OnChange
from desk.execution.permission import Permission
from desk.execution.plans import Plans
from desk.execution.recovery import Recovered, Recovery
from desk.execution.removal import Removal
from desk.execution.resolving import Resolver
from desk.execution.room import Room
from desk.execution.sending import Sender
from desk.execution.settings import ExecutionSettings
from desk.execution.unreadable import Unreadable
from desk.execution.verdicts import Verdicts
from desk.execution.views import DeskView, SaleView, desk_view
from desk.execution.volume import VolumeMeter
from desk.execution.watching import Watcher
from desk.execution.working import Hold, Step, Worker
from desk.ledger import (
    LedgerBusy,
    LedgerError,
    LedgerThread,
    ReadTx,
    RowUnreadable,
    StaleEpoch,
    TermsUnreadable,
    orders,
    sales,
)
from desk.sale.controls import ControlLimits, HoldKind
from desk.sale.lifecycle import SaleState
from desk.sale.progression import ends_at
from desk.sale.records import Sale, SliceState
from desk.venues.model import Book, Unavailable, Venue

log = structlog.get_logger()
DEFAULTS = ExecutionSettings()
BUSY = Step(False, "busy")
_AT_ONCE = 8
"""Sales of one sweep that are looked at together."""
_NEXT_AFTER_S = 0.1


class Executor:
    """Works every sale of one desk. `on_change` hears a sale's id, or "desk", after each commit."""

    def __init__(
        self,
        ledger: LedgerThread,
        venues: Mapping[str, Venue],
        clock: Clock,
        limits: ControlLimits,
        *,
        permission: Permission,
        halt_file: Path,
        epoch: int,
        settings: ExecutionSettings = DEFAULTS,
        on_change: OnChange | None = None,
        accounts: Mapping[str, str] | None = None,
        look: Look | None = None,
    ) -> None:
        journal = Journal(ledger, clock, permission, epoch, on_change)
        resolver = Resolver(journal, clock, settings)
        sender = Sender(journal, clock, resolver, halt_file, record_within_s=settings.record_within_s)
        watcher = Watcher(journal, clock, venues, limits=limits, settings=settings)
        meter = VolumeMeter(journal, clock, venues, limits)
        self._room = Room(journal, clock, venues, limits, settings, sender, resolver, watcher, meter, accounts or {})
        self._plans = Plans(venues)
        self._worker = Worker(self._room)
        self._driver = Driver(self._room)
        self._recovery = Recovery(self._room, self._claim)
        self._unreadable = Unreadable(self._room, self._claim)
        self._removal = Removal(self._room, self._worker, self._unreadable, self._claim)
        self._commands = Commands(journal, halt_file, Verdicts(journal, resolver, venues, settings), look)
        self._commanding = asyncio.Lock()
        self._busy: set[object] = set()
        self._again: set[str] = set()
        self._unchecked: set[str] = set(venues)
        self._wakes: dict[str, datetime] = {}
        self._holds = Holds(clock.now())
        self._has_seen_halt = False
        self._damage_told: set[str] = set()
        self._nudged: set[str] = set()
        self._nudge = asyncio.Event()

    @property
    def held(self) -> Mapping[str, str]:
        """Why the last order of a sale was not let out, by sale; empty where nothing is held."""
        return self._holds.words

    async def recover(self) -> Recovered:
        """Before anything else: settles what a crash left, adopts what rests, checks the venues' own trades."""
        await self.take_off()
        found = await self._recovery.run()
        self._unchecked = set(found.unchecked)
        return found

    async def take_off(self) -> None:
        """Asks at once for the cancel of every live order that has to go, whatever else is not known yet (P12)."""
        await self._removal.of_all()

    async def sweep(self) -> None:
        """Looks at everything: commands, halt, every sale with something to do. Call it about once a second."""
        self._room.resolver.awake()
        view, _ = await self._seen()
        is_urgent = view.halt is not None or self._room.sender.is_halted or self._worker.stopping is not None
        at_once = len(view.sale_ids) if is_urgent else _AT_ONCE
        await asyncio.gather(self._work_all(view.sale_ids, at_once), self._take_slow_commands(view))

    async def apply_commands(self) -> None:
        """Takes the commands that wait, and a HALT file that has no row yet, then works the sales concerned."""
        view, concerned = await self._seen()
        await asyncio.gather(*(self.work(sale_id) for sale_id in concerned), self._take_slow_commands(view))

    async def hear(self) -> None:
        """Before this process is ready: takes commands and a halt, and takes off what has to go. Sends nothing new.

        What a venue has to be asked for first waits until it can be.
        """
        await self._seen()
        await self._removal.of_all()

    async def wake(self, due: str) -> None:
        """Something of a sale fell due; `due` is a slice's id or the sale's. The row says what there is to do."""
        await self.work(due.partition("/")[0])

    async def work(self, sale_id: str) -> None:
        """Takes every decision that can be taken now. The top of a task: what goes wrong here is put on record."""
        try:
            await self._work(sale_id)
        except StaleEpoch:
            raise
        except (LedgerBusy, Unavailable) as problem:
            log.warning("sale waits", sale=sale_id, problem=str(problem))
        except (RowUnreadable, TermsUnreadable) as problem:
            await self._tell_damage([f"{sale_id}: {problem}"])
        except Exception as problem:
            log.exception("a step failed", sale=sale_id)
            text = f"a step of {sale_id} failed: {type(problem).__name__}: {problem}"[:500]
            await self._room.journal.alarm("step.failed", sale_id, text)

    async def step(self, sale_id: str) -> Step:
        """One decision for a sale: its life first, then each of its venues."""
        async with self._claim(sale_id, sale_id) as is_mine:
            if not is_mine:
                return BUSY
            try:
                view = await self._room.journal.sale(sale_id)
            except TermsUnreadable as problem:
                await self._removal.of_damaged(problem)
                return await self._unreadable.hold(problem)
            if view is None:
                return Step(False, "no such sale")
            if self._room.journal.waits_s > self._room.settings.record_within_s:
                await self._removal.of(view.live)
            try:
                if view.was_unreadable:
                    await self._room.journal.readable_again(sale_id)
                view = await self._held_to_terms(view)
                if await self._driver.drive(view, self._holds.why_short(view)):
                    return Step(True, "moved")
            except StaleEpoch:
                raise
            except LedgerError:
                await self._removal.of(view.live)
                raise
        names = [share.venue for share in view.sale.terms.venues] + [order.venue for order in view.live]
        if not view.live and view.sale.state is not SaleState.WORKING:
            self._worker.forget(sale_id)
            if view.sale.state.is_final:
                self._holds.forget(sale_id)
            return Step(False, f"the sale is {view.sale.state}", self._next_change(view.sale))
        steps = await asyncio.gather(*(self._at_venue(view, name) for name in dict.fromkeys(names)))
        if (hold := self._holds.note(sale_id, steps)) is not None:
            await self._room.journal.held(sale_id, hold.kind, hold.words)
        moments = [step.until for step in steps if step.until is not None]
        why = "; ".join(dict.fromkeys(step.why for step in steps))
        return Step(any(step.has_progressed for step in steps), why, min(moments, default=None))

    async def measure_volume(self) -> None:
        """Reads on what the markets traded, where a sale may only be a share of that. Call it every few seconds."""
        await self._room.meter.read()

    @property
    def wakes(self) -> dict[str, datetime]:
        """By sale, the next moment (desk time) at which a decision of it changes by itself."""
        return dict(self._wakes)

    async def next_dues(self) -> list[tuple[str, datetime]]:
        """What to wake for and when (desk time): pending slices, and moments at which a decision changes."""
        active = [state for state in SaleState if state.is_active]

        def pending(tx: ReadTx) -> list[tuple[str, datetime]]:
            found = []
            for sale in sales.listed(tx, active):
                if (sale.opened or sale.terms.window.opens) is not None:
                    with suppress(TermsUnreadable):  # its own step holds it and says so
                        slices = sales.slices(tx, sale.id)
                        found += [(one.id, one.due) for one in slices if one.state is SliceState.PENDING]
            return found

        now, found = self._room.clock.now(), await self._room.journal.read(pending)
        return sorted([item for item in (*found, *self._wakes.items()) if item[1] > now], key=lambda item: item[1])

    def book_seen(self, venue: str, book: Book) -> None:
        """A newer book: resting orders that it touches are looked at soon. Never blocks."""
        if not (book.bids and book.asks):
            return
        for (sale_id, name), order in self._worker.rests.items():
            if name != venue:
                continue
            if book.bid >= order.limit_price or book.ask > order.limit_price:
                self._room.resolver.hint(order)
                self._nudged.add(sale_id)
            elif book.ask < order.limit_price:
                self._nudged.add(sale_id)
        if self._nudged:
            self._nudge.set()

    async def follow_hints(self, pause_s: float = 0.2) -> None:
        """Works what books hinted at, until cancelled; at most every `pause_s` wall seconds."""
        while True:
            await self._nudge.wait()
            self._nudge.clear()
            nudged, self._nudged = self._nudged, set()
            await asyncio.gather(*(self.work(sale_id) for sale_id in sorted(nudged)))
            await self._room.clock.sleep(pause_s)

    async def stop(self, *, cancel_resting: bool, within_s: float = 10.0) -> list[str]:
        """Sends nothing new; if asked to, takes off what rests or may rest. Returns what is live all the same."""
        self._worker.sends_no_more = True
        if cancel_resting:
            self._worker.stopping = "the desk is stopping"
        clock = self._room.clock
        until = clock.monotonic() + within_s
        while True:
            live = await self._room.journal.read(orders.live)
            mine = live if cancel_resting else []
            if not (mine or self._busy) or clock.monotonic() >= until:
                return [order.client_order_id for order in live]
            await asyncio.gather(*(self.work(sale_id) for sale_id in {order.sale_id for order in mine}))
            await clock.sleep(0.1)

    async def _work_all(self, sale_ids: Sequence[str], at_once: int) -> None:
        """So many at a time: what falls due meanwhile would have to read the ledger behind all of them.

        One that hangs on a venue's answer keeps the others waiting for a moment only.
        """
        begun: list[asyncio.Task[None]] = []
        try:
            for start in range(0, len(sale_ids), at_once or 1):
                if begun:
                    await asyncio.wait(begun[-at_once:], timeout=_NEXT_AFTER_S)
                begun += [asyncio.create_task(self.work(one)) for one in sale_ids[start : start + at_once]]
            await asyncio.gather(*begun)
        except asyncio.CancelledError:
            for task in begun:
                task.cancel()
            raise

    async def _work(self, sale_id: str) -> None:
        for _ in range(self._room.settings.most_decisions):
            self._again.discard(sale_id)
            step = await self.step(sale_id)
            if step.until is not None:
                self._wakes[sale_id] = step.until
            else:
                self._wakes.pop(sale_id, None)
            if not step.has_progressed and (sale_id not in self._again or BUSY.why in step.why):
                return

    async def _seen(self) -> tuple[DeskView, list[str]]:
        """The same as `_take_commands`; where not even that can be read, a halt or stop cancels from memory (P12)."""
        try:
            return await self._take_commands()
        except StaleEpoch:
            raise
        except LedgerError as problem:
            await self._removal.from_memory(problem)
            raise

    async def _take_commands(self) -> tuple[DeskView, list[str]]:
        """The desk as it was seen, and the sales that a command or a new halt concerns."""
        concerned: list[str] = []
        async with self._commanding:
            view = await self._see_desk()
            try:
                await self._room.sender.catch_up()
                await self._tell_damage(view.damaged)
                if await self._take_in_halt(view):
                    concerned += view.sale_ids
                for command in view.commands:
                    if command.kind in SLOW:
                        continue
                    sale_id = await self._commands.apply(command)
                    concerned += [sale_id] if sale_id is not None else view.sale_ids
            except StaleEpoch:
                raise
            except LedgerError as problem:  # the sales are worked all the same: what has to go is cancelled (P12)
                log.warning("commands wait: the ledger cannot be written", problem=str(problem))
                concerned = list(view.sale_ids)
        return view, list(dict.fromkeys(concerned))

    async def _see_desk(self) -> DeskView:
        """The desk as it is on record; what has to stop does not wait long for it."""
        if self._room.sender.is_halted or self._worker.stopping is not None:
            return await self._room.journal.read_within(self._room.settings.record_within_s, desk_view)
        return await self._room.journal.desk()

    async def _tell_damage(self, damaged: Sequence[str]) -> None:
        """An alarm for each row that cannot be read, once in the life of this process."""
        for text in damaged:
            if text not in self._damage_told:
                await self._room.journal.alarm(DAMAGED, "desk", text)
                self._damage_told.add(text)

    async def _take_in_halt(self, view: DeskView) -> bool:
        """Whether there is a halt that was not there before: what rests is asked to go while it is put on record."""
        is_up = self._room.sender.is_halted
        is_news = (is_up or view.halt is not None) and not self._has_seen_halt
        doing = [self._removal.of_all()] if is_news or (is_up and view.damaged) else []
        if is_up and view.halt is None:
            doing.append(self._commands.adopt_halt_file())
        await asyncio.gather(*doing)
        self._has_seen_halt = is_up or view.halt is not None
        return bool(doing)

    async def _take_slow_commands(self, view: DeskView) -> None:
        """Those that ask a venue first, each once however often it is seen meanwhile; then works their sales."""
        for command in view.commands:
            if command.kind not in SLOW:
                continue
            async with self._claim(("command", command.id), command.sale_id or "") as is_mine:
                if is_mine and await self._commands.is_pending(command):
                    sale_id = await self._commands.apply(command)
                    if sale_id is not None:
                        await self.work(sale_id)

    async def _held_to_terms(self, view: SaleView) -> SaleView:
        """A sale under way whose slices are not those that were signed may not go on; an alarm says why (P4)."""
        if not view.sale.state.is_active:
            return view
        why = self._plans.why_off(view)
        if why != view.plan_alarm:
            await self._room.journal.off_plan(view.sale.id, why)
        return replace(view, alarm=view.alarm or why)

    def _next_change(self, sale: Sale) -> datetime | None:
        """When time alone may move a sale that is not being worked."""
        now, window = self._room.clock.now(), sale.terms.window
        moments = [window.opens, sale.terms.approval_expires, ends_at(sale)]
        coming = [moment for moment in moments if moment is not None and moment > now]
        return min(coming) if coming and not sale.state.is_final else None

    async def _at_venue(self, view: SaleView, name: str) -> Step:
        venue = self._room.venues.get(name)
        if venue is None:
            return _held("venue", f"{name} is not configured")
        must_go = self._worker.must_go(view, name) is not None
        if not self._room.watcher.knows(name):
            async with self._claim((view.sale.id, name), view.sale.id) as is_mine:
                if is_mine:
                    await self._worker.take_off(view, name)
            if not await self._room.watcher.is_ready(name):
                return _held("venue", f"{name} does not answer")
            return Step(True, f"{name} answers")
        if name in self._unchecked and not must_go:
            if view.halt is not None or self._room.sender.is_halted:
                return _held(HoldKind.HALT, "the desk is halted")
            if not await self._recovery.check(name, Recovered()):
                return _held("venue", f"what {name} has of this desk could not be compared with the ledger yet")
            self._unchecked.discard(name)
            return Step(True, f"what {name} has agrees with the ledger, or an alarm says where not")
        may_send = view.sale.state is SaleState.WORKING and view.live_at(name) is None
        if may_send and not self._recovery.has_checked(name, view.sale.id):
            if not await self._recovery.check_sale(name, view.sale.id):
                return _held("venue", f"the trades at {name} could not be compared with this sale yet")
            return Step(True, f"the trades at {name} agree with this sale, or an alarm says where not")
        async with self._claim((view.sale.id, name), view.sale.id) as is_mine:
            return await self._worker.advance(view, name) if is_mine else BUSY

    @asynccontextmanager
    async def _claim(self, key: object, sale_id: str) -> AsyncIterator[bool]:
        """One worker per key. Who comes second is told so, and who is there looks once more."""
        if key in self._busy:
            self._again.add(sale_id)
            yield False
            return
        self._busy.add(key)
        try:
            yield True
        finally:
            self._busy.discard(key)


def _held(kind: str, words: str) -> Step:
    return Step(False, words, hold=Hold(kind, words))
