"""Projects, commitments, milestones and what funds them as documents: what `desk capex --json` prints."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from desk.snapshot.model import DeskSnapshot
from desk.treasury.capex import CommitmentLine, MilestoneLine, ProjectLine, Totals
from desk.treasury.cash_records import Allocation
from desk.units import btc_text, decimal_text

Document = dict[str, Any]
_CENT = Decimal("0.01")


def capex_json(desk: DeskSnapshot) -> Document:
    """Everything promised, project by project, with totals by currency; and the funding gap in one line."""
    funding, made = desk.funding, desk.capex
    return {
        "funding": funding.line,
        "gap": None if funding.gap is None else _money(funding.gap),
        "gap_on": _day(funding.next_gap_on),
        "gap_on_that_day": None if funding.first_short is None else _money(funding.first_short),
        "gap_deepest_on": _day(funding.deepest_on),
        "btc_to_close": None if funding.sats_to_close is None else btc_text(funding.sats_to_close),
        "totals": [totals_json(one) for one in made.totals],
        "breaks": list(made.breaks),
        "projects": [project_json(one) for one in made.projects],
        "milestones": [milestone_json(one) for one in sorted(made.milestones, key=_by_due)],
        "allocations": allocations_json(made.allocations),
    }


def project_json(line: ProjectLine) -> Document:
    one = line.project
    return {
        "project": one.id,
        "name": one.name,
        "site": one.site,
        "power_mw": None if one.power_mw is None else decimal_text(one.power_mw),
        "gpus": one.gpus,
        "is_illustrative": one.is_illustrative,
        "totals": [totals_json(total) for total in line.totals],
        "commitments": [commitment_json(commitment) for commitment in line.commitments],
    }


def commitment_json(line: CommitmentLine) -> Document:
    one = line.commitment
    return {
        "commitment": one.id,
        "project": one.project,
        "name": one.name,
        "vendor": one.vendor,
        "contract": one.contract,
        "signed": _day(one.signed),
        "currency": one.currency,
        "total": None if one.total is None else decimal_text(one.total),
        "unscheduled": None if line.unscheduled is None else _money(line.unscheduled),
        "source": one.source,
        "is_illustrative": one.is_illustrative,
        "totals": [totals_json(total) for total in line.totals],
        "milestones": [milestone_json(milestone) for milestone in line.milestones],
    }


def milestone_json(line: MilestoneLine) -> Document:
    """`funded_bps` is what is paid or set aside; `stated_funded_bps` what the milestone's own statement says."""
    one, there = line.milestone, line.funded
    return {
        "milestone": one.id,
        "commitment": one.commitment,
        "name": one.name,
        "kind": one.kind,
        "state": one.state,
        "due": one.due.isoformat(),
        "earliest": _day(one.earliest),
        "latest": _day(one.latest),
        "probability_bps": decimal_text(one.probability.quantize(_CENT)),
        "amount": decimal_text(one.amount),
        "currency": one.currency,
        "paid": _money(there.paid),
        "paid_on": _day(one.paid_on),
        "set_aside": _money(there.aside),
        "to_fund": _money(there.short),
        "over_allocated": _money(there.over),
        "funded_bps": decimal_text(there.share.quantize(_CENT)),
        "stated_funded_bps": decimal_text(one.funded.quantize(_CENT)),
        "funded_by": {by: decimal_text(amount) for by, amount in there.by.items()},
        "is_overdue": line.is_overdue,
        "source": one.source,
        "is_illustrative": one.is_illustrative,
    }


def allocations_json(found: Sequence[Allocation]) -> list[Document]:
    """What was set aside, in the order of its days."""
    return [
        {
            "allocation": one.id,
            "need": one.need,
            "by": one.by,
            "ref": one.ref,
            "amount": decimal_text(one.amount),
            "currency": one.currency,
            "day": one.day.isoformat(),
            "source": one.source,
            "is_illustrative": one.is_illustrative,
        }
        for one in found
    ]


def totals_json(one: Totals) -> Document:
    """total = planned + committed + paid; planned + committed = set_aside + to_fund."""
    return {
        "currency": one.currency,
        "total": _money(one.total),
        "planned": _money(one.planned),
        "committed": _money(one.committed),
        "paid": _money(one.paid),
        "set_aside": _money(one.aside),
        "to_fund": _money(one.to_fund),
        "over_allocated": _money(one.over),
        "likely": _money(one.likely),
        "funded_bps": decimal_text(one.funded.quantize(_CENT)),
    }


def _by_due(line: MilestoneLine) -> tuple[date, str]:
    return line.milestone.due, line.milestone.id


def _money(value: Decimal) -> str:
    return decimal_text(value.quantize(_CENT))


def _day(value: date | None) -> str | None:
    return value.isoformat() if value else None
