"""Times and durations as people type them: now, +2h, 2026-02-07T14:00Z, on-approval; 90s, 45m, 6h, 3d."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_DURATION = re.compile(r"(\d{1,6})([smhd])", re.ASCII)
ON_APPROVAL = "on-approval"
NOW = "now"


class WhenRefused(ValueError):
    """What was typed is no time or no duration; the message says what would be."""


def duration(text: str) -> timedelta:
    """90s, 45m, 6h, 3d or a sum like 1h30m. Raises WhenRefused."""
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise WhenRefused(f"{text!r} is not a duration; write 90s, 45m, 6h or 3d")
    return sum((timedelta(**{_UNITS[unit]: int(number)}) for number, unit in parts), timedelta())


def moment(text: str, now: datetime) -> datetime:
    """now, +2h, or an ISO time with its zone. Raises WhenRefused."""
    try:
        if text == NOW:
            return now
        return now + duration(text[1:]) if text.startswith("+") else _iso(text)
    except OverflowError:
        raise WhenRefused(f"{text!r} is beyond any calendar") from None


def _iso(text: str) -> datetime:
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise WhenRefused(f"{text!r} is not a time; write 2026-02-07T14:00Z, now or +2h") from None
    if parsed.tzinfo is None:
        raise WhenRefused(f"{text!r} has no zone; add Z for UTC or an offset like -05:00")
    return parsed.astimezone(UTC)


def opening(text: str, now: datetime) -> datetime | None:
    """When a window opens; None for on-approval: with the last signature. Raises WhenRefused."""
    return None if text == ON_APPROVAL else moment(text, now)
