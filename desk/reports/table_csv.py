"""A report as CSV: its tables one after another, each under its title, figures as programs read them."""

from __future__ import annotations

import csv
import io

from desk.reports.document import Cell, Report, plain

_ACTS = ("=", "+", "-", "@", "\t", "\r")


def table_csv(report: Report) -> bytes:
    """UTF-8 CSV with \\n line ends. A report of one table is that table alone, ready to be read by a program."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    for place, table in enumerate(report.tables):
        if len(report.tables) > 1:
            if place:
                writer.writerow([])
            writer.writerow([_harmless(table.title)])
        writer.writerow([column.heading for column in table.columns])
        for row in table.rows:
            writer.writerow([_text(cell, plain(cell, c)) for cell, c in zip(row, table.columns, strict=True)])
    return out.getvalue().encode()


def _text(cell: Cell, text: str) -> str:
    return _harmless(text) if isinstance(cell, str) else text


def _harmless(text: str) -> str:
    """Text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_ACTS) else text
