"""What we own, by place, and which of it may be offered (P10): every satoshi stands in exactly one column."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from desk.treasury.coin_records import BlockSale, PayOut, Receipt, Transfer
from desk.treasury.records import Loan, LoanState, Place, PlaceKind
from desk.treasury.transit import OnTheWay, moved
from desk.treasury.undelivered import Undelivered, deliveries
from desk.units import ZERO, Sats, btc_text


class Column(StrEnum):
    SELLABLE = "sellable"
    RESERVED = "reserved"
    PLEDGED = "pledged"
    IN_TRANSIT = "in-transit"
    UNSETTLED = "unsettled"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True)
class AgeLimits:
    """How old a figure may be before it is called stale (P8)."""

    balances: timedelta = timedelta(seconds=60)
    pools: timedelta = timedelta(hours=36)
    places: timedelta = timedelta(hours=36)
    transfers: timedelta = timedelta(hours=6)
    """How long a transfer may take where nobody said when it is expected."""


@dataclass(frozen=True, slots=True)
class VenueBalance:
    """BTC at one venue as it last said. `sold_since` was filled after that and is not in `total` any more;
    `ours_on_hold` is the most that our own orders there can have kept out of `free`."""

    venue: str
    total: Sats
    free: Sats
    observed: datetime
    ours_on_hold: Sats = ZERO
    sold_since: Sats = ZERO


@dataclass(frozen=True, slots=True)
class HoldingLine:
    """One line of the explanation: this many satoshis at this place are in this column, because of `why`."""

    column: Column
    kind: str
    place: str
    sats: Sats
    as_of: datetime
    is_stale: bool
    why: str


@dataclass(frozen=True, slots=True)
class Holdings:
    """The lines and what does not fit together, in words. Totals are sums of the lines, nothing else (P9)."""

    lines: tuple[HoldingLine, ...]
    problems: tuple[str, ...] = ()

    def of(self, column: Column) -> Sats:
        return Sats(sum(line.sats for line in self.lines if line.column is column))

    @property
    def total(self) -> Sats:
        return Sats(sum(line.sats for line in self.lines))

    @property
    def sellable(self) -> Sats:
        return self.of(Column.SELLABLE)

    @property
    def unpledged(self) -> Sats:
        """What could be sold once it is at a venue."""
        return Sats(self.total - self.of(Column.PLEDGED) - self.of(Column.UNSETTLED))

    @property
    def is_stale(self) -> bool:
        return any(line.is_stale for line in self.lines if line.sats)

    @property
    def explained(self) -> tuple[str, ...]:
        """One line of text per holding line: amount, column, place, reason."""
        return tuple(f"{btc_text(li.sats)} BTC {li.column} at {li.place}: {li.why}" for li in self.lines if li.sats)


def holdings(
    places: Iterable[Place],
    balances: Iterable[VenueBalance],
    reserved: Mapping[str, Sats],
    loans: Sequence[Loan],
    *,
    now: datetime,
    wall: datetime,
    limits: AgeLimits | None = None,
    transfers: Sequence[Transfer] = (),
    blocks: Sequence[BlockSale] = (),
    pay_outs: Sequence[PayOut] = (),
    receipts: Sequence[Receipt] = (),
) -> Holdings:
    """Places (aged by desk time `now`) and venue balances (aged by `wall`) as one explained picture.

    `reserved` is per venue: the unfilled quantity of unfinished sales. Only what a venue holds beyond that, and
    beyond holds that are not ours, is sellable.
    """
    limits = limits or AgeLimits()
    lines: list[HoldingLine] = []
    problems: list[str] = []
    known = set()
    for balance in balances:
        known.add(balance.venue)
        wanted = reserved.get(balance.venue, ZERO)
        owed = [one for one in deliveries(blocks) if one.place == balance.venue and one.is_open(now)]
        lines += _venue_lines(balance, wanted, owed, is_stale=wall - balance.observed > limits.balances)
        missing = wanted - max(0, _held(balance) - sum(one.sats for one in owed))
        if missing > 0:
            problems.append(f"{balance.venue} holds {btc_text(missing)} BTC less than its sales need")
    problems += [
        f"{venue}: balance unknown, {btc_text(sats)} BTC reserved there"
        for venue, sats in reserved.items()
        if sats and venue not in known
    ]
    placed = moved(places, transfers, blocks, now=now, within=limits.transfers, pay_outs=pay_outs, receipts=receipts)
    for place in placed.places:
        lines += _place_lines(place, loans, placed.undelivered, is_stale=now - place.as_of > limits.places)
    lines += [_way_line(one) for one in placed.on_the_way]
    problems += [*placed.problems, *_collateral_problems(placed.places, loans)]
    return Holdings(tuple(lines), tuple(problems))


def _held(balance: VenueBalance) -> int:
    return max(0, balance.total - balance.sold_since)


def _venue_lines(
    balance: VenueBalance, wanted: Sats, sold: Sequence[Undelivered], *, is_stale: bool
) -> list[HoldingLine]:
    """What was sold by hand is the buyer's until it is delivered: it is taken first, and nobody's to sell (P10)."""
    owed = min(_held(balance), sum(one.sats for one in sold))
    held = _held(balance) - owed
    ours = min(wanted, held)
    foreign = min(held - ours, max(0, balance.total - balance.free - balance.ours_on_hold))
    gone = f"; {btc_text(balance.sold_since)} BTC sold since it was seen are off" if balance.sold_since else ""
    parts = (
        (Column.SELLABLE, held - ours - foreign, f"free at the venue, beyond what sales still need{gone}"),
        (Column.RESERVED, ours, "promised to sales that are staged or at work"),
        (Column.ELSEWHERE, foreign, "held by the venue for something that is not this desk's order"),
        (Column.UNSETTLED, owed, _to_deliver((one.id, one.by) for one in sold)),
    )
    return [
        HoldingLine(column, "venue", balance.venue, Sats(sats), balance.observed, is_stale, why)
        for column, sats, why in parts
        if sats or column is Column.SELLABLE
    ]


_COLUMNS = {
    PlaceKind.POOL: (Column.ELSEWHERE, "credited by the pool, not paid out yet"),
    PlaceKind.WALLET: (Column.ELSEWHERE, "in a wallet, not at a venue"),
    PlaceKind.CUSTODIAN: (Column.ELSEWHERE, "with a custodian, not at a venue"),
    PlaceKind.PLEDGED: (Column.PLEDGED, "pledged"),
    PlaceKind.IN_TRANSIT: (Column.IN_TRANSIT, "on its way, not yet credited"),
}


def _way_line(way: OnTheWay) -> HoldingLine:
    one = way.transfer
    name = f"{one.from_place} → {one.to_place}"
    return HoldingLine(Column.IN_TRANSIT, "in-transit", name, one.sats, one.sent, way.is_late, way.why)


def _place_lines(
    place: Place, loans: Sequence[Loan], undelivered: Sequence[tuple[str, BlockSale]], *, is_stale: bool
) -> list[HoldingLine]:
    """A place's coins, those sold outside the venues and not delivered yet apart."""
    sold = [block for at, block in undelivered if at == place.id]
    owed = min(place.sats, sum(block.sats for block in sold))
    rest = _place_line(replace(place, sats=Sats(place.sats - owed)), loans, is_stale)
    if not owed:
        return [rest]
    why = _to_deliver((block.id, block.settles) for block in sold)
    return [rest, HoldingLine(Column.UNSETTLED, rest.kind, place.name, Sats(owed), place.as_of, is_stale, why)]


def _to_deliver(sold: Iterable[tuple[str, date | None]]) -> str:
    return "sold, to be delivered: " + ", ".join(f"{name} by {day}" for name, day in sold)


def _place_line(place: Place, loans: Sequence[Loan], is_stale: bool) -> HoldingLine:
    column, why = _COLUMNS[place.kind]
    loan = next((loan for loan in loans if loan.id == place.loan), None)
    if place.kind is PlaceKind.PLEDGED:
        why = f"secures loan {place.loan}"
        if loan is not None and loan.may_reuse:
            why += "; the lender may re-use the coins, so they are a receivable"
    if place.note:
        why += f" ({place.note})"
    return HoldingLine(column, str(place.kind), place.name, place.sats, place.as_of, is_stale, why)


def _collateral_problems(places: Sequence[Place], loans: Sequence[Loan]) -> list[str]:
    """Where the loans and the places disagree about what is pledged; named, never evened out (P9)."""
    problems = []
    for loan in loans:
        placed = sum(p.sats for p in places if p.kind is PlaceKind.PLEDGED and p.loan == loan.id)
        owed = loan.pledged if loan.state is LoanState.OPEN else 0
        if placed != owed:
            problems.append(
                f"loan {loan.id}: {btc_text(owed)} BTC pledged by the loan, {btc_text(placed)} BTC in pledged places"
            )
    known = {loan.id for loan in loans}
    problems += [
        f"{place.name}: pledged for loan {place.loan}, which is not on record"
        for place in places
        if place.kind is PlaceKind.PLEDGED and place.loan not in known
    ]
    return problems
