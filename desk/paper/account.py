"""What one account has at the exchange: balances, what open orders hold, and its 30-day volume."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

THIRTY_DAYS = 30 * 86_400 * 1_000_000


@dataclass(slots=True)
class Account:
    """Base in satoshis, quote in atoms; held is the part of the balance that open orders keep."""

    name: str
    base: int
    quote: int
    base_held: int = 0
    quote_held: int = 0
    _recent: deque[tuple[int, int]] = field(default_factory=deque)
    _volume: int = 0

    @property
    def base_free(self) -> int:
        return self.base - self.base_held

    @property
    def quote_free(self) -> int:
        return self.quote - self.quote_held

    def traded(self, at: int, cost: int) -> None:
        """Counts `cost` atoms traded at desk time `at` towards the fee tier."""
        self._recent.append((at, cost))
        self._volume += cost

    def volume(self, now: int) -> int:
        """Atoms traded in the thirty days before `now` (desk microseconds)."""
        while self._recent and self._recent[0][0] <= now - THIRTY_DAYS:
            self._volume -= self._recent.popleft()[1]
        return self._volume
