"""What rows of milestones say together of their contracts and projects, and what they may leave out.

A row names its contract in passing. Rows of one contract have to agree; what the file has no column for stays as it
is on record; and the contract's milestones, those on record among them, have to fit its total and its currency.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from desk.treasury.csv_table import Cells
from desk.treasury.layouts.together import Known, Stated, in_force_with, on_record
from desk.treasury.records import Commitment, Milestone, MilestoneState, Project, Record
from desk.units import exact_sum

_OF_PROJECT = {"name": "project", "site": "site", "power_mw": "power_mw", "gpus": "gpus"}
_OF_CONTRACT = {"vendor": "vendor", "contract": "contract", "signed": "signed", "total": "total"}
_SAID_BY_ROWS = {"name": "commitment", "project": "project_id", **_OF_CONTRACT}
_R = TypeVar("_R", Project, Commitment)


@dataclass(frozen=True, slots=True)
class _Row:
    cells: Cells
    project: Project
    contract: Commitment
    milestone: Milestone


@dataclass(slots=True)
class _Told:
    """What the first row of each contract and project said, with its number."""

    contracts: dict[str, tuple[int, Commitment]] = field(default_factory=dict)
    projects: dict[str, tuple[int, Project]] = field(default_factory=dict)


def milestones_together(stated: Stated, known: Known) -> list[Record]:
    """The milestones of a file with their contracts and projects, each said once and as the first row says it."""
    told, found = _Told(), list[Record]()
    rows = [_Row(row, *_kept(row, *_parts(records), known)) for row, records in stated]
    for one in rows:
        number, contract = told.contracts.setdefault(one.contract.id, (one.cells.number, one.contract))
        _agree(one.cells, one.contract, contract, number, _SAID_BY_ROWS)
        number, project = told.projects.setdefault(one.project.id, (one.cells.number, one.project))
        _agree(one.cells, one.project, project, number, _OF_PROJECT)
        if contract.signed is not None and one.milestone.due < contract.signed:
            one.cells.refuse("due", f"is before its contract was signed on {contract.signed}")
        found += [project, contract, one.milestone]
    final = in_force_with(stated, known, Milestone)
    _belong(rows, in_force_with((), known, Milestone), final)
    _fit(rows, told, final)
    return found


def _parts(records: Sequence[Record]) -> tuple[Project, Commitment, Milestone]:
    project, contract, milestone = records
    assert isinstance(project, Project)
    assert isinstance(contract, Commitment)
    assert isinstance(milestone, Milestone)
    return project, contract, milestone


def _kept(
    row: Cells, project: Project, contract: Commitment, milestone: Milestone, known: Known
) -> tuple[Project, Commitment, Milestone]:
    """Fields the file has no column for, as they stand on record; what adds nothing leaves the statement alone."""
    was = on_record(known, Commitment, contract.id)
    if was is not None:
        contract = _completed(row, contract, was, _OF_CONTRACT)
        if "project_id" not in row.texts:
            contract, project = replace(contract, project=was.project), replace(project, id=was.project)
        if replace(contract, source=was.source, is_illustrative=was.is_illustrative) == was:
            contract = was
    built = on_record(known, Project, project.id)
    if built is not None:
        project = _completed(row, project, built, _OF_PROJECT)
        if replace(project, is_illustrative=built.is_illustrative) == built:
            project = built
    return project, contract, milestone


def _completed(row: Cells, said: _R, was: _R, columns: Mapping[str, str]) -> _R:
    kept: dict[str, Any] = {name: getattr(was, name) for name, column in columns.items() if column not in row.texts}
    return replace(said, **kept)


def _agree(row: Cells, said: _R, first: _R, number: int, columns: Mapping[str, str]) -> None:
    """Notes where a row describes a contract or project otherwise than row `number`; sources may differ."""
    for name, column in columns.items():
        if getattr(said, name) != getattr(first, name):
            row.refuse(column, f"is not what row {number} says: {first.id} is described in two ways in this file")


def _belong(rows: Sequence[_Row], before: Mapping[str, Milestone], final: Mapping[str, Milestone]) -> None:
    """Notes a milestone that changes its contract, and a contract whose milestones are not all in one currency."""
    for one in rows:
        was = before.get(one.milestone.id)
        if was is not None and was.commitment != one.contract.id:
            one.cells.refuse("commitment_id", f"does not fit: on record {was.id} belongs to {was.commitment}")
        others = {m.currency for m in final.values() if m.commitment == one.contract.id and _counts(m)}
        if others - {one.milestone.currency}:
            words = (
                f"is not the only currency of {one.contract.id}: {', '.join(sorted(others))}; make it two contracts"
            )
            one.cells.refuse("currency", words)


def _fit(rows: Sequence[_Row], told: _Told, final: Mapping[str, Milestone]) -> None:
    """Notes the row with which a contract's milestones go beyond its total; the record's count before the file's."""
    in_file = {one.milestone.id for one in rows}
    sums = {
        ref: exact_sum(
            [m.amount for m in final.values() if m.commitment == ref and m.id not in in_file and _counts(m)]
        )
        for ref in told.contracts
    }
    for one in rows:
        ref, total = one.contract.id, told.contracts[one.contract.id][1].total
        before = sums[ref]
        sums[ref] = after = exact_sum([before, one.milestone.amount]) if _counts(one.milestone) else before
        if total is None:
            continue
        if before > total and told.contracts[ref][0] == one.cells.number:
            one.cells.refuse("total", f"is below {before}, what the other milestones of {ref} come to on record")
        elif after > total >= before:
            one.cells.refuse("amount", f"brings the milestones of {ref} to {after}, above its total of {total}")


def _counts(milestone: Milestone) -> bool:
    return milestone.state is not MilestoneState.DROPPED
