"""Acts that want a reason and no signature: reject, pause, cancel, halt."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from textual import on
from textual.containers import Container
from textual.widget import Widget
from textual.widgets import Input, Label, Static

from widgets.modals.act import ActModal, Job
from widgets.port import DeskPort
from widgets.words import say


class ReasonModal(ActModal):
    """Says what will happen, asks why, and calls `act(reason)`."""

    def __init__(
        self, port: DeskPort, title: str, what: str, does: str, act: Callable[[str], str], *, harmful: bool = False
    ) -> None:
        super().__init__(port, title)
        self.DOES = does
        self.IS_HARMFUL = harmful
        self._what = what
        self._act = act

    def question(self) -> Iterator[Widget]:
        yield Static(say(self._what), classes="words")
        yield Container(Label("reason"), Input(id="reason", compact=True), classes="row gapped")

    def job(self) -> Job | None:
        reason = self.query_one("#reason", Input).value.strip()
        if not reason:
            self.complain("say why: it goes on the record; one word is enough")
            self.query_one("#reason").focus()
            return None
        return lambda: self._act(reason)

    @on(Input.Submitted, "#reason")
    def reason_given(self) -> None:
        """Enter in the field goes on to the button; a second Enter acts."""
        self.query_one("#act").focus()


class HaltModal(ReasonModal):
    """The whole desk stops."""

    def __init__(self, port: DeskPort) -> None:
        what = (
            "No new order goes out, resting orders are cancelled. It survives restarts; two people's signatures "
            "lift it, and every sale is paused after that."
        )
        super().__init__(port, "HALT the desk", what, "HALT", port.halt, harmful=True)
