"""A loopback server that answers as it is told, broken answers included, and keeps what it received."""

from __future__ import annotations

import asyncio
import base64
import json
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from socket import SO_LINGER, SOL_SOCKET
from types import SimpleNamespace
from urllib.parse import parse_qsl

import pytest

from desk.clock import LiveClock
from desk.execution.orders import OrderType
from desk.units import Price, Sats
from desk.venues.gateway import CcxtVenue
from desk.venues.model import OrderRef, OrderRequest, Refused
from desk.venues.registry import VenueSettings, build_venue

PAIR = {
    "altname": "XBTUSD", "wsname": "XBT/USD", "base": "XXBT", "quote": "ZUSD", "pair_decimals": 1, "lot_decimals": 8,
    "cost_decimals": 5, "ordermin": "0.0001", "costmin": "0.5", "tick_size": "0.1", "status": "online",
    "fees": [[0, 0.4]], "fees_maker": [[0, 0.25]], "leverage_buy": [], "leverage_sell": [],
}  # fmt: skip
ASSETS = {"XXBT": {"altname": "XBT", "decimals": 10, "status": "enabled"},
          "ZUSD": {"altname": "USD", "decimals": 4, "status": "enabled"}}  # fmt: skip
DEPTH = {"XXBTZUSD": {"asks": [["100000.1", "0.500", 1770000000], ["100000.5", "2.000", 1770000000]],
                      "bids": [["99999.9", "1.250", 1770000000], ["99999.0", "3", 1770000000]]}}  # fmt: skip
FEES = {"currency": "ZUSD", "volume": "0", "fees": {"XXBTZUSD": {"fee": "0.2600"}},
        "fees_maker": {"XXBTZUSD": {"fee": "0.1600"}}}  # fmt: skip


@dataclass(frozen=True)
class Reply:
    """`how`: send it whole, hang, close, rst, truncate (promise more), chunk (break off in one) or flood (no end)."""

    body: str = ""
    status: int = 200
    content_type: str = "application/json"
    how: str = "send"
    headers: tuple[tuple[str, str], ...] = ()


@dataclass
class Received:
    method: str
    path: str
    body: str
    headers: dict[str, str]

    @property
    def endpoint(self) -> str:
        return self.path.split("?")[0].rsplit("/", 1)[-1]

    @property
    def folder(self) -> str:
        return self.path.split("?")[0].rsplit("/", 2)[-2] + "/"

    @property
    def fields(self) -> dict[str, str]:
        """The form, or the query where there is no body."""
        return dict(parse_qsl(self.body or self.path.partition("?")[2]))


def ok(result: object) -> Reply:
    return Reply(json.dumps({"error": [], "result": result}))


def says(document: object, status: int = 200) -> Reply:
    """Any exchange's JSON."""
    return Reply(json.dumps(document), status)


def no(*errors: str) -> Reply:
    return Reply(json.dumps({"error": list(errors)}))


def html(status: int) -> Reply:
    return Reply(f"<html><body><h1>{status}</h1></body></html>", status, "text/html")


@dataclass
class FakeExchange:
    """What is asked -> the reply, a list of replies (the last one stays), or a function of the request.

    What is asked: method and last part of the path ("POST order"), the last part alone, or a folder ("historical/").
    """

    answers: dict[str, object] = field(default_factory=dict)
    received: list[Received] = field(default_factory=list)
    url: str = ""
    _server: asyncio.Server | None = None
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)
    _tasks: set[asyncio.Task[object]] = field(default_factory=set)

    def of(self, asked: str) -> list[Received]:
        """Requests by method and endpoint ("POST order") or by endpoint alone."""
        return [one for one in self.received if asked in (one.endpoint, f"{one.method} {one.endpoint}")]

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in list(self._writers):
            writer.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        try:
            while (request := await self._read(reader)) is not None:
                self.received.append(request)
                if not await self._answer(request, writer):
                    break
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._writers.discard(writer)
            self._tasks.discard(task)
            writer.close()

    @staticmethod
    async def _read(reader: asyncio.StreamReader) -> Received | None:
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        method, path, _ = first.split(" ")
        headers = dict(line.split(": ", 1) for line in lines if line)
        length = int(headers.get("Content-Length", "0"))
        body = (await reader.readexactly(length)).decode()
        return Received(method, path, body, headers)

    async def _answer(self, request: Received, writer: asyncio.StreamWriter) -> bool:
        names = (f"{request.method} {request.endpoint}", request.endpoint, request.folder)
        known = [self.answers[name] for name in names if name in self.answers]
        answer = known[0] if known else no("EGeneral:Unknown method")
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        if callable(answer):
            answer = answer(request)
        if isinstance(answer, Awaitable):
            answer = await answer
        assert isinstance(answer, Reply)
        return await self._send(answer, writer)

    @staticmethod
    async def _send(reply: Reply, writer: asyncio.StreamWriter) -> bool:
        if reply.how == "hang":
            await asyncio.Event().wait()
        if reply.how == "rst":
            writer.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
        if reply.how in ("close", "rst"):
            return False
        body = reply.body.encode("utf-8", "surrogatepass")
        head = [f"HTTP/1.1 {reply.status} Whatever", f"Content-Type: {reply.content_type}"]
        head += [f"{name}: {value}" for name, value in reply.headers]
        if reply.how in ("chunk", "flood"):
            head.append("Transfer-Encoding: chunked")
            body = b"%x\r\n%s" % (len(body) + (50 if reply.how == "chunk" else 1_000_000_000), body)
        else:
            head.append(f"Content-Length: {len(body) + (50 if reply.how == 'truncate' else 0)}")
        writer.write("\r\n".join(head).encode() + b"\r\n\r\n" + body)
        await writer.drain()
        while reply.how == "flood":
            writer.write(b"[" * 1_000_000)
            await writer.drain()
        return reply.how == "send"


def request_of(client_order_id: str = "a" * 32, **changes: object) -> OrderRequest:
    """A post-only sell of half a bitcoin at 100,000.1."""
    terms: dict[str, object] = {
        "client_order_id": client_order_id, "quantity": Sats(50_000_000), "limit_price": Price(Decimal("100000.1")),
        "type": OrderType.POST_ONLY, "deadline": None, **changes,
    }  # fmt: skip
    return OrderRequest(**terms)  # type: ignore[arg-type]


def ref_of(client_order_id: str = "a" * 32, venue_order_id: str | None = None) -> OrderRef:
    return OrderRef(client_order_id, venue_order_id, datetime.now(UTC) - timedelta(seconds=1))


def order_record(**changes: object) -> dict[str, object]:
    """An order as OpenOrders, ClosedOrders and QueryOrders show it."""
    return {
        "refid": None, "userref": None, "cl_ord_id": "a" * 32, "status": "open", "opentm": 1770000000.123456,
        "starttm": 0, "expiretm": 0, "vol": "0.50000000", "vol_exec": "0.00000000", "cost": "0.00000",
        "fee": "0.00000", "price": "0.00000", "stopprice": "0.00000", "limitprice": "0.00000", "misc": "",
        "oflags": "fciq,post",
        "descr": {"pair": "XBTUSD", "type": "sell", "ordertype": "limit", "price": "100000.1", "price2": "0",
                  "leverage": "none", "order": "sell 0.50000000 XBTUSD @ limit 100000.1", "close": ""},
        **changes,
    }  # fmt: skip


def trade_record(**changes: object) -> dict[str, object]:
    return {
        "ordertxid": "OAAAAA-AAAAA-AAAAAA", "postxid": "T", "pair": "XXBTZUSD", "time": 1770000001.654321,
        "type": "sell", "ordertype": "limit", "price": "100000.10000", "cost": "12345.67891", "fee": "19.75309",
        "vol": "0.12345678", "margin": "0.00000", "misc": "", "maker": True, **changes,
    }  # fmt: skip


async def until(is_so: Callable[[], bool]) -> None:
    """Waits for a condition, at most thirty seconds."""
    async with asyncio.timeout(30):
        while not is_so():
            await asyncio.sleep(0.005)


async def until_async(is_so: Callable[[], Awaitable[bool]]) -> None:
    """As `until`, for a condition that has to ask; at most twenty seconds."""
    async with asyncio.timeout(20):
        while not await is_so():
            await asyncio.sleep(0.02)


@pytest.fixture
def say() -> SimpleNamespace:
    """The words tests use to tell the server what to answer and the venue what to do."""
    return SimpleNamespace(
        Reply=Reply, ok=ok, no=no, says=says, html=html, request=request_of, ref=ref_of, order=order_record,
        trade=trade_record, until=until, until_async=until_async, pair=PAIR, depth=DEPTH,
    )  # fmt: skip


async def _kept_back(venue: CcxtVenue, server: FakeExchange) -> None:
    before, asked = len(server.received), list[int]()

    def halted_by_now() -> str:
        asked.append(len(server.received))
        return "the desk was halted"

    outcome = await venue.create(request_of(why_not=halted_by_now))
    assert outcome == Refused("nothing was sent: the desk was halted", is_temporary=True)
    assert asked == [before]
    assert len(server.received) == before
    await venue.open()  # what was kept back has not spoilt the connection for the next


@pytest.fixture
def kept_back() -> Callable[[CcxtVenue, FakeExchange], Awaitable[None]]:
    """Checks that a create which is stopped when its bytes are about to leave is proven unsent, by any exchange."""
    return _kept_back


BROKEN: list[tuple[str, dict[str, object]]] = [
    ("no_response", {"how": "hang"}),
    ("close_before_reply", {"how": "close"}),
    ("rst_before_reply", {"how": "rst"}),
    ("truncated_body", {"how": "truncate", "body": '{"orderId": 28, "succe'}),
    ("chunked_abort", {"how": "chunk", "body": '{"orderId": 28, "succe'}),
    ("200_html", {"body": "<html>ok</html>", "content_type": "text/html"}),
    ("200_empty", {"body": ""}),
    ("200_{}", {"body": "{}"}),
    ("200_null", {"body": "null"}),
    *[
        (f"{status}_html", {"status": status, "body": "<html>no</html>", "content_type": "text/html"})
        for status in (400, 401, 403, 408, 409, 418, 429, 500, 502, 503, 504, 520, 524, 599)
    ],
    ("307_redirect", {"status": 307, "headers": (("Location", "/elsewhere"),)}),
    ("json_list", {"body": "[]"}),
    ("json_number", {"body": "28"}),
    ("deep_nesting", {"body": "[" * 100_000 + "]" * 100_000}),
    ("endless_number", {"body": '{"orderId": ' + "1" * 5_000 + "}"}),
    ("impossible_exponent", {"body": '{"orderId": 1e99999999999999999999}'}),
    ("nan", {"body": '{"orderId": NaN, "order_id": NaN}'}),
    ("not_utf8", {"body": "\ud800\x00\x1b[2J"}),
]
"""Answers of whatever stands between and of an exchange in disarray: the measured transport faults, and bad input."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that takes `broken` runs once for each broken answer; `broken_read` leaves out the one that hangs."""
    for name in {"broken", "broken_read"} & set(metafunc.fixturenames):
        rows = [(row, answer) for row, answer in BROKEN if name == "broken" or answer.get("how") != "hang"]
        metafunc.parametrize(name, [Reply(**answer) for _, answer in rows], ids=[row for row, _ in rows])


@pytest.fixture
async def serve() -> AsyncIterator[Callable[[dict[str, object]], Awaitable[FakeExchange]]]:
    """Starts a server with these answers; every one is stopped afterwards."""
    started = []

    async def start(answers: dict[str, object]) -> FakeExchange:
        server = FakeExchange(answers)
        await server.start()
        started.append(server)
        return server

    yield start
    for server in started:
        await server.stop()


@pytest.fixture
async def open_at() -> AsyncIterator[Callable[..., Awaitable[CcxtVenue]]]:
    """Opens a venue of some exchange on a server; every one is closed afterwards."""
    made = []

    async def make(server: FakeExchange, exchange: str, symbol: str, **changes: object) -> CcxtVenue:
        options = {name: changes.pop(name) for name in ("to_venue_time", "on_book", "stream_pace") if name in changes}
        settings = {
            "exchange": exchange, "symbol": symbol, "key": "key", "secret": "secret", "url": server.url,
            "rate_limit_ms": 1, "timeout_s": 2.0, **changes,
        }  # fmt: skip
        venue = build_venue(exchange, VenueSettings(**settings), LiveClock(), **options)  # type: ignore[arg-type]
        made.append(venue)
        await venue.open()
        return venue

    yield make
    for venue in made:
        await venue.close()


@pytest.fixture
async def kraken(serve: Callable[[dict[str, object]], Awaitable[FakeExchange]]) -> FakeExchange:
    return await serve(
        {"Assets": ok(ASSETS), "AssetPairs": ok({"XXBTZUSD": PAIR}), "TradeVolume": ok(FEES), "Depth": ok(DEPTH)}
    )


@pytest.fixture
async def make_venue(
    kraken: FakeExchange, open_at: Callable[..., Awaitable[CcxtVenue]]
) -> Callable[..., Awaitable[CcxtVenue]]:
    """Opens a venue on the kraken server."""

    async def make(**changes: object) -> CcxtVenue:
        secret = base64.b64encode(b"secret").decode()
        return await open_at(kraken, "kraken", **{"symbol": "BTC/USD", "secret": secret, **changes})

    return make


@pytest.fixture
async def venue(make_venue: Callable[..., Awaitable[CcxtVenue]]) -> CcxtVenue:
    return await make_venue()
