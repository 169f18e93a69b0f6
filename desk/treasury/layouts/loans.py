"""Loans and their covenants as tables."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from desk.treasury.cash_records import Covenant, CovenantKind, Every
from desk.treasury.csv_table import Cells, Layout
from desk.treasury.layouts.together import Known, Stated, in_force_with
from desk.treasury.records import DayCount, Loan, LoanState, Record
from desk.units import NOTHING, Bps

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
    (
        "accrued_interest",
        "may_reuse",
        "maturity",
        "state",
        "release_ltv_percent",
        "annual_rate_percent",
        "day_count",
        "interest_every",
        "opened",
        "fees",
        "illustrative",
    ),
)
COVENANTS = Layout(
    ("covenant_id", "loan_id", "kind", "level", "source"),
    ("currency", "illustrative"),
)
_IN_MONEY = frozenset({CovenantKind.MIN_PRICE, CovenantKind.MIN_CASH})


def loan(row: Cells, now: datetime) -> list[Record]:
    """One loan as its lender states it at `as_of`."""
    made = Loan(
        id=row.id("loan_id"),
        lender=row.text("lender"),
        debt=row.money("debt"),
        accrued_interest=row.money_or_none("accrued_interest") or NOTHING,
        currency=row.currency("currency"),
        pledged=row.btc("pledged_btc"),
        initial_ltv=row.percent("initial_ltv_percent"),
        call_ltv=row.percent("call_ltv_percent"),
        liquidation_ltv=row.percent("liquidation_ltv_percent"),
        may_reuse=row.flag("may_reuse"),
        as_of=row.past("as_of", now),
        maturity=row.day_or_none("maturity"),
        state=row.word("state", LoanState, LoanState.OPEN),
        source=row.text("source"),
        is_illustrative=row.flag("illustrative"),
        release_ltv=row.percent_or_none("release_ltv_percent"),
        annual_rate=row.percent_or_none("annual_rate_percent"),
        day_count=row.word("day_count", DayCount, DayCount.ACT_360),
        interest_every=row.word("interest_every", Every) if row.has("interest_every") else None,
        opened=row.day_or_none("opened"),
        fees=row.money_or_none("fees") or NOTHING,
    )
    if not row.complaints:
        _contradictions(row, made)
    return [made]


def _contradictions(row: Cells, loan: Loan) -> None:
    """Terms that no agreement can hold at once, each on the cell that has to change."""
    if not 0 < loan.initial_ltv <= loan.call_ltv < loan.liquidation_ltv:
        row.refuse("call_ltv_percent", "does not fit: initial LTV ≤ call LTV < liquidation LTV, all above zero")
    if loan.release_ltv is not None and not 0 < loan.release_ltv <= loan.initial_ltv:
        row.refuse("release_ltv_percent", "does not fit: 0 < release LTV ≤ initial LTV, or leave it empty")
    if loan.opened is not None and loan.opened > loan.as_of.date():
        row.refuse("opened", "is after as_of; a statement about a loan comes when it is open")
    if loan.opened is not None and loan.maturity is not None and loan.maturity <= loan.opened:
        row.refuse("maturity", f"is not after the loan was opened on {loan.opened}")
    if loan.annual_rate is None:
        for name in ("day_count", "interest_every"):
            if row.has(name):
                row.refuse(name, "says nothing without annual_rate_percent; give the rate, too")
    if loan.state is LoanState.REPAID and (loan.debt or loan.accrued_interest or loan.fees or loan.pledged):
        row.refuse("state", "does not fit: a repaid loan owes nothing and holds no coins; set both to 0")


def covenant(row: Cells, now: datetime) -> list[Record]:
    """One promise to a lender; its level is money, a percentage of LTV or BTC, as its kind says."""
    kind = row.word("kind", CovenantKind)
    if kind in _IN_MONEY and not row.has("currency"):
        row.refuse("currency", f"is missing; a level of {kind} is money")
    if kind not in _IN_MONEY and row.has("currency"):
        row.refuse("currency", f"does not belong to {kind}")
    level = _level(row, kind)
    if level <= 0 and not row.complaints:
        row.refuse("level", "is not above zero; such a covenant asks for nothing")
    return [
        Covenant(
            id=row.id("covenant_id"),
            loan=row.id("loan_id"),
            kind=kind,
            level=level,
            currency=row.currency("currency") if row.has("currency") else "",
            source=row.text("source"),
            is_illustrative=row.flag("illustrative"),
        )
    ]


def _level(row: Cells, kind: CovenantKind) -> Decimal:
    if kind is CovenantKind.MAX_LTV:
        return row.percent("level")
    if kind is CovenantKind.MIN_BTC:
        return Decimal(row.btc("level")).scaleb(-8)
    return row.money("level")


def covenants_together(stated: Stated, known: Known) -> list[Record]:
    """Every covenant has its loan, and asks for nothing that the loan's own terms make void."""
    loans = in_force_with((), known, Loan)
    for row, records in stated:
        for record in records:
            assert isinstance(record, Covenant)
            loan = loans.get(record.loan)
            if loan is None:
                listed = ", ".join(sorted(loans)) or "none; import the loan first"
                row.refuse("loan_id", f"is no loan on record; known are {listed}")
            elif record.kind is CovenantKind.MAX_LTV and Bps(record.level) >= loan.liquidation_ltv:
                limit = f"{loan.liquidation_ltv / 100:.2f}".rstrip("0").rstrip(".")
                row.refuse("level", f"is not under the liquidation LTV of {limit} %: the lender would sell first")
    return [record for _, records in stated for record in records]
