"""A sale whose signed terms cannot be read any more: it is held, its orders are taken off, and a person is told.

What it may sell, where and until when is not known; so nothing of it may rest, and the other sales go on (P1, P12).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta

from desk.execution.breaks import UNREADABLE
from desk.execution.orders import Order, OrderState
from desk.execution.room import Room
from desk.execution.working import Hold, Step
from desk.ledger import ReadTx, TermsUnreadable, control, orders
from desk.sale.controls import HoldKind

_AGAIN_S = 1.0
Claim = Callable[[object, str], AbstractAsyncContextManager[bool]]


class Unreadable:
    """Sees to it that such a sale rests nowhere. `claim` keeps two from working at one sale and venue at once."""

    def __init__(self, room: Room, claim: Claim) -> None:
        self._room = room
        self._claim = claim

    async def hold(self, problem: TermsUnreadable) -> Step:
        """One alarm, and one try at each of its live orders."""
        sale_id, words = problem.sale_id, str(problem)
        live, _ = await self._room.journal.read(lambda tx: orders.live_readable(tx, sale_id))
        for order in live:
            async with self._claim((sale_id, order.venue), sale_id) as is_mine:
                if is_mine:
                    await self._settle(order, words)
        if not await self._room.journal.read(lambda tx: _is_told(tx, sale_id)):
            await self._room.journal.alarm(UNREADABLE, sale_id, words)
        clock = self._room.clock
        until = clock.now() + timedelta(seconds=_AGAIN_S * clock.speed) if live else None
        return Step(False, words, until, Hold(HoldKind.ALARM, words))

    async def _settle(self, order: Order, why: str) -> None:
        venue = self._room.venues.get(order.venue)
        if order.state is OrderState.INTENT:
            await self._room.sender.never_sent(order)
        elif venue is None:
            return
        elif self._room.resolver.may_cancel(order):
            await self._room.sender.cancel(order, venue, why, must_go=True)
        elif self._room.resolver.wait_s(order) <= 0 and await self._room.watcher.is_ready(order.venue):
            await self._room.resolver.look_up(order, venue)


def _is_told(tx: ReadTx, sale_id: str) -> bool:
    return any((alarm.kind, alarm.subject) == (UNREADABLE, sale_id) for alarm in control.alarms_readable(tx))
