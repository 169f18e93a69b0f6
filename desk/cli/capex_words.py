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


def project_rows(line: ProjectLine) -> list[Row]:
    """A project with all below it: each commitment with its totals by currency, each milestone under it."""
    rows = [_row(project_head(line))]
    for commitment in line.commitments:
        rows += commitment_rows(commitment)
    return rows


def commitment_rows(line: CommitmentLine) -> list[Row]:
    """A commitment's totals, then its milestones by date."""
    rows = [_total_row(f"  {commitment_name(line)}", total) for total in line.totals]
    rows = rows or [_row(f"  {commitment_name(line)}", state="no milestone yet")]
    return [*rows, *(_milestone_row(one) for one in line.milestones)]


def commitment_name(line: CommitmentLine) -> str:
    """'Georgia phase 1 [georgia-1], site developer, G1-SITE'."""
    one = line.commitment
    return ", ".join(fact for fact in (f"{one.name} [{one.id}]", one.vendor, one.contract) if fact)


def _total_row(name: str, total: Totals) -> Row:
    return _row(
        name,
        cost=show_money(total.total),
        currency=total.currency,
        paid=show_money(total.paid),
        aside=show_money(total.aside),
        to_fund=show_money(total.to_fund),
        funded=_percent(total.funded),
    )


def _milestone_row(line: MilestoneLine) -> Row:
    one, there = line.milestone, line.funded
    return _row(
        f"    {one.name} [{one.id}]",
        due=_due(line),
        likely=_percent(one.probability),
        state=one.state + (", OVERDUE" if line.is_overdue else ""),
        cost=show_money(there.cost),
        currency=one.currency,
        paid=show_money(there.paid),
        aside=show_money(there.aside),
        to_fund=show_money(there.short),
        funded=_percent(there.share),
    )


def _row(
    name: str,
    *,
    due: str = "",
    likely: str = "",
    state: str = "",
    cost: str = "",
    currency: str = "",
    paid: str = "",
    aside: str = "",
    to_fund: str = "",
    funded: str = "",
) -> Row:
    return {
        "what": name,
        "due": due,
        "likely": likely,
        "state": state,
        "cost": cost,
        "currency": currency,
        "paid": paid,
        "set aside": aside,
        "to fund": to_fund,
        "funded": funded,
    }


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
