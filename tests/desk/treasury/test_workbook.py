"""Workbooks: read as the text that was typed, all sheets or none, and what a float has lost is refused (P6, P11)."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from desk.treasury import imports
from desk.treasury.column_help import column_help
from desk.treasury.csv_table import ImportRefused
from desk.treasury.records import CashBalance, Loan, Place
from desk.treasury.workbook import README, Template, template
from desk.units import parse_btc

NOW = datetime(2026, 2, 7, 14, 0, tzinfo=UTC)
BALANCES = ("kind", "place_id", "name", "btc", "currency", "amount", "as_of", "loan", "source")
LOANS = (
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
)
AT = "2026-02-07T00:00:00Z"
VAULT = ("wallet", "vault", "Vault", "12.50000001", None, None, AT, None, "node")
LENDER = ("lender-a", "Lender A", 1000, "USD", "4", 65, 80, 90, AT, "contract")


def packed(**sheets: list[tuple[Any, ...]]) -> bytes:
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def planned(data: bytes) -> imports.ImportPlan:
    return imports.plan("holdings", data, file="cut-over.xlsx", now=NOW, current=())


def refused(data: bytes) -> str:
    with pytest.raises(ImportRefused) as caught:
        planned(data)
    return str(caught.value)


def test_one_workbook_states_balances_and_loans_at_once():
    cash = ("cash", None, "Bank", None, "USD", 1234.5, AT, None, "statement")
    plan = planned(packed(Balances=[BALANCES, VAULT, cash], loans=[LOANS, LENDER]))
    kinds = {type(record): record for record in plan.new}
    assert kinds[Place].sats == parse_btc("12.50000001")
    assert str(kinds[CashBalance].amount) == "1234.5"
    assert str(kinds[Loan].debt) == "1000"
    assert imports.nouns("holdings", packed(loans=[LOANS, LENDER])) == ("holdings", "loans")


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (
            3,
            0.1234567890123456,
            "0.1234567890123456 has more digits than a spreadsheet number keeps; format the cell as text",
        ),
        (3, "=1+1", "is a formula; paste its value"),
        (3, "1,5", "sheet balances, row 2, column btc: '1,5' is not a number"),
        (0, "wallett", "sheet balances, row 2, column kind: 'wallett' is not known; did you mean wallet?"),
        (
            6,
            NOW.replace(tzinfo=None),
            "sheet balances, row 2, column as_of: '2026-02-07T14:00:00' is not a time with",
        ),
    ],
    ids=["float", "formula", "comma", "word", "zoneless"],
)
def test_a_cell_that_cannot_be_trusted_names_sheet_row_and_column(place: int, value: object, said: str):
    row = [*VAULT]
    row[place] = value
    assert said in refused(packed(balances=[BALANCES, tuple(row)]))


def test_one_bad_sheet_refuses_them_all():
    said = refused(packed(balances=[BALANCES, VAULT], loans=[LOANS, (*LENDER[:6], 95, *LENDER[7:])]))
    assert "sheet loans, row 2, column call_ltv_percent: '95' does not fit" in said


def test_everything_that_is_wrong_anywhere_is_told_at_once():
    formula, word = (*VAULT[:3], "=1+1", *VAULT[4:]), ("wallett", *VAULT[1:])
    misspelt = ("lot", *LOTS[1:])
    said = refused(
        packed(
            balances=[BALANCES, formula, word, (*VAULT, "more")],
            lots=[misspelt, LOT],
            loans=[LOANS, (*LENDER[:6], 95, *LENDER[7:])],
            milestone=[("what",), ("x",)],
        )
    ).splitlines()
    assert [line.partition(": ")[0] for line in said] == [
        "sheet balances, row 2, column btc",
        "sheet milestone",
        "sheet lots, row 1, column 1",
        "sheet lots, row 1",
        "sheet loans, row 2, column call_ltv_percent",
        "sheet balances, row 3, column kind",
        "sheet balances, row 4",
    ]


LOT = (
    "opening-1",
    "opening",
    "vault",
    "12.50000001",
    "2026-02-07T00:00:00Z",
    "2026-02-07T00:00:00Z",
    "books",
    "70000",
)
LOTS = ("lot_id", "kind", "place", "btc", "credited", "received", "source", "cost_usd")
PLEDGED = ("pledged", "cold", "Lender A custody", "3", None, None, AT, "lender-a", "custodian")


def test_balances_that_their_opening_lots_do_not_make_are_refused_before_anything_is_kept():
    short = (*LOT[:3], "12.5", *LOT[4:])
    said = refused(packed(balances=[BALANCES, VAULT], lots=[LOTS, short]))
    assert said == "place vault: the balance is 12.50000001 BTC, its opening lots are 12.50000000 BTC"
    assert len(planned(packed(balances=[BALANCES, VAULT], lots=[LOTS, LOT])).new) == 2


@pytest.mark.parametrize("place_id", ["foundry", "pool:foundry"])
def test_a_pool_opens_with_the_lots_at_its_own_place_however_it_is_called(place_id: str):
    pool = ("pool", place_id, "Foundry", "12.50000001", None, None, AT, None, "pool")
    lots = [LOTS, (*LOT[:2], "pool:foundry", *LOT[3:])]
    assert len(planned(packed(balances=[BALANCES, pool], lots=lots)).new) == 2
    said = refused(packed(balances=[BALANCES, (*pool[:3], "13", *pool[4:])], lots=lots))
    assert said == (
        "place foundry: the balance is 13.00000000 BTC, its opening lots (at pool:foundry) are 12.50000001 BTC"
    )


def test_pledged_places_and_the_loan_they_secure_have_to_agree():
    said = refused(packed(balances=[BALANCES, PLEDGED], loans=[LOANS, LENDER]))
    assert "loan lender-a: 4.00000000 BTC are pledged by its terms, 3.00000000 BTC lie in its pledged places" in said


def test_a_sheet_nobody_knows_is_refused_with_the_name_that_was_meant():
    assert "sheet balance: did you mean balances?" in refused(packed(balance=[BALANCES, VAULT]))


@pytest.mark.parametrize("rest", [b"", b"\x00" * 400], ids=["nothing more", "zeros"])
def test_what_is_no_workbook_is_refused(rest: bytes):
    assert "this is not a workbook that can be read" in refused(b"PK\x03\x04" + rest)


def test_a_workbook_nobody_filled_in_is_refused():
    assert "no sheet has a row under its header" in refused(packed(balances=[BALANCES]))


def test_the_template_has_every_table_and_is_itself_an_import_of_nothing():
    parts = [Template(name, "", made.layout) for tables in imports.FORMATS.values() for name, made in tables.items()]
    data = template(parts, "Example Mining")
    book = load_workbook(io.BytesIO(data))
    assert book.sheetnames == [README, *(part.name for part in parts)]
    assert [cell.value for cell in book["balances"][1]] == list(imports.FORMATS["holdings"]["balances"].layout.all)
    assert "no sheet has a row under its header" in refused(data)


def test_a_filled_template_is_read_back():
    layout = imports.FORMATS["holdings"]["balances"].layout
    book = load_workbook(io.BytesIO(template([Template("balances", "", layout)], "x")))
    given = dict(zip(BALANCES, VAULT, strict=True))
    book["balances"].append([given.get(name) for name in layout.all])
    out = io.BytesIO()
    book.save(out)
    assert [record.sats for record in planned(out.getvalue()).new] == [parse_btc("12.50000001")]


TEXTS = {"name", "note", "lender", "site", "counterparty", "value_source", "txid", "policy", "payee", "purpose"}
TEXTS |= {"commitment", "milestone", "project", "vendor", "contract"}


@pytest.mark.parametrize("noun", imports.FORMATS)
def test_every_column_says_how_it_is_written_and_only_names_and_remarks_are_plain_text(noun: str):
    for table, made in imports.FORMATS[noun].items():
        plain = {column for column in made.layout.all if column_help(table, column) == "text"}
        assert plain <= TEXTS, (table, plain - TEXTS)


def test_words_that_a_column_knows_are_listed():
    assert column_help("lots", "kind") == "one of opening, received, returned"
    assert column_help("pledged", "pledged_btc").startswith("BTC with up to eight decimals")


def test_table_names_are_unique_so_that_a_sheet_means_one_thing():
    names = [name for tables in imports.FORMATS.values() for name in tables]
    assert len(names) == len(set(names))
