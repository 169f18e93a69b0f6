"""A schedule becomes slices: seeded, exact to the satoshi, on the lot, none below the venue's minimum."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate, pairwise

from desk.sale.draws import Draws
from desk.sale.records import Slice, SliceState
from desk.sale.terms import Schedule, Terms
from desk.units import Sats, btc_text

WHOLE = 10_000
MAX_SLICES = 5_000


class ScheduleRefused(ValueError):
    """A quantity that cannot be cut as asked; the message says what would be right."""


@dataclass(frozen=True, slots=True)
class PlannedSlice:
    """One step of a plan. `offset` counts desk time from the opening of the window."""

    index: int
    offset: timedelta
    planned: Sats


def plan(schedule: Schedule, quantity: Sats, over: timedelta, lot: Sats, minimum: Sats) -> tuple[PlannedSlice, ...]:
    """The slices of `quantity`: multiples of `lot`, none below `minimum`, sum exact; each time inside its interval.

    Sizes lie within the size jitter of an even share but for lot rounding and the minimum. Raises ScheduleRefused.
    """
    _check(schedule, quantity, over, lot, minimum)
    sizes = _sizes(schedule, quantity, lot, minimum)
    offsets = _offsets(schedule, over)
    return tuple(PlannedSlice(i, offset, size) for i, (offset, size) in enumerate(zip(offsets, sizes, strict=True)))


def slice_id(sale_id: str, index: int) -> str:
    """How a slice is named: S-2026-0001/07."""
    return f"{sale_id}/{index:02d}"


def slices_of(terms: Terms, steps: Iterable[PlannedSlice]) -> tuple[Slice, ...]:
    """The plan as pending rows. Without an opening time the dues are those of the latest opening."""
    start = terms.window.opens or terms.window.open_by
    return tuple(
        Slice(
            slice_id(terms.sale_id, s.index),
            terms.sale_id,
            s.index,
            start + s.offset,
            s.planned,
            Sats(0),
            SliceState.PENDING,
            s.offset,
        )
        for s in steps
    )


@dataclass(frozen=True, slots=True)
class TargetCurve:
    """What should be sold by when: (due, cumulative satoshis), rising in both. Flat between its steps."""

    steps: tuple[tuple[datetime, Sats], ...]

    def __post_init__(self) -> None:
        for (earlier, less), (later, more) in pairwise(self.steps):
            if later < earlier or more < less:
                raise ValueError("a target curve never falls")

    @classmethod
    def of(cls, slices: Iterable[Slice]) -> TargetCurve:
        """The curve of a sale's slices, by their due times."""
        ordered = sorted(slices, key=lambda s: s.index)
        totals = accumulate(s.planned for s in ordered)
        return cls(tuple((s.due, Sats(total)) for s, total in zip(ordered, totals, strict=True)))

    @property
    def total(self) -> Sats:
        return self.steps[-1][1] if self.steps else Sats(0)

    def target(self, now: datetime) -> Sats:
        """What should be sold or on its way at `now`."""
        passed = bisect_right(self.steps, now, key=lambda step: step[0])
        return self.steps[passed - 1][1] if passed else Sats(0)

    def next_due(self, now: datetime) -> datetime | None:
        """When the target rises next, or None after the last step."""
        passed = bisect_right(self.steps, now, key=lambda step: step[0])
        return self.steps[passed][0] if passed < len(self.steps) else None

    def brought_forward(self, latest: datetime) -> TargetCurve:
        """The same curve with every step at `latest` at the latest: what is due too late to be sent is due then."""
        return TargetCurve(tuple((min(due, latest), total) for due, total in self.steps))


def _check(schedule: Schedule, quantity: Sats, over: timedelta, lot: Sats, minimum: Sats) -> None:
    if not 1 <= schedule.slices <= MAX_SLICES:
        raise ScheduleRefused(f"{schedule.slices} slices; use 1 … {MAX_SLICES}")
    if over <= timedelta(0):
        raise ScheduleRefused(f"a window of {over} has no length; give it a positive one")
    if not (0 <= schedule.size_jitter_bps < WHOLE and 0 <= schedule.time_jitter_bps <= WHOLE):
        raise ScheduleRefused(f"jitters lie between 0 and {WHOLE} basis points")
    if quantity <= 0 or quantity % lot:
        raise ScheduleRefused(f"{btc_text(quantity)} BTC is not a positive multiple of the lot {btc_text(lot)} BTC")
    least = _lots_up(minimum, lot)
    if schedule.slices * least * lot > quantity:
        fit = quantity // (least * lot)
        raise ScheduleRefused(
            f"{schedule.slices} slices of {btc_text(quantity)} BTC would fall below the venue's minimum of "
            f"{btc_text(least * lot)} BTC; "
            + (f"use at most {fit} slice{'s' if fit != 1 else ''}" if fit else "sell more")
        )


def _sizes(schedule: Schedule, quantity: Sats, lot: Sats, minimum: Sats) -> list[Sats]:
    """Even shares with antithetic jitter, cut on the cumulative curve, so that rounding never drifts."""
    weights = _weights(schedule)
    lots, whole = quantity // lot, sum(weights)
    marks = [lots * reached // whole for reached in accumulate(weights)]
    cut = [marks[0], *(b - a for a, b in pairwise(marks))]
    _raise_to(cut, max(1, _lots_up(minimum, lot)))
    return [Sats(size * lot) for size in cut]


def _weights(schedule: Schedule) -> list[int]:
    """Weights that sum to exactly 10,000 a slice: each draw is added to one slice and taken from another."""
    draws = Draws(schedule.seed, "sizes")
    places = list(range(schedule.slices))
    draws.shuffle(places)
    weights = [WHOLE] * schedule.slices
    for one, other in zip(places[::2], places[1::2], strict=False):
        shift = draws.below(2 * schedule.size_jitter_bps + 1) - schedule.size_jitter_bps
        weights[one] += shift
        weights[other] -= shift
    return weights


def _raise_to(cut: list[int], least: int) -> None:
    """Lifts sizes below `least` to it, at the expense of the largest. There is enough: `_check` saw to it."""
    for index, size in enumerate(cut):
        missing = least - size
        while missing > 0:
            giver = max(range(len(cut)), key=cut.__getitem__)
            given = min(missing, cut[giver] - least)
            cut[giver] -= given
            cut[index] += given
            missing -= given


def _offsets(schedule: Schedule, over: timedelta) -> list[timedelta]:
    """One time in each of the equal intervals, at most the jitter's share of it late."""
    draws = Draws(schedule.seed, "times")
    length = over // timedelta(microseconds=1)
    offsets = []
    for index in range(schedule.slices):
        begins, ends = length * index // schedule.slices, length * (index + 1) // schedule.slices
        slack = (ends - begins) * schedule.time_jitter_bps // WHOLE
        offsets.append(timedelta(microseconds=begins + (draws.below(slack) if slack > 0 else 0)))
    return offsets


def _lots_up(amount: Sats, lot: Sats) -> int:
    return -(-amount // lot)
