"""Coinbase's rules, books, balances, look-ups and fills as exact values, and bad input as words."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from desk.clock import from_micros
from desk.execution.orders import Liquidity
from desk.venues.books import StreamPace
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

FUTURE = "2100-01-01T00:00:00Z"


def pricebook(stamp: datetime | str, **changes: object) -> dict[str, object]:
    book = {
        "product_id": "BTC-USD",
        "bids": [{"price": "99999.9", "size": "1.25"}, {"price": "99999", "size": "3"}],
        "asks": [{"price": "100000.1", "size": "0.5"}, {"price": "100000.5", "size": "2"}],
        "time": stamp if isinstance(stamp, str) else stamp.isoformat().replace("+00:00", "Z"),
        **changes,
    }
    return {"pricebook": book}


@pytest.fixture
def nothing_there(server, say) -> None:
    """Every route answers, and knows nothing."""
    server.answers |= {
        "historical/": say.says({"error": "NOT_FOUND", "message": "no"}, 404),
        "batch": say.says({"orders": [], "has_next": False, "cursor": ""}),
        "fills": say.says({"fills": [], "cursor": ""}),
    }  # fmt: skip


async def test_rules_are_the_markets_own_and_fees_the_accounts(venue) -> None:
    assert venue.rules == MarketRules(
        "BTC/USD", "BTC", "USD", Decimal("0.01"), 1, 1_000, Decimal("1"), Decimal("60"), Decimal("80"),
        15.0, 5.0, enforces_deadline=False,
    )  # fmt: skip
    assert venue.rules.quarantine_s == 25.0


async def test_a_bound_may_only_be_lengthened(make) -> None:
    assert (await make(in_flight_bound_s=1.0)).rules.in_flight_bound_s == 15.0
    assert (await make(in_flight_bound_s=40.0)).rules.in_flight_bound_s == 40.0


async def test_opening_again_sees_new_fees_and_minimums_and_asks_for_one_product(server, venue, say, it) -> None:
    server.answers["products/"] = say.says(it.product(base_min_size="0.01"))
    server.answers["transaction_summary"] = say.says({"fee_tier": {"taker_fee_rate": "0.001", "maker_fee_rate": "0"}})
    server.received.clear()
    rules = await venue.open()
    assert (rules.maker_fee, rules.taker_fee, rules.min_quantity) == (0, 10, 1_000_000)
    assert [sent.endpoint for sent in server.received] == ["BTC-USD", "transaction_summary"]


@pytest.mark.parametrize(
    "wrong",
    [{"price_increment": "NaN"}, {"price_increment": "-1"}, {"base_increment": "0"}, {"base_min_size": None},
     {"product_id": "ETH-USD"}, {"quote_min_size": "-1"}, {"base_increment": "0.000000001"}],
    ids=str,
)  # fmt: skip
async def test_a_product_that_is_none_is_not_believed(server, venue, say, it, wrong) -> None:
    server.answers["products/"] = say.says(it.product(**wrong))
    with pytest.raises(Unavailable, match="coinbase did not tell its markets and fees"):
        await venue.open()


async def test_a_book_is_exact_and_fetched_again_and_again(server, make, say) -> None:
    """There is no stream here."""
    seen = []
    venue = await make(on_book=seen.append, stream_pace=StreamPace(poll_every_s=0.01))
    server.answers["product_book"] = say.says(pricebook(datetime.now(UTC) + timedelta(seconds=30)))
    book = await venue.book()
    assert [level.price for level in book.asks] == [Decimal("100000.1"), Decimal("100000.5")]
    assert [level.quantity for level in book.bids] == [125_000_000, 300_000_000]
    assert server.of("product_book")[0].path.startswith("/api/v3/brokerage/product_book?")
    await venue.start_stream()
    await say.until(lambda: len(seen) >= 3)
    assert seen[0].observed < seen[1].observed < seen[2].observed


async def test_a_book_is_as_old_as_coinbases_own_stamp(server, venue, say) -> None:
    """A cache in between would otherwise make an old book look fresh (P8)."""
    server.answers["product_book"] = say.says(pricebook(datetime.now(UTC) - timedelta(seconds=20)))
    assert 19 < time.monotonic() - (await venue.book()).observed < 25


@pytest.mark.parametrize(
    "wrong",
    [{"bids": []}, {"asks": None}, {"bids": [{"price": "100001", "size": "1"}]}, {"product_id": "ETH-USD"},
     {"bids": [{"price": "NaN", "size": "1"}]}, {"bids": [{"price": "1"}]}, {"bids": [["1", "1"]]}, {"time": None},
     {"time": "soon"}, {"time": "2026-13-45T00:00:00Z"}],
    ids=str,
)  # fmt: skip
async def test_a_book_that_is_none_is_not_shown(server, venue, say, wrong) -> None:
    server.answers["product_book"] = say.says(pricebook(datetime.now(UTC), **wrong))
    with pytest.raises(Unavailable, match="coinbase did not tell its book"):
        await venue.book()
    assert venue.latest_book() is None


async def test_balances_add_up_over_accounts_and_pages(server, venue, say) -> None:
    def account(currency: str, free: str, held: str) -> dict[str, object]:
        return {"currency": currency, "available_balance": {"value": free}, "hold": {"value": held}}

    first = {"accounts": [account("BTC", "6.5", "0.5"), account("DOGE", "0", "0")], "has_next": True, "cursor": "c"}
    second = {"accounts": [account("BTC", "0.12345678", "0"), account("USD", "12.34", "0")], "has_next": False}
    server.answers["accounts"] = lambda sent: say.says(second if sent.fields.get("cursor") == "c" else first)
    assert await venue.balances() == (
        Holding("BTC", Decimal("7.12345678"), Decimal("6.62345678")),
        Holding("USD", Decimal("12.34"), Decimal("12.34")),
    )


async def test_the_day_is_the_volume_and_no_more_than_coinbase_tells(venue) -> None:
    assert await venue.day() == MarketDay(1_096_787_426_597, None, None)


async def test_an_order_is_found_with_the_fills_that_prove_it(server, venue, say, it) -> None:
    done = it.order(status="CANCELLED", filled_size="0.12345678", average_filled_price="100000.1")
    server.answers |= {
        "historical/": say.says({"order": done}),
        "fills": say.says({"fills": [it.fill()], "cursor": ""}),
    }
    found = await venue.look_up(say.ref(venue_order_id=it.id))
    assert isinstance(found, Found)
    assert found.report.state is ReportedState.CANCELLED
    assert found.report.is_proven
    assert (found.report.quantity, found.report.average) == (50_000_000, Decimal("100000.1"))
    assert found.report.trades == (
        VenueTrade(
            it.trade_id, it.id, 12_345_678, Decimal("100000.10"), Decimal("12345.690345678"), Decimal("12.3456789"),
            "USD", Liquidity.MAKER, from_micros(1_770_000_001_654_321),
        ),
    )  # fmt: skip
    assert server.of("fills")[0].fields["order_ids"] == it.id
    await venue.look_up(say.ref(venue_order_id=it.id))
    assert len(server.of("fills")) == 1


@pytest.mark.parametrize("status", ["PENDING", "OPEN", "QUEUED", "CANCEL_QUEUED"])
async def test_an_order_that_is_on_its_way_is_open(server, venue, say, it, nothing_there, status) -> None:
    server.answers["batch"] = say.says(
        {"orders": [it.order(order_id="other", client_order_id="b"), it.order(status=status)]}
    )
    found = await venue.look_up(say.ref())
    assert isinstance(found, Found)
    assert found.report.state is ReportedState.OPEN


@pytest.mark.parametrize(
    ("status", "state"),
    [("EXPIRED", "expired"), ("FAILED", "refused"), ("CANCELLED", "cancelled"), ("FILLED", "cancelled")],
)
async def test_each_end_is_the_state_it_means(server, venue, say, it, nothing_there, status, state) -> None:
    """FILLED with a remainder is not filled. The open orders do not show what has ended; all orders do."""
    server.answers["batch"] = lambda sent: say.says(
        {"orders": [] if "order_status" in sent.fields else [it.order(status=status)]}
    )
    found = await venue.look_up(say.ref())
    assert isinstance(found, Found)
    assert found.report.state is ReportedState(state)


async def test_an_order_known_only_by_its_fills_is_found(server, venue, say, it, nothing_there) -> None:
    known = {it.id: it.order(filled_size="0.12345678"), "other": it.order(order_id="other", client_order_id="b")}
    server.answers["historical/"] = lambda sent: say.says({"order": known[sent.endpoint]})
    server.answers["fills"] = say.says({"fills": [it.fill(order_id="other", trade_id="t"), it.fill()]})
    found = await venue.look_up(say.ref())
    assert isinstance(found, Found)
    assert [trade.trade_id for trade in found.report.trades] == [it.trade_id]


async def test_it_is_absent_when_all_routes_agree(server, venue, say, it, nothing_there) -> None:
    assert isinstance(await venue.look_up(say.ref()), Absent)
    assert isinstance(await venue.look_up(say.ref(venue_order_id=it.id)), Absent)
    assert [len(server.of(name)) for name in (it.id, "batch", "fills")] == [1, 4, 2]


@pytest.mark.parametrize("route", ["historical/", "batch", "fills"])
@pytest.mark.parametrize("answer", ["html", "503", "limit", "{}", "close", "list"])
async def test_a_route_that_does_not_answer_leaves_it_unknown(server, venue, say, it, nothing_there, route, answer):
    server.answers[route] = {
        "html": say.html(200), "503": say.says({"orders": [], "fills": []}, 503), "close": say.Reply(how="close"),
        "limit": say.says({"error": "rate_limit_exceeded"}, 429), "{}": say.says({}), "list": say.says([]),
    }[answer]  # fmt: skip
    assert isinstance(await venue.look_up(say.ref(venue_order_id=it.id)), Unknown)


async def test_a_listing_that_goes_round_in_circles_is_not_followed_for_ever(
    server, venue, say, it, nothing_there
) -> None:
    stranger = it.order(order_id="other", client_order_id="b")
    server.answers["batch"] = say.says({"orders": [stranger], "has_next": True, "cursor": "again"})
    assert isinstance(await venue.look_up(say.ref()), Unknown)
    assert len(server.of("batch")) == 2


async def test_all_pages_of_fills_are_read(server, venue, say, it) -> None:
    names = [f"t{number:03d}" for number in range(600)]

    def page(sent):
        start = int(sent.fields.get("cursor", "0"))
        part = [it.fill(trade_id=name) for name in names[start : start + 250]]
        return say.says({"fills": part, "cursor": str(start + 250) if start + 250 < 600 else ""})

    server.answers["fills"] = page
    trades = await venue.trades_since(datetime(2026, 1, 1, tzinfo=UTC))
    assert [trade.trade_id for trade in trades] == names


async def test_buys_and_other_products_are_no_trades_of_ours(server, venue, say, it) -> None:
    bought, other = it.fill(side="BUY", size_in_quote=True), it.fill(product_id="ETH-USD", size="99999999999")
    listed = [bought, other, it.fill()]
    server.answers["fills"] = say.says({"fills": listed, "cursor": ""})
    assert [trade.trade_id for trade in await venue.trades_since(datetime.now(UTC))] == [it.trade_id]


@pytest.mark.parametrize(
    "wrong",
    [
        {"order_configuration": None}, {"order_configuration": {}}, {"filled_size": "0.6"}, {"filled_size": "NaN"},
        {"order_configuration": {"limit_limit_gtc": {"base_size": "-0.5"}}}, {"status": "UNKNOWN_ORDER_STATUS"},
        {"order_configuration": {"a": {"base_size": "0.5"}, "b": {"base_size": "0.5"}}}, {"status": 7},
        {"created_time": None}, {"created_time": FUTURE}, {"created_time": "9999-99-99T00:00:00Z"}, {"side": "BUY"},
        {"product_id": "ETH-USD"}, {"client_order_id": "b" * 32}, {"order_id": "another"}, {"order_id": "\u0007"},
        {"average_filled_price": "-1"}, {"filled_size": "0.123456789"},
    ],
    ids=str,
)  # fmt: skip
async def test_an_order_that_does_not_add_up_is_not_believed(server, venue, say, it, wrong) -> None:
    server.answers["historical/"] = say.says({"order": it.order(**wrong)})
    looked_up = await venue.look_up(say.ref(venue_order_id=it.id))
    assert isinstance(looked_up, Unknown)
    assert looked_up.reason.isprintable()


@pytest.mark.parametrize(
    "wrong",
    [
        {"size": "-1"}, {"price": "0"}, {"price": None}, {"commission": "NaN"}, {"commission": None},
        {"trade_time": FUTURE}, {"trade_time": "yesterday"}, {"order_id": 7}, {"trade_id": ""}, {"trade_id": "a b"},
        {"trade_type": "CORRECTION"}, {"trade_type": "REVERSAL"}, {"size_in_quote": True}, {"size_in_quote": "no"},
        {"side": None},
    ],
    ids=str,
)  # fmt: skip
async def test_a_fill_that_does_not_add_up_is_not_believed(server, venue, say, it, wrong) -> None:
    server.answers["fills"] = say.says({"fills": [it.fill(**wrong)], "cursor": ""})
    with pytest.raises(Unavailable, match="coinbase did not tell its trades"):
        await venue.trades_since(datetime.now(UTC))


async def test_a_read_that_breaks_is_unavailable_in_words(server, venue, say, broken_read) -> None:
    server.answers |= dict.fromkeys(("product_book", "accounts", "batch", "products/"), broken_read)
    for read in (venue.book, venue.balances, venue.open_orders, venue.day):
        with pytest.raises(Unavailable) as refused:
            await read()
        assert str(refused.value).isprintable()
        assert len(str(refused.value)) < 1000


async def test_whose_order_it_is_is_asked_by_its_id_alone(server, venue, say, it) -> None:
    server.answers["historical/"] = say.says({"order": it.order(client_order_id="b" * 32)})
    assert await venue.owners([it.id]) == {it.id: "b" * 32}
