"""What is made: days against what was expected, the month, the cost of a coin."""

from __future__ import annotations

from collections.abc import Iterator

from textual.containers import VerticalScroll
from textual.widget import Widget

from widgets.charts.columns import ColumnChart
from widgets.layout import Lines
from widgets.page import Page
from widgets.panel import Panel
from widgets.panels import mining
from widgets.picture import Picture
from widgets.words import HARM, MUTED, STRONG, say


class MiningScreen(Page):
    """Mode 3."""

    CSS_PATH = ["page.tcss", "mining.tcss"]
    HELP = "Days as columns; the mark above one is what was expected of that day. Days come from desk mining import."

    def body(self) -> Iterator[Widget]:
        yield Panel(_title, classes="title")
        yield Panel(mining.numbers, id="numbers")
        yield ColumnChart(id="days-chart")
        yield VerticalScroll(Panel(mining.days, id="days"), id="days-scroll")

    def on_mount(self) -> None:
        self.query_one("#days-scroll").focus()

    def paint(self, picture: Picture) -> None:
        days = mining.by_day(picture)
        ends = (f"{days[0].day.day} {days[0].day:%b}", f"{days[-1].day.day} {days[-1].day:%b}") if days else ("", "")
        chart = self.query_one(ColumnChart)
        chart.display = bool(days)
        chart.show([(day.sats, day.expected) for day in days], ends)


def _title(picture: Picture, _width: int) -> Lines:
    stale = say("  stale", HARM) if picture.snapshot.mining.is_stale else say("")
    missing = picture.snapshot.mining.missing
    return [say("MINING", STRONG) + stale + say(f"  {missing}" if missing else "", MUTED)]
