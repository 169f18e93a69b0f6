"""Capex tables: milestones fit their contract, allocations their need, and a refusal names its cell."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO

import pytest
from openpyxl import Workbook

from desk.treasury import imports
from desk.treasury.cash_records import Allocation, FundedBy
from desk.treasury.csv_table import ImportRefused
from desk.treasury.layouts.loans import LOANS
from desk.treasury.records import Commitment, Milestone, MilestoneKind, Project

NOW = datetime(2026, 2, 7, 14, 0, tzinfo=UTC)
COLUMNS = {
    "milestone_id": "g-1",
    "commitment_id": "gpus",
    "commitment": "GPU containers",
    "milestone": "deposit",
    "due": "2026-02-20",
    "amount": "300000",
    "currency": "USD",
    "state": "committed",
    "source": "contract GC-7",
}
TERMS = {"contract": "GC-7", "signed": "2026-01-15", "total": "1000000", "vendor": "container maker"}


def table(*rows: dict[str, str]) -> bytes:
    names = list(dict.fromkeys(name for row in rows for name in row))
    lines = [names, *([row.get(name, "") for name in names] for row in rows)]
    return "\n".join(",".join(line) for line in lines).encode()


def row(**cells: str) -> dict[str, str]:
    return {**COLUMNS, **cells}


def planned(data: bytes, current: tuple = ()) -> imports.ImportPlan:
    return imports.plan("capex", data, file="x.csv", now=NOW, current=current)


def refused(data: bytes, current: tuple = ()) -> str:
    with pytest.raises(ImportRefused) as caught:
        planned(data, current)
    return str(caught.value)


def test_a_row_states_project_contract_and_milestone_with_everything_it_has():
    cells = TERMS | {
        "project_id": "ai",
        "project": "AI compute",
        "site": "Georgia",
        "power_mw": "50",
        "gpus": "1024",
        "earliest": "2026-02-16",
        "latest": "2026-03-06",
        "probability_percent": "95",
        "funded_percent": "40",
    }
    project, contract, one = planned(table(row(**cells))).new
    assert project == Project("ai", "AI compute", site="Georgia", power_mw=Decimal(50), gpus=1024)
    assert isinstance(contract, Commitment)
    assert (contract.signed, contract.total, contract.currency) == (date(2026, 1, 15), 1_000_000, "USD")
    assert isinstance(one, Milestone)
    assert (one.kind, one.earliest, one.latest) == (MilestoneKind.DEPOSIT, date(2026, 2, 16), date(2026, 3, 6))
    assert (one.probability, one.funded) == (9500, 4000)


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"due": "2026-01-14", **TERMS}, "column due: '2026-01-14' is before its contract was signed on 2026-01-15"),
        ({"earliest": "2026-02-21"}, "column earliest: '2026-02-21' is after the due date 2026-02-20"),
        ({"latest": "2026-02-19"}, "column latest: '2026-02-19' is before the due date 2026-02-20"),
        ({"state": "paid"}, "column paid_on: '' is missing; say on which day it was paid"),
        ({"paid": "100"}, "column paid_on: '' is missing"),
        ({"paid_on": "2026-02-01"}, "column paid_on: '2026-02-01' is a day of payment, but nothing is paid"),
        ({"state": "paid", "paid_on": "2026-02-08"}, "column paid_on: '2026-02-08' is in the future"),
        ({"paid": "300000.01", "paid_on": "2026-02-01"}, "column paid: '300000.01' is more than the milestone's"),
        ({"signed": "2026-02-08"}, "column signed: '2026-02-08' is in the future; leave it empty until"),
        ({"probability_percent": "101"}, "column probability_percent: '101' is more than 100 percent"),
        ({"gpus": "1.5"}, "column gpus: '1.5' is not a whole number"),
        ({"kind": "delivry"}, "column kind: 'delivry' is not known; did you mean delivery?"),
        ({"currency": "USX"}, "column currency: 'USX' is not a currency known here; did you mean USD?"),
        ({"amount": "1000001", **TERMS}, "column amount: '1000001' brings the milestones of gpus to 1000001, above"),
    ],
)
def test_a_row_that_contradicts_itself_is_refused_on_the_cell_that_has_to_change(cells, words):
    assert f"row 2, {words}" in refused(table(row(**cells)))


def test_the_row_with_which_milestones_exceed_their_contract_is_named_and_no_other():
    rows = [row(milestone_id=f"g-{at}", amount="400000", **TERMS) for at in range(1, 4)]
    text = refused(table(*rows))
    assert text == (
        "row 4, column amount: '400000' brings the milestones of gpus to 1200000, above its total of 1000000"
    )
    dropped = [*rows[:2], {**rows[2], "state": "dropped"}]
    assert len(planned(table(*dropped)).new) == 5, "what was dropped costs nothing"


def test_milestones_on_record_count_against_the_total_of_their_contract_too():
    first = planned(table(row(amount="800000", **TERMS)))
    more = table(row(milestone_id="g-2", milestone="delivery", amount="200000.01"))
    assert "row 2, column amount: '200000.01' brings" in refused(more, first.rows)
    lowered = table(row(amount="100000"), row(milestone_id="g-2", milestone="delivery", amount="900000"))
    assert planned(lowered, first.rows).sentence == "1 new, 1 corrected, 2 unchanged"
    less = table(row(milestone_id="g-2", amount="1", **TERMS | {"total": "700000"}))
    assert "column total: '700000' is below 800000" in refused(less, first.rows)


def test_what_a_file_has_no_column_for_stays_as_it_is_on_record():
    first = planned(table(row(project_id="ai", project="AI compute", site="Georgia", **TERMS)))
    second = planned(table(row(milestone_id="g-2", milestone="delivery", source="invoice 12")), first.rows)
    assert [type(one) for one in second.rows] == [Milestone]
    assert "is before its contract was signed" in refused(
        table(row(milestone_id="g-2", due="2026-01-01")), first.rows
    )


def test_an_empty_cell_says_that_there_is_nothing():
    first = planned(table(row(**TERMS)))
    (contract,) = (one for one in planned(table(row(**TERMS | {"total": ""})), first.rows).corrected)
    assert isinstance(contract, Commitment)
    assert contract.total is None


def test_each_milestone_may_have_its_own_source_but_a_contract_has_one_description():
    two = table(row(**TERMS), row(milestone_id="g-2", source="contract GC-7 page 4", **TERMS))
    assert [type(one) for one in planned(two).new] == [Project, Commitment, Milestone, Milestone]
    other = table(row(**TERMS), row(milestone_id="g-2", **TERMS | {"vendor": "somebody else"}))
    text = refused(other)
    assert text.startswith(
        "row 3, column vendor: 'somebody else' is not what row 2 says: gpus is described in two ways"
    )


def test_a_contract_has_one_currency_and_a_milestone_one_contract():
    mixed = table(row(), row(milestone_id="g-2", currency="EUR"))
    assert "row 3, column currency: 'EUR' is not the only currency of gpus: EUR, USD" in refused(mixed)
    first = planned(table(row()))
    moved = table(row(commitment_id="site", commitment="Site"))
    assert "row 2, column commitment_id: 'site' does not fit: on record g-1 belongs to gpus" in refused(
        moved, first.rows
    )


def test_the_same_file_again_says_nothing_new():
    data = table(row(**TERMS), row(milestone_id="g-2", source="page 4", **TERMS))
    assert planned(data, planned(data).rows).sentence == "0 new, 0 corrected, 4 unchanged"


ALLOCATION = {
    "allocation_id": "a-1",
    "need": "g-1",
    "by": "sale",
    "ref": "S-2026-0007",
    "amount": "250000.50",
    "currency": "USD",
    "day": "2026-02-06",
    "source": "treasury committee",
}


def test_an_allocation_says_what_funds_which_need():
    known = planned(table(row())).rows
    (one,) = planned(table(ALLOCATION), known).new
    assert one == Allocation(
        "a-1",
        "g-1",
        FundedBy.SALE,
        "S-2026-0007",
        Decimal("250000.50"),
        "USD",
        date(2026, 2, 6),
        "treasury committee",
    )


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ({"need": "g-9"}, "column need: 'g-9' is neither a milestone nor a loan on record"),
        ({"by": "sales"}, "column by: 'sales' is not known; did you mean sale?"),
        ({"ref": "lender-a"}, "column ref: 'lender-a' is not a sale; write its id, like S-2026-0007"),
        ({"by": "loan", "ref": "lender-z"}, "column ref: 'lender-z' is no loan on record; known are none"),
        ({"amount": "0"}, "column amount: '0' is zero"),
        ({"amount": "-1"}, "column amount: '-1' is negative"),
        ({"day": "2026-02-08"}, "column day: '2026-02-08' is in the future"),
        ({"currency": "USDT"}, "column currency: 'USDT' is not what g-1 is owed in; convert it to USD"),
    ],
)
def test_a_bad_allocation_is_named_by_its_cell(cells, words):
    known = planned(table(row())).rows
    assert f"row 2, {words}" in refused(table(ALLOCATION | cells), known)


def test_more_than_a_need_is_taken_down_and_left_to_be_seen():
    known = planned(table(row())).rows
    assert len(planned(table(ALLOCATION | {"amount": "9000000"}), known).new) == 1


def test_a_workbook_may_state_a_loan_and_what_is_set_aside_for_it_at_once():
    loan = dict(
        zip(
            LOANS.required,
            ("lender-a", "lender A", "200", "USD", "4", "65", "80", "90", "2026-02-07T00:00:00Z", "statement"),
            strict=True,
        )
    )
    aside = ALLOCATION | {"need": "lender-a", "by": "cash", "ref": "bank"}
    book = Workbook()
    for name, cells in (("allocations", aside), ("loans", loan), ("milestones", row())):
        sheet = book.create_sheet(name)
        sheet.append(list(cells))
        sheet.append(list(cells.values()))
    book.remove(book.worksheets[0])
    written = BytesIO()
    book.save(written)
    plan = planned(written.getvalue())
    assert [type(one).__name__ for one in plan.new] == ["Loan", "Project", "Commitment", "Milestone", "Allocation"]
