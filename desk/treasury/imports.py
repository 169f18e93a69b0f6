"""CSV files and workbooks into the treasury: everything or nothing, and twice is as good as once (P11).

A plan says what would be written; `desk.ledger.treasury.apply` writes it. Rows that say what is on record already
are counted, not written again; rows that say something else about the same thing become its next version.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches

from desk.treasury.cash_records import Allocation, CashActual, Covenant, Flow
from desk.treasury.coin_records import Explanation, LotPick, Mark, PayOut, Receipt, ReliefRule, Transfer
from desk.treasury.csv_table import Cells, ImportRefused, Layout, Numbered, csv_rows, read_rows, refuse_all
from desk.treasury.cutover import contradictions
from desk.treasury.layouts import (
    allocations,
    capex,
    cash,
    choices,
    coins,
    contracts,
    explanations,
    holdings,
    loans,
    mining,
)
from desk.treasury.layouts.together import Settle
from desk.treasury.records import (
    CashBalance,
    Commitment,
    CostFigure,
    Loan,
    Milestone,
    MiningDay,
    NetworkDay,
    Place,
    Project,
    PublishedMonth,
    Record,
    is_of_now,
    key_of,
    moment_of,
)
from desk.treasury.restating import Change, changes
from desk.treasury.workbook import is_workbook, sheets

NO_SETTLES: Mapping[str, Settle] = {}


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of table: its columns, what its rows say, and which kinds of statement those are.

    `settle` says what they say together, held against the record; for that it looks at kinds `beside` its own, too.
    """

    layout: Layout
    read: Callable[[Cells, datetime], list[Record]]
    kinds: tuple[type[Record], ...]
    settle: Settle | None = None
    beside: tuple[type[Record], ...] = ()
    amends: bool = False
    """Whether its rows add to what an earlier table of the file states, instead of standing beside it."""


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What a file would change. `digest` is the SHA-256 of its bytes, so the record says which file it was.

    `restated` says of every corrected statement what it says otherwise, field by field.
    """

    what: str
    file: str
    digest: str
    new: tuple[Record, ...]
    corrected: tuple[Record, ...]
    unchanged: int
    restated: tuple[Change, ...] = ()
    late: tuple[Record, ...] = ()
    """Of the corrected ones, those of an earlier moment than what is known: kept, and nothing changes by them."""

    @property
    def late_sentences(self) -> tuple[str, ...]:
        """'vault: of 2026-09-01 00:00 UTC, before what is known; kept, and the later one holds'."""
        return tuple(
            f"{' '.join(str(part) for part in key_of(one)[1:])}: of {moment_of(one):%Y-%m-%d %H:%M} UTC, before what "
            "is known; kept, and the later one holds"
            for one in self.late
        )

    @property
    def rows(self) -> tuple[Record, ...]:
        return (*self.new, *self.corrected)

    @property
    def counts(self) -> dict[str, int]:
        """How many statements are new, replace another, or stand there already."""
        return {"new": len(self.new), "corrected": len(self.corrected), "unchanged": self.unchanged}

    @property
    def kinds(self) -> dict[str, tuple[int, int]]:
        """What is new and what is corrected, by kind of statement in people's words."""
        found: dict[str, tuple[int, int]] = {}
        for rows, step in ((self.new, (1, 0)), (self.corrected, (0, 1))):
            for row in rows:
                new, corrected = found.get(words := _CALLED[type(row)], (0, 0))
                found[words] = (new + step[0], corrected + step[1])
        return found

    @property
    def sentence(self) -> str:
        """'3 new, 1 corrected, 27 unchanged'."""
        return f"{len(self.new)} new, {len(self.corrected)} corrected, {self.unchanged} unchanged"


def plan(
    what: str,
    data: bytes,
    *,
    file: str,
    now: datetime,
    current: Iterable[Record],
    settles: Mapping[str, Settle] = NO_SETTLES,
) -> ImportPlan:
    """What importing `data` would change. `what`: a noun like mining or holdings; `now`: desk time.

    The header says which of the noun's tables a CSV file is; a workbook's sheets are named after them. `current` are
    the statements in force. Raises ImportRefused, naming sheet, row and column, and then nothing is planned.
    """
    tables, complaints = _tables(what, data)
    rows: list[Cells] = []
    said = []
    for one in tables:
        found = _rows_of(one, complaints)
        rows += found
        read = [(row, one.format.read(row, now)) for row in found if not row.complaints]
        said.append((one.format, settles.get(one.name, one.format.settle), read))
    refuse_all(rows, complaints)
    on_record = list(current)
    known = {key_of(record): record for record in on_record}
    moments = {(key_of(record), moment_of(record)): record for record in on_record}
    records: list[Record] = []
    for made, settle, read in said:
        settled = settle(read, known | {key_of(one): one for one in records}) if settle else _flat(read)
        if made.amends:
            amended = {key_of(one) for one in settled}
            records = [one for one in records if key_of(one) not in amended]
        records += settled
    refuse_all(rows)
    if len(tables) > 1 and (told := contradictions(records)):
        raise ImportRefused(told)
    stated = _once(what, rows, records, known)
    new = tuple(record for key, record in stated.items() if key not in known)
    corrected = tuple(
        record for key, record in stated.items() if key in known and moments.get((key, moment_of(record))) != record
    )
    late = tuple(record for record in corrected if not is_of_now(record, known[key_of(record)]))
    restated = tuple(
        change for record in corrected if record not in late for change in changes(known[key_of(record)], record)
    )
    digest = hashlib.sha256(data).hexdigest()
    return ImportPlan(what, file, digest, new, corrected, len(stated) - len(new) - len(corrected), restated, late)


def _rows_of(table: _Table, complaints: list[str]) -> list[Cells]:
    """The table's rows; where it is no such table that is noted, so that the other sheets are looked at, too."""
    try:
        return read_rows(table.rows, table.format.layout, table.sheet)
    except ImportRefused as problem:
        complaints += problem.lines
        return []


def _flat(said: Iterable[tuple[Cells, list[Record]]]) -> list[Record]:
    return [record for _, records in said for record in records]


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


@dataclass(frozen=True, slots=True)
class _Table:
    """One table in a file: its noun, name and format, the name of its sheet ("" in CSV), and its rows."""

    noun: str
    name: str
    format: Format
    sheet: str
    rows: Numbered


def nouns(what: str, data: bytes) -> tuple[str, ...]:
    """The nouns whose statements a file is about: `what`, and for a workbook those of its sheets."""
    return tuple(dict.fromkeys((what, *(one.noun for one in _tables(what, data)[0]))))


def _tables(what: str, data: bytes) -> tuple[list[_Table], list[str]]:
    """The tables in the order of FORMATS, so that a sheet may refer to what an earlier one states; and what is wrong
    with the sheets as such."""
    if not is_workbook(data):
        found = csv_rows(data)
        noun, name, made = _by_header(what, found[0][1] if found else ())
        return [_Table(noun, name, made, "", found)], []
    order = [(noun, name, made) for noun, tables in FORMATS.items() for name, made in tables.items()]
    names = [name for _, name, _ in order]
    opened = sheets(data)
    complaints = [line for sheet in opened for line in sheet.complaints]
    kept = {sheet.name.strip().lower(): sheet for sheet in opened if len(sheet.rows) > 1}
    if not kept and not complaints:
        raise ImportRefused(["no sheet has a row under its header; `desk holdings template FILE` writes them"])
    complaints += [f"sheet {kept[name].name}: {_did_you_mean(name, names)}" for name in kept if name not in names]
    tables = [
        _Table(noun, name, made, kept[name].name, kept[name].rows) for noun, name, made in order if name in kept
    ]
    return tables, complaints


def _did_you_mean(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name.lower(), list(known), n=1, cutoff=0.5)
    return f"did you mean {close[0]}?" if close else f"is not known; sheets are {', '.join(known)}"


def _by_header(what: str, header: Sequence[str]) -> tuple[str, str, Format]:
    """The table that knows most of the columns; of those, one whose required columns are all there."""
    names = {cell.strip() for cell in header}
    tables = [(what, name, made) for name, made in FORMATS[what].items()]
    tables += [(noun, name, FORMATS[noun][name]) for noun, name in _ALSO.get(what, ())]

    def fit(one: tuple[str, str, Format]) -> tuple[int, bool]:
        layout = one[2].layout
        return len(names & set(layout.all)), set(layout.required) <= names

    return max(tables, key=fit)


FORMATS: Mapping[str, Mapping[str, Format]] = {
    "mining": {
        "days": Format(mining.DAYS, mining.day, (MiningDay,), mining.days_together),
        "operations": Format(
            mining.OPERATIONS, mining.operation, (MiningDay,), mining.operations_together, amends=True
        ),
        "network": Format(mining.NETWORK, mining.network_day, (NetworkDay,)),
        "costs": Format(mining.COSTS, mining.cost, (CostFigure,)),
        "months": Format(mining.MONTHS, mining.month, (PublishedMonth,)),
    },
    "loans": {
        "loans": Format(loans.LOANS, loans.loan, (Loan,)),
        "covenants": Format(loans.COVENANTS, loans.covenant, (Covenant,), loans.covenants_together, (Loan,)),
    },
    "capex": {
        "milestones": Format(
            capex.MILESTONES, capex.milestone, (Project, Commitment, Milestone), contracts.milestones_together
        ),
        "allocations": Format(
            allocations.ALLOCATIONS,
            allocations.allocation,
            (Allocation,),
            allocations.allocations_together,
            (Milestone, Loan),
        ),
    },
    "holdings": {
        "balances": Format(holdings.BALANCES, holdings.balance, (Place, CashBalance)),
        "lots": Format(coins.LOTS, coins.lot, (Receipt,), coins.lots_together, (MiningDay,)),
        "transfers": Format(coins.TRANSFERS, coins.transfer, (Transfer,), coins.transfers_together),
        "payouts": Format(coins.PAYOUTS, coins.payout, (PayOut,)),
        "marks": Format(choices.MARKS, choices.mark, (Mark,)),
        "relief": Format(choices.RELIEF, choices.rule, (ReliefRule,)),
        "picks": Format(choices.PICKS, choices.pick, (LotPick,)),
    },
    "plan": {
        "flows": Format(cash.FLOWS, cash.flow, (Flow,)),
        "actuals": Format(cash.ACTUALS, cash.actual, (CashActual,), cash.actuals_together, (Flow, Milestone, Loan)),
    },
    "books": {
        "explanations": Format(
            explanations.EXPLANATIONS, explanations.explanation, (Explanation,), explanations.settled_by((), date.min)
        ),
    },
}
"""What can be imported under each noun, by the name of the table."""

_ALSO: Mapping[str, Sequence[tuple[str, str]]] = {"books": (("mining", "months"),)}
"""Tables of another noun that a CSV file may be, too: what was published is held against the books."""

_CALLED: Mapping[type, str] = {
    Allocation: "allocations",
    CashActual: "actuals",
    CashBalance: "cash balances",
    Commitment: "commitments",
    CostFigure: "costs",
    Covenant: "covenants",
    Explanation: "explanations",
    Flow: "flows",
    Loan: "loans",
    LotPick: "picks",
    Mark: "marks",
    Milestone: "milestones",
    MiningDay: "mining days",
    NetworkDay: "network days",
    PayOut: "payouts",
    Place: "balances of coins",
    Project: "projects",
    PublishedMonth: "months",
    Receipt: "lots",
    ReliefRule: "relief",
    Transfer: "transfers",
}
"""What an import calls its statements."""
