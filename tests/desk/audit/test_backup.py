"""Copies are whole, never overwrite anything, and come back only if they are ledgers."""

import sqlite3
import stat

import pytest

from desk.audit.backup import backup, restore
from desk.audit.checkpoints import CheckpointFile
from desk.ledger import Ledger, LedgerError, LedgerExists, LedgerForeign, LedgerMissing, control
from desk.permission.key_files import generate_ed25519


@pytest.fixture
def marks(tmp_path):
    return CheckpointFile(tmp_path / "checkpoints.jsonl", generate_ed25519())


def test_a_backup_is_taken_while_somebody_writes_and_holds_what_was_committed(working, tmp_path):
    target = tmp_path / "copy.db"
    with working.write() as tx:
        control.halt(tx, "not yet", "ada", working.now)
        backup(working.ledger.path, target)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    copy = Ledger.open(f"sqlite:///{target}")
    with copy.read() as tx:
        assert control.open_halt(tx) is None
    copy.close()


def test_a_backup_overwrites_nothing(working, tmp_path):
    target = tmp_path / "precious"
    target.write_text("precious")
    with pytest.raises(LedgerExists):
        backup(working.ledger.path, target)
    assert target.read_text() == "precious"
    with pytest.raises(LedgerMissing):
        backup(tmp_path / "nothing.db", tmp_path / "copy.db")


def test_a_restore_keeps_what_was_there_and_brings_back_the_older_state(working, marks, tmp_path):
    copy = tmp_path / "copy.db"
    backup(working.ledger.path, copy)
    with working.write() as tx:
        control.halt(tx, "later", "ada", working.now)
    working.ledger.close()
    said = restore(copy, working.ledger.path, marks, working.clock.wall())
    assert "desk.db.replaced-1" in said
    for path, is_halted in ((working.ledger.path, False), (tmp_path / "desk.db.replaced-1", True)):
        ledger = Ledger.open(f"sqlite:///{path}")
        with ledger.read() as tx:
            assert (control.open_halt(tx) is not None) is is_halted
        ledger.close()


def _damage(path) -> None:
    data = bytearray(path.read_bytes())
    for place in range(4096 * 3, len(data), 997):
        data[place] ^= 0xFF
    path.write_bytes(bytes(data))


def _strange(path) -> None:
    path.unlink()
    sqlite3.connect(path).execute("CREATE TABLE t (x)").connection.close()


def _unguarded(path) -> None:
    sqlite3.connect(path).execute("DROP TRIGGER guard_fills_update").connection.close()


@pytest.mark.parametrize("spoil", [_damage, _strange, _unguarded])
def test_nothing_is_replaced_by_a_file_that_is_no_whole_ledger(working, marks, tmp_path, spoil):
    copy = tmp_path / "copy.db"
    backup(working.ledger.path, copy)
    spoil(copy)
    before = working.ledger.path.read_bytes()
    with pytest.raises((LedgerForeign, LedgerError)):
        restore(copy, working.ledger.path, marks, working.clock.wall())
    assert working.ledger.path.read_bytes() == before
    assert not list(tmp_path.glob("*restoring*"))
    assert not marks.path.exists()


def test_what_cannot_be_put_on_record_is_not_restored(working, tmp_path):
    copy = tmp_path / "copy.db"
    backup(working.ledger.path, copy)
    before = working.ledger.path.read_bytes()
    nowhere = CheckpointFile(tmp_path / "no folder" / "checkpoints.jsonl", generate_ed25519())
    with pytest.raises(LedgerError, match="cannot be put on record"):
        restore(copy, working.ledger.path, nowhere, working.clock.wall())
    assert working.ledger.path.read_bytes() == before
    assert not list(tmp_path.glob("*restoring*"))
