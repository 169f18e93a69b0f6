"""What has to go is asked to go first, whatever else is slow, unknown or cannot be put on record (P12)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

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
            live = await self._room.journal.read_within(self._room.settings.record_within_s, orders.live)
        except StaleEpoch:
            raise
        except LedgerError as problem:
            await self.from_memory(problem)
            raise
        await self.of(live)

    async def of(self, live: Iterable[Order]) -> None:
        """Those of these orders that have to go."""
        await asyncio.gather(*(self._take_off(order) for order in live if order.venue in self._room.venues))

    async def from_memory(self, problem: LedgerError) -> None:
        """A halt or a stop cancels what was last seen to rest, without a record: nothing can be read."""
        why = "the HALT file is up" if self._room.sender.is_halted else self._worker.stopping
        if why is None:
            return
        going = [order for order in self._worker.rests.values() if self._room.resolver.may_cancel(order)]
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
