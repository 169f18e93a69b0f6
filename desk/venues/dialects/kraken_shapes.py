"""Kraken's orders, trades, books and pairs as values: exact, and refused when a field is not what it should be.

Kraken's average price and cost are cut to a few decimals, so amounts are trusted and averages only shown.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_DOWN, Decimal

from desk.execution.orders import Liquidity
from desk.units import Bps, Money, Price, Sats
from desk.venues.answer import NotAnAnswer, shown
from desk.venues.dialects.recorded import AHEAD, RecordedOrder
from desk.venues.fields import (
    Record,
    count,
    identifier,
    listed_levels,
    name_of,
    not_negative,
    number,
    positive,
    record,
    sats,
    text,
    two_sided,
    unix_seconds,
)
from desk.venues.model import Book, MarketDay, MarketTrades, ReportedState, VenueTrade

_STATES = {
    "pending": ReportedState.OPEN,
    "open": ReportedState.OPEN,
    "closed": ReportedState.FILLED,
    "canceled": ReportedState.CANCELLED,
    "expired": ReportedState.EXPIRED,
}


@dataclass(frozen=True, slots=True)
class Pair:
    """One market: the names it goes by, and its grid."""

    symbol: str
    base: str
    quote: str
    id: str
    names: frozenset[str]
    tick: Decimal
    price_places: int
    quantity_places: int
    lot: Sats
    min_quantity: Sats
    min_cost: Money

    def has_grid_of(self, other: Pair) -> bool:
        """Whether prices and quantities are written alike."""
        return (self.tick, self.lot, self.price_places, self.quantity_places) == (
            other.tick, other.lot, other.price_places, other.quantity_places,
        )  # fmt: skip


def pair_of(symbol: str, market: Record) -> Pair:
    """From ccxt's market: Kraken's own pair in `info`, and ccxt's lot where the asset has fewer digits."""
    info = record(market.get("info"))
    price_places, quantity_places = count(info, "pair_decimals"), count(info, "lot_decimals")
    tick = positive(info, "tick_size") if info.get("tick_size") is not None else Decimal(1).scaleb(-price_places)
    precision = record(market.get("precision"))
    lot = max(sats({"lot": Decimal(1).scaleb(-quantity_places)}, "lot"), sats(precision, "amount"))
    minimum = sats(info, "ordermin") if info.get("ordermin") is not None else lot
    cost = not_negative(info, "costmin") if info.get("costmin") is not None else Decimal(0)
    names = {str(market.get("id")), symbol, str(info.get("altname")), str(info.get("wsname"))}
    return Pair(
        symbol, text(market, "base"), text(market, "quote"), text(market, "id"), frozenset(names), tick,
        price_places, quantity_places, lot, Sats(max(lot, minimum)), Money(cost),
    )  # fmt: skip


def fee_of(fees: object, pair: Pair) -> Bps:
    """TradeVolume's percentage for a pair, in basis points."""
    by_pair = record(fees)
    named = [entry for name, entry in by_pair.items() if name in pair.names]
    if len(named) != 1:
        raise NotAnAnswer(f"no fee for {pair.symbol}")
    return Bps(not_negative(record(named[0]), "fee") * 100)


def order_of(venue_order_id: str, order: object, pair: Pair) -> RecordedOrder:
    """A sell in this pair. Raises NotAnAnswer for anything that does not add up."""
    fields = record(order)
    description = record(fields.get("descr"))
    if text(description, "pair") not in pair.names or text(description, "type") != "sell":
        raise NotAnAnswer(f"an order that is no sell of {pair.symbol}")
    status = text(fields, "status")
    if status not in _STATES:
        raise NotAnAnswer(f"an order in the unknown state {shown(status)!r}")
    quantity, filled = sats(fields, "vol"), sats(fields, "vol_exec")
    state = _STATES[status]
    if state is ReportedState.FILLED and filled < quantity:
        state = ReportedState.CANCELLED
    names = fields.get("trades")
    average = not_negative(fields, "price") if fields.get("price") is not None else Decimal(0)
    return RecordedOrder(
        name_of(venue_order_id, "an order's name"),
        client_id_of(fields),
        state,
        quantity,
        filled,
        Price(average) if average else None,
        unix_seconds(fields, "opentm"),
        tuple(name for name in names if isinstance(name, str)) if isinstance(names, list) else (),
    )


def client_id_of(order: Record) -> str | None:
    """The client order id as we spell ours; Kraken may write 32 hex digits as a UUID with dashes."""
    client_order_id = order.get("cl_ord_id")
    if not isinstance(client_order_id, str):
        return None
    plain = client_order_id.replace("-", "").lower()
    return plain if len(plain) == 32 else client_order_id


def trade_of(trade_id: str, trade: object, pair: Pair) -> VenueTrade:
    """One execution, digit for digit. Kraken charges a seller in the quote currency."""
    fields = record(trade)
    is_maker = fields.get("maker")
    liquidity = (
        (Liquidity.MAKER if is_maker else Liquidity.TAKER) if isinstance(is_maker, bool) else Liquidity.UNSTATED
    )
    return VenueTrade(
        name_of(trade_id, "a trade's name"),
        identifier(fields, "ordertxid"),
        sats(fields, "vol"),
        Price(positive(fields, "price")),
        Money(not_negative(fields, "cost")),
        Money(number(fields, "fee")),
        pair.quote,
        liquidity,
        unix_seconds(fields, "time"),
    )


def book_of(depth: object, observed: float, at: datetime) -> Book:
    """A book with two sides, best first, or NotAnAnswer."""
    sides = record(depth)
    return two_sided(listed_levels(sides.get("bids")), listed_levels(sides.get("asks")), observed, at)


def market_trades_of(result: Record, pair: Pair, page: int, now: datetime) -> MarketTrades:
    """Public trades: lists of price, volume, time and whatever else. Raises NotAnAnswer, also for the future."""
    named = [listed for name, listed in result.items() if name in pair.names]
    if len(named) != 1 or not isinstance(named[0], list):
        raise NotAnAnswer(f"no trades of {pair.symbol}")
    trades = []
    for entry in named[0]:
        if not isinstance(entry, list) or len(entry) < 3:
            raise NotAnAnswer("a trade that is none")
        fields = {"volume": entry[1], "time": entry[2]}
        moment = unix_seconds(fields, "time")
        if moment > now + AHEAD:
            raise NotAnAnswer("a trade of the future")
        trades.append((moment, sats(fields, "volume")))
    cursor = text(result, "last")
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= 20):
        raise NotAnAnswer("no place where the next page of trades begins")
    return MarketTrades(tuple(trades), cursor, is_last=len(trades) < page)


def day_of(ticker: object) -> MarketDay:
    """Volume, high and low of 24 hours. Raises NotAnAnswer."""
    fields = record(ticker)

    def latest(name: str) -> Decimal:
        pair = fields.get(name)
        if not isinstance(pair, list) or len(pair) != 2:
            raise NotAnAnswer(f"{name} is not a pair of figures")
        return positive({name: pair[1]}, name) if name != "v" else not_negative({name: pair[1]}, name)

    volume = latest("v").scaleb(8).to_integral_value(ROUND_DOWN)
    return MarketDay(Sats(int(volume)), Price(latest("h")), Price(latest("l")))
