"""A market for each exchange: a mid that walks, a visible book, takers; moved on a second at a time, by seed."""

from __future__ import annotations

import random
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from desk.units import Price, Sats
from desk.venues.model import Book, Level
from tests.faults.simulated.plan import MID_TICKS, VenuePlan

TICK = Decimal("0.1")
_LEVELS = 3
_BELOW = 60_000


@lru_cache(maxsize=200_000)
def price_of(ticks: int) -> Price:
    return Price(TICK * ticks)


class Market:
    """Ticks, not decimals: `bid` and `ask` are whole numbers of them."""

    def __init__(self, venue: VenuePlan, draws: random.Random) -> None:
        self._venue = venue
        self._draws = draws
        self._mid = MID_TICKS
        self._spread = draws.choice((1, 2, 6))
        self.depth = venue.depth
        self.second = -1
        self.step()

    def weather(self, now_s: float) -> set[str]:
        """What is wrong now, if anything."""
        return {one.kind for one in self._venue.weather if one.begins <= now_s < one.ends}

    def step(self) -> None:
        """One second later."""
        self.second += 1
        self.kinds = self.weather(float(self.second))
        drift = -40 if "falling" in self.kinds else 0
        self._mid += self._draws.choice((-8, -3, -1, 0, 0, 1, 3, 8)) + drift
        self.shift = -_BELOW if "below floor" in self.kinds else 0
        self.bid = self._mid + self.shift - self._spread // 2
        self.ask = self.bid + self._spread
        self.shown = self.depth // 50_000 if "thin" in self.kinds else self.depth
        self.has_taker = "no bids" not in self.kinds and self._draws.random() < self._venue.takes
        self.share = self._draws.choice((0.1, 0.5, 1.0, 1.0))

    def book(self, observed: float, at: datetime) -> Book:
        """What is shown."""
        bid = self.ask + 3 if "crossed" in self.kinds else self.bid
        level = Sats(self.shown)
        bids = tuple(Level(price_of(bid - n), level) for n in range(_LEVELS))
        asks = tuple(Level(price_of(self.ask + n), level) for n in range(_LEVELS))
        return Book(() if "no bids" in self.kinds else bids, asks, observed, at)

    def takes(self, limit_ticks: int, quantity: int) -> list[tuple[int, int]]:
        """What the bids give for a sell down to a limit: (ticks, satoshis), best first; depth may have vanished."""
        if "no bids" in self.kinds:
            return []
        left = self._draws.random() if self._draws.random() < self._venue.vanishing else 1.0
        given, level = [], int(self.shown * left)
        for n in range(_LEVELS):
            taken = min(quantity, level)
            if self.bid - n < limit_ticks or taken <= 0:
                break
            given.append((self.bid - n, taken))
            quantity -= taken
        return given
