"""Whether the ledger and the paper exchange's own trade file agree, to the satoshi: read apart, compared here.

The file is read with nothing but a JSON parser, so that no code of the desk can agree with itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from desk.execution.orders import Order
from desk.ledger import ReadTx, orders
from desk.units import btc_text

_ENDINGS = ("filled", "cancelled", "expired")


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
    """Every execution in the file beside every fill on record: same ids, same satoshis, same cost, same fee.

    And every order: accepted there and on record here, ended there where it is final here, with the same filled.
    """
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
    differences += _order_differences(lines, orders.listed(tx))
    return Agreement(len(theirs), len(ours), tuple(differences))


def _order_differences(lines: list[dict[str, Any]], on_record: list[Order]) -> Iterator[str]:
    accepted = {str(line["cl_ord_id"]): line for line in lines if line["kind"] == "accepted"}
    ended = {str(line["cl_ord_id"]): line for line in lines if line["kind"] in _ENDINGS}
    ours = {order.client_order_id: order for order in on_record}
    for cid in sorted(accepted.keys() - ours.keys()):
        yield f"order {cid} was accepted by the exchange and is not on record"
    for cid, order in sorted(ours.items()):
        if order.venue_order_id is None:
            continue
        if cid not in accepted:
            yield f"order {cid} is on record as placed, and no line of the exchange's file accepts it"
        elif order.state.is_final and cid not in ended:
            yield f"order {cid} is {order.state} on record, and no line of the exchange's file ends it"
        elif order.state.is_final and Decimal(ended[cid]["filled"]).scaleb(8) != order.filled:
            yield f"order {cid} differs: exchange filled {ended[cid]['filled']}, ledger {btc_text(order.filled)}"


def _gaps(lines: list[Mapping[str, object]]) -> list[str]:
    """Lines are numbered from one, so a missing one shows wherever it is."""
    return [
        f"line {expected} of the trade file is missing (found {line.get('seq')})"
        for expected, line in enumerate(lines, start=1)
        if line.get("seq") != expected
    ][:1]
