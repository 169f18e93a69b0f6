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
from desk.venues.dialects.kraken_shapes import Pair, client_id_of, order_of, trade_of
from desk.venues.dialects.recorded import RecordedOrder, TradeMemory, in_order, the_one
from desk.venues.fields import Record, record, text
from desk.venues.model import OrderRef, OrderReport, VenueTrade
from desk.venues.queue import Priority

Ask = Callable[[str, Mapping[str, object], Priority], Awaitable[Record]]

_MOST_PAGES = 200
_QUERY_AT_ONCE = 20
_WITH_TRADES = {"trades": "true"}
_UNKNOWN_HERE = frozenset({"EOrder:Unknown order", "EOrder:Invalid order"})


class KrakenHistory:
    """Open orders, closed orders and own trades of one pair. Every method raises NotAnAnswer when a read fails."""

    def __init__(self, ask: Ask, pair: Pair, venue_now: Callable[[], datetime]) -> None:
        self._ask = ask
        self._pair = pair
        self._memory = TradeMemory(venue_now)

    async def find(self, ref: OrderRef, since: datetime) -> RecordedOrder | None:
        """The order, or None when open orders, closed orders and own trades since a venue time all lack it."""
        if ref.venue_order_id is not None:
            known = await self._queried([ref.venue_order_id])
            if ref.venue_order_id in known:
                return known[ref.venue_order_id].confirmed(ref)
        ours = {"cl_ord_id": ref.client_order_id, **_WITH_TRADES}
        opened = await self._ask("privatePostOpenOrders", ours, Priority.LOOK_UP)
        found = self._ours(_listing(opened, "open"), ref)
        if found is None:
            closed = await self._pages("privatePostClosedOrders", "closed", {**ours, "start": _seconds(since)})
            found = self._ours(closed, ref)
        return found if found is not None else await self._behind_trades(ref, since)

    async def open_sells(self) -> list[RecordedOrder]:
        listed = _listing(await self._ask("privatePostOpenOrders", _WITH_TRADES, Priority.LOOK_UP), "open")
        return [
            order_of(name, order, self._pair)
            for name, order in listed.items()
            if self._is_sell_here(record(order).get("descr"))
        ]

    async def reports(self, orders: Sequence[RecordedOrder]) -> list[OrderReport]:
        """Each order with the trades that prove its filled quantity, read for all of them together."""
        await self._fetch_named(self._memory.unproven(orders))
        if unproven := self._memory.unproven(orders):
            await self.trades_since(min(order.opened for order in unproven))
        return [self._memory.report(order) for order in orders]

    async def trades_since(self, since: datetime) -> tuple[VenueTrade, ...]:
        """Own sells in this pair since a venue time, oldest first; remembered."""
        start = _seconds(since)
        seen = self._remembered(await self._pages("privatePostTradesHistory", "trades", {"start": start}))
        return in_order(seen)

    async def _fetch_named(self, orders: Sequence[RecordedOrder]) -> None:
        """The trades that orders name, by their ids: half the price of a page of history, and no paging."""
        asked = [
            name for order in orders for name in order.trade_ids if not self._memory.knows(order.venue_order_id, name)
        ]
        if len(asked) > _QUERY_AT_ONCE * 2:
            return
        for start in range(0, len(asked), _QUERY_AT_ONCE):
            names = {"txid": ",".join(asked[start : start + _QUERY_AT_ONCE])}
            with suppress(Declined):
                self._remembered(await self._ask("privatePostQueryTrades", names, Priority.LOOK_UP))

    def _remembered(self, listed: Record) -> list[VenueTrade]:
        return self._memory.keep(
            trade_of(name, trade, self._pair) for name, trade in listed.items() if self._is_sell_here(trade)
        )

    async def _behind_trades(self, ref: OrderRef, since: datetime) -> RecordedOrder | None:
        """Trades name only the venue's order id, so each order behind one is asked for its client order id."""
        trades = await self.trades_since(since)
        behind = sorted({trade.venue_order_id for trade in trades} - self._memory.strangers)
        for start in range(0, len(behind), _QUERY_AT_ONCE):
            asked = behind[start : start + _QUERY_AT_ONCE]
            answered = await self._queried(asked)
            for venue_order_id in asked:
                order = answered.get(venue_order_id)
                if order is None:
                    raise NotAnAnswer(f"a trade of order {venue_order_id}, of which Kraken tells nothing")
                if order.client_order_id == ref.client_order_id or venue_order_id == ref.venue_order_id:
                    return order
                self._memory.strangers.add(venue_order_id)
        return None

    async def _queried(self, venue_order_ids: Sequence[str]) -> dict[str, RecordedOrder]:
        """QueryOrders by the venue's ids; an id it does not know is left out."""
        try:
            orders = await self._ask(
                "privatePostQueryOrders", {"txid": ",".join(venue_order_ids), **_WITH_TRADES}, Priority.LOOK_UP
            )
        except Declined as error:
            if set(error.errors) <= _UNKNOWN_HERE:
                return {}
            raise
        return {name: order_of(name, order, self._pair) for name, order in orders.items() if name in venue_order_ids}

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

    def _ours(self, listed: Record, ref: OrderRef) -> RecordedOrder | None:
        """Only what carries our name is read: a venue that ignores the filter shows strangers."""
        mine = [
            order_of(name, order, self._pair)
            for name, order in listed.items()
            if client_id_of(record(order)) == ref.client_order_id or name == ref.venue_order_id
        ]
        return the_one(mine, ref)


def _listing(result: Record, name: str) -> Record:
    """The named listing; a reply without it is no proof that nothing is there."""
    listed = result.get(name)
    return {} if listed == [] else record(listed)


def _seconds(moment: datetime) -> int:
    """Whole seconds, a second early: Kraken's `start` is exclusive."""
    return micros(moment - timedelta(seconds=1)) // 1_000_000
