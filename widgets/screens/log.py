"""What happened: events of the whole desk, orders and fills of the sale at work, all filtered the same way."""

from __future__ import annotations

from collections.abc import Iterator

from textual import on
from textual.binding import Binding
from textual.widget import Widget
from textual.widgets import DataTable

from desk.snapshot.model import SaleDetail, SaleView
from widgets import tables
from widgets.filtering import FilteredPage
from widgets.layout import Lines, sides, wrapped
from widgets.modals.row import RowModal
from widgets.panel import Panel
from widgets.panels import events
from widgets.picture import Picture
from widgets.rows import MOST, Rows
from widgets.words import ACCENT, MUTED, STRONG, say

PANES = (("events", "Events"), ("orders", "Orders"), ("fills", "Fills"))


class LogScreen(FilteredPage):
    """Mode 5."""

    CSS_PATH = ["page.tcss", "log.tcss"]
    BINDINGS = [
        Binding("e", "pane(0)", "Events", id="log.events", show=False),
        Binding("o", "pane(1)", "Orders", id="log.orders", show=False),
        Binding("f", "pane(2)", "Fills", id="log.fills", show=False),
    ]
    HELP = (
        "e events, o orders, f fills; / filters, Enter shows a row whole, y copies it. "
        "Orders and fills are those of the sale at work; "
        "everything there ever was: desk orders, desk fills, desk audit export."
    )

    def __init__(self) -> None:
        super().__init__()
        self._pane = 0

    def body(self) -> Iterator[Widget]:
        yield Panel(self._title, classes="title")
        yield self.filter_input()
        yield Rows(tables.EVENTS, id="events")
        yield Rows(tables.ORDERS, id="orders")
        yield Rows(tables.FILLS, id="fills")
        yield Panel(self._empty, id="empty")

    def on_mount(self) -> None:
        self.action_pane(0)

    def paint(self, picture: Picture) -> None:
        detail = self.detail
        found = {
            "events": tables.events(picture, events.newest(picture), self.is_narrow),
            "orders": tables.orders(picture, detail.orders if detail else ()),
            "fills": tables.fills(picture, detail.fills if detail else ()),
        }
        for at, (name, _) in enumerate(PANES):
            rows = tables.matching(found[name], self.filter_words)
            table = self.query_one(f"#{name}", Rows)
            table.show(rows)
            table.display = at == self._pane and bool(rows)
            if at == self._pane:
                self.query_one("#empty").display = not rows
        self.query_one("#empty", Panel).show(picture)

    def wanted_focus(self) -> str | None:
        sale = self.chosen_sale()
        return sale.id if sale else None

    def chosen_sale(self) -> SaleView | None:
        if self.picture is None:
            return None
        newest = sorted(self.picture.snapshot.sales, key=lambda sale: sale.id, reverse=True)
        return next(iter([*self.picture.working, *newest]), None)

    def action_pane(self, index: int) -> None:
        self._pane = index
        for at, (name, _) in enumerate(PANES):
            self.query_one(f"#{name}").display = at == index
        self.query_one(f"#{PANES[index][0]}").focus()
        if self.picture:
            self.show(self.picture)

    @on(DataTable.RowSelected)
    def open_row(self, message: DataTable.RowSelected) -> None:
        if isinstance(message.data_table, Rows):
            self.app.push_screen(RowModal(message.data_table.chosen_words))

    def _title(self, picture: Picture, width: int) -> Lines:
        detail: SaleDetail | None = self.detail
        names = [
            say(title[0].lower(), ACCENT) + say(f" {title}", STRONG if at == self._pane else MUTED)
            for at, (_, title) in enumerate(PANES)
        ]
        of = f"orders and fills of {detail.sale.id} · " if detail and self._pane else ""
        if self._pane == 0:
            of = f"{_how_many(picture)} · "
        return [sides(say("LOG  ", STRONG) + say("   ").join(names), say(f"{of}/ filters", MUTED), width)]

    def _empty(self, picture: Picture, width: int) -> Lines:
        if self.filter_words and self._pane == 0:
            where = f"nothing in {_how_many(picture)} matches; desk audit export has all"
            return wrapped(say(f"{where}. Escape clears the filter", MUTED), width)
        if self.filter_words:
            return [say("nothing matches the filter; Escape clears it", MUTED)]
        return [say(f"no {PANES[self._pane][0]} yet; they appear here as they happen", MUTED)]


def _how_many(picture: Picture) -> str:
    """How much of the log the screen holds: the filter looks through that and no further."""
    held = min(len(picture.snapshot.events), MOST)
    ever = max(picture.snapshot.audit.head_seq, held)
    return f"the last {held:,} of {ever:,} events"
