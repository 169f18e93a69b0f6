"""What has to go is asked to go first, whatever else is slow, unknown or cannot be put on record (P12)."""

from __future__ import annotations

import asyncio
from collections.abc import Container, Iterable

import structlog

from desk.execution.orders import Order
from desk.execution.room import Room
from desk.execution.unreadable import Claim, Unreadable
from desk.execution.working import Worker
from desk.ledger import LedgerError, StaleEpoch, TermsUnreadable, orders
from desk.venues.model import Unavailable

log = structlog.get_logger()


class Removal:
    """Takes live orders off the book. `claim` keeps two from working at one sale and venue at once."""

    def __init__(self, room: Room, worker: Worker, unreadable: Unreadable, claim: Claim) -> None:
        self._room = room
        self._unreadable = unreadable
        self._worker = worker
        self._claim = claim

    async def of_all(self) -> None:
        """Every live order that has to go. Where the ledger does not tell them, those that memory knows."""
        try:
            live, damaged = await self._room.journal.read_within(
                self._room.settings.record_within_s, orders.live_readable
            )
        except StaleEpoch:
            raise
        except LedgerError as problem:
            await self.from_memory(problem)
            raise
        lost = [self.from_memory(damaged[0], but={order.client_order_id for order in live})] if damaged else []
        await asyncio.gather(self.of(live), *lost)

    async def of(self, live: Iterable[Order]) -> None:
        """Those of these orders that have to go."""
        await asyncio.gather(*(self._take_off(order) for order in live if order.venue in self._room.venues))

    async def from_memory(self, problem: LedgerError, *, but: Container[str] = ()) -> None:
        """A halt or a stop cancels what was last seen to rest, without a record: it cannot be read."""
        why = "the HALT file is up" if self._room.sender.is_halted else self._worker.stopping
        if why is not None:
            rests = [order for order in self._worker.rests.values() if order.client_order_id not in but]
            await self._unrecorded(rests, why, problem)

    async def of_damaged(self, problem: TermsUnreadable) -> None:
        """What was last seen to rest of a sale that cannot be read, where not even the order's own row can be."""
        rests = [order for order in self._worker.rests.values() if order.sale_id == problem.sale_id]
        if rests:
            known, _ = await self._room.journal.read(lambda tx: orders.live_readable(tx, problem.sale_id))
            there = {order.client_order_id for order in known}
            lost = [order for order in rests if order.client_order_id not in there]
            await self._unrecorded(lost, str(problem), problem)

    async def _unrecorded(self, rests: Iterable[Order], why: str, problem: LedgerError) -> None:
        going = [order for order in rests if self._room.resolver.may_cancel(order)]
        for order in going:
            self._room.resolver.cancelled_now(order)
        await asyncio.gather(
            *(
                self._room.sender.cancel_unrecorded(order, self._room.venues[order.venue], why, problem)
                for order in going
            )
        )

    async def _take_off(self, order: Order) -> None:
        try:
            view = await self._room.journal.sale(order.sale_id)
            async with self._claim((order.sale_id, order.venue), order.sale_id) as is_mine:
                if is_mine and view is not None:
                    await self._worker.take_off(view, order.venue)
        except StaleEpoch:
            raise
        except TermsUnreadable as damaged:
            await self._unreadable.hold(damaged)
        except (LedgerError, Unavailable) as problem:
            log.warning("a cancel waits", order=order.client_order_id, problem=str(problem))
