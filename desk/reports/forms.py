"""The forms a report comes in."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from desk.reports.document import Report


def _markdown(report: Report) -> bytes:
    from desk.reports.markdown import markdown

    return markdown(report)


def _csv(report: Report) -> bytes:
    from desk.reports.table_csv import table_csv

    return table_csv(report)


def _xlsx(report: Report) -> bytes:
    from desk.reports.sheets import workbook

    return workbook(report)


def _html(report: Report) -> bytes:
    from desk.reports.page import page

    return page(report)


FORMS: Mapping[str, Callable[[Report], bytes]] = {"md": _markdown, "csv": _csv, "xlsx": _xlsx, "html": _html}
"""Each form by the name of its file ending: the same report gives the same bytes."""
