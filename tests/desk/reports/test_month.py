"""Reports of a month, with figures worked out by hand from a small February."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from desk.reports.document import Report, Table, plain
from desk.reports.forms import FORMS
from desk.reports.journal import ACCOUNTS, journal_report
from desk.reports.lots import lots_report
from desk.reports.markdown import markdown
from desk.reports.monthly import MonthlyFigures, monthly_report
from desk.reports.rollforward import RollForwardFigures, rollforward_report
from desk.treasury.books import books_of
from desk.treasury.coin_records import Explanation
from desk.treasury.restrictions import Restriction
from desk.units import btc, parse_btc

FEB = "2026-02"


def table(report: Report, title: str) -> Table:
    return next(one for one in report.tables if one.title.startswith(title))


def rows(found: Table) -> dict[str, list[str]]:
    """Plain cells by the first one."""
    texts = [[plain(cell, column) for cell, column in zip(row, found.columns, strict=True)] for row in found.rows]
    return {row[0]: row[1:] for row in texts}


@pytest.fixture
def monthly(month: Callable[..., Any]) -> Report:
    given = month()
    return monthly_report(
        MonthlyFigures(
            "Example Mining", FEB, given.as_of, given.books, given.statement, given.mining, given.published
        )
    )


@pytest.fixture
def rolled(month: Callable[..., Any]) -> Report:
    given = month()
    return rollforward_report(RollForwardFigures("Example Mining", FEB, given.as_of, given.books, given.statement))


def test_the_update_shows_month_prior_month_and_prior_year_with_changes(monthly: Report) -> None:
    found = rows(table(monthly, "Update"))
    assert found["BTC produced"] == ["BTC", "14.00", "496.35", "472.70", "-97.2", "-97.0"]
    assert found["Average produced per day"][1:3] == ["0.50", "16.01"]
    assert found["BTC sold"][1:3] == ["10.00", "550.03"]
    assert found["Net proceeds"][1:3] == ["649350", ""]
    assert found["Average net price"][1] == "64935"
    assert found["Power price"] == ["¢/kWh", "5.10", "", "", "", ""]
    assert found["Deployed hashrate"][1:4] == ["50.00", "50.00", "32.00"]


def test_what_is_held_is_the_books_and_says_where_other_figures_come_from(monthly: Report) -> None:
    assert rows(table(monthly, "Update"))["BTC held at month end"][1:3] == ["103.75", "7474.60"]
    assert "2026-02: own record." in monthly.notes
    assert "2026-01: published: https://example.test/jan." in monthly.notes
    assert monthly.lines == ("Unaudited, estimated.",)


def test_restricted_coins_are_footnoted(month: Callable[..., Any], monthly: Report) -> None:
    assert not any("restricted" in note for note in monthly.notes)
    given = month()
    books = replace(given.books, pledged=frozenset({"cold"}))
    figures = MonthlyFigures("x", FEB, given.as_of, books, given.statement, given.mining, given.published)
    found = monthly_report(figures)
    assert found.notes[0] == "Held includes 40.00000000 BTC that are restricted (pledged)."
    assert (
        rows(table(found, "Update"))["BTC held at month end"]
        == rows(table(monthly, "Update"))["BTC held at month end"]
    )


def test_before_the_books_begin_nothing_is_held_or_sold_by_them(month: Callable[..., Any]) -> None:
    given = month()
    january = [replace(given.mining[0], day=date(2026, 1, day)) for day in range(1, 32)]
    figures = MonthlyFigures("x", "2026-01", given.as_of, given.books, given.statement, january, given.published)
    found = rows(table(monthly_report(figures), "Update"))
    assert found["BTC produced"][1] == "15.50"
    assert (found["BTC held at month end"][1], found["BTC sold"][1]) == ("7474.60", "550.03")
    assert found["Net proceeds"][1] == ""
    assert any(
        "the books begin on 2026-02-01, held and sold as published" in n for n in monthly_report(figures).notes
    )
    found = rows(table(monthly_report(replace(figures, published=[])), "Update"))
    assert (found["BTC held at month end"][1], found["BTC sold"][1]) == ("", "")


def test_a_month_in_which_the_books_begin_says_so(month: Callable[..., Any]) -> None:
    given = month()
    late = replace(given.books, entries=tuple(e for e in given.books.entries if e.at.day > 6))
    figures = MonthlyFigures("x", FEB, given.as_of, late, given.statement, given.mining, given.published)
    said = "2026-02: own record; the books begin on 2026-02-07, nothing sold before is in here."
    assert said in monthly_report(figures).notes


def test_the_roll_forward_closes_in_coins_and_dollars(rolled: Report) -> None:
    found = rows(table(rolled, "Roll-forward"))
    assert found["opening"] == ["0.00000000", "0.00"]
    assert found["mined (credited)"][0] == "14.00000000"
    assert found["sold"] == ["-10.00000000", "-649350.00"]
    assert found["closing"] == ["103.74999000", "7677499.26"]
    money = [Decimal(cells[1]) for name, cells in found.items() if name != "closing"]
    assert sum(money) == Decimal("7677499.26")


def test_the_days_chain_and_end_at_the_closing(rolled: Report) -> None:
    days = table(rolled, "By day")
    opening = {row[0]: row[1] for row in days.rows}
    closing = {row[0]: row[-1] for row in days.rows}
    assert closing[date(2026, 2, 3)] == opening[date(2026, 2, 4)]
    assert closing[date(2026, 2, 28)] == Decimal("103.74999000")


def test_the_disclosures_name_units_cost_fair_value_and_restrictions(rolled: Report) -> None:
    asset = rows(table(rolled, "Holding on 2026-02-28"))["Bitcoin"]
    assert (asset[0], asset[2]) == ("103.74999000", "7677499.26")
    restricted = rows(table(rolled, "Restricted"))["cold"]
    assert restricted[:3] == ["pledged for loan lender-a to lender A until 2026-12-31", "40.00000000", "2960000.00"]
    realised = rows(table(rolled, "Realised"))
    assert realised[FEB] == realised["cumulative"]
    assert realised[FEB][0] == "10.25001000"


def test_a_day_without_a_mark_says_which_and_shows_no_dollars(month: Callable[..., Any]) -> None:
    given = month(without_mark=date(2026, 2, 28))
    report = rollforward_report(RollForwardFigures("x", FEB, given.as_of, given.books, given.statement))
    assert rows(table(report, "Roll-forward"))["closing"][1] == ""
    assert any("2026-02-28" in note for note in report.notes)


def test_lots_carry_what_an_auditor_asks_for(month: Callable[..., Any]) -> None:
    given = month()
    report = lots_report("x", given.as_of, given.statement, FEB)
    lots = rows(table(report, "Lots"))
    assert len([row for row in table(report, "Lots").rows if row[0] == "o-1"]) == 2
    assert lots["mined/2026-02-03/luxor/georgia"][6] == "0.50000000"
    gone = rows(table(report, "Disposals"))
    sale = next(cells for name, cells in gone.items() if "B-1" in name)
    assert {"649350.00", "500000.00", "149350.00", "a desk", "fifo"} <= set(sale)


def test_the_sums_of_lots_are_grouped_figures_and_no_text(month: Callable[..., Any]) -> None:
    made = month()
    report = lots_report("Example Mining", made.as_of, made.statement)
    (table,) = (one for one in report.tables if one.title == "In sum")
    values = {str(row[0]): row[1] for row in table.rows}
    assert isinstance(values["cost USD"], Decimal)
    assert isinstance(values["BTC"], Decimal)
    assert re.search(r"cost USD +\| +\d,\d{3},\d{3}\.\d{2} \|", markdown(report).decode())


def test_the_journal_balances_and_brings_the_assets_to_fair_value(month: Callable[..., Any]) -> None:
    given = month()
    report = journal_report("x", FEB, given.as_of, given.books, given.statement, {"digital-assets": "1350"})
    lines = table(report, "Journal").rows
    debits, credits = lines[-1][4], lines[-1][5]
    assert debits == credits
    assert sum(row[4] - row[5] for row in lines[:-1] if row[2] == "1350") == Decimal("7677499.26")
    assert {row[3] for row in lines[:-1]} <= set(ACCOUNTS.values())
    for entry in {row[1] for row in lines[:-1]}:
        assert sum(row[4] - row[5] for row in lines[:-1] if row[1] == entry) == 0, f"{entry} does not balance"


def test_what_was_taken_over_at_the_cut_over_is_no_explained_difference(month: Callable[..., Any]) -> None:
    made = month()
    report = journal_report("Example Mining", FEB, made.as_of, made.books, made.statement, {"opening": "3900"})
    (row,) = [row for row in table(report, "Journal").rows if row[1] == "receipt/o-1" and row[5]]
    assert (row[2], row[3]) == ("3900", "Opening balances taken over")


def test_lots_that_are_not_what_the_month_closes_with_say_by_how_much_and_why(month: Callable[..., Any]) -> None:
    made = month()
    told = "explanation E-1: 0.10000000 BTC left vault and no lot with them"
    line = Explanation("E-1", FEB, parse_btc("0.1"), "lost", "olga", place="vault", about="place-vault-2026-02")
    books = books_of(replace(made.record, explanations=[line]))
    figures = RollForwardFigures("M", FEB, made.as_of, books, replace(made.statement, explained=(told,)))
    held = table(rollforward_report(figures), "Holding")
    assert "The lots are 0.10000000 BTC more than the roll-forward closes with:" in held.notes
    assert told in held.notes


def test_coins_that_their_lender_may_re_use_are_none_of_the_holding(month: Callable[..., Any]) -> None:
    made = month()
    lent = {"vault": Restriction("l", "L", None, True)}
    figures = RollForwardFigures("M", FEB, made.as_of, made.books, replace(made.statement, restrictions=lent))
    in_vault = sum(p.sats for lot in made.statement.book.lots for p in lot.pieces if p.place == "vault")
    everything = sum(p.sats for lot in made.statement.book.lots for p in lot.pieces)
    assert in_vault
    assert table(rollforward_report(figures), "Holding").rows[0][1] == btc(everything - in_vault)


def test_a_journal_of_a_month_before_the_books_says_so(month: Callable[..., Any]) -> None:
    given = month()
    found = journal_report("x", "2026-01", given.as_of, given.books, given.statement, {})
    assert found.notes[0] == "nothing is booked: the books begin on 2026-02-01"
    assert not journal_report("x", FEB, given.as_of, given.books, given.statement, {}).notes


def test_a_journal_names_what_it_cannot_value(month: Callable[..., Any]) -> None:
    given = month(without_mark=date(2026, 2, 28))
    report = journal_report("x", FEB, given.as_of, given.books, given.statement, {})
    assert any("2026-02-28" in note for note in report.notes)
    assert table(report, "Journal").rows[-1][4] == table(report, "Journal").rows[-1][5]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_the_roll_forward_is_the_same_each_time(rolled: Report, form: str) -> None:
    assert FORMS[form](rolled) == FORMS[form](rolled)


def test_one_table_alone_is_plain_csv(month: Callable[..., Any]) -> None:
    given = month()
    report = journal_report("x", FEB, given.as_of, given.books, given.statement, {})
    found = list(csv.reader(io.StringIO(FORMS["csv"](report).decode())))
    assert found[0] == ["day", "reference", "account", "name", "debit, USD", "credit, USD", "text"]
    assert all(len(row) == 7 for row in found)
