"""Binance's markets, orders, trades and books as values: exact, and refused when a field is not what it should be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_DOWN, Decimal

from desk.execution.orders import Liquidity
from desk.units import Bps, Money, Price, Sats, average_price
from desk.venues.answer import NotAnAnswer, shown
from desk.venues.dialects.recorded import RecordedOrder
from desk.venues.fields import (
    Record,
    flag,
    listed_levels,
    not_negative,
    number,
    numbered,
    positive,
    record,
    records,
    sats,
    text,
    two_sided,
    unix_millis,
)
from desk.venues.model import Book, Holding, MarketDay, ReportedState, VenueTrade

_STATES = {
    "NEW": ReportedState.OPEN,
    "PENDING_NEW": ReportedState.OPEN,
    "PARTIALLY_FILLED": ReportedState.OPEN,
    "PENDING_CANCEL": ReportedState.OPEN,
    "FILLED": ReportedState.FILLED,
    "CANCELED": ReportedState.CANCELLED,
    "REJECTED": ReportedState.REFUSED,
    "EXPIRED": ReportedState.EXPIRED,
    "EXPIRED_IN_MATCH": ReportedState.EXPIRED,
}


_COMMISSIONS = ("standardCommission", "taxCommission", "specialCommission")


@dataclass(frozen=True, slots=True)
class Market:
    """One market's name and grid."""

    id: str
    base: str
    quote: str
    tick: Decimal
    lot: Sats
    min_quantity: Sats
    min_cost: Money


def market_of(info: object) -> Market:
    """From a symbol of exchangeInfo. Raises NotAnAnswer."""
    fields = record(info)
    filters = {text(one, "filterType"): one for one in records(fields.get("filters"), "filters")}
    price, size = record(filters.get("PRICE_FILTER")), record(filters.get("LOT_SIZE"))
    worth = filters.get("NOTIONAL") or filters.get("MIN_NOTIONAL")
    lot = sats(size, "stepSize")
    if lot <= 0:
        raise NotAnAnswer("a lot of nothing")
    return Market(
        text(fields, "symbol"),
        text(fields, "baseAsset"),
        text(fields, "quoteAsset"),
        positive(price, "tickSize").normalize(),
        lot,
        Sats(max(lot, sats(size, "minQty"))),
        Money(not_negative(worth, "minNotional").normalize() if worth else Decimal(0)),
    )


def fees_of(commission: object, market: Market) -> tuple[Bps, Bps]:
    """Maker and taker fee of a sell, taxes included. The discount for paying in BNB is not counted on."""
    told = record(commission)
    if text(told, "symbol") != market.id:
        raise NotAnAnswer("the commission of another market")
    kinds = [record(told[name]) for name in _COMMISSIONS if told.get(name) is not None]
    if not kinds:
        raise NotAnAnswer("a commission without rates")

    def fee(side: str) -> Bps:
        rates = [not_negative(kind, side) for kind in kinds]
        rates += [not_negative(kind, "seller") for kind in kinds if kind.get("seller") is not None]
        return Bps((sum(rates, Decimal(0)) * 10_000).normalize())

    return fee("maker"), fee("taker")


def order_of(entry: object, market: Market) -> RecordedOrder:
    """A sell in this market. Raises NotAnAnswer for anything that does not add up."""
    fields = record(entry)
    if text(fields, "symbol") != market.id or text(fields, "side") != "SELL":
        raise NotAnAnswer(f"an order that is no sell of {market.id}")
    status = text(fields, "status")
    if status not in _STATES:
        raise NotAnAnswer(f"an order in the unknown state {shown(status)!r}")
    quantity, filled = sats(fields, "origQty"), sats(fields, "executedQty")
    state = _STATES[status]
    if state is ReportedState.FILLED and filled < quantity:
        state = ReportedState.CANCELLED
    worth = number(fields, "cummulativeQuoteQty") if fields.get("cummulativeQuoteQty") is not None else Decimal(-1)
    return RecordedOrder(
        numbered(fields, "orderId"),
        text(fields, "clientOrderId"),
        state,
        quantity,
        filled,
        average_price(worth, filled) if worth > 0 else None,
        unix_millis(fields, "time"),
    )


def is_sell(entry: object, market: Market) -> bool:
    """Whether an order of a listing is one of our kind; other markets may have amounts that are no bitcoin."""
    fields = record(entry)
    return text(fields, "symbol") == market.id and text(fields, "side") == "SELL"


def sells_of(entries: object, market: Market) -> Iterator[VenueTrade]:
    """The own sells among own trades."""
    for fields in records(entries, "the trades"):
        if text(fields, "symbol") == market.id and not flag(fields, "isBuyer"):
            yield _trade(fields)


def _trade(fields: Record) -> VenueTrade:
    """One execution, digit for digit. The commission may be in the quote currency, in BNB or in anything else."""
    return VenueTrade(
        numbered(fields, "id"),
        numbered(fields, "orderId"),
        sats(fields, "qty"),
        Price(positive(fields, "price")),
        Money(not_negative(fields, "quoteQty")),
        Money(number(fields, "commission")),
        text(fields, "commissionAsset"),
        Liquidity.MAKER if flag(fields, "isMaker") else Liquidity.TAKER,
        unix_millis(fields, "time"),
    )


def book_of(depth: object, observed: float, at: datetime) -> Book:
    """A book with two sides, best first, or NotAnAnswer."""
    sides = record(depth)
    return two_sided(listed_levels(sides.get("bids")), listed_levels(sides.get("asks")), observed, at)


def day_of(ticker: object, market: Market) -> MarketDay:
    """Volume, high and low of 24 hours. Raises NotAnAnswer."""
    fields = record(ticker)
    if text(fields, "symbol") != market.id:
        raise NotAnAnswer("the ticker of another market")
    volume = not_negative(fields, "volume").scaleb(8).to_integral_value(ROUND_DOWN)
    return MarketDay(Sats(int(volume)), Price(positive(fields, "highPrice")), Price(positive(fields, "lowPrice")))


def holdings_of(account: object) -> tuple[Holding, ...]:
    """What the account holds; `locked` is held back by its own orders."""
    holdings = []
    for fields in records(record(account).get("balances"), "the balances"):
        free = not_negative(fields, "free")
        total = free + not_negative(fields, "locked")
        if total:
            holdings.append(Holding(text(fields, "asset"), total, free))
    return tuple(holdings)
