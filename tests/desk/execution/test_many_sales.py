"""Several sales at one venue at once: each is checked, and none takes another's trades for lost rows."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from desk.execution.orders import OrderState
from desk.ledger import control
from desk.sale.lifecycle import SaleState
from desk.sale.terms import TacticName

SALES = 8


async def test_fills_that_come_on_record_while_another_sale_is_checked_are_no_alarm(desk: Any) -> None:
    """The second sale's check has read the trades, and that the ledger lacks some; then the first takes them in."""
    await desk.executor.recover()
    first = desk.stage("1", slices=2, over_s=600)
    await desk.run(2)
    second = desk.stage("1", slices=2, over_s=600)
    desk.clock.advance(5)
    desk.venue.trade()
    read, lacking = desk.thread.read, []

    async def slow(fn: Any) -> Any:
        value = await read(fn)
        if isinstance(value, dict) and value and not lacking:
            lacking.append(value)
            await desk.executor.work(first)
        return value

    desk.thread.read = slow
    await desk.executor.work(second)
    assert lacking
    assert desk.orders(first)[0].state is OrderState.FILLED
    assert desk.read(control.open_alarms) == []
    desk.thread.read = read
    is_over = [desk.is_final(one) for one in (first, second)]
    await desk.run(700, until=lambda: all(over() for over in is_over), each=desk.venue.trade)
    assert {desk.sale(one).state for one in (first, second)} == {SaleState.COMPLETED}


async def test_the_trades_are_read_once_for_all_sales_that_wait_for_it(desk: Any) -> None:
    """A venue that answers one private read in three seconds would keep the last of many waiting for minutes."""
    await desk.executor.recover()
    read, readings = desk.venue.trades_since, []

    async def counted(since: Any) -> Any:
        readings.append(since)
        return await read(since)

    desk.venue.trades_since = counted
    opens = desk.clock.now() + timedelta(seconds=30)
    names = [desk.stage("1", opens=opens, slices=2, tactic=TacticName.URGENT, seed=n) for n in range(SALES)]
    await desk.run(45, every_s=1.0)
    assert all(desk.sale(one).filled > 0 for one in names)
    assert len(readings) == 1


async def test_sales_that_hang_on_the_venue_keep_no_sweep_from_the_others(desk: Any) -> None:
    """More hang than a sweep looks at together; they come first."""
    await desk.executor.recover()
    create, answer, count = desk.venue.create, asyncio.Event(), 12
    names = [desk.stage("1", slices=1, tactic=TacticName.URGENT, seed=n) for n in range(count)]
    asked: list[Any] = []

    async def hangs(request: Any) -> Any:
        asked.append(request)
        if len(asked) < count:
            await answer.wait()
        return await create(request)

    desk.venue.create = hangs
    desk.clock.advance(120)
    sweep = asyncio.create_task(desk.executor.sweep())
    async with asyncio.timeout(20):
        while len(asked) < count:
            await asyncio.sleep(0.01)
    answer.set()
    await sweep
    assert all(desk.orders(name) for name in names)
