"""Time that passes only when nobody has anything left to do: an event loop that jumps from one timer to the next."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

START = datetime(2026, 2, 7, 15, tzinfo=UTC)
SECOND = 1_000_000
T = TypeVar("T")


class NothingLeft(RuntimeError):
    """Every task waits for something that no timer will bring: a deadlock, found."""


class Timeline:
    """True time, in microseconds since the beginning."""

    def __init__(self) -> None:
        self.now_us = 0

    @property
    def now_s(self) -> float:
        return self.now_us / SECOND

    @property
    def true(self) -> datetime:
        """What a clock that is right would show."""
        return START + timedelta(microseconds=self.now_us)

    def pass_s(self, seconds: float) -> None:
        self.now_us += max(0, round(seconds * SECOND))

    def at_us(self, moment: datetime) -> int:
        """True microseconds at which a right clock shows `moment`."""
        return (moment - START) // timedelta(microseconds=1)


class HostClock:
    """The clocks of the daemon's host: a wall clock that is off by `skew_s`, which somebody may correct."""

    def __init__(self, timeline: Timeline, skew_s: float = 0.0) -> None:
        self._timeline = timeline
        self.skew_s = skew_s

    @property
    def speed(self) -> int:
        return 1

    def now(self) -> datetime:
        return self.wall()

    def wall(self) -> datetime:
        return self._timeline.true + timedelta(seconds=self.skew_s)

    def monotonic(self) -> float:
        return self._timeline.now_s

    async def sleep(self, wall_s: float) -> None:
        await asyncio.sleep(max(0.0, wall_s))


class _Jump:
    """Stands where a loop has its selector: instead of waiting, it moves the time."""

    def __init__(self) -> None:
        self.timeline = Timeline()

    def select(self, timeout: float | None) -> list[object]:
        if timeout is None:
            raise NothingLeft("no task can go on and no timer runs")
        if timeout > 0:
            self.timeline.now_us += max(1, round(timeout * SECOND))
        return []

    def close(self) -> None:
        return None


class SimulatedLoop(asyncio.BaseEventLoop):
    """An event loop without files, sockets or waiting; what runs on it is the same in every run."""

    def __init__(self) -> None:
        super().__init__()
        self._selector = _Jump()

    def begin(self) -> Timeline:
        """A new time, for the next world."""
        self._selector.timeline = Timeline()
        return self._selector.timeline

    def time(self) -> float:
        return self._selector.timeline.now_s

    def run_in_executor(self, executor: object, func: Callable[..., T], *args: object) -> asyncio.Future[T]:
        """What would be done in a thread is done at once: no thread's pace may decide what happens."""
        done: asyncio.Future[T] = self.create_future()
        try:
            done.set_result(func(*args))
        except Exception as problem:
            done.set_exception(problem)
        return done

    def _process_events(self, event_list: list[object]) -> None:
        return None

    def _write_to_self(self) -> None:
        return None


def quiet(loop: asyncio.AbstractEventLoop, ignore: type[BaseException], tell: Callable[[str], None]) -> None:
    """Tasks that die with `ignore` are no news; whatever else goes wrong in one is told."""

    def handle(_: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
        problem = context.get("exception")
        if not isinstance(problem, ignore | asyncio.CancelledError):
            tell(f"{context.get('message')}: {problem!r}")

    loop.set_exception_handler(handle)
