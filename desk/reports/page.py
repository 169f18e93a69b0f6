"""A report as one HTML file: no script, nothing loaded from elsewhere, charts drawn as SVG; it prints as it looks."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from jinja2 import Environment, PackageLoader, StrictUndefined

from desk.reports.document import Chart, Report, shown

_WIDTH, _HEIGHT, _LABELS = 720, 180, 24
_FEWEST = 8
"""Bars are as wide as if there were at least so many: one month alone is a bar, not a wall."""
_GAP = Decimal("0.25")


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar in the drawing's own units, and what it stands for."""

    x: Decimal
    y: Decimal
    width: Decimal
    height: Decimal
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class Drawing:
    title: str
    unit: str
    bars: tuple[Bar, ...]
    zero: Decimal
    width: int = _WIDTH
    height: int = _HEIGHT + _LABELS


def page(report: Report) -> bytes:
    """UTF-8 HTML; everything from outside is escaped."""
    environment = Environment(
        loader=PackageLoader("desk.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    drawings = [_drawing(chart) for chart in report.charts if chart.points]
    return environment.get_template("report.html").render(report=report, drawings=drawings, shown=shown).encode()


def _drawing(chart: Chart) -> Drawing:
    """Bars between the lowest and the highest value, zero always in sight."""
    values = [value for _, value in chart.points]
    top, bottom = max(Decimal(0), *values), min(Decimal(0), *values)
    span = top - bottom or Decimal(1)
    step = Decimal(_WIDTH) / max(_FEWEST, len(values))
    scale = Decimal(_HEIGHT) / span
    bars = tuple(
        Bar(
            _two(step * place + step * _GAP / 2),
            _two((top - max(value, Decimal(0))) * scale),
            _two(step * (1 - _GAP)),
            _two(abs(value) * scale),
            label,
            f"{value:,f}",
        )
        for place, (label, value) in enumerate(chart.points)
    )
    return Drawing(chart.title, chart.unit, bars, _two(top * scale))


def _two(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"))
