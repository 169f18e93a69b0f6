"""Halting works with whatever is left: file and row apart, a held database, a full disk (P12)."""

import resource
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from desk import config
from desk.acts import stopping
from desk.acts.outcome import Refused
from desk.clock import LiveClock


@pytest.fixture
def folder(tmp_path: Path, founded: Path) -> Path:
    return Path(shutil.copytree(founded, tmp_path / "desk"))


@pytest.fixture
def halt(folder):
    """Halts the desk and gives what is said; its configuration beside it."""
    loaded = config.load(folder / "config.toml")
    return loaded, lambda reason="a fire": stopping.halt(loaded, LiveClock(), "olga", reason)


def rows(loaded):
    with closing(sqlite3.connect(loaded.database_file)) as database:
        return database.execute("SELECT reason, actor FROM halts WHERE lifted IS NULL").fetchall()


def test_a_halt_is_a_file_and_a_row(halt):
    loaded, act = halt
    assert act().startswith("halted: no new order")
    note = stopping.read_halt_file(loaded.halt_file)
    assert note is not None
    assert (note.reason, note.actor) == ("a fire", "olga")
    assert rows(loaded) == [("a fire", "olga")]


def test_a_second_halt_says_so_and_is_on_record_beside_the_first(halt):
    loaded, act = halt
    act()
    assert act("a flood").startswith("halted already")
    assert rows(loaded) == [("a fire", "olga"), ("a flood", "olga")]
    assert "a fire" in loaded.halt_file.read_text()


def test_without_a_reason_nothing_is_halted(halt):
    loaded, act = halt
    with pytest.raises(Refused, match="say why"):
        act(" ")
    assert not loaded.halt_file.exists()


def test_without_a_database_the_file_halts(halt):
    loaded, act = halt
    loaded.database_file.unlink()
    assert act().startswith(f"halted by {loaded.halt_file}; the database has no row of it yet")
    assert stopping.read_halt_file(loaded.halt_file) is not None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b'{"reason": 1}'])
def test_a_halt_file_halts_whatever_it_holds(halt, content):
    loaded, _ = halt
    loaded.halt_file.write_bytes(content)
    assert stopping.read_halt_file(loaded.halt_file) is not None


def test_a_halt_file_that_points_nowhere_halts(halt):
    loaded, act = halt
    loaded.halt_file.symlink_to("/nowhere/at/all")
    assert stopping.read_halt_file(loaded.halt_file) is not None
    act()
    assert rows(loaded) == [("a fire", "olga")]


def test_a_full_disk_still_halts(folder):
    """Not one byte can be written: an empty HALT file is enough, and what could not be done is said."""
    command = [sys.executable, "-m", "desk", "--config", str(folder / "config.toml"), "halt", "--reason", "a fire"]

    def full() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))

    done = subprocess.run(command, preexec_fn=full, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    assert done.returncode == 0, done.stderr
    assert "the database has no row of it yet" in done.stdout
    loaded = config.load(folder / "config.toml")
    assert stopping.read_halt_file(loaded.halt_file) is not None
    assert rows(loaded) == []


def test_where_neither_file_nor_row_can_be_written_it_says_not_halted(folder):
    path = folder / "config.toml"
    path.write_text(path.read_text().replace("sqlite:///state/desk.db", "sqlite:///config.toml/desk.db"))
    with pytest.raises(Refused, match="NOT halted"):
        stopping.halt(config.load(path), LiveClock(), "olga", "a fire")
