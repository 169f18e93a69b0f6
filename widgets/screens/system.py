"""Whether these numbers can be trusted: venues, daemon, halt, audit head, places, problems."""

from __future__ import annotations

from collections.abc import Iterator

from textual.containers import VerticalScroll
from textual.widget import Widget

from widgets.layout import Lines
from widgets.page import Page
from widgets.panel import Panel
from widgets.panels import holdings, system
from widgets.panels.sections import section
from widgets.picture import Picture


class SystemScreen(Page):
    """Mode 6."""

    CSS_PATH = ["page.tcss", "system.tcss"]
    HELP = "What the desk knows of itself. desk doctor checks it, says the fix; desk audit verify walks the chain."

    def body(self) -> Iterator[Widget]:
        yield VerticalScroll(Panel(_words), id="scroll")

    def on_mount(self) -> None:
        self.query_one("#scroll").focus()


def _words(picture: Picture, width: int) -> Lines:
    return [
        *section("VENUES", system.venues(picture, width)),
        *section("DAEMON", system.daemon(picture, width)),
        *section("HALT", system.halt(picture, width)),
        *section("AUDIT", system.audit(picture, width)),
        *section("PLACES", holdings.places(picture, width)),
        *section("PROBLEMS", system.problems(picture, width)),
    ]
