"""What screens tell the app."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message
from textual.message_pump import MessagePump

from desk.snapshot.lots_view import LotsView
from desk.snapshot.model import DeskSnapshot, EventView, WaitingItem


@dataclass
class OpenSale(Message):
    """Show everything of this sale."""

    sale_id: str


@dataclass
class OpenItem(Message):
    """Open what waits."""

    item: WaitingItem


class FocusMoved(Message):
    """Another sale's details are wanted with the next picture."""


@dataclass
class SnapshotTaken(Message):
    """The worker brought a new picture; `asked` is when it began, monotonic seconds."""

    snapshot: DeskSnapshot
    asked: float


@dataclass
class SnapshotFailed(Message):
    """The worker could not build a picture; `problem` says why, in words."""

    problem: str


@dataclass
class EventsWanted(Message):
    """The page of the log older than the event `before` is wanted by `asker`."""

    before: int
    asker: MessagePump


@dataclass
class EventsRead(Message):
    """The worker brought a page of the log, read back from the event `before`."""

    events: tuple[EventView, ...]
    before: int


@dataclass
class EventsNotRead(Message):
    """No page of the log could be read; `problem` says why, in words."""

    problem: str


@dataclass
class LotsWanted(Message):
    """The lots are wanted by `asker`."""

    asker: MessagePump


@dataclass
class LotsRead(Message):
    """The worker worked the lots out."""

    view: LotsView


@dataclass
class LotsNotRead(Message):
    """The lots could not be worked out; `problem` says why, in words."""

    problem: str
