"""A page whose tables can be filtered: `/` opens the filter, Escape clears it."""

from __future__ import annotations

from textual import on
from textual.binding import Binding
from textual.widgets import DataTable, Input

from widgets.page import Page


class FilteredPage(Page):
    """Subclasses yield `filter_input()` in their body and use `filter_words` when they paint."""

    BINDINGS = [Binding("slash", "filter", "Filter the rows", id="page.filter", show=False)]

    def filter_input(self) -> Input:
        return Input(placeholder="filter: every word has to match", id="filter", classes="filter", compact=True)

    @property
    def filter_words(self) -> str:
        return self.query_one("#filter", Input).value

    def action_filter(self) -> None:
        field = self.query_one("#filter", Input)
        field.add_class("-open")
        field.focus()

    def action_back(self) -> None:
        field = self.query_one("#filter", Input)
        if field.has_class("-open"):
            field.value = ""
            field.remove_class("-open")
            self._focus_rows()
        else:
            super().action_back()

    @on(Input.Changed, "#filter")
    def words_changed(self) -> None:
        if self.picture:
            self.paint(self.picture)

    @on(Input.Submitted, "#filter")
    def _focus_rows(self) -> None:
        for table in self.query(DataTable):
            if table.is_on_screen and table.display:
                table.focus()
                return
        self.set_focus(None)
