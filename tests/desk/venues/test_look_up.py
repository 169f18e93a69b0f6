"""An order found again by each route, and what it takes to call it absent."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from desk.clock import from_micros
from desk.execution.orders import Liquidity
from desk.venues.model import Absent, Found, ReportedState, Unavailable, Unknown, VenueTrade

TXID = "OAAAAA-AAAAA-AAAAAA"
OTHER = "OBBBBB-BBBBB-BBBBBB"


@pytest.fixture(autouse=True)
def nothing_there(kraken, say) -> None:
    """Every route answers, and knows nothing."""
    kraken.answers |= {
        "OpenOrders": say.ok({"open": {}}),
        "ClosedOrders": say.ok({"closed": {}, "count": 0}),
        "TradesHistory": say.ok({"trades": {}, "count": 0}),
        "QueryOrders": say.no("EOrder:Unknown order"),
    }


async def test_an_open_order_is_found_by_our_id(kraken, venue, say) -> None:
    kraken.answers["OpenOrders"] = say.ok({"open": {TXID: say.order()}})
    found = await venue.look_up(say.ref())
    assert isinstance(found, Found)
    assert found.report.venue_order_id == TXID
    assert found.report.state is ReportedState.OPEN
    assert (found.report.quantity, found.report.filled, found.report.average) == (50_000_000, 0, None)
    assert found.report.is_proven
    assert kraken.of("OpenOrders")[0].fields["cl_ord_id"] == "a" * 32
    assert not kraken.of("ClosedOrders")


async def test_a_closed_order_is_found_with_the_trades_that_prove_it(kraken, venue, say) -> None:
    closed = say.order(status="canceled", vol_exec="0.12345678", price="100000.1", cost="12345.67")
    kraken.answers["ClosedOrders"] = say.ok({"closed": {TXID: closed}, "count": 1})
    kraken.answers["TradesHistory"] = say.ok({"trades": {"T1": say.trade()}, "count": 1})
    found = await venue.look_up(say.ref())
    assert isinstance(found, Found)
    assert found.report.state is ReportedState.CANCELLED
    assert found.report.is_proven
    assert found.report.trades == (
        VenueTrade(
            "T1", TXID, 12_345_678, Decimal("100000.10000"), Decimal("12345.67891"), Decimal("19.75309"), "USD",
            Liquidity.MAKER, from_micros(1_770_000_001_654_321),
        ),
    )  # fmt: skip
    assert str(found.report.trades[0].price) == "100000.10000"


async def test_an_order_known_only_by_its_trades_is_found(kraken, venue, say) -> None:
    """Neither listing shows it yet, and trades name the venue's id only: the orders behind them are asked."""
    kraken.answers["TradesHistory"] = say.ok(
        {"trades": {"T1": say.trade(), "T2": say.trade(ordertxid=OTHER)}, "count": 2}
    )
    known = {
        TXID: say.order(status="closed", vol="0.12345678", vol_exec="0.12345678"),
        OTHER: say.order(cl_ord_id="b"),
    }
    kraken.answers["QueryOrders"] = say.ok(known)
    found = await venue.look_up(say.ref())
    assert isinstance(found, Found)
    assert found.report.state is ReportedState.FILLED
    assert [trade.trade_id for trade in found.report.trades] == ["T1"]


async def test_an_order_whose_venue_id_is_known_is_asked_by_it(kraken, venue, say) -> None:
    kraken.answers["QueryOrders"] = say.ok({TXID: say.order()})
    assert isinstance(await venue.look_up(say.ref(venue_order_id=TXID)), Found)
    (asked,) = kraken.of("QueryOrders")
    assert asked.fields["txid"] == TXID
    assert not kraken.of("OpenOrders")


async def test_our_id_written_as_a_uuid_is_still_ours(kraken, venue, say) -> None:
    dashed = "AAAAAAAA-AAAA-AAAA-AAAA-AAAAAAAAAAAA"
    kraken.answers["OpenOrders"] = say.ok({"open": {TXID: say.order(cl_ord_id=dashed)}})
    found = await venue.look_up(say.ref())
    assert isinstance(found, Found)
    assert found.report.client_order_id == "a" * 32


async def test_it_is_absent_when_all_three_agree(kraken, venue, say) -> None:
    assert isinstance(await venue.look_up(say.ref()), Absent)
    assert isinstance(await venue.look_up(say.ref(venue_order_id=TXID)), Absent)
    assert [len(kraken.of(name)) for name in ("OpenOrders", "ClosedOrders", "TradesHistory")] == [2, 2, 2]


@pytest.mark.parametrize("route", ["OpenOrders", "ClosedOrders", "TradesHistory"])
@pytest.mark.parametrize(
    "answer",
    [
        {"body": '{"error":["EService:Unavailable"]}'},
        {"body": '{"error":["EAPI:Invalid nonce"]}'},
        {"body": "{}"},
        {"body": '{"error":[],"result":{}}'},
        {"body": '{"error":[],"result":null}'},
        {"body": "<html/>", "content_type": "text/html"},
        {"body": '{"error":[],"result":{"open":{},"closed":{},"trades":{},"count":0}}', "status": 503},
        {"how": "close"},
    ],
    ids=lambda answer: next(iter(answer.values())) if "status" not in answer else "503",
)
async def test_it_is_not_absent_while_one_route_does_not_answer(kraken, venue, say, route, answer) -> None:
    kraken.answers[route] = say.Reply(**answer)
    assert isinstance(await venue.look_up(say.ref()), Unknown)


async def test_a_trade_of_an_order_that_cannot_be_read_is_no_absence(kraken, venue, say) -> None:
    kraken.answers["TradesHistory"] = say.ok({"trades": {"T1": say.trade()}, "count": 1})
    assert isinstance(await venue.look_up(say.ref()), Unknown)
    kraken.answers["QueryOrders"] = say.ok({OTHER: say.order()})
    assert isinstance(await venue.look_up(say.ref()), Unknown)


async def test_strangers_behind_trades_are_asked_for_once(kraken, venue, say) -> None:
    kraken.answers["TradesHistory"] = say.ok({"trades": {"T1": say.trade()}, "count": 1})
    kraken.answers["QueryOrders"] = say.ok({TXID: say.order(cl_ord_id=None)})
    assert isinstance(await venue.look_up(say.ref()), Absent)
    assert isinstance(await venue.look_up(say.ref()), Absent)
    assert len(kraken.of("QueryOrders")) == 1


async def test_an_order_of_this_desk_behind_a_trade_is_no_stranger_to_its_own_look_up(kraken, venue, say) -> None:
    kraken.answers["TradesHistory"] = say.ok({"trades": {"T1": say.trade()}, "count": 1})
    kraken.answers["QueryOrders"] = say.ok(
        {TXID: say.order(status="closed", vol="0.12345678", vol_exec="0.12345678")}
    )
    other = replace(say.ref(), client_order_id="c" * 32)
    assert isinstance(await venue.look_up(other), Absent)
    assert isinstance(await venue.look_up(say.ref()), Found)


# Several at once


def named(say, letter: str, venue_order_id: str | None = None):
    return replace(say.ref(venue_order_id=venue_order_id), client_order_id=letter * 32)


async def test_several_orders_are_found_with_one_reading_of_each_record(kraken, venue, say) -> None:
    third, fourth = "OCCCCC-CCCCC-CCCCCC", "ODDDDD-DDDDD-DDDDDD"
    orders = {
        TXID: say.order(),
        OTHER: say.order(cl_ord_id="b" * 32),
        third: say.order(cl_ord_id="c" * 32, status="canceled"),
        fourth: say.order(cl_ord_id="d" * 32, status="closed", vol="0.12345678", vol_exec="0.12345678"),
    }
    kraken.answers |= {
        "OpenOrders": say.ok({"open": {OTHER: orders[OTHER]}}),
        "ClosedOrders": say.ok({"closed": {third: orders[third]}, "count": 1}),
        "TradesHistory": say.ok({"trades": {"T1": say.trade(ordertxid=fourth)}, "count": 1}),
        "QueryOrders": lambda request: say.ok(
            {name: orders[name] for name in request.fields["txid"].split(",") if name in orders}
        ),
    }
    refs = [named(say, "a", TXID), named(say, "b"), named(say, "c"), named(say, "d"), named(say, "e")]
    answers = await venue.look_up_many(refs)
    assert [type(answers[ref.client_order_id]) for ref in refs] == [Found, Found, Found, Found, Absent]
    reports = [answers[ref.client_order_id].report for ref in refs[:4]]
    assert [report.venue_order_id for report in reports] == [TXID, OTHER, third, fourth]
    assert [report.state for report in reports] == [
        ReportedState.OPEN, ReportedState.OPEN, ReportedState.CANCELLED, ReportedState.FILLED
    ]  # fmt: skip
    assert [len(kraken.of(name)) for name in ("OpenOrders", "ClosedOrders", "TradesHistory")] == [1, 1, 1]
    assert "cl_ord_id" not in kraken.of("OpenOrders")[0].fields


async def test_orders_known_by_their_venue_ids_are_asked_for_together(kraken, venue, say) -> None:
    kraken.answers["QueryOrders"] = say.ok({TXID: say.order(), OTHER: say.order(cl_ord_id="b" * 32)})
    answers = await venue.look_up_many([named(say, "a", TXID), named(say, "b", OTHER)])
    assert {type(answer) for answer in answers.values()} == {Found}
    (asked,) = kraken.of("QueryOrders")
    assert asked.fields["txid"] == f"{TXID},{OTHER}"
    assert not kraken.of("OpenOrders")


async def test_what_speaks_against_one_order_says_nothing_of_the_others(kraken, venue, say) -> None:
    kraken.answers["OpenOrders"] = say.ok(
        {"open": {TXID: say.order(vol="NaN"), OTHER: say.order(cl_ord_id="b" * 32)}}
    )
    answers = await venue.look_up_many([named(say, "a"), named(say, "b"), named(say, "c")])
    assert [type(answers[letter * 32]) for letter in "abc"] == [Unknown, Found, Absent]


@pytest.mark.parametrize("route", ["OpenOrders", "ClosedOrders", "TradesHistory"])
async def test_several_are_not_absent_while_one_route_does_not_answer(kraken, venue, say, route) -> None:
    kraken.answers[route] = say.no("EService:Unavailable")
    answers = await venue.look_up_many([named(say, "a"), named(say, "b")])
    assert {type(answer) for answer in answers.values()} == {Unknown}


async def test_two_orders_with_our_id_are_a_contradiction(kraken, venue, say) -> None:
    kraken.answers["OpenOrders"] = say.ok({"open": {TXID: say.order(), OTHER: say.order()}})
    assert isinstance(await venue.look_up(say.ref()), Unknown)


async def test_an_order_beside_ours_in_another_market_is_passed_over(kraken, venue, say) -> None:
    """A venue that ignores the filter shows strangers, with amounts no bitcoin account has."""
    strange = say.order(cl_ord_id="b", vol="99999999999", descr={"pair": "XDGUSD", "type": "buy"})
    kraken.answers["OpenOrders"] = say.ok({"open": {OTHER: strange, TXID: say.order()}})
    assert isinstance(await venue.look_up(say.ref()), Found)
    assert [report.venue_order_id for report in await venue.open_orders()] == [TXID]


@pytest.mark.parametrize(
    "wrong",
    [
        {"vol": "-0.5"}, {"vol": "NaN"}, {"vol": None}, {"vol": 0.123456789123}, {"vol_exec": "0.6"},
        {"vol_exec": "abc"}, {"status": "odd"}, {"status": None}, {"descr": None}, {"opentm": "soon"},
        {"opentm": 1e30}, {"price": "-1"}, {"vol": "21000001"}, {"opentm": -5},
    ],
    ids=str,
)  # fmt: skip
async def test_an_order_that_does_not_add_up_is_not_believed(kraken, venue, say, wrong) -> None:
    kraken.answers["OpenOrders"] = say.ok({"open": {TXID: say.order(**wrong)}})
    assert isinstance(await venue.look_up(say.ref()), Unknown)


async def test_a_fill_without_its_trade_is_reported_as_unproven(kraken, venue, say) -> None:
    kraken.answers["OpenOrders"] = say.ok({"open": {TXID: say.order(vol_exec="0.2")}})
    found = await venue.look_up(say.ref())
    assert isinstance(found, Found)
    assert not found.report.is_proven


async def test_trades_newer_than_an_open_order_count(kraken, venue, say) -> None:
    kraken.answers["OpenOrders"] = say.ok({"open": {TXID: say.order(vol_exec="0.1")}})
    trades = {"T1": say.trade(vol="0.1"), "T2": say.trade(vol="0.2", price="100000.2", cost="20000.04")}
    kraken.answers["TradesHistory"] = say.ok({"trades": trades, "count": 2})
    found = await venue.look_up(say.ref())
    assert isinstance(found, Found)
    assert found.report.filled == 30_000_000
    assert found.report.is_proven


async def test_trades_that_were_seen_are_not_fetched_again(kraken, venue, say) -> None:
    kraken.answers["OpenOrders"] = say.ok({"open": {TXID: say.order(vol_exec="0.12345678")}})
    kraken.answers["TradesHistory"] = say.ok({"trades": {"T1": say.trade()}, "count": 1})
    for _ in range(3):
        (report,) = await venue.open_orders()
        assert report.is_proven
    assert len(kraken.of("TradesHistory")) == 1


async def test_trades_an_order_names_are_asked_for_by_name(kraken, venue, say) -> None:
    """QueryTrades costs the limiter half of what a page of history does."""
    named = say.order(vol_exec="0.12345678", trades=["T1"])
    kraken.answers["OpenOrders"] = say.ok({"open": {TXID: named}})
    kraken.answers["QueryTrades"] = say.ok({"T1": say.trade()})
    (report,) = await venue.open_orders()
    assert report.is_proven
    assert kraken.of("QueryTrades")[0].fields["txid"] == "T1"
    assert not kraken.of("TradesHistory")


async def test_a_trade_that_is_not_told_by_name_is_sought_in_the_history(kraken, venue, say) -> None:
    named = say.order(vol_exec="0.12345678", trades=["T1"])
    kraken.answers["OpenOrders"] = say.ok({"open": {TXID: named}})
    kraken.answers["QueryTrades"] = say.no("EGeneral:Permission denied")
    kraken.answers["TradesHistory"] = say.ok({"trades": {"T1": say.trade()}, "count": 1})
    (report,) = await venue.open_orders()
    assert report.is_proven


async def test_all_pages_are_read(kraken, venue, say) -> None:
    names = [f"T{number:03d}" for number in range(120)]

    def page(sent):
        offset = int(sent.fields.get("ofs", "0"))
        part = {name: say.trade(vol="0.001", time=1770000001 + int(name[1:])) for name in names[offset : offset + 50]}
        return say.ok({"trades": part, "count": 120})

    kraken.answers["TradesHistory"] = page
    trades = await venue.trades_since(datetime(2026, 1, 1, tzinfo=UTC))
    assert [trade.trade_id for trade in trades] == names
    assert len(kraken.of("TradesHistory")) == 3


async def test_other_markets_and_buys_are_no_trades_of_ours(kraken, venue, say) -> None:
    trades = {"T1": say.trade(pair="XETHZUSD", vol="99999999999"), "T2": say.trade(type="buy"), "T3": say.trade()}
    kraken.answers["TradesHistory"] = say.ok({"trades": trades, "count": 3})
    assert [trade.trade_id for trade in await venue.trades_since(datetime.now(UTC))] == ["T3"]


@pytest.mark.parametrize(
    "wrong",
    [{"vol": "-1"}, {"price": "0"}, {"price": None}, {"fee": "NaN"}, {"time": None}, {"ordertxid": 7}],
    ids=str,
)
async def test_a_trade_that_does_not_add_up_is_not_believed(kraken, venue, say, wrong) -> None:
    kraken.answers["TradesHistory"] = say.ok({"trades": {"T1": say.trade(**wrong)}, "count": 1})
    with pytest.raises(Unavailable, match="kraken did not tell its trades"):
        await venue.trades_since(datetime.now(UTC))


async def test_history_is_asked_for_in_the_venues_own_time(kraken, make_venue, say) -> None:
    """A paper exchange at speed stamps desk time; a look-up reaches back a minute before the order was sent."""
    venue = await make_venue(to_venue_time=lambda wall: wall + timedelta(days=100))
    ref = say.ref()
    await venue.look_up(ref)
    (asked,) = kraken.of("ClosedOrders")
    expected = (ref.sent + timedelta(days=100) - timedelta(seconds=61)).timestamp()
    assert int(asked.fields["start"]) == int(expected)


async def test_whose_orders_are_is_asked_by_their_names_alone_twenty_at_once(kraken, venue, say) -> None:
    """Under another client order id than was asked for: that is what is to be learnt."""
    names = [f"O{number:05d}-AAAAA-AAAAAA" for number in range(45)]

    def told(request) -> object:
        asked = request.fields["txid"].split(",")
        return say.ok({one: say.order(cl_ord_id=f"{names.index(one):032x}") for one in asked})

    kraken.answers["QueryOrders"] = told
    assert await venue.owners(names) == {one: f"{place:032x}" for place, one in enumerate(names)}
    assert [len(one.fields["txid"].split(",")) for one in kraken.of("QueryOrders")] == [20, 20, 5]


async def test_an_order_without_a_name_is_nobodys_and_one_not_told_stays_open(kraken, venue, say) -> None:
    told = {key: value for key, value in say.order().items() if key != "cl_ord_id"}
    kraken.answers["QueryOrders"] = say.ok({"OAAAAA-AAAAA-AAAAAA": told})
    assert await venue.owners(["OAAAAA-AAAAA-AAAAAA", "OBBBBB-BBBBB-BBBBBB"]) == {"OAAAAA-AAAAA-AAAAAA": None}
    kraken.answers["QueryOrders"] = say.html(502)
    with pytest.raises(Unavailable, match="whose orders these are"):
        await venue.owners(["OAAAAA-AAAAA-AAAAAA"])
