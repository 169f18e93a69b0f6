"""Which slice is worked now, and which are over: the cumulative curve decides, a slice alone never does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate

from desk.sale.records import Slice, SliceState
from desk.units import Sats, btc_text

OVER = (SliceState.DONE, SliceState.MISSED)


@dataclass(frozen=True, slots=True)
class SliceMove:
    """A slice's new state, with the reason where one is worth saying."""

    slice_id: str
    state: SliceState
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Current:
    """The slice to be worked: from when to when, and what is planned from it to the end, itself included."""

    slice: Slice
    begins: datetime
    ends: datetime
    planned_ahead: Sats


def slice_moves(
    slices: Sequence[Slice], filled: Sats, now: datetime, *, latest_due: datetime, closes: datetime, smallest: Sats
) -> list[SliceMove]:
    """The slices whose state is to change. Over is what the curve has passed; done where the curve was met by then.

    `latest_due`: what falls due later is due then (nothing could be sent any more). A lack below `smallest` is none.
    """
    moves = []
    for index, (one, total) in enumerate(zip(slices, accumulate(s.planned for s in slices), strict=True)):
        if one.state in OVER:
            continue
        lack = total - filled
        if lack <= 0 or (lack < smallest and _end(slices, index, latest_due, closes) <= now):
            moves.append(SliceMove(one.id, SliceState.DONE))
        elif _end(slices, index, latest_due, closes) <= now:
            moves.append(SliceMove(one.id, SliceState.MISSED, f"{btc_text(lack)} BTC behind the curve at its end"))
        elif one.state is SliceState.PENDING and min(one.due, latest_due) <= now:
            moves.append(SliceMove(one.id, SliceState.DUE))
    return moves


def current_slice(
    slices: Sequence[Slice], now: datetime, *, latest_due: datetime, closes: datetime
) -> Current | None:
    """The first slice that is due and not over, or None."""
    ahead = int(sum(s.planned for s in slices))
    for index, one in enumerate(slices):
        begins = min(one.due, latest_due)
        if one.state not in OVER and _end(slices, index, latest_due, closes) > now:
            if begins > now:
                return None
            return Current(one, begins, _end(slices, index, latest_due, closes), Sats(ahead))
        ahead -= one.planned
    return None


def _end(slices: Sequence[Slice], index: int, latest_due: datetime, closes: datetime) -> datetime:
    """When the next slice is due, at the latest: one that waited for a due that comes too late would hold it up."""
    return min(slices[index + 1].due, latest_due) if index + 1 < len(slices) else closes
