"""CSV files into the treasury: everything or nothing, and twice is as good as once (P11).

A plan says what would be written; `desk.ledger.treasury.apply` writes it. Rows that say what is on record already
are counted, not written again; rows that say something else about the same thing become its next version.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from desk.treasury.csv_table import Cells, ImportRefused, Layout, header_of, read_rows, refuse_all
from desk.treasury.layouts import capex, holdings, loans, mining
from desk.treasury.records import (
    CashBalance,
    Commitment,
    Loan,
    Milestone,
    MiningDay,
    Place,
    Project,
    Record,
    key_of,
)


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of table: its columns, what its rows say, and which kinds of statement those are."""

    layout: Layout
    read: Callable[[Cells, datetime], list[Record]]
    kinds: tuple[type[Record], ...]


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
    """What importing `data` would change. `what`: a noun like mining or holdings; `now`: desk time.

    The header says which of the noun's tables it is. `current` are the statements in force. Raises ImportRefused,
    naming row and column, and then nothing is planned.
    """
    made = format_of(what, data)
    rows = read_rows(data, made.layout)
    records = [record for row in rows for record in made.read(row, now)]
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


def format_of(what: str, data: bytes) -> Format:
    """The table of this noun that has the most columns in common with the header of `data`."""
    names = set(header_of(data))
    return max(FORMATS[what].values(), key=lambda one: len(names & set(one.layout.all)))


FORMATS: Mapping[str, Mapping[str, Format]] = {
    "mining": {
        "days": Format(mining.DAYS, mining.day, (MiningDay,)),
    },
    "capex": {
        "milestones": Format(capex.MILESTONES, capex.milestone, (Project, Commitment, Milestone)),
    },
    "loans": {
        "loans": Format(loans.LOANS, loans.loan, (Loan,)),
    },
    "holdings": {
        "balances": Format(holdings.BALANCES, holdings.balance, (Place, CashBalance)),
    },
}
"""What can be imported under each noun, by the name of the table."""
