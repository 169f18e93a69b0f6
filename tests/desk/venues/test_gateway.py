"""The venue as the rest of the desk sees it: rules, books, balances, and words for what failed."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from desk.clock import LiveClock
from desk.units import Price
from desk.venues.model import (
    CancelAccepted,
    Holding,
    MarketDay,
    MarketRules,
    Placed,
    Refused,
    Unavailable,
    Unknown,
    Venue,
)
from desk.venues.registry import UnprovenExchange, VenueSettings, build_venue, check_exchange

SETTINGS = VenueSettings("kraken", "BTC/USD", "key", "c2VjcmV0", "http://127.0.0.1:9")


async def test_rules_are_the_markets_own_and_fees_the_accounts(venue) -> None:
    assert venue.rules == MarketRules(
        "BTC/USD", "BTC", "USD", Decimal("0.1"), 1, 10_000, Decimal("0.5"), Decimal("16"), Decimal("26"),
        5.0, 5.0, enforces_deadline=True,
    )  # fmt: skip
    assert venue.rules.quarantine_s == 15.0


async def test_bounds_come_from_the_settings_where_they_are_given(make_venue) -> None:
    rules = (await make_venue(in_flight_bound_s=7.0, visibility_delay_s=1.0)).rules
    assert (rules.in_flight_bound_s, rules.visibility_delay_s, rules.quarantine_s) == (7.0, 1.0, 9.0)


async def test_a_bound_the_venue_enforces_is_never_shortened(make_venue) -> None:
    assert (await make_venue(in_flight_bound_s=1.0)).rules.in_flight_bound_s == 5.0


async def test_opening_again_sees_new_fees_minimums_and_grid(kraken, venue, say) -> None:
    fees = {"fees": {"XXBTZUSD": {"fee": "0.1"}}, "fees_maker": {"XXBTZUSD": {"fee": "0"}}}
    kraken.answers["TradeVolume"] = say.ok(fees)
    kraken.answers["AssetPairs"] = say.ok({"XXBTZUSD": {**say.pair, "ordermin": "0.01"}})
    rules = await venue.open()
    assert (rules.maker_fee, rules.taker_fee, rules.min_quantity) == (0, 10, 1_000_000)
    assert len(kraken.of("Assets")) == 1
    kraken.answers["AssetPairs"] = say.ok({"XXBTZUSD": {**say.pair, "tick_size": "0.01", "pair_decimals": 2}})
    assert (await venue.open()).tick == Decimal("0.01")
    kraken.answers["AddOrder"] = say.ok({"txid": ["OAAAAA-AAAAA-AAAAAA"]})
    assert isinstance(await venue.create(say.request(limit_price=Price(Decimal("100000.11")))), Placed)
    assert kraken.of("AddOrder")[0].fields["price"] == "100000.11"


async def test_the_day_is_the_last_24_hours_of_the_ticker(kraken, venue, say) -> None:
    ticker = {"v": ["1.5", "2101.12345678"], "h": ["70000.1", "71000.2"], "l": ["68000.3", "67000.4"]}
    kraken.answers["Ticker"] = say.ok({"XXBTZUSD": ticker})
    assert await venue.day() == MarketDay(210_112_345_678, Decimal("71000.2"), Decimal("67000.4"))
    kraken.answers["Ticker"] = say.ok({"XXBTZUSD": {**ticker, "v": "much"}})
    with pytest.raises(Unavailable, match="kraken did not tell its last 24 hours"):
        await venue.day()


async def test_it_is_a_venue(venue) -> None:
    known: Venue = venue
    assert known.name == "kraken"


async def test_a_book_is_exact_and_sorted_as_numbers(kraken, venue) -> None:
    """As texts, 99,999.9 sorts above 100,000.1: ccxt's own book does, with numbers as texts."""
    before = time.monotonic()
    book = await venue.book()
    assert [level.price for level in book.asks] == [Decimal("100000.1"), Decimal("100000.5")]
    assert [level.price for level in book.bids] == [Decimal("99999.9"), Decimal("99999.0")]
    assert [level.quantity for level in book.bids] == [125_000_000, 300_000_000]
    assert book.mid == Decimal("100000.0")
    assert before <= book.observed <= time.monotonic()
    assert venue.latest_book() is book


@pytest.mark.parametrize(
    "depth",
    [
        {"asks": [], "bids": [["1", "1", 1]]},
        {"asks": [["1", "1", 1]], "bids": [["2", "1", 1]]},
        {"asks": [["NaN", "1", 1]], "bids": [["1", "1", 1]]},
        {"asks": [["2", "-1", 1]], "bids": [["1", "1", 1]]},
        {"asks": [["2"]], "bids": [["1", "1", 1]]},
        {"bids": []},
        "book",
    ],
    ids=["one side", "crossed", "NaN", "negative", "short", "missing", "text"],
)
async def test_a_book_that_is_none_is_not_shown(kraken, venue, say, depth) -> None:
    kraken.answers["Depth"] = say.ok({"XXBTZUSD": depth})
    with pytest.raises(Unavailable, match="kraken did not tell its book"):
        await venue.book()
    assert venue.latest_book() is None


async def test_balances_show_what_no_order_holds(kraken, venue, say) -> None:
    held = {"XXBT": {"balance": "7.1234567800", "hold_trade": "0.5000000000"}, "ZUSD": {"balance": "12.3456"}}
    kraken.answers["BalanceEx"] = say.ok(held)
    assert await venue.balances() == (
        Holding("BTC", Decimal("7.1234567800"), Decimal("6.6234567800")),
        Holding("USD", Decimal("12.3456"), Decimal("12.3456")),
    )


async def test_a_failed_read_says_who_what_and_why(kraken, venue, say) -> None:
    kraken.answers["BalanceEx"] = say.no("EGeneral:Permission denied")
    with pytest.raises(
        Unavailable, match=r"^kraken did not tell its balances: Kraken answered EGeneral:Permission den"
    ):
        await venue.balances()
    kraken.answers["BalanceEx"] = say.html(502)
    with pytest.raises(Unavailable, match="HTTP 502, text/html"):
        await venue.balances()
    await kraken.stop()
    with pytest.raises(Unavailable, match="not connected"):
        await venue.open_orders()


async def test_an_exchange_that_is_away_does_not_open(kraken, make_venue, say) -> None:
    await kraken.stop()
    with pytest.raises(Unavailable, match="kraken did not tell its markets and fees: not connected"):
        await make_venue()


async def test_opening_succeeds_once_the_exchange_is_back(kraken, make_venue, say) -> None:
    kraken.answers["AssetPairs"] = [say.html(502), kraken.answers["AssetPairs"]]
    kraken.answers["TradeVolume"] = [say.no("EAPI:Invalid key"), kraken.answers["TradeVolume"]]
    clock = LiveClock()
    venue = build_venue("kraken", VenueSettings("kraken", "BTC/USD", "key", "c2VjcmV0", kraken.url, 1), clock)
    with pytest.raises(Unavailable, match="HTTP 502"):
        await venue.open()
    with pytest.raises(Unavailable, match="EAPI:Invalid key"):
        await venue.open()
    assert (await venue.open()).tick == Decimal("0.1")
    await venue.close()


async def test_a_market_the_exchange_lacks_is_named(make_venue) -> None:
    with pytest.raises(Unavailable, match="Kraken has no market BTC/USDC"):
        await make_venue(symbol="BTC/USDC")


async def test_before_it_is_open_only_cancels_are_sent(kraken, say) -> None:
    settings = VenueSettings("kraken", "BTC/USD", "key", "c2VjcmV0", kraken.url, 1)
    venue = build_venue("kraken", settings, LiveClock())
    kraken.answers["CancelOrder"] = kraken.answers["CancelAll"] = say.ok({"count": 1})
    for act in (venue.book(), venue.open_orders(), venue.start_stream()):
        with pytest.raises(Unavailable, match=r"not (loaded|open) yet"):
            await act
    assert await venue.create(say.request()) == Refused("nothing was sent: kraken is not open yet", is_temporary=True)
    assert isinstance(await venue.look_up(say.ref()), Unknown)
    assert await venue.cancel(say.ref()) == CancelAccepted()
    assert await venue.cancel_all() == CancelAccepted()
    assert [sent.endpoint for sent in kraken.received] == ["CancelOrder", "CancelAll"]
    await venue.close()


async def test_a_secret_is_not_shown(venue) -> None:
    assert "c2VjcmV0" not in repr(SETTINGS)
    assert "key" not in repr(SETTINGS).replace("Venue", "")


@pytest.mark.parametrize(
    ("exchange", "unproven"),
    [
        ("okx", "an order id that is sent twice"), ("bybit", "found by our id"), ("bitstamp", "post-only and IOC"),
        ("gemini", "empty answers"), ("bitfinex", "found by our id"), ("Kraken", "after a lost answer"),
        ("krakenfutures", "post-only and IOC reach it"), ("", "what each of its answers proves"),
    ],
)  # fmt: skip
def test_an_unproven_exchange_is_refused_in_one_sentence_that_says_what_is_unproven(exchange, unproven) -> None:
    with pytest.raises(
        UnprovenExchange, match=r"^exchange '.*' is not accepted: not proven yet is [^.]*$"
    ) as refused:
        check_exchange(exchange, "BTC/USD")
    assert unproven in str(refused.value)
    assert str(refused.value).endswith("; use kraken, coinbase, binance or binanceus")


@pytest.mark.parametrize("exchange", ["kraken", "coinbase"])
def test_a_sandbox_that_ccxt_does_not_know_is_refused(exchange) -> None:
    with pytest.raises(UnprovenExchange, match=r"has no sandbox that ccxt knows; remove sandbox"):
        check_exchange(exchange, "BTC/USD", sandbox=True)
    check_exchange("binance", "BTC/USDT", sandbox=True)


@pytest.mark.parametrize("symbol", ["ETH/USD", "BTC", "BTCUSD", "BTC/usd", "BTC/USD:USD", "BTC/ΥΣΔ"])
def test_only_bitcoin_is_sold(symbol) -> None:
    with pytest.raises(UnprovenExchange, match="this desk sells bitcoin"):
        check_exchange("kraken", symbol)


def test_importing_and_building_leaves_ccxt_alone() -> None:
    """It costs a second and 100 MB, which commands that do not trade must not pay."""
    code = (
        "import sys; from desk.clock import LiveClock; from desk.venues import registry, gateway, books, evidence;"
        "registry.build_venue('k', registry.VenueSettings('kraken', 'BTC/USD', 'k', 's'), LiveClock());"
        "sys.exit('ccxt' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


async def test_trades_are_asked_for_from_the_moment_given(kraken, venue, say) -> None:
    kraken.answers["TradesHistory"] = say.ok({"trades": {}, "count": 0})
    await venue.trades_since(datetime(2026, 2, 7, 12, tzinfo=UTC))
    assert kraken.of("TradesHistory")[0].fields["start"] == str(
        int(datetime(2026, 2, 7, 12, tzinfo=UTC).timestamp()) - 1
    )
