"""A CSV file read strictly: every complaint names the row (as a spreadsheet counts) and the column (P11)."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from difflib import get_close_matches
from enum import StrEnum
from typing import TypeVar

from desk.treasury import currencies
from desk.units import AmountRefused, Bps, Money, Sats, parse_btc, parse_decimal

_T = TypeVar("_T")
_Word = TypeVar("_Word", bound=StrEnum)
MAX_BYTES = 8 << 20
MAX_TEXT = 400
_SHOWN = 25
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3,6}", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class ImportRefused(ValueError):
    """Nothing was imported; `lines` says why, one complaint each."""

    def __init__(self, lines: Sequence[str]) -> None:
        shown = list(lines[:_SHOWN])
        if len(lines) > _SHOWN:
            shown.append(f"… and {len(lines) - _SHOWN} more")
        super().__init__("\n".join(shown))
        self.lines = tuple(lines)


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns a file must and may have."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        return (*self.required, *self.optional)


@dataclass(slots=True)
class Cells:
    """One row. Every reader of a cell notes its complaint and goes on, so that one pass finds them all."""

    number: int
    texts: Mapping[str, str]
    complaints: list[str] = field(default_factory=list)
    sheet: str = ""

    def refuse(self, name: str, why: str) -> None:
        """Notes what is wrong with a cell."""
        self._complain(name, f"{_shown(self.texts.get(name, ''))} {why}")

    def _complain(self, name: str, why: str) -> None:
        self.complaints.append(f"{_in(self.sheet)}row {self.number}, column {name}: {why}")

    def has(self, name: str) -> bool:
        return bool(self.texts.get(name, ""))

    def text(self, name: str, *, empty: bool = False) -> str:
        if not empty and not self.has(name):
            self.refuse(name, "is missing; every row needs one")
        return self.texts.get(name, "")

    def id(self, name: str) -> str:
        return self._read(name, _id, "")

    def currency(self, name: str) -> str:
        return self._read(name, _currency, "")

    def btc(self, name: str) -> Sats:
        return self._read(name, _btc, Sats(0))

    def money(self, name: str, *, signed: bool = False) -> Money:
        return Money(self._read(name, _signed if signed else _number, Decimal(0)))

    def money_or_none(self, name: str) -> Money | None:
        return self.money(name) if self.has(name) else None

    def number_or_none(self, name: str) -> Decimal | None:
        return self._read(name, _number, Decimal(0)) if self.has(name) else None

    def btc_or_none(self, name: str) -> Sats | None:
        return self.btc(name) if self.has(name) else None

    def percent(self, name: str, most: int = 100) -> Bps:
        """A percentage as basis points; 82 and 82.5 are right, 0.82 would be less than one percent."""
        value = self._read(name, _number, Decimal(0))
        if value > most:
            self.refuse(name, f"is more than {most} percent; write 82 for 82 %")
        return Bps(value * 100)

    def day(self, name: str) -> date:
        return self._read(name, _day, date(1970, 1, 1))

    def moment(self, name: str) -> datetime:
        return self._read(name, _moment, datetime(1970, 1, 1, tzinfo=UTC))

    def day_or_none(self, name: str) -> date | None:
        return self.day(name) if self.has(name) else None

    def moment_or_none(self, name: str) -> datetime | None:
        return self.moment(name) if self.has(name) else None

    def past(self, name: str, now: datetime) -> datetime:
        """A time that has been: a statement tells what was true."""
        at = self.moment(name)
        if at > now:
            self.refuse(name, "is in the future; a statement tells what was true")
        return at

    def percent_or_none(self, name: str, most: int = 100) -> Bps | None:
        return self.percent(name, most) if self.has(name) else None

    def count_or_none(self, name: str) -> int | None:
        """A whole number."""
        return self._read(name, _count, 0) if self.has(name) else None

    def flag(self, name: str) -> bool:
        return self._read(name, _flag, False) if self.has(name) else False

    def word(self, name: str, words: type[_Word], default: _Word | None = None) -> _Word:
        text = self.texts.get(name, "")
        if not text and default is not None:
            return default
        try:
            return words(text)
        except ValueError:
            close = get_close_matches(text, list(words), n=1)
            hint = f"did you mean {close[0]}?" if close else f"use one of {', '.join(words)}"
            self.refuse(name, f"is not known; {hint}")
            return next(iter(words))

    def _read(self, name: str, parse: Callable[[str], _T], default: _T) -> _T:
        text = self.text(name)
        if not text:
            return default
        try:
            return parse(text)
        except ValueError as problem:
            self._complain(name, str(problem))
            return default


Numbered = Sequence[tuple[int, Sequence[str]]]
"""Rows of cells with the numbers that a spreadsheet gives them; the first is the header."""


def csv_rows(data: bytes) -> Numbered:
    """The rows of a CSV file that are not blank. Raises ImportRefused for anything that is no such file."""
    if len(data) > MAX_BYTES:
        raise ImportRefused([f"the file has {len(data):,} bytes; more than {MAX_BYTES:,} is not such a table"])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise ImportRefused([f"the file is not UTF-8 text (byte {problem.start}); save it as CSV UTF-8"]) from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        return [(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]
    except csv.Error as problem:
        raise ImportRefused([f"row {reader.line_num}: this is not CSV ({problem})"]) from None


def read_rows(found: Numbered, layout: Layout, sheet: str = "") -> list[Cells]:
    """The rows under a checked header, each with its complaints. Raises ImportRefused where the header is not right
    or nothing stands under it."""
    if not found:
        raise ImportRefused([f"the file is empty; the first row names the columns: {','.join(layout.all)}"])
    header = _header(found[0][1], layout, sheet)
    rows = [_row(cells, header, number, sheet) for number, cells in found[1:]]
    if not rows:
        raise ImportRefused([f"{_in(sheet) or 'the file '}has a header and no rows".replace(", has", " has")])
    return rows


def refuse_all(rows: Sequence[Cells], beside: Sequence[str] = ()) -> None:
    """Raises ImportRefused where any row has a complaint, or something `beside` them is wrong."""
    complaints = [*beside, *(line for row in rows for line in row.complaints)]
    if complaints:
        raise ImportRefused(complaints)


def _in(sheet: str) -> str:
    return f"sheet {sheet}, " if sheet else ""


def _header(cells: Sequence[str], layout: Layout, sheet: str) -> list[str]:
    names = [cell.strip() for cell in cells]
    complaints = []
    for place, name in enumerate(names, start=1):
        if name not in layout.all:
            close = get_close_matches(name, layout.all, n=1, cutoff=0.5)
            hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(layout.all)}"
            complaints.append(f"{_in(sheet)}row 1, column {place}: {_shown(name)} is not a column here; {hint}")
        elif name in names[: place - 1]:
            complaints.append(f"{_in(sheet)}row 1, column {place}: {name} stands there twice; keep one")
    complaints += [
        f"{_in(sheet)}row 1: the column {name} is missing" for name in layout.required if name not in names
    ]
    if complaints:
        raise ImportRefused(complaints)
    return names


def _row(cells: Sequence[str], header: Sequence[str], number: int, sheet: str) -> Cells:
    if len(cells) != len(header):
        words = f"{len(cells)} cells under {len(header)} columns; quote cells with commas"
        return Cells(number, {}, [f"{_in(sheet)}row {number}: {words}"], sheet)
    row = Cells(number, {name: cell.strip() for name, cell in zip(header, cells, strict=True)}, sheet=sheet)
    for name, cell in row.texts.items():
        if any(unicodedata.category(mark) in ("Cc", "Cf", "Cs", "Zl", "Zp") for mark in cell):
            row.refuse(name, "has control characters; remove them")
        elif len(cell) > MAX_TEXT:
            row.refuse(name, f"is longer than {MAX_TEXT} characters")
    return row


def _shown(text: str) -> str:
    """The cell as evidence: control characters escaped, length bounded."""
    return ascii(text[:60]) if not text.isprintable() else repr(text[:60])


def _id(text: str) -> str:
    if not _ID.fullmatch(text):
        raise ValueError(f"{_shown(text)} is not an id; use letters, digits, . _ and -, like georgia-1-deposit")
    return text


def _currency(text: str) -> str:
    if not _CURRENCY.fullmatch(text):
        raise ValueError(f"{_shown(text)} is not a currency; write its code in capitals, like USD or USDT")
    if text not in currencies.KNOWN:
        raise ValueError(f"{_shown(text)} is not a currency known here; {currencies.close_to(text)}")
    return text


def _btc(text: str) -> Sats:
    sats = parse_btc(text)
    if sats < 0:
        raise AmountRefused(f"{_shown(text)} is negative; amounts here are zero or more")
    return sats


def _signed(text: str) -> Decimal:
    return parse_decimal(text)


def _number(text: str) -> Decimal:
    number = parse_decimal(text)
    if number < 0:
        raise AmountRefused(f"{_shown(text)} is negative; amounts here are zero or more")
    return number


def _count(text: str) -> int:
    number = _number(text)
    if number != number.to_integral_value():
        raise AmountRefused(f"{_shown(text)} is not a whole number")
    return int(number)


def _day(text: str) -> date:
    try:
        if not _DAY.fullmatch(text):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{_shown(text)} is not a day; write it like 2026-02-07") from None


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None or not _DAY.match(text):
            raise ValueError
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"{_shown(text)} is not a time with a zone; write it like 2026-02-07T14:00:00Z") from None


def _flag(text: str) -> bool:
    words = {"yes": True, "true": True, "no": False, "false": False}
    if text.lower() not in words:
        raise ValueError(f"{_shown(text)} is neither yes nor no")
    return words[text.lower()]
