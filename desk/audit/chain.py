"""Walks the event chain and takes from its after-images what every row ought to be (P5)."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from desk.canonical import CanonicalRefused
from desk.ledger.events import Head, link_hash
from desk.ledger.guards import GENESIS
from desk.ledger.metadata import domain_tables, key_of

Key = tuple[Any, ...]
"""The values of a row's key columns."""


@dataclass(frozen=True, slots=True)
class Break:
    """One place where the record does not hold. `seq` is the event it lies at, None where no event knows it."""

    table: str
    key: str
    column: str
    seq: int | None
    text: str

    def __str__(self) -> str:
        where = f"{self.table} {self.key}".strip()
        column = f", {self.column}" if self.column else ""
        event = f" (event {self.seq})" if self.seq is not None else " (on no event)"
        return f"{where}{column}{event}: {self.text}"


@dataclass(frozen=True, slots=True)
class Image:
    """A row as the newest event about it left it."""

    row: dict[str, Any]
    seq: int


@dataclass(slots=True)
class Walk:
    """What one walk from the first to the last event found. `hashes[seq]` is each event's stored hash."""

    head: Head
    hashes: dict[int, str] = field(default_factory=dict)
    rows: dict[tuple[str, Key], Image] = field(default_factory=dict)
    breaks: list[Break] = field(default_factory=list)

    @property
    def events(self) -> int:
        return len(self.hashes)


def walk(database: sqlite3.Connection) -> Walk:
    """Checks every link and collects the after-images, newest last."""
    done = Walk(Head(0, GENESIS))
    keys = {table.name: key_of(table) for table in domain_tables()}
    suspect: Break | None = None
    for link in _links(database):
        seq, previous, stored = link[0], link[7], link[8]
        if suspect is not None:
            done.breaks.append(_narrowed(suspect, previous, done.head.hash))
            suspect = None
        if seq != done.head.seq + 1:
            text = f"event {done.head.seq + 1} is missing: the next one is {seq}"
            done.breaks.append(Break("events", str(done.head.seq + 1), "seq", done.head.seq + 1, text))
        elif previous != done.head.hash:
            text = "it does not name the event before it"
            done.breaks.append(Break("events", str(seq), "prev", seq, text))
        if _computed(link) != stored:
            suspect = Break("events", str(seq), "hash", seq, "its content and its hash do not fit")
        done.hashes[seq], done.head = stored, Head(seq, stored)
        _collect(done, seq, link[2], link[6], keys)
    if suspect is not None:
        done.breaks.append(suspect)
    return done


def _links(database: sqlite3.Connection) -> Iterator[tuple[Any, ...]]:
    yield from database.execute(
        "SELECT seq, at, kind, subject, actor, detail, rows, prev, hash FROM events ORDER BY seq"
    )


def _computed(link: tuple[Any, ...]) -> str:
    seq, at, kind, subject, actor, detail, rows, previous, _ = link
    try:
        return link_hash(seq, at, kind, subject, actor, detail, rows, previous)
    except CanonicalRefused:
        return ""


def _narrowed(suspect: Break, named_by_next: str, stored: str) -> Break:
    """The next event remembers the hash: if it agrees with what is stored, it was the content that was changed."""
    if named_by_next == stored:
        text = "its content was changed: it does not fit its hash, which the next event confirms"
        return Break(suspect.table, suspect.key, "content", suspect.seq, text)
    return Break(suspect.table, suspect.key, "hash", suspect.seq, "its hash was changed")


def _collect(done: Walk, seq: int, kind: str, rows: Any, keys: dict[str, tuple[str, ...]]) -> None:
    try:
        for image in json.loads(rows):
            table, row = image["table"], image["row"]
            if table in keys:
                key = tuple(row[name] for name in keys[table])
                _check_again(done, table, key, row, seq, is_migration=kind == "schema.migrated")
                done.rows[table, key] = Image(row, seq)
    except (ValueError, TypeError, KeyError) as problem:
        text = f"its after-images cannot be read: {problem!r}"
        done.breaks.append(Break("events", str(seq), "rows", seq, text))


def _check_again(done: Walk, table: str, key: Key, row: dict[str, Any], seq: int, *, is_migration: bool) -> None:
    """A later image may not say otherwise of what never changes: whoever appends events cannot rewrite a fill."""
    earlier = done.rows.get((table, key))
    if earlier is None or is_migration:
        return
    info = _INFO[table]
    fixed = row.keys() if info["immutable"] else info["fixed"]
    for column in fixed:
        if row.get(column) != earlier.row.get(column):
            text = (
                f"a later event changes what never changes, from {earlier.row.get(column)!r} to {row.get(column)!r}"
            )
            done.breaks.append(Break(table, "/".join(map(str, key)), column, seq, text[:300]))


_INFO = {table.name: table.info for table in domain_tables()}
