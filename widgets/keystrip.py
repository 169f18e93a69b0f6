"""The key strip: where you are, what can be done here, and always how to stop."""

from __future__ import annotations

from textual import events
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget

from widgets.commands import DESK_ACTS, LOTS, MODE_COMMANDS, MODES, OTHERS, SALE_ACTS, Command
from widgets.words import ACCENT, HARM, MUTED, STRONG, say

ACTS = (*SALE_ACTS, OTHERS[0], LOTS, *DESK_ACTS, OTHERS[1])
LAST_DROPPED = ("halt", "help")
FIRST_DROPPED = ("lots", "terms", "stage", "reject", "cancel_sale", "rearm", "resume", "pause", "approve")
"""What yields when there is no room, in this order; halt and help never do."""

BACK = Command("page.back", "escape", "back", "back", "Leave what is open")
LEAVING = ("leave", "dismiss", "escape")
"""What the screens that open on top call going back."""

Part = tuple[Content, Command]


class KeyStrip(Widget):
    """One line that always fits: modes shrink to their numbers before acts are left out. Each part can be clicked."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._places: list[tuple[int, int, str]] = []
        self._keys: dict[str, str] = {}

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, lambda _screen: self.refresh())

    def on_click(self, event: events.Click) -> None:
        for start, end, action in self._places:
            if start <= event.x < end:
                self.call_later(self.app.run_action, action)

    def render(self) -> Content:
        width = self.size.width
        on_top = self.app.screen
        if on_top is not self.screen:
            return self._lay([], 0, self._of_modal(on_top), width)
        active = [found.binding for found in self.screen.active_bindings.values() if found.enabled]
        self._keys = {binding.action: shown_key(self.app.get_key_display(binding)) for binding in reversed(active)}
        acts = [command for command in ACTS if command.action in self._keys]
        for is_named, dropped in [
            (True, 0),
            (True, 1),
            (True, 2),
            *((False, some) for some in range(len(FIRST_DROPPED) + 1)),
        ]:
            kept = [self._act(command) for command in acts if command.action not in FIRST_DROPPED[:dropped]]
            modes = [self._mode(command, is_named) for command in MODE_COMMANDS]
            gap = 2 if is_named else 1
            if _length(modes, gap) + _length(kept, 2) + 4 <= width:
                return self._lay(modes, gap, kept, width)
        return self._lay([], 0, [self._act(command) for command in acts if command.action in LAST_DROPPED], width)

    def _of_modal(self, on_top: Screen[object]) -> list[Part]:
        """What still works under a question: help, halt, and the way out."""
        self._keys = {}
        for found in on_top.active_bindings.values():
            if found.enabled:
                key = shown_key(self.app.get_key_display(found.binding))
                action = found.binding.action.removeprefix("app.")
                self._keys.setdefault(BACK.action if action in LEAVING else action, key)
        return [self._act(command) for command in (*ACTS, BACK) if command.action in self._keys]

    def _lay(self, modes: list[Part], gap: int, acts: list[Part], width: int) -> Content:
        """Modes on the left, acts on the right; remembers where each stands, for the mouse."""
        line, self._places = Content(" "), []
        for group, between in ((modes, gap), (acts, 2)):
            if group is acts:
                line = line.pad_right(max(width - 1 - line.cell_length - _length(acts, 2), 1))
            for at, (text, command) in enumerate(group):
                line = line.pad_right(between if at else 0)
                self._places.append((line.cell_length, line.cell_length + text.cell_length, command.action))
                line = line + text
        return line

    def _mode(self, command: Command, is_named: bool) -> Part:
        is_here = self.app.current_mode == MODES[MODE_COMMANDS.index(command)]
        text = say(self._key(command), ACCENT if is_here else MUTED)
        if is_named or is_here:
            text = text + say(f" {command.word}", f"{STRONG} {ACCENT}" if is_here else "")
        return text, command

    def _act(self, command: Command) -> Part:
        loud = command.action == "halt"
        return say(self._key(command), HARM if loud else MUTED) + say(
            f" {command.word}", HARM if loud else ""
        ), command

    def _key(self, command: Command) -> str:
        """The key as it is now, whatever it was remapped to."""
        return self._keys.get(command.action, shown_key(command.keys.split(",")[0]))


def _length(parts: list[Part], gap: int) -> int:
    return sum(text.cell_length for text, _ in parts) + gap * max(len(parts) - 1, 0)


def shown_key(key: str) -> str:
    """Function keys are written large, as they are on keyboards."""
    return key.upper() if key[:1] == "f" and key[1:].isdigit() else key
