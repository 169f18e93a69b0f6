"""Holes that a hostile review found in the order path, each as the story that went through it."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from desk.execution.orders import OrderState, client_order_id
from desk.ledger import Ledger, LedgerBusy, control, orders
from desk.sale.lifecycle import SaleState
from desk.units import parse_btc
from desk.venues.model import Unavailable

ONE = parse_btc("1")
EMPTIED = (
    "DELETE FROM fills",
    "DELETE FROM cancels",
    "DELETE FROM orders",
)


def change_behind_the_desk(path: Path, *statements: str) -> None:
    """Whoever can write the file can take its guards off and put them back."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        guards = db.execute("SELECT name, sql FROM sqlite_master WHERE type='trigger'").fetchall()
        for name, _ in guards:
            db.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            db.execute(statement)
        for _, sql in guards:
            db.execute(sql)


def forget_names(desk: Any) -> None:
    """The venue answers by its own order ids; an order of the same client id is another order to it."""
    desk.venue.booked = {f"old{cid}": booked for cid, booked in desk.venue.booked.items()}


def alarm_kinds(desk: Any) -> set[str]:
    return {alarm.kind for alarm in desk.read(control.open_alarms)}


async def unreadable(_: object) -> Any:
    raise Unavailable("rate limit")


async def test_a_backup_from_before_the_opening_does_not_sell_a_second_time(desk: Any, tmp_path: Path) -> None:
    desk.signatures.sale_is_granted = False
    sale_id = desk.stage("1", slices=4, over_s=600)
    await desk.run(1)
    backup = tmp_path / "backup.db"
    with closing(sqlite3.connect(desk.ledger.path)) as live, closing(sqlite3.connect(backup)) as copy:
        live.backup(copy)
    desk.signatures.sale_is_granted = True
    await desk.run(320, each=desk.venue.trade)
    sold = desk.venue.sold
    assert 0 < sold < ONE
    desk.thread.close()
    desk.ledger.close()
    shutil.copy(backup, desk.folder / "desk.db")
    desk.ledger = Ledger.open(f"sqlite:///{desk.folder / 'desk.db'}")
    desk.thread = type(desk.thread)(desk.ledger, desk.clock)
    forget_names(desk)
    desk.start()
    await desk.executor.recover()
    await desk.run(400, until=desk.is_final(sale_id), each=desk.venue.trade)
    assert desk.venue.sold == sold
    assert "sale.oversold" in alarm_kinds(desk)


async def test_an_opening_moved_in_the_database_does_not_hide_earlier_trades(desk: Any) -> None:
    sale_id = desk.stage("1", slices=4, over_s=480)
    await desk.run(200, each=desk.venue.trade)
    sold = desk.venue.sold
    assert sold
    now = int(desk.clock.now().timestamp() * 1e6)
    change_behind_the_desk(
        desk.ledger.path,
        *EMPTIED,
        f"UPDATE sales SET filled=0, open=0, unknown=0, proceeds='0', fees='0', opened={now}",
        "UPDATE slices SET state='pending', filled=0",
    )
    forget_names(desk)
    desk.start()
    await desk.executor.recover()
    await desk.run(400, until=desk.is_final(sale_id), each=desk.venue.trade)
    assert desk.venue.sold == sold
    assert "sale.oversold" in alarm_kinds(desk)


async def test_a_finished_on_approval_sale_set_back_to_work_is_held(desk: Any) -> None:
    sale_id = desk.stage("1", slices=4, over_s=120, opens=None)
    await desk.run(230, until=desk.is_final(sale_id), each=desk.venue.trade)
    assert desk.venue.sold == ONE
    desk.start()
    await desk.executor.recover()
    now = int(desk.clock.now().timestamp() * 1e6)
    change_behind_the_desk(
        desk.ledger.path,
        *EMPTIED,
        "UPDATE sales SET state='working', filled=0, open=0, unknown=0, proceeds='0', fees='0',"
        f" opened={now}, closes={now + 120_000_000}",
        f"UPDATE slices SET state='pending', filled=0, due={now}+offset",
    )
    forget_names(desk)
    await desk.run(140, until=desk.is_final(sale_id), each=desk.venue.trade)
    assert desk.venue.sold == ONE
    assert "sale.oversold" in alarm_kinds(desk)


async def test_the_attempt_that_traded_is_recognised_however_many_came_before_it(desk: Any) -> None:
    sale_id = desk.stage("1", slices=2, over_s=480)
    await desk.run(2, each=desk.venue.trade)
    sale, (cid,) = desk.sale(sale_id), desk.venue.booked
    late = client_order_id(sale.terms_digest, "kraken", f"{sale_id}/01", 300)
    booked = desk.venue.booked.pop(cid)
    desk.venue.booked[f"old{late}"] = replace(booked, request=replace(booked.request, client_order_id=late))
    change_behind_the_desk(
        desk.ledger.path, *EMPTIED, "UPDATE sales SET filled=0, open=0, unknown=0, proceeds='0', fees='0'"
    )
    desk.start()
    await desk.executor.recover()
    assert "sale.oversold" in alarm_kinds(desk)


async def test_a_halt_cancels_although_the_trades_cannot_be_compared_yet(desk: Any) -> None:
    desk.stage("1", slices=4, over_s=240)
    await desk.run(2)
    assert desk.venue.live
    desk.venue.trades_since = unreadable
    desk.start()
    await desk.executor.recover()
    desk.halt_file.write_text("{}")
    await desk.run(2)
    assert not desk.venue.live


async def test_a_window_that_ends_cancels_although_the_trades_cannot_be_compared_yet(desk: Any) -> None:
    desk.stage("1", slices=1, over_s=240)
    await desk.run(2)
    assert desk.venue.live
    desk.venue.trades_since = unreadable
    desk.start()
    await desk.executor.recover()
    await desk.run(236)
    assert not desk.venue.live


async def test_a_halt_cancels_although_the_rules_of_the_venue_are_unknown(desk: Any) -> None:
    desk.stage("1", slices=4, over_s=240)
    await desk.run(2)
    venue = desk.venue
    assert venue.live

    class WithoutRules(type(venue)):  # type: ignore[misc]
        @property
        def rules(self) -> Any:
            raise Unavailable("its fees cannot be read")

        async def open(self) -> Any:
            raise Unavailable("its fees cannot be read")

    del venue.__dict__["rules"]
    venue.__class__ = WithoutRules
    desk.start()
    desk.halt_file.write_text("{}")
    await desk.executor.recover()
    await desk.run(2)
    assert not venue.live


async def test_a_new_process_cancels_what_has_to_go_before_it_reads_the_trades(desk: Any) -> None:
    desk.stage("1", slices=4, over_s=240)
    await desk.run(2)
    resting_when_read: list[int] = []
    read = desk.venue.trades_since

    async def watched(since: Any) -> Any:
        resting_when_read.append(len(desk.venue.live))
        return await read(since)

    desk.venue.trades_since = watched
    desk.halt_file.write_text("{}")
    desk.start()
    await desk.executor.recover()
    assert resting_when_read == [0]


async def test_a_halt_cancels_although_nothing_can_be_written_and_says_so_later(desk: Any) -> None:
    sale_id = desk.stage("1", slices=4, over_s=240)
    await desk.run(2)
    assert desk.venue.live
    (cid,) = desk.venue.booked

    def held(moment: str) -> None:
        if moment == "before a commit":
            raise LedgerBusy("another process holds the database")

    desk.thread.point = held
    desk.halt_file.write_text("{}")
    await desk.executor.sweep()
    assert not desk.venue.live
    desk.thread.point = lambda _: None
    assert desk.read(lambda tx: orders.cancels(tx, cid)) == []
    await desk.run(5)
    (wish,) = desk.read(lambda tx: orders.cancels(tx, cid))
    assert wish.outcome == "accepted"
    assert desk.orders(sale_id)[0].state is OrderState.CANCELLED


async def test_a_halt_cancels_although_the_ledger_cannot_even_be_read(desk: Any) -> None:
    desk.stage("1", slices=4, over_s=240)
    await desk.run(2)
    assert desk.venue.live

    async def locked(_: object) -> Any:
        raise LedgerBusy("another process holds the database")

    read, desk.thread.read = desk.thread.read, locked
    desk.halt_file.write_text("{}")
    with pytest.raises(LedgerBusy):
        await desk.executor.sweep()
    assert not desk.venue.live
    desk.thread.read = read


async def test_a_revocation_that_comes_during_an_await_stops_the_order(desk: Any) -> None:
    desk.stage("1", slices=4, over_s=240)
    ask = desk.venue.balances

    async def slow() -> Any:
        desk.signatures.sale_is_granted = False
        return await ask()

    desk.venue.balances = slow
    await desk.executor.sweep()
    assert not desk.venue.creates


async def test_an_alarm_that_comes_during_an_await_stops_the_order(desk: Any) -> None:
    sale_id = desk.stage("1", slices=4, over_s=240)
    ask = desk.venue.balances

    async def slow() -> Any:
        desk.write(lambda tx: control.raise_alarm(tx, "sale.oversold", sale_id, "proven", desk.clock.now()))
        return await ask()

    desk.venue.balances = slow
    await desk.executor.sweep()
    assert not desk.venue.creates


async def test_a_stop_takes_off_an_order_whose_answer_was_lost(desk: Any) -> None:
    sale_id = desk.stage("1", slices=4, over_s=240)
    desk.venue.create_faults = ["lose reply"]
    desk.venue.look_up_faults = ["fail"] * 3
    await desk.run(0)
    assert desk.venue.live
    assert desk.orders(sale_id)[0].state is OrderState.UNKNOWN
    assert await desk.executor.stop(cancel_resting=True) == []
    assert not desk.venue.live


async def test_a_fill_stamped_after_the_window_is_an_alarm(desk: Any) -> None:
    sale_id = desk.stage("1", slices=4, over_s=240)
    await desk.run(2)
    assert desk.venue.live
    desk.clock.advance(400)
    desk.venue.trade()
    desk.start()
    await desk.executor.recover()
    (fill,) = desk.read(lambda tx: orders.fills(tx, sale_id))
    assert fill.executed > desk.sale(sale_id).window[1]
    assert "fill.after-window" in alarm_kinds(desk)


async def test_no_fill_inside_the_window_is_an_alarm(desk: Any) -> None:
    sale_id = desk.stage("1", slices=2, over_s=60)
    await desk.run(80, until=desk.is_final(sale_id), each=desk.venue.trade)
    assert desk.sale(sale_id).state is SaleState.COMPLETED
    assert alarm_kinds(desk) == set()


async def test_a_market_other_than_the_signed_one_gets_no_order(desk: Any) -> None:
    sale_id = desk.stage("1", slices=4, over_s=240)
    desk.venue.rules = replace(desk.venue.rules, symbol="BTC/EUR", quote="EUR")
    await desk.run(5)
    assert not desk.venue.creates
    assert "BTC/EUR" in desk.executor.held[sale_id]


async def test_an_account_other_than_the_signed_one_gets_no_order(desk: Any) -> None:
    sale_id = desk.stage("1", slices=4, over_s=240)
    desk.start(accounts={"kraken": "other"})
    await desk.run(5)
    assert not desk.venue.creates
    assert "other" in desk.executor.held[sale_id]


async def test_the_signed_account_gets_orders(desk: Any) -> None:
    desk.stage("1", slices=4, over_s=240)
    desk.start(accounts={"kraken": "main"})
    await desk.run(5)
    assert desk.venue.creates


async def test_a_refused_order_leaves_no_memory_behind(desk: Any) -> None:
    desk.stage("1", slices=4, over_s=240)
    desk.venue.create_faults = ["refuse"] * 3
    await desk.run(20, until=lambda: len(desk.venue.creates) >= 3)
    assert len(desk.executor._room.resolver._watches) <= 1


async def test_finished_orders_leave_no_memory_behind(desk: Any) -> None:
    sale_id = desk.stage("1", slices=4, over_s=240)
    await desk.run(400, until=desk.is_final(sale_id), each=desk.venue.trade)
    assert len(desk.orders(sale_id)) >= 4
    assert not desk.executor._room.resolver._watches
