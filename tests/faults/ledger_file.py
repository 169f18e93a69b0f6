"""The ledger as a file: read with sqlite3 alone, from the side or from a copy. No code of the desk reads here."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

Rows = list[sqlite3.Row]
LIVE = ("intent", "sent", "open", "part-filled", "unknown")
FINAL_SALE = ("completed", "expired", "cancelled", "rejected")
_SIDE_FILES = ("-journal", "-wal", "-shm")


@dataclass(frozen=True, slots=True)
class Peek:
    """The newest order of the sale at one instant; empty texts where there is none yet."""

    sale_state: str
    epoch: int
    order: str
    order_state: str
    order_epoch: int
    is_cancelling: bool

    @property
    def is_final(self) -> bool:
        return self.sale_state in FINAL_SALE

    @property
    def said(self) -> str:
        """The newest order's state in one word, as the campaign's histogram counts it."""
        if not self.order:
            return "none yet"
        if self.order_state not in LIVE:
            return "none live"
        return f"{self.order_state}, cancelling" if self.is_cancelling else self.order_state


_PEEK = """
SELECT (SELECT state FROM sales WHERE id = :sale) AS sale_state,
       (SELECT max(number) FROM epochs) AS epoch,
       o.client_order_id, o.state, o.epoch AS order_epoch,
       EXISTS (SELECT 1 FROM cancels c WHERE c.client_order_id = o.client_order_id AND outcome IS NULL) AS cancelling
FROM (SELECT 1) LEFT JOIN (SELECT * FROM orders WHERE sale_id = :sale ORDER BY rowid DESC LIMIT 1) o
"""


class LedgerFile:
    """A look from the side, every few milliseconds. None where the file cannot be read just now."""

    def __init__(self, path: Path) -> None:
        self._connection = _opened(path)

    def peek(self, sale_id: str) -> Peek | None:
        """How the sale's newest order stands; a locked file, or one with a dead writer's journal, tells nothing."""
        try:
            row = self._connection.execute(_PEEK, {"sale": sale_id}).fetchone()
        except sqlite3.OperationalError:
            return None
        return Peek(
            row["sale_state"] or "",
            row["epoch"] or 0,
            row["client_order_id"] or "",
            row["state"] or "",
            row["order_epoch"] or 0,
            bool(row["cancelling"]),
        )

    def close(self) -> None:
        self._connection.close()


def copied(database: Path, folder: Path) -> Path:
    """A copy of a dead daemon's database with whatever journal it left: opening the copy rolls back, as it would."""
    folder.mkdir(parents=True)
    for suffix in ("", *_SIDE_FILES):
        source = database.with_name(database.name + suffix)
        if source.exists():
            shutil.copyfile(source, folder / source.name)
    return folder / database.name


def query(database: Path, sql: str, values: Sequence[object] = ()) -> Rows:
    """Rows of a database that nobody writes."""
    with closing(sqlite3.connect(database, timeout=10)) as connection:
        connection.row_factory = sqlite3.Row
        return connection.execute(sql, values).fetchall()


def is_locked(database: Path) -> bool:
    """Whether somebody is in the middle of a transaction; with a rollback journal a reader keeps writers out too."""
    with closing(
        sqlite3.connect(f"file:{database}?mode=rw", uri=True, timeout=0, isolation_level=None)
    ) as connection:
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            return True
        connection.execute("ROLLBACK")
        return False


def order_states(database: Path) -> dict[str, str]:
    """Every order on record and its state, by client order id."""
    return {row["client_order_id"]: row["state"] for row in query(database, "SELECT * FROM orders")}


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=0.05, isolation_level=None)
    connection.row_factory = sqlite3.Row
    return connection
