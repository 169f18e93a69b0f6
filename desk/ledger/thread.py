"""The ledger's face for asyncio: one thread writes, one reads, so that neither blocks the loop or the other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from desk.clock import Clock
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

    async def write(self, fn: Callable[[WriteTx], T], *, actor: str) -> T:
        """`fn`'s value once its transaction is durable; whatever it raises has undone it."""

        def run() -> T:
            with self.ledger.write(actor=actor, clock=self._clock) as tx:
                return fn(tx)

        return await asyncio.get_running_loop().run_in_executor(self._writes, run)

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
