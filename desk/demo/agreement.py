"""Whether the ledger and the paper exchange's own trade file agree, to the satoshi: read apart, compared here.

The file is read with nothing but a JSON parser, so that no code of the desk can agree with itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from desk.ledger import ReadTx, orders


@dataclass(frozen=True, slots=True)
class Agreement:
    """Trades on either side, and every sentence in which they differ."""

    exchange_trades: int
    ledger_fills: int
    differences: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        return not self.differences and self.exchange_trades == self.ledger_fills


def compare(tx: ReadTx, trade_file: Path) -> Agreement:
    """Every execution in the file beside every fill on record: same ids, same satoshis, same cost, same fee."""
    try:
        lines = [json.loads(line) for line in trade_file.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError) as error:
        return Agreement(0, 0, (f"the trade file cannot be read: {error}",))
    theirs = {str(line["trade"]): line for line in lines if line["kind"] == "trade"}
    ours = {fill.trade_id: fill for fill in orders.fills(tx)}
    differences = list(_gaps(lines))
    for trade_id in sorted(theirs.keys() ^ ours.keys()):
        where = "the ledger" if trade_id in theirs else "the exchange's file"
        differences.append(f"trade {trade_id} is missing in {where}")
    for trade_id in sorted(theirs.keys() & ours.keys()):
        line, fill = theirs[trade_id], ours[trade_id]
        said = (Decimal(line["volume"]).scaleb(8), Decimal(line["cost"]), Decimal(line["fee"]), line["cl_ord_id"])
        kept = (Decimal(fill.quantity), fill.cost, fill.fee, fill.client_order_id)
        if said != kept:
            differences.append(f"trade {trade_id} differs: exchange {said}, ledger {kept}")
    return Agreement(len(theirs), len(ours), tuple(differences))


def _gaps(lines: list[Mapping[str, object]]) -> list[str]:
    """Lines are numbered from one, so a missing one shows wherever it is."""
    return [
        f"line {expected} of the trade file is missing (found {line.get('seq')})"
        for expected, line in enumerate(lines, start=1)
        if line.get("seq") != expected
    ][:1]
