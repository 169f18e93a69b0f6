"""Which domain rows a transaction changed: temporary triggers note them, whatever statement changed them.

The notes live in the writing connection's own temporary tables and are rolled back with the transaction.
"""

from __future__ import annotations

import sqlite3

from sqlalchemy import Connection

from desk.canonical import Json
from desk.ledger.metadata import domain_tables

_COLUMNS: dict[str, list[str]] = {}
_IMAGES: dict[str, str] = {}


def install(database: sqlite3.Connection) -> None:
    """Prepares a fresh write connection."""
    database.execute(
        "CREATE TEMP TABLE touched (source TEXT NOT NULL, place INTEGER NOT NULL, PRIMARY KEY (source, place))"
    )
    for table in domain_tables():
        _COLUMNS[table.name] = [column.name for column in table.columns]
        listed = ", ".join(f'"{column}"' for column in _COLUMNS[table.name])
        _IMAGES[table.name] = f"SELECT {listed} FROM {table.name} WHERE rowid = ?"
        for act in ("INSERT", "UPDATE"):
            database.execute(
                f"CREATE TEMP TRIGGER touch_{table.name}_{act.lower()} AFTER {act} ON main.{table.name} "
                f"BEGIN INSERT OR IGNORE INTO touched VALUES ('{table.name}', NEW.rowid); END"
            )


def take(connection: Connection) -> list[Json]:
    """After-images of every row changed since the last call: table and columns exactly as stored."""
    database = _driver(connection)
    touched = database.execute("SELECT source, place FROM touched ORDER BY source, place").fetchall()
    images: list[Json] = []
    for source, place in touched:
        row = database.execute(_IMAGES[source], (place,)).fetchone()
        images.append({"table": source, "row": dict(zip(_COLUMNS[source], row, strict=True))})
    if touched:
        database.execute("DELETE FROM touched")
    return images


def outstanding(connection: Connection) -> list[str]:
    """The tables with changes that no event explains yet."""
    return [row[0] for row in _driver(connection).execute("SELECT DISTINCT source FROM touched")]


def _driver(connection: Connection) -> sqlite3.Connection:
    """SQLite's own connection: several small statements for every event, on the way of every order."""
    driver = connection.connection.dbapi_connection
    if not isinstance(driver, sqlite3.Connection):
        raise TypeError(f"rows are tracked on SQLite connections, not on {type(driver).__name__}")
    return driver
