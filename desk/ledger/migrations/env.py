"""How alembic reaches the ledger: through the connection it is handed, in the transaction that is already open."""

from __future__ import annotations

from alembic import context

from desk.ledger.metadata import metadata

connection = context.config.attributes.get("connection")
if connection is None:
    raise SystemExit("migrations run through desk.ledger.migrate, which holds the transaction and the backup")
context.configure(connection=connection, target_metadata=metadata(), render_as_batch=True)
context.run_migrations()
