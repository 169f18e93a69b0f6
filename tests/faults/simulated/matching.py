"""What an exchange itself knows: orders as it took them, trades as it made them. No fault touches these books."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from functools import partial
from itertools import count
from typing import Protocol

from desk.execution.orders import Liquidity, OrderType
from desk.units import Money, Price, Sats, notional
from desk.venues.model import (
    CreateOutcome,
    OrderReport,
    OrderRequest,
    Placed,
    Refused,
    ReportedState,
    VenueTrade,
)
from tests.faults.simulated.market import TICK, Market, price_of
from tests.faults.simulated.plan import VenuePlan
from tests.faults.simulated.timeline import SECOND, START, Timeline


class Witness(Protocol):
    """Who is told, at once, of everything the exchange does."""

    def accepted(self, exchange: Exchange, order: Standing) -> None: ...
    def traded(self, exchange: Exchange, order: Standing, ticks: int, quantity: int) -> None: ...


@dataclass(slots=True)
class Standing:
    """An order as the exchange has it; times are true microseconds."""

    request: OrderRequest
    number: str
    limit_ticks: int
    booked_us: int
    filled: int = 0
    ended_us: int | None = None
    end: ReportedState = ReportedState.OPEN
    trades: list[tuple[int, VenueTrade]] = field(default_factory=list)

    @property
    def left(self) -> int:
        return self.request.quantity - self.filled

    def report(self, as_of_us: int, trades_as_of_us: int) -> OrderReport:
        """What it looked like then; the list of trades may be older still than the filled quantity."""
        filled = sum(trade.quantity for at, trade in self.trades if at <= as_of_us)
        is_open = self.ended_us is None or self.ended_us > as_of_us
        state = ReportedState.OPEN if is_open else self.end
        shown = tuple(trade for at, trade in self.trades if at <= trades_as_of_us)
        cid, quantity = self.request.client_order_id, self.request.quantity
        return OrderReport(self.number, cid, state, quantity, Sats(filled), None, shown)


class Exchange:
    """One account at one exchange. It moves on by itself, up to whatever moment it is asked about."""

    def __init__(self, venue: VenuePlan, timeline: Timeline, witness: Witness, seed: int) -> None:
        self.plan = venue
        self.name = venue.name
        self.rules = venue.rules
        self.timeline = timeline
        self.market = Market(venue, random.Random(f"market {seed} {venue.name}"))
        self.orders: dict[str, Standing] = {}
        self.by_number: dict[str, Standing] = {}
        self.live: dict[str, Standing] = {}
        self.on_its_way: dict[str, OrderRequest] = {}
        self.outcomes: dict[str, CreateOutcome] = {}
        self.sold = 0
        self.withdrawn = 0
        self._witness = witness
        self._trades = count(1)
        self._coming: list[tuple[int, int, Callable[[], None]]] = []
        self._turn = count()
        for at_s, quantity in venue.withdrawals:
            self.at(round(at_s * SECOND), partial(self._withdraw, quantity))

    @property
    def free(self) -> int:
        held = sum(order.left for order in self.live.values())
        return self.plan.coins - self.withdrawn - self.sold - held

    def at(self, moment_us: int, what: Callable[[], None]) -> None:
        heapq.heappush(self._coming, (moment_us, next(self._turn), what))

    def catch_up(self) -> None:
        """Everything that has happened up to now, in its order: arrivals, expiries, the market's seconds."""
        now, self.now_us = self.timeline.now_us, 0
        while True:
            tick = (self.market.second + 1) * SECOND
            if self._coming and self._coming[0][0] <= min(now, tick):
                self.now_us, _, what = heapq.heappop(self._coming)
                what()
            elif tick <= now:
                self.now_us = tick
                self._second()
            else:
                self.now_us = now
                return

    def send(self, request: OrderRequest, arrives_us: int) -> None:
        """A request that left: it will be here then."""
        self.on_its_way[request.client_order_id] = request

        def arrive() -> None:
            del self.on_its_way[request.client_order_id]
            self.outcomes[request.client_order_id] = self._take(request)

        self.at(arrives_us, arrive)

    def cancel(self, order: Standing) -> None:
        if order.ended_us is None:
            self._end(order, ReportedState.CANCELLED)

    def fill(self, order: Standing, quantity: int, ticks: int, liquidity: Liquidity) -> None:
        """One trade."""
        if quantity <= 0 or order.ended_us is not None:
            return
        price = price_of(ticks)
        cost = notional(quantity, price)
        trade = VenueTrade(
            f"T{next(self._trades):04d}",
            order.number,
            Sats(quantity),
            price,
            cost,
            Money(cost * Decimal("0.0025")),
            "USD" if self.plan.expires_orders else "BNB",
            liquidity,
            START + timedelta(microseconds=self.now_us),
        )
        order.trades.append((self.now_us, trade))
        order.filled += quantity
        self.sold += quantity
        self._witness.traded(self, order, ticks, quantity)
        if order.left == 0:
            self._end(order, ReportedState.FILLED)

    def _take(self, request: OrderRequest) -> CreateOutcome:
        """The rules, as the exchange publishes them."""
        now = START + timedelta(microseconds=self.now_us)
        if self.rules.enforces_deadline and request.deadline is not None and now > request.deadline:
            return Refused("EService:Deadline elapsed", is_temporary=True)
        if request.client_order_id in self.live:
            return Refused("EOrder:Duplicate client order id")
        ticks = int(request.limit_price / TICK)
        if request.type is OrderType.POST_ONLY and ticks <= self.market.bid:
            return Refused("EOrder:Post only order", is_temporary=True)
        if request.quantity > self.free:
            return Refused("EOrder:Insufficient funds")
        number = f"O{len(self.orders) + 1:04d}"
        order = Standing(request, number, ticks, self.now_us)
        self.orders[request.client_order_id] = self.by_number[number] = order
        self.live[request.client_order_id] = order
        self._witness.accepted(self, order)
        if request.type is OrderType.IOC:
            for ticks, quantity in self.market.takes(order.limit_ticks, request.quantity):
                self.fill(order, quantity, ticks, Liquidity.TAKER)
            self.cancel(order)
        elif self.plan.expires_orders and request.expires is not None:
            self.at(self.timeline.at_us(request.expires), lambda: self._expire(order))
        return Placed(number)

    def _second(self) -> None:
        self.market.step()
        for order in list(self.live.values()):
            if order.limit_ticks <= self.market.bid:
                self.fill(order, order.left, order.limit_ticks, Liquidity.MAKER)
            elif order.limit_ticks <= self.market.ask and self.market.has_taker:
                share = max(1, int(order.left * self.market.share))
                self.fill(order, share, order.limit_ticks, Liquidity.MAKER)

    def _expire(self, order: Standing) -> None:
        if order.ended_us is None:
            self._end(order, ReportedState.EXPIRED)

    def _end(self, order: Standing, state: ReportedState) -> None:
        order.ended_us, order.end = self.now_us, state
        del self.live[order.request.client_order_id]

    def _withdraw(self, quantity: int) -> None:
        """Somebody moves coins away; what is held by orders stays."""
        self.withdrawn += max(0, min(quantity, self.free))


def price_ticks(price: Price) -> int:
    return int(price / TICK)
