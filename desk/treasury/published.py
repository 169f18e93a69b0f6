"""Published months rolled forward, and what does not add up in them: named, never evened out (P9)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from desk.treasury.breaks import Break, BreakKind
from desk.treasury.coin_records import Explanation
from desk.treasury.months import last_day, next_month, start_of
from desk.treasury.records import PublishedMonth
from desk.treasury.rollforward import Amount, Entry, LineKind, Roll, roll
from desk.units import Money, Sats

ROUNDING = Sats(10_000_000)
"""Figures are published to a tenth of a bitcoin; up to so much may be rounding."""
_NOT_PUBLISHED = "the value is not published"


@dataclass(frozen=True, slots=True)
class Difference:
    """opening + produced − sold − close of one month, in satoshis; positive is coins that left without a word."""

    month: str
    sats: Sats

    @property
    def is_rounding(self) -> bool:
        return abs(self.sats) <= ROUNDING


@dataclass(frozen=True, slots=True)
class PublishedRoll:
    """One announced month: the statement that its own figures make, and the close that was announced beside it."""

    month: PublishedMonth
    roll: Roll
    explained: tuple[Explanation, ...]

    @property
    def difference(self) -> Sats:
        """What the announced figures do not account for, before any explanation."""
        left = self.roll.closing.sats - self.roll.line(LineKind.EXPLAINED).sats - self.month.held
        return Sats(left)

    @property
    def open(self) -> Sats:
        """The same after the explanations on record."""
        return Sats(self.roll.closing.sats - self.month.held)


def published_rolls(
    months: Iterable[PublishedMonth], explanations: Sequence[Explanation] = ()
) -> tuple[PublishedRoll, ...]:
    """Every month whose predecessor was published, too, rolled forward from the predecessor's announced close."""
    ordered = sorted(months, key=lambda month: month.month)
    return tuple(
        _rolled(before, month, [line for line in explanations if line.month == month.month and not line.place])
        for before, month in pairwise(ordered)
        if next_month(before.month) == month.month
    )


def published_breaks(rolls: Iterable[PublishedRoll]) -> tuple[Break, ...]:
    """The months that do not add up, explained or not."""
    return tuple(
        Break(
            BreakKind.PUBLISHED,
            one.month.month,
            one.month.month,
            one.difference,
            last_day(one.month.month),
            f"{one.month.month} as published",
            one.explained,
        )
        for one in rolls
        if one.difference
    )


def differences(months: Iterable[PublishedMonth]) -> tuple[Difference, ...]:
    """Every month that does not lead from its predecessor's close to its own; missing months are skipped."""
    return tuple(Difference(one.month.month, one.difference) for one in published_rolls(months) if one.difference)


def _rolled(before: PublishedMonth, month: PublishedMonth, lines: Sequence[Explanation]) -> PublishedRoll:
    at = start_of(last_day(month.month))
    stated = [(LineKind.MINED, month.produced), (LineKind.SOLD, Sats(-month.sold))]
    entries = [
        Entry(f"published-{month.month}", kind, at, "", sats, None, _NOT_PUBLISHED) for kind, sats in stated if sats
    ]
    entries += [explained_entry(line) for line in lines]
    opening = Amount(before.held, None, _NOT_PUBLISHED)
    return PublishedRoll(month, roll(month.month, opening, entries, None, _NOT_PUBLISHED), tuple(lines))


def explained_entry(line: Explanation) -> Entry:
    """The explanation as an entry of its day, by default its month's last: coins that left are below zero."""
    usd = None if line.usd is None else Money(-line.usd)
    missing = f"explanation {line.id} has no value" if usd is None else ""
    at = start_of(line.day or last_day(line.month))
    return Entry(line.id, LineKind.EXPLAINED, at, line.place, Sats(-line.sats), usd, missing, line.text)
