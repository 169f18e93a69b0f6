"""Published months and what does not add up in them: named, never evened out (P9)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from desk.treasury.records import PublishedMonth
from desk.units import Sats

ROUNDING = Sats(10_000_000)
"""Figures are published to a tenth of a bitcoin; up to so much is rounding."""


@dataclass(frozen=True, slots=True)
class Difference:
    """opening + produced − sold − close of one month, in satoshis; positive is coins that left without a word."""

    month: str
    sats: Sats

    @property
    def is_rounding(self) -> bool:
        return abs(self.sats) <= ROUNDING


def differences(months: Iterable[PublishedMonth]) -> tuple[Difference, ...]:
    """Every month that does not lead from its predecessor's close to its own; missing months are skipped."""
    ordered = sorted(months, key=lambda month: month.month)
    found = []
    for before, month in pairwise(ordered):
        if _next(before.month) != month.month:
            continue
        left = before.held + month.produced - month.sold - month.held
        if left:
            found.append(Difference(month.month, Sats(left)))
    return tuple(found)


def _next(month: str) -> str:
    year, number = (int(part) for part in month.split("-"))
    return f"{year + number // 12}-{number % 12 + 1:02d}"
