"""One HTTP request of a call: sent once, never redirected, its answer read no further than an answer can be long."""

from __future__ import annotations

from contextlib import AsyncExitStack
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any

import aiohttp

from desk.venues.model import WhyNot, nothing_against_it
from desk.venues.queue import Priority, Turn

LONGEST_ANSWER = 16_000_000
"""Bytes, unpacked. The largest list of markets is about a megabyte."""


class KeptBack(Exception):
    """A request that was not let out at the last step; the message says why."""


@dataclass(slots=True)
class Call:
    """What is known of a call while it runs."""

    priority: Priority
    is_private: bool
    line: AsyncExitStack
    why_not: WhyNot = nothing_against_it
    turn: Turn | None = None
    is_started: bool = False
    has_body: bool = False
    sent: float | None = None
    sent_at: datetime | None = None
    status: int | None = None
    content_type: str = ""
    body: str = ""

    def start(self, has_body: bool) -> None:
        """A request begins; what an earlier one of the same call brought is forgotten."""
        self.is_started, self.has_body = True, has_body
        self.sent, self.sent_at, self.status, self.content_type, self.body = None, None, None, "", ""


CALL: ContextVar[Call] = ContextVar("desk_venue_call")


class OneShotSession:
    """What ccxt needs of an aiohttp session, without redirects; notes that a request was handed over."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    @property
    def headers(self) -> Any:
        return self._session.headers

    def get(self, url: Any, **options: Any) -> Any:
        return _Bounded(self._session.get(url, **self._once(options)))

    def post(self, url: Any, **options: Any) -> Any:
        return _Bounded(self._session.post(url, **self._once(options)))

    def delete(self, url: Any, **options: Any) -> Any:
        """aiohttp repeats a DELETE whose kept connection was closed meanwhile: harmless, it is a cancel."""
        return _Bounded(self._session.delete(url, **self._once(options)))

    @staticmethod
    def _once(options: dict[str, Any]) -> dict[str, Any]:
        call = CALL.get()
        call.start(has_body=options.get("data") is not None)
        return {**options, "allow_redirects": False, "trace_request_ctx": call}


class _Bounded:
    """A response whose text is UTF-8 and ends where `LONGEST_ANSWER` does, with aiohttp's own error."""

    def __init__(self, request: Any) -> None:
        self._request = request
        self._response: Any = None

    async def __aenter__(self) -> _Bounded:
        self._response = await self._request.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._request.__aexit__(kind, error, trace)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._response, name)

    async def text(self, errors: str = "replace") -> str:
        """Raises ClientPayloadError for an answer that does not end."""
        read = bytearray()
        async for piece in self._response.content.iter_any():
            read += piece
            if len(read) > LONGEST_ANSWER:
                self._response.close()
                raise aiohttp.ClientPayloadError(f"an answer longer than {LONGEST_ANSWER} bytes")
        return read.decode("utf-8", errors)
