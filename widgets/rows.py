"""A table that is told what it should show and changes only what differs, keeping the cursor on the same row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rich.text import Text
from textual.binding import Binding
from textual.widgets import DataTable

from widgets.words import plain

MOST = 500
"""More rows cost seconds in a DataTable; whoever has more pages."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A value in a table. `tone`: plain, muted, strong, accent or harm."""

    text: str
    tone: str = "plain"
    whole: str = ""
    """What `text` was cut from, where it was cut."""

    @property
    def said(self) -> str:
        return self.whole or self.text


@dataclass(frozen=True, slots=True)
class Column:
    title: str
    is_number: bool = False


Row = tuple[str, tuple[Cell, ...]]
"""A key that stays with the row, and its cells."""


class Rows(DataTable[Text]):
    """Rows of plain text; what comes from outside is never markup. `y` copies the row at the cursor."""

    BINDINGS = [
        Binding("y", "copy_row", "Copy this row", id="rows.copy", show=False),
        Binding("j", "cursor_down", "Down", id="rows.down", show=False),
        Binding("k", "cursor_up", "Up", id="rows.up", show=False),
        Binding("home", "scroll_top", "The first row", id="rows.first", show=False),
        Binding("end", "scroll_bottom", "The last row", id="rows.last", show=False),
    ]

    def __init__(self, columns: Sequence[Column], *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(cursor_type="row", id=id, classes=classes, zebra_stripes=False, cell_padding=1)
        self._titles = tuple(columns)
        self._shown: list[Row] = []

    def on_mount(self) -> None:
        for index, column in enumerate(self._titles):
            title = Text(column.title, justify="right" if column.is_number else "left", no_wrap=True)
            self.add_column(title, key=str(index))

    def show(self, rows: Sequence[Row]) -> None:
        """Show these rows, at most 500 of them."""
        wanted = list(rows)[:MOST]
        if wanted == self._shown:
            return
        if [key for key, _ in wanted] == [key for key, _ in self._shown]:
            self._update(wanted)
        else:
            self._rebuild(wanted)
        self._shown = wanted

    @property
    def chosen(self) -> str | None:
        """The key of the row at the cursor."""
        return self._shown[self.cursor_row][0] if 0 <= self.cursor_row < len(self._shown) else None

    @property
    def chosen_words(self) -> list[tuple[str, str]]:
        """The row at the cursor, whole: title and text of each column."""
        if not 0 <= self.cursor_row < len(self._shown):
            return []
        cells = self._shown[self.cursor_row][1]
        return [(column.title, cell.said) for column, cell in zip(self._titles, cells, strict=True)]

    def choose(self, key: str) -> None:
        """Put the cursor on the row with this key, if it is shown."""
        for index, (other, _) in enumerate(self._shown):
            if other == key:
                self.move_cursor(row=index)

    def action_copy_row(self) -> None:
        if 0 <= self.cursor_row < len(self._shown):
            self.app.copy_to_clipboard("\t".join(plain(cell.said) for cell in self._shown[self.cursor_row][1]))
            self.notify("row copied", markup=False)

    def _update(self, wanted: list[Row]) -> None:
        for (key, cells), (_, old) in zip(wanted, self._shown, strict=True):
            for index, (cell, before) in enumerate(zip(cells, old, strict=True)):
                if cell != before:
                    self.update_cell(key, str(index), self._text(index, cell), update_width=True)

    def _rebuild(self, wanted: list[Row]) -> None:
        key, at = self.chosen, self.cursor_row
        top = self.scroll_offset.y
        self.clear()
        for name, cells in wanted:
            self.add_row(*(self._text(index, cell) for index, cell in enumerate(cells)), key=name)
        keys = [name for name, _ in wanted]
        if key in keys and at > 0:
            top += keys.index(key) - at
        where = keys.index(key) if key in keys and at > 0 else min(max(at, 0), max(len(keys) - 1, 0))
        self.move_cursor(row=where, scroll=False)
        self.scroll_to(y=top, animate=False)

    def _text(self, index: int, cell: Cell) -> Text:
        tones = {
            "muted": f"{self.app.theme_variables.get('foreground', 'white')} dim",
            "strong": "bold",
            "accent": self.app.theme_variables.get("accent", "cyan"),
            "harm": f"bold {self.app.theme_variables.get('error', 'red')}",
        }
        side: Literal["left", "right"] = "right" if self._titles[index].is_number else "left"
        return Text(plain(cell.text), style=tones.get(cell.tone, ""), justify=side, no_wrap=True, end="")
