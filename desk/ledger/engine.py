"""Connections to the database file: the pragmas, the journal mode, and one engine each for writing and reading."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import QueuePool
from sqlalchemy.util import LRUCache

from desk.ledger import tracking
from desk.ledger.errors import LedgerForeign

BUSY_MS = 5_000
APPLICATION = 0x6465_736B
"""`desk` in the file's header, so that a stranger's database is never mistaken for a ledger."""
_FULL = 2


def database_path(url: str) -> Path:
    """The file a database url names. Raises LedgerForeign for anything that is not a file of SQLite."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise LedgerForeign(f"{url!r} is no database url; write sqlite:///state/desk.db") from None
    if parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database == ":memory:":
        raise LedgerForeign(f"{url!r} names no file of SQLite; write sqlite:///state/desk.db")
    return Path(parsed.database)


def wal_is_safe(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> bool:
    """Whether this SQLite has the fix of the WAL-reset bug, which can corrupt a file two processes write to."""
    if version >= (3, 51, 3):
        return True
    return (3, 50, 7) <= version < (3, 51) or (3, 44, 6) <= version < (3, 45)


def journal_mode(version: tuple[int, ...] = sqlite3.sqlite_version_info) -> str:
    """WAL where it is safe, else the rollback journal; `desk doctor` says which and why."""
    return "wal" if wal_is_safe(version) else "delete"


def connect(path: Path, *, read_only: bool = False, busy_ms: int = BUSY_MS) -> sqlite3.Connection:
    """A plain connection with the desk's pragmas; it never creates a file. Transactions are the caller's."""
    mode = "ro" if read_only else "rw"
    address = f"file:{quote(str(path.absolute()))}?mode={mode}"
    database = sqlite3.connect(
        address, uri=True, isolation_level=None, check_same_thread=False, timeout=busy_ms / 1000
    )
    try:
        prepare(database, read_only=read_only)
    except BaseException:
        database.close()
        raise
    return database


def prepare(database: sqlite3.Connection, *, read_only: bool) -> None:
    """Sets the pragmas every connection has, and asserts those that safety rests on."""
    database.execute("PRAGMA foreign_keys = ON")
    database.execute("PRAGMA temp_store = MEMORY")
    database.execute("PRAGMA trusted_schema = OFF")
    if read_only:
        database.execute("PRAGMA query_only = ON")
        return
    wanted = journal_mode()
    (actual,) = database.execute("PRAGMA journal_mode").fetchone()
    if actual != wanted:
        (actual,) = database.execute(f"PRAGMA journal_mode = {wanted}").fetchone()
    database.execute("PRAGMA synchronous = FULL")
    (synchronous,) = database.execute("PRAGMA synchronous").fetchone()
    (foreign_keys,) = database.execute("PRAGMA foreign_keys").fetchone()
    if (actual, synchronous, foreign_keys) != (wanted, _FULL, 1):
        raise LedgerForeign(
            f"this SQLite keeps journal_mode={actual}, synchronous={synchronous}, foreign_keys={foreign_keys}; "
            f"the ledger needs {wanted}, {_FULL} and 1"
        )


def write_engine(path: Path, *, busy_ms: int = BUSY_MS) -> Engine:
    """One connection; every transaction takes the write lock at its beginning, so that it cannot lose it later."""

    def fresh() -> sqlite3.Connection:
        database = connect(path, busy_ms=busy_ms)
        tracking.install(database)
        return database

    return _engine(fresh, "BEGIN IMMEDIATE", pool_size=1, timeout=busy_ms / 1000)


def read_engine(path: Path, *, read_only: bool, busy_ms: int = BUSY_MS) -> Engine:
    """Connections that cannot write: by pragma, and where `read_only` by how the file is opened."""

    def fresh() -> sqlite3.Connection:
        database = connect(path, read_only=read_only, busy_ms=busy_ms)
        database.execute("PRAGMA query_only = ON")
        return database

    return _engine(fresh, "BEGIN", pool_size=4, timeout=busy_ms / 1000)


def _engine(fresh: Callable[[], Any], begin: str, **pool: Any) -> Engine:
    shared, compiled = _shared()
    connections = QueuePool(fresh, max_overflow=0, dialect=shared.dialect, **pool)
    engine = Engine(connections, shared.dialect, shared.url, execution_options={"compiled_cache": compiled})

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


@cache
def _shared() -> tuple[Engine, LRUCache[Any, Any]]:
    """What every engine of the process speaks SQLite with, and the statements compiled so far.

    A statement compiles in about a millisecond, several times what it takes to run; with a dialect of its own, each
    engine of each ledger would compile all of them again.
    """
    engine = create_engine("sqlite://")
    with engine.connect():  # the dialect asks a first connection what this SQLite can do
        pass
    engine.dispose()
    return engine, LRUCache(500)
