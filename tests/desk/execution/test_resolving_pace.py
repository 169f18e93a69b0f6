"""When an unknown order is asked about: soon, then ever less often, but at the moments at which absence counts."""

from __future__ import annotations

from typing import Any

from desk.execution.orders import OrderState


async def ask_until_settled(desk: Any, sale_id: str) -> list[float]:
    """Seconds after the sending at which the venue was asked, until the first order is anything else than unknown."""
    asked: list[float] = []
    look_up, began = desk.venue.look_up, desk.clock.monotonic()

    async def noted(ref: Any) -> Any:
        asked.append(round(desk.clock.monotonic() - began, 1))
        return await look_up(ref)

    desk.venue.look_up = noted
    await desk.run(120, every_s=0.25, until=lambda: desk.orders(sale_id)[0].state is not OrderState.UNKNOWN)
    return asked


async def test_a_lost_request_is_given_up_a_visibility_delay_after_its_quarantine(desk: Any) -> None:
    """The quarantine is 9 s, the visibility delay 2 s: nothing earlier proves anything."""
    desk.venue.create_faults = ["lose request"]
    sale_id = desk.stage("1", slices=1, over_s=3600)
    await desk.run(0)
    asked = await ask_until_settled(desk, sale_id)
    assert desk.orders(sale_id)[0].state is OrderState.REFUSED
    assert [moment for moment in asked if moment >= 8.5] == [9.0, 11.0]


async def test_a_look_up_that_fails_when_it_would_count_is_made_again_soon(desk: Any) -> None:
    desk.venue.create_faults = ["lose request"]
    sale_id = desk.stage("1", slices=1, over_s=3600)
    await desk.run(8.5)
    desk.venue.look_up_faults = ["fail", "fail"]
    began_late = await ask_until_settled(desk, sale_id)
    assert desk.orders(sale_id)[0].state is OrderState.REFUSED
    assert began_late[-1] <= 5.0


async def test_a_cancel_between_two_absences_is_looked_up_at_once(desk: Any) -> None:
    """What was asked before a cancel proves nothing of it: its look-up waits for no moment."""
    desk.venue.create_faults = ["lose request"]
    sale_id = desk.stage("1", slices=1, over_s=3600)
    await desk.run(9.5)
    (order,) = desk.orders(sale_id)
    resolver = desk.executor._room.resolver
    assert resolver.watch(order).absences
    assert 0 < resolver.wait_s(order) <= 2.0
    resolver.forget_pace(order)
    assert resolver.wait_s(order) <= 0
