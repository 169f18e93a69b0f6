"""The event chain (P5): each event carries the after-image of the rows it explains and its predecessor's hash."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert
from sqlmodel import col, select

from desk.canonical import Json, canonical_bytes, read_canonical
from desk.clock import micros
from desk.ledger.guards import GENESIS
from desk.ledger.tables_control import EventRow

if TYPE_CHECKING:
    from desk.ledger.transactions import ReadTx

_AT_ONCE = 400
"""Subjects asked about in one query; SQLite knows a limit."""


@dataclass(frozen=True, slots=True)
class Head:
    """The newest event: its number (0 where there is none) and hash."""

    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class Event:
    """One event without its after-images; `at` is desk time."""

    seq: int
    at: datetime
    kind: str
    subject: str
    actor: str
    detail: Mapping[str, Json]
    hash: str


def link_hash(seq: int, at: int, kind: str, subject: str, actor: str, detail: str, rows: str, prev: str) -> str:
    """SHA-256 over the canonical JSON of an event; `at` in microseconds, `detail` and `rows` as their stored text."""
    link: dict[str, Json] = {
        "seq": seq,
        "at": at,
        "kind": kind,
        "subject": subject,
        "actor": actor,
        "detail": detail,
        "rows": rows,
        "prev": prev,
    }
    return hashlib.sha256(canonical_bytes(link)).hexdigest()


def append(
    tx: ReadTx,
    *,
    at: datetime,
    kind: str,
    subject: str,
    actor: str,
    detail: Mapping[str, Json],
    rows: list[Json],
) -> Head:
    """Adds the next link inside the caller's transaction. Use `WriteTx.event`, which collects the rows."""
    before = head(tx)
    said, images = canonical_bytes(detail).decode(), canonical_bytes(rows).decode()
    seq = before.seq + 1
    link = link_hash(seq, micros(at), kind, subject, actor, said, images, before.hash)
    values: dict[str, Any] = {"seq": seq, "at": at, "kind": kind, "subject": subject, "actor": actor}
    values |= {"detail": said, "rows": images, "prev": before.hash, "hash": link}
    tx.session.connection().execute(insert(EventRow), values)
    return Head(seq, link)


def head(tx: ReadTx) -> Head:
    """The newest event's number and hash; (0, zeros) in an empty chain."""
    row = tx.session.connection().exec_driver_sql("SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1").first()
    return Head(row[0], row[1]) if row else Head(0, GENESIS)


def listed(
    tx: ReadTx,
    after: int | None = None,
    limit: int | None = None,
    kinds: Iterable[str] | None = None,
    subject: str | None = None,
    *,
    newest_first: bool = False,
    before: int | None = None,
) -> list[Event]:
    """Events in order, those with `seq > after` and `seq < before`; with `newest_first` the newest `limit` of them,
    newest first."""
    wanted = select(EventRow)
    if before is not None:
        wanted = wanted.where(EventRow.seq < before)
    if after is not None:
        wanted = wanted.where(EventRow.seq > after)
    if kinds is not None:
        wanted = wanted.where(col(EventRow.kind).in_(list(kinds)))
    if subject is not None:
        wanted = wanted.where(EventRow.subject == subject)
    wanted = wanted.order_by(col(EventRow.seq).desc() if newest_first else col(EventRow.seq))
    if limit is not None:
        wanted = wanted.limit(limit)
    return [_event(row) for row in tx.session.exec(wanted)]


def said_of(tx: ReadTx, kind: str, subjects: Sequence[str]) -> set[str]:
    """Those of the subjects about which there is an event of this kind; asks for theirs, not for all of its kind."""
    found: set[str] = set()
    for first in range(0, len(subjects), _AT_ONCE):
        some = subjects[first : first + _AT_ONCE]
        wanted = select(EventRow.subject).where(col(EventRow.subject).in_(some), EventRow.kind == kind)
        found.update(tx.session.exec(wanted))
    return found


def _event(row: EventRow) -> Event:
    detail = read_canonical(row.detail.encode())
    if not isinstance(detail, Mapping):
        raise TypeError(f"event {row.seq} has a detail that is no map")
    return Event(row.seq, row.at, row.kind, row.subject, row.actor, detail, row.hash)
