"""What is owed and needed: the gap, every milestone, loans with their limits, cash and where it is."""

from __future__ import annotations

from collections.abc import Iterator

from textual.containers import VerticalScroll
from textual.widget import Widget

from widgets.layout import Lines
from widgets.page import Page
from widgets.panel import Panel
from widgets.panels import funding, holdings, loan_ladder
from widgets.panels.sections import section
from widgets.picture import Picture


class FundingScreen(Page):
    """Mode 4."""

    CSS_PATH = ["page.tcss", "funding.tcss"]
    HELP = "The next gap, what it is for, how much of it is there. In a loan's bar ┊ is the call, ┃ liquidation."

    def body(self) -> Iterator[Widget]:
        yield VerticalScroll(Panel(_words), id="scroll")

    def on_mount(self) -> None:
        self.query_one("#scroll").focus()


def _words(picture: Picture, width: int) -> Lines:
    return [
        *section("FUNDING", funding.line(picture, width)),
        *section("COMMITMENTS", funding.milestones(picture, width)),
        *section("LOANS", loan_ladder.ladder(picture, width)),
        *section("CASH", holdings.cash_places(picture, width)),
    ]
