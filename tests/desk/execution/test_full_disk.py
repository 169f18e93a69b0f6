"""The disk is full in mid-sale: nothing leaves without its intent on record, and with room the sale goes on (P2)."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from desk.execution.orders import OrderState
from desk.ledger.errors import LedgerFull
from desk.units import parse_btc

ONE = parse_btc("1")
ROOM = 1_000_000


def let_it_have(desk: Any, pages: int) -> None:
    """So many more pages for the file than it has; SQLite refuses what needs another, as on a full disk."""
    with desk.ledger.write(actor="test", clock=desk.clock) as tx:
        line = tx.session.connection()
        now = line.exec_driver_sql("PRAGMA page_count").scalar()
        line.exec_driver_sql(f"PRAGMA max_page_count = {now + pages}")


async def sweep_on(desk: Any, times: int) -> None:
    """A daemon's sweeps, ten seconds apart; each that fails is logged by it and survived."""
    for _ in range(times):
        with suppress(LedgerFull):
            await desk.executor.sweep()
        desk.clock.advance(10)
        desk.venue.trade()


def fill_up(desk: Any) -> None:
    """Takes what free room the file still has."""
    with suppress(LedgerFull):
        for _ in range(1_000):
            desk.write(lambda tx: tx.event("test", "x" * 3_000))


async def test_nothing_leaves_without_its_intent_and_with_room_again_the_sale_goes_on(desk: Any) -> None:
    sale_id = desk.stage("1", slices=8, over_s=800)
    await desk.run(30, each=desk.venue.trade)
    let_it_have(desk, 0)
    await sweep_on(desk, 4)
    on_record = {order.client_order_id for order in desk.orders(sale_id) if order.sent is not None}
    assert {request.client_order_id for request in desk.venue.creates} == on_record
    fill_up(desk)
    sent = len(desk.venue.creates)
    await sweep_on(desk, 6)
    assert len(desk.venue.creates) == sent, "no intent can be written"
    let_it_have(desk, ROOM)
    await desk.run(900, until=desk.is_final(sale_id), each=desk.venue.trade)
    assert desk.venue.sold == desk.sale(sale_id).filled == ONE
    assert desk.venue.violations == []
    assert all(order.state is not OrderState.UNKNOWN for order in desk.orders(sale_id))


async def test_a_halt_takes_off_what_rests_although_no_byte_can_be_written(desk: Any) -> None:
    desk.stage("1", slices=2, over_s=400)
    await desk.run(5)
    assert len(desk.venue.live) == 1
    let_it_have(desk, 0)
    fill_up(desk)
    desk.halt_file.write_text("{}")
    with suppress(LedgerFull):
        await desk.executor.sweep()
    assert desk.venue.live == []
    let_it_have(desk, ROOM)
    await desk.run(5)
    (order,) = desk.orders()
    assert order.state is OrderState.CANCELLED
    assert order.cancel_asked is not None
