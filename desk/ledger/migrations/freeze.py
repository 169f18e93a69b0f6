"""Writes the declared tables down as the newest revision's snapshot: `python -m desk.ledger.migrations.freeze`.

A snapshot is what a file is compared with at every opening, so that no other version of a library can change what is
expected. A change of a table after the first release is a new revision with a snapshot of its own.
"""

from __future__ import annotations

from desk.ledger import schema

if __name__ == "__main__":
    (schema.SNAPSHOTS / f"{schema.REVISIONS[-1]}.sql").write_text(schema.declared(), encoding="utf-8")
