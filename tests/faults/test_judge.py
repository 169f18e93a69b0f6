"""The judge itself: a clean sale made by hand passes, and every broken promise is named."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from tests.faults.exchange import Line
from tests.faults.judge import Signed, Verdict, judge

BTC = 10**8
OPENED, OVER = 1_000_000_000, 600_000_000
SIGNED = Signed(10 * BTC, Decimal(60_000), OVER, OPENED - 1)
TABLES = """
CREATE TABLE sales (id, state, reason, filled, open, unknown, proceeds, fees, opened, closes);
CREATE TABLE orders (client_order_id, state, filled);
CREATE TABLE fills (trade_id, client_order_id, quantity, price, cost, fee);
CREATE TABLE events (seq, at, kind, subject);
CREATE TABLE cancels (id, client_order_id, asked);
CREATE TABLE alarms (kind, text, cleared);
INSERT INTO sales VALUES
    ('S-1', 'completed', 'sold in full', 1000000000, 0, 0, '690000', '690', 1000000000, 1600000000);
INSERT INTO orders VALUES ('aa', 'cancelled', 400000000), ('bb', 'filled', 600000000), ('cc', 'refused', 0);
INSERT INTO fills VALUES
    ('T1', 'aa', 400000000, '69000', '276000', '276'), ('T2', 'bb', 600000000, '69000', '414000', '414');
INSERT INTO events VALUES (1, 1000000010, 'order.sent', 'aa'), (2, 1000000100, 'order.sent', 'bb');
INSERT INTO cancels VALUES (1, 'aa', 1000000040);
"""


def _line(kind: str, cid: str, at: int, **more: str | bool | None) -> Line:
    return {"kind": kind, "order": f"O-{cid}", "cl_ord_id": cid, "time_us": OPENED + at} | more


def _accepted(cid: str, at: int, volume: str) -> Line:
    return _line("accepted", cid, at, side="sell", price="69000", volume=volume)


def _trade(cid: str, trade: str, at: int, volume: str, cost: str, fee: str) -> Line:
    return _line("trade", cid, at, trade=trade, side="sell", price="69000", volume=volume, cost=cost, fee=fee)


class Case:
    """Files of a finished sale that may be spoilt before they are judged."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lines: list[Line] = [
            {"kind": "opened"},
            _accepted("aa", 20, "5"),
            _trade("aa", "T1", 30, "4", "276000", "276"),
            _line("cancelled", "aa", 50, filled="4", reason="User requested"),
            _accepted("bb", 110, "6"),
            _trade("bb", "T2", 110, "6", "414000", "414"),
            _line("filled", "bb", 110, filled="6", reason=None),
        ]
        self.witness = [("aa", "sent"), ("bb", "sent")]
        with closing(sqlite3.connect(self.database)) as connection:
            connection.executescript(TABLES)

    @property
    def database(self) -> Path:
        return self.folder / "desk.db"

    def sql(self, statement: str) -> None:
        with closing(sqlite3.connect(self.database)) as connection:
            connection.execute(statement)
            connection.commit()

    def verdict(self) -> Verdict:
        numbered = [{"seq": place} | line for place, line in enumerate(self.lines, start=1)]
        trade_file = self.folder / "trades.jsonl"
        trade_file.write_text("".join(json.dumps(line) + "\n" for line in numbered))
        notes = [json.dumps({"cl_ord_id": cid, "state": state}) for cid, state in self.witness]
        (self.folder / "witness.jsonl").write_text("\n".join(notes))
        return judge(trade_file, self.database, "S-1", SIGNED)


def _sells_more(case: Case) -> None:
    case.lines[4:6] = [_accepted("bb", 110, "7"), _trade("bb", "T2", 110, "7", "414000", "414")]


def _two_at_once(case: Case) -> None:
    case.lines.insert(3, case.lines.pop(4))


def _same_id_twice(case: Case) -> None:
    case.lines += [_accepted("bb", 120, "0"), _line("cancelled", "bb", 130, filled="0", reason="Immediate or cancel")]


def _stays_open(case: Case) -> None:
    del case.lines[3]


def _below_the_floor(case: Case) -> None:
    case.lines[5]["price"] = "59999.9"


def _buys(case: Case) -> None:
    case.lines[5]["side"] = "buy"


def _late_trade(case: Case) -> None:
    case.lines[5]["time_us"] = OPENED + OVER


def _outlives_the_window(case: Case) -> None:
    case.lines[6]["time_us"] = OPENED + OVER


def _before_intent(case: Case) -> None:
    case.sql("UPDATE events SET at = 1000000021 WHERE subject = 'aa'")


def _unasked_cancel(case: Case) -> None:
    case.sql("DELETE FROM cancels")


def _came_in_as_intent(case: Case) -> None:
    case.witness[1] = ("bb", "intent")


def _unwitnessed(case: Case) -> None:
    del case.witness[0]


def _forgets_a_fill(case: Case) -> None:
    case.sql("DELETE FROM fills WHERE trade_id = 'T1'")


def _invents_a_fill(case: Case) -> None:
    case.sql("INSERT INTO fills VALUES ('T3', 'bb', 1, '69000', '0', '0')")


def _other_fee(case: Case) -> None:
    case.sql("UPDATE fills SET fee = '275.99' WHERE trade_id = 'T1'")


def _wrong_total(case: Case) -> None:
    case.sql("UPDATE sales SET filled = filled - 1")


def _unknown_left(case: Case) -> None:
    case.sql("UPDATE orders SET state = 'unknown' WHERE client_order_id = 'cc'")


def _wrong_end(case: Case) -> None:
    case.sql("UPDATE orders SET state = 'refused' WHERE client_order_id = 'aa'")


def _alarm(case: Case) -> None:
    case.sql("INSERT INTO alarms VALUES ('step.failed', 'a step failed', NULL)")


def _never_ends(case: Case) -> None:
    case.sql("UPDATE sales SET state = 'closing'")


def _short_without_a_reason(case: Case) -> None:
    del case.lines[4:]
    case.sql("UPDATE sales SET state = 'expired', reason = 'no idea'")


def _short_without_any_words(case: Case) -> None:
    del case.lines[4:]
    case.sql("UPDATE sales SET state = 'expired', reason = 'the window ended; 6 of 10 BTC unsold'")


def test_a_clean_sale_passes(tmp_path: Path) -> None:
    verdict = Case(tmp_path).verdict()
    assert verdict.problems == []
    assert (verdict.sold, verdict.accepted, verdict.trades) == (10 * BTC, 2, 2)


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (_sells_more, "1100000000 sat sold of 1000000000 approved"),
        (_two_at_once, "2 orders live at once"),
        (_same_id_twice, "client order id bb accepted again"),
        (_stays_open, "still live at the exchange"),
        (_below_the_floor, "the floor is 60000"),
        (_buys, "a buy at"),
        (_late_trade, "trade +0.0 desk s from the end"),
        (_outlives_the_window, "live until 0.0 desk s after the end"),
        (_before_intent, "accepted without an event order.sent before it"),
        (_unasked_cancel, "cancelled without a cancel on record"),
        (_came_in_as_intent, "order bb came in while its row was intent"),
        (_unwitnessed, "order aa was accepted unwitnessed"),
        (_forgets_a_fill, "trade T1 is only at the exchange"),
        (_invents_a_fill, "trade T3 is only in the ledger"),
        (_other_fee, "trade T1 differs"),
        (_wrong_total, "the sale's totals are 999999999 sat"),
        (_unknown_left, "order cc is still unknown"),
        (_wrong_end, "order aa on record: refused"),
        (_alarm, "alarm step.failed"),
        (_never_ends, "the sale did not end"),
        (_short_without_a_reason, "600000000 sat unsold for a reason that is not permitted"),
        (_short_without_any_words, "600000000 sat unsold for a reason that is not permitted"),
    ],
)
def test_every_broken_promise_is_named(tmp_path: Path, spoil: Callable[[Case], None], named: str) -> None:
    case = Case(tmp_path)
    spoil(case)
    assert any(named in problem for problem in case.verdict().problems)
