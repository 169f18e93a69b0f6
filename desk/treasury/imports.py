"""CSV files into the treasury: everything or nothing, and twice is as good as once (P11).

A plan says what would be written; `desk.ledger.treasury.apply` writes it. Rows that say what is on record already
are counted, not written again; rows that say something else about the same thing become its next version.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from desk.treasury.csv_table import Cells, ImportRefused, Layout, read_rows, refuse_all
from desk.treasury.records import (
    CashBalance,
    Commitment,
    Loan,
    LoanState,
    Milestone,
    MilestoneState,
    MiningDay,
    Place,
    PlaceKind,
    Project,
    Record,
    key_of,
)
from desk.units import Bps, Money, parse_btc

MINING = Layout(
    ("day", "pool", "mined_btc", "source"),
    ("site", "expected_btc", "hashrate_ehs", "power_usd_per_kwh", "source_id", "illustrative"),
)
CAPEX = Layout(
    ("milestone_id", "commitment_id", "commitment", "milestone", "due", "amount", "currency", "state", "source"),
    ("project_id", "project", "vendor", "funded_percent", "illustrative"),
)
LOANS = Layout(
    (
        "loan_id",
        "lender",
        "debt",
        "currency",
        "pledged_btc",
        "initial_ltv_percent",
        "call_ltv_percent",
        "liquidation_ltv_percent",
        "as_of",
        "source",
    ),
    ("accrued_interest", "may_reuse", "maturity", "state", "illustrative"),
)
HOLDINGS = Layout(
    ("kind", "name", "as_of", "source"),
    ("place_id", "btc", "currency", "amount", "loan", "note", "illustrative"),
)
_MOST_PER_DAY = parse_btc("7500")
"""More than the whole network ever mined in a day: satoshis in a BTC column."""
CASH = "cash"


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What a file would change. `digest` is the SHA-256 of its bytes, so the record says which file it was."""

    what: str
    file: str
    digest: str
    new: tuple[Record, ...]
    corrected: tuple[Record, ...]
    unchanged: int

    @property
    def rows(self) -> tuple[Record, ...]:
        return (*self.new, *self.corrected)

    @property
    def sentence(self) -> str:
        """'3 new, 1 corrected, 27 unchanged'."""
        return f"{len(self.new)} new, {len(self.corrected)} corrected, {self.unchanged} unchanged"


def plan(what: str, data: bytes, *, file: str, now: datetime, current: Iterable[Record]) -> ImportPlan:
    """What importing `data` would change. `what`: mining, capex, loans or holdings; `now`: desk time.

    `current` are the statements in force. Raises ImportRefused, naming row and column, and then nothing is planned.
    """
    layout, read = FORMATS[what]
    rows = read_rows(data, layout)
    records = [record for row in rows for record in read(row, now)]
    refuse_all(rows)
    known = {key_of(record): record for record in current}
    stated = _once(what, rows, records, known)
    new = tuple(record for key, record in stated.items() if key not in known)
    corrected = tuple(record for key, record in stated.items() if key in known and known[key] != record)
    digest = hashlib.sha256(data).hexdigest()
    return ImportPlan(what, file, digest, new, corrected, len(stated) - len(new) - len(corrected))


def _once(
    what: str, rows: Sequence[Cells], records: Sequence[Record], known: Mapping[tuple[object, ...], Record]
) -> dict[tuple[object, ...], Record]:
    """The statements by what they are about. Projects and commitments may repeat, but not contradict each other."""
    stated: dict[tuple[object, ...], Record] = {}
    complaints = []
    for record in records:
        key = key_of(record)
        said = stated.setdefault(key, record)
        if said is record:
            continue
        name = " ".join(str(part) for part in key[1:] if part)
        if not isinstance(record, Project | Commitment):
            complaints.append(f"{name} is stated twice in this file; keep one row")
        elif said != record:
            complaints.append(f"{name} is described in two ways in this file")
    complaints += _reused_source_ids(stated.values(), known.values())
    if complaints:
        raise ImportRefused([f"{what}: {line}" for line in complaints])
    return stated


def _reused_source_ids(stated: Iterable[Record], known: Iterable[Record]) -> list[str]:
    """One entry of a pool credits one day: the same id under another day would count the coins twice."""
    owners: dict[tuple[str, str], MiningDay] = {}
    complaints = []
    for record in (*known, *stated):
        if not isinstance(record, MiningDay) or not record.source_id:
            continue
        owner = owners.setdefault((record.pool, record.source_id), record)
        if key_of(owner) != key_of(record):
            complaints.append(
                f"source_id {record.source_id} of {record.pool} stands at {record.day}, but it credits {owner.day}"
            )
    return complaints


def _mining(row: Cells, now: datetime) -> list[Record]:
    day = row.day("day")
    mined = row.btc("mined_btc")
    if day > now.date():
        row.refuse("day", f"is in the future; today is {now.date()} UTC")
    expected = row.btc_or_none("expected_btc")
    for name, sats in (("mined_btc", mined), ("expected_btc", expected)):
        if sats is not None and sats > _MOST_PER_DAY:
            row.refuse(name, "is more than the whole network mines in a day; write BTC, not satoshis")
    return [
        MiningDay(
            day=day,
            pool=row.text("pool"),
            site=row.text("site", empty=True),
            mined=mined,
            expected=expected,
            hashrate_ehs=row.number_or_none("hashrate_ehs"),
            power_price=row.number_or_none("power_usd_per_kwh"),
            source=row.text("source"),
            source_id=row.text("source_id", empty=True),
            is_illustrative=row.flag("illustrative"),
        )
    ]


def _capex(row: Cells, now: datetime) -> list[Record]:
    commitment, illustrative, source = row.id("commitment_id"), row.flag("illustrative"), row.text("source")
    project = row.id("project_id") if row.has("project_id") else commitment
    name = row.text("commitment")
    return [
        Project(project, row.text("project", empty=True) or name, illustrative),
        Commitment(commitment, project, row.text("vendor", empty=True), name, source, illustrative),
        Milestone(
            id=row.id("milestone_id"),
            commitment=commitment,
            name=row.text("milestone"),
            due=row.day("due"),
            amount=row.money("amount"),
            currency=row.currency("currency"),
            state=row.word("state", MilestoneState),
            funded=row.percent("funded_percent") if row.has("funded_percent") else Bps(Decimal(0)),
            source=source,
            is_illustrative=illustrative,
        ),
    ]


def _loans(row: Cells, now: datetime) -> list[Record]:
    initial, call = row.percent("initial_ltv_percent"), row.percent("call_ltv_percent")
    liquidation = row.percent("liquidation_ltv_percent")
    if not row.complaints and not 0 < initial <= call < liquidation:
        row.refuse("call_ltv_percent", "does not fit: initial LTV ≤ call LTV < liquidation LTV, all above zero")
    return [
        Loan(
            id=row.id("loan_id"),
            lender=row.text("lender"),
            debt=row.money("debt"),
            accrued_interest=row.money("accrued_interest") if row.has("accrued_interest") else Money(Decimal(0)),
            currency=row.currency("currency"),
            pledged=row.btc("pledged_btc"),
            initial_ltv=initial,
            call_ltv=call,
            liquidation_ltv=liquidation,
            may_reuse=row.flag("may_reuse"),
            as_of=_past(row, "as_of", now),
            maturity=row.day("maturity") if row.has("maturity") else None,
            state=row.word("state", LoanState, LoanState.OPEN),
            source=row.text("source"),
            is_illustrative=row.flag("illustrative"),
        )
    ]


def _holdings(row: Cells, now: datetime) -> list[Record]:
    if row.texts.get("kind") == CASH:
        return [_cash(row, now)]
    kind = row.word("kind", PlaceKind)
    is_pledged = row.texts.get("kind") == PlaceKind.PLEDGED
    if is_pledged and not row.has("loan"):
        row.refuse("loan", "is missing; pledged coins secure a loan, name it")
    if not is_pledged and row.has("loan"):
        row.refuse("loan", "is only for pledged coins")
    for name in ("currency", "amount"):
        if row.has(name):
            row.refuse(name, "is only for rows of kind cash; coins stand in btc")
    return [
        Place(
            id=row.id("place_id"),
            kind=kind,
            name=row.text("name"),
            sats=row.btc("btc"),
            as_of=_past(row, "as_of", now),
            source=row.text("source"),
            loan=row.id("loan") if is_pledged and row.has("loan") else None,
            note=row.text("note", empty=True),
            is_illustrative=row.flag("illustrative"),
        )
    ]


def _cash(row: Cells, now: datetime) -> CashBalance:
    for name in ("btc", "loan"):
        if row.has(name):
            row.refuse(name, "does not belong to cash; use currency and amount")
    return CashBalance(
        place=row.text("name"),
        currency=row.currency("currency"),
        amount=row.money("amount", signed=True),
        as_of=_past(row, "as_of", now),
        source=row.text("source"),
        note=row.text("note", empty=True),
        is_illustrative=row.flag("illustrative"),
    )


def _past(row: Cells, name: str, now: datetime) -> datetime:
    at = row.moment(name)
    if at > now:
        row.refuse(name, "is in the future; a statement tells what was true")
    return at


FORMATS: Mapping[str, tuple[Layout, Callable[[Cells, datetime], list[Record]]]] = {
    "mining": (MINING, _mining),
    "capex": (CAPEX, _capex),
    "loans": (LOANS, _loans),
    "holdings": (HOLDINGS, _holdings),
}
"""What can be imported, and how its rows are read."""
