"""The list of sales, a filter, and the highlighted sale's curve beside its facts."""

from __future__ import annotations

from collections.abc import Iterator

from textual import on
from textual.binding import Binding
from textual.containers import Container
from textual.widget import Widget
from textual.widgets import DataTable

from desk.snapshot.model import SaleView
from widgets import tables
from widgets.charts.curve import CurveChart
from widgets.filtering import FilteredPage
from widgets.layout import Lines, wrapped
from widgets.messages import FocusMoved, OpenSale
from widgets.panel import Panel
from widgets.panels import sales, system
from widgets.picture import Picture
from widgets.rows import Rows
from widgets.screens.desk import curve_words
from widgets.words import MUTED, STRONG, say


class SalesScreen(FilteredPage):
    """Mode 2."""

    CSS_PATH = ["page.tcss", "sales.tcss"]
    BINDINGS = [Binding("s", "app.stage", "Stage a sale", id="sales.stage", show=False)]
    HELP = (
        "Every sale with its state. Enter opens the one at the cursor; / filters (several words all have to match), "
        "Escape clears the filter; y copies a row. Acts in the key strip are about the sale at the cursor."
    )

    def body(self) -> Iterator[Widget]:
        yield Panel(_title, classes="title")
        yield self.filter_input()
        yield Rows(tables.SALES, id="sales")
        yield Panel(_empty, id="empty")
        yield Container(
            Container(Panel(self._facts, id="facts"), id="facts-cell"), CurveChart(id="curve"), id="preview"
        )

    def on_mount(self) -> None:
        self.query_one(Rows).focus()

    def paint(self, picture: Picture) -> None:
        rows = tables.matching(tables.sales(picture), self.filter_words)
        table = self.query_one(Rows)
        table.show(rows)
        table.styles.max_height = max(len(rows) + 1, 3)
        self.query_one("#empty").display = not rows
        self.query_one("#preview").display = bool(rows)
        if self.detail:
            words = curve_words(picture, self.detail.sale)
            self.query_one(CurveChart).show(self.detail.curve, picture.snapshot.taken, words)

    def wanted_focus(self) -> str | None:
        return self.query_one(Rows).chosen

    def chosen_sale(self) -> SaleView | None:
        chosen = self.query_one(Rows).chosen
        return self.picture.sale(chosen) if self.picture and chosen else None

    @on(DataTable.RowSelected)
    def open_chosen(self) -> None:
        chosen = self.query_one(Rows).chosen
        if chosen:
            self.post_message(OpenSale(chosen))

    @on(DataTable.RowHighlighted)
    def another_highlighted(self) -> None:
        self.post_message(FocusMoved())
        if self.picture:
            self.query_one("#facts", Panel).show(self.picture)
        self.refresh_bindings()

    def _facts(self, picture: Picture, width: int) -> Lines:
        sale = self.chosen_sale()
        if sale is None:
            return []
        head = say(sale.id, STRONG) + say("  ") + sales.state(picture, sale)
        lines = [head, *system.pairs(sales.facts(picture, sale), width), say("")]
        for text in self.detail.lines if self.detail else ():
            lines += wrapped(say(text, MUTED), width)
        return lines


def _title(picture: Picture, _width: int) -> Lines:
    count = len(picture.snapshot.sales)
    return [say("SALES", STRONG) + say(f"  {count} on record, / filters", MUTED)]


def _empty(picture: Picture, _width: int) -> Lines:
    if picture.snapshot.sales:
        return [say("no sale matches the filter; Escape clears it", MUTED)]
    return [
        say("no sale staged yet", STRONG),
        say("s stages one; so does  desk sale stage --btc … --start … --over …", MUTED),
    ]
