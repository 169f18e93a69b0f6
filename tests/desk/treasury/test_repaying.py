"""What a repayment would do, worked out before anybody pays."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desk.treasury.loans import LoanFigureRefused
from desk.treasury.repaying import what_if
from desk.units import Bps, Money, Price, btc

PRICE = Price(Decimal("68524.10"))
TODAY = date(2026, 2, 7)


@pytest.fixture
def terms(loan):
    """A release LTV of 60 % and 7.2 % interest on the loan of this room."""
    return replace(loan, release_ltv=Bps(Decimal(6000)), annual_rate=Bps(Decimal(720)))


def repay(loan, amount, price=PRICE):
    paid = Money(Decimal(amount))
    return what_if(loan, loan.debt, price, paid, target=loan.initial_ltv, cost=Bps(Decimal(50)), today=TODAY)


def test_repaying_half_frees_what_the_release_ltv_lets_go(terms):
    found = repay(terms, 100_000_000)
    assert f"{found.after.ltv / 100:.2f}" == "36.48"
    assert f"{btc(found.freed):.2f}" == "1567.77"
    assert f"{btc(found.coins):.2f}" == "1466.67"
    assert found.saved == Decimal("7300000.00")


def test_what_the_lender_would_release_anyway_is_not_freed_by_the_repayment(terms):
    light = replace(terms, debt=Money(Decimal(150_000_000)))
    found = repay(light, 50_000_000)
    assert found.before.releasable > 0
    assert found.freed == found.after.releasable - found.before.releasable


def test_repaying_all_frees_everything(terms):
    found = repay(terms, 200_000_000)
    assert (found.after.owed, found.after.ltv, found.freed) == (0, 0, terms.pledged)


def test_what_lacks_is_not_made_up(terms):
    bare = repay(replace(terms, release_ltv=None, annual_rate=None), 1_000_000, None)
    assert (bare.freed, bare.saved, bare.coins, bare.after.ltv) == (None,) * 4


def test_interest_and_fees_are_paid_before_the_principal(terms):
    owing = replace(terms, debt=Money(Decimal(199_000_000)))
    found = what_if(
        owing, Money(Decimal(200_000_000)), PRICE, Money(Decimal(1_000_000)),
        target=owing.initial_ltv, cost=Bps(Decimal(50)), today=TODAY,
    )  # fmt: skip
    assert found.saved == 0


@pytest.mark.parametrize(
    ("amount", "words"),
    [("0", "above zero"), ("-1", "above zero"), ("200000000.01", "lender-a is owed 200,000,000.00 USD")],
)
def test_no_repayment_and_more_than_is_owed_are_refused(terms, amount, words):
    with pytest.raises(LoanFigureRefused, match=words):
        repay(terms, amount)


@given(amount=st.integers(1, 200_000_000), price=st.integers(10_000, 200_000))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_more_is_never_worse(terms, amount, price):
    found = repay(terms, amount, Price(Decimal(price)))
    assert found.after.ltv < found.before.ltv
    assert found.after.call_price < found.before.call_price
    assert 0 <= found.freed <= terms.pledged
