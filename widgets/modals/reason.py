"""Acts that want a reason and no signature: reject, pause, cancel, halt."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from textual import on
from textual.containers import Container
from textual.widget import Widget
from textual.widgets import Input, Label

from desk.snapshot.model import SaleView
from widgets.modals.act import ActModal, Job
from widgets.port import DeskPort


class ReasonModal(ActModal):
    """Says what will happen, asks why, and calls `act(reason)`. Words typed at once are the reason: none is lost."""

    AUTO_FOCUS = "#reason"
    HELP = "Type why and press Enter; the words go on the record. Escape leaves and changes nothing."
    ACTS_ON_ENTER = False
    """Whether Enter in the field acts: for what lowers risk. Else it goes to the button, and a second Enter acts."""

    def __init__(
        self,
        port: DeskPort,
        title: str,
        what: str,
        does: str,
        act: Callable[[str], str],
        sale: SaleView | None = None,
        *,
        harmful: bool = False,
    ) -> None:
        super().__init__(port, title, what, sale)
        self.DOES = does
        self.IS_HARMFUL = harmful
        self._act = act

    def question(self) -> Iterator[Widget]:
        yield self.words()
        yield Container(Label("reason"), Input(id="reason", compact=True), classes="row gapped")

    def job(self) -> Job | None:
        reason = self.query_one("#reason", Input).value.strip()
        if not reason:
            self.complain("say why, in a few words")
            self.query_one("#reason").focus()
            return None
        return lambda: self._act(reason)

    @on(Input.Submitted, "#reason")
    def reason_given(self) -> None:
        if self.ACTS_ON_ENTER:
            self.go()
        elif self.job() is not None:
            self.complain("")
            self.query_one("#act").focus()


class CalmingModal(ReasonModal):
    """An act that lowers risk: the words and one Enter do it."""

    ACTS_ON_ENTER = True


class HaltModal(CalmingModal):
    """The whole desk stops."""

    def __init__(self, port: DeskPort) -> None:
        what = (
            "No new order goes out, resting orders are cancelled. It survives restarts; two people's signatures "
            "lift it, and every sale is paused after that."
        )
        super().__init__(port, "HALT the desk", what, "HALT", port.halt, harmful=True)
