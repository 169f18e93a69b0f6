"""Replaying a recording: what was recorded is what is shown, and a resting order earns only what really traded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from desk.clock import ManualClock
from desk.paper.account import Account
from desk.paper.config import MarketKind, PaperConfig, PaperRefused
from desk.paper.engine import Engine
from desk.paper.exchange import Exchange
from desk.paper.instrument import BTC_USD, KRAKEN_FEES
from desk.paper.orders import NewOrder, OrderKind, OwnTrade, Side, TimeInForce
from desk.paper.replay import ReplayMarket
from desk.units import Sats

pyarrow = pytest.importorskip("pyarrow", reason="the extra `replay` is not installed")

BTC = 100_000_000
STEP = 250_000
SECOND = 1_000_000
SHARED = Path(__file__).parents[4] / "shared" / "data" / "market"

BOOK = [
    (0, "bid", 70_000.0, 2.0, True),
    (0, "bid", 69_999.0, 5.0, True),
    (0, "ask", 70_001.0, 3.0, True),
    (0, "ask", 70_001.04, 1.0, True),
    (0, "ask", 70_002.0, 4.0, True),
    (2, "ask", 70_001.0, 2.5, False),
    (3, "ask", 70_001.0, 0.0, False),
    (3, "ask", 70_001.04, 0.0, False),
    (3, "bid", 70_001.0, 0.5, False),
    (5, "bid", 70_001.0, 0.0, False),
]
TRADES = [(1, 70_001.0, 1.5, "buy"), (4, 70_001.0, 0.25, "sell"), (4, 69_000.0, 0.1, "buy")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return record(tmp_path, BOOK, TRADES)


def record(folder: Path, book: list[Any], trades: list[Any]) -> Path:
    from pyarrow import Table, parquet

    names = ["ts_ns", "side", "price", "size", "is_snapshot"]
    rows = [(at * 10**9, *rest) for at, *rest in book]
    parquet.write_table(
        Table.from_pydict(dict(zip(names, zip(*rows, strict=True), strict=True))), folder / "book.parquet"
    )
    names = ["ts_ns", "price", "size", "aggressor_side"]
    rows = [(at * 10**9, *rest) for at, *rest in trades]
    parquet.write_table(
        Table.from_pydict(dict(zip(names, zip(*rows, strict=True), strict=True))), folder / "trades.parquet"
    )
    return folder


def start(folder: Path) -> tuple[Engine, Callable[[float], None]]:
    engine = Engine(BTC_USD, KRAKEN_FEES, [Account("desk", 100 * BTC, 0)])
    market = ReplayMarket(folder, BTC_USD, STEP)
    market.start(engine, 0)
    now = 0

    def run(until_s: float) -> None:
        nonlocal now
        while now < until_s * SECOND:
            now += STEP
            market.step(engine, now)
            for event in engine.events:
                if isinstance(event, OwnTrade):
                    market.felt(event)
            engine.events.clear()

    return engine, run


def sell(btc: float, ticks: int, **more: Any) -> NewOrder:
    return NewOrder(Side.SELL, OrderKind.LIMIT, Sats(round(btc * BTC)), ticks, **more)


def test_the_recorded_book_is_shown_on_the_pairs_grid(folder: Path) -> None:
    engine, run = start(folder)
    assert engine.book.asks.depth(9) == [(700_010, 3 * BTC), (700_011, BTC), (700_020, 4 * BTC)]
    assert engine.book.bids.depth(9) == [(700_000, 2 * BTC), (699_990, 5 * BTC)]
    run(2)
    assert engine.book.asks.depth(1) == [(700_010, round(2.5 * BTC))]
    run(3)
    assert engine.book.bids.depth(1) == [(700_010, BTC // 2)]


def test_recorded_trades_are_printed_whole(folder: Path) -> None:
    engine, run = start(folder)
    run(4.5)
    printed = [(done.aggressor, done.ticks, done.sats) for done in engine.prints]
    assert printed == [
        (Side.BUY, 700_010, round(1.5 * BTC)),
        (Side.SELL, 700_010, BTC // 4),
        (Side.BUY, 690_000, BTC // 10),
    ]


def test_a_resting_order_waits_for_the_recorded_trades_to_reach_it(folder: Path) -> None:
    engine, run = start(folder)
    behind = engine.submit("desk", sell(1, 700_010), 0, 0)
    assert engine.queue_ahead(behind.id) == 3 * BTC
    run(1)
    assert behind.filled == 0
    assert engine.queue_ahead(behind.id) == round(1.5 * BTC)
    in_front = engine.submit("desk", sell(1, 700_001), SECOND, 0)
    run(3)
    assert in_front.filled == BTC // 2
    assert in_front.tick_sats == 700_001 * in_front.filled


def test_quantity_that_only_leaves_leaves_from_behind(tmp_path: Path) -> None:
    rows = [(0, "bid", 70_000.0, 2.0, True), (0, "ask", 70_001.0, 2.0, True)]
    rows += [(1, "ask", 70_001.0, 5.0, False), (2, "ask", 70_001.0, 1.5, False)]
    engine, run = start(record(tmp_path, rows, [(9, 70_000.0, 0.1, "sell")]))
    mine = engine.submit("desk", sell(1, 700_010), 0, 0)
    run(1)
    assert engine.queue_ahead(mine.id) == 2 * BTC
    run(2)
    assert engine.queue_ahead(mine.id) == round(1.5 * BTC)
    assert engine.book.asks.depth(1) == [(700_010, round(2.5 * BTC))]


def test_what_an_account_takes_is_missing_and_grows_back(tmp_path: Path) -> None:
    steady = [(0, "bid", 70_000.0, 2.0, True), (0, "ask", 70_001.0, 2.0, True), (600, "ask", 70_001.0, 2.0, False)]
    engine, run = start(record(tmp_path, steady, [(599, 70_001.0, 0.1, "buy")]))
    engine.submit("desk", sell(1.5, 700_000, tif=TimeInForce.IOC), 0, 0)
    run(1)
    assert engine.book.bids.depth(1)[0][1] < 0.6 * BTC
    run(300)
    assert engine.book.bids.depth(1)[0][1] > 1.9 * BTC


def test_a_recording_starts_over_when_it_ends(folder: Path) -> None:
    engine, run = start(folder)
    run(5.25)
    first = len(engine.prints)
    run(10.75)
    assert len(engine.prints) > first
    assert engine.book.bids.best is not None


def test_an_exchange_opens_on_a_recording(folder: Path, config: PaperConfig, clock: ManualClock) -> None:
    exchange = Exchange(replace(config, market=MarketKind.REPLAY, replay=folder))
    order = exchange.submit(sell(1, 600_000, tif=TimeInForce.IOC))
    assert order.tick_sats == 700_000 * BTC
    clock.advance(4)
    exchange.advance()
    assert exchange.tape.prints


@pytest.mark.parametrize("names", [(), ("book.parquet",), ("book.parquet", "trades.parquet")])
def test_a_folder_without_a_recording_is_refused(tmp_path: Path, names: tuple[str, ...]) -> None:
    for name in names:
        (tmp_path / name).write_text("not parquet")
    with pytest.raises(PaperRefused, match=r"holds no readable book\.parquet"):
        ReplayMarket(tmp_path, BTC_USD, STEP)


def test_a_recording_and_a_synthetic_market_exclude_each_other(config: PaperConfig, tmp_path: Path) -> None:
    with pytest.raises(PaperRefused):
        replace(config, replay=tmp_path)
    with pytest.raises(PaperRefused):
        replace(config, market=MarketKind.REPLAY)


def test_a_real_recording_replays_with_its_own_touch_and_volume() -> None:
    folder = SHARED / "bitstamp_btcusd_20260502_l3_30m"
    if not folder.is_dir():
        pytest.skip("recorded market data is not beside the project")
    engine, run = start(folder)
    run(300)
    bid, ask = engine.book.bids.best, engine.book.asks.best
    assert bid is not None
    assert ask is not None
    assert 0 < ask - bid < 200
    near = sum(sats for ticks, sats in engine.book.bids.depth(2_000) if ticks >= bid * 0.999)
    assert 5 < near / BTC < 60
    assert engine.prints
