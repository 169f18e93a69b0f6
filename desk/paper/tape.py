"""What everybody sees traded: public trades, minute candles, the day's figures. Times in desk microseconds."""

from __future__ import annotations

import math
import random
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from desk.paper.orders import Print
from desk.units import SATS_PER_BTC

MINUTE = 60_000_000
DAY = 1_440 * MINUTE
_KEPT_MINUTES = 2_880
_KEPT_PRINTS = 20_000


@dataclass(slots=True)
class Candle:
    """Trades of one span from `start` on: prices in ticks, `tick_sats` the sum of ticks times satoshis."""

    start: int
    open: int
    high: int
    low: int
    close: int
    sats: int = 0
    tick_sats: int = 0
    count: int = 0

    @property
    def vwap_ticks(self) -> int:
        return self.tick_sats // self.sats if self.sats else self.close

    def take(self, ticks: int, sats: int) -> None:
        self.high = max(self.high, ticks)
        self.low = min(self.low, ticks)
        self.close = ticks
        self.sats += sats
        self.tick_sats += ticks * sats
        self.count += 1

    def merge(self, later: Candle) -> None:
        """Takes a later candle in."""
        self.high = max(self.high, later.high)
        self.low = min(self.low, later.low)
        self.close = later.close
        self.sats += later.sats
        self.tick_sats += later.tick_sats
        self.count += later.count


class Tape:
    """The public record since the exchange opened, with a made-up past in front so that charts are not empty."""

    def __init__(self) -> None:
        self.prints: deque[Print] = deque(maxlen=_KEPT_PRINTS)
        self._minutes: dict[int, Candle] = {}

    def absorb(self, prints: Iterable[Print]) -> None:
        """Adds public trades in the order they happened."""
        minutes = self._minutes
        for trade in prints:
            self.prints.append(trade)
            start = trade.at - trade.at % MINUTE
            candle = minutes.get(start)
            if candle is None:
                candle = minutes[start] = Candle(start, trade.ticks, trade.ticks, trade.ticks, trade.ticks)
                if len(minutes) > _KEPT_MINUTES:
                    del minutes[next(iter(minutes))]
            candle.take(trade.ticks, trade.sats)

    def invent_past(self, now: int, ticks: int, seed: int, volatility: float, btc_per_minute: float) -> None:
        """A day of minute candles that ends at `ticks` just before `now`; the same for the same seed."""
        draw = random.Random(f"paper past {seed}")
        sigma = volatility * math.sqrt(1 / (365.25 * 1_440))
        past: list[Candle] = []
        close, start = float(ticks), now - now % MINUTE
        for _ in range(1_440):
            start -= MINUTE
            opened = close * math.exp(sigma * draw.gauss(0.0, 1.0))
            reach = close * sigma * 0.5
            high = round(max(opened, close) + draw.expovariate(1 / reach))
            low = round(min(opened, close) - draw.expovariate(1 / reach))
            sats = round(draw.lognormvariate(-0.125, 0.5) * btc_per_minute * SATS_PER_BTC)
            middle = (high + low + round(opened) + round(close)) // 4
            past.append(Candle(start, round(opened), high, low, round(close), sats, middle * sats, 40))
            close = opened
        self._minutes = {candle.start: candle for candle in reversed(past)}

    def candles(self, minutes: int, since: int, count: int = 720) -> list[Candle]:
        """Candles of `minutes` each that start at or after `since`, oldest first, the last `count` of them."""
        span = minutes * MINUTE
        merged: dict[int, Candle] = {}
        for small in self._minutes.values():
            start = small.start - small.start % span
            if start < since:
                continue
            if start in merged:
                merged[start].merge(small)
            else:
                merged[start] = Candle(
                    start, small.open, small.high, small.low, small.close, small.sats, small.tick_sats, small.count
                )
        return list(merged.values())[-count:]

    def span(self, since: int) -> Candle | None:
        """Everything from `since` on as one candle, or None where nothing traded."""
        total: Candle | None = None
        for candle in self._minutes.values():
            if candle.start + MINUTE <= since:
                continue
            if total is None:
                total = Candle(since, candle.open, candle.high, candle.low, candle.close)
            total.merge(candle)
        return total

    def since(self, at: int, count: int) -> list[Print]:
        """Public trades after `at`, oldest first, at most `count`; without a start the last `count`."""
        if at <= 0:
            return list(self.prints)[-count:]
        found: list[Print] = []
        for trade in reversed(self.prints):
            if trade.at <= at:
                break
            found.append(trade)
        return found[::-1][:count]
