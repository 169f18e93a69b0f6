"""What a store is handed: a transaction, with the one way of putting an event on the record."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlmodel import Session

from desk.canonical import Json
from desk.clock import Clock
from desk.ledger import events, tracking
from desk.ledger.errors import Unexplained


class ReadTx:
    """One consistent view of the ledger; keep it for no longer than 50 ms."""

    def __init__(self, session: Session) -> None:
        self.session = session


class WriteTx(ReadTx):
    """One transaction that becomes durable as a whole or not at all. `actor` is who is acting."""

    def __init__(self, session: Session, actor: str, clock: Clock) -> None:
        super().__init__(session)
        self.actor = actor
        self.clock = clock

    @property
    def now(self) -> datetime:
        """Desk time."""
        return self.clock.now()

    def event(self, kind: str, subject: str, detail: Mapping[str, Json] | None = None) -> int:
        """Appends one event explaining every domain row changed since the last one; returns its number.

        Amounts and prices in `detail` are text, satoshis integers; floats are refused.
        """
        self.session.flush()
        rows = tracking.take(self.session.connection())
        said = detail or {}
        head = events.append(self, at=self.now, kind=kind, subject=subject, actor=self.actor, detail=said, rows=rows)
        return head.seq

    def finish(self) -> None:
        """Before the commit: everything is written, and every change is explained. Raises Unexplained."""
        self.session.flush()
        left = tracking.outstanding(self.session.connection())
        if left:
            raise Unexplained(f"rows of {', '.join(left)} changed without an event; nothing was written (P5)")
