"""Why a sale fell short, from the record: what held its orders back, and how long lost requests kept it waiting."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from tests.faults.ledger_file import query

_PROVEN = ("order.refused", "order.filled", "order.cancelled", "order.expired")
_LONG_S = 10.0


def causes(database: Path, speed: int) -> str:
    """Holds by kind, and wall seconds in which an order was on its way, unproven for more than ten of them."""
    held: Counter[str] = Counter()
    sent: dict[str, int] = {}
    waited_s = 0.0
    for event in query(database, "SELECT at, kind, subject, detail FROM events ORDER BY seq"):
        if event["kind"] == "sale.held":
            held[str(json.loads(event["detail"]).get("by", "?"))] += 1
        elif event["kind"] == "order.sent":
            sent[event["subject"]] = event["at"]
        elif event["kind"] in _PROVEN and event["subject"] in sent:
            took_s = (event["at"] - sent.pop(event["subject"])) / speed / 1e6
            waited_s += took_s if took_s > _LONG_S and event["kind"] == "order.refused" else 0.0
    words = [f"{name} {count}" for name, count in held.most_common()]
    return f"held by {', '.join(words) or 'nothing'}; {waited_s:.0f} s in quarantine"
