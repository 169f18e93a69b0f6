"""The order book: price-time priority, exact integers, one queue per price.

Street orders (the market's own) and accounts' orders stand in the same queues, so that a resting order is filled only
after everything that was there before it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Iterator

from desk.paper.orders import Order, Side

_PURGE_AT = 64


class Resting:
    """A quantity waiting at a price. `order` is None for the street; `left` 0 means it is gone."""

    __slots__ = ("left", "order", "side", "ticks")

    def __init__(self, side: Side, ticks: int, left: int, order: Order | None = None) -> None:
        self.side = side
        self.ticks = ticks
        self.left = left
        self.order = order


class Level:
    """One price: its queue in order of arrival and the sum of what is left in it."""

    __slots__ = ("queue", "ticks", "total")

    def __init__(self, ticks: int) -> None:
        self.ticks = ticks
        self.queue: deque[Resting] = deque()
        self.total = 0


class Half:
    """One side of the book. Keys are prices signed so that the smallest key is always the best price."""

    __slots__ = ("keys", "levels", "side", "sign")

    def __init__(self, side: Side) -> None:
        self.side = side
        self.sign = 1 if side is Side.SELL else -1
        self.keys: list[int] = []
        self.levels: dict[int, Level] = {}

    @property
    def best(self) -> int | None:
        """The best price in ticks, or None on an empty side."""
        return self.keys[0] * self.sign if self.keys else None

    def add(self, resting: Resting) -> None:
        key = resting.ticks * self.sign
        level = self.levels.get(key)
        if level is None:
            level = self.levels[key] = Level(resting.ticks)
            self.keys.insert(bisect_left(self.keys, key), key)
        elif len(level.queue) >= _PURGE_AT:
            level.queue = deque(entry for entry in level.queue if entry.left)
        level.queue.append(resting)
        level.total += resting.left

    def reduce(self, resting: Resting, sats: int) -> None:
        """Takes `sats` off a resting quantity: traded or withdrawn. An empty level disappears."""
        key = resting.ticks * self.sign
        level = self.levels[key]
        resting.left -= sats
        level.total -= sats
        if level.total == 0:
            del self.levels[key]
            del self.keys[bisect_left(self.keys, key)]

    def head(self) -> Resting | None:
        """Who trades next on this side."""
        if not self.keys:
            return None
        queue = self.levels[self.keys[0]].queue
        while not queue[0].left:
            queue.popleft()
        return queue[0]

    def entries(self) -> Iterator[Resting]:
        """Everything resting, best price first, then in order of arrival."""
        for key in self.keys:
            yield from (entry for entry in self.levels[key].queue if entry.left)

    def depth(self, count: int) -> list[tuple[int, int]]:
        """The best `count` prices with what rests there: (ticks, sats)."""
        levels = self.levels
        return [(levels[key].ticks, levels[key].total) for key in self.keys[:count]]

    def reachable(self, wanted: int) -> list[tuple[int, int]]:
        """What taking `wanted` at any price would get, and where: (ticks, sats), best price first."""
        found: list[tuple[int, int]] = []
        for key in self.keys:
            if wanted == 0:
                break
            level = self.levels[key]
            part = min(wanted, level.total)
            found.append((level.ticks, part))
            wanted -= part
        return found

    def ahead(self, resting: Resting) -> int:
        """What stands before `resting` at its own price."""
        total = 0
        for entry in self.levels[resting.ticks * self.sign].queue:
            if entry is resting:
                return total
            total += entry.left
        raise LookupError("not resting at its price")


class Book:
    """Both sides. It never stays crossed: who would cross trades first."""

    __slots__ = ("asks", "bids")

    def __init__(self) -> None:
        self.bids = Half(Side.BUY)
        self.asks = Half(Side.SELL)

    def half(self, side: Side) -> Half:
        return self.bids if side is Side.BUY else self.asks

    def would_cross(self, side: Side, ticks: int) -> bool:
        """Whether an order of `side` at `ticks` would trade at once."""
        best = self.half(side.other).best
        return best is not None and (ticks >= best if side is Side.BUY else ticks <= best)
