"""Kraken's WebSocket v2 for market data at /v2: book with checksum, ticker, trades, heartbeats.

What is sent is a picture taken at each publication; subscribers of one depth always hold the same picture.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web

from desk.clock import from_micros, iso
from desk.paper import messages
from desk.paper.exchange import Exchange
from desk.paper.faults import Faults
from desk.paper.messages import HEARTBEAT, Picture

DEPTHS = frozenset({10, 25, 100, 500, 1_000})
CHANNELS = frozenset({"book", "ticker", "trade"})
HEARTBEAT_S = 1.0
_BACKLOG = 500


@dataclass(slots=True, eq=False)
class Subscriber:
    """One connection: what it wants, and what waits to be sent to it."""

    socket: web.WebSocketResponse
    abort: Callable[[], None]
    channels: set[tuple[str, int]] = field(default_factory=set)
    outbox: asyncio.Queue[str] = field(default_factory=lambda: asyncio.Queue(_BACKLOG))
    spoke: float = 0.0


class Stream:
    """Everybody who listens."""

    def __init__(self, exchange: Exchange, faults: Faults) -> None:
        self._exchange = exchange
        self._faults = faults
        self._rules = exchange.instrument
        self._subscribers: set[Subscriber] = set()
        self._pictures: dict[int, Picture] = {}
        self._last_print = 0
        self._last_touch: tuple[object, ...] = ()
        self._frozen_until = 0.0

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """One connection, from greeting to goodbye."""
        socket = web.WebSocketResponse(max_msg_size=65_536)
        await socket.prepare(request)
        transport = request.transport
        assert transport is not None
        subscriber = Subscriber(socket, transport.abort, spoke=self._exchange.clock.monotonic())
        writer = asyncio.create_task(_write(subscriber))
        self._subscribers.add(subscriber)
        self._send(subscriber, messages.status(self._faults.mode.value))
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._hear(subscriber, message.data)
        finally:
            self._subscribers.discard(subscriber)
            writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await writer
        return socket

    def publish(self) -> None:
        """Tells every subscriber what changed since the last time, or that nothing did."""
        now = self._exchange.clock.monotonic()
        if not self._subscribers or now < self._frozen_until:
            return
        for depth in {depth for one in self._subscribers for channel, depth in one.channels if channel == "book"}:
            self._publish_book(depth)
        self._publish_trades()
        self._publish_ticker()
        for subscriber in self._subscribers:
            if subscriber.channels and now - subscriber.spoke >= HEARTBEAT_S:
                self._send(subscriber, HEARTBEAT)

    def freeze(self, seconds: float) -> None:
        """Says nothing for a while."""
        self._frozen_until = self._exchange.clock.monotonic() + seconds

    async def drop(self) -> None:
        """Closes every connection."""
        for subscriber in list(self._subscribers):
            await subscriber.socket.close(code=1012, message=b"Service restart")

    def _hear(self, subscriber: Subscriber, text: str) -> None:
        try:
            asked = json.loads(text)
            method, request_id = str(asked["method"]), asked.get("req_id")
            wanted = asked.get("params") or {}
            symbols = wanted.get("symbol", [])
        except (ValueError, KeyError, AttributeError, TypeError):
            self._send(subscriber, json.dumps({"error": "Malformed request", "success": False}))
            return
        if method == "ping":
            self._send(subscriber, json.dumps({"method": "pong", "req_id": request_id} | self._times()))
        elif method not in {"subscribe", "unsubscribe"} or not isinstance(symbols, list) or not symbols:
            self._answer(subscriber, method, request_id, error="Malformed request")
        else:
            for symbol in symbols:
                self._turn(subscriber, method, request_id, str(symbol), wanted)

    def _turn(
        self, subscriber: Subscriber, method: str, request_id: object, symbol: str, wanted: dict[str, object]
    ) -> None:
        """Subscribes or unsubscribes one symbol."""
        channel = str(wanted.get("channel"))
        depth = wanted.get("depth", 10) if channel == "book" else 0
        if symbol != self._rules.symbol:
            self._answer(subscriber, method, request_id, error=f"Currency pair not supported {symbol}")
        elif channel not in CHANNELS:
            self._answer(subscriber, method, request_id, error="Subscription name invalid")
        elif not isinstance(depth, int) or (channel == "book" and depth not in DEPTHS):
            self._answer(subscriber, method, request_id, error="Subscription depth not supported")
        elif method == "unsubscribe":
            subscriber.channels.discard((channel, depth))
            self._answer(subscriber, method, request_id, {"channel": channel, "symbol": symbol})
        elif (channel, depth) in subscriber.channels:
            self._answer(subscriber, method, request_id, error="Already subscribed")
        else:
            result: dict[str, object] = {"channel": channel, "symbol": symbol, "snapshot": True}
            self._answer(subscriber, method, request_id, result | ({"depth": depth} if depth else {}))
            self._exchange.advance()
            self._snapshot(subscriber, channel, depth)
            subscriber.channels.add((channel, depth))

    def _snapshot(self, subscriber: Subscriber, channel: str, depth: int) -> None:
        if channel == "book":
            self._publish_book(depth)
            picture = self._pictures[depth]
            self._send(subscriber, messages.book_snapshot(self._rules, picture, self._exchange.now()))
        elif channel == "ticker":
            self._send(subscriber, messages.ticker(self._exchange, "snapshot"))
        elif self._exchange.tape.prints:
            self._publish_trades()
            self._send(subscriber, messages.trades(self._exchange, "snapshot", 0))

    def _publish_book(self, depth: int) -> None:
        """Brings the picture of one depth up to date and sends the difference to whoever holds it."""
        old, new = self._pictures.get(depth) or Picture(), messages.take_picture(self._exchange, depth)
        self._pictures[depth] = new
        listeners = self._listeners("book", depth)
        if listeners and new != old:
            slip = int(self._faults.take_checksum())
            text = messages.book_update(self._rules, old, new, depth, self._exchange.now(), slip)
            self._broadcast(listeners, text)

    def _publish_trades(self) -> None:
        prints = self._exchange.tape.prints
        if prints and prints[-1].number > self._last_print:
            listeners = self._listeners("trade", 0)
            if listeners:
                self._broadcast(listeners, messages.trades(self._exchange, "update", self._last_print))
            self._last_print = prints[-1].number

    def _publish_ticker(self) -> None:
        book = self._exchange.engine.book
        touch = (*book.bids.depth(1), *book.asks.depth(1), self._last_print)
        listeners = self._listeners("ticker", 0)
        if listeners and touch != self._last_touch:
            self._last_touch = touch
            self._broadcast(listeners, messages.ticker(self._exchange, "update"))

    def _listeners(self, channel: str, depth: int) -> list[Subscriber]:
        return [one for one in self._subscribers if (channel, depth) in one.channels]

    def _answer(
        self,
        subscriber: Subscriber,
        method: str,
        request_id: object,
        result: dict[str, object] | None = None,
        error: str | None = None,
    ) -> None:
        answer: dict[str, object] = {"method": method, "success": error is None}
        if request_id is not None:
            answer["req_id"] = request_id
        answer |= {"error": error} if error is not None else {"result": result}
        self._send(subscriber, json.dumps(answer | self._times()))

    def _times(self) -> dict[str, object]:
        at = iso(from_micros(self._exchange.now()))
        return {"time_in": at, "time_out": at}

    def _broadcast(self, listeners: list[Subscriber], text: str | None) -> None:
        for subscriber in listeners:
            if text is not None:
                self._send(subscriber, text)

    def _send(self, subscriber: Subscriber, text: str) -> None:
        """Queues one message. Who reads too slowly loses the connection, never a message in the middle."""
        subscriber.spoke = self._exchange.clock.monotonic()
        try:
            subscriber.outbox.put_nowait(text)
        except asyncio.QueueFull:
            subscriber.channels.clear()
            subscriber.abort()


async def _write(subscriber: Subscriber) -> None:
    while True:
        text = await subscriber.outbox.get()
        with contextlib.suppress(ConnectionError):
            await subscriber.socket.send_str(text)
