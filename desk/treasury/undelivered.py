"""Coins sold outside the venues that are still to be delivered: out of the books, and still where they were.

A block sale leaves lots and books when it is made, and the place on the day it settles. Between the two its coins are
seen at the place and are nobody's to sell: what is there = what the books have + what is sold and to be delivered.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from desk.treasury.coin_records import BlockSale
from desk.treasury.months import end_of
from desk.units import ZERO, Sats


@dataclass(frozen=True, slots=True)
class Undelivered:
    """One block sale whose coins are delivered later than they are sold."""

    id: str
    place: str
    sats: Sats
    sold: datetime
    by: date

    def is_open(self, at: datetime) -> bool:
        """Sold, and the day of delivery is not over."""
        return self.sold <= at < end_of(self.by)


def deliveries(blocks: Iterable[BlockSale], since: datetime | None = None) -> tuple[Undelivered, ...]:
    """Every block sale from `since` (the books' beginning) on that has a day of delivery, by that day."""
    found = [
        Undelivered(one.id, one.place, one.sats, one.executed, one.settles)
        for one in blocks
        if one.settles is not None and (since is None or one.executed >= since)
    ]
    return tuple(sorted(found, key=lambda one: (one.by, one.id)))


def owed_at(found: Iterable[Undelivered], place: str, at: datetime) -> Sats:
    """Coins at a place at that moment that somebody else has bought."""
    return Sats(sum(one.sats for one in found if one.place == place and one.is_open(at)))


def unexplained(gap: Sats, owed: Sats) -> Sats:
    """Books less observation, beyond what is sold there and to be delivered: what went early is gone already."""
    return ZERO if not gap else Sats(gap + owed)
