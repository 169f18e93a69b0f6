"""Commitments in rows for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from desk.units import decimal_text, show_money

if TYPE_CHECKING:
    from desk.treasury.capex import CapexBook, CommitmentLine, MilestoneLine, ProjectLine, Totals

Row = Mapping[str, object]


def project_head(line: ProjectLine) -> str:
    """What is being built: 'AI compute [ai-compute], Georgia, 50 MW, 1,024 GPUs'."""
    one = line.project
    facts = [
        f"{one.name} [{one.id}]{_said(one.is_illustrative)}",
        one.site,
        f"{decimal_text(one.power_mw)} MW" if one.power_mw is not None else "",
        f"{one.gpus:,} GPUs" if one.gpus is not None else "",
    ]
    return ", ".join(fact for fact in facts if fact)


def commitment_head(line: CommitmentLine) -> str:
    """Whose contract it is, when it was signed, and what of it has no milestone."""
    one = line.commitment
    facts = [
        f"{one.name} [{one.id}]{_said(one.is_illustrative)}",
        one.vendor,
        f"contract {one.contract}" if one.contract else "",
        f"signed {one.signed}" if one.signed else "not signed" if one.total is not None else "",
        f"total {show_money(one.total)} {one.currency}" if one.total is not None else "",
        f"{show_money(line.unscheduled)} {one.currency} of it without a milestone" if line.unscheduled else "",
    ]
    return ", ".join(fact for fact in facts if fact)


def rows_of(line: CommitmentLine) -> list[Row]:
    """The milestones of one commitment, by date."""
    return [
        {
            "milestone": f"    {one.milestone.name} [{one.milestone.id}]",
            "due": _due(one),
            "likely": f"{_percent(one.milestone.probability)}",
            "state": one.milestone.state + (", OVERDUE" if one.is_overdue else ""),
            "cost": show_money(one.funded.cost),
            "currency": one.milestone.currency,
            "paid": show_money(one.funded.paid),
            "set aside": show_money(one.funded.aside),
            "to fund": show_money(one.funded.short),
            "funded": _percent(one.funded.share),
        }
        for one in line.milestones
    ]


def total_rows(totals: Iterable[Totals]) -> list[Row]:
    """One row a currency; nothing is added up across them."""
    return [
        {
            "total": one.currency,
            "planned": show_money(one.planned),
            "committed": show_money(one.committed),
            "paid": show_money(one.paid),
            "all": show_money(one.total),
            "set aside": show_money(one.aside),
            "to fund": show_money(one.to_fund),
            "likely to pay": show_money(one.likely),
            "funded": _percent(one.funded),
        }
        for one in totals
    ]


def milestone_facts(line: MilestoneLine) -> Row:
    """Everything of one milestone, a fact a line."""
    one, there = line.milestone, line.funded
    facts: dict[str, object] = {
        "milestone": f"{one.name} [{one.id}]{_said(one.is_illustrative)}",
        "commitment": one.commitment,
        "kind": one.kind,
        "state": one.state + (", OVERDUE" if line.is_overdue else ""),
        "due": _due(line),
        "probability": _percent(one.probability),
        "amount": f"{show_money(one.amount)} {one.currency}",
        "paid": show_money(there.paid) + (f" on {one.paid_on}" if one.paid_on else ""),
        "set aside": show_money(there.aside),
        "to fund": show_money(there.short),
        "funded": f"{_percent(there.share)} ({_percent(one.funded)} as stated, the rest allocated)",
        "source": one.source,
    }
    if there.over:
        facts["over-allocated"] = show_money(there.over)
    return facts


def allocation_rows(made: CapexBook, need: str) -> list[Row]:
    """What was set aside for one need, by day."""
    return [
        {
            "allocation": one.id + _said(one.is_illustrative),
            "day": one.day,
            "by": one.by,
            "from": one.ref,
            "amount": show_money(one.amount),
            "currency": one.currency,
            "source": one.source,
        }
        for one in made.allocations
        if one.need == need
    ]


def _due(line: MilestoneLine) -> str:
    one = line.milestone
    if one.earliest is None and one.latest is None:
        return str(one.due)
    return f"{one.due} ({one.earliest or one.due} … {one.latest or one.due})"


def _percent(bps: Decimal) -> str:
    """A share as a whole percentage, rounded down so that 100 % means all of it."""
    return f"{int(bps / 100)} %"


def _said(is_illustrative: bool) -> str:
    return " (illustrative)" if is_illustrative else ""
