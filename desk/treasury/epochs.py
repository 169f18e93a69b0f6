"""The network's difficulty epochs (2016 blocks), told from the days on which the difficulty changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from desk.treasury.records import NetworkDay
from desk.units import Bps, bps_between

SAME = Decimal("0.0001")
"""Means of a day jitter in their last digits; a smaller difference than this share is the same difficulty."""


@dataclass(frozen=True, slots=True)
class Epoch:
    """Days of one difficulty. `first` is the day it began on, `change` against the one before, None for the first.

    The day of a change has met two difficulties; it is counted with the epoch that it begins. `is_cut`: the record
    begins in it, so that nobody can say from it when the epoch began.
    """

    first: date
    last: date
    difficulty: Decimal
    change: Bps | None
    days: tuple[NetworkDay, ...]
    is_cut: bool = False

    def holds(self, day: date) -> bool:
        return self.first <= day <= self.last


def epochs(days: Iterable[NetworkDay]) -> tuple[Epoch, ...]:
    """Epochs, oldest first; the first is cut off where the record begins, the last where it ends."""
    groups = _with_changes(_grouped(sorted(days, key=lambda one: one.day)))
    found: list[Epoch] = []
    for group in groups:
        difficulty = group[-1].difficulty
        change = bps_between(difficulty, found[-1].difficulty) if found else None
        found.append(Epoch(group[0].day, group[-1].day, difficulty, change, tuple(group), is_cut=not found))
    return tuple(found)


def epoch_of(found: Sequence[Epoch], day: date) -> Epoch | None:
    """The epoch that a day belongs to, or None where the record does not reach."""
    return next((epoch for epoch in found if epoch.holds(day)), None)


def _grouped(days: Sequence[NetworkDay]) -> list[list[NetworkDay]]:
    groups: list[list[NetworkDay]] = []
    for one in days:
        if groups and _is_same(groups[-1][-1].difficulty, one.difficulty):
            groups[-1].append(one)
        else:
            groups.append([one])
    return groups


def _with_changes(groups: Sequence[list[NetworkDay]]) -> list[list[NetworkDay]]:
    """A single day between two difficulties is the day of a change; no epoch is that short."""
    found: list[list[NetworkDay]] = []
    begun: list[NetworkDay] = []
    for place, group in enumerate(groups):
        is_inside = 0 < place < len(groups) - 1
        if is_inside and len(group) == 1 and not begun and _lies_between(groups[place - 1], group, groups[place + 1]):
            begun = group
            continue
        found.append([*begun, *group])
        begun = []
    return found


def _lies_between(before: list[NetworkDay], group: list[NetworkDay], after: list[NetworkDay]) -> bool:
    low, high = sorted((before[-1].difficulty, after[0].difficulty))
    return low < group[0].difficulty < high


def _is_same(one: Decimal, other: Decimal) -> bool:
    return abs(one - other) <= SAME * max(one, other)
