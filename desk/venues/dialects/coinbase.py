"""Coinbase: what is said on the wire, and how an order is found again.

- ccxt drops `clientOrderId` without a word; the raw `client_order_id` is what arrives. The same one sent twice brings
  back the first order, which still is no reason to send it twice.
- Nothing bounds how long a request may be under way, so the default does.
- A cancel wants Coinbase's own order id; where it is not known yet the open orders are listed first.
- The book comes by REST alone, and from the private route: the public one is cached.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from desk.clock import Clock
from desk.execution.orders import OrderType
from desk.venues.answer import NotAnAnswer
from desk.venues.dialects import coinbase_shapes as shapes
from desk.venues.dialects.coinbase_evidence import read_cancels, read_create, result
from desk.venues.dialects.coinbase_history import CoinbaseHistory, open_orders, pages
from desk.venues.dialects.dialect import DEFAULT_IN_FLIGHT_BOUND_S, LOOK_BACK, BookStream, Bounds, ToVenueTime
from desk.venues.dialects.spelling import spelled
from desk.venues.evidence import judge_cancel, judge_create
from desk.venues.fields import Record, identifier
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
    Unknown,
    VenueTrade,
)
from desk.venues.queue import Priority
from desk.venues.wire import Wire

BOOK_DEPTH = 100
ADJUSTMENTS: Mapping[str, Any] = {"has": {"fetchCurrencies": False}}
"""ccxt would ask three public routes for the names of currencies, which nobody needs."""
_CANCEL_AT_ONCE = 100


class Coinbase:
    """One product of one portfolio, behind `Dialect`."""

    def __init__(
        self,
        wire: Wire,
        symbol: str,
        *,
        clock: Clock,
        bounds: Bounds,
        to_venue_time: ToVenueTime,
        halt_wire: Wire | None = None,
    ) -> None:
        self._wire = wire
        self._halt_wire = halt_wire or wire
        self._symbol = symbol
        self._id = symbol.replace("/", "-")
        self._clock = clock
        self._bounds = bounds
        self._to_venue_time = to_venue_time
        self._product: shapes.Product | None = None
        self._history: CoinbaseHistory | None = None

    async def load(self) -> MarketRules:
        """The list of products once, later this one; and the account's own fee tier."""
        product = await self._first_product() if self._product is None else await self._product_now(self._product)
        summary = await self._ask("v3PrivateGetBrokerageTransactionSummary", {"product_type": "SPOT"}, Priority.READ)
        maker, taker = shapes.fees_of(summary)
        self._product = product
        self._history = self._history or CoinbaseHistory(self._ask, product, self._venue_now)
        return MarketRules(
            self._symbol, product.base, product.quote, product.tick, product.lot, product.min_quantity,
            product.min_cost, maker, taker, max(DEFAULT_IN_FLIGHT_BOUND_S, self._bounds.in_flight_bound_s or 0.0),
            self._bounds.visibility_delay_s, enforces_deadline=False,
        )  # fmt: skip

    async def _first_product(self, *, reload: bool = False) -> shapes.Product:
        loaded = await self._wire.call("load_markets", reload, priority=Priority.READ, is_private=False)
        market = self._wire.market(self._symbol)
        if market is None or (reload and loaded.error):
            raise NotAnAnswer(loaded.described() if loaded.error else f"Coinbase has no market {self._symbol}")
        return self._checked(shapes.product_of(market.get("info")))

    async def _product_now(self, known: shapes.Product) -> shapes.Product:
        """The product as it is now; ccxt has to load all of them again only if its grid has changed."""
        now = await self._read_product()
        return now if (now.tick, now.lot) == (known.tick, known.lot) else await self._first_product(reload=True)

    async def _read_product(self) -> shapes.Product:
        asked = {"product_id": self._id}
        answer = await self._ask("v3PrivateGetBrokerageProductsProductId", asked, Priority.READ)
        return self._checked(shapes.product_of(answer))

    def _checked(self, product: shapes.Product) -> shapes.Product:
        if product.id != self._id or f"{product.base}/{product.quote}" != self._symbol:
            raise NotAnAnswer(f"the product {product.id} instead of {self._id}")
        return product

    async def book(self) -> Book:
        """By REST; as old as the asking, or as Coinbase's own stamp where that is older."""
        product, asked, wall = self._loaded, self._clock.monotonic(), self._clock.wall()
        parameters = {"product_id": product.id, "limit": BOOK_DEPTH}
        answer = await self._wire.call("v3PrivateGetBrokerageProductBook", parameters, priority=Priority.READ)
        sent = answer.sent if answer.sent is not None else asked
        return shapes.book_of(result(answer).get("pricebook"), product, sent, wall, self._wire.clock_ahead)

    async def day(self) -> MarketDay:
        return shapes.day_of(await self._read_product())

    async def balances(self) -> tuple[Holding, ...]:
        accounts = await pages(self._ask, "v3PrivateGetBrokerageAccounts", "accounts", {}, Priority.READ)
        return shapes.holdings_of(accounts)

    async def create(self, request: OrderRequest) -> CreateOutcome:
        """One limit sell. Raises ValueError if ccxt would put another price or quantity on the wire."""
        quantity, price = spelled(self._wire, self._symbol, request)
        parameters: dict[str, object] = {"client_order_id": request.client_order_id}
        if request.type is OrderType.POST_ONLY:
            parameters["postOnly"] = True
        else:
            parameters["timeInForce"] = "IOC"
        answer = await self._wire.call(
            "create_order", self._symbol, "limit", "sell", quantity, price, parameters,
            priority=Priority.CREATE, why_not=request.why_not,
        )  # fmt: skip
        return judge_create(answer, read_create(self._id, request.client_order_id))

    async def cancel(self, ref: OrderRef) -> CancelOutcome:
        """By Coinbase's id, looked up among the open orders where it is not known; needs no markets."""
        if ref.venue_order_id is not None:
            return await self._cancelled([ref.venue_order_id], Priority.CANCEL)
        try:
            listed = await open_orders(self._ask_to_halt, self._id, Priority.CANCEL)
            ours = [
                identifier(one, "order_id") for one in listed if one.get("client_order_id") == ref.client_order_id
            ]
        except NotAnAnswer as error:
            return CancelRefused(f"not sent, the order's name was not found: {error}", is_temporary=True)
        if not ours:
            return CancelRefused("Coinbase shows no open order of this client order id")
        return await self._cancelled(ours, Priority.CANCEL)

    async def cancel_all(self) -> CancelOutcome:
        """Every open order of this product, a hundred at a time: Coinbase has no such request of its own."""
        try:
            listed = await open_orders(self._ask_to_halt, self._id, Priority.HALT)
            names = [identifier(one, "order_id") for one in listed]
        except NotAnAnswer as error:
            return Unknown(f"which orders are open is not known: {error}")
        outcome: CancelOutcome = CancelAccepted()
        for start in range(0, len(names), _CANCEL_AT_ONCE):
            part = await self._cancelled(names[start : start + _CANCEL_AT_ONCE], Priority.HALT)
            outcome = part if not isinstance(part, CancelAccepted) else outcome
        return outcome

    async def _cancelled(self, venue_order_ids: list[str], priority: Priority) -> CancelOutcome:
        answer = await self._halt_wire.call(
            "v3PrivatePostBrokerageOrdersBatchCancel", {"order_ids": venue_order_ids}, priority=priority
        )
        return judge_cancel(answer, read_cancels(venue_order_ids))

    async def dead_man(self, seconds: int) -> datetime | None:
        raise NotAnAnswer("Coinbase has none")

    async def look_up(self, ref: OrderRef) -> LookUp:
        """Found; or Absent when every route agrees; or Unknown when one failed."""
        began = self._clock.monotonic()
        try:
            order = await self._recorded.find(ref, self._to_venue_time(ref.sent - LOOK_BACK))
            return Absent(began) if order is None else Found((await self._recorded.reports([order]))[0])
        except NotAnAnswer as error:
            return Unknown(f"the look-up failed: {error}")

    async def open_orders(self) -> tuple[OrderReport, ...]:
        """All open sells of this product, whoever placed them."""
        return tuple(await self._recorded.reports(await self._recorded.open_sells()))

    async def trades_since(self, since: datetime) -> tuple[VenueTrade, ...]:
        """The account's own sells of this product since a wall time, oldest first."""
        return await self._recorded.trades_since(self._to_venue_time(since))

    async def owners(self, venue_order_ids: Sequence[str]) -> dict[str, str | None]:
        """The client order id that each of these orders carries, asked for by its venue id and no other."""
        return await self._recorded.owners(venue_order_ids)

    def stream(self) -> BookStream | None:
        return None

    def _venue_now(self) -> datetime:
        return self._to_venue_time(self._clock.wall())

    @property
    def _loaded(self) -> shapes.Product:
        if self._product is None:
            raise NotAnAnswer("markets are not loaded yet")
        return self._product

    @property
    def _recorded(self) -> CoinbaseHistory:
        if self._history is None:
            raise NotAnAnswer("markets are not loaded yet")
        return self._history

    async def _ask(self, method: str, parameters: Mapping[str, object], priority: Priority) -> Record:
        return result(await self._wire.call(method, dict(parameters), priority=priority))

    async def _ask_to_halt(self, method: str, parameters: Mapping[str, object], priority: Priority) -> Record:
        return result(await self._halt_wire.call(method, dict(parameters), priority=priority))
