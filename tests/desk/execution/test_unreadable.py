"""A row is damaged in the file: its sale is held and taken off, all others go on, a halt works, a person is told."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from typing import Any

import pytest

from desk.execution.orders import OrderState
from desk.ledger import control, orders, sales
from desk.units import parse_btc

ONE = parse_btc("1")


def spoil(desk: Any, sale_id: str, document: bytes | None) -> bytes:
    """What a bad disk does: guards do not hold it up. Returns what stood there."""
    with closing(sqlite3.connect(desk.ledger.path, isolation_level=None)) as database:
        guards = database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in guards:
            database.execute(f"DROP TRIGGER {name}")
        (before,) = database.execute(
            "SELECT CAST(document AS BLOB) FROM terms WHERE sale_id = ?", (sale_id,)
        ).fetchone()
        if document is None:
            database.execute("DELETE FROM terms WHERE sale_id = ?", (sale_id,))
        else:
            database.execute("UPDATE terms SET document = CAST(? AS TEXT) WHERE sale_id = ?", (document, sale_id))
        for _, sql in guards:
            database.execute(sql)
    return bytes(before)


NO_TEXT, NO_TIME = "CAST(x'ff' AS TEXT)", str(2**62)
DAMAGES = {
    "an order's error": f"UPDATE orders SET last_error = {NO_TEXT} WHERE sale_id = ?",
    "an order's name": f"UPDATE orders SET client_order_id = {NO_TEXT} WHERE sale_id = ?",
    "an order's time": f"UPDATE orders SET sent = {NO_TIME} WHERE sale_id = ?",
    "a sale's state": "UPDATE sales SET state = 'nonsense' WHERE id = ?",
    "a sale's time": f"UPDATE sales SET opened = {NO_TIME} WHERE id = ?",
    "a slice's time": f"UPDATE slices SET due = {NO_TIME} WHERE sale_id = ? AND position = 0",
    "a fill's fee": "UPDATE fills SET fee = 'nonsense' WHERE sale_id = ?",
    "a signature": f"UPDATE signatures SET armored = {NO_TEXT} WHERE subject = ?",
    "a command": "UPDATE commands SET detail = '{' WHERE sale_id = ?",
}


def few_at_once(damages: Iterable[str]) -> list[Any]:
    """An order's and a sale's row with the plain tests, the others with the slow ones."""
    often = ("an order's error", "a sale's state")
    return [what if what in often else pytest.param(what, marks=pytest.mark.slow) for what in damages]


def strike(desk: Any, statement: str, sale_id: str) -> None:
    """The same for any row, past every guard and check."""
    with closing(sqlite3.connect(desk.ledger.path, isolation_level=None)) as database:
        database.execute("PRAGMA ignore_check_constraints = ON")
        guards = database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in guards:
            database.execute(f"DROP TRIGGER {name}")
        assert database.execute(statement, (sale_id,)).rowcount > 0
        for _, sql in guards:
            database.execute(sql)


async def two_that_rest(desk: Any) -> tuple[str, str]:
    damaged, whole = desk.stage("1", slices=2, over_s=240), desk.stage("1", slices=2, over_s=240)
    await desk.run(3)
    desk.venue.trade(0.5)
    await desk.run(3)
    desk.command("nonsense", damaged)
    assert len(desk.venue.live) == 2
    return damaged, whole


def told(desk: Any) -> list[tuple[str, str]]:
    return [(alarm.kind, alarm.subject) for alarm in desk.read(control.open_alarms)]


@pytest.mark.parametrize("document", [b'{"format":', b"\xff\xfe no text", b"[]", None], ids=repr)
async def test_a_damaged_sale_is_taken_off_and_the_others_are_sold(desk: Any, document: bytes | None) -> None:
    damaged, whole = desk.stage("1", slices=2, over_s=240), desk.stage("1", slices=2, over_s=240)
    await desk.run(3)
    assert len(desk.venue.live) == 2
    spoil(desk, damaged, document)
    await desk.run(3)
    assert [booked.request.quantity for booked in desk.venue.live] == [ONE // 2]
    assert told(desk) == [("terms.unreadable", damaged)]
    assert [order.state for order in desk.orders(damaged)] == [OrderState.CANCELLED]
    await desk.run(300, until=desk.is_final(whole), each=desk.venue.trade)
    assert desk.sale(whole).filled == ONE
    assert desk.venue.sold == ONE
    assert told(desk) == [("terms.unreadable", damaged)]


async def test_its_order_is_proven_off_the_book_by_a_daemon_that_starts_upon_it(desk: Any) -> None:
    damaged = desk.stage("1", slices=2, over_s=240)
    await desk.run(3)
    spoil(desk, damaged, b"{}")
    desk.halt_file.write_text("{}")
    desk.start()
    await desk.executor.recover()
    await desk.run(5)
    assert desk.venue.live == []
    assert desk.read(orders.live) == []


async def test_what_it_may_still_sell_stays_reserved(desk: Any) -> None:
    damaged = desk.stage("1", slices=2, over_s=240)
    desk.stage("2", slices=2, over_s=240)
    await desk.run(3)
    spoil(desk, damaged, b"{}")
    for venue in (None, "kraken"):
        assert desk.read(lambda tx, venue=venue: sales.reserved(tx, venue)) == 3 * ONE


async def test_put_back_it_goes_on_and_its_alarm_ends(desk: Any) -> None:
    sale_id = desk.stage("1", slices=2, over_s=240)
    await desk.run(3)
    before = spoil(desk, sale_id, b"{}")
    await desk.run(10)
    assert told(desk) == [("terms.unreadable", sale_id)]
    spoil(desk, sale_id, before)
    await desk.run(300, until=desk.is_final(sale_id), each=desk.venue.trade)
    assert desk.sale(sale_id).filled == ONE
    assert told(desk) == []


@pytest.mark.parametrize("what", few_at_once(DAMAGES))
async def test_whatever_is_damaged_a_halt_takes_everything_off(desk: Any, what: str) -> None:
    damaged, _ = await two_that_rest(desk)
    strike(desk, DAMAGES[what], damaged)
    desk.halt_file.write_text("{}")
    sent = len(desk.venue.creates)
    await desk.run(8)
    assert desk.venue.live == []
    assert len(desk.venue.creates) == sent


@pytest.mark.parametrize(
    "what", few_at_once(["an order's error", "a sale's state", "a slice's time", "a fill's fee", "a command"])
)
async def test_whatever_is_damaged_of_one_sale_the_other_is_sold(desk: Any, what: str) -> None:
    damaged, whole = await two_that_rest(desk)
    strike(desk, DAMAGES[what], damaged)
    await desk.run(300, until=desk.is_final(whole), each=desk.venue.trade)
    assert desk.sale(whole).filled == ONE
    assert desk.venue.sold <= 2 * ONE


@pytest.mark.parametrize("what", [what for what in DAMAGES if what.startswith("an order")])
async def test_an_order_whose_row_is_damaged_is_taken_off_told_of_and_followed_by_no_other(
    desk: Any, what: str
) -> None:
    damaged, whole = await two_that_rest(desk)
    names = {order.client_order_id for order in desk.orders(whole)}
    strike(desk, DAMAGES[what], damaged)
    await desk.run(100)
    assert [booked.request.client_order_id in names for booked in desk.venue.live] in ([True], [])
    desk.start()
    found = await desk.executor.recover()
    await desk.run(10)
    assert found.alarms
    assert {"ledger.damaged"} <= {kind for kind, _ in told(desk)}
    assert sum(1 for request in desk.venue.creates if request.client_order_id not in names) - 1 <= 1


async def test_a_daemon_that_starts_upon_a_damaged_order_takes_it_off_by_the_venues_own_listing(desk: Any) -> None:
    damaged, _ = await two_that_rest(desk)
    strike(desk, DAMAGES["an order's time"], damaged)
    desk.start()
    found = await desk.executor.recover()
    await desk.run(3)
    assert any("in a row that cannot be read; it is taken off" in text for text in found.alarms)
    assert ("sale.oversold", damaged) in told(desk)
    assert len(desk.venue.live) == 1


async def test_without_the_price_of_a_live_order_nobody_knows_what_is_left_of_the_day_so_nobody_sells(
    desk: Any,
) -> None:
    damaged, _ = await two_that_rest(desk)
    strike(desk, "UPDATE orders SET limit_price = 'nonsense' WHERE sale_id = ?", damaged)
    sent = len(desk.venue.creates)
    await desk.run(200, each=desk.venue.trade)
    assert len(desk.venue.creates) == sent
