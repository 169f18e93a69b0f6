"""Loan and covenant tables: terms that contradict are refused on the cell that has to change."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from desk.treasury import imports
from desk.treasury.cash_records import Covenant, CovenantKind, Every
from desk.treasury.csv_table import ImportRefused
from desk.treasury.records import DayCount, Loan

NOW = datetime(2026, 2, 7, 14, 0, tzinfo=UTC)
LOAN = {
    "loan_id": "lender-a",
    "lender": "lender A",
    "debt": "200000000",
    "currency": "USD",
    "pledged_btc": "4000",
    "initial_ltv_percent": "65",
    "call_ltv_percent": "80",
    "liquidation_ltv_percent": "90",
    "as_of": "2026-02-07T00:00:00Z",
    "source": "statement",
}
COVENANT = {
    "covenant_id": "a-cash",
    "loan_id": "lender-a",
    "kind": "min-cash",
    "level": "10000000",
    "currency": "USD",
    "source": "agreement 7.2",
}


def table(*rows: dict[str, str]) -> bytes:
    names = list(dict.fromkeys(name for row in rows for name in row))
    lines = [names, *([row.get(name, "") for name in names] for row in rows)]
    return "\n".join(",".join(line) for line in lines).encode()


def planned(row: dict[str, str], current: tuple = ()) -> imports.ImportPlan:
    return imports.plan("loans", table(row), file="x.csv", now=NOW, current=current)


def refused(row: dict[str, str], current: tuple = ()) -> str:
    with pytest.raises(ImportRefused) as caught:
        planned(row, current)
    return str(caught.value)


def test_all_terms_of_a_loan_are_read():
    terms = {
        "accrued_interest": "1480000.00",
        "release_ltv_percent": "60",
        "annual_rate_percent": "7.2",
        "day_count": "30/360",
        "interest_every": "quarterly",
        "opened": "2025-12-31",
        "maturity": "2026-12-31",
        "fees": "250000",
        "may_reuse": "yes",
    }
    (loan,) = planned(LOAN | terms).new
    assert isinstance(loan, Loan)
    assert (loan.release_ltv, loan.annual_rate, loan.day_count) == (6000, 720, DayCount.THIRTY_360)
    assert (loan.interest_every, loan.opened, loan.fees) == (Every.QUARTERLY, date(2025, 12, 31), 250_000)
    assert (loan.accrued_interest, loan.may_reuse) == (1_480_000, True)


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (
            {"call_ltv_percent": "95"},
            "column call_ltv_percent: '95' does not fit: initial LTV ≤ call LTV",
        ),
        ({"call_ltv_percent": "60"}, "column call_ltv_percent: '60' does not fit"),
        ({"initial_ltv_percent": "0"}, "column call_ltv_percent: '80' does not fit"),
        (
            {"release_ltv_percent": "66"},
            "column release_ltv_percent: '66' does not fit: 0 < release LTV",
        ),
        ({"opened": "2026-02-08"}, "column opened: '2026-02-08' is after as_of"),
        (
            {"opened": "2026-01-01", "maturity": "2025-12-31"},
            "column maturity: '2025-12-31' is not after the",
        ),
        ({"day_count": "act/360"}, "column day_count: 'act/360' says nothing without annual_rate_percent"),
        (
            {"day_count": "act/36", "annual_rate_percent": "7"},
            "column day_count: 'act/36' is not known; did you mean",
        ),
        ({"interest_every": "monthly"}, "column interest_every: 'monthly' says nothing without annual_rate_percent"),
        ({"annual_rate_percent": "101"}, "column annual_rate_percent: '101' is more than 100 percent"),
        ({"fees": "-1"}, "column fees: '-1' is negative"),
        ({"state": "repaid"}, "column state: 'repaid' does not fit: a repaid loan owes nothing and holds no coins"),
        ({"currency": "USDR"}, "column currency: 'USDR' is not a currency known here; did you mean USD?"),
    ],
)
def test_terms_that_contradict_are_refused_by_their_cell(cells, words):
    assert f"row 2, {words}" in refused(LOAN | cells)


def test_a_loan_repaid_in_full_is_taken_down():
    (loan,) = planned(LOAN | {"debt": "0", "pledged_btc": "0", "state": "repaid"}).new
    assert isinstance(loan, Loan)
    assert loan.debt == 0


@pytest.mark.parametrize(
    ("kind", "level", "currency", "stored"),
    [
        ("min-cash", "10000000", "USD", "10000000"),
        ("min-price", "55000", "USD", "55000"),
        ("max-ltv", "78.5", "", "7850"),
        ("min-btc", "3000.5", "", "3000.5"),
    ],
)
def test_a_covenants_level_is_money_percent_or_btc_by_its_kind(kind, level, currency, stored):
    known = planned(LOAN).rows
    (one,) = planned(COVENANT | {"kind": kind, "level": level, "currency": currency}, known).new
    assert isinstance(one, Covenant)
    assert (one.kind, one.level, one.currency) == (CovenantKind(kind), Decimal(stored), currency)


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"loan_id": "lender-b"}, "column loan_id: 'lender-b' is no loan on record; known are lender-a"),
        ({"currency": ""}, "column currency: '' is missing; a level of min-cash is money"),
        ({"kind": "max-ltv", "level": "80"}, "column currency: 'USD' does not belong to max-ltv"),
        (
            {"kind": "max-ltv", "level": "90", "currency": ""},
            "column level: '90' is not under the liquidation LTV",
        ),
        ({"kind": "max-ltv", "level": "180", "currency": ""}, "column level: '180' is more than 100 percent"),
        ({"level": "0"}, "column level: '0' is not above zero"),
        ({"kind": "min-coin"}, "column kind: 'min-coin' is not known"),
    ],
)
def test_a_bad_covenant_is_named_by_its_cell(cells, words):
    assert f"row 2, {words}" in refused(COVENANT | cells, planned(LOAN).rows)


def test_a_covenant_without_any_loan_says_what_to_do_first():
    assert "known are none; import the loan first" in refused(COVENANT)
