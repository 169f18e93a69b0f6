"""A report before it has a form: headings, tables of text and figures, charts, notes. Rendering adds nothing.

Cells are exact values; how many digits a form shows is said once, by the column, so that every form shows the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TypeAlias

Cell: TypeAlias = str | Decimal | int | date | datetime | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column's heading. With `places` its figures are rounded half-even to so many decimals and right-aligned.

    `unit` stands in the heading; without `places` figures keep the digits they have.
    """

    name: str
    unit: str = ""
    places: int | None = None
    is_figure: bool = False

    @property
    def heading(self) -> str:
        return f"{self.name}, {self.unit}" if self.unit else self.name

    @property
    def is_right(self) -> bool:
        return self.is_figure or self.places is not None


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under columns. `empty` is what stands there when there are none; `notes` are footnotes."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    empty: str = "nothing in this period"
    emphasised: frozenset[int] = frozenset()
    """Rows that are sums or closings."""

    def __post_init__(self) -> None:
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError(f"{self.title}: a row has not as many cells as there are columns")


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars over labels, for the forms that can draw; the same figures stand in a table."""

    title: str
    unit: str
    points: tuple[tuple[str, Decimal], ...]


@dataclass(frozen=True, slots=True)
class Report:
    """One report. `as_of` is the desk time it is true for; `lines` are sentences under the title."""

    name: str
    title: str
    desk: str
    as_of: datetime
    lines: tuple[str, ...]
    tables: tuple[Table, ...]
    charts: tuple[Chart, ...] = ()
    notes: tuple[str, ...] = ()


def shown(cell: Cell, column: Column) -> str:
    """A cell as people read it: figures grouped, days and times in ISO, nothing for what is not known."""
    if cell is None:
        return "–"
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M} UTC"
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, str):
        return visible(cell)
    return f"{_rounded(Decimal(cell), column.places):,f}"


def plain(cell: Cell, column: Column) -> str:
    """A cell as programs read it: no grouping, ISO times with their zone, empty for what is not known."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%dT%H:%M:%SZ}"
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, str):
        return visible(cell)
    return f"{_rounded(Decimal(cell), column.places):f}"


def visible(text: str) -> str:
    """Text without marks that act instead of being seen."""
    return "".join(mark if mark.isprintable() else " " for mark in text)


def _rounded(value: Decimal, places: int | None) -> Decimal:
    if places is None:
        return value
    rounded = value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)
    return abs(rounded) if rounded.is_zero() else rounded


def sentence_list(parts: Sequence[str]) -> str:
    """'a, b and c'."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else ""
