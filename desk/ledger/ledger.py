"""The ledger: one database, opened only if it is what it should be, written in one kind of transaction."""

from __future__ import annotations

import os
import secrets
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlmodel import Session

from desk.clock import Clock, DeskTime
from desk.ledger import schema
from desk.ledger.damage import NO_TEXT
from desk.ledger.engine import BUSY_MS, connect, database_path, read_engine, write_engine
from desk.ledger.errors import (
    LedgerBusy,
    LedgerError,
    LedgerExists,
    LedgerForeign,
    LedgerFull,
    LedgerMissing,
    LedgerReadOnly,
    LedgerRefused,
    RowUnreadable,
)
from desk.ledger.records import Desk
from desk.ledger.tables_control import DeskTableRow
from desk.ledger.transactions import ReadTx, WriteTx


class Ledger:
    """One open ledger. Make it with `open` or `create`; it may be used from several threads."""

    def __init__(self, path: Path, *, read_only: bool, busy_ms: int) -> None:
        self.path = path
        self.read_only = read_only
        self._writer: Engine | None = None if read_only else write_engine(path, busy_ms=busy_ms)
        self._reader = read_engine(path, read_only=read_only, busy_ms=busy_ms)
        self._watch = connect(path, read_only=read_only, busy_ms=busy_ms)
        self._watch.execute("PRAGMA busy_timeout = 0")
        self._watch_lock = threading.Lock()
        self._desk = self._read_desk()

    @classmethod
    def open(cls, url: str, *, read_only: bool = False, busy_ms: int = BUSY_MS) -> Ledger:
        """The ledger at `url`, its schema compared with what this version makes; an older one is migrated first.

        Raises LedgerMissing, LedgerForeign, LedgerTooNew, LedgerBusy, LedgerReadOnly. With `read_only` the file is
        opened so that it cannot be written, and an older one is refused.
        """
        path = database_path(url)
        if not path.exists():
            raise LedgerMissing(f"there is no ledger at {path}; `desk init` makes one")
        with _in_words(path):
            _check(path, read_only=read_only, busy_ms=busy_ms)
            return cls(path, read_only=read_only, busy_ms=busy_ms)

    @classmethod
    def create(
        cls,
        url: str,
        *,
        clock: Clock,
        desk_id: str | None = None,
        is_demo: bool = False,
        line: DeskTime | None = None,
        actor: str = "init",
        busy_ms: int = BUSY_MS,
    ) -> Ledger:
        """A new ledger (mode 0600) with its genesis event. Raises LedgerExists where a file is there."""
        path = database_path(url)
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        except FileExistsError:
            raise LedgerExists(f"{path} exists already; it was not touched") from None
        except OSError as problem:
            raise LedgerReadOnly(f"{path} cannot be made: {problem.strerror}") from None
        try:
            with _in_words(path):
                _make(path, desk_id or secrets.token_hex(16), is_demo, line or DeskTime.real(), clock, actor)
            return cls.open(url, busy_ms=busy_ms)
        except BaseException:
            path.unlink(missing_ok=True)
            raise

    @property
    def desk(self) -> Desk:
        """Which desk this is; immutable, read once."""
        return self._desk

    @contextmanager
    def write(self, *, actor: str, clock: Clock) -> Iterator[WriteTx]:
        """One transaction that holds the write lock from its beginning; committed at the end, or nothing of it is.

        Raises LedgerReadOnly, LedgerBusy, LedgerRefused (a constraint or guard), Unexplained (changes without event).
        """
        if self._writer is None:
            raise LedgerReadOnly(f"{self.path} was opened for reading only")
        with _in_words(self.path), Session(self._writer, expire_on_commit=False) as session, session.begin():
            session.connection()
            tx = WriteTx(session, actor, clock)
            yield tx
            tx.finish()

    @contextmanager
    def read(self) -> Iterator[ReadTx]:
        """One consistent view. Keep it under 50 ms: while it is open a writer may have to wait."""
        with _in_words(self.path), Session(self._reader, autoflush=False) as session, session.begin():
            yield ReadTx(session)

    def data_version(self) -> int:
        """A number that changes whenever somebody else, or `write`, committed; costs microseconds.

        Never waits: raises LedgerBusy while somebody is committing, and however long they hold the file.
        """
        return self._watched("PRAGMA data_version")

    def newest_event(self) -> int:
        """The number of the newest event, 0 before the first: whether a commit put anything on record. As above."""
        return self._watched("SELECT coalesce(max(seq), 0) FROM events")

    def _watched(self, asked: str) -> int:
        with _in_words(self.path), self._watch_lock:
            (number,) = self._watch.execute(asked).fetchone()
            return int(number)

    def close(self) -> None:
        """Lets go of the file."""
        if self._writer is not None:
            self._writer.dispose()
        self._reader.dispose()
        self._watch.close()

    def _read_desk(self) -> Desk:
        with self.read() as tx:
            row = tx.session.get(DeskTableRow, 1)
            if row is None:
                raise LedgerForeign(f"{self.path} does not say which desk it is")
            line = DeskTime(row.wall0, row.desk0, row.speed)
            if not row.is_demo and line != DeskTime.real():
                raise LedgerForeign(f"{self.path} says that its time is not real time; only a demo's may differ")
            return Desk(row.desk_id, row.is_demo, line)


def _make(path: Path, desk_id: str, is_demo: bool, line: DeskTime, clock: Clock, actor: str) -> None:
    from desk.ledger import migrate  # alembic is needed only here

    migrate.upgrade(path)
    engine = write_engine(path)
    try:
        with Session(engine) as session, session.begin():
            tx = WriteTx(session, actor, clock)
            row = DeskTableRow(id=1, desk_id=desk_id, is_demo=is_demo, wall0=line.wall0, desk0=line.desk0)
            row.speed, row.made = line.speed, clock.now()
            session.add(row)
            tx.event("desk.made", desk_id, {"schema": schema.REVISIONS[-1]})
            tx.finish()
    finally:
        engine.dispose()


def _check(path: Path, *, read_only: bool, busy_ms: int) -> None:
    """Opens nothing that is not a ledger of this version; migrates an older one after a backup."""
    database = connect(path, read_only=read_only, busy_ms=busy_ms)
    try:
        if path.stat().st_size == 0:
            raise LedgerMissing(f"{path} is empty; remove it and run `desk init`")
        number = schema.revision(database, path)
        if number == schema.REVISIONS[-1]:
            schema.assert_expected(database, path)
            return
    finally:
        database.close()
    if read_only:
        raise LedgerReadOnly(
            f"{path} is of an older version (schema {number}); open it once for writing to migrate it"
        )
    from desk.ledger import migrate

    migrate.from_older(path, number)
    _check(path, read_only=False, busy_ms=busy_ms)


@contextmanager
def _in_words(path: Path) -> Iterator[None]:
    """Turns the database's errors into the ledger's, in sentences."""
    try:
        yield
    except PoolTimeout:
        raise LedgerBusy(f"{path} is held by another transaction of this process; try again") from None
    except StatementError as problem:
        original = problem.orig
        if isinstance(original, LedgerError):
            raise original from None
        if not isinstance(problem, DBAPIError) or not isinstance(original, sqlite3.Error):
            raise
        raise _worded(path, original) from problem
    except sqlite3.Error as problem:
        raise _worded(path, problem) from problem
    except UnicodeDecodeError as problem:
        raise LedgerForeign(f"{path} is damaged: {problem}") from problem


def _worded(path: Path, problem: sqlite3.Error) -> LedgerError:
    text = str(problem)
    if NO_TEXT in text:
        return RowUnreadable(ascii(text)[1:101])
    if "locked" in text:
        return LedgerBusy(f"{path} is locked by another process; nothing was written, try again")
    if "disk is full" in text:
        return LedgerFull(f"the disk of {path} is full; nothing was written, make room")
    if "readonly" in text or "read-only" in text:
        return LedgerReadOnly(f"{path} cannot be written: {text}")
    if "unable to open" in text:
        return LedgerReadOnly(f"{path} or its folder cannot be opened: {text}")
    if isinstance(problem, sqlite3.IntegrityError):
        return LedgerRefused(f"the ledger refuses this: {text}")
    if "not a database" in text or "malformed" in text:
        return LedgerForeign(f"{path} is damaged or no database: {text}")
    return LedgerError(f"the ledger failed: {text}")
