"""What is promised: projects, their commitments and dated milestones, what they cost, and how much of it is funded.

Amounts stay in the currency of their contract; nothing is added up across currencies.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TypeVar

from desk.treasury.allocations import Funded, funded
from desk.treasury.cash_records import Allocation
from desk.treasury.records import Commitment, Milestone, MilestoneState, Project
from desk.units import NOTHING, Bps, Money, exact_sum, ratio

OWED = frozenset({MilestoneState.PLANNED, MilestoneState.COMMITTED})
_FULL = Decimal(10_000)
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Need:
    """Money wanted by a day. `name` is what a person calls it; `ref` the milestone or loan it belongs to."""

    due: date
    name: str
    amount: Money
    currency: str
    ref: str


@dataclass(frozen=True, slots=True)
class Totals:
    """Money of one currency. total = planned + committed + paid; to_fund is the part of planned and committed that
    nobody has set aside yet; `likely` is what is still to pay, each milestone by its probability."""

    currency: str
    planned: Money = NOTHING
    committed: Money = NOTHING
    paid: Money = NOTHING
    aside: Money = NOTHING
    to_fund: Money = NOTHING
    over: Money = NOTHING
    likely: Money = NOTHING

    @property
    def total(self) -> Money:
        return exact_sum([self.planned, self.committed, self.paid])

    @property
    def funded(self) -> Bps:
        """The part that is paid or set aside, in basis points: never above the whole."""
        there = exact_sum([self.paid, self.aside])
        return Bps(ratio(there * _FULL, self.total)) if self.total else Bps(_FULL)


@dataclass(frozen=True, slots=True)
class MilestoneLine:
    milestone: Milestone
    funded: Funded
    is_overdue: bool


@dataclass(frozen=True, slots=True)
class CommitmentLine:
    """`unscheduled` is what the contract's total has beyond its milestones; None where the total is not stated."""

    commitment: Commitment
    milestones: tuple[MilestoneLine, ...]
    totals: tuple[Totals, ...]
    unscheduled: Money | None


@dataclass(frozen=True, slots=True)
class ProjectLine:
    project: Project
    commitments: tuple[CommitmentLine, ...]
    totals: tuple[Totals, ...]


@dataclass(frozen=True, slots=True)
class CapexBook:
    """Every project with what it costs. `breaks` say what does not fit together and wants somebody to look at it."""

    projects: tuple[ProjectLine, ...] = ()
    totals: tuple[Totals, ...] = ()
    breaks: tuple[str, ...] = ()
    allocations: tuple[Allocation, ...] = ()

    @property
    def commitments(self) -> tuple[CommitmentLine, ...]:
        return tuple(one for project in self.projects for one in project.commitments)

    @property
    def milestones(self) -> tuple[MilestoneLine, ...]:
        return tuple(one for commitment in self.commitments for one in commitment.milestones)


def unfunded(milestone: Milestone, allocations: Iterable[Allocation] = ()) -> Money:
    """What of a milestone has not been set aside; nothing once it is paid or dropped."""
    return funded(milestone, allocations).short


def open_milestones(milestones: Iterable[Milestone]) -> tuple[Milestone, ...]:
    """Those still to pay, by due date; overdue ones first because they are due now."""
    return tuple(sorted((m for m in milestones if m.state in OWED), key=lambda m: (m.due, m.id)))


def needs(
    milestones: Iterable[Milestone], commitments: Sequence[Commitment], allocations: Sequence[Allocation] = ()
) -> tuple[Need, ...]:
    """Every open milestone that still wants money, by date."""
    names = {commitment.id: commitment.name for commitment in commitments}
    wanted = ((m, unfunded(m, allocations)) for m in open_milestones(milestones))
    return tuple(
        Need(m.due, f"{names.get(m.commitment, m.commitment)} {m.name}", short, m.currency, m.id)
        for m, short in wanted
        if short > 0
    )


def book(
    projects: Iterable[Project],
    commitments: Iterable[Commitment],
    milestones: Iterable[Milestone],
    allocations: Sequence[Allocation] = (),
    *,
    today: date,
) -> CapexBook:
    """Projects → commitments → milestones with their totals. What names nothing on record stands under its own id."""
    lines = _by((m.commitment, _milestone(m, allocations, today)) for m in _in_order(milestones))
    known = {one.id: one for one in commitments}
    orphans = {ref: Commitment(ref, ref, "", ref, "") for ref in lines if ref not in known}
    held = _by((one.project, _commitment(one, lines.get(one.id, ()))) for one in (known | orphans).values())
    named = {one.id: one for one in projects}
    unnamed = {ref: Project(ref, ref) for ref in held if ref not in named}
    made = tuple(
        ProjectLine(one, held.get(one.id, ()), _totals(m for c in held.get(one.id, ()) for m in c.milestones))
        for one in sorted((named | unnamed).values(), key=lambda one: (one.name, one.id))
    )
    whole = CapexBook(made, _totals(m for p in made for c in p.commitments for m in c.milestones))
    given = tuple(sorted(allocations, key=lambda one: (one.day, one.id)))
    return CapexBook(whole.projects, whole.totals, _breaks(whole, allocations), given)


def _in_order(milestones: Iterable[Milestone]) -> list[Milestone]:
    return sorted(milestones, key=lambda one: (one.due, one.id))


def _by(pairs: Iterable[tuple[str, _T]]) -> dict[str, tuple[_T, ...]]:
    found: dict[str, list[_T]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return {key: tuple(values) for key, values in found.items()}


def _milestone(milestone: Milestone, allocations: Sequence[Allocation], today: date) -> MilestoneLine:
    return MilestoneLine(milestone, funded(milestone, allocations), milestone.state in OWED and milestone.due < today)


def _commitment(commitment: Commitment, lines: Sequence[MilestoneLine]) -> CommitmentLine:
    unscheduled = None
    if commitment.total is not None:
        scheduled = [-max(line.funded.cost, _amount(line.milestone)) for line in lines]
        unscheduled = exact_sum([commitment.total, *scheduled])
    return CommitmentLine(commitment, tuple(lines), _totals(lines), unscheduled)


def _amount(milestone: Milestone) -> Money:
    return NOTHING if milestone.state is MilestoneState.DROPPED else milestone.amount


def _totals(lines: Iterable[MilestoneLine]) -> tuple[Totals, ...]:
    """One for each currency, by its code."""
    found = _by((line.milestone.currency, line) for line in lines)
    return tuple(_total(currency, found[currency]) for currency in sorted(found))


def _total(currency: str, lines: Sequence[MilestoneLine]) -> Totals:
    def still_open(state: MilestoneState) -> Money:
        return exact_sum([line.funded.open for line in lines if line.milestone.state is state])

    return Totals(
        currency=currency,
        planned=still_open(MilestoneState.PLANNED),
        committed=still_open(MilestoneState.COMMITTED),
        paid=exact_sum([line.funded.paid for line in lines]),
        aside=exact_sum([line.funded.aside for line in lines]),
        to_fund=exact_sum([line.funded.short for line in lines]),
        over=exact_sum([line.funded.over for line in lines]),
        likely=exact_sum([_part(line) for line in lines]),
    )


def _part(line: MilestoneLine) -> Decimal:
    return ratio(line.funded.open * line.milestone.probability, _FULL)


def _breaks(book: CapexBook, allocations: Iterable[Allocation]) -> tuple[str, ...]:
    """Money set aside beyond a need, for nothing, or in another currency; milestones beyond their contract."""
    by_id: Mapping[str, MilestoneLine] = {line.milestone.id: line for line in book.milestones}
    found = []
    for line in book.milestones:
        if line.funded.over > 0:
            words = f"{line.funded.over:,.2f} {line.milestone.currency}"
            found.append(f"{line.milestone.id} is over-allocated by {words}")
    for one in allocations:
        need = by_id.get(one.need)
        if need is not None and need.milestone.currency != one.currency:
            found.append(f"allocation {one.id} is in {one.currency}, {one.need} costs {need.milestone.currency}")
    for commitment in book.commitments:
        if commitment.unscheduled is not None and commitment.unscheduled < 0:
            what, over = commitment.commitment, -commitment.unscheduled
            found.append(f"milestones of {what.id} exceed its total by {over:,.2f} {what.currency}")
    return tuple(found)
