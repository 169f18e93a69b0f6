"""The plan as documents: what `desk plan --json` prints, with every entry behind every cell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from desk.clock import iso
from desk.snapshot.model import AtRiskView
from desk.treasury.forecast.kept import Against, Compared, document
from desk.treasury.lot_preview import LotPreview
from desk.treasury.plan import LoanEffect, Plan, runway
from desk.treasury.proposing import Proposal, Surer
from desk.units import Bps, Money, Sats, btc_text, decimal_text

Document = dict[str, Any]


def plan_json(
    plan: Plan, loans: Iterable[LoanEffect], futures: AtRiskView | str, lots: Mapping[str, LotPreview]
) -> Document:
    """The forecast with its entries, the gap, what would close it, and what simulated futures say of it."""
    made, least = document(plan.forecast), plan.forecast.minimum
    made.pop("format")
    return made | {
        "line": plan.line,
        "gap": _money(plan.gap),
        "gap_on": plan.short.on.isoformat() if plan.short else None,
        "gap_on_that_day": _money(plan.short.first if plan.short else None),
        "gap_deepest_on": plan.short.deepest_on.isoformat() if plan.short else None,
        "gap_because": plan.short.because if plan.short else None,
        "minimum": _money(least.minimum if least else None),
        "minimum_on": least.minimum_on.isoformat() if least else None,
        "minimum_week": least.number if least else None,
        "runway_weeks": runway(plan.forecast),
        "runway_weeks_after": runway(plan.after),
        "btc_to_close": _btc(plan.sats_to_close),
        "free_btc": btc_text(plan.coins.available),
        "gap_after": _money(plan.gap_after),
        "closing_after": [decimal_text(week.closing) for week in plan.after.weeks],
        "proposals": [proposal_json(one, lots.get(one.id)) for one in plan.proposals],
        "loans": [{"loan": one.loan, "ltv_bps": _bps(one.now), "ltv_after_bps": _bps(one.after)} for one in loans],
        "at_risk": None if isinstance(futures, str) else at_risk_json(futures),
        "at_risk_missing": futures if isinstance(futures, str) else "",
    }


def proposal_json(one: Proposal, lots: LotPreview | None) -> Document:
    """One proposed sale; `btc` can be sold, `wanted_btc` is what its part of the gap asks for."""
    found = lots.parts if lots else ()
    return {
        "id": one.id,
        "for": one.purpose,
        "because": one.because,
        "needed_on": one.needed_on.isoformat(),
        "amount": decimal_text(one.amount),
        "wanted_btc": btc_text(one.wanted),
        "btc": btc_text(one.sats),
        "venues": [{"venue": venue, "btc": btc_text(sats)} for venue, sats in one.parts],
        "deposit_btc": btc_text(one.deposit),
        "deposit_by": iso(one.deposit_by) if one.deposit else None,
        "start_by": iso(one.start_by),
        "sell_by": iso(one.sell_by),
        "arrives": one.arrives.isoformat(),
        "proceeds": decimal_text(one.proceeds),
        "is_late": one.is_late,
        "free_btc_left": btc_text(one.left),
        "relief": str(lots.method) if lots else None,
        "lots": [
            {"lot": part.lot, "place": part.place, "btc": btc_text(part.sats), "cost": _money(part.cost)}
            for part in found
        ],
        "btc_without_lot": btc_text(lots.uncovered) if lots else None,
        "cost": _money(lots.cost) if lots else None,
        "gain": _money(lots.gain) if lots else None,
    }


def surer_json(found: Surer) -> Document:
    """The one sale for a confidence, instead of the plan's own proposals."""
    return {
        "confidence": decimal_text(found.confidence),
        "floor_breach": decimal_text(found.breach),
        "floor_breach_with_it": None if found.breach_with_it is None else decimal_text(found.breach_with_it),
        "proposal": proposal_json(found.proposal, None),
    }


def at_risk_json(found: AtRiskView) -> Document:
    """Statistics: shares are 0 … 1 as decimal text."""
    return {
        "paths": found.paths,
        "seed": found.seed,
        "p5_minimum_cash": decimal_text(found.p5),
        "p50_minimum_cash": decimal_text(found.p50),
        "floor_breach": None if found.breach is None else decimal_text(found.breach),
        "floor_breach_with_proposals": (
            None if found.breach_with_proposals is None else decimal_text(found.breach_with_proposals)
        ),
        "margin_calls": [{"loan": loan, "probability": decimal_text(share)} for loan, share in found.calls],
        "confidence": decimal_text(found.confidence),
        "btc_for_confidence": _btc(found.sats_for_confidence),
        "assumptions": list(found.assumptions),
    }


def against_json(found: Against, cash: Money | None) -> Document:
    """Forecast against actual by week and line, and cash as forecast and as it is."""
    return {
        "id": found.id,
        "made_on": found.made_on.isoformat(),
        "through": found.through.isoformat(),
        "currency": found.currency,
        "forecast_cash": decimal_text(found.forecast_cash),
        "cash": _money(cash),
        "lines": [_compared(one) for one in found.lines],
        "totals": [_compared(one) for one in found.totals],
    }


def _compared(one: Compared) -> Document:
    return {
        "week": one.week,
        "first": one.first.isoformat(),
        "line": str(one.line),
        "forecast": decimal_text(one.forecast),
        "actual": decimal_text(one.actual),
        "difference": decimal_text(one.difference),
    }


def _money(amount: Money | None) -> str | None:
    return None if amount is None else decimal_text(amount)


def _bps(value: Bps | None) -> str | None:
    return None if value is None else decimal_text(value.quantize(Decimal("0.01")))


def _btc(sats: Sats | None) -> str | None:
    return None if sats is None else btc_text(sats)
