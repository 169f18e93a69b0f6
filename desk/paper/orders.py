"""The words of the matching engine: an order asked for, an order kept, a trade, and what is told about them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from desk.units import Sats


class Side(StrEnum):
    BUY = "buy"
    SELL = "sell"

    @property
    def other(self) -> Side:
        return Side.SELL if self is Side.BUY else Side.BUY


class OrderKind(StrEnum):
    LIMIT = "limit"
    MARKET = "market"


class TimeInForce(StrEnum):
    GTC = "GTC"
    IOC = "IOC"
    FOK = "FOK"
    GTD = "GTD"


class Status(StrEnum):
    """As Kraken spells them."""

    OPEN = "open"
    CLOSED = "closed"
    CANCELED = "canceled"
    EXPIRED = "expired"


class Refusal(StrEnum):
    """Why an order is not accepted, in the exchange's own error strings."""

    DEADLINE = "EService:Deadline elapsed"
    DUPLICATE = "EOrder:Duplicate order"
    FUNDS = "EOrder:Insufficient funds"
    POST_ONLY = "EOrder:Post only order"
    TICK = "EOrder:Tick size check failed"
    VOLUME_MIN = "EOrder:Order minimum not met"
    COST_MIN = "EOrder:Cost minimum not met"
    UNKNOWN = "EOrder:Unknown order"
    PRICE = "EGeneral:Invalid arguments:price"
    VOLUME = "EGeneral:Invalid arguments:volume"
    EXPIRY = "EGeneral:Invalid arguments:expiretm"
    FLAGS = "EGeneral:Invalid arguments:oflags"


class OrderRefused(Exception):
    """The exchange does not accept this; nothing changed. `reason` is what the client reads."""

    def __init__(self, reason: Refusal) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class NewOrder:
    """What a client asks for. Prices in ticks; `expires` in desk and `deadline` in wall microseconds."""

    side: Side
    kind: OrderKind
    volume: Sats
    ticks: int | None = None
    post_only: bool = False
    tif: TimeInForce = TimeInForce.GTC
    expires: int | None = None
    deadline: int | None = None
    cl_ord_id: str | None = None
    userref: int | None = None


@dataclass(slots=True)
class Order:
    """An accepted order as the exchange keeps it. Times in desk microseconds, money in quote atoms.

    `tick_sats` is the exact sum of ticks times satoshis over its trades: what the average price comes from.
    """

    id: str
    number: int
    account: str
    asked: NewOrder
    opened: int
    status: Status = Status.OPEN
    filled: int = 0
    tick_sats: int = 0
    cost: int = 0
    fee: int = 0
    closed: int | None = None
    reason: str | None = None
    base_held: int = 0
    quote_held: int = 0
    trades: list[str] = field(default_factory=list)

    @property
    def remaining(self) -> int:
        return self.asked.volume - self.filled

    @property
    def is_open(self) -> bool:
        return self.status is Status.OPEN


@dataclass(frozen=True, slots=True)
class OwnTrade:
    """One execution of one account's order. Money in quote atoms, time in desk microseconds."""

    id: str
    number: int
    order: str
    cl_ord_id: str | None
    account: str
    side: Side
    kind: OrderKind
    ticks: int
    sats: int
    cost: int
    fee: int
    is_maker: bool
    at: int


@dataclass(frozen=True, slots=True)
class Print:
    """One public trade: what everybody sees. `aggressor` is the side that took."""

    number: int
    at: int
    ticks: int
    sats: int
    aggressor: Side
    kind: OrderKind


@dataclass(frozen=True, slots=True)
class Accepted:
    order: Order


@dataclass(frozen=True, slots=True)
class Closed:
    """The order left the book for good: filled, cancelled or expired."""

    order: Order


Event = Accepted | OwnTrade | Closed
