"""A market that plays back a recording: book.parquet and trades.parquet in the common replay format.

Recorded trades meet the book as it stood before their instant; recorded book changes set what the street shows at a
price, new quantity joining behind whoever waits there. A recording cannot react: what an account takes is missing
from the level it took for a while, and grows back. When the recording ends it starts over.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from desk.paper.book import Resting
from desk.paper.engine import Engine
from desk.paper.instrument import Instrument
from desk.paper.orders import OwnTrade, Side
from desk.paper.recording import RecordedTrade, Recording, read_recording

HALF_LIFE_S = 30.0
Key = tuple[Side, int]


class ReplayMarket:
    """One recording as a market; its first instant is the moment the exchange opens."""

    def __init__(self, folder: Path, instrument: Instrument, step_us: int) -> None:
        self.step_us = step_us
        self._recording: Recording = read_recording(folder, instrument)
        self._shown: dict[Key, int] = {}
        self._queues: dict[Key, list[Resting]] = {}
        self._eaten: dict[Key, float] = {}
        self._place = 0
        self._opened = 0
        self._fade = 0.5 ** (step_us / 1e6 / HALF_LIFE_S)

    def start(self, engine: Engine, now: int) -> None:
        self._opened = now
        self.step(engine, now)

    def felt(self, trade: OwnTrade) -> None:
        if not trade.is_maker:
            key = (trade.side.other, trade.ticks)
            self._eaten[key] = self._eaten.get(key, 0.0) + trade.sats

    def step(self, engine: Engine, now: int) -> None:
        moments = self._recording.moments
        if self._place >= len(moments):
            self._place, self._opened = 0, now
        waiting: dict[Key, int] = {}
        while self._place < len(moments) and moments[self._place].at <= now - self._opened:
            moment = moments[self._place]
            self._place += 1
            if moment.trades:
                self._show(engine, waiting, now)
                waiting = {}
                self._trade(engine, moment.trades, now)
            if moment.is_snapshot:
                waiting = dict.fromkeys(self._shown, 0)
            waiting.update(moment.levels)
        self._show(engine, waiting, now)
        self._heal(engine, now)

    def _trade(self, engine: Engine, trades: Iterable[RecordedTrade], now: int) -> None:
        for side, ticks, sats in trades:
            taken = engine.street_take(side, sats, ticks, now)
            if taken < sats:
                engine.street_print(side, ticks, sats - taken, now)

    def _show(self, engine: Engine, levels: dict[Key, int], now: int) -> None:
        """Brings prices to their recorded quantities: first what shrinks, so that nothing meets an outdated quote."""
        self._shown.update(levels)
        for key in levels:
            self._shrink(engine, key)
        for key in levels:
            self._grow(engine, key, now)

    def _wanted(self, key: Key) -> int:
        return max(0, self._shown.get(key, 0) - int(self._eaten.get(key, 0.0)))

    def _standing(self, key: Key) -> int:
        queue = [resting for resting in self._queues.get(key, ()) if resting.left]
        self._queues[key] = queue
        return sum(resting.left for resting in queue)

    def _shrink(self, engine: Engine, key: Key) -> None:
        """Withdraws from the back of the queue: nobody waiting gains a place that no trade made."""
        surplus = self._standing(key) - self._wanted(key)
        for resting in reversed(self._queues[key]):
            if surplus <= 0:
                break
            part = min(surplus, resting.left)
            engine.street_withdraw(resting, part)
            surplus -= part
        if not self._shown.get(key):
            del self._queues[key]
            self._shown.pop(key, None)

    def _grow(self, engine: Engine, key: Key, now: int) -> None:
        missing = self._wanted(key)
        missing -= self._standing(key) if missing else 0
        if missing <= 0:
            return
        side, ticks = key
        taken = engine.street_take(side, missing, ticks, now)
        if taken:
            self._eaten[key] = self._eaten.get(key, 0.0) + taken
        if missing > taken and not engine.book.would_cross(side, ticks):
            self._queues[key].append(engine.street_rest(side, ticks, missing - taken))

    def _heal(self, engine: Engine, now: int) -> None:
        for key in list(self._eaten):
            self._eaten[key] *= self._fade
            if self._eaten[key] < 1_000:
                del self._eaten[key]
            if not engine.book.would_cross(*key):
                self._grow(engine, key, now)
