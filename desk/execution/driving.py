"""A sale's life as time and signatures drive it: slices fall due, windows open and end, sales come to rest."""

from __future__ import annotations

from datetime import UTC, datetime

from desk.execution.room import Room
from desk.execution.scene import smallest_order, window_at
from desk.execution.views import SaleView
from desk.sale.lifecycle import SaleState
from desk.sale.progression import Circumstance, Move, next_move
from desk.sale.steps import SliceMove, slice_moves
from desk.units import Price, Sats
from desk.venues.model import MarketRules, Unavailable

_NEVER = datetime.max.replace(tzinfo=UTC)


class Driver:
    """Records the moves that are due."""

    def __init__(self, room: Room) -> None:
        self._room = room

    async def drive(self, view: SaleView, why_short: str) -> bool:
        """One move of the sale or of its slices, if one is due. True: something changed, look again."""
        slices = self._slice_moves(view)
        if slices:
            await self._room.journal.move_slices(view.sale.id, slices)
            return True
        move = next_move(view.sale, await self._circumstance(view, why_short))
        if move is None:
            return False
        return await self._room.journal.move(view.sale, move, self._dues(view, move))

    async def _circumstance(self, view: SaleView, why_short: str) -> Circumstance:
        return Circumstance(
            now=self._room.clock.now(),
            is_granted=view.is_granted,
            verdict=view.verdict,
            rejected=view.rejected,
            is_halted=view.halt is not None or self._room.sender.is_halted,
            live_orders=len(view.live),
            smallest=self.smallest(view),
            mid=await self._arrival(view),
            why_short=why_short,
        )

    async def _arrival(self, view: SaleView) -> Price | None:
        """The mid at the opening; asked for only when the window is about to open."""
        opens = view.sale.terms.window.opens
        if view.sale.state is not SaleState.SCHEDULED or (opens is not None and self._room.clock.now() < opens):
            return None
        for share in view.sale.terms.venues:
            if share.venue in self._room.venues and await self._room.watcher.is_ready(share.venue):
                mid = await self._room.watcher.mid(share.venue)
                if mid is not None:
                    return mid
        return None

    def _slice_moves(self, view: SaleView) -> list[SliceMove]:
        """Slices that fell due or are over. A closing sale with nothing live leaves no slice open."""
        sale, now = view.sale, self._room.clock.now()
        if sale.window is None:
            return []
        _, closes = sale.window
        latest_due = closes
        for rules in self._rules(view):
            window = window_at(sale, rules, self._room.limits, self._room.clock.speed)
            if window is not None:
                latest_due = min(latest_due, window.latest_due)
        is_at_rest = sale.state is SaleState.CLOSING and not view.live
        return slice_moves(
            view.slices,
            sale.filled,
            _NEVER if is_at_rest else now,
            latest_due=latest_due,
            closes=closes,
            smallest=self.smallest(view),
        )

    def smallest(self, view: SaleView) -> Sats:
        """Below this a remainder is dust."""
        return smallest_order(view.sale.terms, self._room.limits, self._rules(view))

    def _rules(self, view: SaleView) -> list[MarketRules]:
        found = []
        for share in view.sale.terms.venues:
            try:
                found.append(self._room.venues[share.venue].rules)
            except (KeyError, Unavailable):
                continue
        return found

    def _dues(self, view: SaleView, move: Move) -> list[datetime]:
        """Where the window opens with the last signature, the slices' times follow from that moment."""
        if move.opened is None or view.sale.terms.window.opens is not None:
            return []
        return [move.opened + one.offset for one in view.slices]
