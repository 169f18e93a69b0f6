"""Who sends next: cancels before look-ups before creates before reads, and a hung request holds up nobody.

Two things are kept apart. *Sending* is one at a time, in order of priority, because an exchange refuses a nonce that
is lower than one it has seen: what is signed first has to leave first. *In flight* is counted per priority, so a
create that never gets its answer takes a place from other creates only. A request that takes longer than `patience_s`
to leave (a connection that does not come about) is overtaken; should it arrive after all, its nonce is too low and
the exchange refuses it, which errs to the safe side.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from enum import IntEnum


class Priority(IntEnum):
    """Lower goes first."""

    HALT = 0
    CANCEL = 1
    LOOK_UP = 2
    CREATE = 3
    READ = 4


IN_FLIGHT: Mapping[Priority, int] = {
    Priority.HALT: 4,
    Priority.CANCEL: 16,
    Priority.LOOK_UP: 2,
    Priority.CREATE: 16,
    Priority.READ: 2,
}
PATIENCE_S = 0.25


class Turn:
    """The right to send one request."""

    def __init__(self, queue: RequestQueue, priority: Priority) -> None:
        self._queue = queue
        self.priority = priority
        self._timer: asyncio.TimerHandle | None = None

    def sent(self) -> None:
        """The bytes have left: the next may send. Saying it twice is harmless."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._queue._let_next_send(self)

    def _begin(self, patience_s: float | None) -> None:
        if patience_s is not None:
            self._timer = asyncio.get_running_loop().call_later(patience_s, self.sent)


class RequestQueue:
    """Grants turns. `patience_s` is in wall seconds; None waits for whoever sends, however long."""

    def __init__(
        self, in_flight: Mapping[Priority, int] = IN_FLIGHT, *, patience_s: float | None = PATIENCE_S
    ) -> None:
        self._places = in_flight
        self._patience_s = patience_s
        self._in_flight: Counter[Priority] = Counter()
        self._waiting: list[tuple[Priority, int, asyncio.Future[Turn]]] = []
        self._order = itertools.count()
        self._sending: Turn | None = None

    @asynccontextmanager
    async def turn(self, priority: Priority) -> AsyncIterator[Turn]:
        """Waits for the right to send, and holds a place in flight until the block ends."""
        turn = await self._granted(priority)
        try:
            turn._begin(self._patience_s)
            yield turn
        finally:
            self._give_back(turn)

    async def _granted(self, priority: Priority) -> Turn:
        grant: asyncio.Future[Turn] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (priority, next(self._order), grant))
        self._grant_next()
        try:
            return await grant
        except asyncio.CancelledError:
            if grant.done() and not grant.cancelled():
                self._give_back(grant.result())
            raise

    def _grant_next(self) -> None:
        if self._sending is not None:
            return
        held_back = []
        while self._waiting:
            waiter = heapq.heappop(self._waiting)
            priority, _, grant = waiter
            if grant.done():
                continue
            if self._in_flight[priority] >= self._places[priority]:
                held_back.append(waiter)
                continue
            self._in_flight[priority] += 1
            self._sending = Turn(self, priority)
            grant.set_result(self._sending)
            break
        for waiter in held_back:
            heapq.heappush(self._waiting, waiter)

    def _let_next_send(self, turn: Turn) -> None:
        if self._sending is turn:
            self._sending = None
            self._grant_next()

    def _give_back(self, turn: Turn) -> None:
        self._in_flight[turn.priority] -= 1
        turn.sent()
        self._grant_next()
