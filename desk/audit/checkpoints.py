"""Signed notes of the chain's head, kept outside the database, so that rewriting the whole history shows (P5).

One JSON line each, appended and fsynced by the daemon, signed as SSHSIG in the namespace `desk.checkpoint`:
`ssh-keygen -Y check-novalidate -n desk.checkpoint` accepts a line's canonical bytes without its key and signature.

A restore is such a line too: the head of the backup, and which events were given up for it. What was cut off by hand
has no such line.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from desk.canonical import Json, canonical_bytes
from desk.clock import iso
from desk.ledger.events import Head
from desk.permission import sshsig
from desk.permission.keys import PublicKey
from desk.permission.refusals import SignatureRefused
from desk.permission.sshsig import Signer

NAMESPACE = "desk.checkpoint"
FORMAT = "desk.checkpoint/1"
RESTORED = "desk.restored/1"


@dataclass(frozen=True, slots=True)
class GivenUp:
    """What a restore left behind: the events after `after`, the last one the two had in common, up to `last`.

    `last` is None where the database that was replaced could not be read.
    """

    after: int
    last: Head | None

    def covers(self, seq: int, hash_: str) -> bool:
        """Whether an event may have been among them."""
        if seq <= self.after or (self.last is not None and seq > self.last.seq):
            return False
        return self.last is None or seq < self.last.seq or hash_ == self.last.hash

    def document(self) -> Json:
        last: Json = None if self.last is None else {"seq": self.last.seq, "hash": self.last.hash}
        return {"after": self.after, "last": last}


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of one desk's chain at a wall time: `count` events, the last one `seq` with `hash`.

    `given_up`: it is the head of a backup that was restored then, and this was left behind for it.
    """

    desk_id: str
    seq: int
    hash: str
    count: int
    time: datetime
    given_up: GivenUp | None = None

    def canonical(self) -> bytes:
        """The bytes that are signed."""
        said: dict[str, Json] = {
            "format": FORMAT if self.given_up is None else RESTORED,
            "desk_id": self.desk_id,
            "seq": self.seq,
            "hash": self.hash,
            "count": self.count,
            "time": iso(self.time),
        }
        if self.given_up is not None:
            said["given_up"] = self.given_up.document()
        return canonical_bytes(said)

    @property
    def words(self) -> str:
        """A restore in one line, for whoever reads what a verification found."""
        if self.given_up is None:
            return f"event {self.seq} at {iso(self.time)}"
        last = self.given_up.last
        what = "what was there could not be read" if last is None else _given_up_words(self.given_up.after, last.seq)
        return f"a backup that ends at event {self.seq} was restored {iso(self.time)}; {what}"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a checkpoint file: what it says, or why it cannot be trusted. `is_torn`: cut off by a crash."""

    number: int
    checkpoint: Checkpoint | None
    problem: str = ""
    is_torn: bool = False


class CheckpointFile:
    """Where one daemon appends its checkpoints. Writing is synchronous: a few milliseconds, off the event loop."""

    def __init__(self, path: Path, signer: Signer) -> None:
        self.path = path
        self._signer = signer
        self._last: tuple[str, Head] | None = None

    def append(self, desk_id: str, head: Head, wall: datetime) -> Checkpoint | None:
        """Signs and appends the head, durably; None where it is the one appended last. Raises OSError, KeyRefused."""
        if self._last == (desk_id, head):
            return None
        made = Checkpoint(desk_id, head.seq, head.hash, head.seq, wall)
        self._put(made)
        self._last = (desk_id, head)
        return made

    def restored(self, desk_id: str, head: Head, given_up: GivenUp, wall: datetime) -> Checkpoint:
        """Signs and appends that a backup with this head takes the database's place. Raises OSError, KeyRefused.

        Never older than what it gives up, whatever became of the clock: a copy of it put in later is.
        """
        made = Checkpoint(desk_id, head.seq, head.hash, head.seq, self._not_before(wall), given_up)
        self._put(made)
        self._last = (desk_id, head)
        return made

    def _not_before(self, wall: datetime) -> datetime:
        known = read(self.path, self._signer.public) if self.path.exists() else []
        return max([wall, *(line.checkpoint.time for line in known if line.checkpoint is not None)])

    def _put(self, made: Checkpoint) -> None:
        document: dict[str, Any] = json.loads(made.canonical())
        document["key"] = self._signer.public.fingerprint
        document["signature"] = sshsig.sign(made.canonical(), NAMESPACE, self._signer)
        _append(self.path, canonical_bytes(document) + b"\n")


def read(path: Path, key: PublicKey) -> list[Line]:
    """Every line of the file, each judged by `key`. Raises OSError where it cannot be read."""
    data = path.read_bytes()
    lines = data.split(b"\n")
    tail = lines.pop()
    judged = [_judged(number, line, key) for number, line in enumerate(lines, start=1) if line]
    if tail:
        judged.append(Line(len(lines) + 1, None, "the last line is cut off", is_torn=True))
    return judged


def _append(path: Path, line: bytes) -> None:
    """Adds one whole line; a torn end that a crash left is closed first, so that it spoils no second line."""
    is_new = not path.exists()
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        size = os.fstat(handle).st_size
        if size and os.pread(handle, 1, size - 1) != b"\n":
            line = b"\n" + line
        os.write(handle, line)
        os.fsync(handle)
    finally:
        os.close(handle)
    if is_new:
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _given_up(said: dict[str, Any]) -> GivenUp:
    last = said["last"]
    return GivenUp(int(said["after"]), None if last is None else Head(int(last["seq"]), str(last["hash"])))


def _given_up_words(after: int, last: int) -> str:
    if last <= after:
        return "no event was given up for it"
    return f"events {after + 1} to {last} were given up for it"


def _judged(number: int, line: bytes, key: PublicKey) -> Line:
    try:
        document = json.loads(line)
        made = Checkpoint(
            document["desk_id"],
            document["seq"],
            document["hash"],
            document["count"],
            datetime.fromisoformat(document["time"]).astimezone(UTC),
            _given_up(document["given_up"]) if document["format"] == RESTORED else None,
        )
        signer = sshsig.verify(made.canonical(), document["signature"], NAMESPACE)
    except SignatureRefused as problem:
        return Line(number, None, f"its signature does not hold: {problem}")
    except (ValueError, KeyError, TypeError) as problem:
        return Line(number, None, f"it is no checkpoint: {problem}")
    if signer.material != key.material:
        return Line(number, None, f"it was signed by another key, {signer.fingerprint}")
    return Line(number, made)
