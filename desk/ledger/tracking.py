"""Which domain rows a transaction changed: temporary triggers note them, whatever statement changed them.

The notes live in the writing connection's own temporary tables and are rolled back with the transaction.
"""

from __future__ import annotations

import sqlite3

from sqlalchemy import Connection

from desk.canonical import Json
from desk.ledger.metadata import domain_tables

_COLUMNS: dict[str, list[str]] = {}


def install(database: sqlite3.Connection) -> None:
    """Prepares a fresh write connection."""
    database.execute(
        "CREATE TEMP TABLE touched (source TEXT NOT NULL, place INTEGER NOT NULL, PRIMARY KEY (source, place))"
    )
    for table in domain_tables():
        _COLUMNS[table.name] = [column.name for column in table.columns]
        for act in ("INSERT", "UPDATE"):
            database.execute(
                f"CREATE TEMP TRIGGER touch_{table.name}_{act.lower()} AFTER {act} ON main.{table.name} "
                f"BEGIN INSERT OR IGNORE INTO touched VALUES ('{table.name}', NEW.rowid); END"
            )


def take(connection: Connection) -> list[Json]:
    """After-images of every row changed since the last call: table and columns exactly as stored."""
    touched = connection.exec_driver_sql("SELECT source, place FROM touched ORDER BY source, place").all()
    images: list[Json] = []
    for source, place in touched:
        columns = _COLUMNS[source]
        listed = ", ".join(f'"{column}"' for column in columns)
        row = connection.exec_driver_sql(f"SELECT {listed} FROM {source} WHERE rowid = ?", (place,)).one()
        images.append({"table": source, "row": dict(zip(columns, row, strict=True))})
    if touched:
        connection.exec_driver_sql("DELETE FROM touched")
    return images


def outstanding(connection: Connection) -> list[str]:
    """The tables with changes that no event explains yet."""
    return [row[0] for row in connection.exec_driver_sql("SELECT DISTINCT source FROM touched")]
