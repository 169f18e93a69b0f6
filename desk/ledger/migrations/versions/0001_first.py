"""The first schema: everything a sale, its permission, its orders, the treasury and the event chain need."""

from __future__ import annotations

from pathlib import Path

from alembic import op

from desk.ledger.metadata import metadata

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_FROZEN = Path(__file__).with_suffix(".sql")


def upgrade() -> None:
    """Runs the statements as they were frozen, whatever the tables are declared as today."""
    if not _FROZEN.exists():
        metadata().create_all(op.get_bind())
        return
    for statement in _FROZEN.read_text(encoding="utf-8").split(";\n"):
        if statement.strip():
            op.execute(statement)
