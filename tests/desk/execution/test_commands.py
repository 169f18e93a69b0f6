"""Pause, resume, cancel, halt, rearm: what lowers risk always works, what raises it is signed."""

from __future__ import annotations

import asyncio
import secrets
from typing import Any

import pytest

from desk.execution.orders import OrderState
from desk.ledger import control, sales
from desk.ledger.tables_control import CommandState
from desk.permission.requests import Act, EventHead, open_request
from desk.sale.lifecycle import SaleState
from desk.units import parse_btc

ONE = parse_btc("1")


def said(desk: Any, number: int) -> tuple[CommandState, str]:
    command = desk.read(lambda tx: control.command_state(tx, number))
    return command.state, command.outcome


def request(desk: Any, act: Act) -> str:
    """An open request on record; who signed it is for the stand-in judge to say."""
    made = open_request(
        act, {}, desk_id="d", nonce=secrets.token_hex(8), head=EventHead(1, "h"), opened_at=desk.clock.now()
    )
    return str(desk.write(lambda tx: control.open_request(tx, made, "x", "olga")))


async def test_a_pause_takes_the_order_off_and_the_curve_keeps_time(desk: Any) -> None:
    sale_id = desk.stage("1", slices=4, over_s=120)
    await desk.run(2)
    number = desk.command("pause", sale_id)
    await desk.executor.apply_commands()
    assert said(desk, number) == (CommandState.APPLIED, "paused by olga: because")
    assert desk.sale(sale_id).state is SaleState.PAUSED
    assert not desk.venue.live
    await desk.run(60, each=desk.venue.trade)
    assert len(desk.venue.creates) == 1
    desk.command("resume", sale_id, request=request(desk, Act.RESUME))
    await desk.run(70, until=desk.is_final(sale_id), each=desk.venue.trade)
    assert desk.sale(sale_id).filled == ONE


async def test_a_resume_needs_a_signature(desk: Any) -> None:
    sale_id = desk.stage("1", slices=1, over_s=120)
    await desk.run(1)
    desk.command("pause", sale_id)
    await desk.executor.apply_commands()
    desk.signatures.command_is_granted = False
    number = desk.command("resume", sale_id, request=request(desk, Act.RESUME))
    await desk.executor.apply_commands()
    assert said(desk, number) == (CommandState.REFUSED, "0 of 1 signatures")
    assert desk.sale(sale_id).state is SaleState.PAUSED


async def test_a_signed_resume_is_good_for_once(desk: Any) -> None:
    sale_id = desk.stage("1", slices=1, over_s=120)
    await desk.run(1)
    signed = request(desk, Act.RESUME)
    for expected in (CommandState.APPLIED, CommandState.REFUSED):
        desk.command("pause", sale_id)
        await desk.executor.apply_commands()
        number = desk.command("resume", sale_id, request=signed)
        await desk.executor.apply_commands()
        assert said(desk, number)[0] is expected


async def test_a_sale_paused_over_the_end_of_its_window_expires(desk: Any) -> None:
    sale_id = desk.stage("1", slices=2, over_s=60)
    await desk.run(1)
    desk.command("pause", sale_id)
    await desk.run(70, until=desk.is_final(sale_id))
    sale = desk.sale(sale_id)
    assert sale.state is SaleState.EXPIRED
    assert "paused" in sale.reason


async def test_a_cancel_settles_what_lives_before_the_sale_is_cancelled(desk: Any) -> None:
    sale_id = desk.stage("1", slices=2, over_s=120)
    await desk.run(2)
    desk.venue.cancel_faults = ["fill 0.5"]
    number = desk.command("cancel", sale_id)
    await desk.executor.apply_commands()
    assert said(desk, number)[0] is CommandState.APPLIED
    await desk.run(10, until=desk.is_final(sale_id))
    sale = desk.sale(sale_id)
    assert sale.state is SaleState.CANCELLED
    assert sale.filled == desk.venue.sold == ONE // 4
    assert "olga" in sale.reason


async def test_a_staged_sale_is_cancelled_at_once(desk: Any) -> None:
    desk.signatures.sale_is_granted = False
    sale_id = desk.stage("1")
    await desk.run(1)
    desk.command("cancel", sale_id)
    await desk.executor.apply_commands()
    assert desk.sale(sale_id).state is SaleState.CANCELLED


@pytest.mark.parametrize("kind", ["pause", "cancel", "resume"])
async def test_what_makes_no_sense_is_refused_in_words(desk: Any, kind: str) -> None:
    sale_id = desk.stage("1", slices=1, over_s=20)
    await desk.run(40, until=desk.is_final(sale_id), each=desk.venue.trade)
    number = desk.command(kind, sale_id)
    await desk.executor.apply_commands()
    state, words = said(desk, number)
    assert state is CommandState.REFUSED
    assert "completed" in words


async def test_an_unknown_command_is_refused(desk: Any) -> None:
    number = desk.command("dance")
    await desk.executor.apply_commands()
    assert said(desk, number)[0] is CommandState.REFUSED


async def halt_by_file(desk: Any) -> None:
    desk.halt_file.write_text('{"reason": "fire drill", "actor": "bob", "at": ""}')


async def halt_by_row(desk: Any) -> None:
    desk.write(lambda tx: control.halt(tx, "fire drill", "bob", desk.clock.now()))


async def halt_by_command(desk: Any) -> None:
    desk.command("halt")


@pytest.mark.parametrize("how", [halt_by_file, halt_by_row, halt_by_command])
async def test_a_halt_stops_new_orders_and_takes_off_what_rests(desk: Any, how: Any) -> None:
    first, second = desk.stage("1", slices=2, over_s=60), desk.stage("2", slices=2, over_s=60)
    await desk.run(2)
    assert len(desk.venue.live) == 2
    await how(desk)
    await desk.executor.sweep()
    await desk.executor.sweep()
    assert not desk.venue.live
    sent = len(desk.venue.creates)
    await desk.run(20)
    assert len(desk.venue.creates) == sent
    halt = desk.read(control.open_halt)
    assert halt is not None
    await desk.run(50, until=lambda: desk.is_final(first)() and desk.is_final(second)())
    assert "halted" in desk.sale(first).reason


async def test_a_halt_between_intent_and_request_lets_nothing_out(desk: Any) -> None:
    sale_id = desk.stage("1", slices=1, over_s=120)
    commits: list[str] = []

    def raise_file(point: str) -> None:
        if point == "after a commit":
            commits.append(point)
            if [order.state for order in desk.orders(sale_id)] == [OrderState.SENT]:
                desk.halt_file.touch()

    desk.thread.point = raise_file
    await desk.run(5)
    assert desk.halt_file.exists()
    assert desk.venue.creates == []
    assert [order.state for order in desk.orders(sale_id)] == [OrderState.REFUSED]
    assert "never sent" in desk.orders(sale_id)[0].last_error


async def test_a_halt_cancels_an_order_nobody_knows_the_fate_of(desk: Any) -> None:
    desk.venue.create_faults, desk.venue.look_up_faults = ["lose reply"], ["fail"] * 3
    sale_id = desk.stage("1", slices=1, over_s=120)
    await desk.run(1)
    assert [order.state for order in desk.orders(sale_id)] == [OrderState.UNKNOWN]
    await halt_by_file(desk)
    await desk.executor.sweep()
    assert desk.venue.cancels == [desk.orders(sale_id)[0].client_order_id]
    await desk.run(30)
    assert [order.state for order in desk.orders(sale_id)] == [OrderState.CANCELLED]


async def test_a_halt_while_the_venue_is_down_cancels_when_it_is_back(desk: Any) -> None:
    sale_id = desk.stage("1", slices=1, over_s=300)
    await desk.run(2)
    desk.venue.is_down = True
    await halt_by_file(desk)
    await desk.run(60)
    assert desk.venue.live
    desk.venue.is_down = False
    await desk.run(40)
    assert not desk.venue.live
    assert desk.sale(sale_id).committed == 0


async def test_a_halt_survives_a_restart(desk: Any) -> None:
    desk.stage("1", slices=1, over_s=120)
    await halt_by_file(desk)
    await desk.run(2)
    desk.start()
    await desk.executor.recover()
    await desk.run(20)
    assert desk.venue.creates == []


async def test_two_signatures_rearm_and_every_sale_is_paused(desk: Any) -> None:
    sale_id = desk.stage("1", slices=2, over_s=120)
    await desk.run(2)
    await halt_by_file(desk)
    await desk.run(5)
    desk.signatures.command_is_granted = False
    number = desk.command("rearm", request=request(desk, Act.REARM))
    await desk.executor.apply_commands()
    assert said(desk, number)[0] is CommandState.REFUSED
    assert desk.halt_file.exists()
    desk.signatures.command_is_granted = True
    number = desk.command("rearm", request=request(desk, Act.REARM))
    await desk.executor.apply_commands()
    assert said(desk, number)[0] is CommandState.APPLIED
    assert not desk.halt_file.exists()
    assert desk.read(control.open_halt) is None
    assert desk.sale(sale_id).state is SaleState.PAUSED
    await desk.run(10)
    assert len(desk.venue.creates) == 1
    desk.command("resume", sale_id, request=request(desk, Act.RESUME))
    await desk.run(110, until=desk.is_final(sale_id), each=desk.venue.trade)
    assert desk.sale(sale_id).filled == ONE


async def test_a_crash_in_the_middle_of_a_rearm_leaves_the_desk_halted(desk: Any, crash: Any) -> None:
    desk.stage("1", slices=2, over_s=120)
    await halt_by_file(desk)
    await desk.run(1)
    desk.command("rearm", request=request(desk, Act.REARM))

    def die(point: str) -> None:
        if point == "before a commit" and not desk.halt_file.exists():
            raise crash

    desk.thread.point = die
    with pytest.raises(crash):
        await desk.executor.apply_commands()
    desk.thread.point = lambda _: None
    assert desk.read(control.open_halt) is not None
    desk.start()
    await desk.executor.recover()
    await desk.executor.apply_commands()
    assert desk.read(control.open_halt) is None
    assert {sale.state for sale in desk.read(sales.listed)} == {SaleState.PAUSED}


async def test_a_resume_while_halted_is_refused(desk: Any) -> None:
    sale_id = desk.stage("1", slices=1, over_s=120)
    await desk.run(1)
    desk.command("pause", sale_id)
    await desk.executor.apply_commands()
    await halt_by_file(desk)
    number = desk.command("resume", sale_id, request=request(desk, Act.RESUME))
    await desk.executor.apply_commands()
    assert said(desk, number)[0] is CommandState.REFUSED


async def test_a_process_that_is_not_ready_takes_a_pause_and_takes_off_what_rests_and_sends_nothing(
    desk: Any,
) -> None:
    sale_id = desk.stage("1", slices=4, over_s=240)
    await desk.run(2)
    assert desk.venue.live
    desk.start()
    number = desk.command("pause", sale_id)
    await desk.executor.hear()
    assert desk.venue.live == []
    assert desk.sale(sale_id).state is SaleState.PAUSED
    assert desk.read(lambda tx: control.command_state(tx, number)).state is CommandState.APPLIED
    desk.clock.advance(100)
    await desk.executor.hear()
    assert len(desk.venue.creates) == 1


async def test_what_is_being_taken_off_is_not_settled_twice_by_the_recovery(desk: Any) -> None:
    """A halt comes while the recovery goes through the live orders."""
    desk.stage("1", slices=4, over_s=240)
    await desk.run(2)
    desk.start()
    desk.halt_file.write_text("{}")
    await asyncio.gather(desk.executor.hear(), desk.executor.recover(), desk.executor.hear())
    await desk.run(5)
    assert desk.venue.live == []
    assert not any(order.state.is_live for order in desk.orders())
    assert desk.read(control.open_alarms) == []
