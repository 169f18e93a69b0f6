"""What a day's blocks met where the difficulty changed within it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from desk.units import ratio

_DAY = timedelta(days=1)


def mean_difficulty(changes: Sequence[tuple[datetime, Decimal]], day: date) -> Decimal | None:
    """The mean of a UTC day, harmonic and weighted by time; None where it began before the first known change.

    `changes`: from when on which difficulty, oldest first.
    """
    begins = datetime(day.year, day.month, day.day, tzinfo=UTC)
    ends = begins + _DAY
    before = [difficulty for at, difficulty in changes if at <= begins]
    if not before:
        return None
    steps = [(begins, before[-1]), *((at, difficulty) for at, difficulty in changes if begins < at < ends)]
    if len(steps) == 1:
        return before[-1]
    untils = [*(at for at, _ in steps[1:]), ends]
    parts = [
        ratio(Decimal((until - at) // timedelta(seconds=1)), difficulty)
        for (at, difficulty), until in zip(steps, untils, strict=True)
    ]
    return ratio(86_400, sum(parts, Decimal(0))).quantize(Decimal(1))
