"""The synthetic market: the same seed is the same market, it looks like one, and it feels what an account does."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from statistics import fmean, pstdev

import pytest

from desk.clock import ManualClock
from desk.paper.account import Account
from desk.paper.config import PaperConfig
from desk.paper.engine import Engine
from desk.paper.exchange import Exchange
from desk.paper.instrument import BTC_USD, KRAKEN_FEES
from desk.paper.market import YEAR_S, Shape, SyntheticMarket
from desk.paper.orders import NewOrder, OrderKind, OwnTrade, Print, Side, TimeInForce
from desk.units import Sats

BTC = 100_000_000
START = 685_241
STEP = 250_000
SECOND = 1_000_000


def open_market(seed: int = 1, shape: Shape | None = None, step: int = STEP) -> tuple[Engine, SyntheticMarket]:
    engine = Engine(BTC_USD, KRAKEN_FEES, [Account("desk", 5_000 * BTC, 0)])
    market = SyntheticMarket(shape or Shape(), START, seed, step)
    market.start(engine, 0)
    return engine, market


def live(
    engine: Engine, market: SyntheticMarket, begin: int, seconds: int, look: Callable[[int], None] = lambda _: None
) -> list[Print]:
    prints: list[Print] = []
    for now in range(begin + market.step_us, begin + seconds * SECOND + 1, market.step_us):
        market.step(engine, now)
        for event in engine.events:
            if isinstance(event, OwnTrade):
                market.felt(event)
        engine.events.clear()
        prints += engine.prints
        engine.prints.clear()
        look(now)
    return prints


def mid(engine: Engine) -> float:
    bid, ask = engine.book.bids.best, engine.book.asks.best
    assert bid is not None
    assert ask is not None
    return (bid + ask) / 2


def near_bids(engine: Engine) -> int:
    return sum(sats for ticks, sats in engine.book.bids.depth(1_000) if ticks >= START * 0.999)


def sell(btc: float, ticks: int, tif: TimeInForce = TimeInForce.GTC) -> NewOrder:
    return NewOrder(Side.SELL, OrderKind.LIMIT, Sats(round(btc * BTC)), ticks, tif=tif)


def test_the_same_seed_gives_the_same_market_to_the_last_trade() -> None:
    first, again, other = (live(*open_market(seed), 0, 300) for seed in (7, 7, 8))
    assert first == again
    assert first != other


def test_the_same_orders_at_the_same_moments_give_the_same_fills() -> None:
    def fills() -> list[OwnTrade]:
        engine, market = open_market()
        live(engine, market, 0, 60)
        engine.submit("desk", sell(3, START), 60 * SECOND, 0)
        live(engine, market, 60 * SECOND, 120)
        return list(engine.trades.values())

    assert fills() == fills() != []


def test_exchanges_that_open_together_show_the_same_market_whenever_they_were_started(config: PaperConfig) -> None:
    opens = config.clock.now()
    shown = []
    for late_s in (0.0, 1.7, 93.1):
        clock = ManualClock(opens + timedelta(seconds=late_s))
        exchange = Exchange(replace(config, clock=clock, opens=opens))
        clock.advance(120 - late_s)
        exchange.advance()
        shown.append((list(exchange.tape.prints), exchange.engine.book.bids.depth(50)))
    assert shown[0] == shown[1] == shown[2]


def test_an_hour_looks_like_an_ordinary_day_on_one_large_book() -> None:
    engine, market = open_market(step=SECOND)
    mids: list[float] = []
    near: list[int] = []
    spreads: list[float] = []

    def look(now: int) -> None:
        if now % (10 * SECOND):
            return
        middle = mid(engine)
        mids.append(middle)
        asks, bids = engine.book.asks, engine.book.bids
        spreads.append((asks.best or 0) - (bids.best or 0))
        near.append(sum(sats for ticks, sats in bids.depth(500) if ticks >= middle * 0.999))

    prints = live(engine, market, 0, 4 * 3_600, look)
    moves = [math.log(after / before) for before, after in pairwise(mids)]
    assert 0.25 < pstdev(moves) * math.sqrt(YEAR_S / 10) < 0.9
    assert 15 < fmean(near) / BTC < 60
    assert min(near) > 0
    assert 0 < fmean(spreads) / START * 10_000 < 0.5
    assert 8 < sum(done.sats for done in prints) / BTC / 240 < 18
    bought = sum(done.sats for done in prints if done.aggressor is Side.BUY)
    assert 0.4 < bought / sum(done.sats for done in prints) < 0.6


def test_the_book_is_never_crossed_or_empty() -> None:
    engine, market = open_market(step=SECOND)

    def look(now: int) -> None:
        bid, ask = engine.book.bids.best, engine.book.asks.best
        assert bid is not None
        assert ask is not None
        assert bid < ask

    live(engine, market, 0, 1_200, look)


def test_a_resting_sell_at_the_touch_is_filled_by_ordinary_trading() -> None:
    engine, market = open_market()
    best = engine.book.asks.best
    assert best is not None
    order = engine.submit("desk", sell(1, best), 0, 0)
    live(engine, market, 0, 900)
    assert order.filled > 0
    assert all(trade.is_maker for trade in engine.trades.values())


def test_without_trading_a_resting_order_is_not_filled(quiet: Shape) -> None:
    engine, market = open_market(shape=quiet)
    order = engine.submit("desk", sell(1, START + 60), 0, 0)
    live(engine, market, 0, 300)
    assert order.filled == 0


def test_a_price_that_moves_through_a_resting_order_fills_it() -> None:
    engine, market = open_market(shape=replace(Shape(), btc_per_minute=1e-6, trades_per_minute=1e-6))
    order = engine.submit("desk", sell(1, START + 300), 0, 0)
    market.jump(20)
    live(engine, market, 0, 60)
    assert order.remaining == 0
    assert order.tick_sats == order.filled * (START + 300)


def test_a_large_resting_order_holds_the_price_until_it_is_eaten() -> None:
    engine, market = open_market()
    order = engine.submit("desk", sell(500, START + 100), 0, 0)
    market.jump(50)
    seen: list[int] = []

    def look(now: int) -> None:
        if order.is_open:
            assert engine.book.asks.best == START + 100
            seen.append(order.filled)

    live(engine, market, 0, 30, look)
    assert 0 < seen[len(seen) // 2] < 500 * BTC


def test_a_taker_eats_displayed_depth_and_the_book_refills(quiet: Shape) -> None:
    engine, market = open_market(shape=replace(quiet, impact_bps=0.0))
    live(engine, market, 0, 60)
    before = engine.book.bids.depth(500)
    displayed = near_bids(engine)
    engine.submit("desk", sell(displayed / BTC * 0.8, START - 2_000, TimeInForce.IOC), 60 * SECOND, 0)
    left = near_bids(engine)
    assert left == pytest.approx(displayed * 0.2, rel=0.01)
    assert engine.book.bids.best is not None
    assert engine.book.bids.best < before[0][0]
    live(engine, market, 60 * SECOND, 300)
    refilled = near_bids(engine)
    assert refilled > displayed * 0.5


def test_selling_pushes_the_price_down_and_most_of_it_fades(quiet: Shape) -> None:
    engine, market = open_market(shape=quiet)
    before = market.fair_ticks
    engine.submit("desk", sell(20, START - 3_000, TimeInForce.IOC), 0, 0)
    live(engine, market, 0, 1)
    pushed = 10_000 * (market.fair_ticks / before - 1)
    assert pushed == pytest.approx(-20 * quiet.impact_bps, rel=0.02)
    live(engine, market, SECOND, 6 * 900)
    lasting = 10_000 * (market.fair_ticks / before - 1)
    assert lasting == pytest.approx(pushed * quiet.impact_stays, rel=0.2)


def test_an_exchange_lets_its_market_feel_what_its_account_trades(config: PaperConfig, quiet: Shape) -> None:
    exchange = Exchange(replace(config, shape=quiet))
    assert isinstance(exchange.market, SyntheticMarket)
    before = exchange.market.fair_ticks
    exchange.submit(sell(10, START - 3_000, TimeInForce.IOC))
    assert exchange.market.fair_ticks < before * (1 - 1e-4)


def test_resting_pushes_less_than_taking(quiet: Shape) -> None:
    trade = OwnTrade("T", 0, "O", None, "desk", Side.SELL, OrderKind.LIMIT, START, 10 * BTC, 0, 0, True, 0)
    falls = []
    for done in (trade, replace(trade, is_maker=False)):
        market = SyntheticMarket(quiet, START, 1)
        market.felt(done)
        falls.append(START - market.fair_ticks)
    assert 0 < falls[0] < falls[1]


def test_news_moves_the_book(quiet: Shape) -> None:
    engine, market = open_market(shape=quiet)
    market.jump(-100)
    live(engine, market, 0, 5)
    assert mid(engine) == pytest.approx(START * 0.99, rel=1e-3)


def test_a_fifth_of_the_volume_can_be_sold_in_an_hour() -> None:
    """The demo's promise: resting a little at the touch, crossing the rest, at a cost of a few basis points."""
    engine, market = open_market()
    account = engine.accounts["desk"]
    volume = 0
    arrival = market.fair_ticks
    for minute in range(60):
        now = minute * 60 * SECOND
        bid = engine.book.bids.best
        assert bid is not None
        engine.submit("desk", sell(2.4, round(bid * 0.998), TimeInForce.IOC), now, 0)
        volume += sum(done.sats for done in live(engine, market, now, 60))
    sold = 5_000 * BTC - account.base
    average = sum(trade.ticks * trade.sats for trade in engine.trades.values()) / sold
    assert sold == 144 * BTC
    assert volume > 5 * 60 * BTC
    assert abs(average / arrival - 1) < 0.02
