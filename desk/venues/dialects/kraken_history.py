"""What Kraken's records say of our orders and trades, asked for as seldom as can be.

Its limiter spaces private reads about three seconds apart, so trades that were seen are kept (a trade does not
change) and fetched again only while an order's filled quantity is not backed by them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import ParamSpec

from desk.clock import micros
from desk.venues.answer import Declined, NotAnAnswer
from desk.venues.dialects.kraken_shapes import Pair, client_id_of, order_of, trade_of
from desk.venues.dialects.recorded import RecordedOrder, TradeMemory, in_order, the_one
from desk.venues.fields import Record, record, text
from desk.venues.model import OrderRef, OrderReport, VenueTrade
from desk.venues.queue import Priority

P = ParamSpec("P")
Finding = RecordedOrder | NotAnAnswer | None
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
        found = (await self.find_many([ref], since))[ref.client_order_id]
        if isinstance(found, NotAnAnswer):
            raise found
        return found

    async def find_many(self, refs: Sequence[OrderRef], since: datetime) -> dict[str, Finding]:
        """The same for several, by client order id, each record read once for all of them.

        What speaks against one order is the finding for that one; it says nothing of the others.
        """
        found: dict[str, Finding] = {}
        known = await self._all_queried([ref.venue_order_id for ref in refs if ref.venue_order_id is not None])
        for ref in refs:
            if ref.venue_order_id in known:
                found[ref.client_order_id] = _tried(known[ref.venue_order_id].confirmed, ref)
        for listing in (self._open, self._closed):
            left = [ref for ref in refs if ref.client_order_id not in found]
            if not left:
                return found
            ours = {"cl_ord_id": left[0].client_order_id} if len(left) == 1 else {}
            listed = await listing({**ours, **_WITH_TRADES}, since)
            mine = {ref.client_order_id: _tried(self._ours, listed, ref) for ref in left}
            found |= {cid: finding for cid, finding in mine.items() if finding is not None}
        left = [ref for ref in refs if ref.client_order_id not in found]
        trades = await self.trades_since(since) if left else ()
        for ref in left:
            found[ref.client_order_id] = await self._behind(trades, ref)
        return found

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

    async def owners(self, venue_order_ids: Sequence[str]) -> dict[str, str | None]:
        """Which client order id each order carries, twenty of them in one request."""
        return {name: order.client_order_id for name, order in (await self._all_queried(venue_order_ids)).items()}

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

    async def _open(self, asked: Mapping[str, object], since: datetime) -> Record:
        return _listing(await self._ask("privatePostOpenOrders", asked, Priority.LOOK_UP), "open")

    async def _closed(self, asked: Mapping[str, object], since: datetime) -> Record:
        return await self._pages("privatePostClosedOrders", "closed", {**asked, "start": _seconds(since)})

    async def _behind(self, trades: Sequence[VenueTrade], ref: OrderRef) -> RecordedOrder | None:
        """Trades name only the venue's order id, so each order behind one is asked for its client order id."""
        behind = self._memory.behind(trades, ref)
        for start in range(0, len(behind), _QUERY_AT_ONCE):
            asked = behind[start : start + _QUERY_AT_ONCE]
            answered = await self._queried(asked)
            for venue_order_id in asked:
                order = answered.get(venue_order_id)
                if order is None:
                    raise NotAnAnswer(f"a trade of order {venue_order_id}, of which Kraken tells nothing")
                if order.is_of(ref):
                    return order
                self._memory.name(order)
        return None

    async def _all_queried(self, venue_order_ids: Sequence[str]) -> dict[str, RecordedOrder]:
        found: dict[str, RecordedOrder] = {}
        for start in range(0, len(venue_order_ids), _QUERY_AT_ONCE):
            found |= await self._queried(venue_order_ids[start : start + _QUERY_AT_ONCE])
        return found

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


def _tried(read: Callable[P, RecordedOrder | None], *given: P.args, **named: P.kwargs) -> Finding:
    """What a reading brought, its complaint included."""
    try:
        return read(*given, **named)
    except NotAnAnswer as problem:
        return problem


def _listing(result: Record, name: str) -> Record:
    """The named listing; a reply without it is no proof that nothing is there."""
    listed = result.get(name)
    return {} if listed == [] else record(listed)


def _seconds(moment: datetime) -> int:
    """Whole seconds, a second early: Kraken's `start` is exclusive."""
    return micros(moment - timedelta(seconds=1)) // 1_000_000
