"""The events the log holds: the newest of every picture, joined with the pages that were read back from there.

Only what is known to be without a hole is shown: where more happened between two pictures than one of them carries,
the page in between has to be read first.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from desk.snapshot.model import EventView
from widgets import tables
from widgets.picture import Picture
from widgets.rows import MOST, Row

MOST_HELD = 10_000
"""Events a screen keeps; whoever needs to look further back exports."""


class HeldEvents:
    """Events linked each to the next older one. `reach` goes from the newest as far back as the links do."""

    def __init__(self) -> None:
        self._known: dict[int, EventView] = {}
        self._older: dict[int, int] = {}
        self._oldest: int | None = None
        self.reach: tuple[EventView, ...] = ()

    def add(self, found: Sequence[EventView], before: int | None = None, *, is_end: bool = False) -> bool:
        """Take in events that follow each other, newest first; whether that changed what is held.

        `before` is the event the page was read back from; `is_end` where there is nothing older than the page.
        """
        line = ([before] if before is not None else []) + [event.seq for event in found]
        if is_end and line:
            self._oldest = line[-1]
        if all(event.seq in self._known for event in found) and all(
            self._older.get(newer) == older for newer, older in pairwise(line)
        ):
            return is_end
        self._known |= {event.seq: event for event in found}
        self._older |= dict(pairwise(line))
        self.reach = tuple(self._walk())
        if len(self._known) > 2 * MOST_HELD:
            self._forget()
        return True

    def _forget(self) -> None:
        """Let go of what lies furthest back: a screen may stay open for weeks."""
        self.reach = self.reach[:MOST_HELD]
        self._known = {event.seq: event for event in self.reach}
        self._older = {newer.seq: older.seq for newer, older in pairwise(self.reach)}

    def _walk(self) -> list[EventView]:
        at: int | None = max(self._known, default=None)
        found = []
        while at is not None and at in self._known:
            found.append(self._known[at])
            at = self._older.get(at)
        return found

    @property
    def asks_before(self) -> int | None:
        """Where the next page has to be read back from; None where all is here, or as much as may be."""
        if not self.reach or self.reach[-1].seq == self._oldest or len(self._known) >= MOST_HELD:
            return None
        return self.reach[-1].seq

    @property
    def has_hole(self) -> bool:
        """Whether older events are held that the newest are not joined with yet."""
        return len(self.reach) < len(self._known)

    @property
    def is_whole(self) -> bool:
        """Whether the first event there ever was is among them."""
        return bool(self.reach) and self.reach[-1].seq == self._oldest


class EventRows:
    """The rows of held events that a table shows: a window over those that match, formatted once each."""

    def __init__(self) -> None:
        self._rows: dict[int, Row] = {}
        self._is_narrow = False
        self._asked: tuple[tuple[EventView, ...], str, bool] | None = None
        self._matching: list[Row] = []
        self._first: int | None = None
        """The event of the first row shown; None: the newest, whichever that is."""

    def window(self, picture: Picture, reach: tuple[EventView, ...], words: str, is_narrow: bool) -> list[Row]:
        """At most 500 rows: more would cost seconds."""
        if self._asked is None or self._asked[1] != words:
            self._first = None
        if self._asked is None or self._asked[0] is not reach or self._asked[1:] != (words, is_narrow):
            self._asked = (reach, words, is_narrow)
            self._matching = tables.matching(self._formatted(picture, reach, is_narrow), words)
        begin = self._begin()
        return self._matching[begin : begin + MOST]

    def _formatted(self, picture: Picture, reach: tuple[EventView, ...], is_narrow: bool) -> list[Row]:
        if is_narrow != self._is_narrow or len(self._rows) > 2 * MOST_HELD:
            self._rows, self._is_narrow = {}, is_narrow
        fresh = [event for event in reach if event.seq not in self._rows]
        for at in range(0, len(fresh), MOST):
            self._rows |= {int(row[0]): row for row in tables.events(picture, fresh[at : at + MOST], is_narrow)}
        return [self._rows[event.seq] for event in reach]

    def _begin(self) -> int:
        if self._first is None:
            return 0
        return next((at for at, row in enumerate(self._matching) if int(row[0]) <= (self._first or 0)), 0)

    def go_on(self, last: int) -> bool:
        """Move the window towards older rows; False where `last` is the oldest of those that match."""
        if not self._matching or int(self._matching[-1][0]) == last:
            return False
        return self._move(self._begin() + MOST // 2)

    def go_back(self) -> bool:
        """Move the window towards newer rows; False where it shows the newest."""
        begin = self._begin()
        if not begin:
            self._first = None
            return False
        return self._move(max(begin - MOST // 2, 0))

    def _move(self, begin: int) -> bool:
        self._first = int(self._matching[begin][0]) if begin else None
        return True
