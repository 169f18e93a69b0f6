"""Every execution is booked once, whatever the venue tells of it and however often (P1, P6)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from desk.execution.orders import OrderState
from desk.ledger import control, events, orders, sales
from desk.sale.lifecycle import SaleState
from desk.units import Money, Price, Sats, average_price, parse_btc

ONE = parse_btc("1")


def kinds(desk: Any) -> list[str]:
    return [alarm.kind for alarm in desk.read(control.open_alarms)]


def fills(desk: Any, sale_id: str) -> list[Any]:
    return desk.read(lambda tx: orders.fills(tx, sale_id))


async def part_sold(desk: Any, share: float = 0.4, **wishes: object) -> tuple[str, str]:
    """A sale whose first order rests and sold a part, on record; the sale's id and the first trade's."""
    sale_id = desk.stage("1", **{"slices": 1, "over_s": 1200, **wishes})
    await desk.run(2)
    desk.venue.trade(share)
    await desk.run(4)
    (fill,) = fills(desk, sale_id)
    return sale_id, fill.trade_id


async def test_trades_told_twice_count_once(desk: Any) -> None:
    sale_id, _ = await part_sold(desk)
    (booked,) = desk.venue.live
    told = booked.trades[:]
    desk.venue.trade(0.5)
    booked.trades[1:1] = told * 3
    report = desk.venue._report(booked)
    desk.venue._report = lambda _: replace(report, filled=Sats(7 * ONE // 10))
    await desk.run(6)
    assert desk.sale(sale_id).filled == 7 * ONE // 10
    assert len(fills(desk, sale_id)) == 2
    assert kinds(desk) == []


async def test_trades_that_come_out_of_order_are_booked_when_they_come(desk: Any) -> None:
    sale_id = desk.stage("1", slices=1, over_s=1200)
    await desk.run(2)
    (booked,) = desk.venue.live
    desk.venue.trade(0.3)
    desk.venue.trade(0.5)
    first, second = booked.trades
    whole = desk.venue._report
    desk.venue._report = lambda b: replace(whole(b), trades=(second,))
    await desk.run(5)
    assert [fill.trade_id for fill in fills(desk, sale_id)] == [second.trade_id]
    assert desk.sale(sale_id).committed == ONE
    desk.venue._report = lambda b: replace(whole(b), trades=(second, first))
    await desk.run(5)
    assert {fill.trade_id for fill in fills(desk, sale_id)} == {first.trade_id, second.trade_id}
    assert desk.sale(sale_id).filled == desk.venue.sold == booked.filled


@pytest.mark.parametrize(
    "retold",
    [{"quantity": Sats(5 * ONE // 10)}, {"quantity": Sats(3 * ONE // 10)}, {"price": Price(Decimal(60_000))}],
    ids=["more", "less", "cheaper"],
)
async def test_a_fill_told_otherwise_is_never_replaced_and_the_sale_holds(desk: Any, retold: dict[str, Any]) -> None:
    sale_id, trade_id = await part_sold(desk)
    before = fills(desk, sale_id)
    desk.venue.retold[trade_id] = retold
    (booked,) = desk.venue.live
    whole = desk.venue._report
    quantity = retold.get("quantity", booked.filled)
    desk.venue._report = lambda b: replace(whole(b), filled=quantity)
    await desk.run(60)
    assert kinds(desk) == ["fill.corrected"]
    text = desk.read(control.open_alarms)[0].text
    assert text.startswith(f"trade {trade_id} at kraken: 0.40000000 BTC at 68,500.00 for 27,400.00 on record, now ")
    assert fills(desk, sale_id) == before
    assert desk.sale(sale_id).committed == ONE, "what may be unsold stays reserved"
    assert [order.state for order in desk.orders(sale_id)] == [OrderState.UNKNOWN]
    assert len(desk.venue.creates) == 1


async def test_a_fill_told_otherwise_again_and_again_is_one_alarm_and_no_failing_step(desk: Any) -> None:
    sale_id, trade_id = await part_sold(desk)
    for step in range(12):
        desk.venue.retold[trade_id] = {"price": Price(Decimal(60_000 + step))}
        await desk.run(10)
    assert kinds(desk) == ["fill.corrected"]
    said = [
        event.kind
        for event in desk.read(lambda tx: events.listed(tx, subject=desk.orders(sale_id)[0].client_order_id))
    ]
    assert len(said) < 20


async def test_once_the_venue_agrees_with_the_record_again_the_sale_goes_on(desk: Any) -> None:
    sale_id, trade_id = await part_sold(desk)
    desk.venue.retold[trade_id] = {"price": Price(Decimal(60_000))}
    await desk.run(10)
    assert kinds(desk) == ["fill.corrected"]
    desk.venue.retold.clear()
    await desk.run(1300, until=desk.is_final(sale_id), each=desk.venue.trade)
    assert kinds(desk) == []
    assert desk.sale(sale_id).filled == desk.venue.sold == ONE


async def test_another_fee_is_a_break_in_the_books_and_holds_nothing(desk: Any) -> None:
    sale_id, trade_id = await part_sold(desk)
    fee = fills(desk, sale_id)[0].fee
    desk.venue.retold[trade_id] = {"fee": Money(Decimal("1.5"))}
    await desk.run(1300, until=desk.is_final(sale_id), each=desk.venue.trade)
    assert desk.sale(sale_id).filled == desk.venue.sold == ONE
    assert kinds(desk) == ["fill.fee"]
    assert "a fee of 68.5 USD on record, now 1.5 USD" in desk.read(control.open_alarms)[0].text
    assert next(fill for fill in fills(desk, sale_id) if fill.trade_id == trade_id).fee == fee


async def test_a_trade_on_record_for_another_order_is_not_booked_again(desk: Any) -> None:
    first = desk.stage("1", slices=1, over_s=30)
    await desk.run(40, until=desk.is_final(first), each=desk.venue.trade)
    (told,) = {fill.trade_id for fill in fills(desk, first)}
    sale_id = desk.stage("1", slices=1, over_s=600)
    await desk.run(2)
    desk.venue.trade(0.5)
    trade = desk.venue.live[0].trades[0]
    desk.venue.live[0].trades[0] = replace(trade, trade_id=told)
    await desk.run(10)
    assert fills(desk, sale_id) == []
    assert kinds(desk) == ["fill.corrected"]
    assert desk.sale(sale_id).committed == ONE


async def test_an_average_that_disagrees_with_the_fills_keeps_the_order_open_as_a_break(desk: Any) -> None:
    sale_id, _ = await part_sold(desk)
    desk.venue.average = lambda _: Price(Decimal("68490"))
    desk.venue.trade()
    await desk.run(60)
    (order,) = desk.orders(sale_id)
    assert (order.state, order.filled) == (OrderState.UNKNOWN, ONE), "its fills are booked, its end is not believed"
    assert kinds(desk) == ["order.average"]
    assert "68,490.00 on average, 68,490.00; its trades make 68,500.00" in desk.read(control.open_alarms)[0].text
    assert not desk.sale(sale_id).state.is_final
    desk.venue.average = lambda _: Price(Decimal("68500.1"))
    await desk.run(40, until=desk.is_final(sale_id))
    assert desk.sale(sale_id).state is SaleState.COMPLETED
    assert kinds(desk) == []


async def test_an_average_rounded_to_the_tick_is_no_break(desk: Any) -> None:
    desk.venue.average = rounded_down
    desk.venue.ioc_takes = 0.37
    sale_id = desk.stage("1", slices=2, over_s=60)
    prices = iter([Decimal(i) / 10 for i in range(685000, 695000, 7)])

    def market() -> None:
        desk.venue.bid = next(prices)
        desk.venue.ask = desk.venue.bid + Decimal("0.3")
        desk.venue.trade(0.31)

    await desk.run(70, until=desk.is_final(sale_id), each=market)
    assert kinds(desk) == []
    assert desk.sale(sale_id).filled == desk.venue.sold > 0
    assert max(len(booked.trades) for booked in desk.venue.booked.values()) > 1


def rounded_down(booked: Any) -> Price | None:
    average = average_price(sum((trade.cost for trade in booked.trades), Decimal(0)), booked.filled)
    return None if average is None else Price(average // Decimal("0.1") * Decimal("0.1"))


async def test_a_fee_in_coins_is_no_fee_in_dollars_and_leaves_less_to_sell(desk: Any) -> None:
    desk.venue.fee_currency = "BTC"
    desk.venue.coins = parse_btc("2.003")
    sales_ = [desk.stage("1", slices=2, over_s=60) for _ in range(2)]
    await desk.run(90, until=lambda: all(desk.is_final(one)() for one in sales_), each=desk.venue.trade)
    assert "more was offered than is there" not in desk.venue.violations
    assert desk.venue.coins - desk.venue.sold - desk.venue.fees_in_coins < desk.venue.rules.min_quantity
    for sale_id in sales_:
        assert desk.sale(sale_id).fees == 0
    paid = desk.read(orders.fees_paid)
    assert paid == {"BTC": Decimal(desk.venue.fees_in_coins).scaleb(-8)}


async def test_fees_in_a_third_coin_are_kept_apart(desk: Any) -> None:
    desk.venue.fee_currency = "KFEE"
    sale_id, _ = await part_sold(desk)
    assert desk.sale(sale_id).fees == 0
    assert list(desk.read(lambda tx: orders.fees_paid(tx, sale_id=sale_id))) == ["KFEE"]


async def test_a_fill_that_comes_after_the_order_was_finished_is_booked_marked_and_alarmed_at_the_next_start(
    desk: Any,
) -> None:
    desk.venue.cancel_faults = ["fill 0.4"]
    sale_id = desk.stage("1", slices=2, over_s=240)
    await desk.run(2)
    desk.command("pause", sale_id)
    whole = desk.venue._report
    desk.venue._report = lambda b: replace(whole(b), filled=Sats(0), trades=())
    await desk.run(5)
    (order,) = desk.orders(sale_id)
    assert (order.state, order.filled) == (OrderState.CANCELLED, 0)
    desk.venue._report = whole
    desk.start()
    found = await desk.executor.recover()
    assert found.alarms == []
    assert kinds(desk) == ["fill.late"]
    assert desk.sale(sale_id).filled == desk.venue.sold == ONE // 5
    assert [one.filled for one in desk.read(lambda tx: sales.slices(tx, sale_id))] == [ONE // 5, 0]
