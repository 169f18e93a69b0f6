"""What waits because of loans and commitments: calls, covenants, maturities, money that was set aside twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal

from desk.snapshot.model import LoanView, WaitingItem
from desk.snapshot.words import percent, signed_percent
from desk.treasury.capex import CapexBook
from desk.treasury.cash_records import CovenantKind
from desk.treasury.covenants import CovenantLine, CovenantState
from desk.treasury.ladder import Zone
from desk.units import bps_between, show_btc, show_money

NEAR_CALL_BPS = Decimal(-1500)
"""A margin call that a fall of 15 % would bring is worth a line."""
NEAR_MATURITY = timedelta(days=30)


def loan_items(loans: Iterable[LoanView], today: date) -> list[WaitingItem]:
    """Calls first, then covenants that are broken or near, then loans to be repaid soon."""
    shown = list(loans)
    calls = [item for loan in shown for item in _call(loan)]
    promises = [item for loan in shown for line in loan.covenants for item in _covenant(loan, line)]
    return [*calls, *promises, *(item for loan in shown for item in _maturity(loan, today))]


def capex_items(made: CapexBook) -> list[WaitingItem]:
    """Commitments and allocations that do not fit together."""
    return [WaitingItem("allocation", "capex", line, "desk capex shows both sides") for line in made.breaks]


def _call(loan: LoanView) -> Iterator[WaitingItem]:
    """How far the call is, now and once what is planned for the loan was paid."""
    away = loan.distance_to_call
    if away is None:
        yield from _call_at_last(loan)
        return
    if away < NEAR_CALL_BPS:
        return
    zone = loan.now.zone if loan.now else None
    title = "the lender may call now" if away >= 0 else f"call at {signed_percent(away)}"
    if zone is Zone.LIQUIDATION:
        title = "the lender may sell the collateral now"
    detail = f"{loan.lender}{_said(loan.is_illustrative)}, below {show_money(loan.call_price, 0)}"
    if loan.planned and loan.after is not None and loan.after.to_call is not None:
        detail += f"; {signed_percent(loan.after.to_call)} after {', '.join(loan.planned)}"
    if zone is Zone.CALL and loan.now is not None and loan.now.to_liquidation is not None:
        detail += f"; liquidation at {signed_percent(loan.now.to_liquidation)}"
    yield WaitingItem("margin", loan.name, title, detail)


def _call_at_last(loan: LoanView) -> Iterator[WaitingItem]:
    """Without a fresh price a call that was near does not stop waiting: nobody knows how near it is by now (P8)."""
    if loan.last_price is None or not loan.call_price:
        return
    away = bps_between(loan.call_price, loan.last_price)
    if away < NEAR_CALL_BPS:
        return
    was = f"it was at {signed_percent(away)} of the last price, {show_money(loan.last_price, 0)}"
    detail = f"{loan.lender}{_said(loan.is_illustrative)}, below {show_money(loan.call_price, 0)}; {was}"
    yield WaitingItem("margin", loan.name, "call not known: no fresh price", detail)


def _covenant(loan: LoanView, line: CovenantLine) -> Iterator[WaitingItem]:
    now = line.now
    if now.headroom is None or now.state is CovenantState.MET:
        return
    promise = f"{now.covenant.kind.replace('-', ' ')} {_level(line)}"
    is_broken = now.state is CovenantState.BROKEN
    title = f"{promise} is broken" if is_broken else f"{promise} is near: {percent(now.headroom)} left"
    detail = f"{loan.lender}{_said(now.covenant.is_illustrative)}, covenant {now.covenant.id}"
    if loan.planned and line.after is not None and line.after.state is not now.state:
        detail += f"; {line.after.state} after {', '.join(loan.planned)}"
    yield WaitingItem("covenant", loan.name, title, detail)


def _level(line: CovenantLine) -> str:
    one = line.now.covenant
    if one.kind is CovenantKind.MAX_LTV:
        return percent(one.level)
    if one.kind is CovenantKind.MIN_BTC:
        return f"{show_btc(int(one.level.scaleb(8)), 2)} BTC"
    return f"{show_money(one.level, 0)} {one.currency}"


def _maturity(loan: LoanView, today: date) -> Iterator[WaitingItem]:
    if loan.maturity is None or not loan.debt or loan.maturity - today > NEAR_MATURITY:
        return
    days = (loan.maturity - today).days
    title = f"matures in {days} days" if days > 0 else "matures today" if days == 0 else f"matured {-days} days ago"
    owed = f"{show_money(loan.debt)} {loan.currency}"
    yield WaitingItem("maturity", loan.name, title, f"{loan.lender}{_said(loan.is_illustrative)}, owed {owed}")


def _said(is_illustrative: bool) -> str:
    return " (illustrative)" if is_illustrative else ""
