"""Signed notes of the chain's head, kept outside the database, so that rewriting the whole history shows (P5).

One JSON line each, appended and fsynced by the daemon, signed as SSHSIG in the namespace `desk.checkpoint`:
`ssh-keygen -Y check-novalidate -n desk.checkpoint` accepts a line's canonical bytes without its key and signature.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from desk.canonical import canonical_bytes
from desk.clock import iso
from desk.ledger.events import Head
from desk.permission import sshsig
from desk.permission.keys import PublicKey
from desk.permission.refusals import SignatureRefused
from desk.permission.sshsig import Signer

NAMESPACE = "desk.checkpoint"
FORMAT = "desk.checkpoint/1"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of one desk's chain at a wall time: `count` events, the last one `seq` with `hash`."""

    desk_id: str
    seq: int
    hash: str
    count: int
    time: datetime

    def canonical(self) -> bytes:
        """The bytes that are signed."""
        return canonical_bytes(
            {
                "format": FORMAT,
                "desk_id": self.desk_id,
                "seq": self.seq,
                "hash": self.hash,
                "count": self.count,
                "time": iso(self.time),
            }
        )


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
        document: dict[str, Any] = json.loads(made.canonical())
        document["key"] = self._signer.public.fingerprint
        document["signature"] = sshsig.sign(made.canonical(), NAMESPACE, self._signer)
        _append(self.path, canonical_bytes(document) + b"\n")
        self._last = (desk_id, head)
        return made


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


def _judged(number: int, line: bytes, key: PublicKey) -> Line:
    try:
        document = json.loads(line)
        made = Checkpoint(
            document["desk_id"],
            document["seq"],
            document["hash"],
            document["count"],
            datetime.fromisoformat(document["time"]).astimezone(UTC),
        )
        signer = sshsig.verify(made.canonical(), document["signature"], NAMESPACE)
    except SignatureRefused as problem:
        return Line(number, None, f"its signature does not hold: {problem}")
    except (ValueError, KeyError, TypeError) as problem:
        return Line(number, None, f"it is no checkpoint: {problem}")
    if signer.material != key.material:
        return Line(number, None, f"it was signed by another key, {signer.fingerprint}")
    return Line(number, made)
