"""Answers nobody asked for: endless, in disarray, of the future, with characters a terminal would obey.

Kraken's share; Coinbase's and Binance's stand beside their own documents. Whatever comes, it ends in words.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from desk.clock import LiveClock
from desk.venues.answer import Answer, Failure, NotAnAnswer
from desk.venues.model import Absent, Placed, Unavailable, Unknown
from desk.venues.session import LONGEST_ANSWER
from desk.venues.wire import Access, Wire

TXID = "OAAAAA-AAAAA-AAAAAA"
TOMORROW = time.time() + 86_400


async def test_an_answer_without_an_end_is_cut_off(kraken, make_venue, say) -> None:
    """A hundred times more would come; no more than an answer can be is ever held."""
    venue = await make_venue(timeout_s=5.0)
    kraken.answers["AddOrder"] = say.Reply(how="flood")
    outcome = await venue.create(say.request())
    assert isinstance(outcome, Unknown)
    assert f"longer than {LONGEST_ANSWER} bytes" in outcome.reason
    kraken.answers["BalanceEx"] = say.Reply(how="flood")
    with pytest.raises(Unavailable, match="longer than"):
        await venue.balances()


async def test_a_long_answer_that_ends_is_shown_cut(kraken, venue, say) -> None:
    kraken.answers["AddOrder"] = say.Reply('{"error":["EOrder:' + "x" * 1_000_000 + '"]}')
    outcome = await venue.create(say.request())
    assert isinstance(outcome, Unknown)
    assert len(outcome.reason) < 500


async def test_a_broken_read_is_unavailable_in_words(kraken, venue, say, broken_read) -> None:
    kraken.answers |= dict.fromkeys(("Depth", "BalanceEx", "OpenOrders", "Ticker"), broken_read)
    for read in (venue.book, venue.balances, venue.open_orders, venue.day):
        with pytest.raises(Unavailable) as refused:
            await read()
        assert str(refused.value).isprintable()
        assert len(str(refused.value)) < 1000


@pytest.mark.parametrize(
    "body",
    ["1e99999999999999999999", "-1e99999999999999999999", "[1e999999999999999999999]", "1" * 5_000, "NaN", "Infinity",
     '{"a": -Infinity}', "[" * 50_000, "\x00", "", "{'a': 1}", "\ufeff{}"],
    ids=lambda body: repr(body[:12]),
)  # fmt: skip
def test_what_is_no_document_is_refused_as_such(body) -> None:
    with pytest.raises(NotAnAnswer):
        Answer(Failure.NONE, 200, "application/json", body).document()


@pytest.mark.parametrize("name", ["O\u0007\u001b[2J", "", "x" * 200, "a b", "\ud800", "O\n"], ids=repr)
async def test_an_id_with_surprises_never_gets_further(kraken, venue, say, name) -> None:
    kraken.answers |= {"OpenOrders": say.ok({"open": {name: say.order()}}), "QueryOrders": say.ok({})}
    looked_up = await venue.look_up(say.ref())
    assert isinstance(looked_up, Unknown)
    assert looked_up.reason.isprintable()
    kraken.answers["TradesHistory"] = say.ok({"trades": {name: say.trade()}, "count": 1})
    with pytest.raises(Unavailable):
        await venue.trades_since(datetime.now(UTC))


async def test_what_lies_in_the_future_is_not_believed(kraken, make_venue, say) -> None:
    venue = await make_venue()
    kraken.answers["OpenOrders"] = say.ok({"open": {TXID: say.order(opentm=TOMORROW)}})
    looked_up = await venue.look_up(say.ref())
    assert isinstance(looked_up, Unknown)
    assert "an order of the future" in looked_up.reason
    kraken.answers["TradesHistory"] = say.ok({"trades": {"T1": say.trade(time=TOMORROW)}, "count": 1})
    with pytest.raises(Unavailable, match="a trade of the future"):
        await venue.trades_since(datetime.now(UTC))


async def test_the_future_is_the_venues_own(kraken, make_venue, say) -> None:
    """A paper exchange may stamp desk time that lies ahead of the wall clock."""
    venue = await make_venue(to_venue_time=lambda wall: wall + timedelta(days=100))
    kraken.answers["TradesHistory"] = say.ok({"trades": {"T1": say.trade(time=TOMORROW)}, "count": 1})
    assert len(await venue.trades_since(datetime.now(UTC))) == 1


@pytest.mark.parametrize(
    "wrong", [{"pair": "XETHZUSD", "type": "sell"}, {"pair": "XBTUSD", "type": "buy"}, {"pair": None}, {}], ids=str
)
async def test_an_order_of_another_market_or_side_is_not_ours(kraken, venue, say, wrong) -> None:
    kraken.answers["OpenOrders"] = say.ok({"open": {TXID: say.order(descr=wrong)}})
    assert isinstance(await venue.look_up(say.ref()), Unknown)


async def test_an_order_asked_for_by_name_with_another_client_order_id_is_a_contradiction(kraken, venue, say) -> None:
    kraken.answers["QueryOrders"] = say.ok({TXID: say.order(cl_ord_id="b" * 32)})
    looked_up = await venue.look_up(say.ref(venue_order_id=TXID))
    assert isinstance(looked_up, Unknown)
    assert "another client order id" in looked_up.reason


async def test_extra_fields_and_missing_ones_that_nobody_needs_change_nothing(kraken, venue, say) -> None:
    kraken.answers["AddOrder"] = say.says({"error": [], "result": {"txid": [TXID], "new": {"a": [1]}}, "more": None})
    assert await venue.create(say.request()) == Placed(TXID)
    kraken.answers |= {
        "OpenOrders": say.ok({"open": {}, "new": 1}), "ClosedOrders": say.ok({"closed": {}}),
        "TradesHistory": say.ok({"trades": {}}),
    }  # fmt: skip
    assert isinstance(await venue.look_up(say.ref()), Absent)


@pytest.mark.parametrize(
    ("exchange", "section", "expected"),
    [
        ("kraken", "private", "http://127.0.0.1:9"),
        ("coinbase", "rest", "http://127.0.0.1:9"),
        ("binance", "private", "http://127.0.0.1:9/api/v3"),
        ("binanceus", "public", "http://127.0.0.1:9/api/v3"),
        ("binanceus", "sapi", "http://127.0.0.1:9/sapi/v1"),
    ],
)
async def test_another_address_replaces_the_host_everywhere_and_keeps_the_path(exchange, section, expected) -> None:
    """No request of any section may leave for the real exchange."""
    wire = Wire(exchange, Access("k", "s", "http://127.0.0.1:9/"), LiveClock())
    assert wire.addresses[section] == expected
    assert all(address.startswith("http://127.0.0.1:9") for address in wire.addresses.values())
    await wire.close()
