"""Stage: a form for a sale. The core checks it before it can be signed and says what is wrong, and what would be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

from textual import on, work
from textual.containers import Container, VerticalScroll
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Button, Input, Label, Static

from desk.sale.wish import StageWish
from widgets.layout import Lines, wrapped
from widgets.modals.act import Job
from widgets.modals.sign import Sign, SignModal
from widgets.modals.signer import Signer
from widgets.panel import Panel
from widgets.picture import Picture
from widgets.port import DeskPort, PortRefused
from widgets.words import MUTED, STRONG, say

_ROWS = (
    (("btc", "sell BTC", ""), ("purpose", "for", "general, loan:ID or capex:ID")),
    (("start", "opens", "on-approval, now, +2h or a time"), ("over", "over", "90m, 6h, 1d")),
    (("slices", "slices", "one every ten minutes"), ("tactic", "tactic", "passive, balanced or urgent")),
    (("floor", "floor", "the configured one"), ("venue", "venue", "the only one")),
)
"""Name of the wish's field, its label, and what an empty one means or may hold."""
_FIELDS = frozenset(name for row in _ROWS for name, _, _ in row)


@dataclass
class Drafted(Message):
    """The core would stage this wish, in these words."""

    wish: StageWish
    lines: tuple[str, ...]


@dataclass
class NotDrafted(Message):
    """The core would not stage it; `said` is its sentence."""

    said: str


class StageModal(SignModal):
    """Two steps: check the form, then sign what was checked. Any change to it asks for the check again."""

    AUTO_FOCUS = "#btc"
    DOES = "Check"
    HELP = (
        "Tab goes from field to field; Enter checks: it says what would be staged and what that would do. A second "
        "Enter signs and puts it on record, for others to approve; the reference price is taken anew as you sign. "
        "Escape leaves and stages nothing."
    )

    def __init__(self, port: DeskPort, wish: StageWish, title: str = "Stage a sale") -> None:
        super().__init__(port, title, "")
        self._start = wish
        self._checked: Drafted | None = None

    def question(self) -> Iterator[Widget]:
        for row in _ROWS:
            parts: list[Widget] = []
            for name, label, hint in row:
                value = str(getattr(self._start, name))
                parts.append(Label(label, classes="field"))
                parts.append(Input(value, id=name, placeholder=hint, compact=True, select_on_focus=False))
            yield Container(*parts, classes="row")
        yield VerticalScroll(Panel(self._words, id="draft"), classes="words", id="scroll", can_focus=False)
        yield Signer()

    @property
    def wish(self) -> StageWish:
        """The form as it stands."""
        return StageWish(**{one.name: self.query_one(f"#{one.name}", Input).value for one in fields(StageWish)})

    def show(self, picture: Picture) -> None:
        self.query_one("#draft", Panel).show(picture)

    @on(Input.Submitted)
    def field_given(self, message: Input.Submitted) -> None:
        """Enter in a field of the form checks it; once it is checked, it goes on to the button."""
        if message.input.id not in _FIELDS:
            return
        if self._is_checked():
            self.query_one("#act").focus()
        else:
            self.go()

    @on(Input.Changed)
    def form_changed(self, message: Input.Changed) -> None:
        if message.input.id in _FIELDS and self._checked is not None and not self._is_checked():
            self._checked = None
            self._repaint()

    def keys_offered(self) -> None:
        """Who signs is part of the terms: another key asks for the check again."""
        self._checked = None
        self._repaint()

    def job(self) -> Job | None:
        if not self._is_checked():
            self._ask_check()
            return None
        return super().job()

    def signing(self) -> Sign | None:
        assert self._checked is not None
        wish = self._checked.wish

        def sign(path: Path, passphrase: str | None) -> str:
            return self.port.stage(wish, path, passphrase)

        return sign

    def _is_checked(self) -> bool:
        return self._checked is not None and self._checked.wish == self.wish

    def _ask_check(self) -> None:
        key = self.query_one(Signer).chosen
        if key is None:
            self.complain(self.query_one(Signer).missing)
            return
        self.is_busy = True
        self.query_one("#answer", Static).update(say("asking the desk…", MUTED))
        self._check(self.wish, key.principal)

    @work(thread=True, exit_on_error=False, group="draft")
    def _check(self, wish: StageWish, stager: str) -> None:
        try:
            self.post_message(Drafted(wish, self.port.draft(wish, stager)))
        except PortRefused as refusal:
            self.post_message(NotDrafted(str(refusal)))
        except Exception as error:  # the task's top: a form that cannot be checked is never signed
            self.post_message(NotDrafted(f"it could not be checked: {error}"))

    @on(Drafted)
    def drafted(self, message: Drafted) -> None:
        self.is_busy = False
        if message.wish == self.wish:
            self._checked = message
            self.complain("")
            self._repaint()
            self.query_one("#act").focus()

    @on(NotDrafted)
    def not_drafted(self, message: NotDrafted) -> None:
        self.is_busy = False
        self.complain(message.said)

    def _repaint(self) -> None:
        key, button = self.query_one(Signer).chosen, self.query_one("#act", Button)
        button.label = say("Check" if self._checked is None else f"Sign as {key.principal}" if key else "Sign")
        button.refresh(layout=True)
        self.query_one("#draft", Panel).repaint()

    def _words(self, _picture: Picture, width: int) -> Lines:
        if self._checked is None:
            return wrapped(say("Check says what would be put on record, and what it would do.", MUTED), width)
        lines: Lines = []
        for at, text in enumerate(self._checked.lines):
            lines += wrapped(say(text, STRONG if at == 0 else ""), width)
        return lines
