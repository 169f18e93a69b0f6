"""A daemon that stood still (SIGSTOP, a suspended laptop) while another took over: what it does when it wakes."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from desk.execution.orders import OrderState
from desk.ledger import StaleEpoch, control
from desk.units import parse_btc
from desk.venues.model import Refused

ONE = parse_btc("1")


def stand_still_in_create(desk: Any, *, once_booked: bool) -> asyncio.Event:
    """The next create stops before its bytes leave, or with its answer on the way, until the event is set."""
    wakes, really = asyncio.Event(), desk.venue.create

    async def create(request: Any) -> Any:
        desk.venue.create = really
        outcome = await really(request) if once_booked else None
        await wakes.wait()
        stop = request.why_not()
        if outcome is None:
            outcome = Refused(f"nothing was sent: {stop}") if stop else await really(request)
        return outcome

    desk.venue.create = create
    return wakes


@pytest.mark.parametrize("once_booked", [False, True], ids=["before it leaves", "its answer on the way"])
async def test_one_that_stood_still_in_mid_create_sends_and_writes_nothing_when_it_wakes(
    desk: Any, once_booked: bool
) -> None:
    sale_id = desk.stage("1", slices=2, over_s=240)
    wakes = stand_still_in_create(desk, once_booked=once_booked)
    stopped = asyncio.create_task(desk.executor.sweep())
    while not [order for order in desk.orders() if order.state is OrderState.SENT]:
        await asyncio.sleep(0)
    desk.clock.advance(60)
    desk.start()
    await desk.executor.recover()
    assert await desk.run(400, until=desk.is_final(sale_id), each=desk.venue.trade)
    before, sent = desk.orders(), len(desk.venue.creates)
    wakes.set()
    with pytest.raises(StaleEpoch):
        await stopped
    assert desk.orders() == before
    assert len(desk.venue.creates) == sent
    assert desk.venue.sold == desk.sale(sale_id).filled
    assert desk.venue.sold == ONE
    assert desk.venue.violations == []
    assert desk.read(control.open_alarms) == []


async def test_one_that_was_overtaken_between_reading_the_book_and_the_record_holds_no_sale(desk: Any) -> None:
    """What it read of the venue is older than what the other wrote since: an alarm from it would be a lie."""
    sale_id = desk.stage("1", slices=2, over_s=240)
    await desk.run(2)
    listed = await desk.venue.open_orders()
    first = desk.start()
    desk.start()
    desk.venue.trade()
    await desk.executor.recover()
    assert [order.state for order in desk.orders(sale_id)] == [OrderState.FILLED]

    async def as_it_was() -> Any:
        return listed

    desk.venue.open_orders, now = as_it_was, desk.venue.open_orders
    desk.venue.look_up_faults = ["fail"] * 3
    with pytest.raises(StaleEpoch):
        await first.recover()
    desk.venue.open_orders, desk.venue.look_up_faults = now, []
    assert desk.read(control.open_alarms) == []
    assert await desk.run(400, until=desk.is_final(sale_id), each=desk.venue.trade)
    assert desk.venue.sold == ONE


async def test_a_listing_that_lags_behind_is_asked_again_and_holds_nothing(desk: Any) -> None:
    sale_id = desk.stage("1", slices=2, over_s=240)
    await desk.run(2)
    listed, really = await desk.venue.open_orders(), desk.venue.open_orders
    desk.venue.trade()
    answers = [listed]

    async def lagging() -> Any:
        return answers.pop() if answers else await really()

    desk.venue.open_orders = lagging
    desk.start()
    found = await desk.executor.recover()
    assert found.alarms == []
    assert found.unchecked == ["kraken"], "nothing is sent there before the listing agrees"
    assert await desk.run(400, until=desk.is_final(sale_id), each=desk.venue.trade)
    assert desk.venue.sold == ONE
    assert desk.read(control.open_alarms) == []
