"""Times and durations as people type them: now, +2h, 2026-02-07T14:00Z, on-approval; 90s, 45m, 6h, 3d."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import click

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_DURATION = re.compile(r"(\d{1,6})([smhd])", re.ASCII)
ON_APPROVAL = "on-approval"


def duration(text: str) -> timedelta:
    """90s, 45m, 6h, 3d or a sum like 1h30m. Raises click.BadParameter."""
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise click.BadParameter(f"{text!r} is not a duration; write 90s, 45m, 6h or 3d")
    return sum((timedelta(**{_UNITS[unit]: int(number)}) for number, unit in parts), timedelta())


def moment(text: str, now: datetime) -> datetime:
    """now, +2h, or an ISO time with its zone. Raises click.BadParameter."""
    if text == "now":
        return now
    if text.startswith("+"):
        return now + duration(text[1:])
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is not a time; write 2026-02-07T14:00Z, now or +2h") from None
    if parsed.tzinfo is None:
        raise click.BadParameter(f"{text!r} has no zone; add Z for UTC or an offset like -05:00")
    return parsed.astimezone(UTC)


def opening(text: str, now: datetime) -> datetime | None:
    """When a window opens; None for on-approval: with the last signature."""
    return None if text == ON_APPROVAL else moment(text, now)
