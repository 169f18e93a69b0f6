"""Loans as a table."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from desk.treasury.csv_table import Cells, Layout
from desk.treasury.records import Loan, LoanState, Record
from desk.units import Money

LOANS = Layout(
    (
        "loan_id",
        "lender",
        "debt",
        "currency",
        "pledged_btc",
        "initial_ltv_percent",
        "call_ltv_percent",
        "liquidation_ltv_percent",
        "as_of",
        "source",
    ),
    ("accrued_interest", "may_reuse", "maturity", "state", "illustrative"),
)


def loan(row: Cells, now: datetime) -> list[Record]:
    initial, call = row.percent("initial_ltv_percent"), row.percent("call_ltv_percent")
    liquidation = row.percent("liquidation_ltv_percent")
    if not row.complaints and not 0 < initial <= call < liquidation:
        row.refuse("call_ltv_percent", "does not fit: initial LTV ≤ call LTV < liquidation LTV, all above zero")
    return [
        Loan(
            id=row.id("loan_id"),
            lender=row.text("lender"),
            debt=row.money("debt"),
            accrued_interest=row.money("accrued_interest") if row.has("accrued_interest") else Money(Decimal(0)),
            currency=row.currency("currency"),
            pledged=row.btc("pledged_btc"),
            initial_ltv=initial,
            call_ltv=call,
            liquidation_ltv=liquidation,
            may_reuse=row.flag("may_reuse"),
            as_of=row.past("as_of", now),
            maturity=row.day("maturity") if row.has("maturity") else None,
            state=row.word("state", LoanState, LoanState.OPEN),
            source=row.text("source"),
            is_illustrative=row.flag("illustrative"),
        )
    ]
