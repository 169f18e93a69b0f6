"""A share of what the market trades: measured since the window opened, never more than measured, stale is nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.execution.volume import Tape
from desk.sale.lifecycle import SaleState
from desk.units import Bps, Sats, parse_btc
from desk.venues.model import MarketTrades, Unavailable

ONE = parse_btc("1")
OPEN = datetime(2026, 2, 7, 15, tzinfo=UTC)
TENTH = Bps(Decimal(1000))


def after(seconds: float) -> datetime:
    return OPEN + timedelta(seconds=seconds)


def test_what_was_traded_since_a_moment_is_counted() -> None:
    tape = Tape(OPEN)
    tape.take([(after(1), Sats(5)), (after(12), Sats(7)), (after(31), Sats(11))])
    assert tape.since(OPEN) == 23
    assert tape.since(after(10)) == 18
    assert tape.since(after(30)) == 11
    assert tape.since(after(40)) == 0


def test_what_shares_its_moment_with_the_opening_is_left_out() -> None:
    tape = Tape(OPEN)
    tape.take([(after(12), Sats(7)), (after(14), Sats(7)), (after(16), Sats(1))])
    assert tape.since(after(13)) == 1


def test_before_the_tape_begins_nothing_is_known() -> None:
    tape = Tape(after(10))
    tape.take([(after(5), Sats(3)), (after(15), Sats(4))])
    assert tape.since(OPEN) == 0
    assert tape.since(after(10)) == 4


@given(
    st.lists(st.tuples(st.integers(-50, 500), st.integers(1, 10**10)), max_size=60),
    st.integers(0, 500),
)
def test_a_tape_never_counts_more_than_was_traded_since(trades: list[tuple[int, int]], moment: int) -> None:
    tape = Tape(OPEN)
    tape.take([(after(at), Sats(quantity)) for at, quantity in sorted(trades)])
    true = sum(quantity for at, quantity in trades if at >= moment)
    near = sum(quantity for at, quantity in trades if moment <= at < moment + 5)
    assert true - near <= tape.since(after(moment)) <= true


class PublicTape:
    """What the venue tells of its market: pages of at most three trades, and how often it was asked."""

    def __init__(self, desk: Any) -> None:
        self.desk = desk
        self.trades: list[tuple[datetime, Sats]] = []
        self.asked: list[tuple[datetime, str | None]] = []
        self.is_silent = False

    def trade(self, btc: str) -> None:
        self.trades.append((self.desk.clock.now(), parse_btc(btc)))

    async def market_trades(self, since: datetime, cursor: str | None) -> MarketTrades:
        self.asked.append((since, cursor))
        if self.is_silent:
            raise Unavailable("kraken did not tell what its market trades")
        first = int(cursor) if cursor else sum(1 for at, _ in self.trades if at < since)
        page = self.trades[first : first + 3]
        return MarketTrades(tuple(page), str(first + len(page)), len(page) < 3)


@pytest.fixture
def public(desk: Any) -> PublicTape:
    tape = PublicTape(desk)
    desk.venue.market_trades = tape.market_trades
    return tape


async def run(desk: Any, wall_s: float, each: Iterable[Any] = ()) -> None:
    """The desk at work, its meter read as often as the daemon reads it."""
    for _ in range(int(wall_s / 5)):
        await desk.executor.measure_volume()
        await desk.run(5)
        for one in each:
            one()


async def test_no_more_is_sold_than_the_share_of_what_the_market_trades(desk: Any, public: PublicTape) -> None:
    sale_id = desk.stage("1", slices=1, over_s=600, max_participation=TENTH)

    def watch() -> None:
        desk.venue.trade()
        told = sum(quantity for at, quantity in public.trades if at >= OPEN)
        assert desk.sale(sale_id).committed * 10 <= told

    await run(desk, 40, [watch])
    assert desk.venue.creates == [], "nobody traded yet"
    assert "participation leaves 0.00000000 BTC" in desk.executor.held[sale_id]
    await run(desk, 200, [lambda: public.trade("0.1"), watch])
    assert 0 < desk.sale(sale_id).filled <= 4 * ONE // 10
    assert len(desk.venue.creates) > 3


async def test_the_rest_that_the_market_did_not_leave_room_for_is_said(desk: Any, public: PublicTape) -> None:
    sale_id = desk.stage("1", slices=1, over_s=60, max_participation=TENTH)
    desk.clock.advance(6)
    public.trade("3")
    await run(desk, 70, [desk.venue.trade])
    sale = desk.sale(sale_id)
    assert (sale.state, sale.filled) == (SaleState.EXPIRED, 3 * ONE // 10)
    assert "participation" in sale.reason


async def test_until_the_volume_is_known_nothing_is_sent(desk: Any, public: PublicTape) -> None:
    public.is_silent = True
    sale_id = desk.stage("1", slices=1, over_s=600, max_participation=TENTH)
    await run(desk, 30)
    assert desk.venue.creates == []
    assert "what kraken traded since the window opened is not known yet" in desk.executor.held[sale_id]


async def test_a_stale_volume_lets_nothing_more_out(desk: Any, public: PublicTape) -> None:
    sale_id = desk.stage("1", slices=2, over_s=600, max_participation=TENTH)
    desk.clock.advance(6)
    public.trade("100")
    await run(desk, 10)
    assert len(desk.venue.creates) == 1
    public.is_silent = True
    desk.venue.trade()
    await run(desk, 330)
    assert len(desk.venue.creates) == 1
    assert "s old, the limit is 30 s" in desk.executor.held[sale_id]
    public.is_silent = False
    await run(desk, 20)
    assert len(desk.venue.creates) == 2


async def test_a_long_tape_is_read_on_page_by_page_and_once(desk: Any, public: PublicTape) -> None:
    desk.stage("1", slices=1, over_s=600, max_participation=TENTH)
    await desk.run(1)
    for _ in range(100):
        desk.clock.advance(0.5)
        public.trade("0.01")
    await desk.executor.measure_volume()
    assert [cursor for _, cursor in public.asked][:3] == [None, "3", "6"]
    assert len(public.asked) == 20, "one reading is bounded"
    await desk.executor.measure_volume()
    assert public.asked[-1][1] == "99"
    before = len(public.asked)
    await desk.executor.measure_volume()
    assert len(public.asked) == before + 1


async def test_a_venue_is_asked_only_while_a_sale_has_a_cap_there(desk: Any, public: PublicTape) -> None:
    desk.stage("1", slices=1, over_s=60)
    capped = desk.stage("1", slices=1, over_s=30, max_participation=TENTH)
    await desk.executor.measure_volume()
    assert public.asked == [], "before the window opened"
    await run(desk, 20)
    assert public.asked
    await run(desk, 30)
    assert desk.sale(capped).state is SaleState.EXPIRED
    before = len(public.asked)
    await desk.executor.measure_volume()
    assert len(public.asked) == before


async def test_two_windows_are_measured_each_from_its_own_opening(desk: Any, public: PublicTape) -> None:
    first = desk.stage("1", slices=1, over_s=600, max_participation=TENTH)
    desk.clock.advance(6)
    public.trade("2")
    await run(desk, 60, [desk.venue.trade])
    second = desk.stage("1", slices=1, over_s=600, max_participation=TENTH)
    desk.clock.advance(6)
    public.trade("1")
    await run(desk, 60, [desk.venue.trade])
    assert (desk.sale(first).filled, desk.sale(second).filled) == (3 * ONE // 10, ONE // 10)


async def test_after_a_restart_the_tape_is_read_anew_from_the_opening(desk: Any, public: PublicTape) -> None:
    sale_id = desk.stage("1", slices=1, over_s=600, max_participation=TENTH)
    desk.clock.advance(6)
    public.trade("2")
    await run(desk, 60, [desk.venue.trade])
    assert desk.sale(sale_id).filled == 2 * ONE // 10
    desk.start()
    await desk.executor.recover()
    public.trade("1")
    await run(desk, 60, [desk.venue.trade])
    assert desk.sale(sale_id).filled == 3 * ONE // 10
    assert public.asked[-1][0] <= after(1)
