"""What leaves for Coinbase: the exact body of each request, by ccxt's own class."""

from __future__ import annotations

import base64
import json
from decimal import Decimal

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from desk.clock import LiveClock
from desk.execution.orders import OrderType
from desk.units import Price, Sats
from desk.venues.model import CancelAccepted, Placed
from desk.venues.registry import VenueSettings, build_venue


async def test_a_post_only_order_says_all_that_it_must(server, venue, say, it) -> None:
    """ccxt would send an id of its own for `clientOrderId`."""
    server.answers["POST orders"] = say.says(it.placed())
    assert await venue.create(say.request()) == Placed(it.id)
    (sent,) = server.of("POST orders")
    assert sent.path == "/api/v3/brokerage/orders"
    assert sent.body == (
        '{"client_order_id":"' + "a" * 32 + '","product_id":"BTC-USD","side":"SELL","order_configuration":'
        '{"limit_limit_gtc":{"base_size":"0.5","limit_price":"100000.1","post_only":true}}}'
    )


async def test_an_ioc_order_is_ioc_and_not_post_only(server, venue, say, it) -> None:
    server.answers["POST orders"] = say.says(it.placed())
    await venue.create(say.request(type=OrderType.IOC))
    (sent,) = server.of("POST orders")
    assert sent.body == (
        '{"client_order_id":"' + "a" * 32 + '","product_id":"BTC-USD","side":"SELL","order_configuration":'
        '{"sor_limit_ioc":{"base_size":"0.5","limit_price":"100000.1"}}}'
    )


def decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


@pytest.mark.parametrize("in_one_line", [False, True])
async def test_requests_are_signed_with_the_key_however_it_is_written(
    server, make, say, it, pem, in_one_line
) -> None:
    venue = await make(secret=pem.strip().replace("\n", "\\n") if in_one_line else pem)
    server.answers["POST orders"] = say.says(it.placed())
    await venue.create(say.request())
    (sent,) = server.of("POST orders")
    head, body, signature = sent.headers["Authorization"].removeprefix("Bearer ").split(".")
    raw = decoded(signature)
    both = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    key = load_pem_private_key(pem.encode(), None).public_key()
    key.verify(both, f"{head}.{body}".encode(), ec.ECDSA(SHA256()))
    claims = json.loads(decoded(body))
    assert claims["sub"] == "organizations/o/apiKeys/k"
    assert claims["uri"].startswith("POST ")
    assert claims["uri"].endswith("/api/v3/brokerage/orders")


async def test_a_cancel_names_the_venues_id(server, venue, say, it) -> None:
    server.answers["batch_cancel"] = say.says(it.results((it.id, True, "")))
    assert await venue.cancel(say.ref(venue_order_id=it.id)) == CancelAccepted()
    (sent,) = server.of("batch_cancel")
    assert sent.path == "/api/v3/brokerage/orders/batch_cancel"
    assert sent.body == '{"order_ids":["' + it.id + '"]}'


async def test_a_cancel_by_our_id_lists_the_open_orders_first(server, venue, say, it) -> None:
    server.answers["batch"] = say.says({"orders": [it.order()]})
    server.answers["batch_cancel"] = say.says(it.results((it.id, True, "")))
    server.received.clear()
    assert await venue.cancel(say.ref()) == CancelAccepted()
    listed, cancelled = server.received
    assert listed.path == (
        "/api/v3/brokerage/orders/historical/batch?product_ids=BTC-USD&order_status=OPEN&limit=250"
    )
    assert cancelled.body == '{"order_ids":["' + it.id + '"]}'


async def test_before_it_is_open_only_cancels_are_sent(server, say, it, pem) -> None:
    venue = build_venue(
        "c", VenueSettings("coinbase", "BTC/USD", "organizations/o/k", pem, server.url, 1), LiveClock()
    )
    server.answers["batch"] = say.says({"orders": [it.order()]})
    server.answers["batch_cancel"] = say.says(it.results((it.id, True, "")))
    assert await venue.cancel(say.ref()) == CancelAccepted()
    assert await venue.cancel_all() == CancelAccepted()
    assert [sent.endpoint for sent in server.received] == ["batch", "batch_cancel"] * 2
    await venue.close()


async def test_more_orders_than_one_request_takes_are_cancelled_in_several(server, venue, say, it) -> None:
    names = [f"order-{number:03d}" for number in range(230)]
    server.answers["batch"] = say.says({"orders": [it.order(order_id=name) for name in names]})
    server.answers["batch_cancel"] = lambda sent: say.says(
        it.results(*((name, True, "") for name in json.loads(sent.body)["order_ids"]))
    )
    assert await venue.cancel_all() == CancelAccepted()
    asked = [json.loads(sent.body)["order_ids"] for sent in server.of("batch_cancel")]
    assert [len(part) for part in asked] == [100, 100, 30]
    assert [name for part in asked for name in part] == names


@pytest.mark.parametrize(
    ("asked", "written"),
    [((1_000, "0.01"), ("0.00001", "0.01")), ((12_345_678, "68524.10"), ("0.12345678", "68524.1")),
     ((445_100_000_001, "1000000"), ("4451.00000001", "1000000"))],
)  # fmt: skip
async def test_amounts_reach_the_wire_digit_for_digit(server, venue, say, it, asked, written) -> None:
    server.answers["POST orders"] = say.says(it.placed())
    await venue.create(say.request(quantity=Sats(asked[0]), limit_price=Price(Decimal(asked[1]))))
    (sent,) = server.of("POST orders")
    order = json.loads(sent.body)["order_configuration"]["limit_limit_gtc"]
    assert (order["base_size"], order["limit_price"]) == written


async def test_a_price_off_the_grid_never_leaves(server, venue, say) -> None:
    with pytest.raises(ValueError, match=r"tick of 0\.01"):
        await venue.create(say.request(limit_price=Price(Decimal("100000.155"))))
    assert not server.of("POST orders")


async def test_look_ups_go_by_the_name_then_the_open_then_all_then_the_fills(server, venue, say, it) -> None:
    server.answers |= {
        "historical/": say.says({"error": "NOT_FOUND", "message": "no"}, 404),
        "batch": say.says({"orders": []}), "fills": say.says({"fills": []}),
    }  # fmt: skip
    server.received.clear()
    await venue.look_up(say.ref(venue_order_id=it.id))
    asked = [(sent.endpoint, {**sent.fields}) for sent in server.received]
    since = asked[2][1].pop("start_date")
    assert since.endswith("Z")
    assert asked[3][1].pop("start_sequence_timestamp") == since
    assert asked == [
        (it.id, {}),
        ("batch", {"product_ids": "BTC-USD", "order_status": "OPEN", "limit": "250"}),
        ("batch", {"product_ids": "BTC-USD", "limit": "250"}),
        ("fills", {"product_ids": "BTC-USD", "limit": "250"}),
    ]


async def test_a_halt_while_the_connection_comes_about_is_seen(server, venue, kept_back) -> None:
    await kept_back(venue, server)
