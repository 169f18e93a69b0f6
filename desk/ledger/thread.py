"""The ledger's face for asyncio: one thread writes, one reads, so that neither blocks the loop or the other."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from desk.clock import Clock
from desk.ledger.errors import LedgerBusy
from desk.ledger.ledger import Ledger
from desk.ledger.transactions import ReadTx, WriteTx

T = TypeVar("T")


class LedgerThread:
    """Runs transactions off the loop, writes in the order they were asked for. A cancelled wait still commits."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self.ledger = ledger
        self._clock = clock
        self._writes = ThreadPoolExecutor(1, thread_name_prefix="ledger-write")
        self._reads = ThreadPoolExecutor(1, thread_name_prefix="ledger-read")
        self._numbers = itertools.count()
        self._waiting: dict[int, float] = {}

    @property
    def waits_s(self) -> float:
        """Wall seconds for which the oldest write that is not done has waited; more than one: the file is held."""
        return self._clock.monotonic() - min(self._waiting.values()) if self._waiting else 0.0

    async def write(self, fn: Callable[[WriteTx], T], *, actor: str) -> T:
        """`fn`'s value once its transaction is durable; whatever it raises has undone it."""

        def run() -> T:
            with self.ledger.write(actor=actor, clock=self._clock) as tx:
                return fn(tx)

        number = next(self._numbers)
        self._waiting[number] = self._clock.monotonic()
        try:
            return await asyncio.get_running_loop().run_in_executor(self._writes, run)
        finally:
            del self._waiting[number]

    async def write_within(self, fn: Callable[[WriteTx], T], *, actor: str, within_s: float) -> T:
        """As `write`, for what cannot wait. Raises LedgerBusy where it has not begun by then; then it never will."""
        claim = threading.Lock()

        def claimed(tx: WriteTx) -> T:
            if not claim.acquire(blocking=False):
                raise LedgerBusy("nobody waits for this any more")
            return fn(tx)

        return await _within(self.write(claimed, actor=actor), within_s, lambda: claim.acquire(blocking=False))

    async def read_within(self, fn: Callable[[ReadTx], T], *, within_s: float) -> T:
        """As `read`. Raises LedgerBusy where it has not ended by then."""
        return await _within(self.read(fn), within_s, lambda: True)

    async def read(self, fn: Callable[[ReadTx], T]) -> T:
        """`fn`'s value over one consistent view."""

        def run() -> T:
            with self.ledger.read() as tx:
                return fn(tx)

        return await asyncio.get_running_loop().run_in_executor(self._reads, run)

    async def data_version(self) -> int:
        """See `Ledger.data_version`; asked directly, because it takes microseconds."""
        return self.ledger.data_version()

    def close(self) -> None:
        """Waits for what was asked for. The ledger itself stays open."""
        self._writes.shutdown(wait=True)
        self._reads.shutdown(wait=True)


async def _within(work: Awaitable[T], within_s: float, may_leave: Callable[[], bool]) -> T:
    """What `work` brings, unless it takes too long and may be left to itself."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait({task}, timeout=within_s)
    except asyncio.CancelledError:
        task.cancel()
        raise
    if not task.done() and may_leave():
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        raise LedgerBusy(f"the ledger has been held for longer than {within_s:g} s")
    return await task
