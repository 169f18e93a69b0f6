"""${message}"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import desk.ledger.types
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    """Also: add the number to desk.ledger.schema.REVISIONS and run desk.ledger.migrations.freeze."""
    ${upgrades if upgrades else "pass"}
