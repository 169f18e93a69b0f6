"""A restore is a break that somebody with the checkpoint key acknowledged; whatever else is missing was cut off."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from desk.audit.backup import backup, restore
from desk.audit.checkpoints import CheckpointFile
from desk.audit.verify import verify
from desk.ledger import control, events
from desk.permission.key_files import generate_ed25519


@dataclass
class Desk:
    """A database file that is at work, its checkpoints and who signs them."""

    world: Any
    checkpoints: Path
    key: Any
    backup: Path

    @property
    def database(self) -> Path:
        return self.world.ledger.path

    def mark(self) -> None:
        with self.world.ledger.read() as tx:
            head = events.head(tx)
        desk_id = self.world.ledger.desk.desk_id
        CheckpointFile(self.checkpoints, self.key).append(desk_id, head, self.world.clock.wall())

    def verify(self):
        return verify(self.database, self.checkpoints, self.key.public)


@pytest.fixture
def alive(new_desk, open_world, tmp_path):
    world = open_world(Path(shutil.copy(new_desk, tmp_path / "desk.db")))
    world.stage()
    made = Desk(world, tmp_path / "checkpoints.jsonl", generate_ed25519(), tmp_path / "backup.db")
    made.mark()
    yield made
    made.world.ledger.close()


def go_on(scene, count=1):
    """The desk works on, and its daemon signs the head."""
    for number in range(count):
        with scene.world.write() as tx:
            control.halt(tx, f"drill {number}", "ada", scene.world.now)
            scene.world.clock.advance(1)
    scene.mark()


@pytest.fixture
def restored(alive, open_world):
    """Backed up, worked on for five events with a checkpoint, and restored."""
    backup(alive.database, alive.backup)
    go_on(alive, 5)
    put_back(alive, alive.backup, open_world)
    return alive


def put_back(scene, source, open_world, key=None):
    scene.world.ledger.close()
    database, clock = scene.database, scene.world.clock
    said = restore(source, database, CheckpointFile(scene.checkpoints, key or scene.key), clock.wall())
    scene.world = open_world(database)
    scene.world.clock = clock
    return said


def last_line(scene):
    return scene.checkpoints.read_bytes().splitlines(keepends=True)[-1]


def test_a_restore_is_acknowledged_and_said(restored):
    report = restored.verify()
    assert report.ok
    assert report.breaks == ()
    (one,) = report.restores
    first = one.seq + 1
    words = [line for line in report.lines if line.startswith("RESTORED: ")]
    assert len(words) == 1
    assert f"a backup that ends at event {one.seq} was restored" in words[0]
    assert f"events {first} to {first + 4} were given up for it; signed by the checkpoint key" in words[0]


def test_the_desk_goes_on_from_there_and_stays_whole(restored):
    go_on(restored, 9)
    assert restored.verify().ok


def test_without_its_line_it_looks_cut_off(restored):
    restored.checkpoints.write_bytes(b"".join(restored.checkpoints.read_bytes().splitlines(keepends=True)[:-1]))
    report = restored.verify()
    assert not report.ok
    assert "events were cut off" in report.breaks[0].text


def test_a_line_that_another_key_signed_acknowledges_nothing(alive, open_world):
    backup(alive.database, alive.backup)
    go_on(alive)
    put_back(alive, alive.backup, open_world, generate_ed25519())
    report = alive.verify()
    assert not report.ok
    said = " ".join(one.text for one in report.breaks)
    assert "it was signed by another key" in said
    assert "events were cut off" in said


@pytest.mark.parametrize("field", ["seq", "hash", "given_up", "time", "format"])
def test_a_line_that_was_changed_acknowledges_nothing(restored, field):
    said = json.loads(last_line(restored))
    said[field] = {
        "seq": said["seq"] - 1, "hash": "0" * 64, "given_up": {"after": 1, "last": None},
        "time": "2030-01-01T00:00:00Z", "format": "desk.checkpoint/1",
    }[field]  # fmt: skip
    lines = restored.checkpoints.read_bytes().splitlines(keepends=True)[:-1]
    restored.checkpoints.write_bytes(b"".join([*lines, json.dumps(said).encode() + b"\n"]))
    assert not restored.verify().ok


def test_what_is_cut_off_by_hand_afterwards_still_shows(restored):
    go_on(restored, 3)
    shutil.copy(restored.backup, restored.database)
    report = restored.verify()
    assert not report.ok
    assert "events were cut off" in report.breaks[0].text


def test_an_older_restore_copied_in_again_hides_nothing(restored):
    """Whoever holds both files repeats the line that gave up events of the same numbers."""
    old = last_line(restored)
    go_on(restored, 3)
    with restored.checkpoints.open("ab") as file:
        file.write(old)
    shutil.copy(restored.backup, restored.database)
    report = restored.verify()
    assert not report.ok
    assert "events were cut off" in report.breaks[0].text


def test_going_back_to_what_was_set_aside_is_a_restore_too(restored, open_world):
    go_on(restored, 7)
    kept = restored.database.with_name("desk.db.replaced-1")
    said = put_back(restored, kept, open_world)
    first = restored.verify().restores[0].seq + 1
    assert f"events {first} to {first + 6} were given up for it" in said
    report = restored.verify()
    assert report.ok, report.lines
    assert len(report.restores) == 2


def test_a_database_that_cannot_be_read_is_given_up_whole(alive, open_world):
    backup(alive.database, alive.backup)
    go_on(alive, 5)
    alive.world.ledger.close()
    alive.database.write_bytes(b"no database any more" * 1000)
    said = put_back(alive, alive.backup, open_world)
    assert "what was there could not be read" in said
    assert alive.verify().ok
