"""One sale's terms are damaged in the file: that sale is held and taken off, all others go on, a person is told."""

from __future__ import annotations

import sqlite3
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
