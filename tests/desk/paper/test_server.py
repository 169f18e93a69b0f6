"""ccxt's real kraken class against the paper exchange over real sockets, call by call."""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import ccxt.async_support as ccxt
import pytest

from desk.clock import ManualClock, micros
from desk.paper.config import PaperConfig, PaperRefused
from desk.paper.server import PaperExchange
from desk.units import Money

SYMBOL = "BTC/USD"


async def sell(kraken: Any, amount: str, price: str | Decimal, **params: Any) -> str:
    order = await kraken.create_order(SYMBOL, "limit", "sell", amount, str(price), params)
    return str(order["id"])


async def touch(kraken: Any) -> tuple[Decimal, Decimal]:
    book = await kraken.fetch_order_book(SYMBOL, 5)
    return Decimal(book["bids"][0][0]), Decimal(book["asks"][0][0])


async def test_markets_load_with_the_pairs_own_limits(kraken: Any) -> None:
    market = (await kraken.load_markets())[SYMBOL]
    assert market["precision"] == {"amount": "0.00000001", "price": "0.1"}
    assert (market["limits"]["amount"]["min"], market["limits"]["cost"]["min"]) == ("0.00005", "0.5")
    assert (market["id"], market["altname"], market["active"]) == ("XXBTZUSD", "XBTUSD", True)
    assert Decimal(market["info"]["tick_size"]) == Decimal("0.1")


async def test_the_exchange_tells_desk_time(
    config: PaperConfig, clock: ManualClock, connect: Callable[..., Any]
) -> None:
    fast = ManualClock(clock.now(), speed=600)
    async with PaperExchange(replace(config, clock=fast)) as paper:
        kraken = connect(paper.url)
        before = await kraken.fetch_time()
        fast.advance(1)
        assert await kraken.fetch_time() - before == 600_000
        await sell(kraken, "1", "60000", timeInForce="IOC")
        (trade, *_) = await kraken.fetch_my_trades(SYMBOL)
        assert trade["timestamp"] == micros(fast.now()) // 1_000


async def test_status_is_online(kraken: Any) -> None:
    assert (await kraken.fetch_status())["status"] == "ok"


async def test_the_public_book_ticker_trades_and_candles_agree(kraken: Any, clock: ManualClock) -> None:
    for _ in range(30):
        clock.advance(10)
        await kraken.fetch_time()
    bid, ask = await touch(kraken)
    ticker = await kraken.fetch_ticker(SYMBOL)
    assert (Decimal(ticker["bid"]), Decimal(ticker["ask"])) == (bid, ask)
    trades = await kraken.fetch_trades(SYMBOL)
    assert trades
    assert Decimal(trades[-1]["price"]) == Decimal(ticker["last"])
    candles = await kraken.fetch_ohlcv(SYMBOL, "1m")
    assert len(candles) > 700
    minute = [
        trade for trade in trades if trade["timestamp"] >= candles[-2][0] and trade["timestamp"] < candles[-1][0]
    ]
    assert sum(Decimal(trade["amount"]) for trade in minute) == Decimal(candles[-2][5])
    assert max(Decimal(trade["price"]) for trade in minute) == Decimal(candles[-2][2])
    hours = await kraken.fetch_ohlcv(SYMBOL, "1h")
    assert 20 <= len(hours) <= 26


async def test_public_trades_can_be_asked_for_from_a_moment_on(kraken: Any, clock: ManualClock) -> None:
    clock.advance(120)
    everything = await kraken.fetch_trades(SYMBOL)
    since = everything[len(everything) // 2]["timestamp"] // 1_000 * 1_000
    later = await kraken.fetch_trades(SYMBOL, since=since)
    assert 0 < len(later) < len(everything)
    assert all(trade["timestamp"] > since for trade in later)


async def test_public_trades_go_on_from_where_the_last_answer_ended(kraken: Any, clock: ManualClock) -> None:
    clock.advance(120)
    first = (await kraken.publicGetTrades({"pair": "XBTUSD"}))["result"]
    clock.advance(120)
    more = (await kraken.publicGetTrades({"pair": "XBTUSD", "since": first["last"]}))["result"]
    everything = (await kraken.publicGetTrades({"pair": "XBTUSD"}))["result"]
    assert more["XXBTZUSD"]
    assert first["XXBTZUSD"] + more["XXBTZUSD"] == everything["XXBTZUSD"]


async def test_balances_and_holds(kraken: Any) -> None:
    _, ask = await touch(kraken)
    await sell(kraken, "12.5", ask + 500)
    btc = (await kraken.fetch_balance())["BTC"]
    assert [Decimal(btc[name]) for name in ("total", "used", "free")] == [3000, Decimal("12.5"), Decimal("2987.5")]


async def test_fees_follow_the_volume(config: PaperConfig, connect: Callable[..., Any]) -> None:
    async with PaperExchange(replace(config, volume_30d=Money(Decimal(12_000_000)))) as paper:
        fee = await connect(paper.url).fetch_trading_fee(SYMBOL)
    assert (Decimal(fee["maker"]), Decimal(fee["taker"])) == (0, Decimal("0.0010"))


async def test_a_resting_order_is_found_by_every_look_up_and_cancelled(kraken: Any) -> None:
    _, ask = await touch(kraken)
    order_id = await sell(kraken, "0.5", ask + 300, clientOrderId="S-1", postOnly=True)
    (found,) = await kraken.fetch_open_orders(SYMBOL, params={"clientOrderId": "S-1"})
    assert (found["id"], found["status"], found["clientOrderId"]) == (order_id, "open", "S-1")
    assert (found["postOnly"], Decimal(found["price"]), found["amount"]) == (True, ask + 300, "0.50000000")
    assert await kraken.fetch_open_orders(SYMBOL, params={"clientOrderId": "S-2"}) == []
    assert (await kraken.fetch_order(order_id))["status"] == "open"
    assert (await kraken.cancel_order(None, params={"clientOrderId": "S-1"}))["info"]["result"] == {"count": 1}
    (closed,) = await kraken.fetch_closed_orders(SYMBOL, params={"clientOrderId": "S-1"})
    assert (closed["id"], closed["status"], Decimal(closed["filled"])) == (order_id, "canceled", 0)
    assert await kraken.fetch_open_orders(SYMBOL) == []


async def test_a_cancelled_order_cannot_be_cancelled_again(kraken: Any) -> None:
    order_id = await sell(kraken, "0.5", "90000")
    await kraken.cancel_order(order_id)
    with pytest.raises(ccxt.OrderNotFound):
        await kraken.cancel_order(order_id)


async def test_an_immediate_order_reports_its_trades_to_the_satoshi(kraken: Any, paper: PaperExchange) -> None:
    bid, _ = await touch(kraken)
    order_id = await sell(kraken, "9.12345678", bid - 200, clientOrderId="S-3", timeInForce="IOC")
    (order,) = await kraken.fetch_closed_orders(SYMBOL, params={"clientOrderId": "S-3"})
    trades = [trade for trade in await kraken.fetch_my_trades(SYMBOL) if trade["order"] == order_id]
    assert sum(Decimal(trade["amount"]) for trade in trades) == Decimal(order["filled"]) == Decimal("9.12345678")
    assert sum(Decimal(trade["fee"]["cost"]) for trade in trades) == Decimal(order["fee"]["cost"])
    assert {trade["takerOrMaker"] for trade in trades} == {"taker"}
    balance = await kraken.fetch_balance()
    proceeds = sum(Decimal(trade["cost"]) - Decimal(trade["fee"]["cost"]) for trade in trades)
    assert Decimal(balance["USD"]["total"]) == proceeds
    assert Decimal(balance["BTC"]["total"]) == 3000 - Decimal("9.12345678")
    assert paper.exchange.engine.orders[order_id].fee > 0


async def test_trades_of_an_order_are_found_by_their_ids(kraken: Any) -> None:
    order_id = await sell(kraken, "5", "60000", timeInForce="IOC")
    order = await kraken.fetch_order(order_id)
    trades = await kraken.fetch_order_trades(order_id, SYMBOL, params={"trades": order["trades"]})
    assert sum(Decimal(trade["amount"]) for trade in trades) == 5


async def test_a_market_order_sells(kraken: Any) -> None:
    order = await kraken.create_order(SYMBOL, "market", "sell", "0.25")
    assert (await kraken.fetch_order(order["id"]))["status"] == "closed"


async def test_cancel_all_counts_and_cancels(kraken: Any) -> None:
    for place in range(3):
        await sell(kraken, "0.1", 90_000 + place)
    answer = await kraken.cancel_all_orders()
    assert answer[0]["info"]["result"]["count"] == 3
    assert await kraken.fetch_open_orders(SYMBOL) == []


async def test_the_dead_mans_switch_cancels_when_nobody_asks_again(kraken: Any, clock: ManualClock) -> None:
    await sell(kraken, "0.1", "90000")
    await kraken.cancel_all_orders_after(60_000)
    clock.advance(59)
    assert len(await kraken.fetch_open_orders(SYMBOL)) == 1
    await kraken.cancel_all_orders_after(60_000)
    clock.advance(59)
    assert len(await kraken.fetch_open_orders(SYMBOL)) == 1
    clock.advance(1)
    assert await kraken.fetch_open_orders(SYMBOL) == []


async def test_an_order_expires_when_it_said_it_would(kraken: Any, clock: ManualClock) -> None:
    order_id = await sell(kraken, "0.1", "90000", timeInForce="GTD", expiretm="+30")
    clock.advance(29)
    assert (await kraken.fetch_order(order_id))["status"] == "open"
    clock.advance(1)
    assert (await kraken.fetch_order(order_id))["status"] == "expired"


async def test_validate_places_nothing(kraken: Any) -> None:
    order = await kraken.create_order(SYMBOL, "limit", "sell", "0.1", "90000", {"validate": True})
    assert order["id"] is None
    assert await kraken.fetch_open_orders(SYMBOL) == []


async def test_closed_orders_and_trades_come_in_pages_of_fifty_newest_first(kraken: Any, clock: ManualClock) -> None:
    for _ in range(53):
        await sell(kraken, "0.0001", "60000", timeInForce="IOC")
        clock.advance(0.01)
    first = await kraken.privatePostClosedOrders({})
    second = await kraken.privatePostClosedOrders({"ofs": 50})
    assert first["result"]["count"] == 53
    assert [len(page["result"]["closed"]) for page in (first, second)] == [50, 3]
    assert not first["result"]["closed"].keys() & second["result"]["closed"].keys()
    trades = await kraken.privatePostTradesHistory({})
    rest = await kraken.privatePostTradesHistory({"ofs": 50})
    times = [trade["time"] for page in (trades, rest) for trade in page["result"]["trades"].values()]
    assert len(times) == 53
    assert times == sorted(times, reverse=True)


async def test_history_can_be_cut_by_time(kraken: Any, clock: ManualClock) -> None:
    await sell(kraken, "0.1", "60000", timeInForce="IOC")
    clock.advance(100)
    cut = await kraken.fetch_time()
    clock.advance(100)
    late = await sell(kraken, "0.1", "60000", timeInForce="IOC")
    assert {trade["order"] for trade in await kraken.fetch_my_trades(SYMBOL, since=cut)} == {late}
    assert [order["id"] for order in await kraken.fetch_closed_orders(SYMBOL, since=cut)] == [late]
    early = await kraken.fetch_my_trades(SYMBOL, params={"until": cut})
    assert early
    assert late not in {trade["order"] for trade in early}


async def test_a_websocket_token_is_given(kraken: Any) -> None:
    answer = await kraken.privatePostGetWebSocketsToken()
    assert len(answer["result"]["token"]) > 20


@pytest.mark.parametrize(
    ("params", "error", "words"),
    [
        ({"volume": "0.00001"}, ccxt.InvalidOrder, "Order minimum not met"),
        ({"volume": "3001"}, ccxt.InsufficientFunds, "Insufficient funds"),
        ({"volume": "0.000000001"}, ccxt.InvalidOrder, "Invalid arguments:volume"),
        ({"volume": "1e400"}, ccxt.InvalidOrder, "Invalid arguments:volume"),
        ({"volume": "-1"}, ccxt.InvalidOrder, "Invalid arguments:volume"),
        ({"price": "68524.15"}, ccxt.ExchangeError, "Tick size check failed"),
        ({"price": "-5"}, ccxt.InvalidOrder, "Invalid arguments:price"),
        ({"price": ""}, ccxt.InvalidOrder, "Invalid arguments:price"),
        ({"volume": "0.0001", "price": "1"}, ccxt.ExchangeError, "Cost minimum not met"),
        ({"pair": "DOGEUSD"}, ccxt.ExchangeError, "Unknown asset pair"),
        ({"type": "give"}, ccxt.ExchangeError, "Invalid arguments:type"),
        ({"ordertype": "stop-loss"}, ccxt.ExchangeError, "Invalid arguments:ordertype"),
        ({"oflags": "viqc"}, ccxt.InvalidOrder, "Invalid arguments:viqc"),
        ({"oflags": "post,best"}, ccxt.ExchangeError, "Invalid arguments:oflags"),
        ({"oflags": "post", "price": "60000"}, ccxt.ExchangeError, "Post only order"),
        ({"timeinforce": "PO"}, ccxt.ExchangeError, "Invalid arguments:timeinforce"),
        ({"timeinforce": "GTD"}, ccxt.ExchangeError, "Invalid arguments:expiretm"),
        ({"expiretm": "soon"}, ccxt.ExchangeError, "Invalid arguments:expiretm"),
        ({"expiretm": "5"}, ccxt.ExchangeError, "Invalid arguments:expiretm"),
        ({"cl_ord_id": "nineteen-characters"}, ccxt.ExchangeError, "Invalid arguments:cl_ord_id"),
        ({"cl_ord_id": "two words"}, ccxt.ExchangeError, "Invalid arguments:cl_ord_id"),
        ({"cl_ord_id": "A-1", "userref": "5"}, ccxt.ExchangeError, "Invalid arguments:cl_ord_id"),
        ({"deadline": "tomorrow"}, ccxt.ExchangeError, "Invalid arguments:deadline"),
        ({"deadline": "2026-02-07T18:02:00Z"}, ccxt.ExchangeError, "Invalid arguments:deadline"),
        ({"deadline": "2026-02-07T17:59:59Z"}, ccxt.ExchangeError, "Deadline elapsed"),
        ({"leverage": "5:1"}, ccxt.ExchangeError, "Invalid arguments:leverage"),
    ],
)
async def test_a_bad_order_is_refused_in_krakens_words_and_changes_nothing(
    kraken: Any, paper: PaperExchange, params: dict[str, str], error: type[Exception], words: str
) -> None:
    good = {"pair": "XXBTZUSD", "type": "sell", "ordertype": "limit", "volume": "1", "price": "90000"}
    with pytest.raises(error, match=words):
        await kraken.privatePostAddOrder(good | params)
    assert not paper.exchange.engine.orders
    assert paper.exchange.account.base_held == 0


@pytest.mark.parametrize(
    "cl_ord_id", ["6d1b345e-2821-40e2-ad83-4ecb18a06876", "6d1b345e282140e2ad834ecb18a06876", "S-1"]
)
async def test_the_three_shapes_of_client_ids_are_taken_and_unique_while_open(kraken: Any, cl_ord_id: str) -> None:
    await sell(kraken, "0.1", "90000", clientOrderId=cl_ord_id)
    with pytest.raises(ccxt.ExchangeError, match="Duplicate order"):
        await sell(kraken, "0.1", "90000", clientOrderId=cl_ord_id)
    await kraken.cancel_order(None, params={"clientOrderId": cl_ord_id})
    await sell(kraken, "0.1", "90000", clientOrderId=cl_ord_id)


async def test_a_deadline_in_time_is_accepted(kraken: Any) -> None:
    assert await sell(kraken, "0.1", "90000", deadline="2026-02-07T18:00:05Z")


async def test_unknown_calls_are_refused(kraken: Any) -> None:
    with pytest.raises(ccxt.ExchangeError, match="Unknown method"):
        await kraken.privatePostTradeBalance()
    with pytest.raises(ccxt.ExchangeError, match="Unknown method"):
        await kraken.publicGetSpread({"pair": "XXBTZUSD"})


async def test_an_unknown_order_is_unknown(kraken: Any) -> None:
    with pytest.raises(ccxt.InvalidOrder, match="Unknown order"):
        await kraken.fetch_order("OAAAAA-AAAAA-AAAAAA")


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "example.org", ""])
def test_it_never_listens_beyond_loopback(config: PaperConfig, host: str) -> None:
    with pytest.raises(PaperRefused, match="loopback only"):
        PaperExchange(config, host=host)


async def test_a_taken_port_is_said_so(config: PaperConfig) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(PaperRefused, match="cannot listen"):
            async with PaperExchange(config, port=taken.getsockname()[1]):
                pass


@pytest.mark.parametrize("bad", [{"api_secret": "not base64!"}, {"step_ms": 0}, {"btc": -1}])
def test_a_config_that_cannot_work_is_refused(config: PaperConfig, bad: dict[str, Any]) -> None:
    with pytest.raises(PaperRefused):
        replace(config, **bad)
