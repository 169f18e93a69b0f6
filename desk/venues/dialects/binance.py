"""Binance and binance.us: what is said on the wire, and how an order is found again.

- The client order id goes out as `newClientOrderId` and is refused a second time only while the first is *open*: a
  blind resend after a fast fill would sell twice. That refusal names no order, so the order is looked up at once.
- Post-only is the order type LIMIT_MAKER.
- `recvWindow` counts from `timestamp`, both of ours: Binance refuses what it has not passed on to its matching engine
  by then. Its clock judges it, so where this machine's is ahead, that much is taken off. binance.us is documented to
  look once only, at its door, so nothing is believed of it there and the bound is the default.
- The book comes by REST alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from desk.clock import Clock, micros
from desk.execution.orders import OrderType
from desk.venues.answer import NotAnAnswer
from desk.venues.dialects import binance_shapes as shapes
from desk.venues.dialects.binance_evidence import (
    read_cancel,
    read_cancel_all,
    read_create,
    result,
    says_duplicate,
)
from desk.venues.dialects.binance_history import BinanceHistory
from desk.venues.dialects.dialect import DEFAULT_IN_FLIGHT_BOUND_S, LOOK_BACK, BookStream, Bounds, ToVenueTime
from desk.venues.dialects.spelling import spelled
from desk.venues.evidence import judge_cancel, judge_create
from desk.venues.fields import record, records
from desk.venues.model import (
    Absent,
    Book,
    CancelOutcome,
    CreateOutcome,
    Found,
    Holding,
    LookUp,
    MarketDay,
    MarketRules,
    OrderRef,
    OrderReport,
    OrderRequest,
    Placed,
    Unknown,
    VenueTrade,
)
from desk.venues.queue import Priority
from desk.venues.wire import Wire

RECV_WINDOW_S = 5.0
BOOK_DEPTH = 100
ADJUSTMENTS: Mapping[str, Any] = {
    "options": {
        "fetchMarkets": {"types": ["spot"]},
        "fetchMargins": False,
        "fetchCurrencies": False,
        "recvWindow": int(RECV_WINDOW_S * 1000),
    }
}
"""ccxt's own recvWindow is ten seconds; it would also load futures and the wallet's coins, which nobody needs."""
_LONGEST_WINDOW_MS = 60_000


@dataclass(frozen=True, slots=True)
class House:
    """Which of the two it is."""

    name: str
    in_flight_bound_s: float
    enforces_deadline: bool


BINANCE = House("Binance", RECV_WINDOW_S, enforces_deadline=True)
BINANCE_US = House("Binance.US", DEFAULT_IN_FLIGHT_BOUND_S, enforces_deadline=False)


class Binance:
    """One market of one account, behind `Dialect`."""

    def __init__(
        self,
        wire: Wire,
        symbol: str,
        *,
        house: House,
        clock: Clock,
        bounds: Bounds,
        to_venue_time: ToVenueTime,
        halt_wire: Wire | None = None,
    ) -> None:
        self._wire = wire
        self._halt_wire = halt_wire or wire
        self._symbol = symbol
        self._id = symbol.replace("/", "")
        self._house = house
        self._clock = clock
        self._bounds = bounds
        self._to_venue_time = to_venue_time
        self._market: shapes.Market | None = None
        self._history: BinanceHistory | None = None

    async def load(self) -> MarketRules:
        """This one symbol of exchangeInfo, and the account's own commission in it."""
        market = await self._first_market() if self._market is None else await self._market_now(self._market)
        asked = {"symbol": market.id}
        maker, taker = shapes.fees_of(await self._ask("privateGetAccountCommission", asked, Priority.READ), market)
        self._market = market
        self._history = self._history or BinanceHistory(self._ask, market, self._venue_now)
        return MarketRules(
            self._symbol, market.base, market.quote, market.tick, market.lot, market.min_quantity, market.min_cost,
            maker, taker, max(self._house.in_flight_bound_s, self._bounds.in_flight_bound_s or 0.0),
            self._bounds.visibility_delay_s, enforces_deadline=self._house.enforces_deadline,
        )  # fmt: skip

    async def _first_market(self, *, reload: bool = False) -> shapes.Market:
        asked = {"symbol": self._id}
        loaded = await self._wire.call("load_markets", reload, asked, priority=Priority.READ, is_private=False)
        market = self._wire.market(self._symbol)
        if market is None or (reload and loaded.error):
            raise NotAnAnswer(
                loaded.described() if loaded.error else f"{self._house.name} has no market {self._symbol}"
            )
        return self._checked(shapes.market_of(market.get("info")))

    async def _market_now(self, known: shapes.Market) -> shapes.Market:
        """The market as it is now; ccxt has to load it again only if its grid has changed."""
        answer = await self._wire.call(
            "publicGetExchangeInfo", {"symbol": self._id}, priority=Priority.READ, is_private=False
        )
        listed = records(record(result(answer)).get("symbols"), "the symbols")
        if len(listed) != 1:
            raise NotAnAnswer(f"{len(listed)} markets instead of {self._id}")
        now = self._checked(shapes.market_of(listed[0]))
        return now if (now.tick, now.lot) == (known.tick, known.lot) else await self._first_market(reload=True)

    def _checked(self, market: shapes.Market) -> shapes.Market:
        if market.id != self._id or f"{market.base}/{market.quote}" != self._symbol:
            raise NotAnAnswer(f"the market {market.id} instead of {self._id}")
        return market

    async def book(self) -> Book:
        """By REST; true at some moment after it was asked for, so that is what its age counts from."""
        asked, parameters = self._clock.monotonic(), {"symbol": self._loaded.id, "limit": BOOK_DEPTH}
        answer = await self._wire.call("publicGetDepth", parameters, priority=Priority.READ, is_private=False)
        sent = answer.sent if answer.sent is not None else asked
        return shapes.book_of(result(answer), sent, self._clock.wall())

    async def day(self) -> MarketDay:
        parameters = {"symbol": self._loaded.id}
        answer = await self._wire.call("publicGetTicker24hr", parameters, priority=Priority.READ, is_private=False)
        return shapes.day_of(result(answer), self._loaded)

    async def balances(self) -> tuple[Holding, ...]:
        return shapes.holdings_of(await self._ask("privateGetAccount", {"omitZeroBalances": "true"}, Priority.READ))

    async def create(self, request: OrderRequest) -> CreateOutcome:
        """One limit sell. Raises ValueError if ccxt would put another price or quantity on the wire."""
        quantity, price = spelled(self._wire, self._symbol, request)
        parameters: dict[str, object] = {"newClientOrderId": request.client_order_id}
        if request.type is OrderType.POST_ONLY:
            parameters["postOnly"] = True
        else:
            parameters["timeInForce"] = "IOC"
        if request.deadline is not None:
            parameters |= self._window(request.deadline)
        answer = await self._wire.call(
            "create_order", self._symbol, "limit", "sell", quantity, price, parameters,
            priority=Priority.CREATE, why_not=request.why_not,
        )  # fmt: skip
        outcome = judge_create(answer, read_create(self._id, request.client_order_id))
        if isinstance(outcome, Unknown) and says_duplicate(answer):
            return await self._placed_before(request, outcome)
        return outcome

    def _window(self, deadline: datetime) -> dict[str, object]:
        """`timestamp` and `recvWindow` that end at the deadline, by a clock that may be behind ours."""
        wall = self._clock.wall()
        lasts_ms = (micros(deadline) - micros(wall)) // 1_000
        return {
            "timestamp": micros(wall - self._wire.clock_ahead) // 1_000,
            "recvWindow": max(1, min(lasts_ms, _LONGEST_WINDOW_MS)),
        }

    async def _placed_before(self, request: OrderRequest, otherwise: Unknown) -> CreateOutcome:
        """An order of this id is open, says Binance: it is placed once its name is known."""
        found = await self.look_up(OrderRef(request.client_order_id, None, self._clock.wall()))
        return Placed(found.report.venue_order_id) if isinstance(found, Found) else otherwise

    async def cancel(self, ref: OrderRef) -> CancelOutcome:
        """By the venue's id where it is known, else by ours; needs no markets."""
        named = {"orderId": ref.venue_order_id} if ref.venue_order_id else {"origClientOrderId": ref.client_order_id}
        answer = await self._halt_wire.call(
            "privateDeleteOrder", {"symbol": self._id, **named}, priority=Priority.CANCEL
        )
        return judge_cancel(answer, read_cancel(self._id, ref))

    async def cancel_all(self) -> CancelOutcome:
        """Every open order of the account in this market."""
        answer = await self._halt_wire.call("privateDeleteOpenOrders", {"symbol": self._id}, priority=Priority.HALT)
        return judge_cancel(answer, read_cancel_all(self._id))

    async def dead_man(self, seconds: int) -> datetime | None:
        raise NotAnAnswer(f"{self._house.name} has none for spot orders")

    async def look_up(self, ref: OrderRef) -> LookUp:
        """Found; or Absent when every route agrees; or Unknown when one failed."""
        began = self._clock.monotonic()
        try:
            order = await self._recorded.find(ref, self._to_venue_time(ref.sent - LOOK_BACK))
            return Absent(began) if order is None else Found((await self._recorded.reports([order]))[0])
        except NotAnAnswer as error:
            return Unknown(f"the look-up failed: {error}")

    async def open_orders(self) -> tuple[OrderReport, ...]:
        """All open sells in this market, whoever placed them."""
        return tuple(await self._recorded.reports(await self._recorded.open_sells()))

    async def trades_since(self, since: datetime) -> tuple[VenueTrade, ...]:
        """The account's own sells in this market since a wall time, oldest first."""
        return await self._recorded.trades_since(self._to_venue_time(since))

    async def owners(self, venue_order_ids: Sequence[str]) -> dict[str, str | None]:
        """The client order id that each of these orders carries, asked for by its venue id and no other."""
        return await self._recorded.owners(venue_order_ids)

    def stream(self) -> BookStream | None:
        return None

    def _venue_now(self) -> datetime:
        return self._to_venue_time(self._clock.wall())

    @property
    def _loaded(self) -> shapes.Market:
        if self._market is None:
            raise NotAnAnswer("markets are not loaded yet")
        return self._market

    @property
    def _recorded(self) -> BinanceHistory:
        if self._history is None:
            raise NotAnAnswer("markets are not loaded yet")
        return self._history

    async def _ask(self, method: str, parameters: Mapping[str, object], priority: Priority) -> object:
        return result(await self._wire.call(method, dict(parameters), priority=priority))
