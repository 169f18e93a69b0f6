"""Days as columns, with a mark where each was expected to reach."""

from __future__ import annotations

from collections.abc import Sequence

from desk.units import show_btc
from widgets.charts.chart import Chart, Run, gutter

BLOCKS = " ▁▂▃▄▅▆▇█"


class ColumnChart(Chart):
    """(satoshis, expected or None) a day, oldest first; the newest days that fit are shown."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._days: Sequence[tuple[int, int | None]] = ()
        self._ends = ("", "")

    def show(self, days: Sequence[tuple[int, int | None]], ends: tuple[str, str]) -> None:
        if (days, ends) != (self._days, self._ends):
            self._days, self._ends = days, ends
            self.redraw()

    def rows(self, width: int, height: int) -> list[list[Run]]:
        if not self._days:
            return [[("no mining days yet: desk mining import FILE", "chart--axis")]]
        top = max(1, *(max(made, expected or 0) for made, expected in self._days))
        label = show_btc(top, 1)
        room, plot = width - len(label) - 1, height - 1
        wide = min(max(room // len(self._days), 1), 4)
        shown = list(self._days)[-(room // wide) :] if room >= wide else []
        if not shown or plot < 1:
            return []
        lines = []
        for y in range(plot):
            runs = [gutter({0: label, plot - 1: "0"}, y, len(label))]
            for made, expected in shown:
                runs.append(_bar(made, expected, top, plot, y, wide))
            lines.append(runs)
        used = len(shown) * wide
        gap = max(used - len(self._ends[0]) - len(self._ends[1]), 1)
        lines.append([gutter({}, 0, len(label)), (self._ends[0] + " " * gap + self._ends[1], "chart--axis")])
        return lines


def _bar(made: int, expected: int | None, top: int, plot: int, y: int, wide: int) -> Run:
    """The cell of one day at line `y`: block, expectation mark, or nothing; the last cell is the gap to the next."""
    eighths = made * plot * 8 // top - (plot - 1 - y) * 8
    gap = " " if wide > 1 else ""
    body = wide - len(gap)
    if expected is not None and eighths <= 0 and expected * plot * 8 // top > (plot - 1 - y) * 8 >= 0:
        level = expected * plot * 8 // top - (plot - 1 - y) * 8
        if level <= 8:
            return (("▔" if level > 4 else "▁") * body + gap, "chart--quiet")
    return (BLOCKS[max(0, min(eighths, 8))] * body + gap, "chart--main")
