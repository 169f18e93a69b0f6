"""What is promised: dated milestones of commitments and what they still need."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from desk.treasury.records import Commitment, Milestone, MilestoneState
from desk.units import Money

OWED = frozenset({MilestoneState.PLANNED, MilestoneState.COMMITTED})


@dataclass(frozen=True, slots=True)
class Need:
    """Money wanted by a day. `name` is what a person calls it; `ref` the milestone or loan it belongs to."""

    due: date
    name: str
    amount: Money
    currency: str
    ref: str


def unfunded(milestone: Milestone) -> Money:
    """The share of a milestone that has not been set aside; nothing once it is paid or dropped."""
    if milestone.state not in OWED:
        return Money(Decimal(0))
    return Money(milestone.amount * (10_000 - milestone.funded) / 10_000)


def open_milestones(milestones: Iterable[Milestone]) -> tuple[Milestone, ...]:
    """Those still to pay, by due date; overdue ones first because they are due now."""
    return tuple(sorted((m for m in milestones if m.state in OWED), key=lambda m: (m.due, m.id)))


def needs(milestones: Iterable[Milestone], commitments: Sequence[Commitment]) -> tuple[Need, ...]:
    """Every open milestone that still wants money, by date."""
    names = {commitment.id: commitment.name for commitment in commitments}
    return tuple(
        Need(m.due, f"{names.get(m.commitment, m.commitment)} {m.name}", unfunded(m), m.currency, m.id)
        for m in open_milestones(milestones)
        if unfunded(m) > 0
    )
