"""The loopback server: Kraken's REST dialect and WebSocket v2 in front of one exchange, misbehaving on command."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import asdict
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler

from desk.paper import control
from desk.paper.auth import Gate
from desk.paper.config import PaperConfig, PaperRefused, loopback
from desk.paper.exchange import Exchange
from desk.paper.faults import Fault, FaultKind, FaultRefused, Faults
from desk.paper.rest import Rest, Seen
from desk.paper.stream import Stream

_LOCAL_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})


class PaperExchange:
    """A paper exchange with its sockets open: `async with PaperExchange(config) as paper: ... paper.url`.

    Port 0 takes a free one. Raises PaperRefused for a host that is not loopback, or a port that is taken, and
    TradeFileDamaged or TradeFileBusy for a trade file that cannot be continued.
    """

    def __init__(self, config: PaperConfig, port: int = 0, host: str = "127.0.0.1") -> None:
        self.config = config
        self.faults = Faults(config.faults)
        self._host = loopback(host)
        self._port = port
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """Where the REST dialect is; the WebSocket is /v2 of the same host."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"

    @property
    def ws_url(self) -> str:
        return self.url.replace("http", "ws", 1) + "/v2"

    @property
    def requests(self) -> deque[Seen]:
        """The private calls that were let in, oldest first."""
        return self._rest.seen

    async def __aenter__(self) -> Self:
        self.exchange = Exchange(self.config)
        self.stream = Stream(self.exchange, self.faults)
        self._rest = Rest(self.exchange, Gate(self.config.api_key, self.config.api_secret), self.faults)
        self._runner = web.AppRunner(self._app(), access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        try:
            await self._listen()
        except OSError as error:
            await self._stop()
            raise PaperRefused(f"cannot listen on {self.url}: {error.strerror or error}") from error
        self._start(self._pump())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop()

    async def inflict(self, fault: Fault, spared: asyncio.BaseTransport | None = None) -> None:
        """Makes something go wrong: with the next requests, or at once. A `spared` connection is left open."""
        match fault.kind:
            case FaultKind.REFUSE:
                await self._close_port(spared)
                self._start(self._reopen(float(fault.seconds)))
            case FaultKind.WS_DROP:
                await self.stream.drop()
            case FaultKind.WS_FREEZE:
                self.stream.freeze(float(fault.seconds))
            case _:
                self.faults.add(fault)

    def _app(self) -> web.Application:
        app = web.Application(middlewares=[_guard])
        app.router.add_get("/0/public/{name}", self._rest.public)
        app.router.add_post("/0/public/{name}", self._rest.public)
        app.router.add_post("/0/private/{name}", self._rest.private)
        app.router.add_get("/v2", self.stream.serve)
        app.router.add_get("/control/{name}", self._show)
        app.router.add_post("/control/{name}", self._command)
        return app

    async def _pump(self) -> None:
        """Keeps the market alive and subscribers informed while nobody asks."""
        while True:
            with contextlib.suppress(OSError):
                self.exchange.advance()
                self.stream.publish()
            await asyncio.sleep(self.config.publish_s)

    async def _listen(self) -> None:
        self._site = web.TCPSite(self._runner, self._host, self._port, reuse_address=True)
        await self._site.start()
        self._port = self._runner.addresses[0][1]

    async def _close_port(self, spared: asyncio.BaseTransport | None) -> None:
        await self._site.stop()
        server = self._runner.server
        for connection in server.connections if server is not None else []:
            if connection.transport is not spared:
                connection.force_close()

    async def _reopen(self, seconds: float) -> None:
        await self.exchange.clock.sleep(seconds)
        await self._listen()

    async def _stop(self) -> None:
        for task in list(self._tasks):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await self.stream.drop()
        await self._runner.cleanup()
        self.exchange.close()

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _show(self, request: web.Request) -> web.Response:
        match request.match_info["name"]:
            case "faults":
                return web.json_response(control.show_faults(self.faults))
            case "state":
                return web.json_response(control.show_state(self.exchange))
            case "requests":
                return web.json_response([asdict(seen) for seen in self.requests])
        raise web.HTTPNotFound(text="control shows faults, state and requests\n")

    async def _command(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        if request.content_type != "application/json" or name not in {"faults", "market"}:
            raise web.HTTPBadRequest(text="POST JSON to /control/faults or /control/market\n")
        try:
            for command in control.parse_commands(await request.read()):
                if name == "market":
                    control.move_market(self.exchange, command)
                    continue
                fault = control.apply(self.faults, command)
                if fault is not None:
                    await self.inflict(fault, request.transport)
        except FaultRefused as error:
            raise web.HTTPBadRequest(text=f"{error}\n") from error
        return web.json_response(control.show_faults(self.faults))


@web.middleware
async def _guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answers only who calls this machine by a loopback name: a web page elsewhere cannot reach in."""
    if urlsplit(f"//{request.host}").hostname not in _LOCAL_NAMES:
        raise web.HTTPForbidden(text="loopback only\n")
    return await handler(request)


def run(config: PaperConfig, port: int = 0, ready: Callable[[str], None] = print) -> None:
    """Serves until SIGTERM or SIGINT; `ready` gets the address once the exchange listens. Raises as PaperExchange."""
    asyncio.run(_serve(config, port, ready))


async def _serve(config: PaperConfig, port: int, ready: Callable[[str], None]) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with PaperExchange(config, port) as paper:
        ready(paper.url)
        await stop.wait()
