"""The matching engine: priority, holds, fees, and what it refuses."""

from __future__ import annotations

import pytest

from desk.paper.account import THIRTY_DAYS, Account
from desk.paper.engine import Engine
from desk.paper.instrument import BTC_USD, KRAKEN_FEES
from desk.paper.orders import (
    Closed,
    NewOrder,
    Order,
    OrderKind,
    OrderRefused,
    OwnTrade,
    Refusal,
    Side,
    Status,
    TimeInForce,
)
from desk.units import Sats

BTC = 100_000_000
PRICE = 685_241
NOW = 1_770_487_200_000_000
SECOND = 1_000_000


@pytest.fixture
def engine() -> Engine:
    return Engine(BTC_USD, KRAKEN_FEES, [Account("desk", 100 * BTC, 0), Account("other", 10 * BTC, 10**13)])


def sell(btc: float, ticks: int | None = PRICE, **more: object) -> NewOrder:
    kind = OrderKind.MARKET if ticks is None else OrderKind.LIMIT
    return NewOrder(Side.SELL, kind, Sats(round(btc * BTC)), ticks, **more)  # type: ignore[arg-type]


def buy(btc: float, ticks: int | None = PRICE, **more: object) -> NewOrder:
    kind = OrderKind.MARKET if ticks is None else OrderKind.LIMIT
    return NewOrder(Side.BUY, kind, Sats(round(btc * BTC)), ticks, **more)  # type: ignore[arg-type]


def submit(engine: Engine, asked: NewOrder, account: str = "desk", now: int = NOW) -> Order:
    return engine.submit(account, asked, now, now)


def refusal(engine: Engine, asked: NewOrder, wall: int = NOW) -> Refusal:
    before = len(engine.orders), engine.accounts["desk"].base_held, len(engine.events)
    with pytest.raises(OrderRefused) as caught:
        engine.submit("desk", asked, NOW, wall)
    assert (len(engine.orders), engine.accounts["desk"].base_held, len(engine.events)) == before
    return caught.value.reason


def test_a_resting_order_waits_behind_what_was_there_before(engine: Engine) -> None:
    engine.street_rest(Side.SELL, PRICE, 2 * BTC)
    mine = submit(engine, sell(1))
    engine.street_rest(Side.SELL, PRICE, 3 * BTC)
    assert engine.queue_ahead(mine.id) == 2 * BTC
    engine.street_take(Side.BUY, 2 * BTC, None, NOW)
    assert mine.filled == 0
    assert engine.queue_ahead(mine.id) == 0
    engine.street_take(Side.BUY, BTC // 2, None, NOW)
    assert mine.filled == BTC // 2


def test_a_better_price_goes_first_however_late_it_came(engine: Engine) -> None:
    engine.street_rest(Side.SELL, PRICE, BTC)
    mine = submit(engine, sell(1, PRICE - 1))
    engine.street_take(Side.BUY, BTC, None, NOW)
    assert mine.status is Status.CLOSED


def test_what_leaves_the_queue_without_trading_moves_the_order_up(engine: Engine) -> None:
    ahead = engine.street_rest(Side.SELL, PRICE, 2 * BTC)
    mine = submit(engine, sell(1))
    engine.street_withdraw(ahead, BTC)
    assert engine.queue_ahead(mine.id) == BTC
    engine.street_withdraw(ahead)
    assert engine.queue_ahead(mine.id) == 0


def test_a_taker_trades_at_the_resting_prices_and_rests_with_what_is_left(engine: Engine) -> None:
    engine.street_rest(Side.BUY, PRICE, BTC)
    engine.street_rest(Side.BUY, PRICE - 5, BTC)
    mine = submit(engine, sell(3, PRICE - 2))
    assert [(trade.ticks, trade.sats, trade.is_maker) for trade in engine.trades.values()] == [(PRICE, BTC, False)]
    assert (mine.status, mine.remaining) == (Status.OPEN, 2 * BTC)
    assert engine.book.asks.best == PRICE - 2


def test_money_moves_exactly_once_and_the_fee_comes_out_of_the_proceeds(engine: Engine) -> None:
    engine.street_rest(Side.BUY, PRICE, 2 * BTC)
    mine = submit(engine, sell(1.5))
    account = engine.accounts["desk"]
    cost = PRICE * 10_000 * 3 // 2
    assert (account.base, account.base_held) == (100 * BTC - 3 * BTC // 2, 0)
    assert (mine.cost, mine.fee) == (cost, cost * 4_000 // 1_000_000)
    assert account.quote == cost - mine.fee


def test_the_fee_tier_rises_with_thirty_days_of_volume_and_falls_again(engine: Engine) -> None:
    for now, ppm in ((NOW, 4_000), (NOW + SECOND, 2_400), (NOW + THIRTY_DAYS + 2 * SECOND, 4_000)):
        engine.street_rest(Side.BUY, PRICE, BTC)
        order = submit(engine, sell(1), now=now)
        assert order.fee == order.cost * ppm // 1_000_000


def test_an_open_sell_holds_its_rest_and_a_cancel_gives_it_back(engine: Engine) -> None:
    mine = submit(engine, sell(4))
    account = engine.accounts["desk"]
    engine.street_take(Side.BUY, BTC, None, NOW)
    assert account.base_held == 3 * BTC
    engine.cancel("desk", mine.id, NOW)
    assert (account.base_held, account.base) == (0, 99 * BTC)
    assert (mine.status, mine.filled) == (Status.CANCELED, BTC)


def test_a_buy_holds_cost_and_fee_and_never_spends_more(engine: Engine) -> None:
    account = engine.accounts["other"]
    mine = submit(engine, buy(1), "other")
    held = account.quote_held
    assert held >= PRICE * 10_000
    engine.street_rest(Side.SELL, PRICE + 1, BTC)
    for _ in range(10):
        engine.street_take(Side.SELL, BTC // 10, None, NOW)
    assert mine.status is Status.CLOSED
    assert account.quote_held == 0
    assert 10**13 - account.quote <= held


def test_post_only_is_refused_where_it_would_trade(engine: Engine) -> None:
    engine.street_rest(Side.BUY, PRICE, BTC)
    assert refusal(engine, sell(1, post_only=True)) is Refusal.POST_ONLY
    assert submit(engine, sell(1, PRICE + 1, post_only=True)).is_open


def test_immediate_or_cancel_leaves_nothing_behind(engine: Engine) -> None:
    engine.street_rest(Side.BUY, PRICE, BTC)
    mine = submit(engine, sell(3, tif=TimeInForce.IOC))
    assert (mine.status, mine.filled) == (Status.CANCELED, BTC)
    assert engine.book.asks.best is None
    assert engine.accounts["desk"].base_held == 0


def test_fill_or_kill_is_all_or_nothing(engine: Engine) -> None:
    engine.street_rest(Side.BUY, PRICE, 2 * BTC)
    assert submit(engine, sell(3, tif=TimeInForce.FOK)).filled == 0
    assert submit(engine, sell(2, tif=TimeInForce.FOK)).status is Status.CLOSED


def test_fill_or_kill_does_not_count_its_own_resting_orders(engine: Engine) -> None:
    engine.street_rest(Side.SELL, PRICE, BTC)
    submit(engine, sell(1), "other")
    killed = submit(engine, buy(2, tif=TimeInForce.FOK), "other")
    assert (killed.status, killed.filled) == (Status.CANCELED, 0)


def test_a_maker_pays_the_makers_fee(engine: Engine) -> None:
    mine = submit(engine, sell(1))
    engine.street_take(Side.BUY, BTC, None, NOW)
    assert mine.fee == mine.cost * 2_500 // 1_000_000


def test_a_market_order_takes_what_is_there_at_any_price(engine: Engine) -> None:
    engine.street_rest(Side.BUY, PRICE, BTC)
    engine.street_rest(Side.BUY, PRICE - 10_000, BTC)
    mine = submit(engine, sell(3, None))
    assert (mine.status, mine.filled) == (Status.CANCELED, 2 * BTC)


def test_an_account_never_trades_with_itself(engine: Engine) -> None:
    resting = submit(engine, sell(1), "other")
    crossing = submit(engine, buy(2), "other")
    assert (crossing.status, crossing.reason) == (Status.CANCELED, "Self trade prevented")
    assert resting.is_open
    assert not engine.trades


def test_two_accounts_trade_with_each_other(engine: Engine) -> None:
    maker = submit(engine, sell(1))
    taker = submit(engine, buy(1, PRICE + 50), "other")
    assert maker.status is taker.status is Status.CLOSED
    assert [trade.ticks for trade in engine.trades.values()] == [PRICE, PRICE]
    assert [trade.is_maker for trade in engine.trades.values()] == [True, False]


def test_an_order_that_arrives_after_its_deadline_is_refused(engine: Engine) -> None:
    assert refusal(engine, sell(1, deadline=NOW), wall=NOW + 1) is Refusal.DEADLINE
    assert submit(engine, sell(1, deadline=NOW)).is_open


def test_a_client_id_is_taken_only_while_its_order_is_open(engine: Engine) -> None:
    first = submit(engine, sell(1, cl_ord_id="A-1"))
    assert refusal(engine, sell(1, cl_ord_id="A-1")) is Refusal.DUPLICATE
    assert submit(engine, buy(1, PRICE - 9, cl_ord_id="A-1"), "other").is_open
    engine.cancel("desk", "A-1", NOW)
    assert first.status is Status.CANCELED
    assert submit(engine, sell(1, cl_ord_id="A-1")).is_open


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        (sell(0.00004), Refusal.VOLUME_MIN),
        (sell(0), Refusal.VOLUME),
        (sell(-1), Refusal.VOLUME),
        (sell(0.0001, 0), Refusal.PRICE),
        (sell(0.0001, 49_999), Refusal.COST_MIN),
        (sell(100.00000001), Refusal.FUNDS),
        (buy(1), Refusal.FUNDS),
        (sell(1, None, post_only=True), Refusal.FLAGS),
        (sell(1, post_only=True, tif=TimeInForce.IOC), Refusal.FLAGS),
        (sell(1, tif=TimeInForce.GTD), Refusal.EXPIRY),
        (sell(1, tif=TimeInForce.GTD, expires=NOW), Refusal.EXPIRY),
    ],
)
def test_a_malformed_or_unfunded_order_changes_nothing(engine: Engine, asked: NewOrder, reason: Refusal) -> None:
    assert refusal(engine, asked) is reason


def test_holds_count_against_what_may_be_sold(engine: Engine) -> None:
    submit(engine, sell(60))
    assert refusal(engine, sell(41)) is Refusal.FUNDS
    assert submit(engine, sell(40)).is_open


def test_an_order_expires_at_its_own_time(engine: Engine) -> None:
    mine = submit(engine, sell(1, tif=TimeInForce.GTD, expires=NOW + 5))
    engine.tick(NOW + 4, NOW)
    assert mine.is_open
    engine.tick(NOW + 9, NOW)
    assert (mine.status, mine.closed, engine.accounts["desk"].base_held) == (Status.EXPIRED, NOW + 5, 0)


def test_the_dead_mans_switch_runs_on_wall_time_and_only_once(engine: Engine) -> None:
    engine.set_dead_man("desk", NOW + 10)
    mine, theirs = submit(engine, sell(1)), submit(engine, sell(1, PRICE + 1), "other")
    engine.tick(NOW + 99, NOW + 9)
    assert mine.is_open
    engine.tick(NOW + 99, NOW + 10)
    assert (mine.status, theirs.status) == (Status.CANCELED, Status.OPEN)
    later = submit(engine, sell(1))
    engine.tick(NOW + 200, NOW + 200)
    assert later.is_open


def test_a_lifted_dead_mans_switch_does_nothing(engine: Engine) -> None:
    mine = submit(engine, sell(1))
    engine.set_dead_man("desk", NOW + 10)
    engine.set_dead_man("desk", None)
    engine.tick(NOW + 99, NOW + 99)
    assert mine.is_open


@pytest.mark.parametrize("key", ["OAAAAA-AAAAA-AAAAAA", "A-9"])
def test_cancelling_what_is_not_open_is_refused(engine: Engine, key: str) -> None:
    with pytest.raises(OrderRefused, match="Unknown order"):
        engine.cancel("desk", key, NOW)


def test_nobody_cancels_the_orders_of_others(engine: Engine) -> None:
    mine = submit(engine, sell(1))
    with pytest.raises(OrderRefused):
        engine.cancel("other", mine.id, NOW)
    assert engine.cancel_all("other", NOW) == 0
    assert engine.cancel_all("desk", NOW) == 1


def test_events_tell_the_whole_story_in_order(engine: Engine) -> None:
    engine.street_rest(Side.BUY, PRICE, BTC)
    mine = submit(engine, sell(1))
    kinds = [type(event) for event in engine.events]
    assert [kind.__name__ for kind in kinds] == ["Accepted", "OwnTrade", "Closed"]
    assert isinstance(engine.events[1], OwnTrade)
    assert isinstance(engine.events[2], Closed)
    assert engine.events[1].order == mine.id


def test_ids_are_the_same_for_the_same_seed_and_differ_otherwise() -> None:
    def ids(seed: int) -> list[str]:
        engine = Engine(BTC_USD, KRAKEN_FEES, [Account("desk", 100 * BTC, 0)], seed)
        return [submit(engine, sell(1)).id for _ in range(3)]

    assert ids(1) == ids(1)
    assert len({*ids(1), *ids(2)}) == 6
