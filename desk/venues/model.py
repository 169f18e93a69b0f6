"""What a venue is to the rest of the desk: rules, books, orders out, evidence back.

Nothing here knows ccxt. Every outcome is a value; an exception that leaves a venue is a defect.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol, runtime_checkable

from desk.execution.orders import Liquidity, OrderType
from desk.units import Bps, Money, Price, Sats


@dataclass(frozen=True, slots=True)
class MarketRules:
    """The market's own limits and the account's real fees. Durations in wall seconds."""

    symbol: str
    base: str
    quote: str
    tick: Decimal
    lot: Sats
    min_quantity: Sats
    min_cost: Money
    maker_fee: Bps
    taker_fee: Bps
    in_flight_bound_s: float
    visibility_delay_s: float
    enforces_deadline: bool

    @property
    def quarantine_s(self) -> float:
        """How long absence of evidence proves nothing: the bound plus two visibility delays."""
        return self.in_flight_bound_s + 2 * self.visibility_delay_s


@dataclass(frozen=True, slots=True)
class Level:
    price: Price
    quantity: Sats


@dataclass(frozen=True, slots=True)
class Book:
    """Best levels first. `observed` is the wall monotonic second at which it was true, `at` the wall time."""

    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    observed: float
    at: datetime

    @property
    def bid(self) -> Price:
        return self.bids[0].price

    @property
    def ask(self) -> Price:
        return self.asks[0].price

    @property
    def mid(self) -> Price:
        return Price((self.bid + self.ask) / 2)


@dataclass(frozen=True, slots=True)
class MarketDay:
    """What the whole market did in the last 24 hours; None where the venue does not say."""

    volume: Sats | None
    high: Price | None
    low: Price | None


@dataclass(frozen=True, slots=True)
class MarketTrades:
    """A page of what everybody traded in the market, oldest first: the venue's time and the quantity of each.

    `cursor`: where the next page begins. `is_last`: nothing more was there when it was read.
    """

    trades: tuple[tuple[datetime, Sats], ...]
    cursor: str
    is_last: bool


@dataclass(frozen=True, slots=True)
class Holding:
    currency: str
    total: Decimal
    free: Decimal


WhyNot = Callable[[], str | None]
"""Why a request may not leave any more, None while it may; asked at the last step before its bytes do."""


def nothing_against_it() -> str | None:
    """What a request says that nobody may stop."""
    return None


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """What goes on the wire; quantity and price are already on the market's grid. Times are wall time.

    `deadline`: until when it may be booked. `expires`: when the venue takes it off the book by itself, where it can,
    so that nothing is sold after the window although nobody is there to cancel (P1). `why_not`: a request may wait
    for its turn and for a connection, and what allowed it may end meanwhile (P12).
    """

    client_order_id: str
    quantity: Sats
    limit_price: Price
    type: OrderType
    deadline: datetime | None
    expires: datetime | None = None
    why_not: WhyNot = field(default=nothing_against_it, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class OrderRef:
    """How an order is asked about. Times are wall time and bound the look-up in the venue's history."""

    client_order_id: str
    venue_order_id: str | None
    sent: datetime


@dataclass(frozen=True, slots=True)
class Placed:
    venue_order_id: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Proven not placed. `sent` tells whether a request left at all."""

    reason: str
    is_temporary: bool = False


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nothing is proven; only evidence may resolve it (P3)."""

    reason: str


CreateOutcome = Placed | Refused | Unknown


@dataclass(frozen=True, slots=True)
class CancelAccepted:
    """The venue took the cancel; the final quantity still has to be looked up."""


@dataclass(frozen=True, slots=True)
class CancelRefused:
    """The venue says there is nothing to cancel; proves nothing alone, look it up.

    `is_temporary`: the request itself was turned away (nonce, rate limit, no connection), so the order is as it was;
    ask again.
    """

    reason: str
    is_temporary: bool = False


CancelOutcome = CancelAccepted | CancelRefused | Unknown


class ReportedState(StrEnum):
    OPEN = "open"
    FILLED = "filled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class VenueTrade:
    trade_id: str
    venue_order_id: str
    quantity: Sats
    price: Price
    cost: Money
    fee: Money
    fee_currency: str
    liquidity: Liquidity
    executed: datetime


@dataclass(frozen=True, slots=True)
class OrderReport:
    """What the venue itself says of one order. `filled` is its word; `trades` are the executions that prove it."""

    venue_order_id: str
    client_order_id: str | None
    state: ReportedState
    quantity: Sats
    filled: Sats
    average: Price | None
    trades: tuple[VenueTrade, ...]

    @property
    def is_proven(self) -> bool:
        """Whether every filled satoshi is backed by a trade."""
        return sum(trade.quantity for trade in self.trades) == self.filled


@dataclass(frozen=True, slots=True)
class Found:
    report: OrderReport


@dataclass(frozen=True, slots=True)
class Absent:
    """Open orders, closed orders and own trades agree that they do not know it, at this wall monotonic second."""

    observed: float


LookUp = Found | Absent | Unknown


class Unavailable(Exception):
    """A read that failed: the venue's name, what was asked, why; the caller keeps its older, ageing value."""


class Venue(Protocol):
    """One account at one exchange, one market. Creates and cancels return outcomes and never raise."""

    @property
    def name(self) -> str: ...
    @property
    def rules(self) -> MarketRules: ...
    async def open(self) -> MarketRules:
        """Load markets and fees. Raises Unavailable."""
        ...

    async def book(self) -> Book:
        """A fresh book by REST. Raises Unavailable."""
        ...

    def latest_book(self) -> Book | None:
        """The newest book seen by stream or REST, without asking."""
        ...

    async def balances(self) -> tuple[Holding, ...]: ...
    async def create(self, request: OrderRequest) -> CreateOutcome: ...
    async def cancel(self, ref: OrderRef) -> CancelOutcome: ...
    async def cancel_all(self) -> CancelOutcome: ...
    async def look_up(self, ref: OrderRef) -> LookUp: ...
    async def open_orders(self) -> tuple[OrderReport, ...]: ...
    async def trades_since(self, since: datetime) -> tuple[VenueTrade, ...]: ...
    async def owners(self, venue_order_ids: Sequence[str]) -> Mapping[str, str | None]:
        """The client order id that each of these orders carries, None where it carries none. Raises Unavailable.

        An order that the venue tells nothing of is left out: whose it is stays open.
        """
        ...

    async def close(self) -> None: ...


@runtime_checkable
class LooksUpMany(Protocol):
    """A venue whose records of several orders can be read at once; one that lacks this is asked for each."""

    async def look_up_many(self, refs: Sequence[OrderRef]) -> Mapping[str, LookUp]:
        """What `look_up` would say of each, by client order id; never raises for what the venue answers."""
        ...


MEASURED = frozenset({"kraken"})
"""Exchanges whose dialect tells what the market trades, so that a participation cap can be kept there."""


@runtime_checkable
class TellsTrades(Protocol):
    """A venue that tells what the whole market trades; where none does, no share of it can be kept."""

    async def market_trades(self, since: datetime, cursor: str | None) -> MarketTrades:
        """Trades after a wall time, or where a page before it ended. Raises Unavailable."""
        ...
