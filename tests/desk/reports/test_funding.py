"""Funding and loan compliance as lenders read it: every figure in the unit that stands beside it."""

from dataclasses import replace
from decimal import Decimal

from desk.reports.document import plain
from desk.reports.funding import funding_report
from desk.snapshot.samples import sample_snapshot


def covenants(desk):
    found = next(one for one in funding_report(desk).tables if one.title == "Covenants")
    return [[plain(cell, column) for cell, column in zip(row, found.columns, strict=True)] for row in found.rows]


def test_an_ltv_is_a_percentage_and_money_and_coins_say_so():
    by_kind = {row[1]: row[2:] for row in covenants(sample_snapshot())}
    assert by_kind["max-ltv"][:2] == ["%", "78.00"]
    assert Decimal(by_kind["max-ltv"][2]) < 100
    assert by_kind["min-cash"][:2] == ["USD", "10000000.00"]
    assert by_kind["min-btc"][:2] == ["BTC", "3000.00"]


def test_what_is_missing_is_said_once():
    desk = sample_snapshot()
    (loan, *others) = desk.loans
    blind = [
        replace(line, now=replace(line.now, value=None, missing="no estimate: USD cash missing"))
        for line in loan.covenants
    ]
    rows = covenants(replace(desk, loans=(replace(loan, covenants=tuple(blind)), *others)))
    assert {row[5] for row in rows} == {"no estimate: USD cash missing"}
