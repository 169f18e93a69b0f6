"""What only a person can move on."""

from __future__ import annotations

from textual.content import Content

from desk.snapshot.model import WaitingItem
from widgets.layout import cut, fitting, joined
from widgets.picture import Picture
from widgets.words import HARM, MUTED, STRONG, say, until

HARMFUL = {"margin", "covenant", "alarm", "halt"}
NOTHING = say("nothing waits for you", MUTED)


def full(picture: Picture, item: WaitingItem, width: int) -> Content:
    """Two lines: what it is; what it needs and how long there is."""
    detail = _rest([say(item.detail, MUTED), say(_due(picture, item), MUTED)], width)
    return cut(_head(item), width) + Content("\n") + detail


def short(picture: Picture, item: WaitingItem, width: int) -> Content:
    """One line."""
    head = cut(_head(item), width)
    rest = _rest([say(item.detail, MUTED), say(_due(picture, item), MUTED)], width - head.cell_length - 3)
    return joined([head, rest])


def _head(item: WaitingItem) -> Content:
    style = HARM if item.kind in HARMFUL else STRONG
    label = item.ref if item.kind == "sale" else item.kind
    if label.lower() in item.title.lower():
        return say(item.title, style)
    return say(f"{label} ", style) + say(item.title, style if item.kind in HARMFUL else "")


def _due(picture: Picture, item: WaitingItem) -> str:
    return "" if item.due is None else until(item.due, picture.snapshot.taken)


def _rest(parts: list[Content], width: int) -> Content:
    """Detail and time left; where both do not fit, the detail as far as it goes."""
    return fitting(parts, width) if width > 8 else say("")
