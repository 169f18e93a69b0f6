"""Milestones of commitments as a table; a row states its project and commitment, too."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from desk.treasury.csv_table import Cells, Layout
from desk.treasury.records import Commitment, Milestone, MilestoneState, Project, Record
from desk.units import Bps

MILESTONES = Layout(
    ("milestone_id", "commitment_id", "commitment", "milestone", "due", "amount", "currency", "state", "source"),
    ("project_id", "project", "vendor", "funded_percent", "illustrative"),
)


def milestone(row: Cells, now: datetime) -> list[Record]:
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
