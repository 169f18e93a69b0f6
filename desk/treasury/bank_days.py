"""When money is in the bank: business days, the cut-off in the bank's zone, and the way back from a day it is due.

Saturdays and Sundays are no business days, nor are the bank holidays that are configured; none are guessed.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class BankCalendar:
    """The bank's business days. What comes after `cutoff` in `zone` is booked as of the next one."""

    zone: ZoneInfo
    cutoff: time
    holidays: Set[date] = frozenset()

    def is_open(self, day: date) -> bool:
        return day.weekday() < _SATURDAY and day not in self.holidays

    def on_or_after(self, day: date) -> date:
        """The first business day not before `day`."""
        while not self.is_open(day):
            day += _DAY
        return day

    def on_or_before(self, day: date) -> date:
        """The last business day not after `day`."""
        while not self.is_open(day):
            day -= _DAY
        return day

    def shifted(self, day: date, days: int) -> date:
        """So many business days after `day` (before it where negative), from the nearest business day that way."""
        step = _DAY if days >= 0 else -_DAY
        day = self.on_or_after(day) if days >= 0 else self.on_or_before(day)
        for _ in range(abs(days)):
            day += step
            while not self.is_open(day):
                day += step
        return day

    def booked(self, moment: datetime) -> date:
        """The business day as of which the bank takes what happens at `moment`."""
        local = moment.astimezone(self.zone)
        is_late = local.time() > self.cutoff
        return self.on_or_after(local.date() + (_DAY if is_late else timedelta(0)))

    def arrives(self, moment: datetime, days: int) -> date:
        """The day on which the proceeds of `moment` are in the bank after `days` business days."""
        return self.shifted(self.booked(moment), days)

    def latest(self, due: date, days: int) -> datetime:
        """The last moment (UTC) whose proceeds are in the bank on `due` after `days` business days."""
        day = self.shifted(self.on_or_before(due), -days)
        return datetime.combine(day, self.cutoff, self.zone).astimezone(UTC)
