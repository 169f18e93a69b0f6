"""Every command by name."""

from __future__ import annotations

from textual.await_complete import AwaitComplete
from textual.binding import Binding
from textual.command import CommandPalette
from textual.message import Message
from textual.widgets import Button, Input


class DeskPalette(CommandPalette):
    """The palette, left once: two Enters of one read would run the command twice and pop the page below.

    Textual 8.2.8 handles the second `Submitted` though the first has dismissed the screen, so it is dropped before
    it is handled; whoever else dismisses twice is ignored.
    """

    BINDINGS = [Binding("f9", "app.halt", "Stop the whole desk now", id="palette.halt", show=False)]
    is_left = False

    def dismiss(self, result: object = None) -> AwaitComplete:
        if self.is_left:
            return AwaitComplete()
        self.is_left = True
        return super().dismiss(None)

    async def _dispatch_message(self, message: Message) -> None:
        if not (self.is_left and isinstance(message, Input.Submitted | Button.Pressed)):
            await super()._dispatch_message(message)
