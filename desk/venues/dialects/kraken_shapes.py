"""Kraken's orders, trades, books and pairs as values: exact, and refused when a field is not what it should be.

Kraken's average price and cost are cut to a few decimals, so amounts are trusted and averages only shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_DOWN, Decimal

from desk.clock import from_micros
from desk.execution.orders import Liquidity
from desk.units import AmountRefused, Bps, Money, Price, Sats, average_price, parse_btc, parse_decimal
from desk.venues.answer import NotAnAnswer, shown
from desk.venues.model import Book, Level, MarketDay, OrderReport, ReportedState, VenueTrade

Record = Mapping[str, object]

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


@dataclass(frozen=True, slots=True)
class KrakenOrder:
    """One order as Kraken tells it. `opened` is the venue's own time."""

    venue_order_id: str
    client_order_id: str | None
    pair: str
    side: str
    state: ReportedState
    quantity: Sats
    filled: Sats
    average: Price | None
    opened: datetime
    trade_ids: tuple[str, ...]

    def report(self, trades: tuple[VenueTrade, ...]) -> OrderReport:
        """The order with its executions; trades seen after an open order was read count, being the proof."""
        traded = Sats(sum(trade.quantity for trade in trades))
        is_ahead = self.state is ReportedState.OPEN and self.filled < traded <= self.quantity
        filled = traded if is_ahead else self.filled
        average = (
            average_price(sum((trade.cost for trade in trades), Decimal(0)), filled) if is_ahead else self.average
        )
        return OrderReport(
            self.venue_order_id, self.client_order_id, self.state, self.quantity, filled, average, trades
        )


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


def order_of(venue_order_id: str, order: object) -> KrakenOrder:
    """Raises NotAnAnswer for anything that does not add up."""
    fields = record(order)
    description = record(fields.get("descr"))
    status = text(fields, "status")
    if status not in _STATES:
        raise NotAnAnswer(f"an order in the unknown state {shown(status)!r}")
    quantity, filled = sats(fields, "vol"), sats(fields, "vol_exec")
    if filled > quantity:
        raise NotAnAnswer("an order filled beyond its quantity")
    state = _STATES[status]
    if state is ReportedState.FILLED and filled < quantity:
        state = ReportedState.CANCELLED
    names = fields.get("trades")
    average = not_negative(fields, "price") if fields.get("price") is not None else Decimal(0)
    return KrakenOrder(
        venue_order_id,
        client_id_of(fields),
        text(description, "pair"),
        text(description, "type"),
        state,
        quantity,
        filled,
        Price(average) if average else None,
        moment(fields, "opentm"),
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
        trade_id,
        text(fields, "ordertxid"),
        sats(fields, "vol"),
        Price(positive(fields, "price")),
        Money(not_negative(fields, "cost")),
        Money(number(fields, "fee")),
        pair.quote,
        liquidity,
        moment(fields, "time"),
    )


def book_of(depth: object, observed: float, at: datetime) -> Book:
    """A book with two sides, best first, or NotAnAnswer."""
    sides = record(depth)
    bids = sorted(_levels(sides, "bids"), key=lambda level: level.price, reverse=True)
    asks = sorted(_levels(sides, "asks"), key=lambda level: level.price)
    if not bids or not asks:
        raise NotAnAnswer("a book with an empty side")
    if bids[0].price >= asks[0].price:
        raise NotAnAnswer("a crossed book")
    return Book(tuple(bids), tuple(asks), observed, at)


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


def _levels(sides: Record, side: str) -> list[Level]:
    entries = sides.get(side)
    if not isinstance(entries, list):
        raise NotAnAnswer("a book without levels")
    levels = []
    for entry in entries:
        if not isinstance(entry, list) or len(entry) < 2:
            raise NotAnAnswer("a level that is none")
        level = {"price": entry[0], "quantity": entry[1]}
        if (quantity := sats(level, "quantity")) > 0:
            levels.append(Level(Price(positive(level, "price")), quantity))
    return levels


def record(value: object) -> Record:
    if not isinstance(value, dict):
        raise NotAnAnswer("a record is missing")
    return value


def text(fields: Record, name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value:
        raise NotAnAnswer(f"{name} is not a text")
    return value


def count(fields: Record, name: str) -> int:
    value = fields.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 30:
        raise NotAnAnswer(f"{name} is not a count of decimals")
    return value


def number(fields: Record, name: str) -> Decimal:
    value = fields.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise NotAnAnswer(f"{name} is not an exact number")
    try:
        return parse_decimal(value)
    except AmountRefused as error:
        raise NotAnAnswer(f"{name}: {shown(str(error))}") from error


def not_negative(fields: Record, name: str) -> Decimal:
    value = number(fields, name)
    if value < 0:
        raise NotAnAnswer(f"{name} is negative")
    return value


def positive(fields: Record, name: str) -> Decimal:
    value = number(fields, name)
    if value <= 0:
        raise NotAnAnswer(f"{name} is not above zero")
    return value


def sats(fields: Record, name: str) -> Sats:
    try:
        return parse_btc(not_negative(fields, name))
    except AmountRefused as error:
        raise NotAnAnswer(f"{name}: {shown(str(error))}") from error


def moment(fields: Record, name: str) -> datetime:
    """Unix seconds with decimals, to the microsecond."""
    seconds = positive(fields, name)
    try:
        return from_micros(int(seconds * 1_000_000))
    except OverflowError as error:
        raise NotAnAnswer(f"{name} is no time") from error
