"""Schemas change in one piece, on the record, with the older file kept."""

import json
import shutil
import sqlite3
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from desk.audit.chain import walk
from desk.ledger import LedgerForeign, control, migrate, schema
from desk.ledger.engine import connect

SECOND = """
from alembic import op

revision, down_revision, branch_labels, depends_on = "0002", "0001", None, None


def upgrade():
    op.execute("ALTER TABLE alarms ADD COLUMN weight INTEGER NOT NULL DEFAULT 3")
    {more}
"""


@pytest.fixture
def later(tmp_path: Path):
    """The scripts of a later version, which adds a column and does `more`."""

    def make(more: str = "pass") -> Path:
        scripts = tmp_path / "later"
        shutil.copytree(migrate.SCRIPTS, scripts)
        (scripts / "versions" / "0002_second.py").write_text(SECOND.format(more=more))
        return scripts

    return make


@pytest.fixture
def alarmed(working):
    """A desk with a row that the later version rewrites."""
    with working.write() as tx:
        control.raise_alarm(tx, "test", "x", "y", working.now)
    working.ledger.close()
    return working


def test_a_migration_keeps_the_older_file_and_puts_what_it_rewrote_on_the_chain(alarmed, later):
    path = alarmed.ledger.path
    older = connect(path).execute("SELECT count(*) FROM events").fetchone()[0]
    kept = migrate.from_older(path, "0001", later())
    assert kept.name == "desk.db.before-0001.bak"
    assert connect(kept).execute("SELECT count(*) FROM events").fetchone() == (older,)
    database = connect(path)
    assert database.execute("SELECT version_num FROM alembic_version").fetchone() == ("0002",)
    kind, rows = database.execute("SELECT kind, rows FROM events ORDER BY seq DESC LIMIT 1").fetchone()
    assert kind == "schema.migrated"
    assert [(image["table"], image["row"]["weight"]) for image in json.loads(rows)] == [("alarms", 3)]
    assert walk(database).breaks == []


def test_guards_stand_again_after_a_migration(alarmed, later):
    migrate.upgrade(alarmed.ledger.path, later())
    with pytest.raises(sqlite3.IntegrityError, match="never deleted"):
        connect(alarmed.ledger.path).execute("DELETE FROM alarms")


@pytest.mark.parametrize(
    ("more", "error"),
    [
        ("raise ZeroDivisionError", ZeroDivisionError),
        ("op.execute(\"INSERT INTO slices VALUES ('x', 'no sale', 0, 0, NULL, 1, 0, 'pending')\")", LedgerForeign),
    ],
)
def test_a_migration_that_fails_leaves_the_file_as_it_was(alarmed, later, more, error):
    path = alarmed.ledger.path
    before = list(connect(path).iterdump())
    with pytest.raises(error):
        migrate.upgrade(path, later(more))
    assert list(connect(path).iterdump()) == before


def test_two_backups_of_one_version_do_not_overwrite_each_other(tmp_path):
    first = schema.backup_name(tmp_path / "desk.db", "0001")
    first.touch()
    assert schema.backup_name(tmp_path / "desk.db", "0001") not in (first, None)


def test_the_migrations_make_exactly_the_snapshot(tmp_path):
    path = tmp_path / "desk.db"
    path.touch()
    migrate.upgrade(path)
    assert schema.shape(connect(path)) == schema.expected()


def test_the_snapshot_is_what_the_tables_declare():
    """Where this fails a table was changed without a revision, or without desk.ledger.migrations.freeze."""
    declared = [statement for statement in schema.declared().split(";\n") if statement.strip()]
    assert declared == schema.snapshot(schema.REVISIONS[-1])


def test_the_revisions_this_version_knows_are_those_it_carries(tmp_path):
    scripts = ScriptDirectory(str(migrate.SCRIPTS))
    assert [script.revision for script in reversed(list(scripts.walk_revisions()))] == list(schema.REVISIONS)
    assert len(scripts.get_heads()) == 1
