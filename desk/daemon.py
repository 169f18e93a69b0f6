"""What runs when: the headless process that works approved sales (design §3).

Domain rows with due times are the truth. APScheduler only wakes: its jobs live in memory, carry a slice's id, and are
made again from rows at start and after every change; a sweep each second catches whatever a wake missed.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from functools import partial
from pathlib import Path
from types import TracebackType

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from desk.acts.staging import control_limits
from desk.acts.stopping import read_halt_file
from desk.audit.checkpoints import CheckpointFile
from desk.clock import LiveClock
from desk.config import Config
from desk.duty.dead_man import DeadMan
from desk.duty.lock import DaemonLock
from desk.duty.looks import LOOK_EVERY_S, VenueLooks
from desk.duty.notify import notify
from desk.duty.observe import VenueWatch
from desk.duty.permission import SignedPermission
from desk.duty.treasury import treasury_duties
from desk.duty.venues import open_venue
from desk.execution.executor import Executor
from desk.execution.recovery import Recovered
from desk.execution.settings import paced_for
from desk.ledger import Ledger, LedgerBusy, LedgerError, LedgerThread, StaleEpoch, WriteTx, control, events, live
from desk.permission.key_files import load_private_key
from desk.venues.model import Book, Unavailable

COMMANDS_EVERY_S = 0.2
"""Each look costs an idle machine a wake; a command or a halt has to be noticed within 250 ms (P12)."""
SWEEP_EVERY_S = 1.0
_VENUE_RETRY_S = 5.0
_SWEEPS_AT_ONCE = 3

log = structlog.get_logger()


class Daemon:
    """One turn of working orders: from taking the lock to letting go of it. Make it, then `await run()`."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.lock = DaemonLock(config.lock_file)
        self._stopping = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._sweeps: set[asyncio.Task[None]] = set()
        self._version: int | None = None
        self._newest = 0
        self._heard: tuple[int, bool] | None = None
        self._scheduled: tuple[int, dict[str, datetime]] | None = None
        self._is_ready = False
        self._scheduler = AsyncIOScheduler(
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 3}
        )

    async def __aenter__(self) -> Daemon:
        self.lock.take()
        self.ledger = Ledger.open(self.config.settings.desk.database)
        self._database, self._halt_file = self.config.database_file, self.config.halt_file
        self._file = _identity(self._database)
        self.clock = LiveClock(self.ledger.desk.line)
        self.thread = LedgerThread(self.ledger, self.clock)
        self.epoch = await self.thread.write(
            lambda tx: control.take_epoch(tx, os.getpid(), socket.gethostname(), self.clock.now()), actor="daemon"
        )
        self.venues = {
            name: open_venue(name, venue, self.clock, on_book=partial(self._book_seen, name))
            for name, venue in self.config.settings.venues.items()
        }
        self.looks = VenueLooks(self.venues, self.thread, self.clock)
        self.executor = Executor(
            self.thread,
            self.venues,
            self.clock,
            limits=control_limits(self.config),
            permission=SignedPermission(self.config, self.ledger.desk.desk_id, self.clock),
            halt_file=self.config.halt_file,
            epoch=self.epoch,
            settings=paced_for(self.clock.speed),
            on_change=self._changed,
            accounts={name: venue.account for name, venue in self.config.settings.venues.items()},
            look=self.looks.all,
        )
        self.watches = [VenueWatch(venue, self.thread, self.clock) for venue in self.venues.values()]
        self.switches = [
            DeadMan(self.venues[name], self.thread, self.clock, venue.dead_mans_switch_s)
            for name, venue in self.config.settings.venues.items()
            if venue.dead_mans_switch_s is not None
        ]
        audit = self.config.settings.audit
        self.checkpoints = CheckpointFile(audit.checkpoints, load_private_key(audit.key))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for venue in self.venues.values():
            await venue.close()
        self.thread.close()
        self.ledger.close()
        self.lock.release()

    def stop(self) -> None:
        """Asks for a clean end: resting orders are cancelled or left, as configured."""
        self._stopping.set()

    async def run(self, *, once: bool = False) -> None:
        """Works until asked to stop; with `once`, until everything that is due now has been done."""
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, self.stop)
        await self._beat("starting")
        self._every(SWEEP_EVERY_S, lambda: self._beat("working"))
        if not once:
            self._every(COMMANDS_EVERY_S, self._notice)
        await self._open_venues(once=once)
        if not self._stopping.is_set():
            found = await self.executor.recover()
            self._is_ready, self._heard = True, None
            log.info("recovered", **_said(found))
            log.info("ready", epoch=self.epoch, pid=os.getpid())
            notify("READY=1")
            await (self._work_once() if once else self._work())
        await self._end()

    async def _work(self) -> None:
        self._scheduler.start()
        self._every(SWEEP_EVERY_S, self._sweep)
        self._every(SWEEP_EVERY_S, self._reschedule)
        self._every(0, self.executor.follow_hints)
        self._every(paced_for(self.clock.speed).volume_every_s, self.executor.measure_volume)
        for watch in self.watches:
            self._every(SWEEP_EVERY_S, watch.tick)
            self._every(SWEEP_EVERY_S, watch.tick_account)
        for switch in self.switches:
            self._every(SWEEP_EVERY_S, switch.tick)
        self._every(self.config.settings.audit.every_s, self._checkpoint)
        self._every(LOOK_EVERY_S, self.looks.tick)
        for every_s, duty in treasury_duties(self.config, self.thread, self.clock):
            self._every(every_s, duty)
        await self._stopping.wait()
        self._scheduler.pause()  # a shutdown now would cut off wakes whose requests are under way

    async def _work_once(self) -> None:
        for watch in self.watches:
            await watch.tick()
            await watch.tick_account()
        await self.executor.sweep()

    async def _end(self) -> None:
        notify("STOPPING=1")
        live = await self.executor.stop(cancel_resting=self.config.settings.daemon.on_stop == "cancel")
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        running = list(self._tasks)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        for switch in self.switches:
            await self._guarded(switch.let_go(leaves_orders=self.config.settings.daemon.on_stop == "leave"))
        await self._checkpoint()
        with suppress(StaleEpoch):  # another has taken over: whether that one is at work is its own to say
            await self._beat("stopped")
        log.info("stopped", epoch=self.epoch, live_orders=len(live))

    async def _open_venues(self, *, once: bool) -> None:
        """Markets are loaded before anything is ready; a venue that cannot be reached is tried again, visibly.

        What has to go is cancelled first, and again while one is waited for (P12).
        """
        await self.executor.take_off()
        for name, venue in self.venues.items():
            while not self._stopping.is_set():
                try:
                    await venue.open()
                    if not once:
                        await venue.start_stream()
                    break
                except Unavailable as problem:
                    await self._unreachable(name, str(problem))
                    if once:
                        raise
                    await self.executor.take_off()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), _VENUE_RETRY_S)

    async def _unreachable(self, name: str, problem: str) -> None:
        log.warning("venue cannot be reached, trying again", venue=name, problem=problem)
        wall = self.clock.wall()
        await self.thread.write(lambda tx: live.set_venue_status(tx, name, False, problem, wall), actor="daemon")

    async def _notice(self) -> None:
        """Commands and the HALT file are noticed within 250 ms (P12); what they lead to is not waited for.

        Either comes with an event; most commits are this daemon's own sign of life and bring none. While no venue has
        opened yet they are taken all the same, and only what they lead to at a venue waits.
        """
        with suppress(LedgerBusy):  # somebody is committing: what, is seen at the next look; the file is seen now
            version = self.ledger.data_version()
            if version != self._version:
                self._newest = self.ledger.newest_event()
                self._version = version
        heard = (self._newest, read_halt_file(self._halt_file) is not None)
        if heard != self._heard:
            self._heard = heard
            self._aside(self.executor.apply_commands() if self._is_ready else self.executor.hear())

    async def _sweep(self) -> None:
        """Looks at everything; one that hangs on a venue's answer does not keep the next from the other sales."""
        if len(self._sweeps) < _SWEEPS_AT_ONCE:
            sweep = self._aside(self._swept())
            self._sweeps.add(sweep)
            sweep.add_done_callback(self._sweeps.discard)

    async def _swept(self) -> None:
        await self.executor.sweep()
        notify("WATCHDOG=1")

    async def _reschedule(self) -> None:
        """What is due follows from the record and from what the executor waits for: read when either changed."""
        known = (self._newest, self.executor.wakes)
        if known != self._scheduled:
            self._schedule(await self.executor.next_dues())
            self._scheduled = known

    def _schedule(self, dues: list[tuple[str, datetime]]) -> None:
        """One wake for every slice to come; what is no longer due loses its wake."""
        wanted = dict(dues)
        for job in self._scheduler.get_jobs():
            if job.id not in wanted:
                job.remove()
        for slice_id, due in wanted.items():
            self._scheduler.add_job(
                self._wake,
                "date",
                run_date=self.clock.line.wall_at(due),
                args=(slice_id,),
                id=slice_id,
                replace_existing=True,
            )

    async def _wake(self, due: str) -> None:
        """Beside the scheduler, whose end would cut off a request under way and call that an error."""
        self._aside(self.executor.wake(due))

    async def _checkpoint(self) -> None:
        await asyncio.to_thread(self._sign_checkpoint)

    def _sign_checkpoint(self) -> None:
        with self.ledger.read() as tx:
            head = events.head(tx)
        self.checkpoints.append(self.ledger.desk.desk_id, head, self.clock.wall())

    async def _beat(self, note: str) -> None:
        if _identity(self._database) != self._file:  # its journal would lie beside a stranger's database
            log.critical(
                "the database was moved, deleted or replaced under this daemon; it stops without another word"
            )
            os._exit(1)
        wall = self.clock.wall()
        news = [told for watch in self.watches if (told := watch.news()) is not None]

        def beat(tx: WriteTx) -> None:
            live.beat(tx, os.getpid(), self.epoch, wall, note)
            for told in news:
                told(tx)

        await self.thread.write(beat, actor="daemon")

    def _changed(self, _: str) -> None:
        for watch in self.watches:
            watch.orders_changed()

    def _book_seen(self, venue: str, book: Book) -> None:
        self.executor.book_seen(venue, book)

    def _every(self, seconds: float, work: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
        """Runs `work` again and again; a failure is logged and does not end the daemon, a lost epoch does."""

        async def keep() -> None:
            while not self._stopping.is_set():
                await self._guarded(work())
                await asyncio.sleep(seconds)

        return self._keep(asyncio.create_task(keep()))

    def _aside(self, work: Awaitable[None]) -> asyncio.Task[None]:
        """Runs `work` once, beside everything else."""
        return self._keep(asyncio.create_task(self._guarded(work)))

    def _keep(self, task: asyncio.Task[None]) -> asyncio.Task[None]:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _guarded(self, work: Awaitable[None]) -> None:
        try:
            await work
        except StaleEpoch as problem:
            log.warning("another daemon has taken over", problem=str(problem))
            self.stop()
        except LedgerError as problem:
            log.warning("the ledger refused", problem=str(problem))
        except Exception:  # a task's top: the daemon goes on, the sale's own step has recorded its state
            log.exception("a duty failed")


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file lies at a path: device and inode, or None."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _said(found: Recovered) -> dict[str, int]:
    """How many of each kind a start found, for the log."""
    return {name: len(items) for name, items in asdict(found).items() if items}


async def serve(config: Config, *, once: bool = False) -> None:
    """Runs a daemon from start to clean end. Raises LockHeld, LedgerError, Unavailable (with `once`)."""
    async with Daemon(config) as daemon:
        await daemon.run(once=once)
