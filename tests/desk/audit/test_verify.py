"""Whoever holds the database file cannot change its history without `desk audit verify` saying where."""

import json
import shutil
import sqlite3

import pytest

from desk.audit.checkpoints import CheckpointFile
from desk.audit.verify import verify
from desk.ledger import LedgerError, LedgerForeign, LedgerMissing, events
from desk.ledger.events import link_hash
from desk.ledger.metadata import domain_tables
from desk.permission.key_files import generate_ed25519

COLUMNS = [(table.name, column.name) for table in domain_tables() for column in table.columns]


def rechained(scene) -> None:
    """What an attacker does after an edit: every hash from the first event on is computed anew."""
    database = sqlite3.connect(scene.database)
    links = database.execute("SELECT seq, at, kind, subject, actor, detail, rows FROM events ORDER BY seq").fetchall()
    database.close()
    previous, statements = "0" * 64, []
    for link in links:
        made = link_hash(*link, previous)
        statements.append(f"UPDATE events SET prev = '{previous}', hash = '{made}' WHERE seq = {link[0]}")
        previous = made
    scene.tamper(*statements)


def test_an_untouched_record_is_whole(scene):
    report = scene.verify()
    assert report.breaks == ()
    assert report.ok
    assert report.lines[-1] == "the record is whole"


def test_every_column_of_every_table_is_named_when_it_is_changed(scene, whole):
    """In rounds: the first column of every table, then the second of every table, until the widest is done."""
    seen: set[tuple[str, str]] = set()
    widest = max(len(table.columns) for table in domain_tables())
    for place in range(widest):
        shutil.copy(whole.database, scene.database)
        targets = [(t.name, list(t.columns)[place].name) for t in domain_tables() if place < len(t.columns)]
        scene.tamper(*(_flip(scene, table, column) for table, column in targets))
        breaks = scene.verify().breaks
        assert {(one.table, one.column) for one in breaks} >= set(targets)
        assert all(one.key and one.seq for one in breaks if one.table != "database")
        assert {one.table for one in breaks} <= {table for table, _ in targets} | {"database", "checkpoints"}
        seen |= set(targets)
    assert seen == set(COLUMNS)


def test_a_single_change_is_the_first_break(scene):
    scene.tamper(_flip(scene, "fills", "price"))
    first = scene.verify().breaks[0]
    ((seq,),) = scene.ask("SELECT max(seq) FROM events WHERE kind = 'fill.late'")
    assert (first.table, first.key, first.column, first.seq) == ("fills", "kraken/T-late", "price", seq)


def _flip(scene, table: str, column: str) -> str:
    ((value, rowid),) = scene.ask(f'SELECT "{column}", max(rowid) FROM {table}')
    return f'UPDATE {table} SET "{column}" = {_other(scene, table, column, value)} WHERE rowid = {rowid}'


def _other(scene, table: str, column: str, value: object) -> str:
    """Another value of the same type, so that STRICT does not mind."""
    kind = next(row[2] for row in scene.ask(f"PRAGMA table_info({table})") if row[1] == column)
    if kind == "INTEGER":
        return str((value or 0) + 1)
    return "'changed'" if value != "changed" else "'again'"


@pytest.mark.parametrize("column", ["at", "kind", "subject", "actor", "detail", "rows", "prev", "hash", "seq"])
def test_every_column_of_an_event_is_covered(scene, column):
    values = {"at": "at + 1", "seq": "100000", "rows": "'[]'", "detail": "'{}'"}
    scene.tamper(f"UPDATE events SET {column} = {values.get(column, repr('0' * 64))} WHERE seq = 5")
    first = scene.verify().breaks[0]
    assert (first.table, first.key) == ("events", "5")


def test_rewriting_the_whole_history_shows_at_the_checkpoint(scene):
    scene.tamper(
        "UPDATE fills SET price = '1.00' WHERE price = '68524.10'",
        """UPDATE events SET rows = replace(rows, ',"price":"68524.10"', ',"price":"1.00"')""",
    )
    rechained(scene)
    report = scene.verify()
    assert not report.ok
    assert report.unanchored
    assert [one.table for one in report.breaks] == ["checkpoints"]
    assert "rewritten" in report.breaks[0].text


def test_cutting_off_the_end_shows_at_the_checkpoint(scene):
    ((last,),) = scene.ask("SELECT max(seq) FROM events")
    tables = {image["table"] for image in json.loads(scene.ask(f"SELECT rows FROM events WHERE seq = {last}")[0][0])}
    scene.tamper(f"DELETE FROM events WHERE seq = {last}", *(f"DELETE FROM {table}" for table in tables))
    report = scene.verify()
    assert not report.ok
    assert "1 events were cut off" in report.breaks[0].text


def test_a_row_added_behind_the_chain_is_named(scene):
    scene.tamper(
        "INSERT INTO signatures SELECT subject, 'eve', role, 'SHA256:eve', armored, signed_at, recorded_at "
        "FROM signatures LIMIT 1"
    )
    (found,) = scene.verify().breaks
    assert (found.table, found.key, found.seq) == ("signatures", "S-2026-0001/eve", None)


def test_a_row_taken_away_is_named(scene):
    scene.tamper("DELETE FROM rejections")
    (found,) = scene.verify().breaks
    assert (found.table, found.key) == ("rejections", "S-2026-0002/bob")
    assert "missing" in found.text


def test_a_guard_taken_away_is_named(scene):
    database = sqlite3.connect(scene.database)
    database.execute("DROP TRIGGER guard_fills_update")
    database.close()
    report = scene.verify()
    assert not report.ok
    assert report.breaks[0].table == "guard_fills_update"


def test_totals_that_do_not_add_up_are_named_even_where_the_chain_agrees(scene):
    scene.tamper(
        "UPDATE sales SET filled = filled + 1 WHERE id = 'S-2026-0001'",
        """UPDATE events SET rows = replace(rows, '"filled":10000007', '"filled":10000008')
        WHERE kind LIKE 'order.%'""",
    )
    ((row,),) = scene.ask("SELECT rows FROM events WHERE kind = 'order.unknown'")
    image = next(image["row"] for image in json.loads(row) if image["table"] == "sales")
    ((filled,),) = scene.ask("SELECT filled FROM sales WHERE id = 'S-2026-0001'")
    assert image["filled"] == filled, "the edit must be consistent for this test to mean something"
    rechained(scene)
    assert ("sales", "filled") in [(one.table, one.column) for one in scene.verify().breaks]


def test_without_checkpoints_the_record_is_unanchored(scene):
    scene.checkpoints.unlink()
    report = scene.verify()
    assert report.breaks == ()
    assert report.unanchored
    assert not report.ok
    assert any(line.startswith("UNANCHORED") for line in report.lines)
    assert verify(scene.database, None, scene.key.public).unanchored


def test_a_checkpoint_by_another_key_anchors_nothing(scene):
    report = verify(scene.database, scene.checkpoints, generate_ed25519().public)
    assert report.unanchored
    assert "another key" in report.breaks[0].text


def test_an_edited_checkpoint_is_named(scene):
    scene.checkpoints.write_text(scene.checkpoints.read_text().replace('"count":', '"count":1'))
    report = scene.verify()
    assert "signature does not hold" in report.breaks[0].text


def test_a_checkpoint_cut_off_by_a_crash_spoils_nothing(alive):
    with alive.checkpoints.open("a") as file:
        file.write('{"count":12,"de')
    assert alive.verify().ok
    with alive.world.write() as tx:
        tx.event("test.more", "desk")
    made = alive.mark()
    report = alive.verify()
    assert report.anchored_seq == made.seq
    assert [one.key for one in report.breaks] == ["line 2"]


def test_the_same_head_is_signed_once(alive):
    with alive.world.ledger.read() as tx:
        head = events.head(tx)
    marks = CheckpointFile(alive.checkpoints, alive.key)
    assert marks.append("desk", head, alive.world.now) is not None
    assert marks.append("desk", head, alive.world.now) is None


def test_checkpoints_of_another_desk_are_named(alive):
    alive.mark("another-desk")
    assert [one.column for one in alive.verify().breaks] == ["desk_id"]


def test_the_writer_may_go_on_while_the_record_is_verified(alive):
    with alive.world.write() as tx:
        tx.event("test.running", "desk")
        assert alive.verify().ok


def test_what_is_no_ledger_is_said_so(scene, tmp_path):
    with pytest.raises(LedgerMissing):
        verify(tmp_path / "nothing.db", None, None)
    stranger = tmp_path / "stranger.db"
    sqlite3.connect(stranger).execute("CREATE TABLE t (x)").connection.close()
    with pytest.raises(LedgerForeign):
        verify(stranger, None, None)
    stranger.write_text("this is no database, but it is long enough to be asked about\n" * 10)
    with pytest.raises(LedgerError):
        verify(stranger, None, None)
