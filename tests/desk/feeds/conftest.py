"""A server on loopback that says what a test scripted, and remembers what it was asked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from desk.clock import ManualClock

NOW = datetime(2026, 2, 7, 14, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Asked:
    """One request as it came over the wire."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """An answer that is not plainly a JSON document."""

    status: int = 200
    text: str = "{}"
    headers: dict[str, str] = field(default_factory=dict)
    drips: bool = False
    """Whether the body goes on for ever, a space at a time."""


@dataclass
class Scripted:
    """What the server says, path by path: each answer once, the last one again and again."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    answers: dict[str, list[Any]] = field(default_factory=dict)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def says(self, path: str, *answers: Any) -> None:
        """Answers of a path: a document, a Reply, or a function of the request that gives one of them."""
        self.answers[path] = list(answers)

    def to(self, path: str) -> list[Asked]:
        return [one for one in self.asked if one.path == path]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        asked = Asked(
            request.method,
            request.path,
            dict(request.query),
            {k.lower(): v for k, v in request.headers.items()},
            await request.text(),
        )
        self.asked.append(asked)
        waiting = self.answers.get(request.path)
        if not waiting:
            return web.Response(status=404, text="nothing here")
        answer = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        answer = answer(asked) if callable(answer) else answer
        if not isinstance(answer, Reply):
            return web.Response(text=json.dumps(answer), content_type="application/json")
        if answer.drips:
            return await self._drip(request, answer)
        return web.Response(status=answer.status, text=answer.text, headers=answer.headers)

    async def _drip(self, request: web.Request, answer: Reply) -> web.StreamResponse:
        response = web.StreamResponse(status=answer.status)
        await response.prepare(request)
        with suppress(ConnectionError, TimeoutError):
            while not self.over.is_set():
                await response.write(b" ")
                with suppress(TimeoutError):
                    await asyncio.wait_for(self.over.wait(), 0.02)
        return response


@pytest.fixture
async def server() -> AsyncIterator[Scripted]:
    scripted = Scripted()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", scripted.handle)
    running = TestServer(app)
    await running.start_server()
    scripted.url = str(running.make_url("")).rstrip("/")
    yield scripted
    scripted.over.set()
    await running.close()


@pytest.fixture
def clock() -> ManualClock:
    """Saturday 7 February 2026, 14:00 UTC; waiting costs no time."""
    return ManualClock(NOW)


@pytest.fixture
def on_day() -> Callable[[date], ManualClock]:
    """A clock that shows the evening (UTC) of a day."""
    return lambda day: ManualClock(datetime(day.year, day.month, day.day, 20, tzinfo=UTC))


@pytest.fixture
def reply() -> Callable[..., Reply]:
    return Reply
