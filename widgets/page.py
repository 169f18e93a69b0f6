"""What every mode's screen is: the strip on top, its own body, the key strip below, and the picture handed down."""

from __future__ import annotations

from collections.abc import Iterator

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Container
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Static

from desk.snapshot.model import SaleDetail, SaleView
from widgets.keystrip import KeyStrip
from widgets.messages import FocusMoved
from widgets.panel import NARROW, Panel
from widgets.panels import strip
from widgets.picture import Picture
from widgets.words import HARM, MUTED, say


class Page(Screen[None]):
    """A screen of the desk. Subclasses give `body`, and `paint` what a new picture changes."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (NARROW, "-medium"), (132, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-tiny"), (24, "-short"), (34, "-tall"), (40, "-high")]
    BINDINGS = [Binding("escape", "back", "Back", id="page.back", show=False)]
    CSS_PATH = ["screens/page.tcss"]
    HELP = ""
    """What the person can do here, in a few sentences."""

    def __init__(self) -> None:
        super().__init__()
        self.picture: Picture | None = None

    def compose(self) -> ComposeResult:
        yield Panel(strip.lines, id="strip")
        yield Static(say(" reading the desk…", MUTED), id="nothing")
        with Container(id="body"):
            yield from self.body()
        yield KeyStrip(id="keys")

    def body(self) -> Iterator[Widget]:
        raise NotImplementedError

    def show(self, picture: Picture) -> None:
        """Take over a new picture. Called inside one batch of updates."""
        self.picture = picture
        self.set_class(picture.is_old, "-old")
        for panel in self.query(Panel):
            panel.show(picture)
        self.paint(picture)
        self.query_one("#nothing").display = False
        self.refresh_bindings()

    def show_nothing(self, problem: str) -> None:
        """There is no picture yet; `problem` says why, empty while the first one is being built."""
        words = say(f" ! {problem}", HARM) if problem else say(" reading the desk…", MUTED)
        self.query_one("#nothing", Static).update(words)

    def on_screen_resume(self) -> None:
        self.app.post_message(FocusMoved())

    def on_screen_suspend(self) -> None:
        """Something opened on top: the key strip says what works there."""
        for strip_of_keys in self.query(KeyStrip):
            strip_of_keys.refresh()

    def on_descendant_focus(self) -> None:
        self.refresh_bindings()

    def paint(self, picture: Picture) -> None:
        """What is not a panel: tables, lists, charts."""

    def wanted_focus(self) -> str | None:
        """The sale whose details this screen shows: asked for with the next picture."""
        return None

    def chosen_sale(self) -> SaleView | None:
        """The sale that the sale commands are about here."""
        return None

    @property
    def detail(self) -> SaleDetail | None:
        """The details the last picture brought, if they are of the sale this screen wants."""
        focus = self.picture.snapshot.focus if self.picture else None
        return focus if focus is not None and focus.sale.id == self.wanted_focus() else None

    @property
    def is_narrow(self) -> bool:
        return self.app.size.width < NARROW

    def on_resize(self) -> None:
        if self.picture:
            self.call_after_refresh(self.show, self.picture)

    def action_back(self) -> None:
        """Escape: leave what was opened; on a mode's own screen there is nothing to leave."""
        if self.app.screen is self and len(self.app.screen_stack) > 1:
            self.app.pop_screen()
