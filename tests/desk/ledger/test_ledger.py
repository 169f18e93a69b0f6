"""Opening, writing, failing: a transaction is durable as a whole or never was."""

import asyncio
import json
import sqlite3
import stat
import subprocess
import sys
import threading
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from sqlalchemy import Engine, event, text

from desk.clock import DeskTime, ManualClock
from desk.ledger import (
    Ledger,
    LedgerBusy,
    LedgerError,
    LedgerExists,
    LedgerForeign,
    LedgerMissing,
    LedgerReadOnly,
    LedgerRefused,
    LedgerThread,
    LedgerTooNew,
    Unexplained,
    ValueRefused,
    control,
    events,
    live,
    sales,
)
from desk.ledger.engine import connect, journal_mode, wal_is_safe
from desk.ledger.events import link_hash
from desk.ledger.tables import SaleRow
from desk.sale.lifecycle import SaleState

START = datetime(2026, 2, 7, 12, tzinfo=UTC)


def test_a_new_ledger_is_private_and_begins_with_its_desk(tmp_path):
    ledger = Ledger.create(f"sqlite:///{tmp_path}/desk.db", clock=ManualClock(START))
    assert stat.S_IMODE(ledger.path.stat().st_mode) == 0o600
    with ledger.read() as tx:
        (genesis,) = events.listed(tx)
    assert (genesis.seq, genesis.kind, genesis.subject) == (1, "desk.made", ledger.desk.desk_id)
    assert ledger.desk.line == DeskTime.real()
    ledger.close()


def test_a_file_that_is_there_is_never_touched(tmp_path):
    path = tmp_path / "desk.db"
    path.write_text("precious")
    with pytest.raises(LedgerExists):
        Ledger.create(f"sqlite:///{path}", clock=ManualClock(START))
    assert path.read_text() == "precious"


def test_fast_time_exists_only_in_demos(tmp_path):
    fast = DeskTime(START, START, 600)
    with pytest.raises(LedgerRefused, match="desk_time_runs_fast_only_in_demos"):
        Ledger.create(f"sqlite:///{tmp_path}/desk.db", clock=ManualClock(START), line=fast)
    assert list(tmp_path.iterdir()) == []
    demo = Ledger.create(f"sqlite:///{tmp_path}/desk.db", clock=ManualClock(START), line=fast, is_demo=True)
    assert demo.desk.line == fast
    demo.close()


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("sqlite:////nowhere/desk.db", LedgerMissing),
        ("postgresql://desk", LedgerForeign),
        ("sqlite://", LedgerForeign),
        ("nonsense", LedgerForeign),
    ],
)
def test_what_cannot_be_opened_is_said_in_a_sentence(url, error):
    with pytest.raises(error) as caught:
        Ledger.open(url)
    assert len(str(caught.value)) > 20


def test_a_strangers_database_is_refused(tmp_path):
    path = tmp_path / "other.db"
    sqlite3.connect(path).execute("CREATE TABLE alembic_version (version_num TEXT)").connection.close()
    with pytest.raises(LedgerForeign, match="not a ledger"):
        Ledger.open(f"sqlite:///{path}")
    path.write_bytes(b"no database at all, but long enough to be taken for one" * 20)
    with pytest.raises(LedgerForeign):
        Ledger.open(f"sqlite:///{path}")
    path.write_bytes(b"")
    with pytest.raises(LedgerMissing, match="empty"):
        Ledger.open(f"sqlite:///{path}")


def test_a_newer_ledger_is_refused_unchanged(world):
    database = connect(world.ledger.path)
    database.execute("UPDATE alembic_version SET version_num = '9999'")
    before = world.ledger.path.read_bytes()
    with pytest.raises(LedgerTooNew, match="newer"):
        Ledger.open(world.url)
    assert world.ledger.path.read_bytes() == before


@pytest.mark.parametrize(
    "change",
    [
        "DROP TRIGGER guard_fills_update",
        "CREATE TRIGGER mine AFTER INSERT ON fills BEGIN SELECT 1; END",
        "ALTER TABLE sales ADD COLUMN note TEXT",
        "DROP INDEX orders_one_live",
        "CREATE TABLE notes (x)",
    ],
)
def test_a_changed_schema_is_refused(world, change):
    connect(world.ledger.path).execute(change)
    with pytest.raises(LedgerForeign, match="not the one this version makes"):
        Ledger.open(world.url)


def test_a_read_only_ledger_reads_and_cannot_write(working):
    ledger = Ledger.open(working.url, read_only=True)
    with ledger.read() as tx:
        assert sales.get(tx, "S-2026-0001").state is SaleState.WORKING
    with pytest.raises(LedgerReadOnly), ledger.read() as tx:
        tx.session.execute(text("UPDATE live_quotes SET bid = '1'"))
    with pytest.raises(LedgerReadOnly), ledger.write(actor="x", clock=working.clock):
        pass
    ledger.close()


def test_a_read_transaction_cannot_write_either(working):
    with pytest.raises(LedgerReadOnly), working.ledger.read() as tx:
        tx.session.execute(text("UPDATE live_quotes SET bid = '1'"))


def test_a_locked_database_is_said_so_and_nothing_is_written(working):
    other = connect(working.ledger.path)
    other.execute("BEGIN IMMEDIATE")
    impatient = Ledger.open(working.url, busy_ms=20)
    with pytest.raises(LedgerBusy, match="locked"), impatient.write(actor="x", clock=working.clock) as tx:
        control.halt(tx, "x", "x", working.now)
    other.execute("ROLLBACK")
    with impatient.read() as tx:
        assert control.open_halt(tx) is None
    impatient.close()


@pytest.mark.skipif(journal_mode() == "wal", reason="with a write-ahead log readers hold up nobody")
def test_a_reader_that_lingers_makes_a_commit_fail_whole_and_the_next_one_succeed(working):
    reader = connect(working.ledger.path)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM sales").fetchone()
    impatient = Ledger.open(working.url, busy_ms=20)
    with pytest.raises(LedgerBusy), impatient.write(actor="x", clock=working.clock) as tx:
        control.halt(tx, "x", "x", working.now)
    reader.execute("COMMIT")
    with impatient.write(actor="x", clock=working.clock) as tx:
        assert control.open_halt(tx) is None
        control.halt(tx, "y", "x", working.now)
    impatient.close()


def test_a_change_without_an_event_is_not_written(working):
    with pytest.raises(Unexplained, match="sales"), working.write() as tx:
        tx.session.get(SaleRow, "S-2026-0001").reason = "on the quiet"
    with pytest.raises(Unexplained, match="sales"), working.write() as tx:
        tx.session.execute(text("UPDATE sales SET reason = 'on the quiet'"))
    with working.ledger.read() as tx:
        assert sales.get(tx, "S-2026-0001").reason == "test"


def test_a_failure_half_way_leaves_nothing(working):
    with working.ledger.read() as tx:
        before = events.head(tx)
    with pytest.raises(ZeroDivisionError):
        _halt_and_fail(working)
    with working.ledger.read() as tx:
        assert events.head(tx) == before
        assert control.open_halt(tx) is None


def _halt_and_fail(world) -> None:
    with world.write() as tx:
        control.halt(tx, "x", "x", world.now)
        raise ZeroDivisionError


def _set(world, column: str, value: object) -> None:
    with world.write() as tx:
        setattr(tx.session.get(SaleRow, "S-2026-0001"), column, value)
        tx.event("test.set", "x")


@pytest.mark.parametrize("wrong", [1.5, Decimal("NaN"), Decimal("Infinity"), 3, "12"])
def test_money_that_is_no_exact_decimal_is_refused(working, wrong):
    with pytest.raises(ValueRefused):
        _set(working, "proceeds", wrong)


@pytest.mark.parametrize("wrong", [1.0, Decimal(1), True, "1", 2**63])
def test_satoshis_that_are_no_integer_are_refused(working, wrong):
    with pytest.raises(ValueRefused):
        _set(working, "filled", wrong)


def test_a_time_without_a_zone_is_refused(working):
    with pytest.raises(ValueRefused):
        _set(working, "opened", datetime(2026, 1, 1))  # noqa: DTZ001


def test_two_writers_at_once_wait_for_each_other_and_lose_nothing(working):
    ledgers = [Ledger.open(working.url), Ledger.open(working.url)]
    failures = []

    def write(ledger: Ledger) -> None:
        try:
            for number in range(25):
                with ledger.write(actor="x", clock=working.clock) as tx:
                    control.raise_alarm(tx, "test", f"{id(ledger)}", str(number), working.now)
        except LedgerError as problem:
            failures.append(problem)

    threads = [threading.Thread(target=write, args=(ledger,)) for ledger in ledgers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with working.ledger.read() as tx:
        assert len(control.open_alarms(tx)) == 50
    assert failures == []
    for ledger in ledgers:
        ledger.close()


def test_a_writer_killed_before_its_commit_leaves_nothing(working):
    script = f"""
import sys
from desk.clock import LiveClock
from desk.ledger import Ledger, control
ledger = Ledger.open({working.url!r})
clock = LiveClock()
with ledger.write(actor="x", clock=clock) as tx:
    for number in range(2000):
        control.raise_alarm(tx, "test", "x", str(number) * 50, clock.now())
    print("written", flush=True)
    sys.stdin.read()
"""
    child = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stdin=subprocess.PIPE)
    assert child.stdout.readline() == b"written\n"
    child.kill()
    child.wait()
    child.stdout.close()
    child.stdin.close()
    ledger = Ledger.open(working.url)
    with ledger.read() as tx:
        assert control.open_alarms(tx) == []
        head = events.head(tx)
    with ledger.write(actor="x", clock=working.clock) as tx:
        assert tx.event("test.after", "x") == head.seq + 1
    ledger.close()


def test_a_commit_of_somebody_else_is_noticed(working):
    before = working.ledger.data_version()
    assert working.ledger.data_version() == before
    other = Ledger.open(working.url)
    with other.write(actor="x", clock=working.clock) as tx:
        control.halt(tx, "x", "x", working.now)
    assert working.ledger.data_version() != before
    other.close()


def test_whether_a_commit_put_anything_on_record_is_told_by_the_newest_event(working):
    with working.ledger.read() as tx:
        before = events.head(tx).seq
    with working.ledger.write(actor="daemon", clock=working.clock) as tx:
        live.beat(tx, 42, 1, working.now)
    assert working.ledger.newest_event() == before
    with working.ledger.write(actor="x", clock=working.clock) as tx:
        control.halt(tx, "x", "x", working.now)
    assert working.ledger.newest_event() == before + 1


def test_looking_for_a_commit_does_not_wait_for_whoever_holds_the_file(working):
    """The daemon looks from its loop: while it waited there, no cancel would leave (P12). This one has a day."""
    patient = Ledger.open(working.url, busy_ms=86_400_000)
    holder = connect(working.ledger.path)
    holder.execute("BEGIN EXCLUSIVE")
    for look in (patient.data_version, patient.newest_event):
        with pytest.raises(LedgerBusy):
            look()
    holder.execute("ROLLBACK")
    assert patient.newest_event() > 0
    holder.close()
    patient.close()


def test_an_event_carries_the_rows_exactly_as_they_are_stored(working):
    database = connect(working.ledger.path)
    *link, digest = database.execute(
        "SELECT seq, at, kind, subject, actor, detail, rows, prev, hash FROM events WHERE kind = 'sale.working'"
    ).fetchone()
    (image,) = json.loads(link[6])
    columns = [row[1] for row in database.execute("PRAGMA table_info(sales)")]
    stored = database.execute("SELECT * FROM sales").fetchone()
    assert image == {"table": "sales", "row": dict(zip(columns, stored, strict=True))}
    assert link_hash(*link) == digest


async def test_the_loops_writes_come_in_order_and_raise_where_they_are_awaited(working):
    thread = LedgerThread(working.ledger, working.clock)
    numbers = await asyncio.gather(
        *(thread.write(lambda tx, n=n: tx.event("test.n", str(n)), actor="x") for n in range(20))
    )
    assert numbers == sorted(numbers)
    with pytest.raises(LedgerRefused):
        await thread.write(lambda tx: tx.session.execute(text("DELETE FROM sales")), actor="x")
    heads = await asyncio.gather(thread.read(events.head), thread.read(events.head))
    assert heads[0] == heads[1]
    assert heads[0].seq == numbers[-1]
    thread.close()


@pytest.mark.parametrize(
    ("version", "is_safe"),
    [
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 45, 0), False),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((3, 52, 0), True),
    ],
)
def test_wal_only_where_its_corruption_bug_is_fixed(version, is_safe):
    assert wal_is_safe(version) is is_safe
    assert journal_mode(version) == ("wal" if is_safe else "delete")


def test_every_connection_is_durable_and_checks_references(world):
    database = connect(world.ledger.path)
    assert database.execute("PRAGMA synchronous").fetchone() == (2,)
    assert database.execute("PRAGMA foreign_keys").fetchone() == (1,)
    assert database.execute("PRAGMA journal_mode").fetchone() == (journal_mode(),)
    with world.write() as tx:
        assert tx.session.connection().exec_driver_sql("PRAGMA synchronous").scalar() == 2


def test_a_statement_is_compiled_once_however_many_ledgers_are_opened(world):
    compiled = []

    @event.listens_for(Engine, "before_cursor_execute")
    def note(connection, cursor, statement, parameters, context, is_many):
        if "FROM desk" in statement:
            compiled.append(context.compiled)

    try:
        for _ in range(2):
            Ledger.open(world.url).close()
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    first, second = compiled
    assert first is second
