"""The exchange's own record: readable by anybody, complete, and enough to start again from."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from desk.clock import ManualClock
from desk.paper.config import PaperConfig
from desk.paper.exchange import ACCOUNT, Exchange
from desk.paper.market import Shape
from desk.paper.orders import NewOrder, Order, OrderKind, Side, Status, TimeInForce
from desk.paper.tradefile import TradeFileBusy, TradeFileDamaged
from desk.units import Money, Sats

BTC = 100_000_000


@pytest.fixture
def kept(config: PaperConfig, tmp_path: Path) -> PaperConfig:
    return replace(config, trade_file=tmp_path / "trades.jsonl", usd=Money(Decimal("1000000")))


def read(config: PaperConfig) -> list[dict[str, Any]]:
    assert config.trade_file is not None
    return [json.loads(line) for line in config.trade_file.read_text().splitlines()]


def sell(btc: float, ticks: int, **more: Any) -> NewOrder:
    return NewOrder(Side.SELL, OrderKind.LIMIT, Sats(round(btc * BTC)), ticks, **more)


def bid(exchange: Exchange) -> int:
    best = exchange.engine.book.bids.best
    assert best is not None
    return best


def trade_a_while(exchange: Exchange, clock: ManualClock) -> list[Order]:
    """Takes, rests, cancels, expires and is filled, over ten minutes."""
    engine = exchange.engine
    taken = exchange.submit(sell(2.5, bid(exchange) - 50, tif=TimeInForce.IOC, cl_ord_id="taken"))
    resting = exchange.submit(sell(3, bid(exchange) + 1, cl_ord_id="resting"))
    far = exchange.submit(sell(1, bid(exchange) + 9_000, cl_ord_id="far"))
    buying = exchange.submit(
        NewOrder(Side.BUY, OrderKind.LIMIT, Sats(BTC), bid(exchange) - 3_000, cl_ord_id="buying")
    )
    exchange.cancel("far")
    exchange.submit(sell(1, bid(exchange) + 9_000, tif=TimeInForce.GTD, expires=exchange.now() + 9_000_000))
    for _ in range(60):
        clock.advance(10)
        exchange.advance()
    open_one = exchange.submit(sell(4, bid(exchange) + 2_000, cl_ord_id="open"))
    assert engine.trades
    return [taken, resting, far, buying, open_one]


def test_every_execution_is_one_line_that_needs_no_desk_code_to_read(kept: PaperConfig, clock: ManualClock) -> None:
    exchange = Exchange(kept)
    trade_a_while(exchange, clock)
    lines = read(kept)
    trades = [line for line in lines if line["kind"] == "trade"]
    assert len(trades) == len(exchange.engine.trades)
    for line, trade in zip(trades, exchange.engine.trades.values(), strict=True):
        assert (line["trade"], line["order"], line["cl_ord_id"]) == (trade.id, trade.order, trade.cl_ord_id)
        assert Decimal(line["volume"]) * BTC == trade.sats
        assert Decimal(line["cost"]) == exchange.instrument.money(trade.cost)
        assert abs(Decimal(line["price"]) * Decimal(line["volume"]) - Decimal(line["cost"])) < Decimal("0.00001")
        assert line["maker"] is trade.is_maker
        assert line["time"].endswith("Z")
    assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))
    sold = sum(Decimal(line["volume"]) for line in trades if line["side"] == "sell")
    bought = sum(Decimal(line["volume"]) for line in trades if line["side"] == "buy")
    assert (3000 - sold + bought) * BTC == exchange.account.base
    exchange.close()


def test_it_is_written_before_the_reply(kept: PaperConfig) -> None:
    exchange = Exchange(kept)
    order = exchange.submit(sell(1, bid(exchange) - 10))
    kinds = [line["kind"] for line in read(kept) if line.get("order") == order.id]
    assert kinds[0] == "accepted"
    assert "trade" in kinds
    exchange.close()


def test_a_restart_knows_everything_that_was_acknowledged(kept: PaperConfig, clock: ManualClock) -> None:
    before = Exchange(kept)
    trade_a_while(before, clock)
    before.close()
    after = Exchange(kept)
    assert after.engine.orders == before.engine.orders
    assert after.engine.trades == before.engine.trades
    for name in ("base", "quote", "base_held", "quote_held"):
        assert getattr(after.account, name) == getattr(before.account, name)
    assert after.account.volume(after.now()) == before.account.volume(before.now())
    after.close()


def test_after_a_restart_open_orders_rest_and_ids_go_on(kept: PaperConfig, clock: ManualClock) -> None:
    first = Exchange(kept)
    *_, still_open = trade_a_while(first, clock)
    first.close()
    second = Exchange(kept)
    ids = {*second.engine.orders}
    new = second.submit(sell(1, still_open.asked.ticks or 0))
    assert new.id not in ids
    ahead = second.engine.queue_ahead(new.id)
    assert ahead >= still_open.remaining
    assert second.cancel("open").status is Status.CANCELED
    second.close()


def test_the_market_goes_on_near_the_last_price(kept: PaperConfig, clock: ManualClock) -> None:
    first = Exchange(kept)
    first.market.jump(-300)  # type: ignore[attr-defined]
    clock.advance(30)
    first.submit(sell(1, 100_000, tif=TimeInForce.IOC))
    level = bid(first)
    first.close()
    second = Exchange(kept)
    assert bid(second) == pytest.approx(level, rel=1e-3)
    second.close()


def test_orders_that_fell_due_while_the_exchange_was_down_expire_at_the_start(
    kept: PaperConfig, clock: ManualClock
) -> None:
    first = Exchange(kept)
    order = first.submit(sell(1, bid(first) + 5_000, tif=TimeInForce.GTD, expires=first.now() + 1_000_000))
    first.close()
    clock.advance(60)
    second = Exchange(kept)
    second.advance()
    assert second.engine.orders[order.id].status is Status.EXPIRED
    assert second.account.base_held == 0
    second.close()


def test_a_last_line_torn_by_a_crash_is_forgotten(kept: PaperConfig, clock: ManualClock) -> None:
    first = Exchange(kept)
    trade_a_while(first, clock)
    first.close()
    assert kept.trade_file is not None
    whole = kept.trade_file.read_bytes()
    with kept.trade_file.open("ab") as tail:
        tail.write(b'{"seq":999,"kind":"tra')
    second = Exchange(kept)
    assert kept.trade_file.read_bytes() == whole
    assert second.engine.trades == first.engine.trades
    second.close()


@pytest.mark.parametrize("place", [1, 3, 5])
def test_a_missing_line_is_noticed(kept: PaperConfig, clock: ManualClock, place: int) -> None:
    exchange = Exchange(kept)
    trade_a_while(exchange, clock)
    exchange.close()
    assert kept.trade_file is not None
    lines = kept.trade_file.read_text().splitlines(keepends=True)
    del lines[place]
    kept.trade_file.write_text("".join(lines))
    with pytest.raises(TradeFileDamaged, match=f"line {place + 1}"):
        Exchange(kept)


def test_a_changed_volume_is_noticed(kept: PaperConfig, clock: ManualClock) -> None:
    exchange = Exchange(kept)
    trade_a_while(exchange, clock)
    exchange.close()
    assert kept.trade_file is not None
    lines = [json.loads(line) for line in kept.trade_file.read_text().splitlines()]
    first = next(line for line in lines if line["kind"] == "trade")
    first["volume"] = "0.00000001"
    kept.trade_file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    with pytest.raises(TradeFileDamaged, match="do not add up"):
        Exchange(kept)


def test_one_file_has_one_writer(kept: PaperConfig) -> None:
    first = Exchange(kept)
    with pytest.raises(TradeFileBusy):
        Exchange(kept)
    first.close()
    Exchange(kept).close()


def test_where_nothing_can_be_recorded_nothing_more_is_accepted(kept: PaperConfig) -> None:
    exchange = Exchange(kept)
    exchange.close()
    for _ in range(2):
        with pytest.raises(OSError):
            exchange.submit(sell(1, bid(exchange) + 9))


def test_a_market_that_stands_still_gives_a_file_with_one_line(
    kept: PaperConfig, quiet: Shape, clock: ManualClock
) -> None:
    exchange = Exchange(replace(kept, shape=quiet))
    clock.advance(600)
    exchange.advance()
    assert [line["kind"] for line in read(kept)] == ["opened"]
    assert exchange.engine.open_orders(ACCOUNT) == []
    exchange.close()
