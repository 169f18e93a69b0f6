"""What is owed and needed: thirteen weeks of cash against the floor, what to sell, commitments, loans, cash."""

from __future__ import annotations

from collections.abc import Iterator

from textual.binding import Binding
from textual.containers import Container, VerticalScroll
from textual.content import Content
from textual.widget import Widget

from desk.units import show_millions
from widgets.charts.weeks import WeekChart
from widgets.layout import Lines, sides
from widgets.page import Page
from widgets.panel import Panel
from widgets.panels import funding, holdings, loan_ladder
from widgets.panels.sections import section
from widgets.picture import Picture
from widgets.words import HARM, MUTED, STRONG, say


class FundingScreen(Page):
    """Mode 4."""

    CSS_PATH = ["page.tcss", "funding.tcss"]
    BINDINGS = [Binding("s", "app.stage", "Stage the first proposal", id="funding.stage", show=False)]
    HELP = (
        "Columns are the least cash of each week; what is below the floor ┄ is drawn ▓. Every figure opens with "
        "desk plan --line NAME. A proposal becomes a sale with s (the first) or desk plan --stage P-1; somebody else "
        "approves it. "
        "In a loan's bar ┊ is the call, ┃ liquidation."
    )

    def body(self) -> Iterator[Widget]:
        yield Panel(_title, classes="title")
        yield Panel(funding.outlook, id="outlook")
        yield WeekChart(id="weeks")
        with VerticalScroll(id="below"), Container(id="sides"):
            with Container(id="asked"):
                yield Panel(_plan, _short_plan, id="plan")
                yield Panel(_risk, _nothing, id="risk")
            yield Panel(_owed, _short_owed, id="owed")

    def on_mount(self) -> None:
        self.query_one("#below").focus()

    def paint(self, picture: Picture) -> None:
        view = picture.snapshot.funding
        chart = self.query_one(WeekChart)
        chart.set_class(not view.weeks, "-none")
        chart.show([(f"{week.first.day} {week.first:%b}", week.minimum) for week in view.weeks], view.floor)


def _title(picture: Picture, width: int) -> Lines:
    view = picture.snapshot.funding
    cash: Content = say("")
    if view.weeks and view.gap is None and view.floor is not None:
        cash = say(f"{len(view.weeks)} weeks, and not all that is to come", HARM)
    elif view.weeks:
        last = view.weeks[-1]
        cash = say(f"{len(view.weeks)} weeks · closing {show_millions(last.closing)}".replace("-", "−"), MUTED)
    return [sides(say("FUNDING", STRONG), cash, width)]


def _plan(picture: Picture, width: int) -> Lines:
    return section("PROPOSED SALES", funding.proposals(picture, width))


def _risk(picture: Picture, width: int) -> Lines:
    left_out = funding.notes(picture, width)
    return [
        *section("AT RISK", funding.at_risk(picture, width)),
        *(section("LEFT OUT", left_out) if left_out else []),
    ]


def _owed(picture: Picture, width: int) -> Lines:
    return [
        *section("COMMITMENTS", funding.milestones(picture, width)),
        *section("LOANS", loan_ladder.ladder(picture, width)),
        *section("CASH", holdings.cash_places(picture, width)),
    ]


def _short_plan(picture: Picture, width: int) -> Lines:
    return section("PROPOSED SALES", funding.short_proposals(picture, width))


def _short_owed(picture: Picture, width: int) -> Lines:
    """In one column what presses comes first: loans, then what is due, then what may come."""
    return [
        *section("LOANS", loan_ladder.ladder(picture, width)),
        *section("COMMITMENTS", funding.milestones(picture, width)),
        *_risk(picture, width),
        *section("CASH", holdings.cash_places(picture, width)),
    ]


def _nothing(_picture: Picture, _width: int) -> Lines:
    return []
