"""Binance's rules, books, balances, look-ups and trades as exact values, and bad input as words."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from desk.clock import from_micros
from desk.execution.orders import Liquidity
from desk.venues.model import (
    Absent,
    Found,
    Holding,
    MarketDay,
    MarketRules,
    ReportedState,
    Unavailable,
    Unknown,
    VenueTrade,
)


@pytest.fixture
def nothing_there(server, say, refuse) -> None:
    """Every route answers, and knows nothing."""
    server.answers["GET order"] = refuse(-2013, "Order does not exist.")
    for listing in ("GET openOrders", "allOrders", "myTrades"):
        server.answers[listing] = say.says([])


@pytest.mark.parametrize(
    ("exchange", "quote", "bound_s", "is_enforced"),
    [("binance", "USDT", 5.0, True), ("binanceus", "USD", 15.0, False)],
)
async def test_rules_are_the_markets_own_and_fees_the_accounts(
    open_house, exchange, quote, bound_s, is_enforced
) -> None:
    _, venue = await open_house(exchange)
    assert venue.rules == MarketRules(
        f"BTC/{quote}", "BTC", quote, Decimal("0.1"), 1_000, 1_000, Decimal("5"), Decimal("6"), Decimal("10"),
        bound_s, 5.0, enforces_deadline=is_enforced,
    )  # fmt: skip


async def test_taxes_and_what_sellers_pay_are_part_of_the_fee(server, venue, say, it) -> None:
    taxed = {"maker": "0.00010000", "taker": "0.00020000", "buyer": "0.5", "seller": "0.00030000"}
    server.answers["commission"] = say.says(it.commission(taxCommission=taxed))
    rules = await venue.open()
    assert (rules.maker_fee, rules.taker_fee) == (Decimal("10"), Decimal("15"))


async def test_opening_again_sees_a_new_grid(server, venue, say, it) -> None:
    info = it.info()
    info["filters"][0]["tickSize"] = "0.01000000"
    server.answers["exchangeInfo"] = say.says({"symbols": [info]})
    assert (await venue.open()).tick == Decimal("0.01")


@pytest.mark.parametrize(
    "answer",
    [{"code": -1121, "msg": "Invalid symbol."}, {"symbols": []}, {}, [], {"symbols": [{"symbol": "BTCUSDT"}]}],
    ids=str,
)
async def test_a_market_that_is_not_there_is_said(serve, open_at, say, answer) -> None:
    server = await serve({"exchangeInfo": say.says(answer, 400 if "code" in answer else 200)})
    with pytest.raises(Unavailable, match="binance did not tell its markets and fees"):
        await open_at(server, "binance", "BTC/USDT")


@pytest.mark.parametrize(
    ("number", "change"),
    [(0, {"tickSize": "0"}), (0, {"tickSize": "NaN"}), (1, {"stepSize": "0"}), (1, {"stepSize": "-1"}),
     (1, {"stepSize": "0.000000001"}), (1, {"minQty": None}), (2, {"minNotional": "-5"})],
    ids=str,
)  # fmt: skip
async def test_a_grid_that_is_none_is_not_believed(server, venue, say, it, number, change) -> None:
    info = it.info()
    info["filters"][number] |= change
    server.answers["exchangeInfo"] = say.says({"symbols": [info]})
    with pytest.raises(Unavailable):
        await venue.open()


async def test_a_book_is_exact_and_fetched_again_and_again(open_house, say) -> None:
    """There is no stream here: the book is asked for, and each is as old as its asking."""
    from desk.venues.books import StreamPace

    seen = []
    server, venue = await open_house(on_book=seen.append, stream_pace=StreamPace(poll_every_s=0.01))
    book = await venue.book()
    assert [level.price for level in book.asks] == [Decimal("100000.10000000"), Decimal("100000.50000000")]
    assert [level.quantity for level in book.bids] == [125_000_000, 300_000_000]
    await venue.start_stream()
    await say.until(lambda: len(seen) >= 3)
    assert seen[0].observed < seen[1].observed < seen[2].observed
    assert venue.latest_book().observed >= seen[2].observed
    assert not venue.is_streaming
    assert server.of("depth")[0].fields == {"symbol": "BTCUSDT", "limit": "100"}


async def test_balances_show_what_no_order_holds(server, venue, say) -> None:
    held = [
        {"asset": "BTC", "free": "6.62345678", "locked": "0.50000000"},
        {"asset": "BNB", "free": "1", "locked": "0"},
        {"asset": "DOGE", "free": "0.0", "locked": "0.0"},
    ]
    server.answers["account"] = say.says({"balances": held})
    assert await venue.balances() == (
        Holding("BTC", Decimal("7.12345678"), Decimal("6.62345678")), Holding("BNB", Decimal("1"), Decimal("1")),
    )  # fmt: skip


async def test_the_day_is_the_last_24_hours(server, venue, say) -> None:
    day = {"symbol": "BTCUSDT", "volume": "2101.123456789", "highPrice": "71000.2", "lowPrice": "67000.4"}
    server.answers["24hr"] = say.says(day)
    assert await venue.day() == MarketDay(210_112_345_678, Decimal("71000.2"), Decimal("67000.4"))


async def test_an_order_is_asked_for_by_binances_id_or_else_by_ours(server, venue, say, it) -> None:
    server.answers["GET order"] = say.says(it.order())
    assert isinstance(await venue.look_up(say.ref(venue_order_id="28")), Found)
    found = await venue.look_up(say.ref())
    assert isinstance(found, Found)
    assert (found.report.state, found.report.quantity, found.report.filled) == (ReportedState.OPEN, 50_000_000, 0)
    by_theirs, by_ours = server.of("GET order")
    assert (by_theirs.fields["orderId"], by_theirs.fields["symbol"]) == ("28", "BTCUSDT")
    assert by_ours.fields["origClientOrderId"] == "a" * 32
    assert "orderId" not in by_ours.fields


async def test_a_filled_order_comes_with_the_trades_that_prove_it(server, venue, say, it) -> None:
    done = it.order(status="CANCELED", executedQty="0.12345000", cummulativeQuoteQty="12345.01234500")
    server.answers |= {"GET order": say.says(done), "myTrades": say.says([it.trade()])}
    found = await venue.look_up(say.ref())
    assert isinstance(found, Found)
    assert found.report.state is ReportedState.CANCELLED
    assert found.report.is_proven
    assert found.report.average == Decimal("100000.1")
    assert found.report.trades == (
        VenueTrade(
            "7001", "28", 12_345_000, Decimal("100000.10000000"), Decimal("12345.01234500"), Decimal("0.01234000"),
            "BNB", Liquidity.MAKER, from_micros(1_770_000_001_654_000),
        ),
    )  # fmt: skip
    assert server.of("myTrades")[0].fields["orderId"] == "28"
    await venue.look_up(say.ref())
    assert len(server.of("myTrades")) == 1


@pytest.mark.parametrize(
    ("asset", "commission"), [("BNB", "0.01234000"), ("BTC", "0.00012345"), ("USDT", "12.34501234"), ("XYZ", "1")]
)
async def test_a_fee_carries_its_currency(server, venue, say, it, asset, commission) -> None:
    server.answers["myTrades"] = say.says([it.trade(commissionAsset=asset, commission=commission)])
    (trade,) = await venue.trades_since(datetime(2026, 2, 1, tzinfo=UTC))
    assert (str(trade.fee), trade.fee_currency) == (commission, asset)


@pytest.mark.parametrize(
    ("status", "state"),
    [("NEW", "open"), ("PENDING_NEW", "open"), ("PARTIALLY_FILLED", "open"), ("CANCELED", "cancelled"),
     ("REJECTED", "refused"), ("EXPIRED", "expired"), ("EXPIRED_IN_MATCH", "expired"), ("FILLED", "cancelled")],
)  # fmt: skip
async def test_each_status_is_the_state_it_means(server, venue, say, it, status, state) -> None:
    """FILLED with a remainder is not filled."""
    server.answers["GET order"] = say.says(it.order(status=status))
    found = await venue.look_up(say.ref())
    assert isinstance(found, Found)
    assert found.report.state is ReportedState(state)


async def test_it_is_absent_when_all_routes_agree(server, venue, say, nothing_there) -> None:
    assert isinstance(await venue.look_up(say.ref()), Absent)
    assert isinstance(await venue.look_up(say.ref(venue_order_id="28")), Absent)
    assert [len(server.of(name)) for name in ("GET order", "GET openOrders", "allOrders", "myTrades")] == [3, 2, 2, 2]


@pytest.mark.parametrize("route", ["GET openOrders", "allOrders"])
async def test_an_order_that_only_a_listing_shows_is_found(server, venue, say, it, nothing_there, route) -> None:
    """Just after a create the order's own route may not know it yet."""
    server.answers[route] = say.says([it.order(orderId=7, clientOrderId="b" * 32), it.order()])
    found = await venue.look_up(say.ref())
    assert isinstance(found, Found)
    assert found.report.venue_order_id == "28"


async def test_an_order_known_only_by_its_trades_is_found(server, venue, say, it, nothing_there, refuse) -> None:
    known = {
        "28": it.order(executedQty="0.12345000", cummulativeQuoteQty="1"),
        "27": it.order(orderId=27, clientOrderId="b"),
    }
    gone = refuse(-2013, "Order does not exist.")
    server.answers["GET order"] = lambda sent: (
        say.says(known[sent.fields["orderId"]]) if "orderId" in sent.fields else gone
    )
    server.answers["myTrades"] = say.says([it.trade(id=7000, orderId=27), it.trade()])
    found = await venue.look_up(say.ref())
    assert isinstance(found, Found)
    assert [trade.trade_id for trade in found.report.trades] == ["7001"]


@pytest.mark.parametrize("route", ["GET order", "GET openOrders", "allOrders", "myTrades"])
@pytest.mark.parametrize("answer", ["html", "503", "-1003", "{}", "close"])
async def test_a_route_that_does_not_answer_leaves_it_unknown(
    server, venue, say, nothing_there, refuse, route, answer
):
    server.answers[route] = {
        "html": say.html(200), "503": say.says([], 503), "-1003": refuse(-1003, "Too much request weight used", 429),
        "{}": say.says({}), "close": say.Reply(how="close"),
    }[answer]  # fmt: skip
    assert isinstance(await venue.look_up(say.ref()), Unknown)


async def test_all_pages_are_read(server, venue, say, it) -> None:
    every = [it.trade(id=number, time=1_770_000_000_000 + number) for number in range(1, 2_101)]

    def page(sent):
        first = int(sent.fields.get("fromId", "1"))
        return say.says(every[first - 1 : first - 1 + int(sent.fields["limit"])])

    server.answers["myTrades"] = page
    trades = await venue.trades_since(datetime(2026, 1, 1, tzinfo=UTC))
    assert [trade.trade_id for trade in trades] == [str(number) for number in range(1, 2_101)]
    assert [sent.fields.get("fromId") for sent in server.of("myTrades")] == [None, "1001", "2001"]
    assert server.of("myTrades")[0].fields["startTime"] == "1767225599000"


async def test_buys_and_other_markets_are_no_trades_of_ours(server, venue, say, it) -> None:
    listed = [it.trade(id=1, isBuyer=True), it.trade("ETHUSDT", id=2, qty="99999999999"), it.trade(id=3)]
    server.answers["myTrades"] = say.says(listed)
    assert [trade.trade_id for trade in await venue.trades_since(datetime.now(UTC))] == ["3"]


FUTURE = 4_102_444_800_000


@pytest.mark.parametrize(
    "wrong",
    [
        {"origQty": "-0.5"}, {"origQty": "NaN"}, {"origQty": None}, {"origQty": "0.123456789"},
        {"executedQty": "0.6"}, {"executedQty": []}, {"status": "ODD"},
        {"status": None}, {"time": None}, {"time": FUTURE}, {"time": -5},
        {"time": 10**30}, {"side": "BUY"}, {"symbol": "ETHUSDT"}, {"origQty": "21000001"}, {"orderId": "28\n"},
        {"clientOrderId": "b" * 32},
    ],
    ids=str,
)  # fmt: skip
async def test_an_order_that_does_not_add_up_is_not_believed(server, venue, say, it, wrong) -> None:
    server.answers["GET order"] = say.says(it.order(**wrong))
    looked_up = await venue.look_up(say.ref())
    assert isinstance(looked_up, Unknown)
    assert looked_up.reason.isprintable()


@pytest.mark.parametrize(
    "wrong",
    [{"qty": "-1"}, {"price": "0"}, {"price": None}, {"commission": "NaN"}, {"commission": None}, {"time": FUTURE},
     {"orderId": "x"}, {"id": None}, {"isBuyer": "no"}, {"isMaker": None}, {"commissionAsset": ""}],
    ids=str,
)  # fmt: skip
async def test_a_trade_that_does_not_add_up_is_not_believed(server, venue, say, it, wrong) -> None:
    server.answers["myTrades"] = say.says([it.trade(**wrong)])
    with pytest.raises(Unavailable, match="binance did not tell its trades"):
        await venue.trades_since(datetime.now(UTC))


async def test_a_read_that_breaks_is_unavailable_in_words(server, venue, say, broken_read) -> None:
    server.answers |= dict.fromkeys(("depth", "account", "24hr"), broken_read)
    for read in (venue.book, venue.balances, venue.day):
        with pytest.raises(Unavailable) as refused:
            await read()
        assert str(refused.value).isprintable()
        assert len(str(refused.value)) < 1000


async def test_whose_order_it_is_is_asked_by_its_number_alone(server, venue, say, it, refuse) -> None:
    server.answers["GET order"] = [say.says(it.order(clientOrderId="b" * 32)), refuse(-2013, "Order does not exist.")]
    assert await venue.owners(["28", "29"]) == {"28": "b" * 32}
