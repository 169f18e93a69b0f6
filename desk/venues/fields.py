"""Fields of documents that others wrote, as exact values; whatever is not what it should be raises NotAnAnswer.

The one place where foreign numbers, names and times become ours, so that NaN, a negative price, a control character
in an id or a time of the next century stops here, in words, whichever exchange it came from.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal

from desk.clock import from_micros
from desk.units import AmountRefused, Price, Sats, parse_btc, parse_decimal
from desk.venues.answer import NotAnAnswer, shown
from desk.venues.model import Book, Level

Record = Mapping[str, object]

_NAME = re.compile(r"[A-Za-z0-9._:/-]{1,100}", re.ASCII)
_RFC3339 = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)", re.ASCII)


def record(value: object) -> Record:
    """A JSON object."""
    if not isinstance(value, dict):
        raise NotAnAnswer("a record is missing")
    return value


def records(value: object, name: str) -> list[Record]:
    """A JSON list of objects; a missing one is no proof that nothing is there."""
    if not isinstance(value, list):
        raise NotAnAnswer(f"{name} is not a list")
    return [record(entry) for entry in value]


def text(fields: Record, name: str) -> str:
    """A text that is not empty."""
    value = fields.get(name)
    if not isinstance(value, str) or not value:
        raise NotAnAnswer(f"{name} is not a text")
    return value


def flag(fields: Record, name: str) -> bool:
    """True or false, and nothing that only looks like it."""
    value = fields.get(name)
    if not isinstance(value, bool):
        raise NotAnAnswer(f"{name} is neither true nor false")
    return value


def name_of(value: object, what: str) -> str:
    """An id of an order or a trade: a short text without surprises."""
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        raise NotAnAnswer(f"{what} is not an id: {shown(str(value))!r}")
    return value


def identifier(fields: Record, name: str) -> str:
    """A field as `name_of`."""
    return name_of(fields.get(name), name)


def numbered(fields: Record, name: str) -> str:
    """An id that is a whole number above zero, as text."""
    value = fields.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**63:
        raise NotAnAnswer(f"{name} is not an id: {shown(str(value))!r}")
    return str(value)


def count(fields: Record, name: str) -> int:
    """A number of decimals."""
    value = fields.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 30:
        raise NotAnAnswer(f"{name} is not a count of decimals")
    return value


def number(fields: Record, name: str) -> Decimal:
    """An exact number, digit for digit."""
    value = fields.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise NotAnAnswer(f"{name} is not an exact number")
    try:
        return parse_decimal(value)
    except AmountRefused as error:
        raise NotAnAnswer(f"{name}: {shown(str(error))}") from error


def not_negative(fields: Record, name: str) -> Decimal:
    value = number(fields, name)
    if value < 0:
        raise NotAnAnswer(f"{name} is negative")
    return value


def positive(fields: Record, name: str) -> Decimal:
    value = number(fields, name)
    if value <= 0:
        raise NotAnAnswer(f"{name} is not above zero")
    return value


def sats(fields: Record, name: str) -> Sats:
    """An amount of bitcoin, never negative, never finer than a satoshi."""
    try:
        return parse_btc(not_negative(fields, name))
    except AmountRefused as error:
        raise NotAnAnswer(f"{name}: {shown(str(error))}") from error


def unix_seconds(fields: Record, name: str) -> datetime:
    """Unix seconds with decimals, to the microsecond."""
    return _from_micros(positive(fields, name) * 1_000_000, name)


def unix_millis(fields: Record, name: str) -> datetime:
    """Whole or broken Unix milliseconds."""
    return _from_micros(positive(fields, name) * 1_000, name)


def rfc3339(fields: Record, name: str) -> datetime:
    """A time with its zone; digits beyond the microsecond are cut."""
    match = _RFC3339.fullmatch(text(fields, name))
    if match is None:
        raise NotAnAnswer(f"{name} is no time")
    whole, fraction, zone = match.groups()
    try:
        return datetime.fromisoformat(f"{whole}.{(fraction or '')[:6]:0<6}{zone}").astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise NotAnAnswer(f"{name} is no time") from error


def _from_micros(value: Decimal, name: str) -> datetime:
    try:
        return from_micros(int(value))
    except (OverflowError, ValueError) as error:
        raise NotAnAnswer(f"{name} is no time") from error


def level(price: object, quantity: object) -> Level:
    """One price of a book."""
    fields = {"price": price, "quantity": quantity}
    return Level(Price(positive(fields, "price")), sats(fields, "quantity"))


def listed_levels(entries: object) -> list[Level]:
    """Levels written as lists of price, quantity and whatever else."""
    if not isinstance(entries, list):
        raise NotAnAnswer("a book without levels")
    if any(not isinstance(entry, list) or len(entry) < 2 for entry in entries):
        raise NotAnAnswer("a level that is none")
    return [level(entry[0], entry[1]) for entry in entries]


def two_sided(bids: Iterable[Level], asks: Iterable[Level], observed: float, at: datetime) -> Book:
    """A book with two sides that do not cross, best first."""
    best_bids = sorted((one for one in bids if one.quantity), key=lambda one: one.price, reverse=True)
    best_asks = sorted((one for one in asks if one.quantity), key=lambda one: one.price)
    if not best_bids or not best_asks:
        raise NotAnAnswer("a book with an empty side")
    if best_bids[0].price >= best_asks[0].price:
        raise NotAnAnswer("a crossed book")
    return Book(tuple(best_bids), tuple(best_asks), observed, at)
