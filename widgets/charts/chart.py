"""What every chart shares: lines are drawn once per change of data or size, then only handed out."""

from __future__ import annotations

from rich.segment import Segment
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

Run = tuple[str, str]
"""A text and the component class that colours it."""


class Chart(Widget):
    """A widget of drawn lines. Subclasses draw `rows()`: one list of runs per line, for the size they have."""

    COMPONENT_CLASSES = {"chart--axis", "chart--main", "chart--quiet", "chart--mark"}
    DEFAULT_CSS = """
    Chart {
        height: 1fr; width: 1fr;
        & > .chart--axis { color: $quiet; }
        & > .chart--main { color: $accent; }
        & > .chart--quiet { color: $foreground 80%; }
        & > .chart--mark { color: $foreground; text-style: bold; }
    }
    """

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._drawn: list[list[Run]] = []
        self._drawn_for: Size | None = None

    def redraw(self) -> None:
        """Call after the data changed."""
        self._drawn_for = None
        self.refresh()

    def rows(self, width: int, height: int) -> list[list[Run]]:
        raise NotImplementedError

    def render_line(self, y: int) -> Strip:
        if self._drawn_for != self.size:
            self._drawn = self.rows(self.size.width, self.size.height)
            self._drawn_for = self.size
        base = self.visual_style.rich_style
        runs = self._drawn[y] if y < len(self._drawn) else []
        segments = [Segment(text, base + self.get_component_rich_style(kind, partial=True)) for text, kind in runs]
        return Strip(segments).adjust_cell_length(self.size.width, base)


def gutter(labels: dict[int, str], y: int, width: int) -> Run:
    """The axis on the left: a label where there is one, right-aligned."""
    return (f"{labels.get(y, ''):>{width}} ", "chart--axis")
