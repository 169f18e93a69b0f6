"""Which lots the plan's sales would take, by the relief rule in force: a preview, since relief follows the fills."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from desk.treasury.coin_records import ReliefMethod
from desk.treasury.lots import Lot, LotBook, from_cents, share, to_cents, total
from desk.treasury.relief import Opened, Ranks, Relief, Shelf
from desk.units import Money, Sats, exact_sum


@dataclass(frozen=True, slots=True)
class LotPart:
    """Coins of one lot; `cost` is their part of its cost, None where that is not known."""

    lot: str
    place: str
    sats: Sats
    cost: Money | None


@dataclass(frozen=True, slots=True)
class LotPreview:
    """What a proposal would take at its venues. `uncovered` coins have no lot there: deposits, or a break."""

    method: ReliefMethod
    parts: tuple[LotPart, ...]
    uncovered: Sats
    proceeds: Money

    @property
    def cost(self) -> Money | None:
        return None if self.uncovered else total([part.cost for part in self.parts])

    @property
    def gain(self) -> Money | None:
        """Expected proceeds, with all of the plan's caution, less the cost."""
        cost = self.cost
        return None if cost is None else exact_sum([self.proceeds, -cost])


class Takes(Protocol):
    """What takes lots: a proposal, or what is left of a sale. `parts` are coins by venue."""

    @property
    def id(self) -> str: ...
    @property
    def parts(self) -> tuple[tuple[str, Sats], ...]: ...
    @property
    def sats(self) -> Sats: ...
    @property
    def proceeds(self) -> Money: ...


def preview(book: LotBook, relief: Relief, proposals: Iterable[Takes], today: date) -> Mapping[str, LotPreview]:
    """The lots of each proposal by its id, one after another: what the first takes the second cannot."""
    lots = [lot for lot in book.lots if lot.pieces]
    ranks = Ranks(
        [Opened(lot.id, lot.acquired, lot.sats, None if lot.cost is None else to_cents(lot.cost)) for lot in lots]
    )
    shelves: dict[str, Shelf] = {}
    for number, lot in enumerate(lots):
        for piece in lot.pieces:
            shelves.setdefault(piece.place, Shelf(ranks)).put(number, piece.sats)
    method = relief.method_on(today)
    return {one.id: _taken(one, lots, shelves, method) for one in proposals}


def _taken(one: Takes, lots: Sequence[Lot], shelves: Mapping[str, Shelf], method: ReliefMethod) -> LotPreview:
    parts: list[LotPart] = []
    for venue, sats in one.parts:
        shelf = shelves.get(venue)
        for number, taken in shelf.take(sats, method) if shelf else ():
            parts.append(LotPart(lots[number].id, venue, Sats(taken), _cost(lots[number], taken)))
    covered = sum(part.sats for part in parts)
    return LotPreview(method, tuple(parts), Sats(one.sats - covered), one.proceeds)


def _cost(lot: Lot, sats: int) -> Money | None:
    """The part of the lot's whole cost that goes with so many of its coins, to the nearest cent."""
    return None if lot.cost is None else from_cents(share(to_cents(lot.cost), sats, lot.sats))
