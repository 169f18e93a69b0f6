"""Kraken's WebSocket v2 book: a copy kept from snapshot and updates, believed only while its checksum agrees.

The checksum is CRC32 over the ten best asks, then the ten best bids, each price and quantity written with the pair's
decimals, without the point and without leading zeros (Kraken's guide "Book checksum (WebSocket v2)").
"""

from __future__ import annotations

import json
import zlib
from datetime import datetime
from decimal import Decimal

from desk.units import Price
from desk.venues.answer import NotAnAnswer, shown
from desk.venues.dialects.dialect import StreamBroken
from desk.venues.dialects.kraken_shapes import Pair
from desk.venues.fields import Record, not_negative, positive, record, sats
from desk.venues.model import Book, Level

_CHECKED_LEVELS = 10


def subscription(symbol: str, depth: int) -> str:
    """The message that asks for the book of one symbol."""
    return json.dumps({"method": "subscribe", "params": {"channel": "book", "symbol": [symbol], "depth": depth}})


class KrakenBook:
    """One connection's book."""

    def __init__(self, pair: Pair, depth: int) -> None:
        self._pair = pair
        self._depth = depth
        self._bids: dict[Decimal, Decimal] = {}
        self._asks: dict[Decimal, Decimal] = {}
        self._levels_of: dict[Decimal, tuple[Decimal, Level]] = {}
        self._is_complete = False

    def apply(self, message: str) -> bool | None:
        """True where the book changed or the connection proved alive. Raises StreamBroken."""
        try:
            fields = record(json.loads(message, parse_float=Decimal))
            if fields.get("success") is False:
                raise StreamBroken(f"Kraken refused the stream: {shown(str(fields.get('error')))}")
            if fields.get("channel") == "heartbeat":
                return True if self._is_complete else None
            if fields.get("channel") != "book":
                return None
            return self._take(fields)
        except (ValueError, ArithmeticError, RecursionError) as error:
            raise StreamBroken(f"not a book message: {shown(message)}") from error

    def book(self, observed: float, at: datetime) -> Book | None:
        """The best levels, or None before the snapshot and while one side is empty or the sides cross."""
        bids, asks = self._best(self._bids, is_bid=True), self._best(self._asks, is_bid=False)
        if not self._is_complete or not bids or not asks or bids[0] >= asks[0]:
            return None
        made = {price: self._level(price, side[price]) for side in (self._bids, self._asks) for price in side}
        self._levels_of = made
        return Book(tuple(made[price][1] for price in bids), tuple(made[price][1] for price in asks), observed, at)

    def _take(self, fields: Record) -> bool | None:
        entries = fields.get("data")
        if not isinstance(entries, list) or len(entries) != 1:
            raise NotAnAnswer("a book message without one book")
        entry = record(entries[0])
        if entry.get("symbol") != self._pair.symbol:
            return None
        if fields.get("type") == "snapshot":
            self._bids, self._asks, self._is_complete = {}, {}, True
        elif not self._is_complete:
            return None
        for name, side in (("bids", self._bids), ("asks", self._asks)):
            self._change(entry.get(name), side)
        self._cut()
        expected = entry.get("checksum")
        if expected is not None and expected != self._checksum():
            raise StreamBroken("the book's checksum does not agree")
        return True

    @staticmethod
    def _change(levels: object, side: dict[Decimal, Decimal]) -> None:
        for level in levels if isinstance(levels, list) else []:
            fields = record(level)
            price, quantity = positive(fields, "price"), not_negative(fields, "qty")
            if quantity:
                side[price] = quantity
            else:
                side.pop(price, None)

    def _cut(self) -> None:
        """Beyond the subscribed depth Kraken does not say what leaves."""
        for side, is_bid in ((self._bids, True), (self._asks, False)):
            if len(side) > self._depth:
                for price in sorted(side, reverse=is_bid)[self._depth :]:
                    del side[price]

    def _checksum(self) -> int:
        text = "".join(
            self._digits(price, self._pair.price_places) + self._digits(side[price], self._pair.quantity_places)
            for side, is_bid in ((self._asks, False), (self._bids, True))
            for price in self._best(side, is_bid=is_bid)[:_CHECKED_LEVELS]
        )
        return zlib.crc32(text.encode())

    @staticmethod
    def _digits(value: Decimal, places: int) -> str:
        return f"{value:.{places}f}".replace(".", "").lstrip("0")

    @staticmethod
    def _best(side: dict[Decimal, Decimal], *, is_bid: bool) -> list[Decimal]:
        return sorted(side, reverse=is_bid)

    def _level(self, price: Decimal, quantity: Decimal) -> tuple[Decimal, Level]:
        """The quantity and its level; made anew only where it changed, since most of a book does not."""
        known = self._levels_of.get(price)
        if known is not None and known[0] == quantity:
            return known
        return quantity, Level(Price(price), sats({"qty": quantity}, "qty"))
