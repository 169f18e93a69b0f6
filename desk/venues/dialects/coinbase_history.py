"""What Coinbase's records say of our orders and fills.

No route takes a client order id, so an order whose name is not known is sought among the open ones, then among all
since it was sent, then behind the account's own fills.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from desk.venues.answer import Declined, NotAnAnswer
from desk.venues.dialects.coinbase_evidence import is_no_such_order
from desk.venues.dialects.coinbase_shapes import Product, fills_of, is_sell, order_of
from desk.venues.dialects.recorded import RecordedOrder, TradeMemory, in_order, the_one
from desk.venues.fields import Record, record, records
from desk.venues.model import OrderRef, OrderReport, VenueTrade
from desk.venues.queue import Priority

Ask = Callable[[str, Mapping[str, object], Priority], Awaitable[Record]]

_PAGE = 250
_MOST_PAGES = 200
LIST_ORDERS = "v3PrivateGetBrokerageOrdersHistoricalBatch"
_LIST_FILLS = "v3PrivateGetBrokerageOrdersHistoricalFills"
_GET_ORDER = "v3PrivateGetBrokerageOrdersHistoricalOrderId"


class CoinbaseHistory:
    """Orders and own fills of one product. Every method raises NotAnAnswer when a read fails."""

    def __init__(self, ask: Ask, product: Product, venue_now: Callable[[], datetime]) -> None:
        self._ask = ask
        self._product = product
        self._memory = TradeMemory(venue_now)

    async def find(self, ref: OrderRef, since: datetime) -> RecordedOrder | None:
        """The order, or None when open orders, all orders and own fills since a venue time lack it."""
        if ref.venue_order_id is not None and (order := await self._named(ref.venue_order_id)) is not None:
            return order.confirmed(ref)
        return (
            the_one(self._mine(await self._open(), ref), ref)
            or the_one(self._mine(await self._all(since), ref), ref)
            or await self._behind_fills(ref, since)
        )

    async def open_sells(self) -> list[RecordedOrder]:
        return [order_of(entry, self._product) for entry in await self._open() if is_sell(entry, self._product)]

    async def reports(self, orders: Sequence[RecordedOrder]) -> list[OrderReport]:
        """Each order with the fills that prove its filled quantity."""
        for order in self._memory.unproven(orders):
            self._memory.keep(
                fill
                for fill in await self._fills({"order_ids": [order.venue_order_id]})
                if fill.venue_order_id == order.venue_order_id
            )
        return [self._memory.report(order) for order in orders]

    async def trades_since(self, since: datetime) -> tuple[VenueTrade, ...]:
        """Own sells of this product since a venue time, oldest first; remembered."""
        return in_order(self._memory.keep(await self._fills({"start_sequence_timestamp": _rfc3339(since)})))

    async def owners(self, venue_order_ids: Sequence[str]) -> dict[str, str | None]:
        """Which client order id each order carries, one request each."""
        named = {one: await self._named(one) for one in venue_order_ids}
        return {one: order.client_order_id for one, order in named.items() if order is not None}

    async def _named(self, venue_order_id: str) -> RecordedOrder | None:
        try:
            answer = await self._ask(_GET_ORDER, {"order_id": venue_order_id}, Priority.LOOK_UP)
        except Declined as declined:
            if is_no_such_order(declined):
                return None
            raise
        return order_of(answer.get("order"), self._product)

    async def _open(self) -> list[Record]:
        return await open_orders(self._ask, self._product.id, Priority.LOOK_UP)

    async def _all(self, since: datetime) -> list[Record]:
        """Those that are not open any more, whatever became of them."""
        asked = {"product_ids": [self._product.id], "start_date": _rfc3339(since)}
        return await pages(self._ask, LIST_ORDERS, "orders", asked, Priority.LOOK_UP)

    async def _fills(self, asked: Mapping[str, object]) -> list[VenueTrade]:
        parameters = {"product_ids": [self._product.id], **asked}
        return list(
            fills_of(await pages(self._ask, _LIST_FILLS, "fills", parameters, Priority.LOOK_UP), self._product)
        )

    def _mine(self, listed: Sequence[Record], ref: OrderRef) -> list[RecordedOrder]:
        """Only what carries our name is read."""
        return [
            order_of(entry, self._product)
            for entry in listed
            if entry.get("client_order_id") == ref.client_order_id or entry.get("order_id") == ref.venue_order_id
        ]

    async def _behind_fills(self, ref: OrderRef, since: datetime) -> RecordedOrder | None:
        """Fills name only Coinbase's order id, so each order behind one is asked for its client order id."""
        fills = await self.trades_since(since)
        for venue_order_id in self._memory.behind(fills, ref):
            order = await self._named(venue_order_id)
            if order is None:
                raise NotAnAnswer(f"a fill of order {venue_order_id}, of which Coinbase tells nothing")
            if order.is_of(ref):
                return order.confirmed(ref)
            self._memory.name(order)
        return None


async def open_orders(ask: Ask, product_id: str, priority: Priority) -> list[Record]:
    """Every open order of a product, both sides."""
    listed = await pages(
        ask, LIST_ORDERS, "orders", {"product_ids": [product_id], "order_status": ["OPEN"]}, priority
    )
    return [entry for entry in listed if entry.get("product_id") == product_id]


async def pages(
    ask: Ask, method: str, name: str, parameters: Mapping[str, object], priority: Priority
) -> list[Record]:
    """All pages of a listing, as far as its cursor leads."""
    found: list[Record] = []
    cursor = ""
    for _ in range(_MOST_PAGES):
        at = {"cursor": cursor} if cursor else {}
        page = record(await ask(method, {**parameters, "limit": _PAGE, **at}, priority))
        listed = records(page.get(name), name)
        found += listed
        following = page.get("cursor")
        is_last = page.get("has_next") is False or not listed
        if not following or is_last:
            return found
        if not isinstance(following, str) or following == cursor:
            raise NotAnAnswer(f"a listing of {name} that does not go on")
        cursor = following
    raise NotAnAnswer(f"more than {_MOST_PAGES} pages of {name}")


def _rfc3339(moment: datetime) -> str:
    """UTC, a second early, for stamps that were rounded."""
    return (moment - timedelta(seconds=1)).astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
