"""ccxt's own exchange class, held so that each call is sent once, in its turn, and keeps its own answer.

What is changed about the class, and why (facts measured on ccxt 4.5.90, aiohttp 3.14):
- the session follows no redirect, since aiohttp would re-send the POST (ten times on a 307 loop);
- no retries: three POSTs leave on a time-out with `maxRetriesOnFailure` 2;
- the response is taken per call, since `last_http_response` belongs to whichever call came last, and kraken's
  cancel_order reads it when it decides whether an order exists;
- orders and cancels do not stand in ccxt's read limiter, a FIFO bucket that reads may have emptied for seconds; what
  they cost there is taken off, so that the reads wait instead;
- a request that may not leave any more is stopped when its connection is there and its bytes are about to go: the
  wait for its turn and for the connection may have been long;
- another base address replaces scheme, host and port only: the path belongs to the class.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from desk.clock import Clock
from desk.venues.answer import Answer, Failure
from desk.venues.model import WhyNot, nothing_against_it
from desk.venues.queue import Priority, RequestQueue
from desk.venues.session import CALL, Call, KeptBack, OneShotSession

_WAITING = frozenset({Priority.LOOK_UP, Priority.READ})
"""What stands in ccxt's limiter."""


@dataclass(frozen=True, slots=True)
class Access:
    """How an exchange is reached. Times in wall; `url` replaces the host of every address the class knows.

    `adjustments` are settings of the class that its dialect needs otherwise than ccxt has them.
    """

    key: str = field(repr=False)
    secret: str = field(repr=False)
    url: str | None = None
    timeout_s: float = 10.0
    rate_limit_ms: int | None = None
    is_sandbox: bool = False
    adjustments: Mapping[str, Any] = field(default_factory=dict)


class Wire:
    """One connection to one exchange. Needs a running event loop; `close` it."""

    def __init__(self, exchange: str, access: Access, clock: Clock, queue: RequestQueue | None = None) -> None:
        self._clock = clock
        self.clock_ahead = timedelta(0)
        """By how much this machine's clock is certainly ahead of the exchange's, as of the last private answer."""
        self.clock_off: timedelta | None = None
        """By how much it is certainly off: ahead, or behind if negative; None while no answer told the time."""
        certificates = _certificates(access.url)
        self.session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=certificates), trace_configs=[self._trace()]
        )
        self._exchange: Any = _wired_class(exchange, queue or RequestQueue(), self._compare_clocks)(
            _settings(access, self.session)
        )
        self._exchange.number = str
        self._exchange.ssl_context = certificates  # the connections are ours; ccxt would read them all again
        if access.is_sandbox:
            self._exchange.set_sandbox_mode(True)
        if access.url is not None:
            self._exchange.urls["api"] = _replaced(self._exchange.urls["api"], access.url.rstrip("/"))

    async def call(
        self,
        method: str,
        *arguments: object,
        priority: Priority,
        is_private: bool = True,
        why_not: WhyNot = nothing_against_it,
    ) -> Answer:
        """Calls a method of the class once and returns what came back; only CancelledError is raised."""
        async with AsyncExitStack() as line:
            call = Call(priority, is_private, line, why_not)
            token = CALL.set(call)
            error: Exception | None = None
            try:
                await getattr(self._exchange, method)(*arguments)
            except Exception as raised:  # ccxt lets any class out, TypeErrors of its own included
                error = raised
            finally:
                CALL.reset(token)
            return _answer(call, error)

    @property
    def addresses(self) -> Mapping[str, str]:
        """The base address of each section of the exchange's API."""
        return dict(self._exchange.urls["api"])

    def market(self, symbol: str) -> Mapping[str, Any] | None:
        """ccxt's record of a market once markets are loaded, None where the exchange has no such market."""
        markets: Mapping[str, Mapping[str, Any]] = self._exchange.markets or {}
        return markets.get(symbol)

    def currency(self, name: str) -> str:
        """The common code of an exchange's own name for a currency: XXBT is BTC."""
        return str(self._exchange.safe_currency_code(name))

    def written_price(self, symbol: str, price: str) -> str:
        """The price as ccxt would put it on the wire."""
        return str(self._exchange.price_to_precision(symbol, price))

    def written_quantity(self, symbol: str, quantity: str) -> str:
        return str(self._exchange.amount_to_precision(symbol, quantity))

    def _compare_clocks(self, call: Call, date: str, age: str) -> None:
        """HTTP's Date has whole seconds: what was sent after that second was over there was sent too late here.

        A copy that something in between kept (it has an Age) tells when it was made.
        """
        if call.sent_at is None or age.strip() not in ("", "0"):
            return
        try:
            theirs = parsedate_to_datetime(date)
            ahead = call.sent_at - theirs - timedelta(seconds=1)
            behind = theirs - self._clock.wall()
        except (ValueError, TypeError, OverflowError):
            return
        self.clock_off = max(ahead, timedelta(0)) - max(behind, timedelta(0))
        if call.is_private:
            self.clock_ahead = max(ahead, timedelta(0))

    async def close(self) -> None:
        await self._exchange.close()
        await self.session.close()

    def _trace(self) -> aiohttp.TraceConfig:
        """aiohttp tells of headers before it writes them, and writes them with the body."""
        trace = aiohttp.TraceConfig()

        async def leaving(_session: object, context: Any, _params: object) -> None:
            call = context.trace_request_ctx
            stop = call.why_not() if isinstance(call, Call) else None
            if stop is not None:
                raise KeptBack(stop)

        async def left(_session: object, context: Any, params: object) -> None:
            call = context.trace_request_ctx
            is_body = isinstance(params, aiohttp.TraceRequestChunkSentParams)
            if isinstance(call, Call) and (is_body or not call.has_body):
                if call.sent is None:
                    call.sent, call.sent_at = self._clock.monotonic(), self._clock.wall()
                if call.turn is not None:
                    call.turn.sent()

        trace.on_request_headers_sent.append(leaving)
        trace.on_request_headers_sent.append(left)
        trace.on_request_chunk_sent.append(left)
        return trace


def _wired_class(exchange: str, queue: RequestQueue, compare_clocks: Callable[[Call, str, str], None]) -> Any:
    import ccxt.async_support  # a second and 100 MB: only whoever trades pays for it
    from ccxt.async_support.base.throttler import Throttler

    class Wired(getattr(ccxt.async_support, exchange)):  # type: ignore[misc]
        """The class itself, with the seams named at the top of this module."""

        def init_throttler(self, cost: object = None) -> None:
            super().init_throttler(cost)
            self._public_throttler = Throttler(self.tokenBucket)
            self._read_line = RequestQueue(dict.fromkeys(Priority, 1), patience_s=None)

        async def throttle(self, cost: float | None = None) -> None:
            call = CALL.get()
            if not call.is_private:
                await self._public_throttler(cost)
                return
            if cost and call.priority in _WAITING:
                async with self._read_line.turn(call.priority):
                    await super().throttle(cost)
            elif cost:
                self.throttler.config["tokens"] -= cost
            call.turn = await call.line.enter_async_context(queue.turn(call.priority))

        def on_rest_response(self, code: int, *rest: Any) -> str:
            _reason, _url, _method, headers, text, *_request = rest
            call = CALL.get()
            call.status, call.body = code, text
            call.content_type = str(headers.get("Content-Type", ""))
            compare_clocks(call, str(headers.get("Date", "")), str(headers.get("Age", "")))
            return str(super().on_rest_response(code, *rest))

    return Wired


def _settings(access: Access, session: aiohttp.ClientSession) -> dict[str, Any]:
    settings: dict[str, Any] = {
        **access.adjustments,
        "apiKey": access.key,
        "secret": access.secret,
        "session": OneShotSession(session),
        "timeout": int(access.timeout_s * 1000),
        "timeout_on_exit": 0,
        "enableRateLimit": True,
        "enableLastHttpResponse": False,
        "enableLastJsonResponse": False,
        "options": {**access.adjustments.get("options", {}), "maxRetriesOnFailure": 0},
    }
    if access.rate_limit_ms is not None:
        settings["rateLimit"] = access.rate_limit_ms
    return settings


def _certificates(url: str | None) -> Any:
    if url is not None and url.startswith("http://"):
        return True
    import ssl

    import certifi  # what ccxt itself trusts; the system's store is empty on some Pythons

    return ssl.create_default_context(cafile=certifi.where())


def _replaced(addresses: Any, url: str) -> Any:
    if isinstance(addresses, Mapping):
        return {section: _replaced(address, url) for section, address in addresses.items()}
    return url + urlsplit(str(addresses)).path


def _answer(call: Call, error: Exception | None) -> Answer:
    """The exchange's body where there is one, whatever ccxt made of it; else why there is none."""
    described = "" if error is None else _described(error)
    if call.status is not None:
        return Answer(Failure.NONE, call.status, call.content_type, call.body, described, call.sent)
    if error is None:
        return Answer(Failure.NEVER_STARTED, error="nothing was asked", sent=call.sent)
    return Answer(_failure(call, error), error=described, sent=call.sent)


def _failure(call: Call, error: Exception) -> Failure:
    if not call.is_started or isinstance(error, KeptBack):
        return Failure.NEVER_STARTED
    for cause in _causes(error):
        if isinstance(cause, aiohttp.ClientConnectorError | socket.gaierror):
            return Failure.NOT_CONNECTED
        if isinstance(cause, asyncio.TimeoutError):
            return Failure.TIMED_OUT
        if isinstance(cause, aiohttp.ClientPayloadError):
            return Failure.BROKEN
        if isinstance(cause, aiohttp.ClientConnectionError):
            return Failure.DISCONNECTED
    return Failure.BROKEN


def _described(error: Exception) -> str:
    return str(error) if isinstance(error, KeptBack) else f"{type(error).__name__}: {_deepest(error)}"


def _causes(error: BaseException) -> Iterator[BaseException]:
    link: BaseException | None = error
    while link is not None:
        yield link
        link = link.__cause__


def _deepest(error: BaseException) -> str:
    *_, last = _causes(error)
    return str(last) or type(last).__name__
