"""What is made: days against what was expected, why the month is what it is, what a coin costs, who pays."""

from __future__ import annotations

from collections.abc import Iterator

from textual.containers import Container, VerticalScroll
from textual.widget import Widget

from widgets.charts.columns import ColumnChart
from widgets.page import Page
from widgets.panel import Panel
from widgets.panels import mining, mining_page
from widgets.picture import Picture

DAYS = 30


class MiningScreen(Page):
    """Mode 3."""

    CSS_PATH = ["page.tcss", "mining.tcss"]
    HELP = (
        "Days as columns; the mark above one is what its hashrate should have brought. The month leads from all that "
        "is deployed, always on, down to what was credited: what nobody stated is named, and luck is what is left. "
        "An epoch is the 2016 blocks between two changes of difficulty. Days come from desk mining pull or import."
    )

    def body(self) -> Iterator[Widget]:
        yield Panel(mining_page.title, classes="title")
        yield Panel(mining_page.numbers, id="numbers")
        yield ColumnChart(id="days-chart")
        with VerticalScroll(id="below"), Container(id="sides"):
            yield Panel(mining_page.story, id="story")
            yield Panel(mining.days, id="days")

    def on_mount(self) -> None:
        self.query_one("#below").focus()

    def paint(self, picture: Picture) -> None:
        days = mining.by_day(picture)[-DAYS:]
        ends = (f"{days[0].day.day} {days[0].day:%b}", f"{days[-1].day.day} {days[-1].day:%b}") if days else ("", "")
        chart = self.query_one(ColumnChart)
        chart.display = bool(days)
        chart.show([(day.sats, day.expected) for day in days], ends)
