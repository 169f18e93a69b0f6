"""A short list to pick from: changes only what differs, and stays where the person is."""

from __future__ import annotations

from collections.abc import Sequence

from textual.binding import Binding
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

Item = tuple[str, Content]
"""A key that stays with the item, and its words."""


class Picks(OptionList):
    """Items a person may open with Enter. An empty list says what to do next and takes no focus."""

    BINDINGS = [
        Binding("j", "cursor_down", "Down", id="picks.down", show=False),
        Binding("k", "cursor_up", "Up", id="picks.up", show=False),
    ]

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id, compact=True, markup=False)
        self._shown: list[Item] | None = None
        self.can_focus = False

    class Resized(Message):
        """The list has another width: what it shows should be said anew."""

    @property
    def room(self) -> int:
        """Cells an item may take on one line; before the first layout, a guess that never wraps."""
        return self.scrollable_content_region.width or 40

    def on_resize(self) -> None:
        self.post_message(self.Resized())

    def show(self, items: Sequence[Item], empty: Content) -> None:
        wanted = list(items)
        if wanted == self._shown:
            return
        if self._shown and [key for key, _ in wanted] == [key for key, _ in self._shown]:
            for index, (_, words) in enumerate(wanted):
                if words != self._shown[index][1] or not words.is_same(self._shown[index][1]):
                    self.replace_option_prompt_at_index(index, words)
        else:
            self._rebuild(wanted, empty)
        self._shown = wanted

    @property
    def chosen(self) -> str | None:
        """The key of the highlighted item."""
        if self._shown and self.highlighted is not None and self.highlighted < len(self._shown):
            return self._shown[self.highlighted][0]
        return None

    def _rebuild(self, wanted: list[Item], empty: Content) -> None:
        before, at = self.chosen, self.highlighted
        self.clear_options()
        self.can_focus = bool(wanted)
        if not wanted:
            self.add_option(Option(empty, disabled=True))
            return
        self.add_options([Option(words) for _, words in wanted])
        keys = [key for key, _ in wanted]
        self.highlighted = keys.index(before) if before in keys else min(at or 0, len(keys) - 1)
