"""Desk time and wall time (P7).

Desk time is what schedules and the paper market see; it can run N times as fast in a demo database. Wall time is what
freshness, time-outs, rate limits and halt use, and it never runs faster. Both are UTC.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

_COUNTS_SLEEP: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Linux stops CLOCK_MONOTONIC while a machine sleeps; by it a book from before would still be fresh (P8)."""


@dataclass(frozen=True, slots=True)
class DeskTime:
    """The one line that maps wall time to desk time: desk = desk0 + (wall − wall0) · speed."""

    wall0: datetime
    desk0: datetime
    speed: int = 1

    def desk_at(self, wall: datetime) -> datetime:
        return self.desk0 + (wall - self.wall0) * self.speed

    def wall_at(self, desk: datetime) -> datetime:
        return self.wall0 + (desk - self.desk0) / self.speed

    @classmethod
    def real(cls) -> DeskTime:
        """Desk time equals wall time."""
        epoch = datetime(1970, 1, 1, tzinfo=UTC)
        return cls(epoch, epoch, 1)


class Clock(Protocol):
    """What the rest of the program may know of time; handed in, never reached for."""

    @property
    def speed(self) -> int: ...
    def now(self) -> datetime:
        """Desk time, UTC."""
        ...

    def wall(self) -> datetime:
        """Wall time, UTC: for the record, never for measuring a duration."""
        ...

    def monotonic(self) -> float:
        """Wall seconds that never go back and count while the machine sleeps: ages, time-outs."""
        ...

    async def sleep(self, wall_s: float) -> None: ...


class LiveClock:
    """The machine's clocks behind one desk-time line."""

    def __init__(self, line: DeskTime | None = None) -> None:
        self.line = line or DeskTime.real()

    @property
    def speed(self) -> int:
        return self.line.speed

    def now(self) -> datetime:
        return self.line.desk_at(self.wall())

    def wall(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.clock_gettime(_COUNTS_SLEEP)

    async def sleep(self, wall_s: float) -> None:
        await asyncio.sleep(wall_s)


class ManualClock:
    """A clock that moves only when told to, for tests and simulations; `sleep` advances it."""

    def __init__(self, start: datetime, speed: int = 1) -> None:
        self._wall = start
        self._mono = 0.0
        self._line = DeskTime(start, start, speed)

    @property
    def speed(self) -> int:
        return self._line.speed

    def now(self) -> datetime:
        return self._line.desk_at(self._wall)

    def wall(self) -> datetime:
        return self._wall

    def monotonic(self) -> float:
        return self._mono

    def advance(self, wall_s: float) -> None:
        self._wall += timedelta(seconds=wall_s)
        self._mono += wall_s

    def jump(self, wall_s: float) -> None:
        """Somebody sets the machine's clock, forward or back; no time passes."""
        self._wall += timedelta(seconds=wall_s)

    async def sleep(self, wall_s: float) -> None:
        self.advance(max(wall_s, 0.0))
        await asyncio.sleep(0)


def micros(moment: datetime) -> int:
    """UTC microseconds since 1970, exactly; how times are stored."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone is not a time here")
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def from_micros(value: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=value)


def iso(moment: datetime) -> str:
    """ISO-8601 UTC, seconds where that is exact, else microseconds: the form of JSON and signatures."""
    utc = moment.astimezone(UTC)
    return utc.isoformat(timespec="microseconds" if utc.microsecond else "seconds").replace("+00:00", "Z")
