"""The seam between the gateway and one exchange's ways: what a new exchange has to answer before it is accepted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from desk.venues.model import (
    Book,
    CancelOutcome,
    CreateOutcome,
    Holding,
    LookUp,
    MarketDay,
    MarketRules,
    OrderRef,
    OrderReport,
    OrderRequest,
    VenueTrade,
)

DEFAULT_IN_FLIGHT_BOUND_S = 15.0
"""How long a request may be under way where the venue does not enforce a deadline. Wall seconds."""
LOOK_BACK = timedelta(seconds=60)
"""Wall time by which a look-up reaches back before the order was sent, for clocks that differ."""

ToVenueTime = Callable[[datetime], datetime]
"""Wall time to the time the venue stamps: identity for real venues, desk time for a paper exchange at N times."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What is believed of the venue's delays, in wall seconds. None: the dialect's own."""

    in_flight_bound_s: float | None = None
    visibility_delay_s: float = 5.0


class BookMirror(Protocol):
    """A book kept from a stream's messages."""

    def apply(self, message: str) -> bool | None:
        """True: the book changed or was confirmed; None: the message says nothing of it. Raises StreamBroken."""
        ...

    def book(self, observed: float, at: datetime) -> Book | None: ...


class StreamBroken(Exception):
    """The stream can no longer be trusted (a checksum differs, a refusal, nonsense): connect anew."""


@dataclass(frozen=True, slots=True)
class BookStream:
    """Where a book is streamed and what is said to get it; `mirror` starts an empty one for each connection."""

    url: str
    subscribe: str
    mirror: Callable[[], BookMirror]


class Dialect(Protocol):
    """One market of one account at one exchange. Reads raise NotAnAnswer; creates, cancels and look-ups return."""

    async def load(self) -> MarketRules: ...
    async def book(self) -> Book: ...
    async def day(self) -> MarketDay: ...
    async def balances(self) -> tuple[Holding, ...]: ...
    async def create(self, request: OrderRequest) -> CreateOutcome: ...
    async def cancel(self, ref: OrderRef) -> CancelOutcome: ...
    async def cancel_all(self) -> CancelOutcome: ...
    async def look_up(self, ref: OrderRef) -> LookUp: ...
    async def open_orders(self) -> tuple[OrderReport, ...]: ...
    async def trades_since(self, since: datetime) -> tuple[VenueTrade, ...]: ...
    async def owners(self, venue_order_ids: Sequence[str]) -> Mapping[str, str | None]:
        """Which client order id each of these orders carries; what is not told is left out."""
        ...

    async def dead_man(self, seconds: int) -> datetime | None:
        """Has the venue cancel everything of the account in so many seconds; 0 lifts it. When it strikes, or None."""
        ...

    def stream(self) -> BookStream | None:
        """None where the book is fetched by REST only."""
        ...
