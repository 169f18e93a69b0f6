"""`desk halt --now`: resting orders are cancelled from here when the daemon is dead or hung (P12).

A hung daemon still holds its lock, so the epoch is what stops it: once a newer one is taken, it can write no order.
The halt stands already, so nothing here can send one either. One that hangs while it holds the database keeps every
record from being written: then the venues are asked without one.
"""

from __future__ import annotations

import asyncio
import os
import socket
from dataclasses import dataclass

from desk.acts.staging import control_limits
from desk.clock import LiveClock
from desk.config import Config
from desk.duty.lock import DaemonLock, LockHeld
from desk.duty.permission import SignedPermission
from desk.duty.unrecorded import cancel_unrecorded
from desk.duty.venues import open_venue
from desk.execution.executor import Executor
from desk.execution.settings import paced_for
from desk.ledger import Ledger, LedgerError, LedgerThread, control, live, orders
from desk.venues.model import Unavailable

WITHIN_S = 30.0
_DAEMON_HAS_S = 5.0
_BEAT_IS_OLD_S = 3.0
_AGAIN_S = 0.3


@dataclass(frozen=True, slots=True)
class Cancelled:
    """What was done, in sentences, and whether every resting order is proven off the book."""

    lines: tuple[str, ...]
    is_proven: bool


def cancel_everything(config: Config) -> Cancelled:
    """Waits for a living daemon to cancel; cancels itself where there is none, or it hangs."""
    return asyncio.run(_cancel_everything(config))


async def _cancel_everything(config: Config) -> Cancelled:
    try:
        return await _cancel_on_record(config)
    except LedgerError as problem:
        return Cancelled(await cancel_unrecorded(config, problem), False)


async def _cancel_on_record(config: Config) -> Cancelled:
    ledger = Ledger.open(config.settings.desk.database)
    clock = LiveClock(ledger.desk.line)
    try:
        if _daemon_lives(ledger, clock) and await _until_none_rests(ledger, clock, _DAEMON_HAS_S):
            return Cancelled(("the daemon has taken every order off the book",), True)
        return await _take_over(config, ledger, clock)
    finally:
        ledger.close()


async def _take_over(config: Config, ledger: Ledger, clock: LiveClock) -> Cancelled:
    lock, lines = DaemonLock(config.lock_file), []
    try:
        lock.take()
    except LockHeld:
        lines.append("the daemon holds its lock but does not work; its epoch is taken, it can write no more orders")
    thread = LedgerThread(ledger, clock)
    venues = {name: open_venue(name, venue, clock) for name, venue in config.settings.venues.items()}
    try:
        epoch = await thread.write(
            lambda tx: control.take_epoch(tx, os.getpid(), socket.gethostname(), clock.now()), actor="halt"
        )
        executor = Executor(
            thread,
            venues,
            clock,
            limits=control_limits(config),
            permission=SignedPermission(config, ledger.desk.desk_id, clock),
            halt_file=config.halt_file,
            epoch=epoch,
            settings=paced_for(clock.speed),
            accounts={name: venue.account for name, venue in config.settings.venues.items()},
        )
        await (
            executor.take_off()
        )  # before anything is read of a venue: a market that does not load holds up no cancel
        for name, venue in venues.items():
            try:
                await venue.open()
            except Unavailable as problem:
                lines.append(f"{name} does not answer, its orders are tried again: {problem}")
        is_proven = await _until_none_rests(ledger, clock, WITHIN_S, executor)
        lines += (await executor.recover()).alarms  # what rests unknown to the ledger; pages trades, so it comes last
    finally:
        for venue in venues.values():
            await venue.close()
        thread.close()
        lock.release()
    left = _live(ledger)
    lines += [f"order {cid} at {venue} is not proven off the book: {state}" for cid, venue, state in left]
    return Cancelled((*lines, "every order is proven off the book") if is_proven else tuple(lines), is_proven)


async def _until_none_rests(
    ledger: Ledger, clock: LiveClock, within_s: float, executor: Executor | None = None
) -> bool:
    until = clock.monotonic() + within_s
    while _live(ledger):
        if clock.monotonic() > until:
            return False
        if executor is not None:
            await executor.sweep()
        await clock.sleep(_AGAIN_S)
    return True


def _live(ledger: Ledger) -> list[tuple[str, str, str]]:
    with ledger.read() as tx:
        return [(order.client_order_id, order.venue, str(order.state)) for order in orders.live(tx)]


def _daemon_lives(ledger: Ledger, clock: LiveClock) -> bool:
    with ledger.read() as tx:
        beat = live.heartbeat(tx)
    return beat is not None and (clock.wall() - beat.wall).total_seconds() < _BEAT_IS_OLD_S
