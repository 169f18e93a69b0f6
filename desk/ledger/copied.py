"""A copy of a ledger to read from for as long as it takes, while the one in use goes on.

A reader of the file in use may hold up whoever writes an order (reads last 50 ms at most); what needs every fill and
order there ever was takes longer. The copy is a moment's own: nothing that comes on record meanwhile is in it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from desk.ledger import schema
from desk.ledger.errors import LedgerError
from desk.ledger.ledger import Ledger

_PAGES = 1_000
"""Of a step, 4 MB: a few milliseconds in which nobody can write."""
_PATIENCE = 5


class _NoPeace(Exception):
    """Somebody writes so often that a copy made in steps does not come to its end."""


@contextmanager
def copied(ledger: Ledger) -> Iterator[Ledger]:
    """The ledger as of now, in a folder of its own that only this user may read. Raises LedgerError."""
    with tempfile.TemporaryDirectory(prefix="desk-read-") as folder:
        target = Path(folder) / "copy.db"
        try:
            _copy(ledger.path, target)
        except schema.UNREADABLE as problem:
            raise LedgerError(f"{ledger.path} cannot be copied: {problem}") from problem
        opened = Ledger(target, read_only=True, busy_ms=0)
        try:
            yield opened
        finally:
            opened.close()


def _copy(path: Path, target: Path) -> None:
    """In steps, so that writers are let through; in one where they never leave it alone for long enough."""
    steps = 0

    def watch(status: int, left: int, pages: int) -> None:
        nonlocal steps
        steps += 1
        if steps > _PATIENCE * (pages // _PAGES + 1):
            raise _NoPeace

    try:
        schema.copy_unchecked(path, target, _PAGES, watch)
    except _NoPeace:
        target.unlink()
        schema.copy_unchecked(path, target)
