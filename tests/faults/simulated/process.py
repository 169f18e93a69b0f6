"""One daemon process in a simulated world: it works sales, and it dies, stands still or is overtaken at any await."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Protocol

from desk.execution.executor import Executor
from desk.execution.settings import ExecutionSettings
from desk.ledger import Ledger, LedgerBusy, LedgerError, ReadTx, StaleEpoch, control
from desk.ledger.records import Command
from desk.sale.controls import ControlLimits
from desk.sale.records import Sale
from desk.venues.gateway import CcxtVenue, Line
from desk.venues.model import Book, Unavailable
from tests.faults.simulated.exchange import BatchingDialect, FaultyDialect
from tests.faults.simulated.judge import Judge
from tests.faults.simulated.matching import Exchange
from tests.faults.simulated.memory import DirectLedger
from tests.faults.simulated.plan import Plan
from tests.faults.simulated.timeline import HostClock, Timeline

_SWEEPS_AT_ONCE = 3


class Death(BaseException):
    """The process is gone."""


class Signatures(Protocol):
    """What the world says of signatures; what real ones prove is tested where they live."""

    def sale(self, tx: ReadTx, sale: Sale, now: datetime) -> object: ...
    def command(self, tx: ReadTx, command: Command, now: datetime) -> object: ...


class Fate:
    """Counts every await of every process of a world, and knows at which of them what happens."""

    def __init__(self, plan: Plan, timeline: Timeline) -> None:
        self.plan = plan
        self.timeline = timeline
        self.passed = 0
        self.draws = random.Random(f"fate {plan.seed}")
        self.deaths = list(plan.deaths)
        self.stalls = dict(plan.stalls)
        self.overtakings = list(plan.overtakings)
        self.is_over = False


class StreamedVenue(CcxtVenue):
    """The real gateway, shown a book as its stream would."""

    def show(self, book: Book) -> None:
        self._take(book)


class Process:
    """One incarnation. Whatever it still does after its death is nothing: every await of a dead one raises Death."""

    def __init__(
        self,
        fate: Fate,
        ledger: Ledger,
        exchanges: Mapping[str, Exchange],
        judge: Judge,
        clock: HostClock,
        *,
        signatures: Signatures,
        limits: ControlLimits,
        halt_file: Path,
    ) -> None:
        self.fate = fate
        self.judge = judge
        self.clock = clock
        self.is_dead = False
        self.died_at = ""
        self.frozen_until = 0.0
        self.wants_successor = asyncio.Event()
        self._limits, self._signatures, self._halt_file = limits, signatures, halt_file
        self._died = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._sweeps: set[asyncio.Task[None]] = set()
        self.thread = DirectLedger(ledger, clock, self.point)
        self.dialects = {name: self._dialect(exchange) for name, exchange in exchanges.items()}
        self.venues = {name: self._venue(name) for name in exchanges}
        self.executor: Executor | None = None

    async def run(self) -> None:
        """Until it dies, is fenced off, or the world is over."""
        body = asyncio.ensure_future(self._live())
        dying = asyncio.ensure_future(self._died.wait())
        await asyncio.wait({body, dying}, return_when=asyncio.FIRST_COMPLETED)
        self.is_dead = True
        everything = [body, dying, *self._tasks]
        for task in everything:
            task.cancel()
        for result in await asyncio.gather(*everything, return_exceptions=True):
            if isinstance(result, BaseException) and not isinstance(
                result, Death | StaleEpoch | asyncio.CancelledError
            ):
                self.judge.say(f"a task of the daemon failed: {result!r}")

    def notice(self) -> None:
        """Somebody wrote a command or put up the HALT file."""
        if self.executor is not None and not self.is_dead:
            self._aside(self.executor.apply_commands)

    async def point(self, name: str) -> None:
        """An await. Here it may end, stand still, or let others go first."""
        self._alive()
        fate = self.fate
        fate.passed += 1
        if fate.passed > 60_000:
            raise RuntimeError(f"the daemon spins: 60,000 awaits, the last one {name}")
        if fate.deaths and fate.passed >= fate.deaths[0] and not fate.is_over:
            fate.deaths.pop(0)
            self.judge.seen[f"died {name}"] += 1
            self.died_at = name
            self._died.set()
            self.is_dead = True
            raise Death(name)
        stall = fate.stalls.pop(fate.passed, 0.0)
        if stall:
            self.judge.met("stood still")
            fate.timeline.pass_s(stall)
        if fate.overtakings and fate.passed >= fate.overtakings[0]:
            fate.overtakings.pop(0)
            lasts = fate.draws.choice((1.0, 4.0, 8.0, 14.0, 30.0))
            self.frozen_until = fate.timeline.now_s + lasts
            self.judge.seen[f"overtaken {name}"] += 1
            self.wants_successor.set()
        while self.frozen_until > fate.timeline.now_s:
            await asyncio.sleep(self.frozen_until - fate.timeline.now_s)
            self._alive()
        if name == "before a commit" and fate.plan.busy and fate.draws.random() < fate.plan.busy:
            self.judge.locked_us = fate.timeline.now_us
            raise LedgerBusy("the database is locked by another process; nothing was written, try again")
        if fate.plan.yields and fate.draws.random() < fate.plan.yields:
            await asyncio.sleep(0)
            self._alive()

    def _alive(self) -> None:
        if self.is_dead:
            raise Death

    async def _live(self) -> None:
        epoch = await self._epoch()
        self.executor = Executor(
            self.thread,
            self.venues,
            self.clock,
            self._limits,
            permission=self._signatures,  # type: ignore[arg-type]
            halt_file=self._halt_file,
            epoch=epoch,
            settings=ExecutionSettings(),
        )
        await self._recover(self.executor)
        if any(exchange.plan.is_streaming for exchange in self._exchanges()):
            self._aside(partial(self._stream, self.executor))
            self._aside(self.executor.follow_hints)
        while not self.fate.is_over:
            if len(self._sweeps) < _SWEEPS_AT_ONCE:
                sweep = self._aside(self.executor.sweep)
                self._sweeps.add(sweep)
                sweep.add_done_callback(self._sweeps.discard)
            await asyncio.sleep(self.fate.plan.pace_s)
            while self.frozen_until > self.fate.timeline.now_s:
                await asyncio.sleep(self.frozen_until - self.fate.timeline.now_s)

    async def _epoch(self) -> int:
        while True:
            try:
                return await self.thread.write(
                    lambda tx: control.take_epoch(tx, 1, "host", self.clock.now()), actor="daemon"
                )
            except LedgerBusy:
                await asyncio.sleep(0.1)

    async def _recover(self, executor: Executor) -> None:
        for venue in self.venues.values():
            await self._open(venue)
        while True:
            try:
                await executor.recover()
            except LedgerBusy:
                await asyncio.sleep(0.1)
            else:
                return

    async def _open(self, venue: CcxtVenue) -> None:
        """Once; what does not answer is opened by the executor later."""
        try:
            await venue.open()
        except Unavailable:
            return

    async def _stream(self, executor: Executor) -> None:
        while True:
            for name, dialect in self.dialects.items():
                kinds = dialect.exchange.market.kinds
                if dialect.exchange.plan.is_streaming and not kinds & {"frozen", "down"}:
                    book = dialect.current_book()
                    self.venues[name].show(book)
                    executor.book_seen(name, book)
            await asyncio.sleep(1.0)
            while self.frozen_until > self.fate.timeline.now_s:
                await asyncio.sleep(self.frozen_until - self.fate.timeline.now_s)

    def _aside(self, what: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
        task = asyncio.ensure_future(self._guarded(what))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _guarded(self, what: Callable[[], Awaitable[None]]) -> None:
        """As the daemon has it: who was overtaken stops; a busy database is tried again with the next sweep."""
        try:
            await what()
        except StaleEpoch:
            self.judge.seen["fenced off"] += 1
            self._died.set()
        except LedgerError as problem:
            self.judge.seen[f"sweep: {type(problem).__name__}"] += 1
        except Exception as problem:
            self.judge.say(f"a task of the daemon failed: {problem!r}")

    def _exchanges(self) -> list[Exchange]:
        return [dialect.exchange for dialect in self.dialects.values()]

    def _dialect(self, exchange: Exchange) -> FaultyDialect:
        draws = random.Random(f"wire {self.fate.plan.seed} {exchange.name} {self.fate.passed}")
        kind = BatchingDialect if exchange.plan.expires_orders else FaultyDialect
        return kind(exchange, self.clock, self.point, self.judge, draws)

    def _venue(self, name: str) -> StreamedVenue:
        return StreamedVenue(name, clock=self.clock, connect=lambda: Line(self.dialects[name], ()))
