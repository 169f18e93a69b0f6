"""The book kept from Kraken's stream, and what becomes of it when the stream cannot be trusted."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from desk.units import Money, Sats
from desk.venues.dialects.dialect import StreamBroken
from desk.venues.dialects.kraken_book import KrakenBook
from desk.venues.dialects.kraken_shapes import Pair

PAIR = Pair(
    "BTC/USD", "BTC", "USD", "XXBTZUSD", frozenset({"XXBTZUSD"}), Decimal("0.1"), 1, 8, Sats(1), Sats(1),
    Money(Decimal(0)),
)  # fmt: skip
NOW = datetime(2026, 2, 7, tzinfo=UTC)

SNAPSHOT_OF_KRAKENS_GUIDE = """{"channel":"book","type":"snapshot","data":[{"symbol":"BTC/USD","bids":[
{"price":45283.5,"qty":0.10000000},{"price":45283.4,"qty":1.54582015},{"price":45282.1,"qty":0.10000000},
{"price":45281.0,"qty":0.10000000},{"price":45280.3,"qty":1.54592586},{"price":45279.0,"qty":0.07990000},
{"price":45277.6,"qty":0.03310103},{"price":45277.5,"qty":0.30000000},{"price":45277.3,"qty":1.54602737},
{"price":45276.6,"qty":0.15445238}],"asks":[
{"price":45285.2,"qty":0.00100000},{"price":45286.4,"qty":1.54571953},{"price":45286.6,"qty":1.54571109},
{"price":45289.6,"qty":1.54560911},{"price":45290.2,"qty":0.15890660},{"price":45291.8,"qty":1.54553491},
{"price":45294.7,"qty":0.04454749},{"price":45296.1,"qty":0.35380000},{"price":45297.5,"qty":0.09945542},
{"price":45299.5,"qty":0.18772827}],"checksum":3310070434}]}"""


def update(bids: list[tuple[str, str]] = [], asks: list[tuple[str, str]] = [], **more: object) -> str:  # noqa: B006
    sides = {
        name: [{"price": float(price), "qty": float(qty)} for price, qty in side]
        for name, side in (("bids", bids), ("asks", asks))
    }
    return json.dumps({"channel": "book", "type": "update", "data": [{"symbol": "BTC/USD", **sides, **more}]})


def test_the_checksum_of_krakens_own_guide_agrees() -> None:
    book = KrakenBook(PAIR, 10)
    assert book.apply(SNAPSHOT_OF_KRAKENS_GUIDE) is True
    shown = book.book(7.0, NOW)
    assert shown is not None
    assert (shown.bid, shown.ask, shown.observed, shown.at) == (Decimal("45283.5"), Decimal("45285.2"), 7.0, NOW)
    assert shown.bids[0].quantity == 10_000_000


def test_a_wrong_checksum_breaks_the_stream() -> None:
    book = KrakenBook(PAIR, 10)
    with pytest.raises(StreamBroken, match="checksum"):
        book.apply(SNAPSHOT_OF_KRAKENS_GUIDE.replace("3310070434", "3310070435"))
    book = KrakenBook(PAIR, 10)
    book.apply(SNAPSHOT_OF_KRAKENS_GUIDE)
    with pytest.raises(StreamBroken, match="checksum"):
        book.apply(update(bids=[("45283.5", "0.2")], checksum=3310070434))


def test_updates_change_remove_and_push_out_levels() -> None:
    book = KrakenBook(PAIR, 10)
    book.apply(SNAPSHOT_OF_KRAKENS_GUIDE)
    assert book.apply(update(bids=[("45283.5", "0"), ("45283.6", "2")], asks=[("45285.2", "0.5")])) is True
    assert book.apply(update(bids=[("45283.7", "1"), ("45283.8", "1")])) is True
    shown = book.book(0.0, NOW)
    assert shown is not None
    assert [level.price for level in shown.bids[:4]] == [Decimal(f"45283.{tenth}") for tenth in (8, 7, 6, 4)]
    assert len(shown.bids) == 10
    assert shown.asks[0].quantity == 50_000_000


def test_before_the_snapshot_there_is_no_book() -> None:
    book = KrakenBook(PAIR, 10)
    assert book.apply('{"channel":"heartbeat"}') is None
    assert book.apply(update(bids=[("1.0", "1")])) is None
    assert book.apply('{"channel":"status","data":[{}]}') is None
    assert book.book(0.0, NOW) is None


def test_a_heartbeat_confirms_the_book() -> None:
    book = KrakenBook(PAIR, 10)
    book.apply(SNAPSHOT_OF_KRAKENS_GUIDE)
    assert book.apply('{"channel":"heartbeat"}') is True


@pytest.mark.parametrize(
    "message",
    [
        "nonsense", "[]", "7", '{"channel":"book","type":"update","data":[]}',
        '{"method":"subscribe","success":false,"error":"Currency pair not supported BTC/XXX"}',
        '{"channel":"book","type":"update","data":[{"symbol":"BTC/USD","bids":[{"price":-1.0,"qty":1.0}]}]}',
        '{"channel":"book","type":"update","data":[{"symbol":"BTC/USD","bids":[{"price":NaN,"qty":1.0}]}]}',
        '{"channel":"book","type":"update","data":[{"symbol":"BTC/USD","bids":[{"price":"x","qty":1.0}]}]}',
        '{"channel":"book","type":"snapshot","data":[{"symbol":"BTC/USD","bids":[7]}]}',
    ],
)  # fmt: skip
def test_nonsense_breaks_the_stream(message) -> None:
    book = KrakenBook(PAIR, 10)
    book.apply(SNAPSHOT_OF_KRAKENS_GUIDE)
    with pytest.raises(StreamBroken):
        book.apply(message)


def test_a_crossed_or_empty_book_is_not_shown() -> None:
    book = KrakenBook(PAIR, 10)
    book.apply(SNAPSHOT_OF_KRAKENS_GUIDE)
    book.apply(update(bids=[("46000.0", "1")]))
    assert book.book(0.0, NOW) is None
