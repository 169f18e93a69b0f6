"""The whole chain as text that anybody can verify with a JSON parser and SHA-256."""

from __future__ import annotations

from collections.abc import Iterator

from sqlmodel import col, select

from desk.canonical import canonical_bytes
from desk.clock import micros
from desk.ledger.tables_control import EventRow
from desk.ledger.transactions import ReadTx


def links(tx: ReadTx, after: int = 0, limit: int = 500) -> Iterator[tuple[int, str]]:
    """(number, canonical JSON) of the events after `after`: everything their hash covers, and the hash.

    Without `hash` the object's canonical bytes are what was hashed; `at` is microseconds, `detail` and `rows` text.
    """
    wanted = select(EventRow).where(EventRow.seq > after).order_by(col(EventRow.seq)).limit(limit)
    for row in tx.session.exec(wanted):
        yield (
            row.seq,
            canonical_bytes(
                {
                    "seq": row.seq,
                    "at": micros(row.at),
                    "kind": row.kind,
                    "subject": row.subject,
                    "actor": row.actor,
                    "detail": row.detail,
                    "rows": row.rows,
                    "prev": row.prev,
                    "hash": row.hash,
                }
            ).decode(),
        )
