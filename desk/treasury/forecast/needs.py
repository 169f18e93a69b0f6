"""Planned flows, milestones and loans as entries: what is expected to come, and what is owed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from desk.treasury import interest
from desk.treasury.allocations import funded
from desk.treasury.cash_records import CashActual, Direction, Flow, FlowKind
from desk.treasury.forecast.gathering import Gathered, entry_of, is_after, signed
from desk.treasury.forecast.overdue import Overdue, Treatment
from desk.treasury.forecast.recurring import unpaid
from desk.treasury.forecast.sales import repaid
from desk.treasury.forecast.table import Driver, Line, NeedKind, NeedRef, line_of
from desk.treasury.records import Loan, LoanState, Milestone, MilestoneState
from desk.units import NOTHING, Money, exact_sum

_OPEN = frozenset({MilestoneState.PLANNED, MilestoneState.COMMITTED})
_DRIVERS = {
    FlowKind.SALE: Driver.PRODUCTION,
    FlowKind.POWER: Driver.UPTIME,
    FlowKind.HOSTING: Driver.UPTIME,
    FlowKind.HOSTING_REVENUE: Driver.UPTIME,
}


def flow(found: Gathered, planned: Flow) -> None:
    """A planned flow's days that nothing fulfilled yet.

    What should have gone since the newest statement of cash is due today: the cash on record does not know of it.
    What should have come is not counted, and of what lies before that statement nobody can tell: both are said.
    """
    own = [actual for actual in found.inputs.actuals if actual.flow == planned.id]
    entry = entry_of(line_of(planned.kind), planned.name, f"flow {planned.id}", planned.is_illustrative)
    entry = replace(entry, driver=_DRIVERS.get(planned.kind, Driver.NOTHING))
    is_income = planned.direction is Direction.IN
    move = found.comes if is_income else found.goes
    unseen: dict[Treatment, list[date]] = {}
    for day in unpaid(planned, own, found.until):
        if day >= found.today:
            move(planned.amount, planned.currency, day, entry)
        elif not found.is_since_statement(day):
            unseen.setdefault(Treatment.IN_BALANCE, []).append(day)
        elif is_income:
            unseen.setdefault(Treatment.NOT_COUNTED, []).append(day)
        else:
            late = replace(entry, name=f"{planned.name}, planned for {day}, no actual on record")
            move(planned.amount, planned.currency, day, late)
    for treatment, days in unseen.items():
        found.overdue.append(_overdue(planned, days, treatment))


def _overdue(planned: Flow, days: Sequence[date], treatment: Treatment) -> Overdue:
    """Days of a flow that no actual fulfilled, as one line: what a desk never wrote down must not hide the rest."""
    sign = 1 if planned.direction is Direction.IN else -1
    whole = exact_sum([Money(planned.amount * sign)] * len(days))
    name, source = planned.name, f"flow {planned.id}"
    return Overdue(name, source, planned.currency, whole, min(days), max(days), len(days), treatment)


def milestone(found: Gathered, milestone: Milestone, commitment: str) -> None:
    """The whole of a milestone that is not paid yet; what is overdue is due today.

    One that is due after the last week is no part of the table, though it may come earlier in a simulated future.
    """
    if milestone.state not in _OPEN or min(milestone.due, milestone.earliest or milestone.due) > found.until:
        return
    by_actuals = exact_sum([Money(-signed(actual)) for actual in found.inputs.actuals if actual.flow == milestone.id])
    left = exact_sum([milestone.amount, -max(funded(milestone).paid, by_actuals)])
    if left <= 0:
        return
    is_overdue = milestone.due < found.today
    name = f"{commitment} {milestone.name}" + (f", overdue since {milestone.due}" if is_overdue else "")
    entry = replace(
        entry_of(Line.CAPEX, name, f"milestone {milestone.id}", milestone.is_illustrative),
        need=NeedRef(NeedKind.CAPEX, milestone.id),
        earliest=milestone.earliest,
        latest=milestone.latest,
        probability=milestone.probability,
    )
    move = found.goes if milestone.due <= found.until else found.may_go
    move(left, milestone.currency, milestone.due, entry)


def loan(found: Gathered, loan: Loan) -> None:
    """Interest by the loan's schedule, and at maturity what sales for it do not repay before."""
    if loan.state is not LoanState.OPEN:
        return
    if loan.annual_rate is None and loan.debt:
        found.notes.append(f"interest of loan {loan.id}: no rate on record, only planned flows count")
    own = [one for one in found.inputs.actuals if one.flow == loan.id and is_after(one, loan.as_of)]
    paid = {FlowKind.INTEREST: _sum(own, FlowKind.INTEREST), FlowKind.PRINCIPAL: _sum(own, FlowKind.PRINCIPAL)}
    planned = repaid(found, loan) if loan.currency == found.rules.currency else []
    given = exact_sum([*planned, paid[FlowKind.PRINCIPAL]])
    for payment in interest.payments(loan, loan.as_of.date(), found.until):
        late = f", overdue since {payment.due}" if payment.due < found.today else ""
        due = max(NOTHING, exact_sum([payment.interest, -paid[FlowKind.INTEREST]]))
        paid[FlowKind.INTEREST] = max(NOTHING, exact_sum([paid[FlowKind.INTEREST], -payment.interest]))
        entry = entry_of(Line.INTEREST, f"{loan.lender} interest{late}", f"loan {loan.id}", loan.is_illustrative)
        found.goes(due, loan.currency, payment.due, entry)
        left = max(NOTHING, exact_sum([payment.principal, -given]))
        entry = entry_of(Line.PRINCIPAL, f"{loan.lender} principal{late}", f"loan {loan.id}", loan.is_illustrative)
        found.goes(left, loan.currency, payment.due, replace(entry, need=NeedRef(NeedKind.LOAN, loan.id)))


def _sum(actuals: Iterable[CashActual], kind: FlowKind) -> Money:
    return exact_sum([actual.amount for actual in actuals if actual.kind is kind])
