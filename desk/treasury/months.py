"""Calendar months in UTC: how the books count time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])", re.ASCII)


class MonthRefused(ValueError):
    """A text that is not a month, like 2026-02."""


def check_month(text: str) -> str:
    """The month, if it is one. Raises MonthRefused."""
    if not _MONTH.fullmatch(text):
        raise MonthRefused(f"{text[:20]!r} is not a month; write it like 2026-02")
    return text


def month_of(moment: date) -> str:
    """The month of a day, or of a moment in UTC: '2026-02'."""
    day = moment.astimezone(UTC) if isinstance(moment, datetime) else moment
    return f"{day.year:04d}-{day.month:02d}"


def next_month(month: str) -> str:
    year, number = (int(part) for part in month.split("-"))
    return f"{year + number // 12:04d}-{number % 12 + 1:02d}"


def month_before(month: str) -> str:
    return month_of(first_day(month) - timedelta(days=1))


def first_day(month: str) -> date:
    return date.fromisoformat(f"{month}-01")


def last_day(month: str) -> date:
    return first_day(next_month(month)) - timedelta(days=1)


def days_of(month: str) -> Iterator[date]:
    """Every day of the month, in order."""
    for number in range((last_day(month) - first_day(month)).days + 1):
        yield first_day(month) + timedelta(days=number)


def start_of(day: date) -> datetime:
    """Midnight UTC, when the day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def end_of(day: date) -> datetime:
    """Midnight UTC, when the day is over: nothing that happens then is of this day any more."""
    return start_of(day + timedelta(days=1))
