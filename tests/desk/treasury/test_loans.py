"""LTV, the lender's prices, and what would help: checked to the printed digits of the worked example."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from desk.treasury import loans
from desk.units import Bps, Money, Price, Sats, btc, parse_btc

PRICE = Price(Decimal("68524.10"))
DEAR = Price(Decimal(70_000))


def two(value: Decimal) -> str:
    return f"{value:.2f}"


def test_the_worked_sale_to_target_gives_862_32():
    sold = loans.sale_to_target(
        Decimal(100_000_000), parse_btc("2000"), Price(Decimal(70_000)), Bps(Decimal(5000)), Bps(Decimal(30))
    )
    assert two(btc(sold)) == "862.32"


def test_the_illustrative_loan_stands_at_73_percent_with_call_62500_and_liquidation_55556(loan):
    level = loans.ltv(loans.debt(loan), loan.pledged, PRICE)
    assert level is not None
    assert two(level) == "7296.70"
    assert loans.call_price(loan) == Decimal(62_500)
    assert two(loans.liquidation_price(loan)) == "55555.56"
    assert two(loans.distance_to_call(loan, PRICE)) == "-879.12"


def test_a_repayment_from_a_sale_brings_ltv_to_61_8_percent(loan):
    paid = Decimal("445.10") * PRICE
    after = loans.ltv_after_repayment(loan, PRICE, paid)
    assert after is not None
    assert f"{after / 100:.1f}" == "61.8"


def test_accrued_interest_counts_as_debt(loan):
    owing = replace(loan, accrued_interest=Money(Decimal(8_000_000)))
    assert loans.call_price(owing) == Decimal(65_000)


def test_an_ltv_needs_collateral_and_a_price(loan):
    assert loans.ltv(Decimal(1), Sats(0), PRICE) is None
    assert loans.ltv(Decimal(1), parse_btc("1"), Decimal(0)) is None
    with pytest.raises(loans.LoanFigureRefused, match="no collateral"):
        loans.call_price(replace(loan, pledged=Sats(0)))


def test_a_sale_cannot_reach_what_its_own_cost_forbids():
    with pytest.raises(loans.LoanFigureRefused, match="never brings"):
        loans.sale_to_target(Decimal(300), parse_btc("0.003"), DEAR, Bps(Decimal(9990)), Bps(Decimal(30)))
    with pytest.raises(loans.LoanFigureRefused, match="all pledged"):
        loans.sale_to_target(Decimal(300), parse_btc("0.003"), DEAR, Bps(Decimal(5000)), Bps(Decimal(30)))


def test_a_loan_already_at_its_target_needs_neither_top_up_nor_sale():
    args = (Decimal(100), parse_btc("1"), Price(Decimal(70_000)), Bps(Decimal(5000)))
    assert loans.top_up(*args) == 0
    assert loans.sale_to_target(*args, Bps(Decimal(30))) == 0


@given(
    owed=st.integers(1_000, 10**9),
    pledged=st.integers(10**6, 10**12),
    price=st.integers(1_000, 500_000),
    target=st.integers(1_000, 9_000),
)
def test_topping_up_or_selling_as_told_reaches_the_target_and_not_a_satoshi_less_would(owed, pledged, price, target):
    owed, price, goal = Decimal(owed), Price(Decimal(price)), Bps(Decimal(target))
    before = loans.ltv(owed, Sats(pledged), price)
    assume(before is not None and before > goal)
    more = loans.top_up(owed, Sats(pledged), price, goal)
    assert loans.ltv(owed, Sats(pledged + more), price) <= goal
    assert loans.ltv(owed, Sats(pledged + more - 1), price) > goal
    try:
        sold = loans.sale_to_target(owed, Sats(pledged), price, goal, Bps(Decimal(30)))
    except loans.LoanFigureRefused:
        return
    paid = btc(sold) * price * (1 - Decimal(30) / 10_000)
    if sold < pledged and paid < owed:
        assert loans.ltv(owed - paid, Sats(pledged - sold), price) <= goal + Decimal("1e-9")


@given(owed=st.integers(1_000, 10**9), pledged=st.integers(10**6, 10**12), price=st.integers(1_000, 500_000))
def test_what_is_releasable_leaves_the_rest_at_or_under_the_release_level(owed, pledged, price):
    level = Bps(Decimal(6500))
    free = loans.releasable(Decimal(owed), Sats(pledged), Price(Decimal(price)), level)
    if 0 < free < pledged:
        assert loans.ltv(Decimal(owed), Sats(pledged - free), Price(Decimal(price))) <= level
