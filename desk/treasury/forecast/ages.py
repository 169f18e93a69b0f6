"""How old the cash is that a forecast starts from, in words: an old balance is no fact about now (P8)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, timedelta

from desk.treasury.forecast.table import OpeningLine

_SHOWN = 3
_DAY, _HOUR, _MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


def age_text(age: timedelta) -> str:
    """An age at a glance, in its largest unit: '4 days', '1 hour', '12 s'."""
    for unit, name in ((_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute")):
        if age >= unit:
            count = age // unit
            return f"{count} {name}{'' if count == 1 else 's'}"
    return f"{max(0, int(age.total_seconds()))} s"


def seen_words(one: OpeningLine) -> str:
    """'as of 7 Feb 00:00 UTC, 15 hours old', STALE behind it past its limit; empty where nobody knows."""
    if one.as_of is None or one.age is None:
        return ""
    at = one.as_of.astimezone(UTC)
    stale = "  STALE" if one.is_stale else ""
    return f"as of {at.day} {at:%b %H:%M} UTC, {age_text(one.age)} old{stale}"


def stale_words(opening: Sequence[OpeningLine], unseen: Sequence[str] = ()) -> str:
    """'opening cash as of 3 Feb, 4 days old', the oldest first; empty where every balance is of late and known."""
    aged = [(one.age, one) for one in opening if one.is_stale and one.age is not None]
    old = sorted(aged, key=lambda pair: pair[0], reverse=True)
    said = [f"as of {_when(one)}, {age_text(age)} old{_where(one, opening)}" for age, one in old[:_SHOWN]]
    if len(old) > _SHOWN:
        said.append(f"{len(old) - _SHOWN} more that are too old")
    said += [f"not known at {venue}, no balance of it was seen" for venue in unseen]
    return f"opening cash {'; '.join(said)}" if said else ""


def _when(one: OpeningLine) -> str:
    return "" if one.as_of is None else f"{one.as_of.day} {one.as_of:%b}"


def _where(one: OpeningLine, opening: Sequence[OpeningLine]) -> str:
    return f" ({one.currency} at {one.place})" if len(opening) > 1 else ""
