"""What leaves for Binance: the exact text of each request, by ccxt's own class."""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime

import pytest

from desk.clock import LiveClock, micros
from desk.execution.orders import OrderType
from desk.units import Price, Sats
from desk.venues.model import CancelAccepted, Placed, Refused
from desk.venues.registry import VenueSettings, build_venue
from desk.venues.wire import Access, Wire


def without_signature(request) -> dict[str, str]:
    return {name: value for name, value in request.fields.items() if name not in ("timestamp", "signature")}


@pytest.mark.parametrize(("exchange", "market"), [("binance", "BTCUSDT"), ("binanceus", "BTCUSD")])
async def test_a_post_only_order_says_all_that_it_must(exchange, market, open_house, say, it) -> None:
    server, venue = await open_house(exchange)
    server.answers["POST order"] = say.says(it.placed(market))
    before = datetime.now(UTC)
    deadline = before + timedelta(seconds=4)
    assert await venue.create(say.request(deadline=deadline)) == Placed("28")
    (sent,) = server.of("POST order")
    assert sent.path == "/api/v3/order"
    window = int(sent.fields["recvWindow"])
    assert without_signature(sent) == {
        "symbol": market, "side": "SELL", "newClientOrderId": "a" * 32, "newOrderRespType": "FULL",
        "type": "LIMIT_MAKER", "quantity": "0.5", "price": "100000.1", "recvWindow": str(window),
    }  # fmt: skip
    ends = int(sent.fields["timestamp"]) + window
    assert micros(deadline) // 1000 - 1 <= ends <= micros(deadline) // 1000
    assert 0 < window <= 4000


async def test_an_ioc_order_is_ioc_and_not_post_only(server, venue, say, it) -> None:
    server.answers["POST order"] = say.says(it.placed())
    await venue.create(say.request(type=OrderType.IOC))
    (sent,) = server.of("POST order")
    assert without_signature(sent) == {
        "symbol": "BTCUSDT", "side": "SELL", "newClientOrderId": "a" * 32, "newOrderRespType": "FULL",
        "type": "LIMIT", "quantity": "0.5", "price": "100000.1", "timeInForce": "IOC", "recvWindow": "5000",
    }  # fmt: skip


async def test_requests_carry_binances_signature(server, venue, say, it) -> None:
    server.answers["POST order"] = say.says(it.placed())
    await venue.create(say.request())
    (sent,) = server.of("POST order")
    signed, _, signature = sent.body.rpartition("&signature=")
    assert signature == hmac.new(b"secret", signed.encode(), hashlib.sha256).hexdigest()
    assert sent.headers["X-MBX-APIKEY"] == "key"


@pytest.mark.parametrize(("venue_is_behind_s", "taken_off_s"), [(30, 29), (0, 0), (-30, 0)])
async def test_a_clock_ahead_of_the_venues_does_not_lengthen_the_window(
    server, venue, say, it, venue_is_behind_s, taken_off_s
) -> None:
    """Binance judges timestamp and window by its own clock; one that is behind would take the order later."""
    date = format_datetime(datetime.now(UTC) - timedelta(seconds=venue_is_behind_s), usegmt=True)
    server.answers["POST order"] = dataclasses.replace(say.says(it.placed()), headers=(("Date", date),))
    deadline = datetime.now(UTC) + timedelta(seconds=5)
    for name in ("a", "b"):
        await venue.create(say.request(name * 32, deadline=deadline))
    fields = server.of("POST order")[1].fields
    ends = int(fields["timestamp"]) + int(fields["recvWindow"])
    assert taken_off_s <= micros(deadline) / 1_000_000 - ends / 1_000 < taken_off_s + 1.5


async def test_a_cancel_names_the_venues_id_or_else_ours(server, venue, say, it) -> None:
    server.answers["DELETE order"] = say.says(it.cancelled())
    assert await venue.cancel(say.ref(venue_order_id="28")) == CancelAccepted()
    assert await venue.cancel(say.ref()) == CancelAccepted()
    by_theirs, by_ours = server.of("DELETE order")
    assert without_signature(by_theirs) == {"symbol": "BTCUSDT", "orderId": "28", "recvWindow": "5000"}
    assert without_signature(by_ours) == {"symbol": "BTCUSDT", "origClientOrderId": "a" * 32, "recvWindow": "5000"}
    assert by_ours.path.startswith("/api/v3/order?")


async def test_cancelling_all_is_one_request_for_this_market(server, venue, say, it) -> None:
    server.answers["DELETE openOrders"] = say.says([it.cancelled()])
    assert await venue.cancel_all() == CancelAccepted()
    (sent,) = server.of("DELETE openOrders")
    assert without_signature(sent) == {"symbol": "BTCUSDT", "recvWindow": "5000"}


async def test_before_it_is_open_only_cancels_are_sent(server, say, it) -> None:
    venue = build_venue("b", VenueSettings("binance", "BTC/USDT", "key", "secret", server.url, 1), LiveClock())
    server.received.clear()
    server.answers |= {"DELETE order": say.says(it.cancelled()), "DELETE openOrders": say.says([it.cancelled()])}
    assert isinstance(await venue.create(say.request()), Refused)
    assert await venue.cancel(say.ref()) == CancelAccepted()
    assert await venue.cancel_all() == CancelAccepted()
    assert [(sent.method, sent.endpoint) for sent in server.received] == [
        ("DELETE", "order"), ("DELETE", "openOrders"),
    ]  # fmt: skip
    await venue.close()


@pytest.mark.parametrize(
    ("asked", "written"),
    [((1_000, "0.1"), ("0.00001", "0.1")), ((445_100_000_000, "1000000"), ("4451", "1000000")),
     ((123_456_000, "99999.90"), ("1.23456", "99999.9"))],
)  # fmt: skip
async def test_amounts_reach_the_wire_digit_for_digit(server, venue, say, it, asked, written) -> None:
    server.answers["POST order"] = say.says(it.placed())
    await venue.create(say.request(quantity=Sats(asked[0]), limit_price=Price(Decimal(asked[1]))))
    (sent,) = server.of("POST order")
    assert (sent.fields["quantity"], sent.fields["price"]) == written


@pytest.mark.parametrize("wrong", [{"quantity": Sats(1_001)}, {"limit_price": Price(Decimal("100000.15"))}], ids=str)
async def test_a_request_that_is_off_the_grid_never_leaves(server, venue, say, wrong) -> None:
    with pytest.raises(ValueError):
        await venue.create(say.request(**wrong))
    assert not server.of("POST order")


async def test_an_order_does_not_wait_for_the_read_limiter(open_house, say, it) -> None:
    """Opening has emptied the bucket, so a read stands in the limiter; an order is charged and does not wait."""
    server, venue = await open_house(rate_limit_ms=500)
    server.answers |= {"POST order": say.says(it.placed()), "DELETE order": say.says(it.cancelled())}
    read = asyncio.create_task(venue.balances())
    await asyncio.sleep(0)
    assert await venue.create(say.request()) == Placed("28")
    assert await venue.cancel(say.ref()) == CancelAccepted()
    assert not server.of("account")
    read.cancel()


@pytest.mark.parametrize("exchange", ["binance", "binanceus"])
async def test_the_sandbox_is_the_test_network(exchange) -> None:
    live = Wire(exchange, Access("k", "s"), LiveClock())
    sandbox = Wire(exchange, Access("k", "s", is_sandbox=True), LiveClock())
    assert sandbox.addresses["private"] == sandbox.addresses["public"] == "https://testnet.binance.vision/api/v3"
    home = {"binance": "https://api.binance.com/api/v3", "binanceus": "https://api.binance.us/api/v3"}[exchange]
    assert live.addresses["private"] == home
    await live.close()
    await sandbox.close()


async def test_only_this_symbol_is_loaded(server, venue) -> None:
    """Neither futures nor the wallet's coins, which would be four requests and a megabyte more."""
    assert [(sent.endpoint, sent.fields.get("symbol")) for sent in server.received] == [
        ("exchangeInfo", "BTCUSDT"), ("commission", "BTCUSDT"),
    ]  # fmt: skip


async def test_a_halt_while_the_connection_comes_about_is_seen(server, venue, kept_back) -> None:
    await kept_back(venue, server)
