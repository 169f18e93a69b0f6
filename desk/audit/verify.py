"""`desk audit verify`: is the record whole? Reads a copy, so that the writer is never held up."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from desk.audit import checkpoints as marks
from desk.audit.chain import Break, Walk, walk
from desk.audit.checkpoints import Checkpoint
from desk.audit.rows import differences, totals
from desk.ledger import schema
from desk.ledger.engine import connect
from desk.ledger.errors import LedgerError, LedgerMissing
from desk.ledger.events import Head
from desk.permission.key_files import load_public_key
from desk.permission.keys import PublicKey
from desk.permission.refusals import KeyRefused


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What was found. Breaks come in the order of the chain, the first one first; `why_unanchored` "" if anchored."""

    head: Head
    events: int
    rows: int
    checkpoints: int
    anchored_seq: int | None
    why_unanchored: str
    breaks: tuple[Break, ...]
    restores: tuple[Checkpoint, ...] = ()
    """Backups that were put in the database's place, each acknowledged by the checkpoint key."""

    @property
    def unanchored(self) -> bool:
        """Whether nothing outside the database vouches for the chain."""
        return self.anchored_seq is None

    @property
    def ok(self) -> bool:
        """Whether `desk audit verify` may exit with 0."""
        return not self.breaks and not self.unanchored

    @property
    def lines(self) -> tuple[str, ...]:
        """The findings in words, the verdict last."""
        said = [f"chain: {self.events:,} events, head {self.head.seq} {self.head.hash}"]
        said.append(f"rows: {self.rows:,} compared with their after-images")
        if self.anchored_seq is not None:
            later = self.head.seq - self.anchored_seq
            after = f", {later:,} events after it" if later > 0 else ""
            said.append(f"checkpoints: {self.checkpoints:,} hold, the last at event {self.anchored_seq}{after}")
        said += [f"RESTORED: {one.words}; signed by the checkpoint key" for one in self.restores]
        for number, one in enumerate(self.breaks):
            said.append(f"{'FIRST BREAK' if number == 0 else 'break'}: {one}")
        if self.unanchored:
            said.append(f"UNANCHORED: {self.why_unanchored}")
        said.append("the record is whole" if self.ok else "the record is NOT proven whole")
        return tuple(said)


def verify(database: Path, checkpoints: Path | None, key: PublicKey | Path | None) -> VerifyReport:
    """Verifies a copy of `database`; `key` is the checkpoint key or its .pub file.

    Raises LedgerError where the file is no ledger of this version; every doubt about its content is in the report.
    """
    if not database.exists():
        raise LedgerMissing(f"there is no ledger at {database}")
    with tempfile.TemporaryDirectory(prefix="desk-audit-") as folder:
        copy = Path(folder) / "copy.db"
        try:
            schema.copy_unchecked(database, copy)
            opened = connect(copy, read_only=True)
        except schema.UNREADABLE as problem:
            raise LedgerError(f"{database} cannot be copied: {problem}") from problem
        try:
            return _verify(opened, database, checkpoints, key)
        finally:
            opened.close()


def _verify(
    database: sqlite3.Connection, path: Path, checkpoints: Path | None, key: PublicKey | Path | None
) -> VerifyReport:
    number = schema.revision(database, path)
    if number != schema.REVISIONS[-1]:
        raise LedgerError(f"{path} is of an older version (schema {number}); open it once with `desk status`")
    found = [Break(name, "", "", None, f"the {kind} {how}") for kind, name, how in schema.departures(database)]
    found += [Break("database", "", "", None, text) for text in schema.damage(database)]
    try:
        walked = walk(database)
        count, changed = differences(database, walked)
        summed = list(totals(database)) if not changed else []
    except (sqlite3.Error, ArithmeticError, ValueError, TypeError) as problem:
        raise LedgerError(f"{path} cannot be read as a ledger: {problem}") from problem
    anchors, why, doubts, restores = _anchors(database, walked, checkpoints, key)
    breaks = sorted([*walked.breaks, *changed, *doubts], key=_place)
    return VerifyReport(
        walked.head,
        walked.events,
        count,
        len(anchors),
        max((one.seq for one in anchors), default=None),
        why,
        (*breaks, *found, *summed),
        tuple(restores),
    )


def _place(one: Break) -> tuple[bool, int]:
    return one.seq is None, one.seq or 0


def _anchors(
    database: sqlite3.Connection, walked: Walk, path: Path | None, key: PublicKey | Path | None
) -> tuple[list[Checkpoint], str, list[Break], list[Checkpoint]]:
    """The checkpoints that lie on the chain, why there are none, what the others prove, and the restores.

    One that lies on no chain any more proves nothing where a later restore, signed, gave its event up.
    """
    if path is None:
        return [], "no checkpoint file is configured", [], []
    try:
        known = load_public_key(key) if isinstance(key, Path) else key
        if known is None:
            return [], "the checkpoint key is not known", [], []
        lines = marks.read(path, known)
    except KeyRefused as problem:
        return [], str(problem), [], []
    except OSError as problem:
        return [], f"the checkpoint file {path} cannot be read: {problem.strerror}", [], []
    (desk_id,) = database.execute("SELECT desk_id FROM desk").fetchone() or ("",)
    held: list[Checkpoint] = []
    doubts: list[Break] = []
    for place, line in enumerate(lines):
        one = line.checkpoint
        if one is None:
            if not line.is_torn:
                doubts.append(Break("checkpoints", f"line {line.number}", "", None, line.problem))
        elif (doubt := _doubt(one, walked, desk_id)) is None:
            held.append(one)
        elif not _was_given_up(one, lines[place + 1 :]):
            doubts.append(Break("checkpoints", f"line {line.number}", doubt[0], one.seq, doubt[1]))
    restores = [line.checkpoint for line in lines if line.checkpoint is not None and line.checkpoint.given_up]
    return held, "" if held else f"no checkpoint in {path} lies on this chain", doubts, restores


def _was_given_up(one: Checkpoint, later: Sequence[marks.Line]) -> bool:
    """Whether somebody with the checkpoint key put a backup in the place of the chain that this one lay on.

    A line that is older was made for another chain, and copied here.
    """
    return any(
        line.checkpoint is not None
        and line.checkpoint.desk_id == one.desk_id
        and line.checkpoint.time >= one.time
        and line.checkpoint.given_up is not None
        and line.checkpoint.given_up.covers(one.seq, one.hash)
        for line in later
    )


def _doubt(one: Checkpoint, walked: Walk, desk_id: str) -> tuple[str, str] | None:
    if one.desk_id != desk_id:
        return "desk_id", f"it is of the desk {one.desk_id}, the database says {desk_id}"
    if one.seq > walked.head.seq:
        return "seq", f"the chain ends at event {walked.head.seq}: {one.seq - walked.head.seq} events were cut off"
    if walked.hashes.get(one.seq) != one.hash:
        return "hash", "the event has another hash than was signed: history was rewritten at or before it"
    return None
