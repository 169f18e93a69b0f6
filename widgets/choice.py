"""One of a few: the chosen line carries ◉, the others ○, so that it shows without colour too."""

from __future__ import annotations

from collections.abc import Sequence

from textual import events
from textual.binding import Binding
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.widget import Widget

from widgets.layout import cut
from widgets.words import ACCENT, MUTED, say


class Choice(Widget, can_focus=True):
    """Lines of which one is chosen with the arrows or the mouse."""

    BINDINGS = [
        Binding("up", "move(-1)", "The one before", id="choice.up", show=False),
        Binding("down", "move(1)", "The next one", id="choice.down", show=False),
    ]

    class Changed(Message):
        """Another line was chosen."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._lines: tuple[Content, ...] = ()
        self.index = 0

    def offer(self, lines: Sequence[Content], index: int) -> None:
        self._lines, self.index = tuple(lines), index
        self.refresh(layout=True)

    def action_move(self, step: int) -> None:
        self._choose(self.index + step)

    def on_click(self, event: events.Click) -> None:
        self._choose(event.y)

    def _choose(self, index: int) -> None:
        if 0 <= index < len(self._lines) and index != self.index:
            self.index = index
            self.refresh()
            self.post_message(self.Changed())

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._lines)

    def render(self) -> Content:
        marks = [say("◉ ", ACCENT) if at == self.index else say("○ ", MUTED) for at in range(len(self._lines))]
        lines = [cut(mark + line, self.size.width) for mark, line in zip(marks, self._lines, strict=True)]
        return Content("\n").join(lines)
