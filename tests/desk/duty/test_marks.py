"""The mark of a day is the price of its hour, taken once; a missed hour has none."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from desk.duty.marks import MarkTaker
from desk.ledger import LedgerThread, events, live, treasury
from desk.treasury.coin_records import Mark
from desk.treasury.valuation import ValuationPolicy
from desk.units import Price

MIDNIGHT = ValuationPolicy("kraken", "00:00", "UTC")
END = datetime(2026, 2, 8, tzinfo=UTC)
SATURDAY = date(2026, 2, 7)


@pytest.fixture
async def taker(world) -> AsyncIterator[MarkTaker]:
    """The world's clock stands at noon of Saturday, 7 February."""
    thread = LedgerThread(world.ledger, world.clock)
    yield MarkTaker(MIDNIGHT, "BTC/USD", thread, world.clock)
    thread.close()


def see(world, at: datetime, mid: str = "70000.05") -> None:
    """The daemon saw a price at `at`, and that is the time now."""
    world.clock.advance((at - world.now).total_seconds())
    price = Decimal(mid)
    with world.write() as tx:
        live.set_quote(tx, "kraken", Price(price - 1), Price(price + 1), at, at)


def marks(world) -> list[Mark]:
    with world.ledger.read() as tx:
        return treasury.in_force(tx, Mark)


async def test_the_first_price_after_the_hour_is_the_mark_with_its_source_time_and_policy(world, taker):
    see(world, END - timedelta(seconds=1), "60000")
    await taker.tick()
    see(world, END + timedelta(seconds=2))
    see(world, END + timedelta(seconds=3), "80000")
    await taker.tick()
    assert marks(world) == [
        Mark(
            SATURDAY,
            "BTC/USD",
            Price(Decimal("70000.05")),
            END + timedelta(seconds=2),
            "kraken",
            "kraken mid at 00:00 UTC, the midnight that ends the day",
        )
    ]


async def test_it_is_taken_once(world, taker):
    see(world, END + timedelta(seconds=2))
    await taker.tick()
    with world.ledger.read() as tx:
        before = events.head(tx).seq
    see(world, END + timedelta(seconds=60), "80000")
    await taker.tick()
    thread = LedgerThread(world.ledger, world.clock)
    await MarkTaker(MIDNIGHT, "BTC/USD", thread, world.clock).tick()
    thread.close()
    with world.ledger.read() as tx:
        assert events.head(tx).seq == before


async def test_a_missed_hour_has_no_mark_whatever_is_seen_later(world, taker):
    see(world, END + timedelta(minutes=6))
    await taker.tick()
    see(world, END + timedelta(minutes=7))
    await taker.tick()
    assert marks(world) == []


async def test_an_imported_mark_stays_as_it_is(world, taker):
    imported = Mark(SATURDAY, "BTC/USD", Price(Decimal(1)), END, "exchange report", "imported")
    with world.write() as tx:
        treasury.state(tx, "marks", [imported])
    see(world, END + timedelta(seconds=2))
    await taker.tick()
    assert marks(world) == [imported]


async def test_the_next_day_is_taken_after_a_missed_one(world, taker):
    see(world, END + timedelta(minutes=6))
    await taker.tick()
    see(world, END + timedelta(days=1, seconds=4))
    await taker.tick()
    assert [one.day for one in marks(world)] == [SATURDAY + timedelta(days=1)]
