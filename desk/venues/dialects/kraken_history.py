"""What Kraken's records say of our orders and trades, asked for as seldom as can be.

Its limiter spaces private reads about three seconds apart, so trades that were seen are kept (a trade does not
change) and fetched again only while an order's filled quantity is not backed by them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from desk.clock import micros
from desk.venues.answer import Declined, NotAnAnswer
from desk.venues.dialects.kraken_shapes import (
    KrakenOrder,
    Pair,
    Record,
    client_id_of,
    order_of,
    record,
    text,
    trade_of,
)
from desk.venues.model import OrderRef, OrderReport, VenueTrade
from desk.venues.queue import Priority

Ask = Callable[[str, Mapping[str, object], Priority], Awaitable[Record]]

_MOST_PAGES = 200
_QUERY_AT_ONCE = 20
_MOST_ORDERS_KEPT = 2_000
_WITH_TRADES = {"trades": "true"}
_UNKNOWN_HERE = frozenset({"EOrder:Unknown order", "EOrder:Invalid order"})


class KrakenHistory:
    """Open orders, closed orders and own trades of one pair. Every method raises NotAnAnswer when a read fails."""

    def __init__(self, ask: Ask, pair: Pair) -> None:
        self._ask = ask
        self._pair = pair
        self._trades: dict[str, dict[str, VenueTrade]] = {}
        """By the venue's order id, then by trade id."""
        self._strangers: set[str] = set()
        """Orders behind trades that are known to carry another client order id, or none."""

    async def find(self, ref: OrderRef, since: datetime) -> KrakenOrder | None:
        """The order, or None when open orders, closed orders and own trades since a venue time all lack it."""
        if ref.venue_order_id is not None:
            known = await self._queried([ref.venue_order_id])
            if ref.venue_order_id in known:
                return known[ref.venue_order_id]
        ours = {"cl_ord_id": ref.client_order_id, **_WITH_TRADES}
        opened = await self._ask("privatePostOpenOrders", ours, Priority.LOOK_UP)
        found = _ours(_listing(opened, "open"), ref)
        if found is None:
            closed = await self._pages("privatePostClosedOrders", "closed", {**ours, "start": _seconds(since)})
            found = _ours(closed, ref)
        return found if found is not None else await self._behind_trades(ref, since)

    async def open_sells(self) -> list[KrakenOrder]:
        listed = _listing(await self._ask("privatePostOpenOrders", _WITH_TRADES, Priority.LOOK_UP), "open")
        return [
            order_of(name, order) for name, order in listed.items() if self._is_sell_here(record(order).get("descr"))
        ]

    async def reports(self, orders: Sequence[KrakenOrder]) -> list[OrderReport]:
        """Each order with the trades that prove its filled quantity, read for all of them together."""
        await self._fetch_named(self._unproven(orders))
        if unproven := self._unproven(orders):
            await self.trades_since(min(order.opened for order in unproven))
        return [order.report(self._trades_of(order.venue_order_id)) for order in orders]

    async def trades_since(self, since: datetime) -> tuple[VenueTrade, ...]:
        """Own sells in this pair since a venue time, oldest first; remembered."""
        start = _seconds(since)
        seen = self._remembered(await self._pages("privatePostTradesHistory", "trades", {"start": start}))
        return tuple(sorted(seen, key=lambda trade: (trade.executed, trade.trade_id)))

    def _unproven(self, orders: Sequence[KrakenOrder]) -> list[KrakenOrder]:
        return [order for order in orders if self._traded(order.venue_order_id) < order.filled]

    async def _fetch_named(self, orders: Sequence[KrakenOrder]) -> None:
        """The trades that orders name, by their ids: half the price of a page of history, and no paging."""
        known = {name for order in orders for name in self._trades.get(order.venue_order_id, ())}
        asked = [name for order in orders for name in order.trade_ids if name not in known]
        if len(asked) > _QUERY_AT_ONCE * 2:
            return
        for start in range(0, len(asked), _QUERY_AT_ONCE):
            names = {"txid": ",".join(asked[start : start + _QUERY_AT_ONCE])}
            with suppress(Declined):
                self._remembered(await self._ask("privatePostQueryTrades", names, Priority.LOOK_UP))

    def _remembered(self, listed: Record) -> list[VenueTrade]:
        seen = [trade_of(name, trade, self._pair) for name, trade in listed.items() if self._is_sell_here(trade)]
        for trade in seen:
            self._trades.setdefault(trade.venue_order_id, {})[trade.trade_id] = trade
        for forgotten in list(self._trades)[:-_MOST_ORDERS_KEPT]:
            del self._trades[forgotten]
        return seen

    async def _behind_trades(self, ref: OrderRef, since: datetime) -> KrakenOrder | None:
        """Trades name only the venue's order id, so each order behind one is asked for its client order id."""
        trades = await self.trades_since(since)
        behind = sorted({trade.venue_order_id for trade in trades} - self._strangers)
        for start in range(0, len(behind), _QUERY_AT_ONCE):
            asked = behind[start : start + _QUERY_AT_ONCE]
            answered = await self._queried(asked)
            for venue_order_id in asked:
                order = answered.get(venue_order_id)
                if order is None:
                    raise NotAnAnswer(f"a trade of order {venue_order_id}, of which Kraken tells nothing")
                if order.client_order_id == ref.client_order_id or venue_order_id == ref.venue_order_id:
                    return order
                self._strangers.add(venue_order_id)
        return None

    async def _queried(self, venue_order_ids: Sequence[str]) -> dict[str, KrakenOrder]:
        """QueryOrders by the venue's ids; an id it does not know is left out."""
        try:
            orders = await self._ask(
                "privatePostQueryOrders", {"txid": ",".join(venue_order_ids), **_WITH_TRADES}, Priority.LOOK_UP
            )
        except Declined as error:
            if set(error.errors) <= _UNKNOWN_HERE:
                return {}
            raise
        return {name: order_of(name, order) for name, order in orders.items() if name in venue_order_ids}

    async def _pages(self, method: str, name: str, parameters: Mapping[str, object]) -> dict[str, object]:
        """All pages of a listing, newest first: what arrives meanwhile pushes entries on, so none is skipped."""
        found: dict[str, object] = {}
        offset = 0
        for _ in range(_MOST_PAGES):
            at = {"ofs": offset} if offset else {}
            result = await self._ask(method, {**parameters, **at}, Priority.LOOK_UP)
            page = _listing(result, name)
            found.update(page)
            offset += len(page)
            total = result.get("count")
            if not page or (isinstance(total, int) and offset >= total):
                return found
        raise NotAnAnswer(f"more than {_MOST_PAGES} pages of {name}")

    def _is_sell_here(self, described: object) -> bool:
        """Of an order's description or a trade: other markets may have amounts that are no bitcoin."""
        fields = record(described)
        return text(fields, "pair") in self._pair.names and text(fields, "type") == "sell"

    def _trades_of(self, venue_order_id: str) -> tuple[VenueTrade, ...]:
        mine = self._trades.get(venue_order_id, {}).values()
        return tuple(sorted(mine, key=lambda trade: (trade.executed, trade.trade_id)))

    def _traded(self, venue_order_id: str) -> int:
        return sum(trade.quantity for trade in self._trades_of(venue_order_id))


def _listing(result: Record, name: str) -> Record:
    """The named listing; a reply without it is no proof that nothing is there."""
    listed = result.get(name)
    return {} if listed == [] else record(listed)


def _ours(listed: Record, ref: OrderRef) -> KrakenOrder | None:
    """The order of this client order id. Two of them are a contradiction: at most one was ever sent."""
    found = [
        name
        for name, order in listed.items()
        if client_id_of(record(order)) == ref.client_order_id or name == ref.venue_order_id
    ]
    if len(found) > 1:
        raise NotAnAnswer("two orders with one client order id")
    return order_of(found[0], listed[found[0]]) if found else None


def _seconds(moment: datetime) -> int:
    """Whole seconds, a second early: Kraken's `start` is exclusive."""
    return micros(moment - timedelta(seconds=1)) // 1_000_000
