"""The wire between one daemon and one exchange, which misbehaves: a dialect for the real gateway.

What the exchange does is in its books (`matching`); here is what the daemon is told of it, and when.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Protocol, TypeVar

from desk.execution.orders import Liquidity
from desk.venues.answer import NotAnAnswer
from desk.venues.dialects.dialect import BookStream
from desk.venues.model import (
    Absent,
    Book,
    CancelAccepted,
    CancelOutcome,
    CancelRefused,
    CreateOutcome,
    Found,
    Holding,
    LookUp,
    MarketDay,
    MarketRules,
    OrderRef,
    OrderReport,
    OrderRequest,
    Refused,
    Unknown,
    VenueTrade,
)
from tests.faults.simulated.matching import Exchange, Standing
from tests.faults.simulated.timeline import SECOND, HostClock

Point = Callable[[str], Awaitable[None]]
A = TypeVar("A")
CREATE_FAULTS = ("request lost", "reply lost", "booked late", "not connected", "html 403", "refused", "slow")
CANCEL_FAULTS = (
    "request lost",
    "reply lost",
    "not connected",
    "html 403",
    "cancel not found",
    "cancel late",
    "fill at cancel",
)
_REFUSALS = (
    Refused("EOrder:Insufficient funds"),
    Refused("EOrder:Rate limit exceeded", is_temporary=True),
    Refused("EService:Market in cancel_only mode", is_temporary=True),
    Refused("EAPI:Invalid nonce", is_temporary=True),
)


class Wiretap(Protocol):
    """What the judge hears from the wire; `book_us` is when the process last saw a true book."""

    def sent(self, exchange: Exchange, request: OrderRequest, book_us: int) -> None: ...
    def cancel_sent(self, exchange: Exchange, ref: OrderRef) -> None: ...
    def met(self, fault: str) -> None: ...


class FaultyDialect:
    """One process's line to an exchange. A process that is dead hears nothing; what it sent arrives all the same."""

    def __init__(
        self, exchange: Exchange, clock: HostClock, point: Point, tap: Wiretap, draws: random.Random
    ) -> None:
        self.exchange = exchange
        self.is_healed = False
        self._clock = clock
        self._point = point
        self._tap = tap
        self._draws = draws
        self.book_us = -(10**12)
        """When this process last got a book that was true."""

    async def load(self) -> MarketRules:
        await self._read("load")
        return self.exchange.rules

    async def book(self) -> Book:
        await self._read("book")
        if "frozen" in self.exchange.market.kinds:
            raise NotAnAnswer("HTTP 502")
        return self.current_book()

    def current_book(self) -> Book:
        """What a stream shows at this moment."""
        self.exchange.catch_up()
        self.book_us = self.exchange.timeline.now_us
        return self.exchange.market.book(self._clock.monotonic(), self._clock.wall())

    async def day(self) -> MarketDay:
        return MarketDay(None, None, None)

    async def balances(self) -> tuple[Holding, ...]:
        await self._read("balances")
        exchange = self.exchange
        total = exchange.plan.coins - exchange.withdrawn - exchange.sold
        return (Holding("BTC", Decimal(total).scaleb(-8), Decimal(exchange.free).scaleb(-8)),)

    async def create(self, request: OrderRequest) -> CreateOutcome:
        await self._point("create: before it leaves")
        fault, kinds = self._fault(CREATE_FAULTS), self._kinds()
        if fault == "not connected":
            return Refused("nothing was sent: connection refused", is_temporary=True)
        stop = request.why_not()
        if stop is not None:
            return Refused(f"nothing was sent: {stop}", is_temporary=True)
        self._tap.sent(self.exchange, request, self.book_us)
        if "down" in kinds or fault == "request lost":
            return await self._never_heard("create")
        if "maintenance" in kinds:
            return await self._answered("create", Refused("EService:Market in post_only mode", is_temporary=True))
        if fault == "refused":
            return await self._answered("create", self._draws.choice(_REFUSALS))
        if fault == "html 403" and self._draws.random() < 0.5:
            return await self._answered("create", Unknown("an answer that is not the exchange's (HTTP 403)"))
        latency = self._latency(fault)
        self.exchange.send(request, self.exchange.timeline.now_us + round(latency * SECOND))
        if fault in {"reply lost", "booked late"}:
            return await self._never_heard("create")
        await asyncio.sleep(latency)
        await self._point("create: taken, no answer yet")
        self.exchange.catch_up()
        if fault == "html 403":
            return Unknown("an answer that is not the exchange's (HTTP 403)")
        return self.exchange.outcomes[request.client_order_id]

    async def cancel(self, ref: OrderRef) -> CancelOutcome:
        await self._point("cancel: before it leaves")
        fault = self._fault(CANCEL_FAULTS)
        if fault == "not connected":
            return CancelRefused("nothing was sent: connection refused", is_temporary=True)
        self._tap.cancel_sent(self.exchange, ref)
        if "down" in self._kinds() or fault == "request lost":
            return await self._never_heard("cancel")
        order = self._find(ref)
        if order is None or order.ended_us is not None or fault == "cancel not found":
            return await self._answered("cancel", CancelRefused("EOrder:Unknown order"))
        if fault == "fill at cancel":
            self.exchange.fill(order, max(1, order.left // 2), order.limit_ticks, Liquidity.MAKER)
        if fault == "cancel late":
            at = self.exchange.timeline.now_us + round(self._draws.uniform(0.5, 6.0) * SECOND)
            self.exchange.at(at, lambda: self.exchange.cancel(order))
            return await self._answered("cancel", CancelAccepted())
        self.exchange.cancel(order)
        if fault == "reply lost":
            return await self._never_heard("cancel")
        answer = Unknown("HTTP 403") if fault == "html 403" else CancelAccepted()
        return await self._answered("cancel", answer)

    async def cancel_all(self) -> CancelOutcome:
        return CancelAccepted()

    async def dead_man(self, seconds: int) -> datetime | None:
        return None

    async def look_up(self, ref: OrderRef) -> LookUp:
        await self._point("look-up")
        await asyncio.sleep(0.02)
        return Unknown("the look-up failed") if self._is_deaf() else self._seen_of(ref)

    async def open_orders(self) -> tuple[OrderReport, ...]:
        await self._read("open orders")
        now = self.exchange.timeline.now_us
        return tuple(order.report(now, now) for order in self.exchange.live.values())

    async def trades_since(self, since: datetime) -> tuple[VenueTrade, ...]:
        await self._read("trades")
        as_of = self.exchange.timeline.now_us - self._lag_us()
        first = self.exchange.timeline.at_us(since)
        found = [one for order in self.exchange.orders.values() for one in order.trades if first <= one[0] <= as_of]
        return tuple(trade for _, trade in sorted(found, key=lambda one: one[0]))

    async def owners(self, venue_order_ids: Sequence[str]) -> dict[str, str | None]:
        await self._read("whose orders")
        told = {order.report(0, 0).venue_order_id: cid for cid, order in self.exchange.orders.items()}
        return {one: told[one] for one in venue_order_ids if one in told}

    def stream(self) -> BookStream | None:
        return None

    async def _read(self, what: str) -> None:
        await self._point(what)
        self.exchange.catch_up()
        if "down" in self._kinds() or self._chance("read fails"):
            raise NotAnAnswer(f"no answer: {what}")

    async def _never_heard(self, what: str) -> Unknown:
        await asyncio.sleep(self._draws.uniform(1.0, 10.0))
        await self._point(f"{what}: timed out")
        return Unknown("no answer: timed out")

    async def _answered(self, what: str, answer: A) -> A:
        await asyncio.sleep(0.05)
        await self._point(f"{what}: answered")
        return answer

    def _latency(self, fault: str) -> float:
        if fault == "slow":
            return self._draws.uniform(0.5, 3.0)
        if fault == "booked late":
            return self._draws.uniform(1.0, self.exchange.rules.in_flight_bound_s - 0.001)
        return 0.05

    def _lag_us(self) -> int:
        if not self._chance("lags"):
            return 0
        return round(self._draws.uniform(0, self.exchange.rules.visibility_delay_s - 0.001) * SECOND)

    def _kinds(self) -> set[str]:
        self.exchange.catch_up()
        return set() if self.is_healed else self.exchange.market.kinds

    def _fault(self, kinds: tuple[str, ...]) -> str:
        """At most one thing goes wrong with a request."""
        if self.is_healed:
            return ""
        drawn, rates = self._draws.random(), self.exchange.plan.rates
        for kind in kinds:
            drawn -= rates[kind]
            if drawn < 0:
                self._tap.met(kind)
                return kind
        return ""

    def _chance(self, kind: str) -> bool:
        if self.is_healed or self._draws.random() >= self.exchange.plan.rates[kind]:
            return False
        self._tap.met(kind)
        return True

    def _is_deaf(self) -> bool:
        return "down" in self._kinds() or self._chance("look-up fails")

    def _seen_of(self, ref: OrderRef) -> LookUp:
        """What the exchange shows of an order: as it was a moment ago, perhaps, and its trades later still."""
        as_of = self.exchange.timeline.now_us - self._lag_us()
        order = self._find(ref)
        if order is None or order.booked_us > as_of:
            return Absent(self._clock.monotonic())
        late = self._chance("trades late")
        report = order.report(as_of, as_of - (round(self._draws.uniform(0, 8) * SECOND) if late else 0))
        if report.trades and self._chance("trade twice"):
            report = replace(report, trades=(*report.trades, self._draws.choice(report.trades)))
        return Found(report)

    def _find(self, ref: OrderRef) -> Standing | None:
        if ref.venue_order_id is not None:
            return self.exchange.by_number.get(ref.venue_order_id)
        return self.exchange.orders.get(ref.client_order_id)


class BatchingDialect(FaultyDialect):
    """A venue that is asked about several orders at once; one lost answer is lost for all of them."""

    async def look_up_many(self, refs: Sequence[OrderRef]) -> dict[str, LookUp]:
        await self._point("look-up of several")
        await asyncio.sleep(0.05)
        if self._is_deaf():
            return {ref.client_order_id: Unknown("the look-up failed") for ref in refs}
        return {ref.client_order_id: self._seen_of(ref) for ref in refs}
