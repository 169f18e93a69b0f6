"""One row of a table, whole: what its columns have no room for."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Container, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from widgets.modals.once import OnceModal
from widgets.words import MUTED, STRONG, say


class RowModal(OnceModal[None]):
    """Pairs of column title and text, as plain text."""

    CSS_PATH = ["modal.tcss"]
    HELP = "The whole text of one row."
    BINDINGS = [
        Binding("escape,enter", "dismiss", "Back", id="row.back", show=False),
        Binding("f1", "app.help", "Help for where you are", id="row.help", show=False),
        Binding("f9", "app.halt", "Stop the whole desk now", id="row.halt", show=False),
    ]

    def __init__(self, pairs: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._pairs = [(title, text) for title, text in pairs if text]

    def compose(self) -> ComposeResult:
        margin = max((len(title) for title, _ in self._pairs), default=0) + 2
        lines = [say(f"{title:<{margin}}", MUTED) + say(text) for title, text in self._pairs]
        with Container(classes="box"):
            yield Static(say("One row", STRONG), classes="title")
            with VerticalScroll(classes="words"):
                yield Static(Content("\n").join(lines))
