"""What a request is asked when its bytes are about to leave: it may have waited for its turn and for a connection."""

from __future__ import annotations

from typing import Any

from desk.venues.model import CreateOutcome, OrderRequest, Refused


class SlowLine:
    """Lets time pass, or something happen, between the desk's word and the wire; then asks, as the wire does."""

    def __init__(self, desk: Any) -> None:
        self._desk = desk
        self._create = desk.venue.create
        self.passes_s = 0.0
        self.puts_up_halt = False
        self.said: list[str | None] = []
        desk.venue.create = self.create

    async def create(self, request: OrderRequest) -> CreateOutcome:
        self._desk.clock.advance(self.passes_s)
        if self.puts_up_halt:
            self._desk.halt_file.touch()
        stop = request.why_not()
        self.said.append(stop)
        if stop is not None:
            return Refused(f"nothing was sent: {stop}", is_temporary=True)
        outcome: CreateOutcome = await self._create(request)
        return outcome


async def test_an_order_that_leaves_at_once_is_not_stopped(desk: Any) -> None:
    line = SlowLine(desk)
    desk.stage("1")
    await desk.run(3)
    assert line.said == [None]
    assert len(desk.venue.creates) == 1


async def test_a_halt_that_comes_while_an_order_waits_to_leave_stops_it(desk: Any) -> None:
    line = SlowLine(desk)
    line.puts_up_halt = True
    sale_id = desk.stage("1")
    await desk.run(10)
    assert line.said == ["the desk was halted"]
    assert desk.venue.creates == []
    (order,) = desk.orders(sale_id)
    assert (order.state, order.last_error) == ("refused", "nothing was sent: the desk was halted")
    assert desk.sale(sale_id).committed == 0


async def test_an_order_that_waited_past_its_deadline_does_not_leave(desk: Any) -> None:
    """Its deadline bounds how long it is looked for; one that left later could appear after it was given up."""
    line = SlowLine(desk)
    line.passes_s = 6.0
    desk.stage("1", over_s=3600)
    await desk.run(3)
    assert line.said[0] is not None
    assert desk.venue.creates == []
