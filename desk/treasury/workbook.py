"""Spreadsheets in and out: every cell as the text that somebody typed, so that the same strict readers read it (P6).

A spreadsheet keeps numbers as binary floats of about 15 digits. A number with more digits than that may not be what
was typed, so it is refused: the template's cells are text, and amounts typed there stay what they are.
"""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from desk.treasury.column_help import column_help
from desk.treasury.csv_table import ImportRefused, Layout
from desk.units import decimal_text

README = "read me"
"""The sheet that explains the others; an import passes over it."""
_MAGIC = b"PK\x03\x04"
_MAX_UNPACKED = 64 << 20
_MAX_ROWS = 200_000
_MAX_COLUMNS = 200
_FLOAT_DIGITS = 15


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its rows with their numbers as the spreadsheet counts them. Rows without any cell are left out, and
    so are those with a cell that cannot be trusted, of which `complaints` tell."""

    name: str
    rows: tuple[tuple[int, tuple[str, ...]], ...]
    complaints: tuple[str, ...] = ()


def is_workbook(data: bytes) -> bool:
    """Whether these bytes are an XLSX file, whatever its name says."""
    return data.startswith(_MAGIC)


def sheets(data: bytes) -> list[Sheet]:
    """Every sheet but the explaining one. Raises ImportRefused for what is no workbook."""
    book = _opened(data)
    found = [_sheet(sheet) for sheet in book.worksheets if sheet.title.strip().lower() != README]
    book.close()
    return found


def _sheet(sheet: Any) -> Sheet:
    complaints: list[str] = []
    rows = tuple(_rows(sheet, complaints))
    return Sheet(sheet.title, rows, tuple(complaints))


def _opened(data: bytes) -> Any:
    from openpyxl import load_workbook

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            unpacked = sum(one.file_size for one in packed.infolist())
        if unpacked > _MAX_UNPACKED:
            raise ImportRefused([f"the workbook unpacks to {unpacked:,} bytes; more than {_MAX_UNPACKED:,} is none"])
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
    except ImportRefused:
        raise
    except Exception as problem:  # whatever a broken archive makes of its many readers
        raise ImportRefused([f"this is not a workbook that can be read ({type(problem).__name__})"]) from None


def _rows(sheet: Any, complaints: list[str]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The rows that can be read. Without a header that can be, none is."""
    header: list[str] = []
    for number, cells in enumerate(sheet.iter_rows(max_col=_MAX_COLUMNS), start=1):
        if number > _MAX_ROWS:
            complaints.append(f"sheet {sheet.title}: more than {_MAX_ROWS:,} rows")
            return
        texts, wrong = _texts(cells)
        names = dict(enumerate(header, start=1))
        for place, words in wrong:
            complaints.append(f"sheet {sheet.title}, row {number}, column {names.get(place, '') or place}: {words}")
        if wrong:
            if not header:
                return
            continue
        if not any(texts):
            continue
        kept = _trimmed(texts)
        header = header or kept
        yield number, tuple(kept + [""] * (len(header) - len(kept)))


def _texts(cells: Sequence[Any]) -> tuple[list[str], list[tuple[int, str]]]:
    """The texts of a row, and what is wrong with which of its columns."""
    texts, wrong = [], []
    for place, cell in enumerate(cells, start=1):
        try:
            texts.append(_said(cell.value))
        except ValueError as problem:
            wrong.append((place, str(problem)))
    return texts, wrong


def _trimmed(texts: Sequence[str]) -> list[str]:
    kept = list(texts)
    while kept and not kept[-1]:
        kept.pop()
    return kept


def _said(value: object) -> str:
    """The cell as its text. Raises ValueError for formulas and for numbers that a float cannot be trusted with."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        if value.startswith("="):
            raise ValueError(f"{value[:40]!r} is a formula; paste its value")
        return value.strip()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time.min else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    raise ValueError(f"{str(value)[:40]!r} is neither text, a number nor a day")


def _number(value: float) -> str:
    """The shortest decimal of a float, where that is what anybody can have typed."""
    exact = Decimal(repr(value))
    if not exact.is_finite() or len(exact.normalize().as_tuple().digits) > _FLOAT_DIGITS:
        raise ValueError(f"{value!r} has more digits than a spreadsheet number keeps; format the cell as text")
    return decimal_text(exact.normalize())


@dataclass(frozen=True, slots=True)
class Template:
    """One sheet of a template: which table, what it is for, its columns."""

    name: str
    about: str
    layout: Layout


def template(parts: Sequence[Template], title: str) -> bytes:
    """A workbook with an empty sheet for each table, text cells throughout, and one that explains them."""
    from openpyxl import Workbook
    from openpyxl.styles import Font

    book = Workbook()
    guide = book.active
    guide.title = README
    bold = Font(bold=True)
    for line in _guide(parts, title):
        guide.append(line)
    for row in guide.iter_rows(max_col=1):
        row[0].font = bold
    guide.column_dimensions["A"].width, guide.column_dimensions["B"].width = 24, 28
    guide.column_dimensions["C"].width, guide.column_dimensions["D"].width = 12, 90
    for part in parts:
        sheet = book.create_sheet(part.name)
        sheet.append(part.layout.all)
        for place, cell in enumerate(sheet[1], start=1):
            cell.font = Font(bold=cell.value in part.layout.required)
            letter = cell.column_letter
            sheet.column_dimensions[letter].width = max(14, len(part.layout.all[place - 1]) + 4)
            sheet.column_dimensions[letter].number_format = "@"
        sheet.freeze_panes = "A2"
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def _guide(parts: Sequence[Template], title: str) -> Iterator[tuple[str, ...]]:
    yield (title,)
    yield (
        "",
        "",
        "",
        "Fill in the sheets you need, leave the others empty. All of it is checked before any is kept.",
    )
    yield ("", "", "", "Cells are text: type 0.10000000 and it stays that. Times carry a zone: 2026-02-07T14:00:00Z.")
    yield ("sheet", "column", "needed", "what stands there")
    for part in parts:
        yield (part.name, "", "", part.about)
        for column in part.layout.all:
            yield ("", column, "yes" if column in part.layout.required else "", column_help(part.name, column))
