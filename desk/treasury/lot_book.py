"""Lots worked out from the stream of movements: opened, carried from place to place, and taken by what went.

The same stream, rules, picks and marks give the same lots. Nothing here is stored; only what people chose is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import cache

from desk.treasury.coin_records import Receipt, ReceiptKind, ReliefMethod, Transfer
from desk.treasury.gains import in_shares, net_proceeds
from desk.treasury.lots import (
    Disposal,
    Lot,
    LotBook,
    Piece,
    Step,
    Taken,
    Uncovered,
    Unpicked,
    from_cents,
    share,
    to_cents,
)
from desk.treasury.movements import Movement, MovementKind, is_pool, is_transit
from desk.treasury.records import MiningDay
from desk.treasury.relief import Opened, Picked, Ranks, Relief, Shelf
from desk.treasury.valuation import COIN, DOLLARS, Marks, missing_mark
from desk.units import NOTHING, Money, Sats, btc_text, exact_product, notional


def lot_book(stream: Sequence[Movement], relief: Relief, marks: Marks, until: datetime | None = None) -> LotBook:
    """Lots and disposals after everything in `stream` (ordered, as `coin_stream.stream` makes it) before `until`."""
    work = _Work([one for one in stream if until is None or one.at < until], relief, marks)
    work.run()
    return work.result()


@dataclass(slots=True)
class _Draft:
    """A disposal while its coins are taken."""

    movement: Movement
    method: ReliefMethod
    sats: int = 0
    fee_sats: int = 0
    uncovered: int = 0
    rebate: Money = NOTHING
    taken: list[tuple[int, int, int | None, str]] = field(default_factory=list)
    """(lot, sats, cents, place)"""


class _Work:
    """One pass over the stream. Lots are numbers in here: their place in the order they were opened."""

    def __init__(self, stream: Sequence[Movement], relief: Relief, marks: Marks) -> None:
        self._stream, self._marks = stream, marks
        self._openings = [one for one in stream if one.lot is not None and one.sats > 0]
        self._cents = [_opening_cents(one, marks) for one in self._openings]
        self._numbers = {one.lot or "": number for number, one in enumerate(self._openings)}
        opened = zip(self._openings, self._cents, strict=True)
        self._ranks = Ranks([Opened(one.lot or "", acquired(one), one.sats, cents) for one, cents in opened])
        self._gone = [0] * len(self._openings)
        self._steps: list[list[Step]] = [[] for _ in self._openings]
        self._shelves: dict[str, Shelf] = {}
        self._carried: dict[str, list[tuple[int, int]]] = {}
        self._uncarried: dict[str, int] = {}
        self._unmatched: dict[str, int] = {}
        self._uncovered: list[Uncovered] = []
        self._unpicked: list[Unpicked] = []
        self._drafts: dict[str, _Draft] = {}
        self._picked = Picked(relief.picks)
        self._method_on = cache(relief.method_on)

    def run(self) -> None:
        for one in self._stream:
            if one.lot is not None and one.sats > 0:
                self._open(one)
            elif one.kind is MovementKind.MOVED:
                (self._arrive if one.sats > 0 else self._leave)(one)
            else:
                self._dispose(one)

    def _shelf(self, place: str) -> Shelf:
        shelf = self._shelves.get(place)
        if shelf is None:
            shelf = self._shelves[place] = Shelf(self._ranks)
        return shelf

    def _open(self, one: Movement) -> None:
        self._shelf(one.place).put(self._numbers[one.lot or ""], one.sats)
        if one.disposal is not None and one.unit_value is not None:
            self._draft(one).rebate = notional(one.sats, one.unit_value)

    def _leave(self, one: Movement) -> None:
        taken, missing = self._take(one, (one.ref,))
        self._carried.setdefault(one.ref, []).extend(taken)
        self._uncarried[one.ref] = missing
        self._shift(one.place, missing)
        if missing and not is_transit(one.place):
            self._uncovered.append(Uncovered(one, Sats(missing)))

    def _arrive(self, one: Movement) -> None:
        shelf = self._shelf(one.place)
        for lot, sats in self._carried.pop(one.ref, ()):
            shelf.put(lot, sats)
            if not is_transit(one.place):
                self._steps[lot].append(_step(one, sats))
        self._shift(one.place, -self._uncarried.pop(one.ref, 0))

    def _dispose(self, one: Movement) -> None:
        draft = self._draft(one)
        taken, missing = self._take(one, (draft.movement.disposal or "", one.ref))
        draft.taken += [(lot, sats, self._relieve(lot, sats), one.place) for lot, sats in taken]
        if one.kind is draft.movement.kind:
            draft.sats -= one.sats
        else:
            draft.fee_sats -= one.sats
        if missing:
            draft.uncovered += missing
            self._shift(one.place, missing)
            self._uncovered.append(Uncovered(one, Sats(missing)))

    def _draft(self, one: Movement) -> _Draft:
        """The disposal that the movement is part of; the first of them is what it is called by."""
        name = one.disposal or one.id
        if name not in self._drafts:
            self._drafts[name] = _Draft(one, self._method_on(one.day))
        return self._drafts[name]

    def _take(self, one: Movement, names: Iterable[str]) -> tuple[list[tuple[int, int]], int]:
        """Lots for coins that leave a place, and how many coins no lot there covers."""
        shelf, wanted = self._shelf(one.place), -one.sats
        taken = self._picked.take(names, shelf, self._numbers, wanted)
        wanted -= sum(sats for _, sats in taken)
        method = self._method_on(one.day)
        unpicked = shelf.take(wanted, method)
        found = sum(sats for _, sats in unpicked)
        if found and method is ReliefMethod.SPECIFIC and one.kind.is_disposal:
            self._unpicked.append(Unpicked(one, Sats(found)))
        return [*taken, *unpicked], wanted - found

    def _relieve(self, lot: int, sats: int) -> int | None:
        """The cost in cents of so many more coins of a lot."""
        before = self._gone[lot]
        self._gone[lot] = before + sats
        cents, whole = self._cents[lot], self._openings[lot].sats
        return None if cents is None else share(cents, before + sats, whole) - share(cents, before, whole)

    def _shift(self, place: str, sats: int) -> None:
        if sats:
            self._unmatched[place] = self._unmatched.get(place, 0) + sats

    def result(self) -> LotBook:
        return LotBook(
            lots=self._lots(),
            disposals=tuple(self._disposal(draft) for draft in self._drafts.values()),
            uncovered=tuple(self._uncovered),
            unmatched={place: Sats(sats) for place, sats in sorted(self._unmatched.items()) if sats},
            unused_picks=self._picked.unused(),
            unpicked=tuple(self._unpicked),
        )

    def _disposal(self, draft: _Draft) -> Disposal:
        net = net_proceeds(draft.movement, self._marks, draft.rebate)
        coins = draft.sats + draft.fee_sats
        nets = in_shares(net.amount, [Sats(sats) for _, sats, _, _ in draft.taken], coins)
        taken = tuple(
            Taken(
                self._openings[lot].lot or "",
                acquired(self._openings[lot]),
                place,
                Sats(sats),
                None if cents is None else from_cents(cents),
                part,
            )
            for (lot, sats, cents, place), part in zip(draft.taken, nets, strict=True)
        )
        missing = [*net.missing, *_without_cost(draft, taken)]
        return Disposal(
            draft.movement,
            draft.method,
            Sats(draft.sats),
            Sats(draft.fee_sats),
            taken,
            Sats(draft.uncovered),
            net.amount,
            net.rates,
            tuple(missing),
        )

    def _lots(self) -> tuple[Lot, ...]:
        lying: list[list[tuple[str, int]]] = [[] for _ in self._openings]
        for place in sorted(self._shelves):
            for lot, sats in self._shelves[place].held.items():
                lying[lot].append((place, sats))
        return tuple(self._lot(number, lying[number]) for number in self._ranks.at[ReliefMethod.FIFO])

    def _lot(self, number: int, lying: Sequence[tuple[str, int]]) -> Lot:
        one, cents, steps = self._openings[number], self._cents[number], tuple(self._steps[number])
        pieces, gone = [], self._gone[number]
        for place, sats in lying:
            cost = None
            if cents is not None:
                cost = from_cents(share(cents, gone + sats, one.sats) - share(cents, gone, one.sats))
            pieces.append(Piece(place, Sats(sats), cost))
            gone += sats
        earned, received, source, txid = _told(one, steps)
        return Lot(
            id=one.lot or "",
            kind=one.kind,
            acquired=acquired(one),
            sats=one.sats,
            cost=None if cents is None else from_cents(cents),
            missing="" if cents is not None else _what_it_takes(one),
            movement=one,
            earned=earned,
            credited=one.at,
            received=received,
            source=source,
            txid=txid,
            pieces=tuple(pieces),
            steps=steps,
        )


def acquired(opening: Movement) -> datetime:
    """When a lot was acquired, as relief goes by it: for an opening lot the original date, else when it came."""
    origin = opening.origin
    if isinstance(origin, Receipt) and origin.kind is ReceiptKind.OPENING:
        if origin.earned is not None:
            return datetime.combine(origin.earned, time(0), UTC)
        return origin.received or origin.credited
    return opening.at


def _opening_cents(one: Movement, marks: Marks) -> int | None:
    """The whole lot's cost: its stated basis, or its value at recognition, rounded to the cent once."""
    amount = one.amount
    if amount is None and one.unit_value is not None:
        amount = notional(one.sats, one.unit_value)
    if amount is None or one.currency == DOLLARS:
        return None if amount is None else to_cents(amount)
    rate = marks.dollars(one.currency, one.day)
    return None if rate is None else to_cents(exact_product(amount, rate.value))


def _told(one: Movement, steps: Sequence[Step]) -> tuple[date | None, datetime | None, str, str]:
    """Earned, received, where it came from, and the transaction that brought it."""
    origin = one.origin
    if isinstance(origin, MiningDay):
        paid = next((step for step in steps if is_pool(step.from_place)), None)
        return origin.day, paid.at if paid else None, origin.pool, paid.txid if paid else ""
    if isinstance(origin, Receipt):
        came_from = origin.counterparty or origin.source
        return origin.earned, origin.received, came_from, origin.source_id
    return None, one.at, one.place, ""


def _what_it_takes(one: Movement) -> str:
    if isinstance(one.origin, MiningDay):
        return missing_mark(COIN, one.origin.day)
    if one.kind is MovementKind.OPENING:
        return "neither cost nor unit value stated"
    return f"neither cost nor unit value stated, {missing_mark(COIN, one.day)}"


def _step(arrival: Movement, sats: int) -> Step:
    transfer = arrival.origin
    assert isinstance(transfer, Transfer)
    return Step(transfer.id, transfer.txid, arrival.at, transfer.from_place, transfer.to_place, Sats(sats))


def _without_cost(draft: _Draft, taken: Iterable[Taken]) -> list[str]:
    lines = [f"cost of lot {one.lot} unknown" for one in taken if one.cost is None]
    if draft.uncovered:
        lines.append(f"no lot covers {btc_text(Sats(draft.uncovered))} BTC")
    return lines
