"""CSV files: everything or nothing, every complaint with its row and column (P11)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.treasury import imports
from desk.treasury.csv_table import ImportRefused
from desk.treasury.records import CashBalance, Commitment, Loan, Milestone, MiningDay, Place, Project
from desk.units import parse_btc

NOW = datetime(2026, 2, 7, 14, 0, tzinfo=UTC)
MINING = "day,pool,mined_btc,source\n"
HOLDINGS = "kind,place_id,name,btc,currency,amount,as_of,loan,source\n"
CAPEX = "milestone_id,commitment_id,commitment,milestone,due,amount,currency,state,funded_percent,source\n"
LOANS = (
    "loan_id,lender,debt,currency,pledged_btc,"
    "initial_ltv_percent,call_ltv_percent,liquidation_ltv_percent,as_of,source\n"
)


def planned(what: str, text: str | bytes, current: tuple = ()) -> imports.ImportPlan:
    data = text if isinstance(text, bytes) else text.encode()
    return imports.plan(what, data, file="x.csv", now=NOW, current=current)


def refused(what: str, text: str | bytes) -> str:
    with pytest.raises(ImportRefused) as caught:
        planned(what, text)
    return str(caught.value)


def test_a_mining_day_is_read_to_the_satoshi():
    plan = planned("mining", MINING + "2026-02-06,demo pool,16.01234567,payout page\n")
    assert plan.new == (
        MiningDay(date(2026, 2, 6), "demo pool", "", parse_btc("16.01234567"), None, None, None, "payout page"),
    )
    assert plan.sentence == "1 new, 0 corrected, 0 unchanged"


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("2026-02-06,p,-1,s", "row 2, column mined_btc: '-1' is negative"),
        ("2026-02-08,p,1,s", "row 2, column day: '2026-02-08' is in the future; today is 2026-02-07 UTC"),
        ("20260206,p,1,s", "row 2, column day: '20260206' is not a day; write it like 2026-02-07"),
        ("2026-02-30,p,1,s", "row 2, column day: '2026-02-30' is not a day"),
        ("2026-02-06,p,1.123456789,s", "row 2, column mined_btc: 1.123456789 BTC is finer than one satoshi"),
        ("2026-02-06,p,nan,s", "row 2, column mined_btc: 'nan' is not a number"),
        ('2026-02-06,p,"1,5",s', "row 2, column mined_btc: '1,5' is not a number"),
        ("2026-02-06,p,1601234567,s", "row 2, column mined_btc"),
        ("2026-02-06,p,9000,s", "row 2, column mined_btc: '9000' is more than the whole network mines in a day"),
        ("2026-02-06,,1,s", "row 2, column pool: '' is missing"),
        ("2026-02-06,p,1,", "row 2, column source: '' is missing"),
        ("2026-02-06,p,1,\x1b[31m", "row 2, column source: '\\x1b[31m' has control characters"),
        ("2026-02-06,p\u202e,1,s", "row 2, column pool: 'p\\u202e' has control characters"),
        ("2026-02-06,p,1,s,extra", "row 2: 5 cells under 4 columns"),
        ('2026-02-06,p,1,"s', "row 2: this is not CSV"),
    ],
)
def test_a_bad_mining_row_is_named_by_row_and_column(row, words):
    assert words in refused("mining", MINING + row + "\n")


def test_all_complaints_of_a_file_come_at_once_and_nothing_is_planned():
    text = refused("mining", MINING + "2026-02-06,p,1,s\n2026-02-05,p,-1,s\n2026-02-09,p,x,s\n")
    assert text.count("\n") == 2
    assert "row 3, column mined_btc" in text
    assert "row 4, column day" in text
    assert "row 4, column mined_btc" in text


def test_a_wrong_header_gets_a_did_you_mean():
    text = refused("mining", "day,pol,mined_btc,source\n2026-02-06,p,1,s\n")
    assert "row 1, column 2: 'pol' is not a column here; did you mean pool?" in text
    assert "row 1: the column pool is missing" in text


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "the file is empty"),
        (MINING.encode(), "a header and no rows"),
        (b"\xff\xfe", "not UTF-8"),
        (b"day,pool,mined_btc,source,day\n", "day stands there twice"),
        (b"x" * (9 << 20), "bytes"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused(data, words):
    assert words in refused("mining", data)


def test_a_byte_order_mark_windows_lines_and_blank_lines_are_fine():
    plan = planned(
        "mining", b"\xef\xbb\xbf" + MINING.replace("\n", "\r\n").encode() + b"\r\n2026-02-06,p,1,s\r\n\r\n"
    )
    assert len(plan.new) == 1


def test_the_same_day_twice_is_refused_and_named():
    text = refused("mining", MINING + "2026-02-06,p,1,s\n2026-02-06,p,2,s\n")
    assert "2026-02-06 p is stated twice in this file" in text


def test_one_entry_of_a_pool_never_credits_two_days():
    head = "day,pool,mined_btc,source,source_id\n"
    assert "source_id a1 of p" in refused("mining", head + "2026-02-06,p,1,s,a1\n2026-02-05,p,1,s,a1\n")
    first = planned("mining", head + "2026-02-05,p,1,s,a1\n")
    with pytest.raises(ImportRefused, match="it credits 2026-02-05"):
        planned("mining", head + "2026-02-06,p,1,s,a1\n", first.new)


def test_importing_again_says_0_new_and_a_changed_row_is_a_correction():
    first = planned("mining", MINING + "2026-02-05,p,1,s\n2026-02-06,p,1,s\n")
    again = planned("mining", MINING + "2026-02-06,p,1.0,s\n2026-02-05,p,1,s\n", first.new)
    assert again.sentence == "0 new, 0 corrected, 2 unchanged"
    corrected = planned("mining", MINING + "2026-02-06,p,2,s\n", first.new)
    assert corrected.sentence == "0 new, 1 corrected, 0 unchanged"
    assert corrected.rows[0].mined == parse_btc("2")


def test_a_capex_row_makes_project_commitment_and_milestone():
    plan = planned(
        "capex",
        CAPEX + "g-1,georgia,Georgia phase 1,deposit,2026-02-12,19500000,USD,committed,82,s\n"
        "g-2,georgia,Georgia phase 1,delivery,2026-05-29,39000000,USD,planned,,s\n",
    )
    kinds = [type(record) for record in plan.new]
    assert kinds == [Project, Commitment, Milestone, Milestone]
    assert plan.new[2].funded == 8200
    assert plan.new[3].funded == 0


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (
            "g-1,g,G,d,2026-02-12,1,USD,commited,82,s",
            "column state: 'commited' is not known; did you mean committed?",
        ),
        ("g-1,g,G,d,2026-02-12,1,USD,paid,101,s", "column funded_percent: '101' is more than 100 percent"),
        ("g-1,g,G,d,2026-02-12,1,usd,paid,1,s", "column currency: 'usd' is not a currency"),
        ("g 1,g,G,d,2026-02-12,1,USD,paid,1,s", "column milestone_id: 'g 1' is not an id"),
        ("g-1,g,G,d,12.02.2026,1,USD,paid,1,s", "column due: '12.02.2026' is not a day"),
        ("g-1,g,G,d,2026-02-12,-1,USD,paid,1,s", "column amount: '-1' is negative"),
    ],
)
def test_a_bad_capex_row_is_named(row, words):
    assert words in refused("capex", CAPEX + row + "\n")


def test_a_commitment_described_in_two_ways_is_refused():
    rows = "a,g,Georgia,d,2026-02-12,1,USD,planned,1,s\nb,g,Georgia 2,d,2026-02-12,1,USD,planned,1,s\n"
    assert "g is described in two ways" in refused("capex", CAPEX + rows)


def test_a_loan_is_read_with_percentages_as_basis_points():
    plan = planned("loans", LOANS + "lender-a,lender A,200000000,USD,4000,65,80,90.5,2026-02-07T00:00:00Z,s\n")
    (loan,) = plan.new
    assert isinstance(loan, Loan)
    assert (loan.call_ltv, loan.liquidation_ltv) == (Decimal(8000), Decimal(9050))


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("a,A,1,USD,1,65,90,80,2026-02-07T00:00:00Z,s", "initial LTV ≤ call LTV < liquidation LTV"),
        ("a,A,1,USD,1,65,80,90,2026-02-07,s", "column as_of: '2026-02-07' is not a time with a zone"),
        ("a,A,1,USD,1,65,80,90,2026-02-08T00:00:00Z,s", "column as_of: '2026-02-08T00:00:00Z' is in the future"),
    ],
)
def test_a_bad_loan_is_named(row, words):
    assert words in refused("loans", LOANS + row + "\n")


def test_places_and_cash_come_in_one_file():
    plan = planned(
        "holdings",
        HOLDINGS + "pledged,coll,lender A,4000,,,2026-02-07T00:00:00Z,lender-a,s\n"
        "cash,,bank,,USD,-12.50,2026-02-07T01:00:00+01:00,,s\n",
    )
    place, money = plan.new
    assert isinstance(place, Place)
    assert isinstance(money, CashBalance)
    assert place.loan == "lender-a"
    assert money.amount == Decimal("-12.50")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("pledged,c,A,1,,,2026-02-07T00:00:00Z,,s", "column loan: '' is missing; pledged coins secure a loan"),
        ("wallet,c,A,1,,,2026-02-07T00:00:00Z,x,s", "column loan: 'x' is only for pledged coins"),
        ("wallet,c,A,-1,,,2026-02-07T00:00:00Z,,s", "column btc: '-1' is negative"),
        ("wallet,c,A,1,USD,1,2026-02-07T00:00:00Z,,s", "column amount: '1' is only for rows of kind cash"),
        ("wallett,c,A,1,,,2026-02-07T00:00:00Z,,s", "column kind: 'wallett' is not known; did you mean wallet?"),
        ("cash,,bank,1,USD,1,2026-02-07T00:00:00Z,,s", "column btc: '1' does not belong to cash"),
    ],
)
def test_a_bad_holdings_row_is_named(row, words):
    assert words in refused("holdings", HOLDINGS + row + "\n")


@given(st.binary(max_size=300))
def test_no_bytes_whatsoever_do_more_than_be_refused(data):
    with pytest.raises(ImportRefused):
        planned("mining", data)


@given(st.lists(st.lists(st.text(max_size=12), min_size=4, max_size=4), max_size=4))
def test_no_cells_under_a_right_header_do_more_than_be_read_or_refused(rows):
    quoted = "".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) + "\n" for row in rows)
    try:
        plan = planned("mining", (MINING + quoted).encode("utf-8", "surrogatepass"))
    except ImportRefused:
        return
    assert all(record.mined >= 0 for record in plan.rows)
