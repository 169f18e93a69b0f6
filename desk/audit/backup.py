"""Copies of the ledger: made while it is in use, checked, and put back without losing what was there."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from desk.audit.checkpoints import CheckpointFile, GivenUp
from desk.ledger import schema
from desk.ledger.engine import connect
from desk.ledger.errors import LedgerError, LedgerExists, LedgerMissing
from desk.ledger.events import Head
from desk.permission.refusals import KeyRefused


def backup(database: Path, target: Path) -> None:
    """A consistent, checked copy (mode 0600). Raises LedgerExists, LedgerMissing, LedgerForeign, LedgerError."""
    if not database.exists():
        raise LedgerMissing(f"there is no ledger at {database}")
    try:
        schema.copy(database, target)
    except FileExistsError:
        raise LedgerExists(f"{target} exists already; backups are never overwritten") from None
    except schema.UNREADABLE as problem:
        target.unlink(missing_ok=True)
        raise LedgerError(f"{database} cannot be copied: {problem}") from problem


def restore(source: Path, database: Path, marks: CheckpointFile, wall: datetime) -> str:
    """Puts a checked copy of `source` in the place of `database`, which is kept beside it; says so in one line.

    Nothing is touched unless the backup is whole and a ledger, and it is on record in the checkpoint file, signed,
    that it takes the database's place: without that line the events given up would look cut off, for ever. The
    caller holds the daemon's lock. Raises LedgerError, KeyRefused.
    """
    if not source.exists():
        raise LedgerMissing(f"there is no backup at {source}")
    fresh = database.with_name(f"{database.name}.restoring")
    fresh.unlink(missing_ok=True)
    try:
        schema.copy(source, fresh)
        opened = connect(fresh, read_only=True)
        try:
            number = schema.revision(opened, source)
            if number == schema.REVISIONS[-1]:
                schema.assert_expected(opened, source)
        finally:
            opened.close()
    except schema.UNREADABLE as problem:
        fresh.unlink(missing_ok=True)
        raise LedgerError(f"{source} cannot be restored: {problem}") from problem
    except LedgerError:
        fresh.unlink(missing_ok=True)
        raise
    try:
        said = _put_on_record(fresh, database, marks, wall)
    except (OSError, LedgerError, KeyRefused) as problem:
        fresh.unlink(missing_ok=True)
        if isinstance(problem, OSError):
            why = f"it cannot be put on record in {marks.path}: {problem.strerror}"
            raise LedgerError(f"{source} was not restored, {why}") from problem
        raise
    kept = _set_aside(database)
    os.replace(fresh, database)
    _sync(database.parent)
    return f"{database} restored from {source}" + (f"; what was there is {kept}" if kept else "") + f"\n{said}"


def _put_on_record(fresh: Path, database: Path, marks: CheckpointFile, wall: datetime) -> str:
    desk_id, head, hashes = _chain(fresh)
    try:
        _, last, before = _chain(database) if database.exists() else ("", None, {})
    except (LedgerError, TypeError, ValueError, *schema.UNREADABLE):  # damaged: often why there is a restore
        last, before = None, {}
    common = max((seq for seq, hash_ in hashes.items() if before.get(seq) == hash_), default=0)
    after = common if last is not None else head.seq
    return marks.restored(desk_id, head, GivenUp(after, last), wall).words


def _chain(path: Path) -> tuple[str, Head, dict[int, str]]:
    """Which desk a file is of, the head of its chain, and the hash of every event."""
    opened = connect(path, read_only=True)
    try:
        (desk_id,) = opened.execute("SELECT desk_id FROM desk").fetchone()
        hashes = dict(opened.execute("SELECT seq, hash FROM events ORDER BY seq").fetchall())
    finally:
        opened.close()
    seq = max(hashes)
    return desk_id, Head(seq, hashes[seq]), hashes


def _set_aside(database: Path) -> Path | None:
    """Keeps the present file beside its place; a journal it left belongs to it and goes along."""
    if not database.exists():
        return None
    number = 1
    while (kept := database.with_name(f"{database.name}.replaced-{number}")).exists():
        number += 1
    for tail in ("-journal", "-wal", "-shm"):
        left = database.with_name(database.name + tail)
        if left.exists():
            os.replace(left, kept.with_name(kept.name + tail))
    os.replace(database, kept)
    return kept


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
