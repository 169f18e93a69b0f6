"""Every lot of coins: when it came, what it cost, what it is worth by the mark, and which sale would take it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from textual import on
from textual.binding import Binding
from textual.widget import Widget
from textual.widgets import DataTable, Input

from desk.snapshot.lots_view import LotsView
from widgets import tables
from widgets.filtering import FilteredPage
from widgets.layout import Lines, sides
from widgets.messages import LotsNotRead, LotsRead, LotsWanted
from widgets.modals.row import RowModal
from widgets.panel import Panel
from widgets.panels import lots
from widgets.picture import Picture
from widgets.rows import MOST, Row, Rows
from widgets.words import HARM, MUTED, say

AGAIN_AFTER = timedelta(seconds=5)
"""A sale at work records something every second; the heading names the event the lots are as of."""


class LotsScreen(FilteredPage):
    """Opened over any mode; Escape returns there. Worked out in a thread, again when something was recorded."""

    CSS_PATH = ["page.tcss", "lots.tcss"]
    AUTO_FOCUS = ""
    BINDINGS = [
        Binding("a", "order('age')", "By age", id="lots.age", show=False),
        Binding("c", "order('cost')", "By cost of a coin", id="lots.cost", show=False),
        Binding("g", "order('gain')", "By unrealised gain", id="lots.gain", show=False),
    ]
    HELP = (
        "a by age, c by the cost of a coin, g by unrealised gain; / filters, Enter shows a lot whole. Values follow "
        "from the mark named above, not from the price of now. What a sale goes to take is a preview by the relief "
        "rule in force: relief follows the fills. desk lots has every disposal."
    )

    def __init__(self) -> None:
        super().__init__()
        self._view: LotsView | None = None
        self._order = "age"
        self._problem = ""
        self._reading = False
        self._asked_at: datetime | None = None
        self._shown: list[Row] = []

    def body(self) -> Iterator[Widget]:
        yield Panel(self._head, id="head")
        yield self.filter_input()
        yield Rows(lots.COLUMNS, id="lots")
        yield Rows(lots.SHORT_COLUMNS, id="lots-short")

    def on_mount(self) -> None:
        self._focus_rows()

    def paint(self, picture: Picture) -> None:
        view = self._view
        if self._is_due(picture):
            self._reading, self._asked_at = True, picture.snapshot.wall
            self.post_message(LotsWanted(self))
        self._shown = [] if view is None else lots.rows(picture, view, self._order)
        self._shown = tables.matching(self._shown, self.filter_words)
        for name, is_here in (("#lots", not self.is_narrow), ("#lots-short", self.is_narrow)):
            table = self.query_one(name, Rows)
            table.display = is_here and bool(self._shown)
            if is_here:
                table.show(lots.shortened(self._shown) if self.is_narrow else self._shown)

    def _is_due(self, picture: Picture) -> bool:
        """Whether the lots have to be worked out: at first, and again some time after something went on record."""
        if self._reading:
            return False
        if self._asked_at is None:
            return True
        changed = self._view is None or self._view.head != picture.snapshot.audit.head_seq
        return changed and picture.snapshot.wall - self._asked_at >= AGAIN_AFTER

    def action_order(self, order: str) -> None:
        self._order = order
        if self.picture:
            self.show(self.picture)
        for table in self.query(Rows):
            table.move_cursor(row=0)

    @on(LotsRead)
    def lots_read(self, message: LotsRead) -> None:
        self._reading, self._view, self._problem = False, message.view, ""
        if self.picture:
            self.show(self.picture)
        if not isinstance(self.focused, Input):
            self.call_after_refresh(self._focus_rows)

    @on(LotsNotRead)
    def lots_not_read(self, message: LotsNotRead) -> None:
        self._reading, self._problem = False, message.problem
        if self.picture:
            self.show(self.picture)

    @on(DataTable.RowSelected)
    def open_row(self, message: DataTable.RowSelected) -> None:
        chosen = message.data_table.chosen if isinstance(message.data_table, Rows) else None
        for key, cells in self._shown:
            if key == chosen:
                pairs = zip(lots.COLUMNS, cells, strict=True)
                self.app.push_screen(RowModal([(column.title, cell.said) for column, cell in pairs]))

    def _head(self, picture: Picture, width: int) -> Lines:
        if self._view is None:
            return [say(self._problem, HARM) if self._problem else say("LOTS  being worked out…", MUTED)]
        keys = say("" if self.is_narrow else "a age  c cost  g gain  / filters  Escape returns", MUTED)
        lines = lots.head(picture, self._view, self._order, width)
        lines[-1] = sides(lines[-1], keys, width) if keys else lines[-1]
        if not self._view.lines:
            lines.append(say("no lot: desk holdings import FILE (lots), desk mining import FILE", MUTED))
        if len(self._view.lines) > MOST:
            lines.append(say(f"the first {MOST} of them; the filter looks through all, desk lots has all", MUTED))
        return [*lines, say(self._problem, HARM)] if self._problem else lines
