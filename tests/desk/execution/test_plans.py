"""The slices that are worked are those that were signed, each with its own quantity and time (P4)."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from desk.ledger import control, sales
from desk.sale.lifecycle import SaleState
from desk.units import parse_btc

ONE = parse_btc("1")
JITTERED = {"slices": 8, "over_s": 240, "size_jitter_bps": 1500, "time_jitter_bps": 2500, "seed": 7}


def change(desk: Any, *statements: str) -> None:
    """Whoever can write the file can take its guards off and put them back."""
    with closing(sqlite3.connect(desk.ledger.path, isolation_level=None)) as file:
        guards = file.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in guards:
            file.execute(f'DROP TRIGGER "{name}"')
        for statement in statements:
            file.execute(statement)
        for _, sql in guards:
            file.execute(sql)


def alarms(desk: Any) -> list[str]:
    return [alarm.text for alarm in desk.read(control.open_alarms)]


async def test_a_jittered_plan_is_found_as_it_was_signed_and_sold_whole(desk: Any) -> None:
    sale_id = desk.stage("1", **JITTERED)
    await desk.run(260, until=desk.is_final(sale_id), each=desk.venue.trade)
    assert desk.sale(sale_id).filled == ONE


@pytest.mark.parametrize(
    "statements",
    [
        (
            "UPDATE slices SET planned = planned + 5000000 WHERE position = 0",
            "UPDATE slices SET planned = planned - 5000000 WHERE position = 7",
        ),
        (
            "UPDATE slices SET planned = planned + 1 WHERE position = 1",
            "UPDATE slices SET planned = planned - 1 WHERE position = 2",
        ),
        ("UPDATE slices SET offset = offset - 1000000, due = due - 1000000 WHERE position = 7",),
        ("UPDATE slices SET due = due + 1000000 WHERE position = 7",),
        ("DELETE FROM slices WHERE position = 7",),
    ],
    ids=["front-loaded", "a satoshi moved", "earlier", "due later", "one less"],
)
async def test_slices_changed_in_the_database_send_nothing_more(desk: Any, statements: tuple[str, ...]) -> None:
    sale_id = desk.stage("1", **JITTERED)
    await desk.run(10)
    assert len(desk.venue.live) == 1
    change(desk, *statements)
    await desk.run(50, each=desk.venue.trade)
    assert len(desk.venue.creates) == 1
    assert "slice" in desk.executor.held[sale_id]
    assert len(alarms(desk)) == 1
    assert alarms(desk)[0] in desk.executor.held[sale_id]
    assert desk.sale(sale_id).state is SaleState.WORKING


@pytest.mark.parametrize(("kind", "state"), [("pause", SaleState.PAUSED), ("cancel", SaleState.CANCELLED)])
async def test_a_sale_that_is_held_for_its_slices_can_be_stopped(desk: Any, kind: str, state: SaleState) -> None:
    sale_id = desk.stage("1", **JITTERED)
    await desk.run(10)
    change(desk, "UPDATE slices SET planned = planned + 1 WHERE position = 1")
    await desk.run(5)
    assert desk.venue.live == []
    desk.command(kind, sale_id)
    await desk.run(5)
    assert desk.sale(sale_id).state is state
    assert bool(alarms(desk)) == (state is SaleState.PAUSED)


async def test_what_was_left_unsold_names_the_slices_and_the_alarm_ends_with_the_sale(desk: Any) -> None:
    sale_id = desk.stage("1", **JITTERED)
    desk.venue.rules = replace(desk.venue.rules, lot=parse_btc("0.001"))
    await desk.run(260, until=desk.is_final(sale_id))
    assert desk.sale(sale_id).state is SaleState.EXPIRED
    assert "its terms make" in desk.sale(sale_id).reason
    assert alarms(desk) == []


async def test_a_market_that_is_again_as_it_was_when_staged_lets_the_sale_go_on(desk: Any) -> None:
    sale_id = desk.stage("1", **JITTERED)
    staged_with = desk.venue.rules
    desk.venue.rules = replace(staged_with, lot=parse_btc("0.001"))
    await desk.run(20)
    assert len(alarms(desk)) == 1
    desk.venue.rules = staged_with
    await desk.run(240, until=desk.is_final(sale_id), each=desk.venue.trade)
    assert desk.sale(sale_id).filled == ONE
    assert alarms(desk) == []


async def test_a_lot_that_changed_since_the_staging_holds_the_sale(desk: Any) -> None:
    sale_id = desk.stage("1", **JITTERED)
    desk.venue.rules = replace(desk.venue.rules, lot=parse_btc("0.001"))
    await desk.run(10)
    assert desk.venue.creates == []
    assert "its terms make" in desk.executor.held[sale_id]


async def test_a_minimum_that_changed_below_every_slice_changes_nothing(desk: Any) -> None:
    sale_id = desk.stage("1", **JITTERED)
    desk.venue.rules = replace(desk.venue.rules, min_quantity=parse_btc("0.05"))
    await desk.run(10)
    assert len(desk.venue.creates) == 1
    assert desk.read(lambda tx: len(sales.slices(tx, sale_id))) == 8


async def test_a_minimum_above_a_slice_holds_the_sale(desk: Any) -> None:
    sale_id = desk.stage("1", **JITTERED)
    desk.venue.rules = replace(desk.venue.rules, min_quantity=parse_btc("0.2"))
    await desk.run(10)
    assert desk.venue.creates == []
    assert "cannot be made again from its terms" in desk.executor.held[sale_id]
