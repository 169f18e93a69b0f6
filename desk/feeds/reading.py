"""Fields of foreign JSON as exact values; whatever is not what it should be raises NotRight with its place.

The document comes from `desk.feeds.wire`, so that fractions are decimals with their digits already.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TypeVar

from desk.units import AmountRefused, parse_decimal

Record = Mapping[str, object]
_T = TypeVar("_T")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_SHOWN = 40
_MOST = Decimal(10) ** 26
"""The whole network makes 10²¹ hashes a second; a larger number would not survive our arithmetic either."""
_YEARS = range(2009, 2100)


class NotRight(ValueError):
    """A field that is missing or is not what it should be: which, and what stands there."""


def record(value: object, what: str = "the answer") -> Record:
    """A JSON object."""
    if not isinstance(value, dict):
        raise NotRight(f"{what} is not an object but {_shown(value)}")
    return value


def rows(value: object, name: str, read: Callable[[Record], _T]) -> list[_T]:
    """A JSON list of objects, each read by `read`; a complaint says in which row."""
    if not isinstance(value, list):
        raise NotRight(f"{name} is not a list but {_shown(value)}")
    found = []
    for place, entry in enumerate(value):
        try:
            found.append(read(record(entry)))
        except NotRight as problem:
            raise NotRight(f"{name}[{place}]: {problem}") from None
    return found


def field(fields: Record, *names: str) -> object:
    """The first of these names that is there. Some pools write one thing in two spellings."""
    for name in names:
        if name in fields:
            return fields[name]
    raise NotRight(f"{names[0]} is missing")


def text(fields: Record, *names: str) -> str:
    value = field(fields, *names)
    if not isinstance(value, str) or not value:
        raise NotRight(f"{names[0]} is not a text but {_shown(value)}")
    return value


def number(fields: Record, *names: str) -> Decimal:
    """An exact number that is not negative; digits in quotes count as one."""
    value = field(fields, *names)
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise NotRight(f"{names[0]} is not a number but {_shown(value)}")
    try:
        found = parse_decimal(value)
    except AmountRefused:
        raise NotRight(f"{names[0]} is not a number but {_shown(value)}") from None
    if found < 0:
        raise NotRight(f"{names[0]} is negative: {_shown(value)}")
    if found > _MOST:
        raise NotRight(f"{names[0]} is beyond anything measured here: {_shown(value)}")
    return found


def positive(fields: Record, *names: str) -> Decimal:
    """As `number`, above zero: something is divided by it."""
    found = number(fields, *names)
    if not found:
        raise NotRight(f"{names[0]} is zero")
    return found


def number_or_none(fields: Record, *names: str) -> Decimal | None:
    """As `number`; None where the field is missing, null or empty."""
    value = next((fields[name] for name in names if name in fields), None)
    return None if value is None or value == "" else number(fields, *names)


def whole(fields: Record, name: str) -> int:
    found = number(fields, name)
    if found != found.to_integral_value():
        raise NotRight(f"{name} is not a whole number: {_shown(fields[name])}")
    return int(found)


def flag(fields: Record, name: str) -> bool:
    value = field(fields, name)
    if not isinstance(value, bool):
        raise NotRight(f"{name} is neither true nor false but {_shown(value)}")
    return value


def day(fields: Record, name: str) -> date:
    """A day written like 2026-02-07."""
    value = text(fields, name)
    try:
        if not _DAY.fullmatch(value):
            raise ValueError
        found = datetime.fromisoformat(value)
    except ValueError:
        raise NotRight(f"{name} is not a day: {_shown(value)}") from None
    return _sane(found, name, value).date()


def moment(fields: Record, *names: str) -> datetime:
    """A time with its offset; one without could be of any day."""
    value = text(fields, *names)
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        raise NotRight(f"{names[0]} is not a time: {_shown(value)}") from None
    if found.tzinfo is None:
        raise NotRight(f"{names[0]} has no offset: {_shown(value)}")
    return _sane(found, names[0], value).astimezone(UTC)


def unix(fields: Record, name: str) -> datetime:
    """Unix seconds."""
    seconds = number(fields, name)
    try:
        found = datetime.fromtimestamp(int(seconds), UTC)
    except (OverflowError, OSError, ValueError):
        raise NotRight(f"{name} is not a time in seconds: {_shown(seconds)}") from None
    return _sane(found, name, seconds)


def _sane(found: datetime, name: str, value: object) -> datetime:
    if found.year not in _YEARS:
        raise NotRight(f"{name} is not a time of this century: {_shown(value)}")
    return found


def _shown(value: object) -> str:
    """A foreign value as evidence: cut, control characters escaped."""
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    said = str(value) if isinstance(value, Decimal) else value
    return ascii(said)[:_SHOWN]
