"""The WebSocket book, through ccxt.pro's real class and frame by frame."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from typing import Any
from zlib import crc32

import aiohttp
import ccxt.pro as ccxtpro
import pytest

from desk.clock import ManualClock
from desk.paper.faults import Fault, FaultKind
from desk.paper.instrument import BTC_USD
from desk.paper.messages import Picture, book_checksum, difference
from desk.paper.orders import Side
from desk.paper.server import PaperExchange
from desk.units import parse_btc

SYMBOL = "BTC/USD"


@pytest.fixture
async def pro(paper: PaperExchange) -> AsyncIterator[Any]:
    url = paper.url
    streams = {"publicV2": paper.ws_url}
    client = ccxtpro.kraken({"urls": {"api": {"public": url, "private": url, "ws": streams}}, "rateLimit": 1})
    client.timeout_on_exit = 0
    yield client
    await client.close()


@pytest.fixture
async def listen(paper: PaperExchange) -> AsyncIterator[Callable[..., Any]]:
    """Opens raw connections; messages are read with every number kept as it was written."""
    session = aiohttp.ClientSession()

    async def connect(**wanted: Any) -> Any:
        socket = await session.ws_connect(paper.ws_url)
        if wanted:
            await socket.send_json({"method": "subscribe", "req_id": 7, "params": {"symbol": [SYMBOL]} | wanted})
        return socket

    yield connect
    await session.close()


async def hear(socket: Any) -> Any:
    async with asyncio.timeout(30):
        return json.loads(await socket.receive_str(), parse_float=Decimal)


async def hear_until(socket: Any, channel: str, kind: str) -> Any:
    while True:
        message = await hear(socket)
        if message.get("channel") == channel and message.get("type") == kind:
            return message["data"][0]


def digits(number: Decimal, decimals: int) -> str:
    return f"{number:.{decimals}f}".replace(".", "").lstrip("0")


def apply(book: dict[str, dict[Decimal, Decimal]], data: dict[str, Any], depth: int) -> int:
    """Does what Kraken's documentation asks of a client; returns the checksum of what it then holds."""
    for side in ("bids", "asks"):
        for level in data[side]:
            book[side].pop(level["price"], None)
            if level["qty"]:
                book[side][level["price"]] = level["qty"]
        best = sorted(book[side].items(), reverse=side == "bids")[:depth]
        book[side] = dict(best)
    top = [list(book[side].items())[:10] for side in ("asks", "bids")]
    return crc32("".join(digits(price, 1) + digits(qty, 8) for side in top for price, qty in side).encode())


async def test_ccxt_pro_holds_the_book_that_the_exchange_shows(
    pro: Any, paper: PaperExchange, clock: ManualClock
) -> None:
    for _ in range(5):
        book = await pro.watch_order_book(SYMBOL, 25)
        shown = paper.exchange.engine.book
        assert [level[0] for level in book["bids"]] == [ticks / 10 for ticks, _ in shown.bids.depth(25)]
        assert [level[1] for level in book["asks"]] == [sats / 1e8 for _, sats in shown.asks.depth(25)]
        clock.advance(3)


@pytest.mark.parametrize("depth", [10, 25])
async def test_every_update_leaves_a_client_with_the_checksum_it_carries(
    listen: Callable[..., Any], clock: ManualClock, depth: int
) -> None:
    socket = await listen(channel="book", depth=depth)
    held: dict[str, dict[Decimal, Decimal]] = {"bids": {}, "asks": {}}
    snapshot = await hear_until(socket, "book", "snapshot")
    assert len(snapshot["bids"]) == depth
    assert apply(held, snapshot, depth) == snapshot["checksum"]
    for seconds in (0.3, 1, 5, 60, 600):
        clock.advance(seconds)
        update = await hear_until(socket, "book", "update")
        assert apply(held, update, depth) == update["checksum"]
        assert max(held["bids"]) < min(held["asks"])


async def test_who_subscribes_later_starts_from_the_same_book(listen: Callable[..., Any], clock: ManualClock) -> None:
    first = await listen(channel="book")
    books: list[dict[str, dict[Decimal, Decimal]]] = [{"bids": {}, "asks": {}} for _ in range(2)]
    apply(books[0], await hear_until(first, "book", "snapshot"), 10)
    clock.advance(5)
    second = await listen(channel="book")
    apply(books[1], await hear_until(second, "book", "snapshot"), 10)
    clock.advance(5)
    latest = None
    while latest is None or books[0] != books[1]:
        latest = await hear_until(first, "book", "update")
        assert apply(books[0], latest, 10) == latest["checksum"]
        if books[0] != books[1]:
            apply(books[1], await hear_until(second, "book", "update"), 10)
    assert latest["checksum"] == apply(books[1], {"bids": [], "asks": []}, 10)


async def test_our_own_order_shows_in_the_book(pro: Any, paper: PaperExchange, connect: Callable[..., Any]) -> None:
    book = await pro.watch_order_book(SYMBOL, 10)
    price = round(book["asks"][0][0] - 0.1, 1)
    if price <= book["bids"][0][0]:
        price = book["asks"][0][0]
    await connect(paper.url).create_order(SYMBOL, "limit", "sell", "77", str(price))
    async with asyncio.timeout(30):
        while not any(level[0] == price and level[1] >= 77 for level in book["asks"]):
            book = await pro.watch_order_book(SYMBOL, 10)


async def test_trades_and_ticker_arrive(pro: Any, paper: PaperExchange, clock: ManualClock) -> None:
    waiting = asyncio.create_task(pro.watch_trades(SYMBOL))
    ticker = await pro.watch_ticker(SYMBOL)
    assert Decimal(str(ticker["bid"])) == BTC_USD.price(paper.exchange.engine.book.bids.best or 0)
    async with asyncio.timeout(30):
        while not waiting.done():
            clock.advance(10)
            await asyncio.sleep(0.01)
    assert (await waiting)[-1]["price"] > 0


async def test_a_connection_is_greeted_answered_and_kept_awake(
    quiet_paper: PaperExchange, clock: ManualClock
) -> None:
    async with aiohttp.ClientSession() as session, session.ws_connect(quiet_paper.ws_url) as socket:
        assert (await hear(socket))["channel"] == "status"
        await socket.send_json({"method": "ping", "req_id": 3})
        assert (await hear(socket))["method"] == "pong"
        await socket.send_json({"method": "subscribe", "params": {"channel": "trade", "symbol": [SYMBOL]}})
        assert (await hear(socket))["success"] is True
        clock.advance(1)
        assert (await hear(socket)) == {"channel": "heartbeat"}


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"channel": "book", "symbol": ["DOGE/USD"]}, "Currency pair not supported"),
        ({"channel": "book", "depth": 7}, "depth not supported"),
        ({"channel": "book", "depth": "10"}, "depth not supported"),
        ({"channel": "executions"}, "name invalid"),
        ({"channel": "book", "symbol": "BTC/USD"}, "Malformed"),
    ],
)
async def test_a_subscription_that_cannot_be_is_refused(
    listen: Callable[..., Any], wanted: dict[str, Any], words: str
) -> None:
    socket = await listen(**wanted)
    await hear(socket)
    answer = await hear(socket)
    assert answer["success"] is False
    assert words in answer["error"]


async def test_nonsense_does_not_close_the_connection(listen: Callable[..., Any]) -> None:
    socket = await listen()
    await hear(socket)
    for text in ("{", "[]", '"ping"', '{"method": "subscribe", "params": []}'):
        await socket.send_str(text)
        assert (await hear(socket))["success"] is False


async def test_who_unsubscribes_hears_no_more(listen: Callable[..., Any], clock: ManualClock) -> None:
    socket = await listen(channel="book")
    await hear_until(socket, "book", "snapshot")
    await socket.send_json({"method": "unsubscribe", "params": {"channel": "book", "symbol": [SYMBOL]}})
    while (await hear(socket)).get("method") != "unsubscribe":
        pass
    clock.advance(30)
    await socket.send_json({"method": "ping"})
    assert (await hear(socket))["method"] == "pong"


async def test_a_frozen_stream_says_nothing_then_goes_on_with_a_sound_book(
    listen: Callable[..., Any], paper: PaperExchange, clock: ManualClock
) -> None:
    socket = await listen(channel="book")
    held: dict[str, dict[Decimal, Decimal]] = {"bids": {}, "asks": {}}
    apply(held, await hear_until(socket, "book", "snapshot"), 10)
    await paper.inflict(Fault(FaultKind.WS_FREEZE, seconds=Decimal(20)))
    clock.advance(19)
    paper.stream.publish()
    await socket.send_json({"method": "ping"})
    assert (await hear(socket))["method"] == "pong"
    clock.advance(2)
    update = await hear_until(socket, "book", "update")
    assert apply(held, update, 10) == update["checksum"]


async def test_a_wrong_checksum_can_be_had(
    listen: Callable[..., Any], paper: PaperExchange, clock: ManualClock
) -> None:
    socket = await listen(channel="book")
    held: dict[str, dict[Decimal, Decimal]] = {"bids": {}, "asks": {}}
    apply(held, await hear_until(socket, "book", "snapshot"), 10)
    await paper.inflict(Fault(FaultKind.WS_CHECKSUM))
    for is_right in (False, True):
        clock.advance(5)
        update = await hear_until(socket, "book", "update")
        assert (apply(held, update, 10) == update["checksum"]) is is_right


async def test_a_dropped_stream_closes_and_can_be_opened_again(
    listen: Callable[..., Any], paper: PaperExchange
) -> None:
    socket = await listen(channel="book")
    await hear_until(socket, "book", "snapshot")
    await paper.inflict(Fault(FaultKind.WS_DROP))
    async with asyncio.timeout(30):
        while not socket.closed:
            await socket.receive()
    again = await listen(channel="book")
    assert await hear_until(again, "book", "snapshot")


def test_the_checksum_is_the_one_krakens_own_example_has() -> None:
    """docs.kraken.com, guide to the book checksum of WebSocket v2: these twenty levels give 3310070434."""
    asks = """45285.2 0.00100000  45286.4 1.54571953  45286.6 1.54571109  45289.6 1.54560911  45290.2 0.15890660
        45291.8 1.54553491  45294.7 0.04454749  45296.1 0.35380000  45297.5 0.09945542  45299.5 0.18772827"""
    bids = """45283.5 0.10000000  45283.4 1.54582015  45282.1 0.10000000  45281.0 0.10000000  45280.3 1.54592586
        45279.0 0.07990000  45277.6 0.03310103  45277.5 0.30000000  45277.3 1.54602737  45276.6 0.15445238"""

    def levels(text: str) -> dict[int, int]:
        words = text.split()
        return {
            BTC_USD.ticks(Decimal(price)): int(parse_btc(qty))
            for price, qty in zip(words[::2], words[1::2], strict=True)
        }

    assert book_checksum(Picture(levels(bids), levels(asks)), BTC_USD) == 3310070434


def test_a_level_that_is_only_pushed_out_is_not_mentioned() -> None:
    old, new = {100: 1, 101: 2, 102: 3}, {99: 9, 100: 1, 101: 2}
    assert difference(old, new, 3, Side.SELL) == {99: 9}
    assert difference(old, {100: 1, 102: 3, 103: 4}, 3, Side.SELL) == {101: 0, 103: 4}
    assert difference({102: 3, 101: 2}, {102: 3}, 3, Side.BUY) == {101: 0}
