"""A sale from staged to its end, through a real ledger and a venue that misbehaves."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from desk.execution.orders import OrderState, OrderType
from desk.ledger import StaleEpoch, control, events, orders, sales
from desk.sale.lifecycle import SaleState
from desk.sale.records import Rejection, SliceState
from desk.sale.terms import TacticName
from desk.units import Price, parse_btc

ONE = parse_btc("1")


def states(desk: Any, sale_id: str) -> list[OrderState]:
    return [order.state for order in desk.orders(sale_id)]


async def test_an_approved_sale_is_sold_whole_within_its_window(desk: Any) -> None:
    sale_id = desk.stage("1", slices=4, over_s=120)
    assert await desk.run(140, until=desk.is_final(sale_id), each=desk.venue.trade)
    sale = desk.sale(sale_id)
    assert (sale.state, sale.reason) == (SaleState.COMPLETED, "sold in full")
    assert sale.filled == desk.venue.sold == ONE
    assert sale.arrival_price == Decimal(68_500)
    assert {one.state for one in desk.read(lambda tx: sales.slices(tx, sale_id))} == {SliceState.DONE}
    assert not desk.venue.violations


async def test_where_nobody_buys_each_slice_crosses_before_it_ends(desk: Any) -> None:
    sale_id = desk.stage("1", slices=4, over_s=120)
    await desk.run(140, until=desk.is_final(sale_id))
    assert desk.sale(sale_id).filled == ONE
    taken = [o for o in desk.orders(sale_id) if o.filled]
    assert [o.type for o in taken] == [OrderType.IOC] * 4
    assert all(o.limit_price >= Decimal("68500") * Decimal("0.995") for o in taken)


async def test_the_curve_is_never_outrun(desk: Any) -> None:
    sale_id = desk.stage("1", slices=4, over_s=240)

    def on_curve() -> None:
        desk.venue.trade()
        passed = (desk.clock.now() - desk.sale(sale_id).terms.window.opens).total_seconds()
        assert desk.venue.sold <= (int(passed) // 60 + 1) * ONE // 4

    await desk.run(200, each=on_curve)
    assert desk.venue.sold > ONE // 2


async def test_nothing_is_sent_before_the_signatures_suffice(desk: Any) -> None:
    desk.signatures.sale_is_granted = False
    sale_id = desk.stage("1", slices=4, over_s=240)
    await desk.run(30)
    assert desk.sale(sale_id).state is SaleState.STAGED
    desk.signatures.sale_is_granted = True
    await desk.run(2)
    assert desk.sale(sale_id).state is SaleState.WORKING
    assert desk.venue.creates


async def test_signatures_that_stop_sufficing_take_the_order_off_the_book(desk: Any) -> None:
    sale_id = desk.stage("1", slices=4, over_s=240)
    await desk.run(2)
    assert desk.venue.live
    desk.signatures.sale_is_granted = False
    await desk.run(30)
    assert not desk.venue.live
    assert len(desk.venue.creates) == 1
    assert "1 of 2" in desk.executor.held[sale_id]


async def test_approvals_that_do_not_come_in_time_let_the_sale_expire(desk: Any) -> None:
    desk.signatures.sale_is_granted = False
    opens = desk.clock.now() + timedelta(days=2)
    sale_id = desk.stage("1", opens=opens)
    desk.clock.advance(86_400 + 1)
    await desk.run(1)
    sale = desk.sale(sale_id)
    assert sale.state is SaleState.EXPIRED
    assert "approvals did not come" in sale.reason


async def test_a_rejected_sale_ends_there(desk: Any) -> None:
    desk.signatures.sale_is_granted = False
    sale_id = desk.stage("1")
    now = desk.clock.now()
    desk.write(lambda tx: sales.reject(tx, Rejection(sale_id, "bob", "too cheap", now), now))
    await desk.run(1)
    assert desk.sale(sale_id).state is SaleState.REJECTED
    assert "too cheap" in desk.sale(sale_id).reason


async def test_an_on_approval_window_opens_with_the_last_signature(desk: Any) -> None:
    desk.signatures.sale_is_granted = False
    sale_id = desk.stage("1", slices=4, over_s=240, opens=None)
    await desk.run(100)
    desk.signatures.sale_is_granted = True
    await desk.run(0)
    sale, opened = desk.sale(sale_id), desk.clock.now()
    assert (sale.opened, sale.closes) == (opened, opened + timedelta(seconds=240))
    dues = [one.due for one in desk.read(lambda tx: sales.slices(tx, sale_id))]
    assert dues == [opened + timedelta(seconds=60 * i) for i in range(4)]
    await desk.run(300, until=desk.is_final(sale_id), each=desk.venue.trade)
    assert desk.sale(sale_id).state is SaleState.COMPLETED


async def test_a_window_that_could_not_open_in_time_expires(desk: Any) -> None:
    desk.venue.is_down = True
    desk.venue.book_age_s = 60
    sale_id = desk.stage("1", slices=2, over_s=120)
    await desk.run(130, until=desk.is_final(sale_id), every_s=10)
    assert desk.sale(sale_id).state is SaleState.EXPIRED
    assert not desk.venue.creates


async def test_the_order_is_on_disk_as_sent_before_its_request_leaves(desk: Any) -> None:
    seen: list[OrderState] = []

    def look(point: str) -> None:
        if point == "create: before it leaves":
            with desk.ledger.read() as tx:
                seen.extend(order.state for order in orders.live(tx))

    desk.venue.point = look
    desk.stage("1", slices=1, over_s=60)
    await desk.run(2)
    assert seen == [OrderState.SENT]


@pytest.mark.parametrize("fault", ["lose request", "lose reply", "late 4.9"])
async def test_a_lost_answer_is_never_resent_and_the_sale_goes_on(desk: Any, fault: str) -> None:
    desk.venue.create_faults = [fault]
    desk.venue.visibility_s = 2.0
    sale_id = desk.stage("1", slices=2, over_s=240)
    await desk.run(300, until=desk.is_final(sale_id), each=desk.venue.trade)
    assert desk.sale(sale_id).filled == desk.venue.sold == ONE
    assert not desk.venue.violations
    assert len({request.client_order_id for request in desk.venue.creates}) == len(desk.venue.creates)


@pytest.mark.parametrize("fault", ["lose request", "lose reply", "late 4.9"])
async def test_while_an_order_is_unknown_no_other_goes_out_and_it_stays_reserved(desk: Any, fault: str) -> None:
    desk.venue.create_faults = [fault]
    desk.venue.look_up_faults = ["fail"] * 40
    sale_id = desk.stage("1", slices=2, over_s=240)
    await desk.run(60)
    assert states(desk, sale_id) == [OrderState.UNKNOWN]
    assert desk.sale(sale_id).unknown == ONE // 2
    assert len(desk.venue.creates) == 1


async def test_absence_counts_only_after_the_quarantine_and_twice(desk: Any) -> None:
    desk.venue.create_faults = ["lose request"]
    sale_id = desk.stage("1", slices=2, over_s=240)
    await desk.run(8)
    assert states(desk, sale_id) == [OrderState.UNKNOWN]
    await desk.run(30, until=lambda: OrderState.REFUSED in states(desk, sale_id))
    refused = desk.orders(sale_id)[0]
    waited = (refused.updated - refused.sent).total_seconds()
    assert waited >= desk.venue.rules.quarantine_s + desk.venue.rules.visibility_delay_s
    assert "never arrived" in refused.last_error


async def test_an_order_the_venue_refuses_frees_its_quantity_for_another_attempt(desk: Any) -> None:
    desk.venue.create_faults = ["refuse", "refuse"]
    sale_id = desk.stage("1", slices=2, over_s=240)
    await desk.run(300, until=desk.is_final(sale_id), each=desk.venue.trade)
    assert desk.sale(sale_id).filled == ONE
    assert [o.attempt for o in desk.orders(sale_id)][:3] == [0, 1, 2]


async def test_fills_that_arrive_while_cancelling_are_counted(desk: Any) -> None:
    desk.venue.cancel_faults = ["fill 0.4", "fill 1.0"]
    sale_id = desk.stage("1", slices=2, over_s=240)
    await desk.run(300, until=desk.is_final(sale_id))
    assert desk.sale(sale_id).filled == desk.venue.sold == ONE


@pytest.mark.parametrize("fault", ["lose request", "lose reply", "not found"])
async def test_a_cancel_is_believed_only_on_proof(desk: Any, fault: str) -> None:
    desk.venue.cancel_faults = [fault] * 2
    sale_id = desk.stage("1", slices=2, over_s=120)
    await desk.run(140, until=desk.is_final(sale_id))
    assert desk.sale(sale_id).filled == desk.venue.sold == ONE
    assert not desk.venue.violations


async def test_a_fill_the_venue_claims_without_trades_is_not_believed_and_not_forgotten(desk: Any) -> None:
    sale_id = desk.stage("1", slices=1, over_s=600)
    await desk.run(1)
    desk.venue.trade()
    desk.venue.look_up_faults = ["no trades"] * 2
    await desk.run(4)
    assert desk.sale(sale_id).filled == 0
    assert desk.sale(sale_id).committed == ONE
    await desk.run(60, until=desk.is_final(sale_id))
    assert desk.sale(sale_id).filled == ONE


async def test_partial_fills_are_recorded_once_and_the_rest_goes_on(desk: Any) -> None:
    sale_id = desk.stage("1", slices=2, over_s=100)
    await desk.run(120, until=desk.is_final(sale_id), each=lambda: desk.venue.trade(0.2))
    sale = desk.sale(sale_id)
    assert sale.state is SaleState.COMPLETED
    assert ONE - desk.venue.rules.min_quantity < sale.filled <= ONE
    assert sale.filled == ONE or "dust" in sale.reason
    fills = desk.read(lambda tx: orders.fills(tx, sale_id))
    assert sum(fill.quantity for fill in fills) == sale.filled == desk.venue.sold
    assert len({fill.trade_id for fill in fills}) == len(fills) > 4


async def test_in_the_guard_nothing_rests_and_after_the_end_nothing_is_sent(desk: Any) -> None:
    sale_id = desk.stage("1", slices=1, over_s=60)
    desk.venue.ioc_takes = 0.1
    closes = desk.clock.now() + timedelta(seconds=60)

    def watch() -> None:
        if desk.clock.now() > closes - timedelta(seconds=9):
            assert not desk.venue.live

    await desk.run(90, until=desk.is_final(sale_id), each=watch)
    sent = [order.sent for order in desk.orders(sale_id) if order.sent]
    assert max(sent) < closes - timedelta(seconds=2)
    assert all(o.type is OrderType.IOC for o in desk.orders(sale_id) if o.sent >= closes - timedelta(seconds=10))
    assert all(request.deadline <= closes for request in desk.venue.creates)
    sale = desk.sale(sale_id)
    assert sale.state is SaleState.EXPIRED
    assert "unsold" in sale.reason
    assert 0 < sale.filled < ONE


async def test_what_rests_names_when_the_venue_takes_it_off_should_nobody_be_there_to_cancel(desk: Any) -> None:
    sale_id = desk.stage("1", slices=1, over_s=60)
    await desk.run(65, until=desk.is_final(sale_id))
    resting, crossing = desk.venue.creates[0], desk.venue.creates[-1]
    assert (resting.type, crossing.type) == (OrderType.POST_ONLY, OrderType.IOC)
    assert resting.expires is not None
    assert desk.sale(sale_id).opened < resting.expires < desk.sale(sale_id).closes
    assert crossing.expires is None


async def test_below_the_floor_nothing_is_sold_and_the_reason_is_said(desk: Any) -> None:
    sale_id = desk.stage("1", slices=2, over_s=30, floor=Price(Decimal("68400")))
    desk.venue.bid, desk.venue.ask = Decimal("68300"), Decimal("68300.1")
    await desk.run(40, until=desk.is_final(sale_id))
    sale = desk.sale(sale_id)
    assert sale.state is SaleState.EXPIRED
    assert "below the floor of 68,400.00" in sale.reason
    assert [e.kind for e in desk.read(lambda tx: events.listed(tx, subject=sale_id))].count("sale.held") == 1
    assert desk.venue.sold == 0
    assert {one.state for one in desk.read(lambda tx: sales.slices(tx, sale_id))} == {SliceState.MISSED}


async def test_a_stale_book_holds_every_order(desk: Any) -> None:
    sale_id = desk.stage("1", slices=2, over_s=240)
    await desk.run(1)
    desk.venue.trade()
    desk.venue.freeze_book()
    await desk.run(130)
    assert len(desk.venue.creates) == 1
    assert "no fresh order book" in desk.executor.held[sale_id]
    desk.venue.thaw_book()
    await desk.run(120, until=desk.is_final(sale_id), each=desk.venue.trade)
    assert desk.sale(sale_id).filled == ONE


async def test_a_book_that_grew_stale_while_the_balance_was_asked_sells_nothing(desk: Any) -> None:
    ask = desk.venue.balances

    async def slowly() -> object:
        desk.clock.advance(desk.limits.book_stale_s + 1)
        return await ask()

    desk.venue.balances = slowly
    sale_id = desk.stage("1", slices=1, over_s=120)
    await desk.executor.sweep()
    assert desk.venue.creates == []
    assert "s old, the limit is 5 s" in desk.executor.held[sale_id]
    desk.venue.balances = ask
    await desk.run(2)
    assert len(desk.venue.creates) == 1


async def test_two_sales_share_one_balance_and_never_offer_more_than_is_there(desk: Any) -> None:
    first, second = desk.stage("1", slices=1, over_s=40), desk.stage("1", slices=1, over_s=40)
    desk.venue.coins = parse_btc("1.5")
    await desk.run(60, until=lambda: desk.is_final(first)() and desk.is_final(second)())
    assert desk.venue.sold == parse_btc("1.5")
    assert sorted([desk.sale(first).filled, desk.sale(second).filled]) == [ONE // 2, ONE]


@pytest.mark.parametrize("behind_s", [0.0, 1.5, 5.0])
async def test_what_was_sold_since_the_balance_was_seen_is_not_offered_whatever_the_venues_clock_says(
    desk: Any, behind_s: float
) -> None:
    desk.venue.clock_is_behind_s = behind_s
    desk.venue.coins = ONE * 3 // 4
    sale_id = desk.stage("1", slices=2, over_s=50, tactic=TacticName.URGENT)
    await desk.run(60, until=desk.is_final(sale_id))
    assert desk.sale(sale_id).filled == desk.venue.sold == desk.venue.coins
    assert not desk.venue.violations


async def test_the_day_limit_counts_what_rests_of_every_sale(desk: Any) -> None:
    desk.limits = replace(desk.limits, max_day=parse_btc("1.5"))
    desk.start()
    first, second = desk.stage("1", slices=1, over_s=40), desk.stage("1", slices=1, over_s=40)
    await desk.run(60, until=lambda: desk.is_final(first)() and desk.is_final(second)())
    assert desk.venue.sold == parse_btc("1.5")


async def test_what_was_missed_is_spread_and_never_burst(desk: Any) -> None:
    sale_id = desk.stage("1", slices=10, over_s=600)
    await desk.run(5, each=desk.venue.trade)
    desk.clock.advance(300)
    await desk.run(400, until=desk.is_final(sale_id), each=desk.venue.trade)
    slices = desk.read(lambda tx: sales.slices(tx, sale_id))
    assert desk.sale(sale_id).filled == ONE
    assert all(one.filled <= 3 * one.planned for one in slices)
    assert max(one.filled for one in slices) <= ONE // 4
    assert SliceState.MISSED in {one.state for one in slices}


async def test_what_cannot_be_caught_up_is_left_unsold_and_said(desk: Any) -> None:
    sale_id = desk.stage("1", slices=10, over_s=600)
    await desk.run(5, each=desk.venue.trade)
    desk.clock.advance(540)
    await desk.run(100, until=desk.is_final(sale_id), each=desk.venue.trade)
    sale = desk.sale(sale_id)
    assert sale.state is SaleState.EXPIRED
    assert sale.filled == ONE // 10 + 3 * ONE // 10
    assert "0.60000000 of 1.00000000 BTC unsold" in sale.reason


async def test_a_larger_slice_than_one_order_may_be_takes_several(desk: Any) -> None:
    sale_id = desk.stage("12", slices=1, over_s=120)
    await desk.run(150, until=desk.is_final(sale_id), each=desk.venue.trade)
    assert desk.sale(sale_id).filled == parse_btc("12")
    assert max(order.quantity for order in desk.orders(sale_id)) == parse_btc("5")


async def test_a_second_venue_goes_on_where_the_first_is_unknown(desk: Any, second_venue: Any) -> None:
    other = second_venue(desk)
    sale_id = desk.stage("1", slices=4, over_s=400)
    desk.venue.create_faults = ["lose reply"]
    desk.venue.look_up_faults = ["fail"] * 60

    def both_trade() -> None:
        desk.venue.trade()
        other.trade()

    await desk.run(500, until=desk.is_final(sale_id), each=both_trade)
    assert desk.sale(sale_id).filled == desk.venue.sold + other.sold == ONE
    assert other.sold > 0


async def test_an_order_that_stays_unresolved_raises_an_alarm_and_stays_reserved(desk: Any) -> None:
    desk.venue.create_faults = ["lose reply"]
    desk.venue.look_up_faults = ["fail"] * 1000
    sale_id = desk.stage("1", slices=1, over_s=300)
    await desk.run(400, every_s=5)
    alarms = desk.read(control.open_alarms)
    assert [alarm.kind for alarm in alarms] == ["order.unresolved"]
    assert desk.sale(sale_id).state is SaleState.CLOSING
    assert desk.sale(sale_id).unknown == ONE


async def test_an_older_daemon_can_write_nothing_any_more(desk: Any) -> None:
    sale_id = desk.stage("1", slices=1, over_s=120)
    older = desk.executor
    desk.start()
    with pytest.raises(StaleEpoch):
        await older.work(sale_id)
    assert not desk.venue.creates


async def test_the_touch_is_followed_down_and_not_up(desk: Any) -> None:
    sale_id = desk.stage("1", slices=1, over_s=600)
    await desk.run(3)
    desk.venue.bid, desk.venue.ask = desk.venue.bid + 50, desk.venue.ask + 50
    await desk.run(5)
    assert len(desk.venue.creates) == 1
    desk.venue.bid, desk.venue.ask = desk.venue.bid - 80, desk.venue.ask - 80
    await desk.run(5)
    assert [order.state for order in desk.orders(sale_id)] == [OrderState.CANCELLED, OrderState.OPEN]
    assert desk.orders(sale_id)[-1].limit_price < desk.orders(sale_id)[0].limit_price


async def test_at_speed_a_short_window_is_worked_in_wall_seconds(make_desk: Any) -> None:
    desk = make_desk(speed=600)
    sale_id = desk.stage("1", slices=6, over_s=6 * 3600)
    await desk.run(40, until=desk.is_final(sale_id), each=lambda: desk.venue.trade(0.5))
    assert desk.sale(sale_id).state is SaleState.COMPLETED
    closes = desk.sale(sale_id).closes
    assert max(order.sent for order in desk.orders(sale_id)) < closes - timedelta(seconds=2 * 600)


async def test_what_to_wake_for_is_told(desk: Any) -> None:
    sale_id = desk.stage("1", slices=4, over_s=240)
    await desk.run(1)
    dues = await desk.executor.next_dues()
    assert {key for key, _ in dues} >= {f"{sale_id}/{i:02d}" for i in (1, 2, 3)}
    desk.venue.trade()
    await desk.run(4)
    desk.clock.advance(60)
    await desk.executor.wake(f"{sale_id}/01")
    assert [order.slice_id for order in desk.orders(sale_id)][-1] == f"{sale_id}/01"


async def test_a_book_that_reaches_a_resting_order_has_it_looked_at(desk: Any) -> None:
    sale_id = desk.stage("1", slices=1, over_s=600)
    await desk.run(1)
    before = desk.venue.look_ups
    desk.venue.trade()
    desk.clock.advance(0.6)
    desk.venue.bid = desk.venue.ask
    desk.venue.ask += 1
    desk.executor.book_seen("kraken", desk.venue.latest_book())
    await desk.executor.work(sale_id)
    assert desk.venue.look_ups == before + 1
    assert desk.sale(sale_id).filled == ONE


@pytest.mark.parametrize(("cancel", "left"), [(True, 0), (False, 1)])
async def test_stopping_takes_off_what_rests_or_leaves_it(desk: Any, cancel: bool, left: int) -> None:
    sale_id = desk.stage("1", slices=1, over_s=600)
    await desk.run(2)
    assert len(await desk.executor.stop(cancel_resting=cancel)) == left
    assert len(desk.venue.live) == left
    await desk.run(5)
    assert len(desk.venue.creates) == 1
    desk.start()
    await desk.executor.recover()
    await desk.run(20, until=desk.is_final(sale_id), each=desk.venue.trade)
    assert desk.sale(sale_id).filled == ONE
