"""When a sale may send what: opening, end guard, last moment to send (P1). Wall seconds meet desk time here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

_WORKING_S = 3.0


@dataclass(frozen=True, slots=True)
class WindowClock:
    """An opened window in desk time. `guard_s` and `last_send_s` are wall seconds, `speed` desk per wall seconds."""

    opened: datetime
    closes: datetime
    speed: int
    guard_s: float
    last_send_s: float

    @property
    def guard_begins(self) -> datetime:
        """From here on nothing may rest; in a window shorter than the guard, from its opening."""
        return max(self.opened, self.closes - self._desk(self.guard_s))

    @property
    def last_send(self) -> datetime:
        """From here on nothing is sent: it could arrive after the close."""
        return self.closes - self._desk(self.last_send_s)

    @property
    def latest_due(self) -> datetime:
        """What falls due later than this could not be worked any more, so it is due now. Never before half-time."""
        half = self.opened + (self.closes - self.opened) / 2
        return max(half, self.last_send - self._desk(_WORKING_S))

    def is_open(self, now: datetime) -> bool:
        return self.opened <= now < self.closes

    def in_guard(self, now: datetime) -> bool:
        return now >= self.guard_begins

    def may_send(self, now: datetime) -> bool:
        return self.opened <= now < self.last_send

    def wall_left_s(self, now: datetime) -> float:
        """Wall seconds until the close; negative after it."""
        return (self.closes - now).total_seconds() / self.speed

    def _desk(self, wall_s: float) -> timedelta:
        return timedelta(seconds=wall_s * self.speed)


def window_clock(
    opened: datetime, closes: datetime, speed: int, *, end_guard_s: float, last_send_s: float, bound_s: float | None
) -> WindowClock:
    """The window at a venue that may book up to `bound_s` late (None: it enforces the deadline an order carries).

    There nothing is sent within the bound before the close, and the guard is longer by as much.
    """
    last = last_send_s if bound_s is None else max(last_send_s, bound_s)
    return WindowClock(opened, closes, speed, max(end_guard_s, last + end_guard_s / 2), last)
