"""`desk capex`: projects, commitments and milestones with what is paid, set aside and still to fund."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from desk.cli.capex_words import (
    allocation_rows,
    commitment_head,
    commitment_rows,
    milestone_facts,
    project_rows,
    total_rows,
)
from desk.cli.failures import not_found
from desk.cli.session import Session, emit_json, json_option, pass_session
from desk.cli.table import say, show_facts, show_table
from desk.cli.treasury import add_import

if TYPE_CHECKING:
    from desk.snapshot.model import DeskSnapshot
    from desk.treasury.capex import CapexBook, CommitmentLine, MilestoneLine, ProjectLine

_EMPTY = "no commitment on record: desk capex import FILE"


@click.group("capex", invoke_without_command=True)
@json_option
@click.pass_context
def capex(ctx: click.Context, as_json: bool) -> None:
    """Projects, their commitments and milestones: planned, committed, paid, funded, still to fund."""
    if ctx.invoked_subcommand is not None:
        return
    desk = _picture(ctx.ensure_object(Session))
    if as_json:
        from desk.snapshot.capex_json import capex_json

        emit_json(capex_json(desk))
        return
    show_table([row for one in desk.capex.projects for row in project_rows(one)], empty=_EMPTY)
    if not desk.capex.projects:
        return
    say("")
    show_table(total_rows(desk.capex.totals), empty="")
    for line in desk.capex.breaks:
        say(f"break: {line}")
    say(f"funding: {desk.funding.line}")


add_import(capex, "capex")


@capex.command()
@click.argument("identity", metavar="ID")
@json_option
@pass_session
def show(session: Session, identity: str, as_json: bool) -> None:
    """One project, commitment or milestone by its id, with what funds it."""
    made = _picture(session).capex
    found = _found(made, identity)
    if as_json:
        _emit(made, found)
        return
    _show(made, found)


def _found(made: CapexBook, identity: str) -> ProjectLine | CommitmentLine | MilestoneLine:
    """The milestone, commitment or project of that id; where ids are alike, the smaller thing."""
    for milestone in made.milestones:
        if milestone.milestone.id == identity:
            return milestone
    for commitment in made.commitments:
        if commitment.commitment.id == identity:
            return commitment
    for project in made.projects:
        if project.project.id == identity:
            return project
    known = ", ".join(one.project.id for one in made.projects) or "nothing is on record: desk capex import FILE"
    raise not_found("project, commitment or milestone", identity, f"projects are {known}")


def _show(made: CapexBook, found: ProjectLine | CommitmentLine | MilestoneLine) -> None:
    from desk.treasury.capex import CommitmentLine, ProjectLine

    if isinstance(found, ProjectLine):
        show_table(project_rows(found), empty="")
        say("")
        show_table(total_rows(found.totals), empty="")
    elif isinstance(found, CommitmentLine):
        say(commitment_head(found))
        show_table(commitment_rows(found), empty="")
        say("")
        show_table(total_rows(found.totals), empty="")
    else:
        show_facts(milestone_facts(found))
        say("")
        show_table(allocation_rows(made, found.milestone.id), empty="nothing is allocated to it")


def _emit(made: CapexBook, found: ProjectLine | CommitmentLine | MilestoneLine) -> None:
    from desk.snapshot import capex_json as documents
    from desk.treasury.capex import CommitmentLine, ProjectLine

    if isinstance(found, ProjectLine):
        emit_json(documents.project_json(found))
    elif isinstance(found, CommitmentLine):
        emit_json(documents.commitment_json(found))
    else:
        own = [one for one in made.allocations if one.need == found.milestone.id]
        emit_json(documents.milestone_json(found) | {"allocations": documents.allocations_json(own)})


def _picture(session: Session) -> DeskSnapshot:
    from desk.snapshot.build import SnapshotBuilder

    ledger = session.ledger(read_only=True)
    return SnapshotBuilder(session.config, ledger, session.clock).build()
