"""The time-weighted average of recorded mids: what a sale's average price is compared with."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from desk.units import Price, ratio

Mids = Sequence[tuple[datetime, Price]]
_TOLERATED_GAP = 20
"""A twentieth of the window may pass before the first recorded mid; with less on record there is no average."""


def time_weighted(mids: Mids, start: datetime, end: datetime) -> Price | None:
    """The mean of the mids between two moments, each holding until the next; None where the record starts too late.

    `mids` are (time, mid), oldest first.
    """
    if end <= start:
        return None
    before = [point for point in mids if point[0] <= start][-1:]
    inside = [point for point in mids if start < point[0] < end]
    points = [(max(at, start), mid) for at, mid in (*before, *inside)]
    if not points or points[0][0] - start > (end - start) / _TOLERATED_GAP:
        return None
    points[0] = (start, points[0][1])
    ends = [*points[1:], (end, points[-1][1])]
    weighted = sum((mid * _us(until - at) for (at, mid), (until, _) in zip(points, ends, strict=True)), Decimal(0))
    return Price(ratio(weighted, _us(end - start)))


def thinned(mids: Mids, since: datetime, most: int) -> tuple[tuple[datetime, Price], ...]:
    """About `most` of the mids since then, the last of each equal stretch of time, the newest always among them."""
    recent = [point for point in mids if point[0] >= since]
    if len(recent) <= most:
        return tuple(recent)
    start, span = recent[0][0], _us(recent[-1][0] - recent[0][0]) or 1
    newest = {_us(at - start) * most // span: (at, mid) for at, mid in recent}
    return tuple(newest.values())


def _us(span: timedelta) -> int:
    return span // timedelta(microseconds=1)
