"""Every change of coins at a place, as one ordered stream: what lots, roll-forwards and reports are derived from.

A transfer is two moves through a place of its own (`transit:<id>`), so that at every instant the coins of all places
are opening + mined + received + returned − sold − fees − paid out (P9): the moves sum to nothing.
`desk.treasury.coin_stream.stream` makes it.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Protocol, TypeAlias
from zoneinfo import ZoneInfo

from desk.treasury.coin_records import BlockSale, Mark, PayOut, Receipt, Transfer
from desk.treasury.records import MiningDay, Place, PlaceKind
from desk.treasury.valuation import DOLLARS
from desk.units import NOTHING, ZERO, Money, Price, Sats

_LAST_INSTANT = time(23, 59, 59, 999_999)


class MovementKind(StrEnum):
    """The lines of a roll-forward; `moved` cancels out over all places."""

    OPENING = "opening"
    MINED = "mined"
    RECEIVED = "received"
    RETURNED = "returned"
    MOVED = "moved"
    FEE = "fee"
    SOLD = "sold"
    PAID_OUT = "paid-out"

    @property
    def opens_lot(self) -> bool:
        return self in _OPENING

    @property
    def is_disposal(self) -> bool:
        return self in _DISPOSING


_OPENING = frozenset({MovementKind.OPENING, MovementKind.MINED, MovementKind.RECEIVED, MovementKind.RETURNED})
_DISPOSING = frozenset({MovementKind.FEE, MovementKind.SOLD, MovementKind.PAID_OUT})


class Traded(Protocol):
    """One execution at a venue, as `desk.execution.orders.Fill` records it."""

    @property
    def trade_id(self) -> str: ...
    @property
    def venue(self) -> str: ...
    @property
    def client_order_id(self) -> str: ...
    @property
    def sale_id(self) -> str: ...
    @property
    def quantity(self) -> Sats: ...
    @property
    def price(self) -> Price: ...
    @property
    def cost(self) -> Money: ...
    @property
    def fee(self) -> Money: ...
    @property
    def fee_currency(self) -> str: ...
    @property
    def executed(self) -> datetime: ...


Origin: TypeAlias = Receipt | MiningDay | Transfer | PayOut | BlockSale | Traded
"""The statement or fill a movement is derived from, with everything it says."""


@dataclass(frozen=True, slots=True)
class Movement:
    """`sats` came to `place` at `at`, or left it where they are negative.

    `unit_value` is `currency` per BTC: fair value at recognition of what came, price of what was sold. `amount` is
    the whole in `currency` where the origin states it: a lot's basis, a sale's gross proceeds. `fee` is in its own
    currency; where that is BTC, the coins of it are a movement of kind fee beside this one, of the same `disposal`.
    `ref` is the bare id of a person's choice: receipt, transfer, payment, block sale, or the desk's sale.
    """

    id: str
    at: datetime
    kind: MovementKind
    place: str
    sats: Sats
    ref: str
    origin: Origin
    currency: str = DOLLARS
    unit_value: Price | None = None
    value_source: str = ""
    value_at: datetime | None = None
    amount: Money | None = None
    fee: Money = NOTHING
    fee_currency: str = ""
    lot: str | None = None
    disposal: str | None = None

    @property
    def day(self) -> date:
        """The UTC day the books put it on."""
        return self.at.astimezone(UTC).date()

    @property
    def is_illustrative(self) -> bool:
        return bool(getattr(self.origin, "is_illustrative", False))


@dataclass(frozen=True, slots=True)
class CoinStatements:
    """Everything the stream is made from. `quotes` says in which currency each sale of the desk was made."""

    receipts: Sequence[Receipt] = ()
    mining: Sequence[MiningDay] = ()
    transfers: Sequence[Transfer] = ()
    pay_outs: Sequence[PayOut] = ()
    blocks: Sequence[BlockSale] = ()
    fills: Sequence[Traded] = ()
    marks: Sequence[Mark] = ()
    quotes: Mapping[str, str] = field(default_factory=dict)


def pool_place(pool: str) -> str:
    """The place of coins that a pool has credited and not paid out."""
    return f"pool:{pool}"


def transit_place(transfer_id: str) -> str:
    """The place of coins between two others."""
    return f"transit:{transfer_id}"


def is_pool(place: str) -> bool:
    return place.startswith("pool:")


def is_transit(place: str) -> bool:
    return place.startswith("transit:")


def booked_at(place: Place, known: Container[str] = ()) -> str:
    """The name under which the books have a stated place: a pool's is `pool:NAME`, by its id or else its name.

    `known` are names the books have; one of them is taken before a name that is merely likely.
    """
    match place.kind:
        case PlaceKind.POOL:
            names = (pool_place(place.id), pool_place(place.name), place.id)
        case PlaceKind.IN_TRANSIT:
            names = (transit_place(place.id), place.id, place.id)
        case _:
            return place.id
    return next((name for name in names if name in known), names[0])


def mining_lot(day: MiningDay) -> str:
    """The id of the lot a mined day opens: 'mined/2026-02-01/luxor/georgia'; a slash in a name is written %2F."""
    names = [name.replace("%", "%25").replace("/", "%2F") for name in (day.pool, day.site) if name]
    return "/".join(("mined", day.day.isoformat(), *names))


def fill_disposal(fill: Traded) -> str:
    """The id of what one trade disposes of: a venue's trade ids are its own."""
    return f"fill/{fill.venue}/{fill.trade_id}"


def credited_at(day: MiningDay) -> datetime:
    """When the pool booked a day's coins; where it does not say, the last instant of the pool's day."""
    return day.credited or day_ends(day.day, day.zone)


def day_ends(day: date, zone: str) -> datetime:
    """The last instant of a pool's day, in UTC."""
    return datetime.combine(day, _LAST_INSTANT, ZoneInfo(zone)).astimezone(UTC)


def balances(stream: Iterable[Movement], until: datetime | None = None) -> dict[str, Sats]:
    """Coins at every place that ever had any, after what happened before `until` (all of it, where None)."""
    held: dict[str, Sats] = {}
    for one in stream:
        if until is not None and one.at >= until:
            break
        held[one.place] = Sats(held.get(one.place, ZERO) + one.sats)
    return held
