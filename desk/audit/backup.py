"""Copies of the ledger: made while it is in use, checked, and put back without losing what was there."""

from __future__ import annotations

import os
from pathlib import Path

from desk.ledger import schema
from desk.ledger.engine import connect
from desk.ledger.errors import LedgerError, LedgerExists, LedgerMissing


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


def restore(source: Path, database: Path) -> str:
    """Puts a checked copy of `source` in the place of `database`, which is kept beside it; says so in one line.

    Nothing is touched unless the backup is whole and a ledger. The caller holds the daemon's lock.
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
    kept = _set_aside(database)
    os.replace(fresh, database)
    _sync(database.parent)
    return f"{database} restored from {source}" + (f"; what was there is {kept}" if kept else "")


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
