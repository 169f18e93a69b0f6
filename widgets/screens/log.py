"""What happened: events of the whole desk, orders and fills of the sale at work, all filtered the same way."""

from __future__ import annotations

from collections.abc import Iterator

from textual import on
from textual.binding import Binding
from textual.content import Content
from textual.widget import Widget
from textual.widgets import DataTable

from desk.snapshot.model import PAGE, SaleDetail, SaleView
from widgets import tables
from widgets.filtering import FilteredPage
from widgets.held_events import EventRows, HeldEvents
from widgets.layout import Lines, fitting, sides, wrapped
from widgets.messages import EventsNotRead, EventsRead, EventsWanted
from widgets.modals.row import RowModal
from widgets.panel import Panel
from widgets.panels import events
from widgets.picture import Picture
from widgets.rows import Rows
from widgets.words import ACCENT, HARM, MUTED, STRONG, day_hm, say

PANES = (("events", "Events"), ("orders", "Orders"), ("fills", "Fills"))


class LogScreen(FilteredPage):
    """Mode 5."""

    CSS_PATH = ["page.tcss", "log.tcss"]
    BINDINGS = [
        Binding("e", "pane(0)", "Events", id="log.events", show=False),
        Binding("o", "pane(1)", "Orders", id="log.orders", show=False),
        Binding("f", "pane(2)", "Fills", id="log.fills", show=False),
        Binding("m", "older", "Read older events", id="log.older", show=False),
    ]
    HELP = (
        "e events, o orders, f fills; / filters, Enter shows a row whole, y copies it. "
        "Going below the last event reads the ones before it, and so does m; the heading says how far back that is, "
        "and the filter looks through so much. Orders and fills are those of the sale at work; "
        "everything there ever was: desk orders, desk fills, desk audit export."
    )

    def __init__(self) -> None:
        super().__init__()
        self._pane = 0
        self._held = HeldEvents()
        self._rows = EventRows()
        self._reading = False
        self._problem = ""

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
        detail, words = self.detail, self.filter_words
        self._held.add(events.newest(picture))
        if self._held.has_hole and not self._problem:
            self.action_older()
        found = {
            "events": self._rows.window(picture, self._held.reach, words, self.is_narrow),
            "orders": tables.matching(tables.orders(picture, detail.orders if detail else ()), words),
            "fills": tables.matching(tables.fills(picture, detail.fills if detail else ()), words),
        }
        for at, (name, _) in enumerate(PANES):
            rows = found[name]
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

    def action_older(self) -> None:
        """Ask for the page before what is held; what a thread reads comes back as a message."""
        before = self._held.asks_before
        if before is None or self._reading:
            return
        self._reading, self._problem = True, ""
        self.post_message(EventsWanted(before, self))

    @on(EventsRead)
    def events_read(self, message: EventsRead) -> None:
        self._reading = False
        self._held.add(message.events, message.before, is_end=len(message.events) < PAGE)
        self._repaint()
        table = self.query_one("#events", Rows)
        if table.row_count and table.cursor_row == table.row_count - 1 and self._rows.go_on(int(table.chosen or 0)):
            self._repaint()

    @on(EventsNotRead)
    def events_not_read(self, message: EventsNotRead) -> None:
        self._reading, self._problem = False, message.problem
        self._repaint()

    def _repaint(self) -> None:
        if self.picture:
            self.show(self.picture)
        if self.focused is None:
            self.call_after_refresh(self._focus_rows)

    @on(DataTable.RowHighlighted, "#events")
    def cursor_moved(self) -> None:
        """Below the last row follows what is older, held or still to be read; above the first what is newer."""
        table = self.query_one("#events", Rows)
        if not table.has_focus or not table.row_count:
            return
        if table.cursor_row == table.row_count - 1:
            if self._rows.go_on(int(table.chosen or 0)):
                self._repaint()
            else:
                self.action_older()
        elif table.cursor_row == 0 and self._rows.go_back():
            self._repaint()

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
        head = say("LOG  ", STRONG) + say("   ").join(names)
        if self._pane:
            of = f"orders and fills of {detail.sale.id} · " if detail else ""
            return [sides(head, say(f"{of}/ filters", MUTED), width)]
        held = self._how_far(picture)
        room = width if self.is_narrow else width - head.cell_length - 2
        told = fitting([*held, say("/ filters", MUTED)], room)
        return [head, told] if self.is_narrow else [sides(head, told, width)]

    def _how_far(self, picture: Picture) -> list[Content]:
        """How many events are held, how far back that is, and what is wrong or can be done about it."""
        parts = [say(self._how_many(picture) + self._back_to(picture), MUTED)]
        if self._problem:
            return [say(self._problem, HARM), *parts]
        if self._reading:
            return [*parts, say("reading on…", MUTED)]
        return [*parts, say("m reads older", MUTED)] if self._held.asks_before is not None else parts

    def _empty(self, picture: Picture, width: int) -> Lines:
        if self.filter_words and self._pane == 0:
            where = f"nothing in {self._how_many(picture)} matches; desk audit export has all"
            words = [where]
            if self._held.asks_before is not None:
                words.append(f"So far{self._back_to(picture).removeprefix(',')}; m reads on")
            return wrapped(say(f"{'. '.join(words)}. Escape clears the filter", MUTED), width)
        if self.filter_words:
            return [say("nothing matches the filter; Escape clears it", MUTED)]
        return [say(f"no {PANES[self._pane][0]} yet; they appear here as they happen", MUTED)]

    def _how_many(self, picture: Picture) -> str:
        """How much of the log the screen holds: the filter looks through that and no further."""
        held = len(self._held.reach)
        ever = max(picture.snapshot.audit.head_seq, held)
        return f"all {held:,} events" if self._held.is_whole else f"the last {held:,} of {ever:,} events"

    def _back_to(self, picture: Picture) -> str:
        return f", back to {day_hm(picture, self._held.reach[-1].at)}" if self._held.reach else ""
