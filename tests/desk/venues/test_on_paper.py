"""The gateway and the paper exchange together: real signing, nonces, limiter, matching, stream."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from desk.clock import DeskTime, LiveClock
from desk.execution.orders import Liquidity, OrderType
from desk.paper.config import DEMO_KEY, DEMO_SECRET, PaperConfig
from desk.paper.faults import Fault, FaultKind
from desk.paper.server import PaperExchange
from desk.units import Price, Sats
from desk.venues.books import StreamPace
from desk.venues.gateway import CcxtVenue
from desk.venues.model import (
    Absent,
    Book,
    CancelAccepted,
    CancelRefused,
    Found,
    Placed,
    Refused,
    ReportedState,
    Unknown,
)
from desk.venues.registry import VenueSettings, build_venue

BTC = 100_000_000
ID = "0123456789abcdef" * 2


@pytest.fixture
def clock() -> LiveClock:
    """Desk time runs sixty times as fast, and lies in another month."""
    return LiveClock(DeskTime(datetime.now(UTC), datetime(2026, 2, 7, tzinfo=UTC), 60))


@pytest.fixture
async def paper(clock) -> AsyncIterator[PaperExchange]:
    async with PaperExchange(PaperConfig(seed=7, clock=clock)) as exchange:
        yield exchange


@pytest.fixture
async def sold_on(paper, clock) -> AsyncIterator[CcxtVenue]:
    settings = VenueSettings("kraken", "BTC/USD", DEMO_KEY, DEMO_SECRET, paper.url, rate_limit_ms=1, timeout_s=2.0)
    pace = StreamPace(first_pause_s=0.01, longest_pause_s=0.02, fetch_every_s=60.0)
    venue = build_venue("kraken", settings, clock, to_venue_time=clock.line.desk_at, stream_pace=pace)
    await venue.open()
    yield venue
    await venue.close()


async def test_a_resting_order_is_placed_seen_and_cancelled(sold_on, say) -> None:
    ask = (await sold_on.book()).ask
    price = Price(ask + 5_000)
    deadline = datetime.now(UTC) + timedelta(seconds=5)
    placed = await sold_on.create(say.request(ID, limit_price=price, deadline=deadline))
    assert isinstance(placed, Placed)
    for ref in (say.ref(ID), say.ref(ID, placed.venue_order_id)):
        found = await sold_on.look_up(ref)
        assert isinstance(found, Found)
        assert (found.report.state, found.report.quantity, found.report.filled) == (ReportedState.OPEN, BTC // 2, 0)
        assert found.report.client_order_id == ID
    assert [report.venue_order_id for report in await sold_on.open_orders()] == [placed.venue_order_id]
    (held,) = [holding for holding in await sold_on.balances() if holding.currency == "BTC"]
    assert held.total - held.free == Decimal("0.5")
    assert await sold_on.cancel(say.ref(ID)) == CancelAccepted()
    found = await sold_on.look_up(say.ref(ID))
    assert isinstance(found, Found)
    assert found.report.state is ReportedState.CANCELLED
    assert isinstance(await sold_on.cancel(say.ref(ID, placed.venue_order_id)), CancelRefused)


async def test_an_ioc_fills_what_it_can_and_its_trades_prove_it(sold_on, paper, say) -> None:
    book = await sold_on.book()
    price = book.bids[-1].price
    wanted = Sats(2_999 * BTC)
    placed = await sold_on.create(say.request(ID, limit_price=price, quantity=wanted, type=OrderType.IOC))
    assert isinstance(placed, Placed)
    found = await sold_on.look_up(say.ref(ID, placed.venue_order_id))
    assert isinstance(found, Found)
    report = found.report
    assert report.state is ReportedState.CANCELLED
    assert 0 < report.filled < wanted
    assert report.is_proven
    assert all(trade.price >= price and trade.liquidity is Liquidity.TAKER for trade in report.trades)
    assert all(trade.fee_currency == "USD" and trade.fee > 0 for trade in report.trades)
    assert report.filled == 3_000 * BTC - paper.exchange.account.base


async def test_a_resting_order_at_the_touch_is_filled_as_maker(sold_on, say) -> None:
    name, ask = "", Price(Decimal(0))
    for attempt in range(50):
        name, ask = f"{attempt:032x}", (await sold_on.book()).ask
        outcome = await sold_on.create(say.request(name, limit_price=ask, quantity=Sats(1_000_000)))
        if isinstance(outcome, Placed):
            break
        assert outcome == Refused("EOrder:Post only order", is_temporary=True)  # the market moved up meanwhile
    report = None

    async def filled() -> bool:
        nonlocal report
        found = await sold_on.look_up(say.ref(name))
        report = found.report if isinstance(found, Found) else None
        return report is not None and report.filled > 0

    await say.until_async(filled)
    assert report is not None
    assert report.is_proven
    assert {trade.liquidity for trade in report.trades} == {Liquidity.MAKER}
    assert all(trade.price == ask for trade in report.trades)
    since = datetime.now(UTC) - timedelta(seconds=30)
    assert {trade.trade_id for trade in report.trades} <= {
        trade.trade_id for trade in await sold_on.trades_since(since)
    }


async def test_what_the_exchange_refuses_is_refused(sold_on, say) -> None:
    bid = (await sold_on.book()).bid
    crossing = await sold_on.create(say.request("1" * 32, limit_price=Price(bid - 1_000)))
    found = await sold_on.look_up(say.ref("1" * 32))
    is_turned_away = isinstance(found, Absent) or (
        isinstance(found, Found) and found.report.state is ReportedState.CANCELLED and not found.report.filled
    )
    assert is_turned_away, (crossing, found)
    too_much = await sold_on.create(say.request("2" * 32, quantity=Sats(3_001 * BTC), limit_price=Price(bid + 9_000)))
    assert too_much == Refused("EOrder:Insufficient funds")
    too_little = await sold_on.create(say.request("3" * 32, quantity=Sats(1), limit_price=Price(bid + 9_000)))
    assert isinstance(too_little, Refused)
    assert isinstance(await sold_on.look_up(say.ref("3" * 32)), Absent)


@pytest.mark.parametrize(
    ("kind", "is_there"),
    [
        (FaultKind.DROP_BEFORE, False),
        (FaultKind.DROP_AFTER, True),
        (FaultKind.TRUNCATE, True),
        (FaultKind.BAD_GATEWAY, True),
        (FaultKind.HTML, True),
    ],
)
async def test_a_lost_answer_is_unknown_until_the_look_up_tells(sold_on, paper, say, kind, is_there) -> None:
    price = Price((await sold_on.book()).ask + 5_000)
    await paper.inflict(Fault(kind, "AddOrder"))
    assert isinstance(await sold_on.create(say.request(ID, limit_price=price)), Unknown)
    found = await sold_on.look_up(say.ref(ID))
    assert isinstance(found, Found if is_there else Absent)


async def test_an_order_that_arrives_after_its_deadline_is_refused(sold_on, paper, say) -> None:
    price = Price((await sold_on.book()).ask + 5_000)
    await paper.inflict(Fault(FaultKind.DELAY, "AddOrder", seconds=Decimal("0.6")))
    deadline = datetime.now(UTC) + timedelta(milliseconds=300)
    outcome = await sold_on.create(say.request(ID, limit_price=price, deadline=deadline))
    assert outcome == Refused("EService:Deadline elapsed", is_temporary=True)


async def test_the_book_streams_and_comes_back_after_a_break(sold_on, paper, say) -> None:
    await sold_on.start_stream()
    await say.until(lambda: sold_on.is_streaming)
    first = sold_on.latest_book()
    assert first is not None
    await say.until(lambda: sold_on.latest_book().bids != first.bids)
    for kind, breaks in ((FaultKind.WS_DROP, 1), (FaultKind.WS_CHECKSUM, 2)):
        await paper.inflict(Fault(kind))
        await say.until(lambda breaks=breaks: sold_on.stream_breaks >= breaks and sold_on.is_streaming)
    assert "checksum" in sold_on.stream_error
    streamed = sold_on.latest_book()
    assert streamed is not None
    assert streamed.bid < streamed.ask
    assert len(streamed.bids) > 10


async def test_a_silent_stream_is_replaced_by_rest(paper, clock, say) -> None:
    """The socket stays open and says nothing, not even a heartbeat."""
    seen: list[Book] = []
    settings = VenueSettings("kraken", "BTC/USD", DEMO_KEY, DEMO_SECRET, paper.url, rate_limit_ms=1)
    pace = StreamPace(silence_s=0.5, first_pause_s=0.01, longest_pause_s=0.02, fetch_every_s=0.05)
    venue = build_venue("kraken", settings, clock, stream_pace=pace, on_book=seen.append)
    await venue.open()
    await venue.start_stream()
    await say.until(lambda: venue.is_streaming)
    await paper.inflict(Fault(FaultKind.WS_FREEZE, seconds=Decimal(600)))
    await say.until(lambda: venue.stream_breaks > 0 and not venue.is_streaming)
    count = len(seen)
    await say.until(lambda: len(seen) > count + 2)
    assert seen[-1].observed > seen[count].observed
    assert venue.latest_book() == seen[-1]
    await venue.close()


async def test_cancelling_all_leaves_nothing_open(sold_on, say) -> None:
    price = Price((await sold_on.book()).ask + 5_000)
    for name in ("1", "2", "3"):
        assert isinstance(await sold_on.create(say.request(name * 32, limit_price=price)), Placed)
    assert await sold_on.cancel_all() == CancelAccepted()
    assert await sold_on.open_orders() == ()
