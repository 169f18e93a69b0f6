"""The stream of one market's book: a wake-up and a cheap fresh view, with REST as the truth behind it.

The stream reconnects with growing pauses. While it has nothing to say (not connected, silent, wrong checksum) the
book is fetched by REST at a slower beat, so a broken stream makes the view slower, never older without showing it.
A venue without a stream here is fetched from alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import aiohttp

from desk.clock import Clock
from desk.venues.dialects.dialect import BookStream, StreamBroken
from desk.venues.model import Book, Unavailable

OnBook = Callable[[Book], None]


@dataclass(frozen=True, slots=True)
class StreamPace:
    """Wall seconds."""

    silence_s: float = 3.0
    """A connection that says nothing for so long, not even a heartbeat, is dropped."""
    connect_s: float = 10.0
    first_pause_s: float = 0.5
    longest_pause_s: float = 30.0
    fetch_every_s: float = 2.0
    """While the stream has nothing to say."""
    poll_every_s: float = 1.0
    """Where there is no stream at all."""


class BookFeed:
    """Keeps `on_book` supplied until it is closed."""

    def __init__(
        self,
        stream: BookStream | None,
        fetch: Callable[[], Awaitable[Book]],
        on_book: OnBook,
        *,
        session: aiohttp.ClientSession,
        clock: Clock,
        pace: StreamPace | None = None,
    ) -> None:
        self._fetch = fetch
        self._on_book = on_book
        self._session = session
        self._clock = clock
        self._pace = pace or StreamPace()
        self._is_streaming = False
        self.last_error = ""
        self.breaks = 0
        pause = self._pace.poll_every_s if stream is None else self._pace.fetch_every_s
        self._tasks = [asyncio.create_task(self._keep_fetching(pause))]
        if stream is not None:
            self._tasks.append(asyncio.create_task(self._keep_streaming(stream)))

    @property
    def is_streaming(self) -> bool:
        """Whether the latest book came from a connection that stands."""
        return self._is_streaming

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _keep_streaming(self, stream: BookStream) -> None:
        pause = self._pace.first_pause_s
        while True:
            try:
                await self._connection(stream)
                self.last_error = "the stream was closed by the venue"
            except StreamBroken as error:
                self.last_error = str(error)
            except Exception as error:  # a task's top: whatever it was, the stream is connected anew and says so
                self.last_error = f"{type(error).__name__}: {error}"
            self.breaks += 1
            pause = self._pace.first_pause_s if self._is_streaming else min(pause * 2, self._pace.longest_pause_s)
            self._is_streaming = False
            await asyncio.sleep(pause)

    async def _connection(self, stream: BookStream) -> None:
        mirror = stream.mirror()
        async with asyncio.timeout(self._pace.connect_s):
            socket = await self._session.ws_connect(stream.url, autoclose=True)
        async with socket:
            await socket.send_str(stream.subscribe)
            while True:
                message = await socket.receive(timeout=self._pace.silence_s)
                if message.type is not aiohttp.WSMsgType.TEXT:
                    return
                if mirror.apply(message.data):
                    book = mirror.book(self._clock.monotonic(), self._clock.wall())
                    if book is not None:
                        self._is_streaming = True
                        self._on_book(book)

    async def _keep_fetching(self, pause: float) -> None:
        while True:
            await asyncio.sleep(pause)
            if not self._is_streaming:
                try:
                    self._on_book(await self._fetch())
                except Unavailable as error:
                    self.last_error = str(error)
