"""A panel: lines of text that follow from the picture and the room there is, and from nothing else."""

from __future__ import annotations

from collections.abc import Callable

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from widgets.layout import Lines, cut
from widgets.picture import Picture

Words = Callable[[Picture, int], Lines]
"""What a panel says at a width in cells. Pure."""

NARROW = 100
"""Below so many columns the desk is one column and every panel says the short form."""


class Panel(Widget):
    """Draws `full`, or `short` on a narrow terminal. Its height is the number of lines it has to say."""

    def __init__(self, full: Words, short: Words | None = None, *, id: str | None = None, classes: str = "") -> None:
        super().__init__(id=id, classes=f"panel {classes}".strip())
        self._full = full
        self._short = short or full
        self._picture: Picture | None = None
        self._laid_out = -1
        """Lines there is room for; what a panel says may follow from more than the picture."""

    def show(self, picture: Picture) -> None:
        self._picture = picture
        needs = len(self._lines(self.size.width))
        self.refresh(layout=needs != self._laid_out)
        self._laid_out = needs

    def repaint(self) -> None:
        """What it says changed although the picture did not."""
        self.refresh(layout=True)

    def _lines(self, width: int) -> Lines:
        if self._picture is None or width <= 0:
            return []
        words = self._short if self.app.size.width < NARROW else self._full
        return [cut(line, width) for line in words(self._picture, width)]

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        self._laid_out = len(self._lines(width))
        return self._laid_out

    def render(self) -> Content:
        return Content("\n").join(self._lines(self.size.width)[: max(self.size.height, 1)])
