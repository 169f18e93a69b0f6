"""Cash by week as columns from zero, up or down, against the floor as a line; the worst week is named."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from desk.units import show_millions
from widgets.charts.chart import Chart, Run, gutter

UP = " ▁▂▃▄▅▆▇█"
SHORT, SHORT_HALF, FLOOR = "▓", "▀", "┄"


class WeekChart(Chart):
    """(label, least cash of the week) in order. Weeks below the floor are drawn in another glyph and colour."""

    COMPONENT_CLASSES = Chart.COMPONENT_CLASSES | {"week--short"}
    DEFAULT_CSS = "WeekChart > .week--short { color: $text-error; }"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._weeks: Sequence[tuple[str, Decimal]] = ()
        self._floor: Decimal | None = None

    def show(self, weeks: Sequence[tuple[str, Decimal]], floor: Decimal | None) -> None:
        if (weeks, floor) != (self._weeks, self._floor):
            self._weeks, self._floor = weeks, floor
            self.redraw()

    def rows(self, width: int, height: int) -> list[list[Run]]:
        if not self._weeks:
            return [[("no forecast yet: desk plan import FILE, desk holdings import FILE", "chart--axis")]]
        values = [value for _, value in self._weeks]
        marks = [Decimal(0), *values, *([] if self._floor is None else [self._floor])]
        low, high = min(marks), max(marks)
        plot = height - 1
        names = {"high": _amount(high), "low": _amount(low), "floor": "floor"}
        margin = max(len(text) for text in names.values())
        room = (width - margin - 1) // len(values)
        if room < 2 or plot < 2 or high == low:
            return []
        scale = _Scale(low, high, plot)
        labels = self._labels(scale, names)
        lines = [[gutter(labels, y, margin), *self._line(values, scale, y, min(room, 12))] for y in range(plot)]
        return [*lines, [gutter({}, 0, margin), (self._foot(min(room, 12), width - margin - 1), "chart--axis")]]

    def _labels(self, scale: _Scale, names: dict[str, str]) -> dict[int, str]:
        labels = {0: names["high"], scale.height - 1: names["low"]}
        if scale.low < 0 < scale.high:
            labels.setdefault(scale.row(Decimal(0)), "0")
        if self._floor is not None:
            labels[scale.row(self._floor)] = names["floor"]
        return labels

    def _line(self, values: Sequence[Decimal], scale: _Scale, y: int, room: int) -> list[Run]:
        is_floor = self._floor is not None and scale.row(self._floor) == y
        gap = (FLOOR if is_floor else " ", "chart--mark" if is_floor else "chart--axis")
        runs: list[Run] = []
        for value in values:
            is_short = self._floor is not None and value < self._floor
            glyph = scale.glyph(value, y, SHORT if is_short else UP[8])
            kind = "week--short" if is_short else "chart--main"
            runs.append(gap if glyph == " " and is_floor else (glyph, kind))
            runs[-1] = (runs[-1][0] * (room - 1), runs[-1][1])
            runs.append(gap)
        return runs

    def _foot(self, room: int, end: int) -> str:
        """Every label that has room; the first always."""
        step = 1
        longest = max(len(label) for label, _ in self._weeks)
        while step * room <= longest:
            step += 1
        text = "".join(label.ljust(room * step) for label, _ in self._weeks[::step])
        return text[:end] if len(text.rstrip()) <= end else text[:end].rpartition("  ")[0]


def _amount(value: Decimal) -> str:
    return show_millions(value).replace("-", "−")


class _Scale:
    """Which line of the plot a value is on; lines are counted from the top."""

    def __init__(self, low: Decimal, high: Decimal, height: int) -> None:
        self.low, self.high, self.height = low, high, height
        self._eighths = height * 8

    def _level(self, value: Decimal) -> int:
        """Eighths of a line above the bottom."""
        return int((value - self.low) * self._eighths / (self.high - self.low))

    def row(self, value: Decimal) -> int:
        return min(max(self.height - 1 - self._level(value) // 8, 0), self.height - 1)

    def glyph(self, value: Decimal, y: int, full: str) -> str:
        """The cell of a column on line `y`, from the zero line to its value."""
        bottom = (self.height - 1 - y) * 8
        zero, level = self._level(Decimal(0)), self._level(value)
        if value >= 0:
            filled = min(level, bottom + 8) - max(zero, bottom)
            if filled <= 0:
                return " "
            return full if filled >= 8 or zero > bottom else UP[filled]
        filled = min(zero, bottom + 8) - max(level, bottom)
        return " " if filled <= 0 else full if filled >= 6 else SHORT_HALF
