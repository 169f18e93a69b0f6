"""What only a person can move on."""

from __future__ import annotations

from textual.content import Content

from desk.snapshot.model import WaitingItem
from widgets.layout import cut, fitting
from widgets.picture import Picture
from widgets.words import HARM, MUTED, STRONG, say, until

HARMFUL = {"margin", "alarm", "halt"}
NOTHING = say("nothing waits for you", MUTED)


def full(picture: Picture, item: WaitingItem, width: int) -> Content:
    """Two lines: what it is; what it needs and how long there is."""
    detail = fitting([say(item.detail, MUTED), say(_due(picture, item), MUTED)], width)
    return cut(_head(item), width) + Content("\n") + detail


def short(picture: Picture, item: WaitingItem, width: int) -> Content:
    """One line."""
    left = "" if item.due is None else until(item.due, picture.snapshot.taken)
    return fitting([_head(item), say(item.detail, MUTED), say(left, MUTED)], width)


def _head(item: WaitingItem) -> Content:
    style = HARM if item.kind in HARMFUL else STRONG
    label = "" if item.kind != "sale" or item.title.startswith(item.ref) else f"{item.ref} "
    return say(label, style) + say(item.title, "" if label else style)


def _due(picture: Picture, item: WaitingItem) -> str:
    return "" if item.due is None else f"expires {until(item.due, picture.snapshot.taken)}"
