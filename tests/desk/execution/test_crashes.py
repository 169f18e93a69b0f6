"""The process dies anywhere on the order path and comes back; judged by what the venue booked, not by the ledger."""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from desk.execution.orders import OrderState, OrderType, client_order_id
from desk.ledger import control, orders, sales
from desk.sale.lifecycle import SaleState
from desk.units import Price, Sats, parse_btc
from desk.venues.model import OrderRequest, Unavailable

ONE = parse_btc("1")
FAULTS = ["ok", "ok", "ok", "lose request", "lose reply", "late 3", "refuse"]

CANCEL_FAULTS = ["ok", "lose request", "lose reply", "not found", "fill 0.3"]


def arm(desk: Any, crash: type[BaseException], at: int) -> Counter[str]:
    """Dies at the point of that number, counted over ledger and venue; returns how often each was passed."""
    passed: Counter[str] = Counter()

    def point(name: str) -> None:
        passed[name] += 1
        if passed.total() == at:
            raise crash(name)

    desk.thread.point = desk.venue.point = point
    return passed


async def live_on(
    desk: Any, crash: type[BaseException], sale_id: str, wall_s: float, each: Callable[[], None]
) -> str:
    """Runs until the sale ends, restarting where it dies; the name of the last point it died at, or none."""
    died, is_new = "", False
    end = desk.clock.monotonic() + wall_s
    while not desk.sale(sale_id).state.is_final and desk.clock.monotonic() < end:
        try:
            if is_new:
                await desk.executor.recover()
            await desk.run(end - desk.clock.monotonic(), until=desk.is_final(sale_id), each=each)
        except crash as point:
            died, is_new = str(point), True
            desk.clock.advance(1.5)
            desk.venue.tick()
            desk.start()
    return died


def check(desk: Any, sale_id: str) -> None:
    sale = desk.sale(sale_id)
    assert not desk.venue.violations
    assert desk.venue.sold <= sale.quantity
    assert sale.state.is_final
    assert sale.filled == desk.venue.sold
    assert sale.committed == sale.filled
    assert sum(fill.quantity for fill in desk.read(lambda tx: orders.fills(tx, sale_id))) == sale.filled
    assert desk.read(control.open_alarms) == []


async def dies_at(desk: Any, crash: Any, number: int) -> str:
    """One sale whose process dies once; where, or nowhere."""
    sale_id = desk.stage("1", slices=2, over_s=90)
    arm(desk, crash, number)
    died = await live_on(desk, crash, sale_id, 200, desk.venue.trade)
    check(desk, sale_id)
    assert desk.sale(sale_id).filled == ONE, f"died at point {number}: {died}"
    return died


@pytest.mark.parametrize("number", [1, 4, 8, 12, 15, 19, 24])
async def test_dying_at_a_point_sells_neither_twice_nor_too_little(desk: Any, crash: Any, number: int) -> None:
    assert await dies_at(desk, crash, number)


@pytest.mark.slow
async def test_dying_at_every_point_sells_neither_twice_nor_too_little(make_desk: Any, crash: Any) -> None:
    seen: Counter[str] = Counter()
    while died := await dies_at(make_desk(), crash, seen.total() + 1):
        seen[died] += 1
    assert set(seen) >= {
        "before a commit",
        "after a commit",
        "create: before it leaves",
        "create: booked, no answer yet",
    }
    assert seen.total() > 30


async def campaign(desk: Any, crash: Any, seed: int) -> None:
    draws = random.Random(seed)
    sale_id = desk.stage("1", slices=3, over_s=180)
    desk.venue.create_faults = [draws.choice(FAULTS) for _ in range(12)]
    desk.venue.cancel_faults = [draws.choice(CANCEL_FAULTS) for _ in range(6)]
    desk.venue.look_up_faults = [draws.choice(["ok", "ok", "fail", "no trades"]) for _ in range(20)]
    desk.venue.visibility_s = draws.choice([0.0, 1.9])
    desk.venue.ioc_takes = draws.choice([1.0, 0.7])
    deaths = sorted(draws.sample(range(1, 120), 3))
    passed = 0

    def point(name: str) -> None:
        nonlocal passed
        passed += 1
        if deaths and passed >= deaths[0]:
            deaths.pop(0)
            raise crash(name)

    desk.thread.point = desk.venue.point = point

    def market() -> None:
        if draws.random() < 0.4:
            desk.venue.trade(draws.choice([0.2, 0.6, 1.0]))

    await live_on(desk, crash, sale_id, 400, market)
    check(desk, sale_id)
    sale = desk.sale(sale_id)
    assert sale.state is SaleState.COMPLETED or "unsold" in sale.reason


@pytest.mark.parametrize("seed", [*range(5), pytest.param(-1, marks=pytest.mark.slow, id="a hundred")])
async def test_crashes_and_faults_by_seed_never_oversell(make_desk: Any, crash: Any, seed: int) -> None:
    for one in range(100, 200) if seed < 0 else [seed]:
        print(f"seed {one}")
        await campaign(make_desk(), crash, one)


async def test_an_intent_found_at_the_start_never_left(desk: Any, crash: Any) -> None:
    sale_id = desk.stage("1", slices=1, over_s=120)

    def die(point: str) -> None:
        if point == "before a commit" and [order.state for order in desk.orders(sale_id)] == [OrderState.INTENT]:
            raise crash(point)

    desk.thread.point = die
    with pytest.raises(crash):
        await desk.run(5)
    desk.thread.point = lambda _: None
    desk.start()
    found = await desk.executor.recover()
    assert len(found.never_sent) == 1
    assert desk.orders(sale_id)[0].last_error.startswith("never sent")
    assert desk.venue.look_ups == 0
    await desk.run(130, until=desk.is_final(sale_id), each=desk.venue.trade)
    assert desk.sale(sale_id).filled == ONE


async def test_an_order_that_rests_is_adopted_and_not_placed_again(desk: Any) -> None:
    sale_id = desk.stage("1", slices=1, over_s=120)
    await desk.run(2)
    desk.venue.trade(0.5)
    desk.start()
    found = await desk.executor.recover()
    assert len(found.adopted) == 1
    assert desk.sale(sale_id).filled == ONE // 2
    await desk.run(4)
    assert len(desk.venue.creates) == 1


async def test_what_the_venue_sold_beyond_the_ledger_holds_the_sale(desk: Any) -> None:
    sale_id = desk.stage("1", slices=2, over_s=240)
    await desk.run(2)
    desk.venue.trade()
    await desk.run(4)
    assert desk.sale(sale_id).filled == ONE // 2
    forget_everything_sold(desk)
    desk.start()
    found = await desk.executor.recover()
    assert len(found.alarms) == 1
    await desk.run(200)
    assert len(desk.venue.creates) == 1
    assert "not on record" in desk.read(control.open_alarms)[0].text


async def test_trades_of_an_order_whose_answer_was_lost_are_known_to_a_new_process(desk: Any, crash: Any) -> None:
    sale_id = desk.stage("1", slices=2, over_s=240)
    die_before_the_answer(desk, crash)
    with pytest.raises(crash):
        await desk.run(2)
    desk.venue.point = lambda _: None
    desk.venue.trade(0.5)
    desk.venue.look_up_faults = ["fail"]
    desk.start()
    found = await desk.executor.recover()
    assert found.alarms == []
    await desk.run(250, until=desk.is_final(sale_id), each=desk.venue.trade)
    assert desk.sale(sale_id).filled == ONE


async def test_lowered_totals_hold_the_sale(desk: Any) -> None:
    sale_id = desk.stage("1", slices=2, over_s=240)
    await desk.run(2)
    desk.venue.trade()
    await desk.run(4)
    edit(desk, "UPDATE sales SET filled = 0", "UPDATE orders SET filled = 0, state = 'cancelled'")
    desk.start()
    found = await desk.executor.recover()
    assert len(found.alarms) == 1
    await desk.run(200)
    assert len(desk.venue.creates) == 1
    assert not desk.is_final(sale_id)() or desk.venue.sold == ONE // 2


@pytest.mark.parametrize("is_forgotten", [False, True], ids=["refused", "forgotten"])
async def test_an_order_that_rests_although_it_is_over_on_record_is_taken_off_and_holds_the_sale(
    desk: Any, is_forgotten: bool
) -> None:
    desk.stage("1", slices=2, over_s=240)
    await desk.run(2)
    if is_forgotten:
        forget_everything_sold(desk)
    else:
        edit(desk, "UPDATE orders SET state = 'refused'", "UPDATE sales SET open = 0")
    desk.venue.cancel_faults = ["lose request"]
    desk.start()
    found = await desk.executor.recover()
    assert "on the book" in found.alarms[0]
    assert found.unchecked == ["kraken"], "a cancel that may not have arrived is asked again"
    await desk.run(200)
    assert not desk.venue.live
    assert len(desk.venue.creates) == 1
    assert {alarm.kind for alarm in desk.read(control.open_alarms)} == {"sale.oversold"}


async def test_somebody_elses_trades_on_the_account_hold_nothing(desk: Any) -> None:
    desk.venue.creates.clear()
    await trade_by_hand(desk)
    sale_id = desk.stage("1", slices=1, over_s=120)
    await desk.run(1)
    await trade_by_hand(desk)
    desk.start()
    found = await desk.executor.recover()
    assert found.alarms == []
    await desk.run(130, until=desk.is_final(sale_id), each=desk.venue.trade)
    assert desk.sale(sale_id).filled == ONE


async def test_until_the_trades_could_be_compared_nothing_is_sent(desk: Any) -> None:
    sale_id = desk.stage("1", slices=2, over_s=240)
    await desk.run(2)
    desk.venue.trade()
    await desk.run(4)
    desk.venue.is_down = True
    desk.start()
    found = await desk.executor.recover()
    assert found.unchecked == ["kraken"]
    desk.clock.advance(120)
    await desk.run(10)
    assert len(desk.venue.creates) == 1
    assert "could not be compared" in desk.executor.held[sale_id]
    desk.venue.is_down = False
    await desk.run(120, until=desk.is_final(sale_id), each=desk.venue.trade)
    assert desk.sale(sale_id).filled == ONE


def die_before_the_answer(desk: Any, crash: Any) -> None:
    def die(point: str) -> None:
        if point == "create: booked, no answer yet":
            raise crash(point)

    desk.venue.point = die


def edit(desk: Any, *statements: str) -> None:
    """What somebody with the file can do: triggers dropped, rows changed, triggers put back."""
    with sqlite3.connect(desk.ledger.path) as file:
        guards = file.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in guards:
            file.execute(f'DROP TRIGGER "{name}"')
        for statement in statements:
            file.execute(statement)
        for _, sql in guards:
            file.execute(sql)
    file.close()


def forget_everything_sold(desk: Any) -> None:
    edit(
        desk,
        "DELETE FROM fills",
        "DELETE FROM cancels",
        "DELETE FROM orders",
        "UPDATE sales SET filled = 0, open = 0, unknown = 0",
        "UPDATE slices SET filled = 0, state = 'pending'",
    )


async def trade_by_hand(desk: Any) -> None:
    name = f"{len(desk.venue.booked):032x}"
    deadline = desk.clock.wall() + timedelta(seconds=5)
    await desk.venue.create(OrderRequest(name, Sats(10**7), Price(Decimal(68_000)), OrderType.IOC, deadline))


async def strangers_and_one_of_ours(desk: Any, count: int) -> str:
    """Somebody else traded `count` times on the account, after an order of this desk whose rows are lost."""
    desk.signatures.sale_is_granted = False
    sale_id = str(desk.stage("1", slices=2, over_s=3600))
    (slice_id, *_) = [one.id for one in desk.read(lambda tx: sales.slices(tx, sale_id))]
    cid = client_order_id(desk.sale(sale_id).terms_digest, "kraken", slice_id, 0)
    for one in [cid, *(f"{number:032x}" for number in range(count))]:
        price = Price(desk.venue.bid)
        await desk.venue.create(OrderRequest(one, Sats(1_000_000), price, OrderType.IOC, None))
    desk.venue.creates.clear()
    desk.signatures.sale_is_granted = True
    return sale_id


async def test_an_order_of_ours_is_found_behind_however_many_strangers(desk: Any) -> None:
    sale_id = await strangers_and_one_of_ours(desk, 450)
    desk.start()
    found = await desk.executor.recover()
    assert len(found.alarms) == 1
    assert f"sold for {sale_id} that are not on record" in found.alarms[0]
    await desk.run(60)
    assert desk.venue.creates == []


async def test_a_venue_that_fails_among_many_strangers_is_asked_only_for_the_rest(desk: Any) -> None:
    sale_id = await strangers_and_one_of_ours(desk, 450)
    owners, failing = desk.venue.owners, [False, True]

    async def fails_once(asked: Any) -> Any:
        if failing and failing.pop(0):
            raise Unavailable("kraken is down")
        return await owners(asked)

    desk.venue.owners = fails_once
    desk.start()
    assert (await desk.executor.recover()).unchecked == ["kraken"]
    assert desk.venue.creates == []
    await desk.run(10)
    assert desk.venue.owners_asked == 451
    assert [alarm.subject for alarm in desk.read(control.open_alarms)] == [sale_id]


async def test_an_order_that_nobody_owns_up_to_keeps_the_venue_unchecked(desk: Any) -> None:
    """It might be this desk's; before, whatever was not told was taken for a stranger's."""
    sale_id = await strangers_and_one_of_ours(desk, 1)

    async def silent(_: Any) -> dict[str, str | None]:
        return {}

    desk.venue.owners = silent
    desk.start()
    assert (await desk.executor.recover()).unchecked == ["kraken"]
    await desk.run(60)
    assert desk.venue.creates == []
    assert "could not be compared" in desk.executor.held[sale_id]
