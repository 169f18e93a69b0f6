"""The ledger of a simulated desk: the real schema, guards and stores over one connection that is called at once.

The campaign keeps the database in memory. A copy in a file, with every commit synced, is what some seeds use instead.
"""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import StaticPool
from sqlmodel import Session

from desk.clock import Clock, ManualClock
from desk.ledger import Ledger, LedgerThread, ReadTx, WriteTx, tracking
from tests.faults.simulated.timeline import START

T = TypeVar("T")
Point = Callable[[str], Awaitable[None]]


def template(folder: Path) -> Path:
    """A new desk's database, made once."""
    path = folder / "new.db"
    Ledger.create(f"sqlite:///{path}", clock=ManualClock(START), desk_id="d" * 32).close()
    return path


class _LazyTx(ReadTx):
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._session: Session | None = None

    @property
    def session(self) -> Session:  # type: ignore[override]
        if self._session is None:
            self._session = Session(self._engine, autoflush=False)
        return self._session

    def close(self) -> None:
        if self._session is not None:
            self._session.close()


class MemoryLedger(Ledger):
    """A ledger in memory; `renew` makes it that of a new desk, without building engines and statements again."""

    def __init__(self, new_desk: Path) -> None:
        self.path = new_desk
        self.read_only = False
        self.raw = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False, cached_statements=512)
        self._new_desk = sqlite3.connect(new_desk)
        self._new_desk.backup(self.raw)
        for pragma in ("foreign_keys = ON", "temp_store = MEMORY", "trusted_schema = OFF"):
            self.raw.execute(f"PRAGMA {pragma}")
        tracking.install(self.raw)
        self._writer = self._reader = _engine(self.raw)
        self._watch, self._watch_lock = self.raw, threading.Lock()
        self._desk = self._read_desk()

    def renew(self) -> None:
        self._new_desk.backup(self.raw)
        self.raw.execute("DELETE FROM touched")

    @contextmanager
    def read(self) -> Iterator[ReadTx]:
        """A view that takes a session only if something is asked of it: most of it is remembered."""
        tx = _LazyTx(self._reader)
        try:
            yield tx
        finally:
            tx.close()


class FileLedger(Ledger):
    """A ledger in a file of its own, as the daemon has it: every commit is synced."""

    def __init__(self, new_desk: Path, folder: Path) -> None:
        super().__init__(Path(shutil.copy(new_desk, folder / "desk.db")), read_only=False, busy_ms=1_000)
        self.raw = sqlite3.connect(self.path, isolation_level=None)

    def close(self) -> None:
        self.raw.close()
        super().close()


class DirectLedger(LedgerThread):
    """Runs transactions where they are awaited; each is a point to die, stall or be overtaken at."""

    def __init__(self, ledger: Ledger, clock: Clock, point: Point) -> None:
        self.ledger = ledger
        self._clock = clock
        self._point = point

    async def write(self, fn: Callable[[WriteTx], T], *, actor: str) -> T:
        await self._point("before a commit")
        with self.ledger.write(actor=actor, clock=self._clock) as tx:
            value = fn(tx)
        await self._point("after a commit")
        return value

    async def write_within(self, fn: Callable[[WriteTx], T], *, actor: str, within_s: float) -> T:
        """Who stands still here does not see time pass either."""
        return await self.write(fn, actor=actor)

    async def read_within(self, fn: Callable[[ReadTx], T], *, within_s: float) -> T:
        return await self.read(fn)

    @property
    def waits_s(self) -> float:
        return 0.0

    async def read(self, fn: Callable[[ReadTx], T]) -> T:
        await self._point("before a read")
        with self.ledger.read() as tx:
            return fn(tx)

    def close(self) -> None:
        return None


def _engine(raw: sqlite3.Connection) -> Engine:
    engine = create_engine("sqlite://", creator=lambda: raw, poolclass=StaticPool)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine
