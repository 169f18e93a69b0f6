"""Help for where you are: what this screen shows, and every key that works here, whatever it was remapped to."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Container, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from widgets.layout import columns
from widgets.modals.once import OnceModal
from widgets.words import ACCENT, STRONG, say

Key = tuple[str, str]
"""A key as it is shown, and what it does."""

EVERYWHERE: tuple[Key, ...] = (
    ("tab", "Next list, table or field; shift+tab goes back"),
    ("enter", "Open what is at the cursor"),
    ("ctrl+p", "Every command by name, and the colours"),
)


class HelpModal(OnceModal[None]):
    """Escape or F1 leaves."""

    CSS_PATH = ["modal.tcss"]
    BINDINGS = [
        Binding("escape,f1,question_mark,enter", "dismiss", "Back", id="help.back", show=False),
        Binding("f9", "app.halt", "Stop the whole desk now", id="help.halt", show=False),
    ]

    def __init__(self, title: str, text: str, keys: Sequence[Key]) -> None:
        super().__init__()
        self._title_text, self._text, self._keys = title, text, keys

    def compose(self) -> ComposeResult:
        rows = columns([[say(key, ACCENT), say(what)] for key, what in (*self._keys, *EVERYWHERE)], "ll", 86, gap=3)
        with Container(classes="box"):
            yield Static(say(self._title_text, STRONG), classes="title")
            with VerticalScroll(classes="words"):
                yield Static(Content("\n").join([say(self._text), say(""), *rows]))


class TermsModal(OnceModal[None]):
    """The exact terms of a sale, to read and to copy."""

    CSS_PATH = ["modal.tcss"]
    BINDINGS = [
        Binding("escape,enter", "dismiss", "Back", id="terms.back", show=False),
        Binding("y", "copy", "Copy the terms", id="terms.copy", show=False),
        Binding("f1", "app.help", "Help for where you are", id="terms.help", show=False),
        Binding("f9", "app.halt", "Stop the whole desk now", id="terms.halt", show=False),
    ]
    HELP = "The text that is signed, to the byte, and its digest."

    def __init__(self, sale_id: str, lines: Sequence[str], digest: str, text: str) -> None:
        super().__init__()
        self._sale_id, self._lines, self._digest, self._text = sale_id, lines, digest, text

    def compose(self) -> ComposeResult:
        said = [*map(say, self._lines), say(""), say("digest ") + say(self._digest, ACCENT), say(""), say(self._text)]
        with Container(classes="box"):
            yield Static(say(f"Terms of {self._sale_id}, exactly as signed", STRONG), classes="title")
            with VerticalScroll(classes="words"):
                yield Static(Content("\n").join(said))
            yield Static(say("y copies them · Escape returns", "$quiet"))

    def action_copy(self) -> None:
        self.app.copy_to_clipboard(self._text)
        self.notify("terms copied", markup=False)
