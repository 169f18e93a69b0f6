"""The verdict on one sale: the exchange's own trade file read as plain JSON, and the ledger's file beside it.

No code of the desk runs here, so it cannot agree with itself. Amounts are decimals scaled to satoshis.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from tests.faults.exchange import Line, whole_lines
from tests.faults.ledger_file import FINAL_SALE, LIVE, Rows, query

ENDINGS = {"filled", "cancelled", "expired"}
WITNESSED = {"sent", "unknown"}
PERMITTED = re.compile(
    r"the window ended: ("
    r"an order of \S+ at \S+ is unknown until evidence says more|"
    r"the market at [\d,.]+ is below the floor of [\d,.]+|"
    r"too close to the window's end to send: .+|"
    r"refused: .+|"
    r"the depth left .+|"
    r"catching up with missed time, .+|"
    r"no fresh order book of \S+|"
    r"the (trades|rules) at \S+ could not be compared .+|what \S+ has of this desk could not be compared .+|"
    r"\S+ does not answer|the venue refused a moment ago|"
    r"the daemon was started anew \S+"
    r"); [\d.]+ of [\d.]+ BTC unsold"
)
"""What may keep a rest unsold when its window ends: a bound, the market, the venue, or that no daemon was there."""


@dataclass(frozen=True, slots=True)
class Signed:
    """What people signed, as the campaign asked for it, and when the last signature was given (desk microseconds)."""

    approved: int
    floor: Decimal
    over_us: int
    signed_us: int


@dataclass(slots=True)
class Verdict:
    """What is wrong, in sentences; nothing wrong means that every promise held."""

    problems: list[str] = field(default_factory=list)
    sold: int = 0
    approved: int = 0
    accepted: int = 0
    trades: int = 0
    state: str = ""
    reason: str = ""
    unreadable: int = 0
    """Requests at which the witness could not read the ledger: a dead writer's journal lay beside it."""

    @property
    def is_clean(self) -> bool:
        return not self.problems


def sats(text: str) -> int:
    """Decimal BTC as satoshis; what is finer than one fails."""
    value = Decimal(text).scaleb(8)
    if value != int(value):
        raise ValueError(f"{text} is finer than a satoshi")
    return int(value)


def judge(trade_file: Path, database: Path, sale_id: str, signed: Signed) -> Verdict:
    """Holds one finished sale, alone in its trade file, against every promise."""
    lines = whole_lines(trade_file)
    (sale,) = query(database, "SELECT * FROM sales WHERE id = ?", (sale_id,))
    verdict = Verdict(approved=signed.approved, state=sale["state"], reason=sale["reason"])
    verdict.problems += list(_of_the_file(lines, signed))
    window = (sale["opened"], sale["closes"])
    verdict.problems += list(_of_the_window(lines, window, signed))
    verdict.problems += list(agreement(lines, database, sale_id))
    verdict.problems += list(_of_the_record(lines, database))
    verdict.problems += list(_of_the_witness(trade_file.with_name("witness.jsonl"), lines, verdict))
    traded = [line for line in lines if line["kind"] == "trade"]
    verdict.sold = sum(sats(line["volume"]) for line in traded)
    verdict.trades, verdict.accepted = len(traded), sum(line["kind"] == "accepted" for line in lines)
    verdict.problems += list(_of_the_ending(verdict, database))
    return verdict


def never_too_much(lines: Iterable[Line], approved: int) -> Iterator[str]:
    """Sold, and sold plus resting, at every line: never beyond what was approved; never two orders at once."""
    sold, resting = 0, dict[str, int]()
    for line in lines:
        match line["kind"]:
            case "accepted":
                resting[line["order"]] = sats(line["volume"])
            case "trade":
                sold += sats(line["volume"])
                resting[line["order"]] -= sats(line["volume"])
            case "filled" | "cancelled" | "expired":
                resting.pop(line["order"])
        if sold > approved:
            yield f"line {line['seq']}: {sold} sat sold of {approved} approved"
        if sold + sum(resting.values()) > approved:
            yield f"line {line['seq']}: {sold} sat sold and {sum(resting.values())} live of {approved} approved"
        if len(resting) > 1:
            yield f"line {line['seq']}: {len(resting)} orders live at once"
    if resting:
        yield f"{len(resting)} orders still live at the exchange"


def _of_the_file(lines: Sequence[Line], signed: Signed) -> Iterator[str]:
    yield from never_too_much(lines, signed.approved)
    seen: set[str] = set()
    for place, line in enumerate(lines, start=1):
        if line["seq"] != place:
            yield f"line {place} is numbered {line['seq']}"
        if line["kind"] == "accepted":
            if not line["cl_ord_id"] or line["cl_ord_id"] in seen:
                yield f"line {place}: client order id {line['cl_ord_id']} accepted again, or none"
            seen.add(line["cl_ord_id"])
        if line["kind"] not in {"accepted", "trade"}:
            continue
        if line["side"] != "sell" or line["price"] is None or Decimal(line["price"]) < signed.floor:
            yield f"line {place}: a {line['side']} at {line['price']}, the floor is {signed.floor}"


def _of_the_window(lines: Sequence[Line], window: tuple[int | None, int | None], signed: Signed) -> Iterator[str]:
    opened, closes = window
    if opened is None or closes is None:
        if any(line["kind"] != "opened" for line in lines):
            yield "orders without an opened window"
        return
    if opened < signed.signed_us or closes != opened + signed.over_us:
        yield f"the window {opened}…{closes} is not the one that was signed"
    for line in lines:
        if line["kind"] in {"accepted", "trade"} and not opened <= line["time_us"] < closes:
            yield f"line {line['seq']}: {line['kind']} {(line['time_us'] - closes) / 1e6:+.1f} desk s from the end"
        if line["kind"] in ENDINGS and line["time_us"] >= closes:
            yield f"line {line['seq']}: live until {(line['time_us'] - closes) / 1e6:.1f} desk s after the end"


def agreement(lines: Sequence[Line], database: Path, sale_id: str) -> Iterator[str]:
    """To the satoshi and to the last digit of cost and fee, trade by trade, order by order, and in the totals."""
    (sale,) = query(database, "SELECT * FROM sales WHERE id = ?", (sale_id,))
    theirs = {line["trade"]: line for line in lines if line["kind"] == "trade"}
    ours = {row["trade_id"]: row for row in query(database, "SELECT * FROM fills")}
    for trade in theirs.keys() ^ ours.keys():
        yield f"trade {trade} is only {'at the exchange' if trade in theirs else 'in the ledger'}"
    for trade in theirs.keys() & ours.keys():
        said, kept = theirs[trade], ours[trade]
        if (sats(said["volume"]), said["cl_ord_id"]) != (kept["quantity"], kept["client_order_id"]) or any(
            Decimal(said[name]) != Decimal(kept[name]) for name in ("price", "cost", "fee")
        ):
            yield f"trade {trade} differs between exchange and ledger"
    cost = sum((Decimal(line["cost"]) for line in theirs.values()), Decimal(0))
    fee = sum((Decimal(line["fee"]) for line in theirs.values()), Decimal(0))
    sold = sum(sats(line["volume"]) for line in theirs.values())
    if (sale["filled"], Decimal(sale["proceeds"]), Decimal(sale["fees"])) != (sold, cost, fee):
        totals = f"{sale['filled']} sat, {sale['proceeds']}, {sale['fees']}"
        yield f"the sale's totals are {totals}; traded {sold} sat, {cost}, {fee}"
    if sale["open"] or sale["unknown"]:
        yield f"{sale['open']} sat open and {sale['unknown']} unknown at the end"
    yield from _orders(lines, query(database, "SELECT * FROM orders"))


def _orders(lines: Sequence[Line], rows: Rows) -> Iterator[str]:
    accepted = {line["cl_ord_id"]: line for line in lines if line["kind"] == "accepted"}
    ended = {line["cl_ord_id"]: line for line in lines if line["kind"] in ENDINGS}
    on_record = {row["client_order_id"]: row for row in rows}
    for cid in accepted.keys() - on_record.keys():
        yield f"order {cid} was accepted and is not on record"
    for cid, row in on_record.items():
        if row["state"] in LIVE:
            yield f"order {cid} is still {row['state']}"
        elif cid not in accepted:
            if row["state"] != "refused":
                yield f"order {cid} is {row['state']}, the exchange never accepted it"
        elif cid in ended:
            end = ended[cid]
            if row["state"] != end["kind"] or row["filled"] != sats(end["filled"]):
                kept, said = f"{row['state']}, {row['filled']} sat", f"{end['kind']}, {end['filled']} BTC"
                yield f"order {cid} on record: {kept}; at the exchange: {said}"


def _of_the_record(lines: Sequence[Line], database: Path) -> Iterator[str]:
    """Intent before action: the events `order.sent` come before the exchange accepts; a cancel was asked before."""
    sent = {row["subject"]: row["at"] for row in query(database, "SELECT * FROM events WHERE kind = 'order.sent'")}
    asked = {
        row["client_order_id"]: row["asked"] for row in query(database, "SELECT * FROM cancels ORDER BY id DESC")
    }
    for line in lines:
        cid = line.get("cl_ord_id")
        if line["kind"] == "accepted" and not (cid in sent and sent[cid] <= line["time_us"]):
            yield f"line {line['seq']}: accepted without an event order.sent before it"
        was_asked = cid in asked and asked[cid] <= line["time_us"]
        if line["kind"] == "cancelled" and line["reason"] == "User requested" and not was_asked:
            yield f"line {line['seq']}: cancelled without a cancel on record before it"


def _of_the_witness(file: Path, lines: Sequence[Line], verdict: Verdict) -> Iterator[str]:
    """What the exchange's process read in the database before it acted on each AddOrder."""
    accepted = {line["cl_ord_id"] for line in lines if line["kind"] == "accepted"}
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    notes: list[Mapping[str, str]] = [json.loads(line) for line in text.splitlines()]
    for note in notes:
        if note["state"].startswith("unreadable"):
            verdict.unreadable += 1
        elif note["cl_ord_id"] in accepted and note["state"] not in WITNESSED:
            yield f"order {note['cl_ord_id']} came in while its row was {note['state']}"
    for cid in accepted - {note["cl_ord_id"] for note in notes}:
        yield f"order {cid} was accepted unwitnessed"


def _of_the_ending(verdict: Verdict, database: Path) -> Iterator[str]:
    if verdict.state not in FINAL_SALE:
        yield f"the sale did not end: {verdict.state} ({verdict.reason})"
    short = verdict.approved - verdict.sold
    if verdict.state == "completed":
        if short and "dust" not in verdict.reason:
            yield f"completed with {short} sat unsold: {verdict.reason}"
    elif short and not PERMITTED.search(verdict.reason):
        yield f"{short} sat unsold for a reason that is not permitted: {verdict.state}, {verdict.reason}"
    for row in query(database, "SELECT * FROM alarms WHERE cleared IS NULL"):
        yield f"alarm {row['kind']}: {row['text']}"
