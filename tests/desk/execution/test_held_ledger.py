"""A halt while somebody else holds the database: the cancel waits a moment for its record, then goes (P12)."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from desk.execution.orders import OrderState
from desk.ledger import LedgerBusy, LedgerThread, WriteTx, orders
from desk.ledger.errors import LedgerError

SOON_S = 0.05


class CountingLedger(LedgerThread):
    """The real threads and the real file; counts the transactions that waited until SQLite gave up."""

    gave_up = 0

    async def write(self, fn: Callable[[WriteTx], Any], *, actor: str) -> Any:
        try:
            return await super().write(fn, actor=actor)
        except LedgerBusy:
            self.gave_up += 1
            raise


@contextmanager
def held(desk: Any, how: str) -> Iterator[None]:
    """Another process in the middle of a transaction: `IMMEDIATE` lets others read, `EXCLUSIVE` nobody."""
    other = sqlite3.connect(desk.ledger.path, isolation_level=None)
    other.execute(f"BEGIN {how}")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(4):
        while not is_so():
            await asyncio.sleep(0.005)


@pytest.fixture
async def resting(desk: Any) -> Any:
    """A desk with an order on the book, over the ledger's own threads."""
    desk.thread = CountingLedger(desk.ledger, desk.clock)
    desk.settings = replace(desk.settings, record_within_s=SOON_S)
    desk.start()
    desk.sale_id = desk.stage("1", slices=4, over_s=240)
    await desk.run(2)
    assert desk.venue.live
    return desk


@pytest.mark.parametrize("how", ["IMMEDIATE", "EXCLUSIVE"])
async def test_a_halt_cancels_before_any_wait_for_the_database_is_over(resting: Any, how: str) -> None:
    (cid,) = resting.venue.booked
    resting.halt_file.write_text("{}")
    with held(resting, how):
        noticing = asyncio.create_task(resting.executor.apply_commands())
        await until(lambda: not resting.venue.live)
        assert resting.venue.cancels == [cid]
        assert resting.thread.gave_up == 0
    await asyncio.wait({noticing})
    await resting.run(5)
    wishes = resting.read(lambda tx: orders.cancels(tx, cid))
    assert [(wish.outcome, "asked before it could be put on record" in wish.reason) for wish in wishes] == [
        ("accepted", True)
    ]
    assert resting.orders(resting.sale_id)[0].state is OrderState.CANCELLED


async def test_a_sweep_cancels_what_has_to_go_before_a_write_that_waits_already(resting: Any) -> None:
    resting.halt_file.write_text("{}")
    with held(resting, "IMMEDIATE"):
        waiting = asyncio.create_task(resting.thread.write(lambda tx: None, actor="somebody"))
        await until(lambda: resting.thread._waiting != {})
        resting.clock.advance(1.0)
        assert resting.thread.waits_s >= 1.0
        working = asyncio.create_task(resting.executor.work(resting.sale_id))
        await until(lambda: not resting.venue.live)
        assert resting.thread.gave_up == 0
    await asyncio.wait({waiting, working})


async def test_a_wish_that_was_given_up_is_never_written(resting: Any) -> None:
    with held(resting, "IMMEDIATE"), pytest.raises(LedgerBusy, match="held for longer"):
        await resting.thread.write_within(lambda tx: tx.event("x", "y"), actor="test", within_s=SOON_S)
    with pytest.raises(LedgerError):  # behind it in the line: it is over by now, and refused itself
        await resting.thread.write(lambda tx: (_ for _ in ()).throw(LedgerError("next")), actor="test")
    assert "x" not in [row["kind"] for row in _events(resting)]


def _events(desk: Any) -> list[sqlite3.Row]:
    with sqlite3.connect(desk.ledger.path) as database:
        database.row_factory = sqlite3.Row
        return database.execute("SELECT kind FROM events").fetchall()
