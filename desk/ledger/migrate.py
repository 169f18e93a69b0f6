"""Runs the migrations: atomic, on the record, guards made anew, a backup before anything older is touched."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.pool import StaticPool

from desk.ledger import guards, schema
from desk.ledger.engine import APPLICATION, connect
from desk.ledger.errors import LedgerForeign
from desk.ledger.rewriting import append_rewritten, images

SCRIPTS = Path(__file__).parent / "migrations"


def upgrade(path: Path, scripts: Path = SCRIPTS) -> None:
    """Brings the file to the newest revision in one transaction: all of it, or nothing.

    Rows that a migration rewrites are put on the chain as the event `schema.migrated`, so that the audit knows why.
    """
    database = connect(path)
    database.execute("PRAGMA foreign_keys = OFF")
    engine = create_engine("sqlite://", creator=lambda: database, poolclass=StaticPool)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    try:
        with engine.begin() as connection:
            before = images(database)
            guards.drop(database)
            command.upgrade(configuration(connection, scripts), "head")
            guards.make(database)
            if before:
                append_rewritten(database, before)
            _assert_references(database)
            database.execute(f"PRAGMA application_id = {APPLICATION}")
    finally:
        engine.dispose()
        database.close()


def from_older(path: Path, number: str, scripts: Path = SCRIPTS) -> Path:
    """Migrates a file at revision `number` after copying it; returns where the copy is."""
    kept = schema.backup_name(path, number)
    schema.copy(path, kept)
    upgrade(path, scripts)
    return kept


def configuration(connection: Connection, scripts: Path = SCRIPTS) -> Config:
    """Alembic's settings, which live in the package and in no file."""
    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _assert_references(database: sqlite3.Connection) -> None:
    broken = database.execute("PRAGMA foreign_key_check").fetchall()
    if broken:
        raise LedgerForeign(f"the migration would leave {len(broken)} rows of {broken[0][0]} that refer to nothing")
