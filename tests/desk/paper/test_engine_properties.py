"""Whatever is thrown at the engine: money is conserved, holds match open orders, and nobody jumps a queue."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from desk.paper.account import Account
from desk.paper.engine import Engine
from desk.paper.instrument import BTC_USD, KRAKEN_FEES
from desk.paper.orders import NewOrder, OrderKind, OrderRefused, Side, Status, TimeInForce
from desk.units import Sats

BTC = 100_000_000
PRICE = 685_241
ACCOUNTS = ("desk", "other")

sides = st.sampled_from(Side)
prices = st.integers(PRICE - 6, PRICE + 6)
sizes = st.integers(5_000, 3 * BTC)
orders = st.builds(
    lambda side, ticks, volume, post, tif: NewOrder(
        side, OrderKind.LIMIT if ticks else OrderKind.MARKET, Sats(volume), ticks, post, tif
    ),
    sides,
    st.one_of(prices, prices, st.none()),
    sizes,
    st.booleans(),
    st.sampled_from([TimeInForce.GTC, TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK]),
)
actions = st.one_of(
    st.tuples(st.just("submit"), st.sampled_from(ACCOUNTS), orders),
    st.tuples(st.just("cancel"), st.sampled_from(ACCOUNTS), st.integers(0, 50)),
    st.tuples(st.just("rest"), sides, prices, sizes),
    st.tuples(st.just("take"), sides, sizes, st.one_of(prices, st.none())),
)


def new_engine() -> Engine:
    accounts = [Account(name, 20 * BTC, 2_000_000 * 100_000) for name in ACCOUNTS]
    return Engine(BTC_USD, KRAKEN_FEES, accounts)


def play(engine: Engine, script: list[tuple[object, ...]], with_street: bool = True) -> None:
    for now, action in enumerate(script, start=1):
        match action:
            case ("submit", str(account), NewOrder() as asked):
                _submit(engine, account, asked, now)
            case ("cancel", str(account), int(place)):
                mine = engine.open_orders(account)
                if mine:
                    engine.cancel(account, mine[place % len(mine)].id, now)
            case ("rest", Side() as side, int(ticks), int(size)) if with_street:
                if not engine.book.would_cross(side, ticks):
                    engine.street_rest(side, ticks, size)
            case ("take", Side() as side, int(size), int() | None as limit) if with_street:
                engine.street_take(side, size, limit, now)
        check(engine)


def _submit(engine: Engine, account: str, asked: NewOrder, now: int) -> None:
    crosses = asked.ticks is not None and engine.book.would_cross(asked.side, asked.ticks)
    trades = len(engine.trades)
    try:
        order = engine.submit(account, asked, now, now)
    except OrderRefused:
        assert len(engine.trades) == trades
        return
    if asked.post_only:
        assert not crosses
        assert not order.trades
    if asked.tif is TimeInForce.FOK:
        assert order.filled in {0, asked.volume}
    if order.is_open:
        assert asked.kind is OrderKind.LIMIT
        assert asked.tif is TimeInForce.GTC


def check(engine: Engine) -> None:
    """What must hold after every single step."""
    for account in engine.accounts.values():
        mine = engine.open_orders(account.name)
        assert account.base >= account.base_held >= 0
        assert account.quote >= account.quote_held >= 0
        assert account.base_held == sum(order.remaining for order in mine if order.asked.side is Side.SELL)
        assert account.quote_held == sum(order.quote_held for order in mine)
    for order in engine.orders.values():
        trades = [engine.trades[trade_id] for trade_id in order.trades]
        assert sum(trade.sats for trade in trades) == order.filled <= order.asked.volume
        assert sum(trade.cost for trade in trades) == order.cost
        assert (order.status is Status.CLOSED) == (order.remaining == 0)
        if order.asked.ticks is not None:
            sign = 1 if order.asked.side is Side.BUY else -1
            assert all(sign * trade.ticks <= sign * order.asked.ticks for trade in trades)
    bid, ask = engine.book.bids.best, engine.book.asks.best
    assert bid is None or ask is None or bid < ask
    for half in (engine.book.bids, engine.book.asks):
        for level in half.levels.values():
            assert level.total == sum(entry.left for entry in level.queue) > 0


@settings(max_examples=120, deadline=None)
@given(st.lists(actions, max_size=40))
def test_holds_fills_and_the_book_agree_after_every_step(script: list[tuple[object, ...]]) -> None:
    play(new_engine(), script)


@settings(max_examples=80, deadline=None)
@given(st.lists(actions, max_size=40))
def test_between_accounts_no_satoshi_and_no_cent_is_made_or_lost(script: list[tuple[object, ...]]) -> None:
    engine = new_engine()
    before = total(engine)
    play(engine, script, with_street=False)
    base, quote = total(engine)
    assert (base, quote + sum(trade.fee for trade in engine.trades.values())) == before


@settings(max_examples=80, deadline=None)
@given(st.lists(actions, max_size=40))
def test_after_cancelling_everything_nothing_is_held(script: list[tuple[object, ...]]) -> None:
    engine = new_engine()
    play(engine, script)
    for name, account in engine.accounts.items():
        engine.cancel_all(name, 10**9)
        assert (account.base_held, account.quote_held) == (0, 0)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(prices, st.integers(5_000, BTC)), min_size=1, max_size=12), sizes)
def test_what_is_taken_comes_best_price_first_then_oldest(asks: list[tuple[int, int]], wanted: int) -> None:
    engine = Engine(BTC_USD, KRAKEN_FEES, [Account("desk", 100 * BTC, 0)])
    placed = [
        engine.submit("desk", NewOrder(Side.SELL, OrderKind.LIMIT, Sats(size), ticks), now, now)
        for now, (ticks, size) in enumerate(asks)
    ]
    engine.street_take(Side.BUY, wanted, None, 99)
    left = wanted
    for order in sorted(placed, key=lambda order: (order.asked.ticks, order.number)):
        expected = min(left, order.asked.volume)
        assert order.filled == expected
        left -= expected


def total(engine: Engine) -> tuple[int, int]:
    accounts = engine.accounts.values()
    return sum(account.base for account in accounts), sum(account.quote for account in accounts)
