"""Coinbase's products, orders, fills and books as exact values, refused where a field is not what it should be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal

from desk.execution.orders import Liquidity
from desk.units import Bps, Money, Price, Sats, notional
from desk.venues.answer import NotAnAnswer, shown
from desk.venues.dialects.recorded import RecordedOrder
from desk.venues.fields import (
    Record,
    flag,
    identifier,
    level,
    not_negative,
    number,
    positive,
    record,
    records,
    rfc3339,
    sats,
    text,
    two_sided,
)
from desk.venues.model import Book, Holding, MarketDay, ReportedState, VenueTrade

_STATES = {
    "PENDING": ReportedState.OPEN,
    "OPEN": ReportedState.OPEN,
    "QUEUED": ReportedState.OPEN,
    "CANCEL_QUEUED": ReportedState.OPEN,
    "EDIT_QUEUED": ReportedState.OPEN,
    "FILLED": ReportedState.FILLED,
    "CANCELLED": ReportedState.CANCELLED,
    "EXPIRED": ReportedState.EXPIRED,
    "FAILED": ReportedState.REFUSED,
}
_LIQUIDITY = {"MAKER": Liquidity.MAKER, "TAKER": Liquidity.TAKER}


@dataclass(frozen=True, slots=True)
class Product:
    """One market's name and grid."""

    id: str
    base: str
    quote: str
    tick: Decimal
    lot: Sats
    min_quantity: Sats
    min_cost: Money
    volume: Sats | None


def product_of(info: object) -> Product:
    """Raises NotAnAnswer."""
    fields = record(info)
    tick = positive(fields, "price_increment" if fields.get("price_increment") else "quote_increment")
    lot = sats(fields, "base_increment")
    if lot <= 0:
        raise NotAnAnswer("a lot of nothing")
    volume = fields.get("volume_24h")
    return Product(
        text(fields, "product_id"),
        text(fields, "base_currency_id"),
        text(fields, "quote_currency_id"),
        tick.normalize(),
        lot,
        Sats(max(lot, sats(fields, "base_min_size"))),
        Money(not_negative(fields, "quote_min_size")),
        _whole_sats(not_negative(fields, "volume_24h")) if volume not in (None, "") else None,
    )


def _whole_sats(amount: Decimal) -> Sats:
    return Sats(int(amount.scaleb(8).to_integral_value(ROUND_DOWN)))


def day_of(product: Product) -> MarketDay:
    """Coinbase tells the volume; high and low it does not."""
    return MarketDay(product.volume, None, None)


def fees_of(summary: Record) -> tuple[Bps, Bps]:
    """The account's own maker and taker fee."""
    tier = record(summary.get("fee_tier"))
    maker, taker = not_negative(tier, "maker_fee_rate"), not_negative(tier, "taker_fee_rate")
    return Bps((maker * 10_000).normalize()), Bps((taker * 10_000).normalize())


def order_of(entry: object, product: Product) -> RecordedOrder:
    """A sell of this product. Raises NotAnAnswer for anything that does not add up."""
    fields = record(entry)
    if not is_sell(fields, product):
        raise NotAnAnswer(f"an order that is no sell of {product.id}")
    status = text(fields, "status")
    if status not in _STATES:
        raise NotAnAnswer(f"an order in the unknown state {shown(status)!r}")
    quantity, filled = _ordered(fields), sats(fields, "filled_size")
    state = _STATES[status]
    if state is ReportedState.FILLED and filled < quantity:
        state = ReportedState.CANCELLED
    named = fields.get("average_filled_price")
    average = not_negative(fields, "average_filled_price") if named not in (None, "") else Decimal(0)
    return RecordedOrder(
        identifier(fields, "order_id"),
        text(fields, "client_order_id"),
        state,
        quantity,
        filled,
        Price(average) if average else None,
        rfc3339(fields, "created_time"),
    )


def is_sell(entry: object, product: Product) -> bool:
    """Whether an order or a fill of a listing is one of our kind; others may have amounts that are no bitcoin."""
    fields = record(entry)
    return text(fields, "product_id") == product.id and text(fields, "side") == "SELL"


def _ordered(fields: Record) -> Sats:
    """The quantity lies in the configuration, under the name of the order's kind."""
    sizes = [
        sats(kind, "base_size")
        for kind in record(fields.get("order_configuration")).values()
        if isinstance(kind, dict) and kind.get("base_size") not in (None, "")
    ]
    if len(sizes) != 1:
        raise NotAnAnswer("an order without its one quantity")
    return sizes[0]


def fills_of(entries: object, product: Product) -> Iterator[VenueTrade]:
    """The own sells among fills. A reversed or corrected one cannot be believed like a fill, so nothing is."""
    for fields in records(entries, "the fills"):
        if is_sell(fields, product):
            if text(fields, "trade_type") != "FILL":
                raise NotAnAnswer(f"a fill that is a {shown(text(fields, 'trade_type'))}")
            yield _fill(fields, product)


def _fill(fields: Record, product: Product) -> VenueTrade:
    """One execution, digit for digit. Coinbase charges in the quote currency."""
    if fields.get("size_in_quote") is not None and flag(fields, "size_in_quote"):
        raise NotAnAnswer("a sell that is counted in the quote currency")
    quantity, price = sats(fields, "size"), positive(fields, "price")
    return VenueTrade(
        identifier(fields, "trade_id"),
        identifier(fields, "order_id"),
        quantity,
        Price(price),
        notional(quantity, price),
        Money(number(fields, "commission")),
        product.quote,
        _LIQUIDITY.get(str(fields.get("liquidity_indicator")), Liquidity.UNSTATED),
        rfc3339(fields, "trade_time"),
    )


def book_of(pricebook: object, product: Product, observed: float, wall: datetime, clock_ahead: timedelta) -> Book:
    """A book with two sides, as old as Coinbase's own stamp says where that is older than the asking."""
    fields = record(pricebook)
    if text(fields, "product_id") != product.id:
        raise NotAnAnswer("the book of another product")
    bids, asks = (
        [level(one.get("price"), one.get("size")) for one in records(fields.get(side), side)]
        for side in ("bids", "asks")
    )
    stood_s = (wall - clock_ahead - rfc3339(fields, "time")).total_seconds()
    return two_sided(bids, asks, observed - max(0.0, stood_s), wall)


def holdings_of(accounts: list[Record]) -> tuple[Holding, ...]:
    """What the portfolio holds; several accounts of one currency are one holding."""
    free: dict[str, Decimal] = {}
    held: dict[str, Decimal] = {}
    for fields in accounts:
        name = text(fields, "currency")
        free[name] = free.get(name, Decimal(0)) + not_negative(record(fields.get("available_balance")), "value")
        held[name] = held.get(name, Decimal(0)) + not_negative(record(fields.get("hold")), "value")
    return tuple(Holding(name, free[name] + held[name], free[name]) for name in free if free[name] + held[name])
