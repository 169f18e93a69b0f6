"""Lots as a screen shows them: what every coin cost and is worth, and which lots the sales under way would take."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from desk.sale.records import Sale
from desk.treasury.lot_preview import LotPart, preview
from desk.treasury.lot_statement import LotStatement
from desk.treasury.lots import Lot, Piece, total
from desk.treasury.relief import Relief
from desk.treasury.valuation import mark_for, missing_mark
from desk.units import NOTHING, Money, Sats, exact_sum


@dataclass(frozen=True, slots=True)
class LotLine:
    """What is left of a lot at one place; money is USD, None where it is not known. `takes`: (sale, satoshis)."""

    lot: str
    acquired: datetime
    source: str
    place: str
    sats: Sats
    cost: Money | None
    value: Money | None
    restriction: str
    takes: tuple[tuple[str, Sats], ...] = ()
    is_illustrative: bool = False

    @property
    def gain(self) -> Money | None:
        """Unrealised."""
        return None if self.cost is None or self.value is None else exact_sum([self.value, -self.cost])

    @property
    def unit_cost(self) -> Decimal | None:
        """Dollars per BTC."""
        return None if self.cost is None or not self.sats else self.cost * 100_000_000 / self.sats


@dataclass(frozen=True, slots=True)
class SaleLots:
    """What a sale still to be done would take: by which rule, at what cost; `uncovered` coins have no lot there."""

    sale: str
    sats: Sats
    lots: int
    cost: Money | None
    uncovered: Sats


@dataclass(frozen=True, slots=True)
class LotsView:
    """Every lot of which something is left, oldest first, as of event `head`; `price` is the mark it is valued by."""

    head: int
    as_of: datetime
    method: str
    price: Decimal | None
    price_source: str
    price_time: datetime | None
    missing: str
    lines: tuple[LotLine, ...]
    sales: tuple[SaleLots, ...]
    problems: tuple[str, ...] = ()

    @property
    def sats(self) -> Sats:
        return Sats(sum(line.sats for line in self.lines))

    @property
    def cost(self) -> Money | None:
        return total([line.cost for line in self.lines])

    @property
    def value(self) -> Money | None:
        return total([line.value for line in self.lines])


@dataclass(frozen=True, slots=True)
class _Taking:
    """A sale as the preview of lots wants it; what it brings is not asked for."""

    id: str
    parts: tuple[tuple[str, Sats], ...]
    sats: Sats
    proceeds: Money = NOTHING


def lots_view(head: int, statement: LotStatement, relief: Relief, sales: Iterable[Sale]) -> LotsView:
    """The lots, with those marked that every sale that is not over would take, the earlier ones first."""
    ahead = [sale for sale in sales if not sale.state.is_final and sale.remaining > 0]
    found = preview(statement.book, relief, [_taking(sale) for sale in ahead], statement.day)
    takes: dict[tuple[str, str], list[tuple[str, Sats]]] = {}
    for sale, taken in found.items():
        for part in taken.parts:
            takes.setdefault((part.lot, part.place), []).append((sale, part.sats))
    rate = mark_for(statement.marks, statement.day)
    return LotsView(
        head=head,
        as_of=statement.as_of,
        method=str(statement.method),
        price=rate.value if rate else None,
        price_source=rate.source if rate else "",
        price_time=rate.observed if rate else None,
        missing="" if rate else missing_mark("BTC", statement.day),
        lines=tuple(
            _line(statement, lot, piece, tuple(takes.get((lot.id, piece.place), ())))
            for lot in statement.book.lots
            for piece in lot.pieces
        ),
        sales=tuple(
            SaleLots(sale.id, Sats(sale.remaining), _count(taken.parts), taken.cost, taken.uncovered)
            for sale in ahead
            for taken in [found[sale.id]]
        ),
        problems=statement.problems,
    )


def _taking(sale: Sale) -> _Taking:
    """What is left of a sale, shared out to its venues in the order of its terms."""
    left, parts = int(sale.remaining), []
    for share in sale.terms.venues:
        some = min(left, int(share.cap))
        left -= some
        parts.append((share.venue, Sats(some)))
    return _Taking(sale.id, tuple(parts), Sats(sale.remaining))


def _count(parts: Iterable[LotPart]) -> int:
    return len({part.lot for part in parts})


def _line(statement: LotStatement, lot: Lot, piece: Piece, takes: tuple[tuple[str, Sats], ...]) -> LotLine:
    restriction = statement.restrictions.get(piece.place)
    return LotLine(
        lot=lot.id,
        acquired=lot.acquired,
        source=lot.source,
        place=piece.place,
        sats=piece.sats,
        cost=piece.cost,
        value=statement.worth(piece.sats),
        restriction=f"loan {restriction.loan}" if restriction else "",
        takes=takes,
        is_illustrative=lot.movement.is_illustrative,
    )
