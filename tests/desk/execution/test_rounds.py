"""One reading of a venue's records for all orders there, and no answer that is older than its question (P3)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from desk.execution.orders import OrderState
from desk.execution.rounds import Rounds
from desk.units import parse_btc
from desk.venues.model import Absent, LookUp, OrderRef, Unknown

ONE = parse_btc("1")


def ref(letter: str) -> OrderRef:
    return OrderRef(letter * 32, None, datetime(2026, 2, 7, tzinfo=UTC))


class SlowVenue:
    """Answers a round when told to; counts them."""

    name = "kraken"

    def __init__(self) -> None:
        self.rounds: list[list[str]] = []
        self.open = asyncio.Event()
        self.leaves_out: set[str] = set()

    async def look_up_many(self, refs: Sequence[OrderRef]) -> dict[str, LookUp]:
        number = len(self.rounds)
        self.rounds.append(sorted(one.client_order_id[0] for one in refs))
        await self.open.wait()
        return {r.client_order_id: Absent(float(number)) for r in refs if r.client_order_id[0] not in self.leaves_out}


async def settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_who_asks_while_a_round_is_under_way_shares_the_next() -> None:
    venue: Any = SlowVenue()
    rounds = Rounds()

    def ask(letter: str) -> asyncio.Task[LookUp]:
        return asyncio.create_task(rounds.ask(venue, ref(letter), tuple, lambda _: None))

    first = ask("a")
    await settled()
    later = [ask(letter) for letter in "bcd"]
    again = ask("a")
    await settled()
    assert venue.rounds == [["a"]]
    venue.open.set()
    assert await first == Absent(0.0)
    assert [await task for task in (*later, again)] == [Absent(1.0)] * 4
    assert venue.rounds == [["a"], ["a", "b", "c", "d"]]


async def test_a_round_whose_first_asker_is_cancelled_is_asked_by_the_next() -> None:
    venue: Any = SlowVenue()
    rounds = Rounds()
    tasks = [asyncio.create_task(rounds.ask(venue, ref(letter), tuple, lambda _: None)) for letter in "abc"]
    await settled()
    tasks[0].cancel()
    await settled()
    venue.open.set()
    assert [type(await task) for task in tasks[1:]] == [Absent, Absent]


async def test_an_order_left_out_of_the_answer_is_unknown_and_not_absent() -> None:
    venue: Any = SlowVenue()
    venue.open.set()
    venue.leaves_out = {"a"}
    assert isinstance(await Rounds().ask(venue, ref("a"), tuple, lambda _: None), Unknown)


async def test_unknown_orders_of_many_sales_are_asked_about_together(desk: Any, together: Any) -> None:
    together.create_faults = ["lose reply"] * 6
    together.look_up_faults = ["fail"] * 6 * 14
    names = [desk.stage("1", slices=1, over_s=600) for _ in range(6)]
    await desk.run(3)
    begun = len(together.rounds)
    await desk.run(57)
    assert {len(one) for one in together.rounds[begun:]} == {6}
    assert len(together.rounds) - begun <= 14
    await desk.run(60, until=lambda: not any(order.state is OrderState.UNKNOWN for order in desk.orders()))
    assert {order.state for order in desk.orders()} == {OrderState.OPEN}
    together.trade()
    before = len(together.rounds)
    await desk.run(6)
    assert len(together.rounds) - before <= 4, "orders that rest are polled together too"
    assert all(desk.sale(name).filled == ONE for name in names)


async def test_a_sale_is_sold_whole_where_orders_are_asked_about_together(desk: Any, together: Any) -> None:
    together.create_faults = ["lose reply", "ok", "lose request", "late 3", "ok"]
    together.cancel_faults = ["lose reply", "not found", "fill 0.4"]
    together.look_up_faults = ["ok", "fail", "no trades", "ok", "fail"]
    together.visibility_s = 1.0
    names = [desk.stage("1", slices=1, over_s=90) for _ in range(3)]
    await desk.run(120, until=lambda: all(desk.is_final(one)() for one in names), each=together.trade)
    assert sum(desk.sale(one).filled for one in names) == together.sold
    assert [desk.sale(one).filled for one in names] == [ONE] * 3
    assert len({request.client_order_id for request in together.creates}) == len(together.creates)


@pytest.mark.parametrize("is_cancelled", [True, False])
async def test_an_answer_from_before_a_cancel_is_not_taken_for_one_after_it(
    desk: Any, together: Any, is_cancelled: bool
) -> None:
    """Another sale's round asked about this order too; by the time it is answered the order was cancelled."""
    mine, other = desk.stage("1", slices=1, over_s=600), desk.stage("1", slices=1, over_s=600)
    await desk.run(2)
    cid = desk.orders(mine)[0].client_order_id

    async def meanwhile() -> None:
        together.while_asked = None
        if is_cancelled:
            desk.command("pause", mine)
            task = asyncio.create_task(desk.executor.apply_commands())
            while together.cancels != [cid]:
                await asyncio.sleep(0.001)
            tasks.append(task)

    tasks: list[asyncio.Task[None]] = []
    together.while_asked = meanwhile
    desk.clock.advance(3.1)
    await desk.executor.work(other)
    await asyncio.gather(*tasks)
    assert together.rounds[0] == {order.client_order_id for order in desk.orders()}
    expected = OrderState.CANCELLED if is_cancelled else OrderState.OPEN
    assert desk.orders(mine)[0].state is expected
