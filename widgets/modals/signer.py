"""Who signs: a choice of keys, a path where there is none to choose from, a passphrase where the key has one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from textual import on
from textual.app import ComposeResult
from textual.containers import Container
from textual.message import Message
from textual.widgets import Input, Label

from widgets.choice import Choice
from widgets.port import KeyChoice
from widgets.words import MUTED, say


class Signer(Container):
    """Filled by `offer` once the keys are known. The passphrase is read once and forgotten."""

    class Changed(Message):
        """Another key was chosen."""

    def __init__(self) -> None:
        super().__init__(id="signer")
        self._keys: tuple[KeyChoice, ...] = ()
        self.is_ready = False

    def compose(self) -> ComposeResult:
        yield Choice(id="who")
        yield Container(Label("key file"), Input(id="key-path", compact=True), classes="row hidden", id="path-row")
        yield Container(
            Label("passphrase"),
            Input(id="passphrase", password=True, compact=True),
            classes="row hidden",
            id="pass-row",
        )

    def offer(self, keys: Sequence[KeyChoice], said: Collection[str] = (), note: str = "has signed") -> None:
        """Show these keys; the first whose principal is not in `said` is chosen, the others carry `note`."""
        self._keys = tuple(keys)
        self.is_ready = True
        if not self._keys:
            self.query_one("#path-row").remove_class("hidden")
            self.query_one(Choice).display = False
            self._show_passphrase()
            return
        index = next((at for at, key in enumerate(self._keys) if key.principal not in said), 0)
        lines = []
        for key in self._keys:
            tail = say(f"  {note}", MUTED) if key.principal in said else say("")
            lines.append(say(f"{key.principal}  ") + say(str(key.path), MUTED) + tail)
        self.query_one(Choice).offer(lines, index)
        self._show_passphrase()

    @property
    def chosen(self) -> KeyChoice | None:
        """The key to sign with; None where no path was typed yet."""
        if self._keys:
            return self._keys[self.query_one(Choice).index]
        path = self.query_one("#key-path", Input).value.strip()
        return KeyChoice("whoever holds that key", Path(path).expanduser(), is_encrypted=True) if path else None

    def take_passphrase(self) -> str | None:
        """What was typed, wiped from the field; None where nothing was."""
        field = self.query_one("#passphrase", Input)
        typed = field.value
        field.value = ""
        return typed or None

    @property
    def missing(self) -> str:
        """What still has to be given before one can sign, as a sentence; empty where nothing is."""
        if not self.is_ready:
            return "the keys are still being looked for"
        key = self.chosen
        if key is None:
            return "type the path of your private key, or start with DESK_KEY set"
        if self._keys and key.is_encrypted and not self.query_one("#passphrase", Input).value:
            return f"the key of {key.principal} wants its passphrase"
        return ""

    @on(Choice.Changed)
    def another_key(self) -> None:
        self.query_one("#passphrase", Input).value = ""
        self._show_passphrase()
        self.post_message(self.Changed())

    def _show_passphrase(self) -> None:
        wanted = not self._keys or self._keys[self.query_one(Choice).index].is_encrypted
        self.query_one("#pass-row").set_class(not wanted, "hidden")
