"""Clocks that jump, machines that sleep, venues in maintenance, windows that end while nobody acts (P1, P3, P8)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from desk.execution.orders import OrderState, OrderType
from desk.ledger import control, events, orders, sales
from desk.sale.lifecycle import SaleState
from desk.sale.records import SliceState
from desk.units import Money, Price, parse_btc
from desk.venues.model import Refused, Unavailable

ONE = parse_btc("1")


def states(desk: Any, sale_id: str) -> list[OrderState]:
    return [order.state for order in desk.orders(sale_id)]


async def lost(desk: Any) -> str:
    """A sale whose first request is on its way and arrives 4.9 s later, the answer lost; no deadline stops it."""
    desk.venue.create_faults, desk.venue.visibility_s = ["late 4.9"], 2.0
    sale_id = desk.stage("1", slices=1, over_s=3600)
    await desk.run(0)
    assert states(desk, sale_id) == [OrderState.UNKNOWN]
    desk.venue.coming = [(moment, replace(request, deadline=None)) for moment, request in desk.venue.coming]
    return str(sale_id)


async def settled_after(desk: Any, sale_id: str) -> float:
    """Monotonic seconds until the unknown order of the sale is anything else."""
    begun = desk.clock.monotonic()
    await desk.run(120, every_s=1, until=lambda: states(desk, sale_id)[0] is not OrderState.UNKNOWN)
    return float(desk.clock.monotonic() - begun)


# Clocks that jump


@pytest.mark.parametrize("jump_s", [3600, -3600], ids=["forward", "back"])
async def test_a_clock_set_while_an_order_is_unknown_shortens_no_quarantine(desk: Any, jump_s: float) -> None:
    sale_id = await lost(desk)
    desk.venue.coming.clear()
    desk.clock.jump(jump_s / 2)
    assert await settled_after(desk, sale_id) >= desk.venue.rules.quarantine_s + desk.venue.rules.visibility_delay_s
    assert states(desk, sale_id)[0] is OrderState.REFUSED


@pytest.mark.parametrize("jump_s", [1800, -1800], ids=["forward", "back"])
async def test_a_clock_set_while_the_desk_was_down_shortens_no_quarantine(desk: Any, jump_s: float) -> None:
    sale_id = await lost(desk)
    desk.clock.jump(jump_s)
    desk.start()
    await desk.executor.recover()
    assert states(desk, sale_id) == [OrderState.UNKNOWN]
    await settled_after(desk, sale_id)
    assert states(desk, sale_id)[0] is OrderState.OPEN, "it arrived after the restart and was waited for"
    assert not desk.venue.violations


async def test_a_restart_counts_the_quarantine_from_its_own_start(desk: Any) -> None:
    sale_id = await lost(desk)
    desk.venue.coming.clear()
    desk.clock.advance(8)
    desk.start()
    await desk.executor.recover()
    assert await settled_after(desk, sale_id) >= desk.venue.rules.quarantine_s + desk.venue.rules.visibility_delay_s


@pytest.mark.parametrize("jump_s", [-3600, -90, 300], ids=["an hour back", "a while back", "ahead"])
async def test_a_history_is_read_from_before_the_order_whatever_the_clock_did(desk: Any, jump_s: float) -> None:
    sale_id = await lost(desk)
    began = desk.clock.wall()
    asked: list[Any] = []
    look_up = desk.venue.look_up

    async def noted(ref: Any) -> Any:
        asked.append(ref.sent)
        return await look_up(ref)

    desk.venue.look_up = noted
    desk.clock.advance(200)
    desk.clock.jump(jump_s)
    await desk.run(1)
    desk.start()
    await desk.executor.recover()
    assert len(asked) >= 2
    assert all(sent <= began for sent in asked)
    assert desk.sale(sale_id).committed == ONE


async def test_a_clock_set_back_sells_nothing_twice_and_waits_for_its_time(desk: Any) -> None:
    sale_id = desk.stage("1", slices=4, over_s=240)
    await desk.run(70, each=desk.venue.trade)
    sold = desk.venue.sold
    assert sold == ONE // 2
    desk.clock.jump(-65)
    await desk.run(50, each=desk.venue.trade)
    assert desk.venue.sold == sold
    await desk.run(250, until=desk.is_final(sale_id), each=desk.venue.trade)
    assert desk.sale(sale_id).filled == desk.venue.sold == ONE
    assert not desk.venue.violations


async def test_a_clock_set_back_before_the_window_sends_nothing_until_it_opens_again(desk: Any) -> None:
    sale_id = desk.stage("1", slices=2, over_s=240)
    await desk.run(2)
    desk.venue.trade()
    desk.clock.jump(-600)
    await desk.run(500)
    assert len(desk.venue.creates) == 1
    assert desk.sale(sale_id).state is SaleState.WORKING
    await desk.run(400, until=desk.is_final(sale_id), each=desk.venue.trade)
    assert desk.sale(sale_id).filled == ONE


async def test_a_clock_set_ahead_bursts_nothing(desk: Any) -> None:
    sale_id = desk.stage("1", slices=10, over_s=600)
    await desk.run(5, each=desk.venue.trade)
    desk.clock.jump(300)
    await desk.run(400, until=desk.is_final(sale_id), each=desk.venue.trade)
    slices = desk.read(lambda tx: sales.slices(tx, sale_id))
    assert desk.sale(sale_id).filled == ONE
    assert max(one.filled for one in slices) <= ONE // 4
    assert SliceState.MISSED in {one.state for one in slices}


async def test_a_clock_set_ahead_beyond_the_window_ends_the_sale_with_what_rests_taken_off(desk: Any) -> None:
    sale_id = desk.stage("1", slices=2, over_s=240)
    await desk.run(2)
    desk.clock.jump(7200)
    await desk.run(20, until=desk.is_final(sale_id))
    assert not desk.venue.live
    assert desk.sale(sale_id).state is SaleState.EXPIRED
    assert len(desk.venue.creates) == 1


# Machines that sleep, processes that stand still


async def test_after_a_sleep_the_quarantine_begins_anew(desk: Any) -> None:
    sale_id = await lost(desk)
    desk.venue.coming.clear()
    desk.clock.advance(600)
    assert await settled_after(desk, sale_id) >= desk.venue.rules.quarantine_s + desk.venue.rules.visibility_delay_s


async def test_a_request_that_leaves_only_when_the_machine_wakes_is_waited_for(desk: Any) -> None:
    sale_id = await lost(desk)
    desk.venue.coming = [(moment + 600, request) for moment, request in desk.venue.coming]
    desk.clock.advance(600)
    await settled_after(desk, sale_id)
    assert states(desk, sale_id)[0] is OrderState.OPEN
    assert not desk.venue.violations


async def test_after_a_sleep_nothing_is_sent_on_the_book_from_before(desk: Any) -> None:
    sale_id = desk.stage("1", slices=2, over_s=7200)
    await desk.run(2)
    desk.venue.trade()
    await desk.run(4)
    desk.venue.freeze_book()
    desk.clock.advance(3600)
    await desk.run(5)
    assert len(desk.venue.creates) == 1
    assert "no fresh order book" in desk.executor.held[sale_id]


async def test_a_sleep_across_slices_spreads_what_was_missed(desk: Any) -> None:
    sale_id = desk.stage("1", slices=10, over_s=600)
    await desk.run(2)
    desk.clock.advance(400)
    desk.venue.tick()
    await desk.run(300, until=desk.is_final(sale_id), each=desk.venue.trade)
    slices = desk.read(lambda tx: sales.slices(tx, sale_id))
    assert all(one.filled <= 3 * one.planned for one in slices)
    assert desk.sale(sale_id).filled == desk.venue.sold
    assert not desk.venue.violations


# Maintenance


def maintained(desk: Any) -> None:
    """The exchange tells its book and nothing else: every order is refused."""

    async def create(request: Any) -> Refused:
        desk.venue.creates.append(request)
        return Refused("EService:Unavailable", is_temporary=True)

    desk.venue.create = create


async def test_a_venue_that_refuses_everything_is_asked_ever_less_often(desk: Any) -> None:
    sale_id = desk.stage("1", slices=2, over_s=1200)
    booked = desk.venue.create
    maintained(desk)
    await desk.run(300)
    assert 15 <= len(desk.venue.creates) <= 30
    gaps = [b.sent - a.sent for a, b in zip(desk.orders(sale_id), desk.orders(sale_id)[1:], strict=False)]
    assert max(gaps) <= timedelta(seconds=16)
    desk.venue.create = booked
    await desk.run(1000, until=desk.is_final(sale_id), each=desk.venue.trade)
    assert desk.sale(sale_id).filled == ONE


async def test_refusals_before_do_not_keep_the_last_orders_of_a_window_waiting(desk: Any) -> None:
    sale_id = desk.stage("1", slices=1, over_s=120)
    booked = desk.venue.create
    maintained(desk)
    await desk.run(111)
    desk.venue.create = booked
    await desk.run(20, until=desk.is_final(sale_id))
    assert desk.sale(sale_id).filled == ONE


async def test_maintenance_with_an_order_on_the_book_loses_nothing(desk: Any) -> None:
    sale_id = desk.stage("1", slices=2, over_s=600)
    await desk.run(2)
    desk.venue.is_down = True
    desk.venue.trade(0.5)
    await desk.run(200)
    assert desk.sale(sale_id).committed == ONE // 2
    assert len(desk.venue.creates) == 1
    desk.venue.is_down = False
    await desk.run(600, until=desk.is_final(sale_id), each=desk.venue.trade)
    assert desk.sale(sale_id).filled == desk.venue.sold == ONE


# Windows that end


async def test_a_pause_across_the_end_settles_what_is_unknown_before_the_sale_ends(desk: Any) -> None:
    sale_id = desk.stage("1", slices=1, over_s=60)
    await desk.run(2)
    desk.venue.cancel_faults, desk.venue.look_up_faults = ["fill 0.5"], ["fail"] * 25
    desk.venue.cancel_faults = ["lose reply"]
    desk.venue.trade(0.25)
    desk.command("pause", sale_id)
    await desk.run(70)
    assert desk.sale(sale_id).state is SaleState.CLOSING
    assert desk.sale(sale_id).unknown == ONE
    desk.venue.look_up_faults.clear()
    await desk.run(30, until=desk.is_final(sale_id))
    sale = desk.sale(sale_id)
    assert (sale.state, sale.filled) == (SaleState.EXPIRED, ONE // 4)
    assert "paused" in sale.reason


async def test_a_sale_resumed_in_its_last_moments_sends_nothing_in_what_is_left(desk: Any) -> None:
    sale_id = desk.stage("1", slices=1, over_s=60)
    await desk.run(2)
    desk.command("pause", sale_id)
    await desk.run(56.5)
    sent = len(desk.venue.creates)
    desk.write(lambda tx: sales.move(tx, sale_id, SaleState.WORKING, "resumed", desk.clock.now(), epoch=desk.epoch))
    await desk.run(10, every_s=0.5, until=desk.is_final(sale_id))
    late = [order for order in desk.orders(sale_id)[sent:] if order.sent]
    assert all(order.type is OrderType.IOC for order in late)
    assert all(order.sent < desk.sale(sale_id).closes - timedelta(seconds=2) for order in late)
    assert not desk.venue.live


async def test_a_residual_below_the_minimum_is_dust_and_completes_the_sale(desk: Any) -> None:
    sale_id = desk.stage("1", slices=1, over_s=60)
    await desk.run(2)
    (booked,) = desk.venue.live
    dust = desk.venue.rules.min_quantity - 1
    desk.venue.trade(1 - dust / booked.left)
    await desk.run(70, until=desk.is_final(sale_id))
    desk.venue.trade()
    sale = desk.sale(sale_id)
    assert 0 < sale.remaining <= dust
    assert sale.state is SaleState.COMPLETED
    assert "dust, below the smallest order" in sale.reason


async def test_a_residual_too_cheap_for_the_venue_is_dust_too(desk: Any) -> None:
    desk.venue.rules = replace(desk.venue.rules, min_cost=Money(Decimal(600)))
    sale_id = desk.stage("1", slices=1, over_s=60)
    await desk.run(2)
    desk.venue.trade(0.995)
    await desk.run(70, until=desk.is_final(sale_id))
    sale = desk.sale(sale_id)
    assert (sale.state, sale.remaining) == (SaleState.COMPLETED, ONE // 200)
    assert sale.committed == sale.filled


async def test_a_sale_that_sold_nothing_is_not_completed_by_being_small(desk: Any) -> None:
    desk.venue.rules = replace(desk.venue.rules, min_cost=Money(Decimal(600)))
    desk.venue.bid, desk.venue.ask = Decimal(59_000), Decimal(59_001)
    sale_id = desk.stage("0.005", slices=1, over_s=30)
    await desk.run(50, until=desk.is_final(sale_id))
    assert desk.sale(sale_id).state is SaleState.EXPIRED


# Several sales on one balance


async def test_three_sales_on_one_balance_offer_no_more_than_is_there_through_losses_and_restarts(desk: Any) -> None:
    desk.venue.coins = parse_btc("2.2")
    desk.venue.create_faults = ["ok", "lose reply", "late 3", "ok", "refuse"]
    desk.venue.look_up_faults = ["ok", "fail", "ok", "fail"]
    names = [desk.stage("1", slices=1, over_s=60) for _ in range(3)]
    for _ in range(2):
        await desk.run(12, each=lambda: desk.venue.trade(0.5))
        desk.start()
        await desk.executor.recover()
    await desk.run(70, until=lambda: all(desk.is_final(one)() for one in names), each=desk.venue.trade)
    assert "more was offered than is there" not in desk.venue.violations
    assert desk.venue.sold <= desk.venue.coins
    assert sum(desk.sale(one).filled for one in names) == desk.venue.sold
    assert desk.venue.coins - desk.venue.sold < desk.venue.rules.min_quantity


async def test_a_floor_that_rose_takes_the_order_off(desk: Any) -> None:
    sale_id = desk.stage("1", slices=1, over_s=600)
    await desk.run(2)
    desk.limits = replace(desk.limits, floor=Price(Decimal(68_600)))
    desk.start()
    await desk.executor.recover()
    await desk.run(20)
    assert not desk.venue.live
    assert len(desk.venue.creates) == 1
    assert "floor" in desk.executor.held[sale_id]


async def test_a_venue_whose_trades_cannot_be_read_after_a_restart_sends_nothing(desk: Any) -> None:
    desk.stage("1", slices=2, over_s=240)
    await desk.run(2)
    desk.venue.trade()
    await desk.run(4)

    async def unavailable(_: object) -> Any:
        raise Unavailable("kraken did not tell its trades")

    desk.venue.trades_since = unavailable
    desk.start()
    await desk.executor.recover()
    desk.clock.advance(100)
    await desk.run(30)
    assert len(desk.venue.creates) == 1
    assert desk.read(control.open_alarms) == []
    assert desk.read(orders.live) == []


async def test_a_window_that_ends_in_quarantine_says_so(desk: Any) -> None:
    desk.venue.create_faults = ["lose request"]
    sale_id = desk.stage("1", slices=2, over_s=12)
    await desk.run(60, until=desk.is_final(sale_id))
    assert desk.sale(sale_id).reason == (
        f"the window ended: an order of {sale_id} at kraken is unknown until evidence says more; 1.00000000 of "
        "1.00000000 BTC unsold"
    )
    held = desk.read(lambda tx: events.listed(tx, subject=sale_id, kinds=["sale.held"]))
    assert [event.detail["by"] for event in held] == ["unknown order"]
