"""A sale's cumulative curve: the plan as a band, what is done as the area under it, and now as a line.

The plan is a staircase: between two slices it may stand anywhere between the two sums, so the band runs from one to
the other. Few slices make a broad band, many a thin one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime

from desk.snapshot.model import CurvePoint
from desk.units import show_btc
from widgets.charts.chart import Chart, Run, gutter
from widgets.charts.dots import Dots, braille

PLAN_LEGEND, DONE_LEGEND = "⠒⠒", "⣿⣿"


class CurveChart(Chart):
    """Planned and done over the sale's window."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._points: Sequence[CurvePoint] = ()
        self._now: datetime | None = None
        self._words = ("", "", "")

    def show(self, points: Sequence[CurvePoint], now: datetime, words: tuple[str, str, str]) -> None:
        """Draw these; `words` name the window's start, now, and its end."""
        if (points, now, words) != (self._points, self._now, self._words):
            self._points, self._now, self._words = points, now, words
            self.redraw()

    def rows(self, width: int, height: int) -> list[list[Run]]:
        if len(self._points) < 2 or self._now is None:
            return [[("no plan to draw yet", "chart--axis")]]
        top = max(1, *(max(point.planned, point.done or 0) for point in self._points))
        places = 0 if top >= 100 * 10**8 else 2
        names = [show_btc(value, places) for value in (top, top // 2, 0)]
        margin = max(map(len, names))
        plan, done = Dots(width - margin - 1, height - 1), Dots(width - margin - 1, height - 1)
        if plan.width < 4 or plan.height < 2:
            return []
        self._plot(plan, done, top)
        labels = {0: names[0], plan.height - 1: names[2]}
        if plan.height >= 5:
            labels[plan.height // 2] = names[1]
        now_at = self._column(self._now, plan.width)
        lines = [[gutter(labels, y, margin), *_cells(plan, done, y, now_at)] for y in range(plan.height)]
        return [*lines, [gutter({}, 0, margin), (_foot(self._words, now_at, plan.width), "chart--axis")]]

    def _column(self, at: datetime, width: int) -> int | None:
        first, last = self._points[0].at, self._points[-1].at
        if not first <= at <= last or first == last:
            return None
        return int((at - first) / (last - first) * (width - 1))

    def _plot(self, plan: Dots, done: Dots, top: int) -> None:
        times = [point.at.timestamp() for point in self._points]
        known = [
            (time, point.done) for time, point in zip(times, self._points, strict=True) if point.done is not None
        ]
        span = (times[-1] - times[0]) or 1.0
        drawn_to = max(known[-1][0], self._now.timestamp()) if known and self._now else times[0]
        floor = plan.rows - 1

        def height(sats: float) -> int:
            return floor - round(sats / top * floor)

        for x in range(plan.columns):
            at = times[0] + span * x / max(plan.columns - 1, 1)
            index = min(bisect_right(times, at), len(times) - 1)
            band = height(self._points[index - 1].planned), height(self._points[index].planned)
            thick = abs(band[0] - band[1]) > 1
            for y in range(min(band), max(band) + 1):
                if not thick or (x + y) % 2 == 0:
                    plan.set(x, y)
            if known and known[0][0] <= at <= drawn_to:
                sold = known[bisect_right([time for time, _ in known], at) - 1][1] or 0
                if sold:
                    done.column(x, height(sold), floor)


def _cells(plan: Dots, done: Dots, y: int, now_at: int | None) -> list[Run]:
    """One line of cells as runs: the plan is carved out of the area where it lies inside it."""
    runs: list[Run] = []
    for x in range(plan.width):
        planned, sold = plan.cell(x, y), done.cell(x, y)
        if sold:
            mask = sold & ~planned if sold & planned else sold | planned
            char, kind = braille(mask), "chart--main"
        elif planned:
            char, kind = braille(planned), "chart--quiet"
        else:
            char, kind = ("┆", "chart--axis") if x == now_at else (" ", "chart--axis")
        if runs and runs[-1][1] == kind:
            runs[-1] = (runs[-1][0] + char, kind)
        else:
            runs.append((char, kind))
    return runs


def _foot(words: tuple[str, str, str], now_at: int | None, width: int) -> str:
    """Start and end under the corners, now under its line where there is room between them."""
    first, now, last = words
    gap = width - len(first) - len(last)
    if gap < 1:
        return first[:width]
    middle = " " * gap
    if now_at is not None and now:
        at = min(max(now_at - len(first) - len(now) // 2, 1), gap - len(now) - 1)
        if at >= 1:
            middle = f"{' ' * at}{now}".ljust(gap)
    return first + middle + last
