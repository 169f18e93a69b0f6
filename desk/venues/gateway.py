"""A venue through ccxt: one account, one market, every outcome a value (`model.Venue`).

A task that is cancelled inside `create` or `cancel` gets no outcome: whoever cancelled it records the order as
unknown, since the request may have left.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from desk.clock import Clock
from desk.venues.answer import NotAnAnswer
from desk.venues.books import BookFeed, OnBook, StreamPace
from desk.venues.dialects.dialect import Dialect
from desk.venues.model import (
    Book,
    CancelOutcome,
    CreateOutcome,
    Holding,
    LooksUpMany,
    LookUp,
    MarketDay,
    MarketRules,
    MarketTrades,
    OrderRef,
    OrderReport,
    OrderRequest,
    Refused,
    TellsTrades,
    Unavailable,
    VenueTrade,
)
from desk.venues.wire import Wire

_T = TypeVar("_T")
_LONGEST_DEAD_MAN_S = 86_400
_CLIENT_ORDER_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Line:
    """An exchange within reach: its dialect and the connections it uses, the one for reads first."""

    dialect: Dialect
    wires: tuple[Wire, ...]


class CcxtVenue:
    """Build it with `registry.build_venue`, then `await open()`; cancels work without, a stop needing no markets."""

    def __init__(
        self,
        name: str,
        *,
        clock: Clock,
        connect: Callable[[], Line],
        on_book: OnBook | None = None,
        stream_pace: StreamPace | None = None,
    ) -> None:
        self._name = name
        self._clock = clock
        self._connect = connect
        self._on_book = on_book
        self._stream_pace = stream_pace
        self._line: Line | None = None
        self._rules: MarketRules | None = None
        self._book: Book | None = None
        self._feed: BookFeed | None = None

    @property
    def name(self) -> str:
        return self._name

    @property
    def rules(self) -> MarketRules:
        """The market's limits. Raises Unavailable before `open`."""
        if self._rules is None:
            raise Unavailable(f"{self._name} is not open yet: its market has not been loaded")
        return self._rules

    @property
    def is_streaming(self) -> bool:
        """Whether the book comes by stream at the moment."""
        return self._feed is not None and self._feed.is_streaming

    @property
    def stream_breaks(self) -> int:
        """How often the stream had to be connected anew since it was started."""
        return 0 if self._feed is None else self._feed.breaks

    @property
    def clock_off(self) -> timedelta | None:
        """How far this machine's clock is ahead of the venue's, or behind if negative; None while nothing told."""
        return None if self._line is None else self._line.wires[0].clock_off

    @property
    def stream_error(self) -> str:
        """Why the stream broke last, empty if it never did."""
        return "" if self._feed is None else self._feed.last_error

    async def open(self) -> MarketRules:
        """Loads markets and the account's fees; may be called again to refresh them. Raises Unavailable."""
        self._rules = await self._read("its markets and fees", self._spoken.load())
        return self._rules

    async def start_stream(self) -> None:
        """Begins to follow the book; a second call does nothing. Raises Unavailable before `open`."""
        if self._feed is None and self.rules:
            line = self._connected()
            self._feed = BookFeed(
                line.dialect.stream(), self.book, self._take, session=line.wires[0].session, clock=self._clock,
                pace=self._stream_pace,
            )  # fmt: skip

    async def book(self) -> Book:
        """A fresh book by REST. Raises Unavailable."""
        book = await self._read("its book", self._spoken.book())
        self._keep(book)
        return book

    def latest_book(self) -> Book | None:
        """The newest book seen, without asking; its age is the reader's to judge (P8)."""
        return self._book

    async def day(self) -> MarketDay:
        """What the market did in 24 hours. Raises Unavailable."""
        return await self._read("its last 24 hours", self._spoken.day())

    async def market_trades(self, since: datetime, cursor: str | None) -> MarketTrades:
        """What everybody traded in this market after a wall time, page by page. Raises Unavailable."""
        spoken = self._spoken
        if not isinstance(spoken, TellsTrades):
            raise Unavailable(f"{self._name} is not asked what its market trades")
        return await self._read("what its market trades", spoken.market_trades(since, cursor))

    async def balances(self) -> tuple[Holding, ...]:
        return await self._read("its balances", self._spoken.balances())

    async def create(self, request: OrderRequest) -> CreateOutcome:
        """Sends one limit sell, once. Raises ValueError, before anything leaves, if it is off the grid."""
        if self._rules is None:
            return Refused(f"nothing was sent: {self._name} is not open yet", is_temporary=True)
        self._check(request, self._rules)
        if request.deadline is not None and request.deadline <= self._clock.wall():
            return Refused("nothing was sent: its deadline had passed", is_temporary=True)
        return await self._spoken.create(request)

    async def cancel(self, ref: OrderRef) -> CancelOutcome:
        return await self._spoken.cancel(ref)

    async def cancel_all(self) -> CancelOutcome:
        """Cancels whatever the venue's cancel-all covers, which on Kraken is the whole account."""
        return await self._spoken.cancel_all()

    async def arm_dead_man(self, seconds: int) -> datetime:
        """Has the venue itself cancel every order of the account unless this is said again within `seconds`.

        It takes the account's other orders too, so nobody calls it unasked. Returns the venue's time at which it
        strikes. Raises ValueError for a nonsensical time and Unavailable where it was not, or cannot be, armed.
        """
        if not 1 <= seconds <= _LONGEST_DEAD_MAN_S:
            raise ValueError(f"a dead-man's switch of {seconds} s; use 1 to {_LONGEST_DEAD_MAN_S}")
        strikes = await self._read("whether its dead-man's switch is armed", self._spoken.dead_man(seconds))
        if strikes is None:
            raise Unavailable(f"{self._name} lifted its dead-man's switch instead of arming it")
        return strikes

    async def disarm_dead_man(self) -> None:
        """Lifts it. Raises Unavailable where that is not certain."""
        if await self._read("whether its dead-man's switch is lifted", self._spoken.dead_man(0)) is not None:
            raise Unavailable(f"{self._name} still has its dead-man's switch armed")

    async def look_up(self, ref: OrderRef) -> LookUp:
        return await self._spoken.look_up(ref)

    async def look_up_many(self, refs: Sequence[OrderRef]) -> Mapping[str, LookUp]:
        """What `look_up` says of each, by client order id: read together where the dialect can."""
        spoken = self._spoken
        if isinstance(spoken, LooksUpMany) and len(refs) > 1:
            return await spoken.look_up_many(refs)
        answers = await asyncio.gather(*(spoken.look_up(ref) for ref in refs))
        return {ref.client_order_id: answer for ref, answer in zip(refs, answers, strict=True)}

    async def open_orders(self) -> tuple[OrderReport, ...]:
        return await self._read("its open orders", self._spoken.open_orders())

    async def trades_since(self, since: datetime) -> tuple[VenueTrade, ...]:
        """Own sells in this market since a wall time. Raises Unavailable."""
        return await self._read("its trades", self._spoken.trades_since(since))

    async def owners(self, venue_order_ids: Sequence[str]) -> Mapping[str, str | None]:
        """Whose orders these are, by the client order id each carries. Raises Unavailable."""
        return await self._read("whose orders these are", self._spoken.owners(venue_order_ids))

    async def close(self) -> None:
        if self._feed is not None:
            await self._feed.close()
            self._feed = None
        if self._line is not None:
            line, self._line, self._rules = self._line, None, None
            for wire in line.wires:
                await wire.close()

    @property
    def _spoken(self) -> Dialect:
        return self._connected().dialect

    def _connected(self) -> Line:
        if self._line is None:
            self._line = self._connect()
        return self._line

    async def _read(self, what: str, reading: Awaitable[_T]) -> _T:
        try:
            return await reading
        except NotAnAnswer as error:
            raise Unavailable(f"{self._name} did not tell {what}: {error}") from error

    def _keep(self, book: Book) -> None:
        if self._book is None or book.observed >= self._book.observed:
            self._book = book

    def _take(self, book: Book) -> None:
        self._keep(book)
        if self._on_book is not None:
            self._on_book(book)

    def _check(self, request: OrderRequest, rules: MarketRules) -> None:
        if not _CLIENT_ORDER_ID.fullmatch(request.client_order_id):
            raise ValueError(f"{request.client_order_id!r} is not a client order id of 32 hex digits")
        if request.quantity <= 0 or request.quantity % rules.lot:
            raise ValueError(f"{request.quantity} sat is not a multiple of {self._name}'s lot of {rules.lot} sat")
        if request.limit_price <= 0 or request.limit_price % rules.tick:
            raise ValueError(f"{request.limit_price} is not a multiple of {self._name}'s tick of {rules.tick}")
        if request.deadline is not None and request.deadline.tzinfo is None:
            raise ValueError("a deadline without a zone")
