"""The margin-call ladder: every step to the printed digits, now and after what is planned, and what would help."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desk.treasury import loans
from desk.treasury.ladder import STEPS, Zone, ladder, standing, zone
from desk.units import Bps, Money, Price, Sats, btc, parse_btc

PRICE = Price(Decimal("68524.10"))
COST = Bps(Decimal(30))


def look(loan, owed=None, price=PRICE, target="6500"):
    owed = loan.debt if owed is None else Money(Decimal(owed))
    return standing(loan, owed, price, target=Bps(Decimal(target)), cost=COST)


def test_the_case_is_called_at_62500_and_liquidated_at_55556(loan):
    there = look(loan)
    assert there.call_price == 62_500
    assert f"{there.liquidation_price:.0f}" == "55556"
    assert (f"{there.to_call:.2f}", f"{there.to_liquidation:.2f}") == ("-879.12", "-1892.55")
    assert there.zone is Zone.SAFE


@pytest.mark.parametrize(
    ("fall", "price", "ltv", "zone", "top_up"),
    [
        ("-1000", "61671.69", "81.07", Zone.CALL, "989.20"),
        ("-2000", "54819.28", "91.21", Zone.LIQUIDATION, "1612.85"),
        ("-3000", "47966.87", "104.24", Zone.LIQUIDATION, "2414.68"),
        ("-4000", "41114.46", "121.61", Zone.LIQUIDATION, "3483.80"),
        ("-5000", "34262.05", "145.93", Zone.LIQUIDATION, "4980.56"),
        ("-6000", "27409.64", "182.42", Zone.LIQUIDATION, "7225.70"),
    ],
)
def test_each_step_of_the_ladder_to_its_printed_digits(loan, fall, price, ltv, zone, top_up):
    steps = {rung.fall: rung for rung in ladder(loan, loan.debt, None, PRICE, target=loan.initial_ltv, cost=COST)}
    rung = steps[Decimal(fall)]
    assert f"{rung.price:.2f}" == price
    assert f"{rung.now.ltv / 100:.2f}" == ltv
    assert rung.now.zone is zone
    assert f"{btc(rung.now.top_up):.2f}" == top_up
    assert rung.after is None


def test_at_the_level_itself_the_lender_may_act(loan):
    there = [zone(loan, Bps(Decimal(level))) for level in ("7999.99", "8000", "8999.99", "9000")]
    assert there == [Zone.SAFE, Zone.CALL, Zone.CALL, Zone.LIQUIDATION]


def test_what_a_planned_sale_pays_is_on_every_step(loan):
    after = Money(loan.debt - 445 * 68_000)
    for rung in ladder(loan, loan.debt, after, PRICE, target=loan.initial_ltv, cost=COST):
        assert rung.after.ltv < rung.now.ltv
        assert rung.after.top_up <= rung.now.top_up
        assert rung.after.owed == after


def test_four_ways_back_to_the_target_each_get_there(loan):
    there = look(loan, target="5000")
    level = Bps(Decimal(5000))
    net = PRICE * (1 - COST / 10_000)
    more, less = Sats(loan.pledged + there.top_up), Sats(loan.pledged - there.sale)
    assert loans.ltv(loan.debt, more, PRICE) <= level
    assert loans.ltv(loan.debt - there.repay, loan.pledged, PRICE) <= level
    assert loans.ltv(loan.debt - btc(there.sale) * net, less, PRICE) <= level
    assert loans.ltv(loan.debt - btc(there.free_sale) * net, loan.pledged, PRICE) <= level
    assert there.free_sale < there.sale, "coins that are not pledged leave the collateral whole"


def test_the_worked_sale_to_target_stands_in_the_standing_too(loan):
    worked = replace(loan, debt=Money(Decimal(100_000_000)), pledged=parse_btc("2000"))
    assert f"{btc(look(worked, price=Price(Decimal(70_000)), target='5000').sale):.2f}" == "862.32"


def test_a_way_that_cannot_get_there_is_not_shown_as_zero(loan):
    deep = look(loan, price=Price(Decimal(30_000)))
    assert deep.sale is None
    assert deep.repay > 0
    assert deep.top_up > 0


def test_nothing_is_released_without_a_release_ltv_and_all_of_it_once_nothing_is_owed(loan):
    assert look(loan).releasable is None
    releasing = replace(loan, release_ltv=Bps(Decimal(6000)))
    assert look(releasing).releasable == 0
    assert f"{btc(look(releasing, '100000000').releasable):.2f}" == "1567.77"
    assert look(loan, "0").releasable == loan.pledged


def test_without_a_price_there_are_limits_but_no_distances(loan):
    there = look(loan, price=None)
    assert there.call_price == 62_500
    assert (there.ltv, there.zone, there.to_call, there.top_up, there.sale) == (None,) * 5


def test_a_loan_without_collateral_has_no_price_at_which_it_is_called(loan):
    bare = look(replace(loan, pledged=Sats(0)))
    assert (bare.ltv, bare.zone, bare.call_price, bare.to_call) == (None,) * 4
    assert bare.repay == loan.debt


@given(owed=st.integers(1, 10**10), price=st.integers(1_000, 10**6), paid=st.integers(0, 10**9))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_lower_the_price_the_higher_the_ltv_and_a_repayment_never_raises_it(loan, owed, price, paid):
    before, after = Money(Decimal(owed)), Money(Decimal(max(0, owed - paid)))
    rungs = ladder(loan, before, after, Price(Decimal(price)), target=loan.initial_ltv, cost=COST)
    assert [rung.fall for rung in rungs] == list(STEPS)
    for rung, deeper in pairwise(rungs):
        assert rung.now.ltv < deeper.now.ltv
        assert rung.now.top_up <= deeper.now.top_up
    for rung in rungs:
        assert rung.after.ltv <= rung.now.ltv
        assert (rung.now.zone is Zone.SAFE) == (rung.price > rung.now.call_price)


@given(owed=st.integers(1, 10**10), price=st.integers(1_000, 10**6), level=st.integers(1000, 6500))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_a_repayment_releases_leaves_the_loan_at_its_release_level(loan, owed, price, level):
    releasing = replace(loan, release_ltv=Bps(Decimal(level)))
    free = look(releasing, owed, Price(Decimal(price))).releasable
    assert 0 <= free <= loan.pledged
    if 0 < free < loan.pledged:
        kept = Sats(loan.pledged - free)
        assert loans.ltv(Decimal(owed), kept, Decimal(price)) <= level
        assert loans.ltv(Decimal(owed), Sats(kept - 1), Decimal(price)) > level
