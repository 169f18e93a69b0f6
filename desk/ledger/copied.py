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


@contextmanager
def copied(ledger: Ledger) -> Iterator[Ledger]:
    """The ledger as of now, in a folder of its own that only this user may read. Raises LedgerError."""
    with tempfile.TemporaryDirectory(prefix="desk-read-") as folder:
        target = Path(folder) / "copy.db"
        try:
            schema.copy_unchecked(ledger.path, target)
        except schema.UNREADABLE as problem:
            raise LedgerError(f"{ledger.path} cannot be copied: {problem}") from problem
        opened = Ledger(target, read_only=True, busy_ms=0)
        try:
            yield opened
        finally:
            opened.close()
