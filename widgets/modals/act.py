"""What every question before an act shares: Escape leaves, one call at a time, the answer in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Container
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Button, Static

from desk.snapshot.model import SaleView
from widgets.messages import FocusMoved
from widgets.modals.once import OnceModal
from widgets.picture import Picture
from widgets.port import DeskPort, PortRefused
from widgets.words import HARM, MUTED, STRONG, coins, say

Job = Callable[[], str]


@dataclass
class Done(Message):
    """The desk did it; `said` is its sentence."""

    said: str


@dataclass
class Refused(Message):
    """The desk said no, or nobody knows: `said` is the sentence to show."""

    said: str


class ActModal(OnceModal[str | None]):
    """Asks, then acts through the port in a thread. Dismissed with the desk's sentence, or None if nothing was done.

    While a call is under way it can be neither left nor repeated: what happened must be seen.
    """

    CSS_PATH = ["modal.tcss"]
    AUTO_FOCUS = "#cancel"
    BINDINGS = [
        Binding("escape", "leave", "Cancel", id="modal.cancel", show=False),
        Binding("f1", "app.help", "Help for where you are", id="modal.help", show=False),
        Binding("f9", "app.halt", "Stop the whole desk now", id="modal.halt", show=False),
        Binding("right,down", "app.focus_next", show=False, id="modal.next"),
        Binding("left,up", "app.focus_previous", show=False, id="modal.previous"),
    ]
    TITLE_STYLE = STRONG
    HELP = "Nothing is done until its button is pressed; Escape leaves and changes nothing. Tab goes on."
    DOES = "Go on"
    """What the button that acts says."""
    IS_HARMFUL = False

    def __init__(self, port: DeskPort, title: str, what: str = "", sale: SaleView | None = None) -> None:
        super().__init__()
        self.port = port
        self._title_text = title
        self._what = what
        self._sale = sale
        self._said = ""
        self.is_busy = False

    def compose(self) -> ComposeResult:
        with Container(classes="box"):
            yield Static(say(self._title_text, self.TITLE_STYLE), classes="title")
            yield from self.question()
            yield Static(id="answer")
            with Container(classes="buttons"):
                yield Button("Cancel", id="cancel", compact=True)
                yield Button(self.DOES, id="act", compact=True, classes="-harm" if self.IS_HARMFUL else "")
                yield from self.more_buttons()

    def question(self) -> Iterator[Widget]:
        """What is asked, and the fields for the answer."""
        raise NotImplementedError

    def words(self) -> Static:
        """What the act does, and how much of the sale it is about is left as of the last picture."""
        return Static(say(self._explained(self._sale)), id="what", classes="words")

    def _explained(self, now: SaleView | None) -> str:
        if self._sale is None or now is None:
            return self._what
        moved = "" if now.state is self._sale.state else f" It is {now.state} by now."
        return f"{self._what} {coins(now.quantity - now.filled)} BTC are left to sell.{moved}"

    def more_buttons(self) -> Iterator[Button]:
        yield from ()

    def job(self) -> Job | None:
        """The call to make, or None after `complain` where something is missing."""
        raise NotImplementedError

    def on_screen_resume(self) -> None:
        self.app.post_message(FocusMoved())
        if self._said:
            self.dismiss(self._said)

    def show(self, picture: Picture) -> None:
        """A new picture arrived while the question is open: its figures are the ones to decide by."""
        if self._sale is not None:
            for words in self.query("#what").results(Static):
                words.update(say(self._explained(picture.sale(self._sale.id) or self._sale)))

    def wanted_focus(self) -> str | None:
        return None

    def complain(self, sentence: str) -> None:
        self.query_one("#answer", Static).update(say(sentence, HARM))

    def action_leave(self) -> None:
        if not self.is_busy:
            self.dismiss(None)

    @on(Button.Pressed, "#cancel")
    def cancel_pressed(self) -> None:
        self.action_leave()

    @on(Button.Pressed, "#act")
    def go(self) -> None:
        if self.is_busy:
            return
        job = self.job()
        if job is None:
            return
        self.is_busy = True
        self.query_one("#answer", Static).update(say("asking the desk…", MUTED))
        self._call(job)

    @work(thread=True, exit_on_error=False, group="act")
    def _call(self, job: Job) -> None:
        try:
            self.post_message(Done(job()))
        except PortRefused as refusal:
            self.post_message(Refused(str(refusal)))
        except (
            Exception
        ) as error:  # the task's top: whatever it was, the person is told that the outcome is not known
            self.post_message(
                Refused(f"failed, and it may have been done all the same; look at the log first: {error}")
            )

    @on(Done)
    def done(self, message: Done) -> None:
        """Leave with the answer; under another question, once that one is answered."""
        self._said = message.said
        if self.app.screen is self:
            self.dismiss(message.said)

    @on(Refused)
    def refused(self, message: Refused) -> None:
        self.is_busy = False
        self.complain(message.said)
        self.query_one("#cancel").focus()
