"""A child order at a venue: its identity, its states, and the only moves between them (P2, P3)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from desk.sale.lifecycle import IllegalMove
from desk.units import Money, Price, Sats


class OrderState(StrEnum):
    INTENT = "intent"
    SENT = "sent"
    OPEN = "open"
    PART_FILLED = "part-filled"
    FILLED = "filled"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    EXPIRED = "expired"
    UNKNOWN = "unknown"

    @property
    def is_final(self) -> bool:
        return self in FINAL

    @property
    def is_live(self) -> bool:
        """Whether it reserves its unfilled quantity: everything that is not proven finished does."""
        return self not in FINAL


O = OrderState  # noqa: E741
FINAL = frozenset({O.FILLED, O.CANCELLED, O.REFUSED, O.EXPIRED})
RESTING = frozenset({O.OPEN, O.PART_FILLED})

_PROVEN = frozenset({O.OPEN, O.PART_FILLED, O.FILLED, O.CANCELLED, O.REFUSED, O.EXPIRED})
MOVES: dict[OrderState, frozenset[OrderState]] = {
    O.INTENT: frozenset({O.SENT, O.REFUSED}),
    O.SENT: _PROVEN | {O.UNKNOWN},
    O.OPEN: frozenset({O.PART_FILLED, O.FILLED, O.CANCELLED, O.EXPIRED, O.UNKNOWN}),
    O.PART_FILLED: frozenset({O.FILLED, O.CANCELLED, O.EXPIRED, O.UNKNOWN}),
    O.UNKNOWN: _PROVEN,
    **{state: frozenset() for state in FINAL},
}


def check_move(old: OrderState, new: OrderState) -> OrderState:
    """`new`, if an order may go there from `old` (staying is always allowed). Raises IllegalMove."""
    if new != old and new not in MOVES[old]:
        raise IllegalMove(f"an order cannot go from {old} to {new}")
    return new


class OrderType(StrEnum):
    POST_ONLY = "post-only"
    IOC = "ioc"


class Liquidity(StrEnum):
    MAKER = "maker"
    TAKER = "taker"
    UNSTATED = "unstated"


@dataclass(frozen=True, slots=True)
class Order:
    """A sell order as on record. `filled` counts recorded fills only; times are desk time, `deadline` wall time."""

    client_order_id: str
    venue: str
    sale_id: str
    slice_id: str
    attempt: int
    state: OrderState
    type: OrderType
    limit_price: Price
    quantity: Sats
    filled: Sats
    proceeds: Money
    fees: Money
    venue_order_id: str | None
    created: datetime
    sent: datetime | None
    updated: datetime
    deadline: datetime | None
    cancel_asked: datetime | None
    last_error: str

    @property
    def remaining(self) -> Sats:
        return Sats(self.quantity - self.filled)

    @property
    def reserved(self) -> Sats:
        """What it still holds of the sale's quantity."""
        return self.remaining if self.state.is_live else Sats(0)


@dataclass(frozen=True, slots=True)
class Fill:
    """One execution, once, by the venue's own trade id."""

    trade_id: str
    venue: str
    client_order_id: str
    sale_id: str
    slice_id: str
    quantity: Sats
    price: Price
    cost: Money
    fee: Money
    fee_currency: str
    liquidity: Liquidity
    executed: datetime


def client_order_id(terms_digest: str, venue: str, slice_id: str, attempt: int) -> str:
    """The id an order has before it is sent: 32 hex digits of SHA-256 over what makes it this order and no other."""
    text = "\n".join((terms_digest, venue, slice_id, str(attempt)))
    return hashlib.sha256(text.encode()).hexdigest()[:32]
