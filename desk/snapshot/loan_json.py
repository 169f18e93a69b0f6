"""Loans as documents: what `desk loans --json` and its sub-commands print. Nothing is left out."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from desk.clock import iso
from desk.snapshot.model import DeskSnapshot, LoanView
from desk.treasury.covenants import CovenantLine, Judged
from desk.treasury.interest import Payment
from desk.treasury.ladder import Rung, Standing
from desk.treasury.repaying import WhatIf
from desk.units import Sats, btc_text, decimal_text

Document = dict[str, Any]
_CENT = Decimal("0.01")


def loans_json(desk: DeskSnapshot) -> Document:
    """Every open loan; LTVs in basis points, None without a fresh price."""
    return {"loans": [loan_json(loan) for loan in desk.loans]}


def loan_json(loan: LoanView) -> Document:
    """One loan: its terms, where it stands now and after what is planned, its ladder and its covenants."""
    return {
        "loan": loan.name,
        "lender": loan.lender,
        "debt": decimal_text(loan.debt),
        "currency": loan.currency,
        "collateral_btc": btc_text(loan.collateral),
        "ltv_bps": _bps(loan.ltv),
        "ltv_after_sales_bps": _bps(loan.ltv_after_sales),
        "call_price": decimal_text(loan.call_price.quantize(_CENT)),
        "liquidation_price": decimal_text(loan.liquidation_price.quantize(_CENT)),
        "distance_to_call_bps": _bps(loan.distance_to_call),
        "last_ltv_bps": _bps(loan.last_ltv),
        "last_price": _money(loan.last_price),
        "is_illustrative": loan.is_illustrative,
        **_terms(loan),
        "now": standing_json(loan.now),
        "after": standing_json(loan.after),
        "planned": list(loan.planned),
        "repayment": _money(loan.repayment),
        "ladder": [rung_json(one) for one in loan.rungs],
        "covenants": [_covenant(one) for one in loan.covenants],
        "notes": list(loan.notes),
    }


def _terms(loan: LoanView) -> Document:
    return {
        "principal": decimal_text(loan.principal),
        "interest": decimal_text(loan.interest),
        "fees": decimal_text(loan.fees),
        "as_of": iso(loan.as_of) if loan.as_of else None,
        "opened": _day(loan.opened),
        "maturity": _day(loan.maturity),
        "annual_rate_bps": _bps(loan.annual_rate),
        "day_count": loan.day_count,
        "initial_ltv_bps": _bps(loan.initial_ltv),
        "call_ltv_bps": _bps(loan.call_ltv),
        "liquidation_ltv_bps": _bps(loan.liquidation_ltv),
        "release_ltv_bps": _bps(loan.release_ltv),
        "may_reuse": loan.may_reuse,
        "next_payment": _payment(loan.next_payment),
    }


def standing_json(one: Standing | None) -> Document | None:
    """A loan at one debt and price. What brings it back to its initial LTV: coins pledged, cash, or coins sold."""
    if one is None:
        return None
    return {
        "debt": _money(one.owed),
        "collateral_btc": btc_text(one.pledged),
        "price": _money(one.price),
        "ltv_bps": _bps(one.ltv),
        "zone": one.zone,
        "call_price": _money(one.call_price),
        "liquidation_price": _money(one.liquidation_price),
        "distance_to_call_bps": _bps(one.to_call),
        "distance_to_liquidation_bps": _bps(one.to_liquidation),
        "top_up_btc": _btc(one.top_up),
        "repay": _money(one.repay),
        "sell_pledged_btc": _btc(one.sale),
        "sell_unpledged_btc": _btc(one.free_sale),
        "releasable_btc": _btc(one.releasable),
    }


def rung_json(rung: Rung) -> Document:
    """One step of the ladder."""
    return {
        "fall_bps": _bps(rung.fall),
        "price": _money(rung.price),
        "now": standing_json(rung.now),
        "after": standing_json(rung.after),
    }


def what_if_json(loan: str, currency: str, found: WhatIf) -> Document:
    """A repayment that has not been made."""
    return {
        "loan": loan,
        "repayment": decimal_text(found.repayment),
        "currency": currency,
        "before": standing_json(found.before),
        "after": standing_json(found.after),
        "sell_unpledged_btc": _btc(found.coins),
        "released_btc": _btc(found.freed),
        "interest_saved_per_year": _money(found.saved),
    }


def _covenant(line: CovenantLine) -> Document:
    one = line.now.covenant
    return {
        "covenant": one.id,
        "kind": one.kind,
        "level": decimal_text(one.level),
        "currency": one.currency,
        "now": _judged(line.now),
        "after": _judged(line.after) if line.after else None,
        "is_illustrative": one.is_illustrative,
    }


def _judged(one: Judged) -> Document:
    return {
        "state": one.state,
        "value": None if one.value is None else decimal_text(one.value.quantize(Decimal("1e-8")).normalize()),
        "headroom_bps": _bps(one.headroom),
        "missing": one.missing,
    }


def _payment(one: Payment | None) -> Document | None:
    if one is None:
        return None
    return {
        "due": one.due.isoformat(),
        "interest": decimal_text(one.interest),
        "principal": decimal_text(one.principal),
    }


def _day(value: date | None) -> str | None:
    return value.isoformat() if value else None


def _money(value: Decimal | None) -> str | None:
    return None if value is None else decimal_text(value.quantize(_CENT))


def _btc(value: Sats | None) -> str | None:
    return None if value is None else btc_text(value)


def _bps(value: Decimal | None) -> str | None:
    return None if value is None else decimal_text(value.quantize(_CENT))
