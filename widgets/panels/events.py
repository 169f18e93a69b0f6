"""What happened last."""

from __future__ import annotations

from textual.content import Content

from desk.snapshot.model import EventView
from widgets.layout import Lines, cut
from widgets.picture import Picture
from widgets.words import HARM, MUTED, hms, say

LOUD = ("halt", "alarm", "refused", "unknown", "break")
EMPTY = say("nothing happened yet", MUTED)


def newest(picture: Picture) -> list[EventView]:
    """Events of the snapshot, newest first."""
    return sorted(picture.snapshot.events, key=lambda event: event.seq, reverse=True)


def lines(picture: Picture, width: int) -> Lines:
    """One line an event, newest first; the panel shows as many as there is room for."""
    return [cut(_line(picture, event), width) for event in newest(picture)[:40]] or [EMPTY]


def is_loud(event: EventView) -> bool:
    return any(word in event.kind for word in LOUD)


def _line(picture: Picture, event: EventView) -> Content:
    kind = say(f"{event.kind:<18.18} ", HARM if is_loud(event) else "")
    return say(f"{hms(picture, event.at)}  ", MUTED) + kind + say(event.text) + say(_about(event), MUTED)


def _about(event: EventView) -> str:
    """The subject, where the text does not name it already."""
    return "" if event.subject in event.text else f"  {event.subject}"
