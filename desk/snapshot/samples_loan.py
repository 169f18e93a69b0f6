"""The sample loan: invented and marked so, worked out by the same functions as a real one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from desk.snapshot.model import LoanView
from desk.treasury.cash_records import Covenant, CovenantKind, Every
from desk.treasury.covenants import CovenantLine, Facts, judge
from desk.treasury.interest import payments
from desk.treasury.ladder import ladder, standing
from desk.treasury.loans import debt
from desk.treasury.records import Loan, LoanState
from desk.units import Bps, Money, Price, parse_btc

TODAY = date(2026, 2, 7)
COST = Bps(Decimal(50))
_LOAN = Loan(
    id="lender-a",
    lender="lender A",
    debt=Money(Decimal("198450000")),
    accrued_interest=Money(Decimal("1547910")),
    currency="USD",
    pledged=parse_btc("4000"),
    initial_ltv=Bps(Decimal(6500)),
    call_ltv=Bps(Decimal(8000)),
    liquidation_ltv=Bps(Decimal(9000)),
    may_reuse=False,
    as_of=datetime(2026, 2, 7, tzinfo=UTC),
    maturity=date(2026, 12, 30),
    state=LoanState.OPEN,
    source="illustrative",
    is_illustrative=True,
    release_ltv=Bps(Decimal(6000)),
    annual_rate=Bps(Decimal(720)),
    interest_every=Every.QUARTERLY,
    opened=date(2025, 12, 30),
    fees=Money(Decimal("2090")),
)
_CASH, _COINS = {"USD": Money(Decimal("12400000"))}, parse_btc("7474.60")
_FACTS = Facts(None, "USD", _CASH, None, _COINS)
_PROMISES = (
    (CovenantKind.MIN_CASH, "10000000", "USD"),
    (CovenantKind.MIN_BTC, "3000", ""),
    (CovenantKind.MAX_LTV, "7800", ""),
)


def without_price(loan: LoanView) -> LoanView:
    """The same loan once its price is too old: what was true at the last one is all that can be said."""
    then = loan.now
    assert then is not None
    blank = standing(_LOAN, loan.debt, None, target=_LOAN.initial_ltv, cost=COST)
    return replace(
        loan,
        ltv=None,
        ltv_after_sales=None,
        distance_to_call=None,
        now=blank,
        after=None,
        rungs=(),
        covenants=tuple(CovenantLine(judge(line.now.covenant, _FACTS), None) for line in loan.covenants),
        notes=(*loan.notes, "no estimate of LTV: price missing"),
        last_ltv=then.ltv,
        last_price=then.price,
    )


def sample_loan(price: Price, paid: Money) -> LoanView:
    """The illustrative loan at this price, with one planned sale that brings `paid`."""
    loan, owed, left = _LOAN, debt(_LOAN), Money(debt(_LOAN) - paid)
    now = standing(loan, owed, price, target=loan.initial_ltv, cost=COST)
    after = standing(loan, left, price, target=loan.initial_ltv, cost=COST)
    today = Facts(price, "USD", _CASH, now.ltv, _COINS)
    then = Facts(price, "USD", _CASH, after.ltv, parse_btc("6639.50"))
    assert now.call_price is not None
    assert now.liquidation_price is not None
    return LoanView(
        name=loan.id,
        lender=loan.lender,
        debt=owed,
        currency=loan.currency,
        collateral=loan.pledged,
        ltv=now.ltv,
        ltv_after_sales=after.ltv,
        call_ltv=loan.call_ltv,
        liquidation_ltv=loan.liquidation_ltv,
        call_price=now.call_price,
        liquidation_price=now.liquidation_price,
        distance_to_call=now.to_call,
        is_illustrative=True,
        principal=loan.debt,
        interest=loan.accrued_interest,
        fees=loan.fees,
        as_of=loan.as_of,
        opened=loan.opened,
        maturity=loan.maturity,
        annual_rate=loan.annual_rate,
        day_count=loan.day_count,
        initial_ltv=loan.initial_ltv,
        release_ltv=loan.release_ltv,
        next_payment=payments(loan, TODAY, date(2027, 1, 1))[0],
        now=now,
        after=after,
        rungs=ladder(loan, owed, left, price, target=loan.initial_ltv, cost=COST),
        covenants=tuple(
            CovenantLine(judge(one, today), judge(one, then))
            for one in (
                Covenant(f"lender-a-{at}", loan.id, kind, Decimal(level), currency, "illustrative", True)
                for at, (kind, level, currency) in enumerate(_PROMISES)
            )
        ),
        planned=("S-2026-0007",),
        repayment=paid,
    )
