"""Kraken's REST calls over HTTP: who asks is checked, the exchange acts, and faults come between the two."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass

from aiohttp import web

from desk.paper import private, public
from desk.paper.auth import Form, Gate, KrakenError, parse_form
from desk.paper.exchange import Exchange
from desk.paper.faults import Fault, FaultKind, Faults, Mode
from desk.paper.kraken import Json

_PAGE = b"<html><head><title>Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>"
_KEPT = 5_000
_NO_ANSWER: Json = {"error": ["EGeneral:Internal error"]}


@dataclass(frozen=True, slots=True)
class Seen:
    """One private call that was let in: when (monotonic wall seconds), what, and what went wrong with it."""

    at: float
    endpoint: str
    form: dict[str, str]
    fault: FaultKind | None


class Rest:
    """The two families of calls, in front of one exchange and one key."""

    def __init__(self, exchange: Exchange, gate: Gate, faults: Faults) -> None:
        self.seen: deque[Seen] = deque(maxlen=_KEPT)
        self._exchange = exchange
        self._gate = gate
        self._faults = faults

    async def public(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        form: Form = dict(request.query)
        if request.method == "POST":
            form = {**form, **parse_form(await request.read(), request.content_type)}
        return await self._reply(request, name, form, is_private=False)

    async def private(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        try:
            form = self._gate.admit(request.path, request.headers, await request.read())
        except KrakenError as error:
            return _json({"error": [str(error)]})
        return await self._reply(request, name, form, is_private=True)

    async def _reply(self, request: web.Request, name: str, form: Form, is_private: bool) -> web.StreamResponse:
        fault = self._faults.take(name)
        if is_private:
            shown = {key: value for key, value in form.items() if key != "nonce"}
            kind = None if fault is None else fault.kind
            self.seen.append(Seen(self._exchange.clock.monotonic(), name, shown, kind))
        if fault is None:
            return _json(self._act(name, form, is_private, None))
        if fault.kind is FaultKind.DELAY:
            await self._exchange.clock.sleep(float(fault.seconds))
        answer = self._act(name, form, is_private, fault) if fault.acts else _NO_ANSWER
        if fault.kind is FaultKind.DELAY_REPLY:
            await self._exchange.clock.sleep(float(fault.seconds))
        return _misreport(request, fault, answer)

    def _act(self, name: str, form: Form, is_private: bool, fault: Fault | None) -> Json:
        mode = self._faults.mode
        try:
            if is_private:
                return {"error": [], "result": private.call(self._exchange, name, form, mode, fault)}
            return {"error": [], "result": self._look(name, form, mode)}
        except KrakenError as error:
            return {"error": [str(error)]}
        except OSError:
            return {"error": ["EService:Unavailable"]}

    def _look(self, name: str, form: Form, mode: Mode) -> Json:
        handler = public.CALLS.get(name)
        if handler is None:
            raise KrakenError("EGeneral:Unknown method")
        if mode is Mode.MAINTENANCE and name not in public.ALWAYS:
            raise KrakenError("EService:Unavailable")
        self._exchange.advance()
        return handler(self._exchange, form, mode)


def _misreport(request: web.Request, fault: Fault, answer: Json) -> web.StreamResponse:
    """What the client gets to see of an answer when something goes wrong on the way."""
    match fault.kind:
        case FaultKind.DROP_BEFORE | FaultKind.DROP_AFTER:
            return _hang_up(request, b"")
        case FaultKind.TRUNCATE:
            whole = _raw(answer)
            return _hang_up(request, whole[: -max(1, len(json.dumps(answer)) // 2)])
        case FaultKind.DUPLICATE_REPLY:
            assert request.transport is not None
            request.transport.write(_raw(answer))
            return _json(answer)
        case FaultKind.BAD_GATEWAY:
            return web.Response(status=502, body=_PAGE, content_type="text/html")
        case FaultKind.HTML:
            return web.Response(body=_PAGE, content_type="text/html")
        case FaultKind.ERROR:
            return _json({"error": [fault.error]})
        case _:
            return _json(answer)


def _json(answer: Json) -> web.Response:
    return web.json_response(answer)


def _raw(answer: Json) -> bytes:
    body = json.dumps(answer).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def _hang_up(request: web.Request, last_words: bytes) -> web.StreamResponse:
    """Ends the connection after `last_words`; what the handler returns then goes nowhere."""
    if request.transport is not None:
        if last_words:
            request.transport.write(last_words)
            request.transport.close()
        else:
            request.transport.abort()
    return web.Response()
