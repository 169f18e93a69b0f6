"""What Binance's records say of our orders and trades.

An order is asked for by its own name first. Just after a create that route may not know it yet, so absence is only
claimed when open orders, all orders and own trades lack it too.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta

from desk.clock import micros
from desk.venues.answer import Declined, NotAnAnswer
from desk.venues.dialects.binance_evidence import is_no_such_order
from desk.venues.dialects.binance_shapes import Market, is_sell, order_of, sells_of
from desk.venues.dialects.recorded import RecordedOrder, TradeMemory, in_order, the_one
from desk.venues.fields import Record, numbered, records
from desk.venues.model import OrderRef, OrderReport, VenueTrade
from desk.venues.queue import Priority

Ask = Callable[[str, Mapping[str, object], Priority], Awaitable[object]]

_PAGE = 1000
_MOST_PAGES = 200


class BinanceHistory:
    """Orders and own trades of one market. Every method raises NotAnAnswer when a read fails."""

    def __init__(self, ask: Ask, market: Market, venue_now: Callable[[], datetime]) -> None:
        self._ask = ask
        self._market = market
        self._memory = TradeMemory(venue_now)

    async def find(self, ref: OrderRef, since: datetime) -> RecordedOrder | None:
        """The order, or None when every route since a venue time lacks it."""
        names: list[dict[str, object]] = [{"origClientOrderId": ref.client_order_id}]
        if ref.venue_order_id is not None:
            names.insert(0, {"orderId": ref.venue_order_id})
        for name in names:
            if (order := await self._named(name)) is not None:
                return order.confirmed(ref)
        return (
            the_one(self._mine(await self._open(), ref), ref)
            or the_one(self._mine(await self._all(since), ref), ref)
            or await self._behind_trades(ref, since)
        )

    async def open_sells(self) -> list[RecordedOrder]:
        return [order_of(entry, self._market) for entry in await self._open() if is_sell(entry, self._market)]

    async def reports(self, orders: Sequence[RecordedOrder]) -> list[OrderReport]:
        """Each order with the trades that prove its filled quantity."""
        for order in self._memory.unproven(orders):
            self._memory.keep(
                trade
                for trade in await self._trade_pages({"orderId": order.venue_order_id})
                if trade.venue_order_id == order.venue_order_id
            )
        return [self._memory.report(order) for order in orders]

    async def trades_since(self, since: datetime) -> tuple[VenueTrade, ...]:
        """Own sells in this market since a venue time, oldest first; remembered."""
        return in_order(self._memory.keep(await self._trade_pages({"startTime": _millis(since)})))

    async def owners(self, venue_order_ids: Sequence[str]) -> dict[str, str | None]:
        """Which client order id each order carries, one request each."""
        named = {one: await self._named({"orderId": one}) for one in venue_order_ids}
        return {one: order.client_order_id for one, order in named.items() if order is not None}

    async def _named(self, name: Mapping[str, object]) -> RecordedOrder | None:
        """An order asked for by one of its names, or None where Binance says there is none."""
        try:
            entry = await self._ask("privateGetOrder", {"symbol": self._market.id, **name}, Priority.LOOK_UP)
        except Declined as declined:
            if is_no_such_order(declined):
                return None
            raise
        return order_of(entry, self._market)

    async def _open(self) -> list[Record]:
        answer = await self._ask("privateGetOpenOrders", {"symbol": self._market.id}, Priority.LOOK_UP)
        return records(answer, "the open orders")

    async def _all(self, since: datetime) -> list[Record]:
        """All orders since a venue time, whatever became of them; later pages start behind the last order."""
        return await self._pages("privateGetAllOrders", {"startTime": _millis(since)}, "orderId", "orderId")

    async def _trade_pages(self, first: Mapping[str, object]) -> list[VenueTrade]:
        keeps = {name: value for name, value in first.items() if name == "orderId"}
        listed = await self._pages("privateGetMyTrades", first, "id", "fromId", keeps)
        return list(sells_of(listed, self._market))

    async def _pages(
        self,
        method: str,
        first: Mapping[str, object],
        name: str,
        later: str,
        keeps: Mapping[str, object] | None = None,
    ) -> list[Record]:
        """Oldest first; a full page is followed by one that starts behind its highest `name`."""
        found: list[Record] = []
        asked = first
        for _ in range(_MOST_PAGES):
            parameters = {"symbol": self._market.id, **asked, "limit": _PAGE}
            page = records(await self._ask(method, parameters, Priority.LOOK_UP), "the listing")
            found += page
            if len(page) < _PAGE:
                return found
            asked = {**(keeps or {}), later: str(max(int(numbered(entry, name)) for entry in page) + 1)}
        raise NotAnAnswer(f"more than {_MOST_PAGES} pages")

    def _mine(self, listed: Sequence[Record], ref: OrderRef) -> list[RecordedOrder]:
        """Only what carries our name is read."""
        return [
            order_of(entry, self._market)
            for entry in listed
            if entry.get("clientOrderId") == ref.client_order_id or str(entry.get("orderId")) == ref.venue_order_id
        ]

    async def _behind_trades(self, ref: OrderRef, since: datetime) -> RecordedOrder | None:
        """Trades name only Binance's order id, so each order behind one is asked for its client order id."""
        trades = await self.trades_since(since)
        for venue_order_id in self._memory.behind(trades, ref):
            order = await self._named({"orderId": venue_order_id})
            if order is None:
                raise NotAnAnswer(f"a trade of order {venue_order_id}, of which Binance tells nothing")
            if order.is_of(ref):
                return order.confirmed(ref)
            self._memory.name(order)
        return None


def _millis(moment: datetime) -> int:
    """A second early, for stamps that were rounded."""
    return micros(moment - timedelta(seconds=1)) // 1_000
