"""A whole sale over real sockets: the executor, ccxt's own class, and a paper exchange that loses answers."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from desk.clock import DeskTime, LiveClock, micros
from desk.demo.agreement import compare
from desk.execution.orders import OrderState
from desk.execution.settings import paced_for
from desk.ledger import Ledger, control, orders
from desk.paper.config import DEMO_KEY, DEMO_SECRET, PaperConfig
from desk.paper.faults import Fault, FaultKind
from desk.paper.server import PaperExchange
from desk.sale.lifecycle import SaleState
from desk.sale.records import Sale
from desk.sale.terms import TacticName
from desk.units import Bps, parse_btc
from desk.venues.gateway import CcxtVenue
from desk.venues.registry import VenueSettings, build_venue

SPEED = 100


@pytest.fixture
def clock() -> LiveClock:
    return LiveClock(DeskTime(datetime.now(UTC), datetime(2026, 2, 7, 15, tzinfo=UTC), SPEED))


@pytest.fixture
async def paper(clock: LiveClock, tmp_path: Path) -> AsyncIterator[PaperExchange]:
    async with PaperExchange(PaperConfig(seed=7, clock=clock, trade_file=tmp_path / "trades.jsonl")) as exchange:
        yield exchange


@pytest.fixture
async def kraken(paper: PaperExchange, clock: LiveClock) -> AsyncIterator[CcxtVenue]:
    settings = VenueSettings("kraken", "BTC/USD", DEMO_KEY, DEMO_SECRET, paper.url, rate_limit_ms=1, timeout_s=2.0)
    venue = build_venue("kraken", settings, clock, to_venue_time=clock.line.desk_at)
    await venue.open()
    yield venue
    await venue.close()


async def test_a_sale_is_sold_whole_over_real_sockets_and_the_trade_file_agrees(
    paper: PaperExchange, kraken: CcxtVenue, clock: LiveClock, make_desk: Callable[..., Any], tmp_path: Path
) -> None:
    desk = make_desk(clock=clock, venues={"kraken": kraken})
    desk.limits, desk.settings = replace(desk.limits, end_guard_s=1.0), paced_for(SPEED)
    executor = desk.start()
    await executor.recover()
    await paper.inflict(Fault(FaultKind.DROP_AFTER, endpoint="CancelOrder", count=2))
    sale_id = desk.stage("2", slices=3, over_s=7 * SPEED, opens=None)
    give_up = clock.monotonic() + 120
    while not desk.sale(sale_id).state.is_final and clock.monotonic() < give_up:
        await executor.sweep()
        await asyncio.sleep(0.05)
    sale = desk.sale(sale_id)
    assert (sale.state, sale.filled) == (SaleState.COMPLETED, parse_btc("2"))
    assert desk.read(control.open_alarms) == []
    states = Counter(order.state for order in desk.orders(sale_id))
    assert states[OrderState.FILLED] >= 1
    assert all(state.is_final for state in states)
    recorded = {fill.trade_id: fill.quantity for fill in desk.read(lambda tx: orders.fills(tx, sale_id))}
    file = tmp_path / "trades.jsonl"
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    booked = {line["trade"]: parse_btc(line["volume"]) for line in lines if line["kind"] == "trade"}
    assert recorded == booked
    assert desk.read(lambda tx: compare(tx, file)).is_whole, "the demo's own comparison says the same"
    for gone in (0, next(number for number, line in enumerate(lines) if line["kind"] == "trade")):
        file.write_text("".join(f"{json.dumps(line)}\n" for line in lines[:gone] + lines[gone + 1 :]))
        assert not desk.read(lambda tx: compare(tx, file)).is_whole, "and notices a deleted line"


async def test_a_sale_stays_within_its_share_of_what_the_market_traded(
    paper: PaperExchange, kraken: CcxtVenue, clock: LiveClock, make_desk: Callable[..., Any]
) -> None:
    desk = make_desk(clock=clock, venues={"kraken": kraken})
    desk.limits, desk.settings = replace(desk.limits, end_guard_s=1.0), paced_for(SPEED)
    executor = desk.start()
    await executor.recover()
    sale_id = desk.stage("60", slices=2, over_s=5 * SPEED, opens=None, max_participation=Bps(Decimal(2000)))
    give_up = clock.monotonic() + 120
    while not desk.sale(sale_id).state.is_final and clock.monotonic() < give_up:
        await executor.measure_volume()
        await executor.sweep()
        sale = desk.sale(sale_id)
        assert sale.committed * 5 <= traded_since(paper, sale)
        await asyncio.sleep(0.05)
    sale = desk.sale(sale_id)
    assert sale.state is SaleState.EXPIRED
    assert sale.filled < sale.quantity, "the share is what ended it"
    assert sale.filled * 10 > traded_since(paper, sale), "most of what the share allows is used"
    assert desk.read(control.open_alarms) == []


def traded_since(paper: PaperExchange, sale: Sale) -> int:
    """Satoshis that changed hands since the window opened, by the exchange's own tape."""
    if sale.opened is None:
        return 0
    return sum(done.sats for done in paper.exchange.tape.prints if done.at >= micros(sale.opened))


async def test_trades_that_a_restored_database_lacks_hold_their_sale_at_the_real_class(
    kraken: CcxtVenue, clock: LiveClock, make_desk: Callable[..., Any], tmp_path: Path
) -> None:
    """The venue names the order by its own id, and it carries an id that only this sale can have made (P1)."""
    desk = make_desk(clock=clock, venues={"kraken": kraken})
    desk.limits, desk.settings = replace(desk.limits, end_guard_s=1.0), paced_for(SPEED)
    executor = desk.start()
    await executor.recover()
    sale_id = desk.stage("2", slices=2, over_s=60 * SPEED, opens=None, tactic=TacticName.URGENT)
    backup = tmp_path / "backup.db"
    with closing(sqlite3.connect(desk.ledger.path)) as live, closing(sqlite3.connect(backup)) as copy:
        live.backup(copy)
    give_up = clock.monotonic() + 120
    while not desk.sale(sale_id).filled and clock.monotonic() < give_up:
        await executor.sweep()
        await asyncio.sleep(0.05)
    assert desk.sale(sale_id).filled > 0
    await executor.stop(cancel_resting=True)
    desk.thread.close()
    desk.ledger.close()
    shutil.copy(backup, desk.folder / "desk.db")
    desk.ledger = Ledger.open(f"sqlite:///{desk.folder / 'desk.db'}")
    desk.thread = type(desk.thread)(desk.ledger, clock)
    found = await desk.start().recover()
    assert [alarm.kind for alarm in desk.read(control.open_alarms)] == ["sale.oversold"]
    assert "BTC sold for" in found.alarms[0]
