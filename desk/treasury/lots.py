"""Lots: what every coin cost, where it lies, and what it brought. `desk.treasury.lot_book` works them out.

Costs are kept to the cent, rounded once, when a lot is opened. A lot is split by carrying the remainder along, so the
pieces and what was taken always sum to its whole cost.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Decimal

from desk.treasury.coin_records import LotPick, ReliefMethod
from desk.treasury.movements import Movement, MovementKind
from desk.treasury.valuation import Rate
from desk.units import Money, Sats, btc_text, exact_sum

_CENT = Decimal("0.01")


def to_cents(amount: Decimal) -> int:
    """The nearest whole cents, halves to even."""
    return int(amount.quantize(_CENT, ROUND_HALF_EVEN).scaleb(2))


def from_cents(cents: int) -> Money:
    return Money(Decimal(cents).scaleb(-2))


def share(whole: int, part: int, of: int) -> int:
    """whole × part / of, to the nearest: of growing parts each step is due the difference, and all sum to `whole`."""
    return (2 * whole * part + of) // (2 * of)


@dataclass(frozen=True, slots=True)
class Piece:
    """Coins of a lot at one place, and the part of its cost that goes with them."""

    place: str
    sats: Sats
    cost: Money | None


@dataclass(frozen=True, slots=True)
class Step:
    """Coins of a lot that one end of a transfer moved from one place to another."""

    transfer: str
    txid: str
    at: datetime
    from_place: str
    to_place: str
    sats: Sats


@dataclass(frozen=True, slots=True)
class Lot:
    """One receipt. Earned, credited and received are three dates; `acquired` is the one that first-in goes by.

    `cost` is the whole lot's fair value at recognition (or the basis stated) in dollars; None where neither is known,
    and `missing` says what it would take. `pieces` are what is left of it.
    """

    id: str
    kind: MovementKind
    acquired: datetime
    sats: Sats
    cost: Money | None
    missing: str
    movement: Movement
    earned: date | None
    credited: datetime
    received: datetime | None
    source: str
    txid: str
    pieces: tuple[Piece, ...] = ()
    steps: tuple[Step, ...] = ()

    @property
    def remaining(self) -> Sats:
        return Sats(sum(piece.sats for piece in self.pieces))

    @property
    def relieved(self) -> Sats:
        return Sats(self.sats - self.remaining)

    @property
    def remaining_cost(self) -> Money | None:
        """The cost of what is left of it."""
        return None if self.cost is None else total([piece.cost for piece in self.pieces])


@dataclass(frozen=True, slots=True)
class Taken:
    """Coins of one lot that a disposal took, their cost, and their share of its net proceeds."""

    lot: str
    acquired: datetime
    place: str
    sats: Sats
    cost: Money | None
    net: Money | None

    @property
    def gain(self) -> Money | None:
        return None if self.cost is None or self.net is None else exact_sum([self.net, -self.cost])


@dataclass(frozen=True, slots=True)
class Disposal:
    """Coins that went for good: one trade, block sale, payment or network fee. `fee_sats` are coins of its own fee.

    `net` is dollars: gross less fees that are not coins, by the `rates` named; `missing` says why there is no net or
    no gain. `uncovered` coins had no lot to come from: a break.
    """

    movement: Movement
    method: ReliefMethod
    sats: Sats
    fee_sats: Sats
    taken: tuple[Taken, ...]
    uncovered: Sats
    net: Money | None
    rates: tuple[Rate, ...] = ()
    missing: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return self.movement.disposal or self.movement.id

    @property
    def at(self) -> datetime:
        return self.movement.at

    @property
    def kind(self) -> MovementKind:
        return self.movement.kind

    @property
    def cost(self) -> Money | None:
        """Of all its coins; None where any of them has none."""
        costs = [one.cost for one in self.taken]
        return None if self.uncovered else total(costs)

    @property
    def gain(self) -> Money | None:
        """Realised: net proceeds − cost; below zero a loss."""
        cost = self.cost
        return None if cost is None or self.net is None else exact_sum([self.net, -cost])

    @property
    def period(self) -> str:
        """The month it is booked in, by UTC."""
        return f"{self.at.astimezone(UTC):%Y-%m}"


@dataclass(frozen=True, slots=True)
class Uncovered:
    """Coins that left a place where no lot covered them. Named, never a lot below zero."""

    movement: Movement
    sats: Sats

    @property
    def sentence(self) -> str:
        one = self.movement
        return f"{one.id}: no lot at {one.place} covers {btc_text(self.sats)} BTC"


@dataclass(frozen=True, slots=True)
class Unpicked:
    """Coins that went under specific identification without anybody having said from which lot."""

    movement: Movement
    sats: Sats

    @property
    def sentence(self) -> str:
        return f"{self.movement.id}: nobody picked lots for {btc_text(self.sats)} BTC; taken first in, first out"


@dataclass(frozen=True, slots=True)
class Realised:
    """Gains and losses added up; `unknown` disposals have neither, because something is missing."""

    gains: Money
    losses: Money
    unknown: int

    @property
    def net(self) -> Money:
        return exact_sum([self.gains, -self.losses])


@dataclass(frozen=True, slots=True)
class LotBook:
    """Every lot ever opened, every disposal, and what does not fit.

    At every place: coins of lots = balance of the movements + `unmatched[place]`, which is only other than zero where
    coins came or left without a lot.
    """

    lots: tuple[Lot, ...]
    disposals: tuple[Disposal, ...]
    uncovered: tuple[Uncovered, ...] = ()
    unmatched: dict[str, Sats] = field(default_factory=dict)
    unused_picks: tuple[tuple[LotPick, Sats], ...] = ()
    unpicked: tuple[Unpicked, ...] = ()

    def at_place(self, place: str) -> Sats:
        return Sats(sum(piece.sats for lot in self.lots for piece in lot.pieces if piece.place == place))

    def lot(self, id: str) -> Lot | None:
        return next((lot for lot in self.lots if lot.id == id), None)

    @property
    def problems(self) -> tuple[str, ...]:
        """Everything that somebody has to look at, one sentence each."""
        costs = (f"lot {lot.id}: cost unknown, {lot.missing}" for lot in self.lots if lot.cost is None)
        return (*self.gaps, *costs)

    @property
    def gaps(self) -> tuple[str, ...]:
        """Coins that went without a lot, and choices that could not be followed."""
        known = {lot.id for lot in self.lots}
        picks = (
            f"pick of {btc_text(left)} BTC of lot {pick.lot} for {pick.disposal}: "
            + ("no such lot" if pick.lot not in known else "not there to take")
            for pick, left in self.unused_picks
        )
        uncovered = (one.sentence for one in self.uncovered)
        unpicked = (one.sentence for one in self.unpicked)
        return (*uncovered, *unpicked, *picks)


def realised(disposals: Iterable[Disposal]) -> Realised:
    """Cumulative realised gains and losses, each disposal for itself."""
    gains: list[Decimal] = []
    losses: list[Decimal] = []
    unknown = 0
    for one in disposals:
        gain = one.gain
        if gain is None:
            unknown += 1
        elif gain >= 0:
            gains.append(gain)
        else:
            losses.append(-gain)
    return Realised(exact_sum(gains), exact_sum(losses), unknown)


def total(amounts: Sequence[Decimal | None]) -> Money | None:
    """The exact sum, or None where any part is unknown."""
    known = [amount for amount in amounts if amount is not None]
    return exact_sum(known) if len(known) == len(amounts) else None
