"""What a statement says otherwise than the one on record, field by field, for whoever has to agree to it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Any, get_args, get_type_hints

from desk.treasury.records import KEYS, Record
from desk.units import Bps, Sats, btc_text, decimal_text

_UNITS = {Sats: " BTC", Bps: " %"}
_NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Change:
    """One field of one statement. `about` is what the statement is about: its key, as people write it."""

    about: str
    field: str
    before: str
    after: str

    @property
    def sentence(self) -> str:
        """'g-1: amount was 19500000, is now 20000000'."""
        return f"{self.about}: {self.field} was {self.before}, is now {self.after}"


def changes(before: Record, after: Record) -> tuple[Change, ...]:
    """Every field that differs between two statements about the same thing, in the order of the record."""
    about = " ".join(_said(getattr(after, name), "") for name in KEYS[type(after)] if getattr(after, name) != "")
    units = _units(type(after))
    found = []
    for field in fields(after):
        was, now = getattr(before, field.name), getattr(after, field.name)
        if was != now:
            unit = units[field.name]
            found.append(Change(about, _called(field.name, unit), _said(was, unit), _said(now, unit)))
    return tuple(found)


def _units(kind: type) -> dict[str, str]:
    """The unit of each field; amounts of money have none here, their currency is a field of its own."""
    hints: dict[str, Any] = get_type_hints(kind)
    return {
        name: next((unit for marked, unit in _UNITS.items() if marked in (hint, *get_args(hint))), "")
        for name, hint in hints.items()
    }


def _called(name: str, unit: str) -> str:
    return "coins" if name == "sats" and unit else name.removeprefix("is_").replace("_", " ")


def _said(value: object, unit: str) -> str:
    if value is None or value == "":
        return _NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int) and unit == _UNITS[Sats]:
        return btc_text(value) + unit
    if isinstance(value, Decimal):
        return decimal_text((value / 100).normalize() if unit == _UNITS[Bps] else value) + unit
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S} UTC"
    return str(value)
