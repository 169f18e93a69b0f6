"""What leaves this machine: the exact bodies, once each, in the right order."""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime

import pytest

from desk.clock import LiveClock
from desk.execution.orders import OrderType
from desk.units import Price, Sats
from desk.venues.model import CancelAccepted, Placed, Refused, Unavailable, Unknown
from desk.venues.queue import Priority, RequestQueue
from desk.venues.wire import Access, Wire

PLACED = {"descr": {"order": "sell"}, "txid": ["OAAAAA-AAAAA-AAAAAA"]}
SOON = timedelta(seconds=5)


async def test_a_post_only_order_says_all_that_it_must(kraken, venue, say) -> None:
    kraken.answers["AddOrder"] = say.ok(PLACED)
    deadline = datetime.now(UTC).replace(microsecond=123_999) + SOON
    await venue.create(say.request(deadline=deadline))
    (sent,) = kraken.of("AddOrder")
    assert {name: value for name, value in sent.fields.items() if name != "nonce"} == {
        "pair": "XXBTZUSD",
        "type": "sell",
        "ordertype": "limit",
        "volume": "0.5",
        "price": "100000.1",
        "cl_ord_id": "a" * 32,
        "oflags": "post",
        "deadline": deadline.strftime("%Y-%m-%dT%H:%M:%S.123Z"),
    }


async def test_an_ioc_order_is_ioc_and_not_post_only(kraken, venue, say) -> None:
    kraken.answers["AddOrder"] = say.ok(PLACED)
    await venue.create(say.request(type=OrderType.IOC))
    (sent,) = kraken.of("AddOrder")
    assert sent.fields["timeinforce"] == "IOC"
    assert "oflags" not in sent.fields
    assert "deadline" not in sent.fields


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ((10_000, "0.1"), ("0.0001", "0.1")),
        ((12_345_678, "68524.1"), ("0.12345678", "68524.1")),
        ((100_000_001, "99999.90"), ("1.00000001", "99999.9")),
        ((445_100_000_000, "1000000"), ("4451", "1000000")),
    ],
)
async def test_amounts_reach_the_wire_digit_for_digit(kraken, venue, say, asked, written) -> None:
    kraken.answers["AddOrder"] = say.ok(PLACED)
    await venue.create(say.request(quantity=Sats(asked[0]), limit_price=Price(Decimal(asked[1]))))
    (sent,) = kraken.of("AddOrder")
    assert (sent.fields["volume"], sent.fields["price"]) == written


@pytest.mark.parametrize(
    "wrong",
    [
        {"quantity": Sats(0)},
        {"quantity": Sats(-1)},
        {"limit_price": Price(Decimal("100000.15"))},
        {"limit_price": Price(Decimal("0"))},
        {"limit_price": Price(Decimal("-0.1"))},
        {"client_order_id": "S-2026-0001"},
        {"client_order_id": "A" * 32},
        {"deadline": datetime(2030, 1, 1)},  # noqa: DTZ001 - the point of it
    ],
)
async def test_a_request_that_is_off_the_grid_is_a_defect_and_never_leaves(kraken, venue, say, wrong) -> None:
    with pytest.raises(ValueError):
        await venue.create(say.request(**wrong))
    assert not kraken.of("AddOrder")


async def test_a_coarser_lot_than_a_satoshi_is_kept(kraken, make_venue, say) -> None:
    kraken.answers["AssetPairs"] = say.ok({"XXBTZUSD": {**say.pair, "lot_decimals": 4, "tick_size": "0.5"}})
    venue = await make_venue()
    assert venue.rules.lot == 10_000
    with pytest.raises(ValueError, match="lot of 10000 sat"):
        await venue.create(say.request(quantity=Sats(12_345), limit_price=Price(Decimal("100000.5"))))
    with pytest.raises(ValueError, match=r"tick of 0\.5"):
        await venue.create(say.request(limit_price=Price(Decimal("100000.1"))))


async def test_a_deadline_that_has_passed_is_refused_here(kraken, venue, say) -> None:
    outcome = await venue.create(say.request(deadline=datetime.now(UTC) - timedelta(milliseconds=1)))
    assert outcome == Refused("nothing was sent: its deadline had passed", is_temporary=True)
    assert not kraken.of("AddOrder")


@pytest.mark.parametrize(("venue_is_behind_s", "taken_off_s"), [(30, 29), (0, 0), (-30, 0)])
async def test_a_clock_ahead_of_the_venues_does_not_lengthen_the_deadline(
    kraken, venue, say, venue_is_behind_s, taken_off_s
) -> None:
    """Kraken judges the deadline by its own clock; one that is behind would let an unknown order appear later."""
    date = format_datetime(datetime.now(UTC) - timedelta(seconds=venue_is_behind_s), usegmt=True)
    kraken.answers["AddOrder"] = dataclasses.replace(say.ok(PLACED), headers=(("Date", date),))
    deadline = datetime.now(UTC) + SOON
    for name in ("a", "b"):
        await venue.create(say.request(name * 32, deadline=deadline))
    written = datetime.fromisoformat(kraken.of("AddOrder")[1].fields["deadline"])
    assert taken_off_s <= (deadline - written).total_seconds() < taken_off_s + 1.5


@pytest.mark.parametrize("venue_is_ahead_s", [-600, 0, 600])
async def test_how_far_the_clocks_differ_is_told_by_any_answer(kraken, venue, say, venue_is_ahead_s) -> None:
    """A Date has whole seconds: up to one of them is not certain."""
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=venue_is_ahead_s), usegmt=True)
    kraken.answers["Depth"] = dataclasses.replace(say.no("EService:Busy"), headers=(("Date", date),))
    assert venue.clock_off is None, "no answer before told the time"
    with pytest.raises(Unavailable):
        await venue.book()
    assert venue.clock_off is not None
    certain = -venue.clock_off.total_seconds()
    assert abs(certain) <= abs(venue_is_ahead_s)
    assert abs(certain - venue_is_ahead_s) < 5


async def test_an_answer_kept_on_the_way_tells_no_time(kraken, venue, say) -> None:
    headers = (("Date", "Tue, 01 Jan 2019 00:00:00 GMT"), ("Age", "30"))
    kraken.answers["Depth"] = dataclasses.replace(say.ok(say.depth), headers=headers)
    await venue.book()
    assert venue.clock_off is None


async def test_a_request_that_has_left_lets_the_next_one_go(kraken, say) -> None:
    """Without any patience to run out: it is the bytes on the wire that pass the turn on."""
    access = Access("key", "c2VjcmV0", kraken.url, timeout_s=20.0, rate_limit_ms=1)
    wire = Wire("kraken", access, LiveClock(), RequestQueue(patience_s=None))
    kraken.answers |= {"AddOrder": say.Reply(how="hang"), "CancelOrder": say.ok({"count": 1})}
    hung = asyncio.create_task(wire.call("privatePostAddOrder", {}, priority=Priority.CREATE))
    await say.until(lambda: bool(kraken.of("AddOrder")))
    async with asyncio.timeout(15):
        answer = await wire.call("privatePostCancelOrder", {"txid": "O"}, priority=Priority.CANCEL)
    assert answer.sent is not None
    hung.cancel()
    await asyncio.gather(hung, return_exceptions=True)
    await wire.close()


async def test_requests_carry_krakens_signature(kraken, venue, say) -> None:
    kraken.answers["AddOrder"] = say.ok(PLACED)
    await venue.create(say.request())
    (sent,) = kraken.of("AddOrder")
    digest = hashlib.sha256((sent.fields["nonce"] + sent.body).encode()).digest()
    signature = hmac.new(b"secret", b"/0/private/AddOrder" + digest, hashlib.sha512).digest()
    assert sent.headers["API-Sign"] == base64.b64encode(signature).decode()
    assert sent.headers["API-Key"] == "key"


async def test_a_cancel_names_the_venues_id_or_else_ours(kraken, venue, say) -> None:
    kraken.answers["CancelOrder"] = say.ok({"count": 1})
    await venue.cancel(say.ref(venue_order_id="OAAAAA-AAAAA-AAAAAA"))
    await venue.cancel(say.ref())
    by_theirs, by_ours = kraken.of("CancelOrder")
    assert by_theirs.fields["txid"] == "OAAAAA-AAAAA-AAAAAA"
    assert "cl_ord_id" not in by_theirs.fields
    assert by_ours.fields["cl_ord_id"] == "a" * 32
    assert "txid" not in by_ours.fields


async def test_a_hung_create_holds_up_neither_a_cancel_nor_another_create(kraken, make_venue, say) -> None:
    venue = await make_venue(timeout_s=20.0)
    answers = {"a": say.Reply(how="hang"), "b": say.ok(PLACED)}
    kraken.answers["AddOrder"] = lambda sent: answers[sent.fields["cl_ord_id"][0]]
    kraken.answers["CancelOrder"] = say.ok({"count": 1})
    hung = asyncio.create_task(venue.create(say.request("a" * 32)))
    await say.until(lambda: bool(kraken.of("AddOrder")))
    assert await venue.cancel(say.ref()) == CancelAccepted()
    assert await venue.create(say.request("b" * 32)) == Placed("OAAAAA-AAAAA-AAAAAA")
    assert not hung.done()
    hung.cancel()
    with pytest.raises(asyncio.CancelledError):
        await hung
    assert await venue.cancel(say.ref()) == CancelAccepted()


async def test_nonces_rise_in_the_order_of_arrival(kraken, say) -> None:
    """Without any patience to run out: what is signed first leaves first."""
    wire = Wire("kraken", Access("key", "c2VjcmV0", kraken.url, 5.0, 1), LiveClock(), RequestQueue(patience_s=None))
    kraken.answers |= dict.fromkeys(("AddOrder", "CancelOrder", "BalanceEx"), say.ok({}))
    await asyncio.gather(
        *(wire.call("privatePostAddOrder", {}, priority=Priority.CREATE) for _ in range(12)),
        *(wire.call("privatePostCancelOrder", {}, priority=Priority.CANCEL) for _ in range(8)),
        *(wire.call("privatePostBalanceEx", {}, priority=Priority.READ) for _ in range(2)),
    )
    nonces = [int(sent.fields["nonce"]) for sent in kraken.received]
    assert len(nonces) == 22
    assert nonces == sorted(set(nonces))
    await wire.close()


async def test_a_cancel_overtakes_creates_that_wait_for_their_turn(kraken, venue, say) -> None:
    kraken.answers["AddOrder"] = say.ok(PLACED)
    kraken.answers["CancelOrder"] = say.ok({"count": 1})
    await asyncio.gather(
        *(venue.create(say.request(f"{number:032x}")) for number in range(6)), venue.cancel(say.ref())
    )
    order = [sent.endpoint for sent in kraken.received if sent.endpoint in ("AddOrder", "CancelOrder")]
    assert order.index("CancelOrder") <= 1


async def test_an_order_does_not_wait_for_the_read_limiter(kraken, make_venue, say) -> None:
    """Opening has emptied the bucket, so a read stands in the limiter; an order and a cancel cost nothing there."""
    venue = await make_venue(rate_limit_ms=500)
    kraken.answers["AddOrder"] = say.ok(PLACED)
    kraken.answers["CancelOrder"] = say.ok({"count": 1})
    kraken.answers["CancelAll"] = say.ok({"count": 1})
    read = asyncio.create_task(venue.balances())
    await asyncio.sleep(0)
    assert isinstance(await venue.create(say.request()), Placed)
    assert await venue.cancel(say.ref()) == CancelAccepted()
    assert await venue.cancel_all() == CancelAccepted()
    assert not kraken.of("BalanceEx")
    read.cancel()


async def test_a_lost_answer_is_never_resent(kraken, make_venue, say) -> None:
    """The exchange takes the order and drops the line; whatever is asked afterwards, AddOrder was sent once."""
    venue = await make_venue(timeout_s=0.3)
    kraken.answers["AddOrder"] = say.Reply(how="close")
    for endpoint, listing in (("OpenOrders", "open"), ("ClosedOrders", "closed"), ("TradesHistory", "trades")):
        kraken.answers[endpoint] = say.ok({listing: {}, "count": 0})
    assert isinstance(await venue.create(say.request()), Unknown)
    await venue.look_up(say.ref())
    assert len(kraken.of("AddOrder")) == 1
