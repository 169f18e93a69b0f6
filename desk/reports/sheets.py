"""A report as a workbook: a sheet per table, figures as numbers with their digits, the same bytes each time."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from desk.reports.document import Cell, Column, Report, Table, plain, visible

_EPOCH = (1980, 1, 1, 0, 0, 0)
_FLOAT_DIGITS = 15
_FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_MODIFIED = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*(</dcterms:modified>)")


def workbook(report: Report) -> bytes:
    """XLSX. Figures with more digits than a spreadsheet's number keeps are written as text, so that none is lost."""
    from openpyxl import Workbook
    from openpyxl.styles import Font

    book = Workbook()
    first = book.active
    first.title = "report"
    for line in (report.title, report.desk, f"as of {report.as_of:%Y-%m-%d %H:%M} UTC", *report.lines, *report.notes):
        first.append([visible(line)])
        first.cell(first.max_row, 1).data_type = "s"
    first["A1"].font = Font(bold=True, size=14)
    first.column_dimensions["A"].width = 110
    names: set[str] = {"report"}
    for table in report.tables:
        _sheet(book, table, _sheet_name(table.title, names))
    stamp = report.as_of.replace(tzinfo=None, second=0, microsecond=0)  # to the minute, as the report itself says it
    book.properties.creator, book.properties.created, book.properties.modified = report.desk, stamp, stamp
    packed = io.BytesIO()
    book.save(packed)
    return _repeatable(packed.getvalue(), report.as_of)


def _sheet(book: Any, table: Table, name: str) -> None:
    from openpyxl.styles import Alignment, Font

    sheet = book.create_sheet(name)
    sheet.append([column.heading for column in table.columns])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for place, row in enumerate(table.rows):
        for number, (value, column) in enumerate(zip(row, table.columns, strict=True), start=1):
            cell = sheet.cell(place + 2, number)
            _put(cell, value, column)
            cell.font = Font(bold=place in table.emphasised)
            if column.is_right:
                cell.alignment = Alignment(horizontal="right")
    for number, column in enumerate(table.columns, start=1):
        texts = [column.heading, *(plain(row[number - 1], column) for row in table.rows)]
        sheet.column_dimensions[sheet.cell(1, number).column_letter].width = min(60, max(map(len, texts)) + 3)
    sheet.freeze_panes = "A2"
    for note in table.notes:
        sheet.cell(sheet.max_row + 2, 1, visible(note)).data_type = "s"


def _put(cell: Any, value: Cell, column: Column) -> None:
    """A figure as a number where a float keeps all of it, a day as a date, nothing as nothing; all else as text that
    nothing takes for a formula. A time is text, too: a spreadsheet's has no zone."""
    if value is None:
        return
    if isinstance(value, date) and not isinstance(value, datetime):
        cell.value, cell.number_format = value, "yyyy-mm-dd"
        return
    text = plain(value, column)
    if isinstance(value, Decimal | int) and not isinstance(value, bool):
        shown = Decimal(text)
        if len(shown.normalize().as_tuple().digits) <= _FLOAT_DIGITS:
            cell.value = shown
            exponent = shown.as_tuple().exponent
            decimals = -exponent if isinstance(exponent, int) and exponent < 0 else 0
            cell.number_format = "#,##0" + ("." + "0" * decimals if decimals else "")
            return
    cell.value = text
    cell.data_type = "s"
    cell.number_format = "@"


def _sheet_name(title: str, taken: set[str]) -> str:
    base = _FORBIDDEN.sub(" ", title).strip()[:28] or "table"
    name, number = base, 2
    while name.lower() in taken:
        name, number = f"{base} {number}", number + 1
    taken.add(name.lower())
    return name


def _repeatable(data: bytes, as_of: datetime) -> bytes:
    """The same archive without the time it was written at."""
    out = io.BytesIO()
    stamp = f"{as_of:%Y-%m-%dT%H:%M:00Z}".encode()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in sorted(source.namelist()):
            body = source.read(name)
            if name == "docProps/core.xml":
                body = _MODIFIED.sub(rb"\g<1>" + stamp + rb"\g<2>", body)
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(entry, body)
    return out.getvalue()
