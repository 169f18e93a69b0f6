"""Covenants: met, near, broken, or not known because a named figure lacks."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.treasury.cash_records import Covenant, CovenantKind
from desk.treasury.covenants import CovenantState, Facts, judge
from desk.units import Bps, Money, Price, parse_btc

FACTS = Facts(
    price=Price(Decimal(68_524)),
    price_currency="USD",
    cash={"USD": Money(Decimal(12_400_000)), "USDT": Money(Decimal(31_000_000))},
    ltv=Bps(Decimal(7297)),
    coins=parse_btc("7474.60"),
)


def covenant(kind: CovenantKind, level: str, currency: str = "") -> Covenant:
    return Covenant("c", "lender-a", kind, Decimal(level), currency, "test")


@pytest.mark.parametrize(
    ("kind", "level", "currency", "state", "headroom"),
    [
        (CovenantKind.MIN_PRICE, "50000", "USD", CovenantState.MET, "3704.80"),
        (CovenantKind.MIN_PRICE, "65000", "USD", CovenantState.NEAR, "542.15"),
        (CovenantKind.MIN_PRICE, "68524", "USD", CovenantState.NEAR, "0.00"),
        (CovenantKind.MIN_PRICE, "70000", "USD", CovenantState.BROKEN, "-210.86"),
        (CovenantKind.MIN_CASH, "10000000", "USD", CovenantState.MET, "2400.00"),
        (CovenantKind.MIN_CASH, "12000000", "USD", CovenantState.NEAR, "333.33"),
        (CovenantKind.MIN_CASH, "31000000.01", "USDT", CovenantState.BROKEN, "-0.00"),
        (CovenantKind.MAX_LTV, "8500", "", CovenantState.MET, "1415.29"),
        (CovenantKind.MAX_LTV, "7500", "", CovenantState.NEAR, "270.67"),
        (CovenantKind.MAX_LTV, "7000", "", CovenantState.BROKEN, "-424.29"),
        (CovenantKind.MIN_BTC, "5000", "", CovenantState.MET, "4949.20"),
        (CovenantKind.MIN_BTC, "8000", "", CovenantState.BROKEN, "-656.75"),
    ],
)
def test_a_covenant_is_judged_with_its_distance(kind, level, currency, state, headroom):
    judged = judge(covenant(kind, level, currency), FACTS)
    assert (judged.state, f"{judged.headroom:.2f}", judged.missing) == (state, headroom, "")


@pytest.mark.parametrize(
    ("kind", "currency", "lacking", "words"),
    [
        (CovenantKind.MIN_PRICE, "USD", {"price": None}, "no estimate: price in USD missing"),
        (CovenantKind.MIN_PRICE, "EUR", {}, "no estimate: price in EUR missing"),
        (CovenantKind.MIN_CASH, "EUR", {}, "no estimate: EUR cash missing"),
        (CovenantKind.MAX_LTV, "", {"ltv": None}, "no estimate: LTV of the loan missing"),
        (CovenantKind.MIN_BTC, "", {"coins": None}, "no estimate: BTC held missing"),
    ],
)
def test_where_a_figure_lacks_there_is_no_judgement_and_it_says_which(kind, currency, lacking, words):
    judged = judge(covenant(kind, "1", currency), replace(FACTS, **lacking))
    assert (judged.state, judged.value, judged.headroom, judged.missing) == (CovenantState.UNKNOWN, None, None, words)


@given(level=st.integers(1, 10**12), cash=st.integers(0, 10**12))
def test_broken_is_exactly_below_the_level(level, cash):
    facts = replace(FACTS, cash={"USD": Money(Decimal(cash))})
    judged = judge(covenant(CovenantKind.MIN_CASH, str(level), "USD"), facts)
    assert (judged.state is CovenantState.BROKEN) == (cash < level)
    assert (judged.state is CovenantState.NEAR) == (level <= cash and (cash - level) * 10 <= level)
