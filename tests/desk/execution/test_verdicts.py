"""What two people settle of an unknown order: evidence first, once, and never more than they signed."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Any

import pytest

from desk.canonical import Json
from desk.execution.orders import OrderState
from desk.ledger import control
from desk.ledger.tables_control import CommandState
from desk.permission.requests import Act, EventHead, open_request
from desk.sale.lifecycle import SaleState
from desk.units import Sats, parse_btc

ONE = parse_btc("1")


def signed(desk: Any, **payload: Json) -> str:
    """A request on record; who signed it is for the stand-in judge to say."""
    made = open_request(
        Act.RESOLVE,
        payload,
        desk_id="d",
        nonce=secrets.token_hex(8),
        head=EventHead(1, "h"),
        opened_at=desk.clock.now(),
    )
    return str(desk.write(lambda tx: control.open_request(tx, made, "x", "alice")))


def placed(order: Any, venue_order_id: str) -> dict[str, Json]:
    return {"order": order.client_order_id, "as": "placed", "venue_order_id": venue_order_id}


def not_placed(order: Any) -> dict[str, Json]:
    return {"order": order.client_order_id, "as": "not-placed", "venue_order_id": None}


async def settle(desk: Any, order: Any, payload: dict[str, Json], request: str | None = None) -> tuple[Any, str]:
    """The daemon's answer to a verdict."""
    request = request or signed(desk, **payload)
    number = desk.command("resolve", order.sale_id, request=request, order=order.client_order_id)
    await desk.executor.apply_commands()
    command = desk.read(lambda tx: control.command_state(tx, number))
    return command.state, command.outcome


def kinds(desk: Any) -> list[str]:
    return [alarm.kind for alarm in desk.read(control.open_alarms)]


async def unresolved(desk: Any, fault: str = "lose request") -> Any:
    """An order of a whole sale whose answer was lost and which no look-up tells anything of, until the alarm."""
    desk.venue.create_faults = [fault]
    desk.venue.look_up_faults = ["fail"] * 400
    sale_id = desk.stage("1", slices=1, over_s=1200)
    await desk.run(90, until=lambda: kinds(desk) == ["order.unresolved"])
    assert kinds(desk) == ["order.unresolved"]
    (order,) = desk.orders(sale_id)
    assert order.state is OrderState.UNKNOWN
    return order


async def test_as_not_placed_frees_what_was_reserved_and_the_sale_goes_on(desk: Any) -> None:
    order = await unresolved(desk)
    state, words = await settle(desk, order, not_placed(order))
    assert (state, words) == (
        CommandState.APPLIED,
        f"order {order.client_order_id[:8]} was not placed; what it reserved is free again",
    )
    refused = desk.orders(order.sale_id)[0]
    assert (refused.state, refused.last_error) == (OrderState.REFUSED, "settled by people: signed")
    assert kinds(desk) == []
    desk.venue.look_up_faults.clear()
    await desk.run(1300, until=desk.is_final(order.sale_id), each=desk.venue.trade)
    assert desk.sale(order.sale_id).filled == desk.venue.sold == ONE


async def test_as_placed_takes_the_venues_order_in_and_its_fills_with_it(desk: Any) -> None:
    order = await unresolved(desk, "lose reply")
    desk.venue.trade(0.5)
    desk.venue.look_up_faults = ["fail"]  # the first question, under the desk's own id, still finds nothing
    state, words = await settle(desk, order, placed(order, "O00001"))
    assert (state, words) == (
        CommandState.APPLIED,
        f"order {order.client_order_id[:8]} is O00001 at kraken; what it sold is looked up",
    )
    await desk.run(10, until=lambda: desk.sale(order.sale_id).filled == ONE // 2)
    assert desk.orders(order.sale_id)[0].venue_order_id == "O00001"
    assert kinds(desk) == []


async def test_without_the_signatures_nothing_is_settled(desk: Any) -> None:
    order = await unresolved(desk)
    desk.signatures.command_is_granted = False
    assert await settle(desk, order, not_placed(order)) == (CommandState.REFUSED, "0 of 1 signatures")
    assert desk.sale(order.sale_id).unknown == ONE


async def test_an_id_the_venue_does_not_know_changes_nothing_and_the_order_stays_reserved(desk: Any) -> None:
    order = await unresolved(desk)
    desk.venue.look_up_faults = ["fail"]
    state, words = await settle(desk, order, placed(order, "O99999"))
    assert (state, words) == (CommandState.REFUSED, "kraken does not know O99999; nothing was changed")
    (same,) = desk.orders(order.sale_id)
    assert (same.state, same.venue_order_id) == (OrderState.UNKNOWN, None)
    assert desk.sale(order.sale_id).unknown == ONE
    assert kinds(desk) == ["order.unresolved"]


async def test_an_id_is_not_believed_while_the_venue_does_not_answer(desk: Any) -> None:
    order = await unresolved(desk, "lose reply")
    state, words = await settle(desk, order, placed(order, "O00001"))
    assert state is CommandState.REFUSED
    assert "does not say what O00001 is" in words
    assert desk.orders(order.sale_id)[0].venue_order_id is None


async def test_an_order_the_venue_forgets_after_it_was_placed_by_people_stays_reserved_and_alarms(desk: Any) -> None:
    order = await unresolved(desk, "lose reply")
    desk.venue.look_up_faults = ["fail"]
    assert (await settle(desk, order, placed(order, "O00001")))[0] is CommandState.APPLIED
    desk.venue.booked.clear()
    await desk.run(60)
    (same,) = desk.orders(order.sale_id)
    assert (same.state, same.venue_order_id) == (OrderState.UNKNOWN, "O00001")
    assert desk.sale(order.sale_id).unknown == ONE
    assert "order.contradiction" in kinds(desk)
    assert len(desk.venue.creates) == 1


async def test_an_id_of_an_order_that_cannot_be_this_one_is_refused(desk: Any) -> None:
    order = await unresolved(desk, "lose reply")
    desk.venue.look_up_faults = ["fail"]
    booked = desk.venue.booked[order.client_order_id]
    booked.request = replace(booked.request, quantity=Sats(order.quantity - 1))
    state, words = await settle(desk, order, placed(order, "O00001"))
    assert state is CommandState.REFUSED
    assert "O00001 is not that order: kraken reports 0.99999999 BTC for an order of 1.00000000 BTC" in words
    assert desk.orders(order.sale_id)[0].venue_order_id is None


async def test_another_orders_id_is_refused(desk: Any) -> None:
    sale_id = desk.stage("1", slices=1, over_s=20)
    await desk.run(40, until=desk.is_final(sale_id), each=desk.venue.trade)
    order = await unresolved(desk)
    state, words = await settle(desk, order, placed(order, "O00001"))
    assert state is CommandState.REFUSED
    assert words.startswith("O00001 is order ")
    assert desk.sale(order.sale_id).unknown == ONE


async def test_while_the_request_may_still_arrive_nobody_settles_it(desk: Any) -> None:
    desk.venue.create_faults = ["late 4.9"]
    sale_id = desk.stage("1", slices=1, over_s=600)
    await desk.run(1)
    (order,) = desk.orders(sale_id)
    state, words = await settle(desk, order, not_placed(order))
    assert state is CommandState.REFUSED
    assert "may still appear for" in words
    assert desk.sale(sale_id).unknown == ONE
    await desk.run(40, until=lambda: desk.orders(sale_id)[0].state is OrderState.OPEN)
    assert desk.venue.violations == []


async def test_evidence_found_at_the_last_moment_voids_the_verdict(desk: Any) -> None:
    order = await unresolved(desk, "lose reply")
    desk.venue.trade()
    desk.venue.look_up_faults.clear()
    request = signed(desk, **not_placed(order))
    state, words = await settle(desk, order, {}, request)
    assert state is CommandState.REFUSED
    assert "is filled by evidence found just now" in words
    assert desk.sale(order.sale_id).filled == ONE
    spent = desk.read(lambda tx: control.get_request(tx, request))
    assert spent.outcome.startswith("void: ")


async def test_a_verdict_is_good_for_once(desk: Any) -> None:
    order = await unresolved(desk)
    request = signed(desk, **not_placed(order))
    assert (await settle(desk, order, {}, request))[0] is CommandState.APPLIED
    assert await settle(desk, order, {}, request) == (CommandState.REFUSED, "there is no such open request")


async def test_two_verdicts_under_way_at_once_settle_an_order_once(desk: Any) -> None:
    order = await unresolved(desk)
    for payload in (not_placed(order), not_placed(order)):
        desk.command("resolve", order.sale_id, request=signed(desk, **payload), order=order.client_order_id)
    await desk.executor.apply_commands()
    await desk.executor.apply_commands()
    answered = [c.state for c in desk.read(control.commands)]
    assert sorted(answered) == [CommandState.APPLIED, CommandState.REFUSED]


async def test_an_order_with_proven_fills_ends_as_cancelled_and_keeps_them(desk: Any) -> None:
    sale_id = desk.stage("1", slices=1, over_s=1200)
    await desk.run(2)
    desk.venue.trade(0.4)
    await desk.run(4)
    desk.venue.cancel_faults, desk.venue.look_up_faults = ["lose reply"], ["fail"] * 200
    desk.command("pause", sale_id)
    await desk.run(30)
    (order,) = desk.orders(sale_id)
    assert (order.state, order.filled) == (OrderState.UNKNOWN, 4 * ONE // 10)
    state, words = await settle(desk, order, not_placed(order))
    assert state is CommandState.APPLIED
    assert "is over with 0.40000000 BTC sold" in words
    (ended,) = desk.orders(sale_id)
    assert (ended.state, ended.filled) == (OrderState.CANCELLED, 4 * ONE // 10)
    sale = desk.sale(sale_id)
    assert (sale.filled, sale.committed) == (4 * ONE // 10, 4 * ONE // 10)


async def test_at_a_venue_that_is_gone_people_may_say_it_was_not_placed_and_nothing_else(desk: Any) -> None:
    order = await unresolved(desk, "lose reply")
    desk.venues.pop("kraken")
    desk.start()
    await desk.executor.recover()
    state, words = await settle(desk, order, placed(order, "O00001"))
    assert state is CommandState.REFUSED
    assert "may still appear" in words, "the new process has not waited yet"
    await desk.run(62)
    assert "cannot be asked" in (await settle(desk, order, placed(order, "O00001")))[1]
    assert (await settle(desk, order, not_placed(order)))[0] is CommandState.APPLIED


@pytest.mark.parametrize(
    "payload", [{"order": "f" * 32, "as": "not-placed", "venue_order_id": None}, {}, {"as": "placed"}]
)
async def test_a_request_that_names_no_order_of_the_desk_settles_none(desk: Any, payload: dict[str, Json]) -> None:
    order = await unresolved(desk)
    state, words = await settle(desk, order, payload)
    assert (state, words) == (CommandState.REFUSED, "the request names no order of this desk")
    assert desk.sale(order.sale_id).unknown == ONE


@pytest.mark.parametrize(
    "changed", [{"as": "perhaps"}, {"as": "placed"}, {"as": "not-placed", "venue_order_id": "O1"}, {"as": None}]
)
async def test_a_verdict_that_is_neither_is_refused(desk: Any, changed: dict[str, Json]) -> None:
    order = await unresolved(desk)
    state, words = await settle(desk, order, not_placed(order) | changed)
    assert (state, words) == (CommandState.REFUSED, "the request says neither placed nor not placed")


async def test_a_sale_whose_window_ended_comes_to_rest_once_people_settled_its_order(desk: Any) -> None:
    order = await unresolved(desk)
    await desk.run(1300, every_s=60)
    assert desk.sale(order.sale_id).state is SaleState.CLOSING
    assert (await settle(desk, order, not_placed(order)))[0] is CommandState.APPLIED
    await desk.run(5, until=desk.is_final(order.sale_id))
    assert desk.sale(order.sale_id).state is SaleState.EXPIRED


async def test_a_command_that_fails_is_answered_and_those_behind_it_go_on(desk: Any) -> None:
    sale_id = desk.stage("1", slices=1, over_s=600)
    await desk.run(2)
    judge = desk.signatures.command

    def fails(*_: object) -> None:
        raise ValueError("a defect")

    desk.signatures.command = fails
    resolve = desk.command("resolve", sale_id, request="R-1", order="x")
    resume = desk.command("rearm")
    desk.write(lambda tx: control.halt(tx, "fire", "bob", desk.clock.now()))
    pause = desk.command("pause", sale_id)
    await desk.executor.apply_commands()
    desk.signatures.command = judge
    answers = [desk.read(lambda tx, n=n: control.command_state(tx, n)) for n in (resolve, resume, pause)]
    assert [answer.state for answer in answers] == [
        CommandState.REFUSED,
        CommandState.REFUSED,
        CommandState.APPLIED,
    ]
    assert "a defect" in answers[0].outcome
    assert desk.sale(sale_id).state is SaleState.PAUSED


async def test_a_pause_does_not_wait_for_a_verdict_that_asks_the_venue(desk: Any) -> None:
    order = await unresolved(desk)
    seen: list[SaleState] = []
    desk.command("resolve", order.sale_id, request=signed(desk, **not_placed(order)), order=order.client_order_id)
    desk.command("pause", order.sale_id)
    desk.venue.point = lambda name: seen.append(desk.sale(order.sale_id).state) if name == "look-up" else None
    await desk.executor.apply_commands()
    assert seen
    assert set(seen) == {SaleState.PAUSED}
