"""A report as Markdown: tables that line up in a terminal, too."""

from __future__ import annotations

from collections.abc import Iterator

from desk.reports.document import Report, Table, shown, visible


def markdown(report: Report) -> bytes:
    """UTF-8 Markdown; text from outside cannot break out of its cell."""
    return ("\n".join(_lines(report)).rstrip() + "\n").encode()


def _lines(report: Report) -> Iterator[str]:
    yield f"# {_inline(report.title)}"
    yield ""
    yield f"{_inline(report.desk)} · as of {report.as_of:%Y-%m-%d %H:%M} UTC"
    for line in report.lines:
        yield ""
        yield _inline(line)
    for table in report.tables:
        yield ""
        yield f"## {_inline(table.title)}"
        yield ""
        yield from _table(table)
    if report.notes:
        yield ""
        yield from (f"- {_inline(note)}" for note in report.notes)


def _table(table: Table) -> Iterator[str]:
    if not table.rows:
        yield f"_{_inline(table.empty)}_"
    else:
        cells = [[_inline(column.heading) for column in table.columns]]
        for place, row in enumerate(table.rows):
            texts = [_inline(shown(cell, column)) for cell, column in zip(row, table.columns, strict=True)]
            cells.append([f"**{text}**" if place in table.emphasised and text else text for text in texts])
        widths = [max(3, *(len(row[n]) for row in cells)) for n in range(len(table.columns))]
        yield _row(table, cells[0], widths)
        rules = ("-" * (w - 1) + ":" if c.is_right else "-" * w for c, w in zip(table.columns, widths, strict=True))
        yield f"| {' | '.join(rules)} |"
        yield from (_row(table, row, widths) for row in cells[1:])
    for note in table.notes:
        yield ""
        yield f"_{_inline(note)}_"


def _row(table: Table, texts: list[str], widths: list[int]) -> str:
    padded = (
        text.rjust(width) if column.is_right else text.ljust(width)
        for text, column, width in zip(texts, table.columns, widths, strict=True)
    )
    return f"| {' | '.join(padded)} |"


def _inline(text: str) -> str:
    """Text that stays within its line and cell, and is shown as it stands."""
    safe = visible(text)
    for mark in "\\`*_[]<|":
        safe = safe.replace(mark, f"\\{mark}")
    return safe
