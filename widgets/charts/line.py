"""A line of prices over time, with the highest, lowest and last value named."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from desk.units import show_money
from widgets.charts.chart import Chart, Run, gutter
from widgets.charts.dots import Dots, braille

Point = tuple[datetime, Decimal]


class LineChart(Chart):
    """Prices, oldest first. With fewer than two points it says so instead of drawing."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._points: Sequence[Point] = ()
        self._ends = ("", "")

    def show(self, points: Sequence[Point], ends: tuple[str, str]) -> None:
        """Draw these; `ends` are the words for the first and the last moment."""
        if (points, ends) != (self._points, self._ends):
            self._points, self._ends = points, ends
            self.redraw()

    def rows(self, width: int, height: int) -> list[list[Run]]:
        if len(self._points) < 2:
            return [[("not enough prices yet to draw", "chart--axis")]]
        values = [value for _, value in self._points]
        low, high = min(values), max(values)
        top, bottom = show_money(high, 0), show_money(low, 0)
        margin = max(len(top), len(bottom))
        plot = Dots(width - margin - 1, height - 1)
        if plot.width < 4 or plot.height < 1:
            return []
        self._plot(plot, float(low), float(high))
        labels = {0: top, plot.height - 1: bottom} if plot.height > 1 else {0: top}
        lines: list[list[Run]] = []
        for y in range(plot.height):
            text = "".join(braille(plot.cell(x, y)) for x in range(plot.width))
            lines.append([gutter(labels, y, margin), (text, "chart--main")])
        gap = max(plot.width - len(self._ends[0]) - len(self._ends[1]), 1)
        lines.append([gutter({}, 0, margin), (self._ends[0] + " " * gap + self._ends[1], "chart--axis")])
        return lines

    def _plot(self, plot: Dots, low: float, high: float) -> None:
        times = [moment.timestamp() for moment, _ in self._points]
        span = (times[-1] - times[0]) or 1.0
        scale = (plot.rows - 1) / ((high - low) or 1.0)
        before: int | None = None
        for x in range(plot.columns):
            at = times[0] + span * x / max(plot.columns - 1, 1)
            index = bisect_right(times, at) - 1
            y = round((high - float(self._points[index][1])) * scale)
            plot.column(x, y if before is None else before + (y > before) - (y < before), y)
            before = y
