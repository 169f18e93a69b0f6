"""`desk audit`, `backup`, `restore`: the record is proven, or the command says so and exits 1."""

import json
import sqlite3
from contextlib import closing

import pytest

from desk.audit.checkpoints import CheckpointFile
from desk.clock import LiveClock
from desk.duty.lock import DaemonLock
from desk.ledger import events
from desk.permission.key_files import load_private_key


@pytest.fixture
def anchored(desk):
    """A desk with a staged sale whose head the daemon has signed."""
    desk.staged()
    audit = desk.config.settings.audit
    with desk.open() as ledger, ledger.read() as tx:
        head = events.head(tx)
        file = CheckpointFile(audit.checkpoints, load_private_key(audit.key))
        file.append(ledger.desk.desk_id, head, LiveClock().wall())
    return desk


def test_without_checkpoints_the_record_is_unanchored_and_the_exit_code_says_so(desk):
    said = desk.run("audit", "verify")
    assert said.code == 1
    assert "UNANCHORED: the checkpoint file" in said.out
    assert "desk: the record is not proven whole" in said.err
    document = desk.run("audit", "verify", "--json")
    assert document.code == 1
    assert (document.json["ok"], document.json["unanchored"]) == (False, True)


def test_a_whole_record_with_a_checkpoint_exits_0(anchored):
    said = anchored.run("audit", "verify")
    assert (said.code, said.err) == (0, "")
    assert said.out.endswith("the record is whole\n")


def test_a_changed_row_is_named(anchored):
    with closing(sqlite3.connect(anchored.database, isolation_level=None)) as database:
        guards = database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        database.execute("BEGIN")
        for name, _ in guards:
            database.execute(f"DROP TRIGGER {name}")
        database.execute("UPDATE sales SET quantity = quantity + 1")
        for _, sql in guards:
            database.execute(sql)
        database.execute("COMMIT")
    said = anchored.run("audit", "verify")
    assert said.code == 1
    assert "FIRST BREAK: " in said.out
    assert "quantity" in said.out


def test_another_checkpoint_file_and_key_can_be_named(anchored, tmp_path):
    kept = tmp_path / "kept.jsonl"
    checkpoints = anchored.config.settings.audit.checkpoints
    kept.write_bytes(checkpoints.read_bytes())
    checkpoints.unlink()
    assert anchored.run("audit", "verify").code == 1
    assert anchored.run("audit", "verify", "--checkpoints", kept).code == 0
    said = anchored.run("audit", "verify", "--checkpoints", kept, "--key", anchored.key("alice.pub"))
    assert said.code == 1
    assert "signed by another key" in said.out


def test_the_head_is_the_newest_event_of_the_export(desk):
    desk.staged()
    head = desk.run("audit", "head", "--json").json
    lines = [json.loads(line) for line in desk.run("audit", "export").out.splitlines()]
    assert (head["seq"], head["hash"]) == (lines[-1]["seq"], lines[-1]["hash"])
    assert [line["seq"] for line in lines] == list(range(1, head["seq"] + 1))
    assert desk.run("audit", "head").out == f"{head['seq']} {head['hash']}\n"
    assert len(desk.run("audit", "export", "--after", head["seq"] - 1).out.splitlines()) == 1


def test_a_backup_is_restored_and_what_was_there_is_kept(desk):
    first = desk.staged()
    copy = desk.folder / "copy.db"
    assert desk.run("backup", copy).code == 0
    second = desk.staged()
    said = desk.run("restore", copy, "--yes")
    assert said.code == 0, said.err
    assert [one["id"] for one in desk.run("sale", "list", "--json").json] == [first]
    with closing(sqlite3.connect(desk.database.with_name("desk.db.replaced-1"))) as kept:
        assert kept.execute("SELECT id FROM sales ORDER BY id").fetchall() == [(first,), (second,)]


def test_a_backup_never_overwrites_and_leaves_the_ledger_alone(desk, refused):
    target = desk.folder / "copy.db"
    target.write_text("mine")
    refused(("backup", target), "exists; choose another name")
    assert target.read_text() == "mine"


@pytest.mark.parametrize("content", [b"", b"no database at all" * 400])
def test_a_file_that_is_no_backup_is_not_restored(desk, refused, content):
    source = desk.folder / "copy.db"
    source.write_bytes(content)
    refused(("restore", source, "--yes"), "copy.db", code=4)


def test_a_running_daemons_database_is_not_replaced(desk, refused):
    copy = desk.folder / "copy.db"
    desk.run("backup", copy)
    lock = DaemonLock(desk.config.lock_file)
    lock.take()
    try:
        refused(("restore", copy, "--yes"), "a daemon works this database already", code=4)
        refused(("daemon", "--once"), "a daemon works this database already", code=4)
    finally:
        lock.release()


def test_a_restore_asks_first(desk, refused):
    copy = desk.folder / "copy.db"
    desk.run("backup", copy)
    before = desk.digest()
    assert desk.run("restore", copy, stdin="n\n").code == 130
    assert desk.digest() == before
