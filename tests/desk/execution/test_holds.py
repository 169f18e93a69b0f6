"""The reason of a sale that fell short is said, also by a daemon that was started late or came upon a lost order."""

from __future__ import annotations

from typing import Any

from desk.clock import iso
from desk.execution.orders import OrderState


async def test_what_an_unknown_order_kept_back_is_not_forgotten_when_it_is_settled(desk: Any) -> None:
    """It is settled just when it is too late to send another: the window's end alone would explain nothing."""
    desk.venue.create_faults = ["lose request"]
    sale_id = desk.stage("1", slices=2, over_s=12)
    await desk.run(60, until=desk.is_final(sale_id))
    assert desk.orders(sale_id)[0].state is OrderState.REFUSED
    assert "unknown until evidence says more" in desk.sale(sale_id).reason


async def test_once_the_next_order_went_out_it_explains_nothing_any_more(desk: Any) -> None:
    desk.venue.create_faults = ["lose request"]
    sale_id = desk.stage("1", slices=2, over_s=120)
    await desk.run(30)
    assert len(desk.venue.creates) > 1
    assert sale_id not in desk.executor.held


async def test_a_process_that_finds_a_lost_order_after_the_window_names_it(
    desk: Any, crash: type[BaseException]
) -> None:
    desk.venue.create_faults = ["lose request"]
    sale_id = desk.stage("1", slices=1, over_s=40)
    await desk.run(1)
    desk.clock.advance(60)
    desk.start()
    await desk.run(60, until=desk.is_final(sale_id))
    assert "unknown until evidence says more" in desk.sale(sale_id).reason


async def test_a_process_that_was_started_within_the_window_says_since_when_it_is_there(desk: Any) -> None:
    sale_id = desk.stage("1", slices=1, over_s=40)
    await desk.run(1)
    desk.clock.advance(30)
    desk.start()
    began = desk.clock.now()
    desk.clock.advance(30)
    await desk.run(60, until=desk.is_final(sale_id))
    assert f"the window ended: the daemon was started anew {iso(began)}; " in desk.sale(sale_id).reason


async def test_what_may_not_be_caught_up_with_is_said(desk: Any) -> None:
    """Three quarters of the window are missed: the last slice takes three times its plan, and no more."""
    sale_id = desk.stage("1.6", slices=8, over_s=480)
    desk.clock.advance(1)
    await desk.run(0)
    desk.clock.advance(420)
    await desk.run(90, until=desk.is_final(sale_id))
    sale = desk.sale(sale_id)
    assert sale.filled < sale.quantity
    assert "catching up with missed time, at most 3 planned slices at once, put " in sale.reason
