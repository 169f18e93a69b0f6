"""Every table of the ledger in one place: importing this module declares them all."""

from __future__ import annotations

from sqlalchemy import MetaData, Table

import desk.ledger.tables_control
import desk.ledger.tables_live
import desk.ledger.tables_treasury  # noqa: F401
from desk.ledger.tables import Row

EVENTS = "events"


def metadata() -> MetaData:
    """The declared schema, without the guards."""
    return Row.metadata


def tables() -> list[Table]:
    """Every table, parents before children."""
    return list(Row.metadata.sorted_tables)


def domain_tables() -> list[Table]:
    """The tables whose every change is on the record, the chain itself aside."""
    return [table for table in tables() if table.info["domain"] and table.name != EVENTS]


def key_of(table: Table) -> tuple[str, ...]:
    """The names of the key columns, in order."""
    return tuple(column.name for column in table.primary_key.columns)
