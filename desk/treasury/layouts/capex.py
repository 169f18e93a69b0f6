"""Milestones of commitments as a table; a row states its project and its contract, too."""

from __future__ import annotations

from datetime import date, datetime

from desk.treasury.csv_table import Cells, Layout
from desk.treasury.records import (
    CERTAIN,
    Commitment,
    Milestone,
    MilestoneKind,
    MilestoneState,
    Project,
    Record,
)
from desk.units import NOTHING, Bps

MILESTONES = Layout(
    ("milestone_id", "commitment_id", "commitment", "milestone", "due", "amount", "currency", "state", "source"),
    (
        "project_id",
        "project",
        "site",
        "power_mw",
        "gpus",
        "vendor",
        "contract",
        "signed",
        "total",
        "kind",
        "earliest",
        "latest",
        "probability_percent",
        "funded_percent",
        "paid",
        "paid_on",
        "illustrative",
    ),
)


def milestone(row: Cells, now: datetime) -> list[Record]:
    """One dated payment, with what its row says in passing of the project and of the contract."""
    commitment, source = row.id("commitment_id"), row.text("source")
    is_illustrative, currency = row.flag("illustrative"), row.currency("currency")
    project = row.id("project_id") if row.has("project_id") else commitment
    name = row.text("commitment")
    made = _milestone(row, commitment, currency, source)
    contract = Commitment(
        commitment,
        project,
        row.text("vendor", empty=True),
        name,
        source,
        is_illustrative,
        contract=row.text("contract", empty=True),
        signed=row.day_or_none("signed"),
        currency=currency,
        total=row.money_or_none("total"),
    )
    built = Project(
        project,
        row.text("project", empty=True) or name,
        is_illustrative,
        site=row.text("site", empty=True),
        power_mw=row.number_or_none("power_mw"),
        gpus=row.count_or_none("gpus"),
    )
    if not row.complaints:
        _dates(row, made, now.date())
        _payment(row, made)
    return [built, contract, made]


def _milestone(row: Cells, commitment: str, currency: str, source: str) -> Milestone:
    name = row.text("milestone")
    kinds = {str(kind): kind for kind in MilestoneKind}
    return Milestone(
        id=row.id("milestone_id"),
        commitment=commitment,
        name=name,
        due=row.day("due"),
        amount=row.money("amount"),
        currency=currency,
        state=row.word("state", MilestoneState),
        funded=row.percent_or_none("funded_percent") or Bps(NOTHING),
        source=source,
        is_illustrative=row.flag("illustrative"),
        kind=row.word("kind", MilestoneKind, kinds.get(name, MilestoneKind.OTHER)),
        earliest=row.day_or_none("earliest"),
        latest=row.day_or_none("latest"),
        probability=row.percent("probability_percent") if row.has("probability_percent") else CERTAIN,
        paid=row.money_or_none("paid"),
        paid_on=row.day_or_none("paid_on"),
    )


def _dates(row: Cells, one: Milestone, today: date) -> None:
    if one.earliest is not None and one.earliest > one.due:
        row.refuse("earliest", f"is after the due date {one.due}; the range holds it")
    if one.latest is not None and one.latest < one.due:
        row.refuse("latest", f"is before the due date {one.due}; the range holds it")
    if one.paid_on is not None and one.paid_on > today:
        row.refuse("paid_on", f"is in the future; today is {today} UTC")
    if row.has("signed") and row.day("signed") > today:
        row.refuse("signed", "is in the future; leave it empty until the contract is signed")


def _payment(row: Cells, one: Milestone) -> None:
    is_paid = one.state is MilestoneState.PAID or bool(one.paid)
    if is_paid and one.paid_on is None:
        row.refuse("paid_on", "is missing; say on which day it was paid")
    if one.paid_on is not None and not is_paid:
        row.refuse("paid_on", "is a day of payment, but nothing is paid; give paid, or the state paid")
    if one.paid is not None and one.paid > one.amount:
        row.refuse("paid", f"is more than the milestone's amount {one.amount}; correct the amount first")
