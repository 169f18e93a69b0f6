"""What a migration did to the rows: compared before and after, and put on the chain."""

from __future__ import annotations

import sqlite3
from typing import Any

from desk.canonical import Json, canonical_bytes
from desk.clock import DeskTime, LiveClock, from_micros, micros
from desk.ledger.events import link_hash
from desk.ledger.metadata import EVENTS

Images = dict[tuple[str, tuple[Any, ...]], dict[str, Any]]
"""Table and key to the row as stored."""


def images(database: sqlite3.Connection) -> Images:
    """Every domain row of a file, whatever revision it is at; empty for a new file."""
    found: Images = {}
    names = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    for (table,) in names:
        if table in (EVENTS, "alembic_version") or table.startswith(("live_", "sqlite_")):
            continue
        described = database.execute(f"PRAGMA table_info({table})").fetchall()
        columns = [column[1] for column in described]
        key = [column[1] for column in sorted(described, key=lambda one: one[5]) if column[5]]
        listed = ", ".join(f'"{name}"' for name in columns)
        for values in database.execute(f"SELECT {listed} FROM {table}"):
            row = dict(zip(columns, values, strict=True))
            found[table, tuple(row[name] for name in key)] = row
    return found


def append_rewritten(database: sqlite3.Connection, before: Images) -> None:
    """Puts every row that is not what it was `before` on the chain, as one event by `migration`."""
    rows: list[Json] = [
        {"table": table, "row": row}
        for (table, key), row in images(database).items()
        if before.get((table, key)) != row
    ]
    (number,) = database.execute("SELECT version_num FROM alembic_version").fetchone()
    wall0, desk0, speed = database.execute("SELECT wall0, desk0, speed FROM desk").fetchone()
    at = micros(LiveClock(DeskTime(from_micros(wall0), from_micros(desk0), speed)).now())
    head, previous = database.execute("SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1").fetchone()
    detail, said = canonical_bytes({"schema": number}).decode(), canonical_bytes(rows).decode()
    link = (head + 1, at, "schema.migrated", number, "migration", detail, said, previous)
    database.execute(
        "INSERT INTO events (seq, at, kind, subject, actor, detail, rows, prev, hash) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*link, link_hash(*link)),
    )
