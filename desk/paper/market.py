"""A living market made from a seed: a wandering fair price, street orders that come and go, trades both ways.

Every step moves the fair price (volatility comes in calm and busy spells), pulls quotes the move left stale, lets
new ones arrive, and lets traders take. An account's resting order keeps its place in the queue: it is filled by the
trades that reach it, or run over when the fair price moves through it. What an account trades pushes the fair price;
most of that fades, a part stays. Random draws are floats; each becomes an exact integer before it is used.
"""

from __future__ import annotations

import heapq
import math
import random
from dataclasses import dataclass
from typing import Protocol

from desk.paper.book import Half, Resting
from desk.paper.engine import Engine
from desk.paper.orders import OwnTrade, Side
from desk.units import SATS_PER_BTC

YEAR_S = 365.25 * 86_400
BPS = 1e-4
_SURVIVING = 0.6
"""Share of the quoted depth that is neither traded nor pulled as stale; measured over hours of the default shape."""


class Market(Protocol):
    """What makes a book live. Times in desk microseconds."""

    step_us: int

    def start(self, engine: Engine, now: int) -> None:
        """Fills an empty book (an account's restored orders may already stand in it)."""
        ...

    def step(self, engine: Engine, now: int) -> None:
        """Lets `step_us` of desk time pass, ending at `now`."""
        ...

    def felt(self, trade: OwnTrade) -> None:
        """An account traded: what that does to the price from now on."""
        ...


@dataclass(frozen=True, slots=True)
class Shape:
    """How the synthetic market behaves. The defaults resemble one large BTC/USD book on an ordinary day.

    `touch_ticks` is the mean distance of the best quote from the fair price; `life_s` how long a quote at the touch
    stands; `impact_bps` what one BTC sold at the touch moves the price, `impact_stays` the part that does not fade,
    `impact_half_life_s` how fast the rest does, `maker_impact` the share felt when the account's order was resting;
    `hunger` the BTC per second that take a resting order for every basis point it is left behind the fair price.
    """

    volatility: float = 0.45
    regime_sd: float = 0.35
    regime_half_life_s: float = 3_600.0
    touch_ticks: float = 3.0
    depth_btc: float = 30.0
    depth_bps: float = 8.0
    arrivals_s: float = 2.4
    life_s: float = 6.0
    join_share: float = 0.35
    btc_per_minute: float = 12.0
    trades_per_minute: float = 40.0
    trade_sd: float = 1.3
    impact_bps: float = 0.15
    impact_stays: float = 0.1
    impact_half_life_s: float = 900.0
    maker_impact: float = 0.33
    hunger: float = 0.2


class SyntheticMarket:
    """The seeded market. The same seed, step and orders give the same book and trades."""

    def __init__(self, shape: Shape, start_ticks: int, seed: int, step_us: int = 1_000_000) -> None:
        self.step_us = step_us
        self._shape = shape
        self._random = random.Random(f"paper market {seed}")
        self._dt = step_us / 1e6
        self._log_fair = math.log(start_ticks)
        self._passing = 0.0
        self._regime = 0.0
        self._lean = 0.0
        self._quotes: list[tuple[int, int, Resting]] = []
        self._quote_count = 0
        self._sigma = shape.volatility * math.sqrt(self._dt / YEAR_S)
        self._fade = 0.5 ** (self._dt / shape.impact_half_life_s)
        self._memory = 0.5 ** (self._dt / shape.regime_half_life_s)
        self._shock = shape.regime_sd * math.sqrt(1 - self._memory**2)
        self._tilt = shape.regime_sd**2
        self._trade_mu = math.log(shape.btc_per_minute / shape.trades_per_minute) - shape.trade_sd**2 / 2
        self._size_mean = self._mean_quote()

    @property
    def fair_ticks(self) -> float:
        """The price the street believes in, in ticks."""
        return math.exp(self._log_fair + self._passing)

    def jump(self, bps: float) -> None:
        """News: moves the fair price at once and for good."""
        self._log_fair += math.log1p(bps * BPS)

    def felt(self, trade: OwnTrade) -> None:
        weight = self._shape.maker_impact if trade.is_maker else 1.0
        sign = 1 if trade.side is Side.BUY else -1
        push = sign * weight * self._shape.impact_bps * BPS * trade.sats / SATS_PER_BTC
        self._log_fair += push * self._shape.impact_stays
        self._passing += push * (1 - self._shape.impact_stays)

    def start(self, engine: Engine, now: int) -> None:
        bid_cap, ask_floor = self._edges(engine, 2.0)
        warm_s = 600.0
        for half, edge in ((engine.book.bids, bid_cap), (engine.book.asks, ask_floor)):
            self._rest(engine, half, edge, now, 4 * self._shape.life_s)
            for _ in range(self._count(self._shape.arrivals_s * warm_s)):
                self._arrive(engine, half, edge, now, self._random.random() * warm_s)

    def step(self, engine: Engine, now: int) -> None:
        draw = self._random
        self._move()
        bid_cap, ask_floor = self._edges(engine, draw.expovariate(1 / self._shape.touch_ticks), now)
        book = engine.book
        while self._quotes and self._quotes[0][0] <= now:
            engine.street_withdraw(heapq.heappop(self._quotes)[2])
        for half, edge in ((book.bids, bid_cap), (book.asks, ask_floor)):
            best = half.best
            if best is None or best * half.sign > edge * half.sign:
                self._rest(engine, half, edge, now, self._shape.life_s)
            for _ in range(self._count(self._shape.arrivals_s * self._dt)):
                self._arrive(engine, half, edge, now, 0.0)
        for _ in range(self._count(self._shape.trades_per_minute * self._dt / 60)):
            side = Side.BUY if draw.random() < 0.5 + 0.3 * math.tanh(self._lean) else Side.SELL
            self._trade(engine, side, now)

    def _move(self) -> None:
        draw = self._random.gauss(0.0, 1.0)
        self._regime = self._memory * self._regime + self._shock * self._random.gauss(0.0, 1.0)
        self._log_fair += self._sigma * math.exp(self._regime - self._tilt) * draw
        self._lean = 0.7 * self._lean + 0.5 * draw
        self._passing *= self._fade

    def _edges(self, engine: Engine, gap: float, now: int | None = None) -> tuple[int, int]:
        """Best prices the street would quote now, in ticks. Clears what stands beyond them on the way.

        Street quotes beyond are withdrawn. An account's order beyond is taken by whoever sees the bargain, as fast as
        it is good; while some of it is left the street cannot quote through it.
        """
        fair = self.fair_ticks
        bid_cap, ask_floor = math.floor(fair - gap), math.ceil(fair + gap)
        book = engine.book
        self._pull(engine, book.bids, bid_cap)
        self._pull(engine, book.asks, ask_floor)
        for half, edge, taker in ((book.asks, bid_cap, Side.BUY), (book.bids, ask_floor, Side.SELL)):
            best = half.best
            if now is not None and best is not None and best * half.sign <= edge * half.sign:
                behind_bps = abs(fair - best) / fair / BPS
                mean = self._shape.hunger * self._dt * (0.3 + behind_bps)
                engine.street_take(taker, self._sats(self._random.expovariate(1 / mean)), edge, now)
        if book.asks.best is not None:
            bid_cap = min(bid_cap, book.asks.best - 1)
        if book.bids.best is not None:
            ask_floor = max(ask_floor, book.bids.best + 1)
        return bid_cap, ask_floor

    def _pull(self, engine: Engine, half: Half, edge: int) -> None:
        """Street quotes better than the street now believes in are withdrawn."""
        key_edge = edge * half.sign
        for key in [key for key in half.keys[:200] if key < key_edge]:
            for entry in list(half.levels[key].queue):
                if entry.order is None and entry.left:
                    engine.street_withdraw(entry)

    def _arrive(self, engine: Engine, half: Half, edge: int, now: int, age_s: float) -> None:
        """One new quote; with an age, only if it would still be standing."""
        draw, shape = self._random, self._shape
        away_bps, ticks = 0.0, edge
        best = half.best
        if draw.random() < shape.join_share and best is not None and best * half.sign >= edge * half.sign:
            ticks = best
        else:
            away_bps = draw.expovariate(1 / shape.depth_bps)
            away = int(away_bps * BPS * edge)
            ticks = edge + away * half.sign
            if away > 20:
                ticks -= ticks % 10 if half.side is Side.BUY else -(-ticks % 10)
        life_s = draw.expovariate(1 / (shape.life_s * (1 + away_bps / 2)))
        if life_s > age_s:
            self._rest(engine, half, ticks, now, life_s - age_s)

    def _rest(self, engine: Engine, half: Half, ticks: int, now: int, life_s: float) -> None:
        size = self._sats(self._random.expovariate(1 / self._size_mean))
        resting = engine.street_rest(half.side, ticks, size)
        self._quote_count += 1
        heapq.heappush(self._quotes, (now + int(life_s * 1e6), self._quote_count, resting))

    def _trade(self, engine: Engine, side: Side, now: int) -> None:
        best = engine.book.half(side.other).best
        if best is not None:
            reach = best + round(best * 10 * BPS) * (1 if side is Side.BUY else -1)
            engine.street_take(
                side, self._sats(self._random.lognormvariate(self._trade_mu, self._shape.trade_sd)), reach, now
            )

    def _mean_quote(self) -> float:
        """Mean size that makes the standing depth come out as asked: depth = arrivals · life · size within 10 bps."""
        shape = self._shape
        reach = 1 - math.exp(-10 / shape.depth_bps)
        life = shape.life_s * (1 + min(shape.depth_bps, 10) / 4)
        standing = shape.arrivals_s * life * (shape.join_share + (1 - shape.join_share) * reach)
        return shape.depth_btc / (standing * _SURVIVING)

    def _count(self, mean: float) -> int:
        """How many of something that happens `mean` times on average."""
        if mean > 30:
            return max(0, round(self._random.gauss(mean, math.sqrt(mean))))
        edge, product, count = math.exp(-mean), self._random.random(), 0
        while product > edge:
            product *= self._random.random()
            count += 1
        return count

    @staticmethod
    def _sats(btc: float) -> int:
        return max(1_000, round(btc * SATS_PER_BTC))
