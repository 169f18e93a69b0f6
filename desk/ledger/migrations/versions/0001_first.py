"""The first schema: everything a sale, its permission, its orders, the treasury and the event chain need."""

from __future__ import annotations

from alembic import op

from desk.ledger.schema import snapshot

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Runs the statements as they were written down, whatever the tables are declared as today."""
    for statement in snapshot(revision):
        op.get_bind().exec_driver_sql(statement)
