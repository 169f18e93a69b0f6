"""A desk whose daemon runs in the bench's own loop, at a paper exchange of another process behind the relay.

What a bench times against the loop's own timers or against bare ccxt has to share their loop; everything else about
the daemon is as `desk daemon` has it.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from pathlib import Path

import structlog

from desk.acts import signing
from desk.acts.staging import Asked, stage_sale
from desk.clock import LiveClock
from desk.daemon import Daemon
from desk.demo.world import APPROVERS, STAGER, World, running
from desk.ledger import Ledger, live, markets, sales
from desk.sale.records import Sale, Slice

RELAY = ("tests.bench.relay",)
CALM = (*RELAY, "--exchange", "tests.desk.demo.calm_exchange")
"""A market in which what rests is left alone."""
_READY_WITHIN_S = 30.0


@contextmanager
def desk_without_daemon(folder: Path, exchange: tuple[str, ...] = RELAY) -> Iterator[World]:
    """A desk in real time in a new folder, its exchange running."""
    folder.mkdir()
    with running(folder, speed=1, seed=1, paper_module=exchange, with_daemon=False) as world:
        yield world


@asynccontextmanager
async def at_work(daemon: Daemon) -> AsyncIterator[None]:
    """The daemon working in this loop, its venues watched; asked to stop at the end, and waited for."""
    only_warnings()
    async with daemon:
        work = asyncio.create_task(daemon.run())
        await until(lambda: _knows_its_market(daemon.ledger))
        try:
            yield
        finally:
            daemon.stop()
            await work


async def until(is_true: Callable[[], bool], within_s: float = _READY_WITHIN_S) -> None:
    """Asks until it is so. Raises TimeoutError."""
    async with asyncio.timeout(within_s):
        while not is_true():
            await asyncio.sleep(0.05)


def signed_sale(world: World, ledger: Ledger, asked: Asked, *, approvers: int = 1) -> str:
    """Staged and signed; its id. One approver does for a sale below the tier that asks for two."""
    staged = stage_sale(world.config, ledger, world.clock, asked, key_file=world.key_of(STAGER))
    for name in APPROVERS[:approvers]:
        signing.approve(world.config, ledger, world.clock, staged.sale_id, key_file=world.key_of(name))
    return staged.sale_id


def read_sale(ledger: Ledger, sale_id: str) -> tuple[Sale, list[Slice]]:
    """The sale as it stands, and its slices."""
    with ledger.read() as tx:
        sale = sales.get(tx, sale_id)
        assert sale is not None
        return sale, sales.slices(tx, sale_id)


def monotonic_at(clock: LiveClock, desk: datetime) -> float:
    """The second of the monotonic clock, which loops and the relay read, at a desk time."""
    return clock.line.wall_at(desk).timestamp() - time.time() + time.monotonic()


def only_warnings() -> None:
    """The daemon's log, on stderr, without what goes as it should."""
    structlog.configure(
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
    )


def _knows_its_market(ledger: Ledger) -> bool:
    with ledger.read() as tx:
        return bool(live.quotes(tx)) and bool(live.balances(tx)) and markets.market(tx, "kraken") is not None
