"""The 13-week forecast from statements: gathered, put in weeks, held against the floor."""

from __future__ import annotations

from datetime import timedelta

from desk.treasury.cash_records import CovenantKind
from desk.treasury.cash_rules import CashRules, Counted, expense
from desk.treasury.forecast import cash, needs, sales
from desk.treasury.forecast.ages import stale_words
from desk.treasury.forecast.gathering import Gathered
from desk.treasury.forecast.inputs import Inputs
from desk.treasury.forecast.table import WEEKS, Floor, Forecast, Line, table
from desk.treasury.records import LoanState
from desk.units import Money, exact_sum


def forecast(inputs: Inputs, rules: CashRules, weeks: int = WEEKS) -> Forecast:
    """Cash by week from this one on. What is missing and what is left out stands in the result, not in a log."""
    today = inputs.today
    until = today - timedelta(days=today.weekday()) + timedelta(weeks=weeks, days=-1)
    found = _gather(Gathered(inputs, rules, until))
    floor = _floor(found)
    now = exact_sum([line.counted for line in found.opening])
    made = table(now, found.entries, today, weeks) if found.knows_cash else ()
    return Forecast(
        today,
        rules.currency,
        tuple(found.opening),
        made,
        floor,
        tuple(found.missing),
        tuple(found.notes),
        stale_words(found.opening, inputs.unseen),
        tuple(sorted(found.overdue, key=lambda one: (one.due, one.source))),
        tuple(found.beyond),
    )


def _gather(found: Gathered) -> Gathered:
    """Sales before loans: what they repay is not due again at maturity."""
    inputs = found.inputs
    cash.cash(found)
    cash.venue_cash(found)
    cash.actuals(found)
    for pending in inputs.sales:
        sales.sale(found, pending)
    for block in inputs.blocks:
        sales.block_sale(found, block)
    for flow in inputs.flows:
        needs.flow(found, flow)
    names = {commitment.id: commitment.name for commitment in inputs.commitments}
    for milestone in inputs.milestones:
        needs.milestone(found, milestone, names.get(milestone.commitment, milestone.commitment))
    for loan in inputs.loans:
        needs.loan(found, loan)
    _twice(found)
    if not any((inputs.flows, inputs.milestones, inputs.loans)):
        found.is_missing("no commitment and no flow on record")
    return found


def _twice(found: Gathered) -> None:
    """A payment that two statements tell of is counted twice; nobody but a person can say whether it is one."""
    for line in (Line.INTEREST, Line.PRINCIPAL):
        entries = [entry for entry in found.entries if entry.line is line and not entry.is_actual]
        loans = sorted({entry.source for entry in entries if entry.source.startswith("loan ")})
        flows = sorted({entry.source for entry in entries if entry.source.startswith("flow ")})
        if loans and flows:
            found.notes.append(
                f"{line} comes from {', '.join(loans)} and from {', '.join(flows)}: is it counted twice?"
            )


def _floor(found: Gathered) -> Floor:
    """The highest of what the desk wants and what lenders of open loans ask for."""
    asked = [] if found.rules.floor is None else [(found.rules.floor, "treasury.cash_floor")]
    lenders = {loan.id for loan in found.inputs.loans if loan.state is LoanState.OPEN}
    for covenant in found.inputs.covenants:
        if covenant.kind is not CovenantKind.MIN_CASH or covenant.loan not in lenders:
            continue
        name = f"covenant {covenant.id} of loan {covenant.loan}"
        level = expense(
            Money(covenant.level), covenant.currency, found.today, found.rules, found.inputs.marks, found.today
        )
        if isinstance(level, Counted):
            asked.append((level.amount, name))
        else:
            found.is_missing(f"{level.why}, for {name}")
    if not asked:
        return Floor(None, "treasury.cash_floor missing")
    return Floor(*max(asked, key=lambda one: one[0]))
