"""The dead-man's switch on the wire: wound while orders may rest, lifted when none does, never unasked."""

from __future__ import annotations

import pytest

from desk.duty.dead_man import DeadMan
from desk.execution.orders import OrderState
from desk.ledger import LedgerThread, control, events, sales
from desk.paper import private
from desk.sale.lifecycle import SaleState
from desk.venues.model import Unavailable


def asked_of(monkeypatch) -> list[int]:
    """The seconds of every CancelAllOrdersAfter that the exchange acts on, 0 being a lift."""
    seen: list[int] = []
    handler = private.CALLS["CancelAllOrdersAfter"]

    def noted(exchange, form, mode, fault):
        seen.append(int(form["timeout"]))
        return handler(exchange, form, mode, fault)

    monkeypatch.setitem(private.CALLS, "CancelAllOrdersAfter", noted)
    return seen


def said(trading) -> list[str]:
    with trading.read() as tx:
        return [event.kind for event in events.listed(tx) if event.kind.startswith("switch.")]


async def test_nobody_winds_it_unasked(trading, monkeypatch) -> None:
    seen = asked_of(monkeypatch)
    async with trading.worked():
        sale = trading.stage()
        trading.approve(sale, "alice")
        await trading.rests(sale)
    assert seen == []


async def test_it_is_wound_while_an_order_rests_and_lifted_at_a_clean_stop(trading, monkeypatch) -> None:
    seen = asked_of(monkeypatch)
    trading.edit("rate_limit_ms = 5", "rate_limit_ms = 5\ndead_mans_switch_s = 15")
    async with trading.worked():
        sale = trading.stage()
        trading.approve(sale, "alice")
        await trading.rests(sale)
        await trading.on_record(lambda tx: any(event.kind == "switch.wound" for event in events.listed(tx)))
    assert 15 in seen
    assert seen[-1] == 0
    assert set(seen) == {0, 15}
    assert said(trading)[-1] == "switch.lifted"


class Switch:
    """What a venue was asked, and whether it answers."""

    name = "kraken"

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.fails = False

    async def arm_dead_man(self, seconds: int) -> None:
        self._note(seconds)

    async def disarm_dead_man(self) -> None:
        self._note(0)

    def _note(self, seconds: int) -> None:
        self.asked.append(seconds)
        if self.fails:
            raise Unavailable("kraken did not tell")


@pytest.fixture
async def wound(working):
    """A sale at work; its venue's switch, looked at once."""
    thread, venue = LedgerThread(working.ledger, working.clock), Switch()
    man = DeadMan(venue, thread, working.clock, 60)
    await man.tick()
    yield working, man, venue
    thread.close()


def end_the_sale(world) -> None:
    for state in (SaleState.CLOSING, SaleState.EXPIRED):
        with world.write() as tx:
            sales.move(tx, "S-2026-0001", state, "over", world.now, epoch=world.epoch)


def kinds(world) -> list[str]:
    with world.ledger.read() as tx:
        return [event.kind for event in events.listed(tx) if event.kind.startswith("switch.")]


async def test_it_is_wound_again_every_third_of_its_time(wound) -> None:
    world, man, venue = wound
    assert venue.asked == [60]
    for _ in range(59):
        world.clock.advance(1)
        await man.tick()
    assert venue.asked == [60, 60, 60]
    assert kinds(world) == ["switch.wound"]


async def test_with_nothing_to_sell_it_is_lifted_once(wound) -> None:
    world, man, venue = wound
    end_the_sale(world)
    for _ in range(5):
        world.clock.advance(30)
        await man.tick()
    assert venue.asked == [60, 0]
    assert kinds(world) == ["switch.wound", "switch.lifted"]


async def test_a_new_daemon_lifts_what_a_dead_one_left_wound(world) -> None:
    thread, venue = LedgerThread(world.ledger, world.clock), Switch()
    await DeadMan(venue, thread, world.clock, 60).tick()
    thread.close()
    assert venue.asked == [0]


async def test_one_that_cannot_be_wound_is_tried_at_every_look_and_told_once(wound) -> None:
    world, man, venue = wound
    venue.fails = True
    for _ in range(30):
        world.clock.advance(1)
        await man.tick()
    assert len(venue.asked) == 1 + 11, "from a third of its time on"
    assert kinds(world) == ["switch.wound", "switch.failed"]
    venue.fails = False
    await man.tick()
    assert kinds(world) == ["switch.wound", "switch.failed", "switch.wound"]


async def test_a_halted_desk_keeps_it_wound_only_while_an_order_lives(wound) -> None:
    world, man, venue = wound
    order = world.place()
    with world.write() as tx:
        control.halt(tx, "a fire", "ada", world.now)
    world.clock.advance(20)
    await man.tick()
    assert venue.asked == [60, 60]
    with world.write() as tx:
        world.report(tx, order, OrderState.CANCELLED)
    await man.tick()
    assert venue.asked == [60, 60, 0]


@pytest.mark.parametrize(
    ("leaves_orders", "lives", "asked"), [(False, True, []), (True, True, [0]), (False, False, [0])]
)
async def test_at_a_stop_it_strikes_only_what_is_to_go_and_not_proven_gone(
    wound, leaves_orders, lives, asked
) -> None:
    world, man, venue = wound
    if lives:
        world.place()
    await man.let_go(leaves_orders=leaves_orders)
    assert venue.asked[1:] == asked
