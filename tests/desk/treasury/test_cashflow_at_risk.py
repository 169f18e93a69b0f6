"""Simulated futures: the plan itself where nothing is uncertain, the known distributions where they can be written
down, the same numbers for the same seed, and an amount to sell that is enough and no more."""

from __future__ import annotations

import math
from dataclasses import replace
from statistics import NormalDist

import pytest

from desk.treasury.cashflow_at_risk import cashflow_at_risk
from desk.treasury.forecast.table import Driver
from desk.treasury.risk_factors import RiskFactors
from desk.treasury.risk_inputs import AtStake, RiskEntry, RiskInputs, RiskLoan, RiskSale

CALM = RiskFactors(0.0, 0.0, 0.0, None, 0.0, 0.0, 0.0, ())
LIVELY = RiskFactors(0.03, 0.04, 0.05, 0.9, 0.3, 0.2, -0.2, ("given",))


def inputs(*entries: RiskEntry, **changed: object) -> RiskInputs:
    made = RiskInputs(
        days=91,
        cash=20.0e6,
        required=10.0e6,
        price=70_000.0,
        net=0.995,
        entries=entries,
        loans=(),
        soonest=RiskSale(1.0, 1, 2),
        proposed=(),
        confidence=0.95,
        paths=4_000,
        seed=7,
    )
    return replace(made, **changed)


def test_without_any_uncertainty_every_future_is_the_plan():
    found = cashflow_at_risk(inputs(RiskEntry(19, -41.0e6), RiskEntry(40, 5.0e6, Driver.PRICE)), CALM)
    assert found.p5 == found.p50 == pytest.approx(-21.0e6)
    assert found.breach == 1.0
    assert found.btc_for_confidence == pytest.approx(31.0e6 / (70_000 * 0.995))
    calm = cashflow_at_risk(inputs(RiskEntry(19, -1.0e6)), CALM)
    assert (calm.p5, calm.breach, calm.btc_for_confidence) == (19.0e6, 0.0, 0.0)


def test_the_same_seed_gives_the_same_numbers_and_another_seed_others():
    known = inputs(RiskEntry(30, 30.0e6, Driver.PRICE), RiskEntry(31, -41.0e6, earliest=20, latest=60))
    assert cashflow_at_risk(known, LIVELY) == cashflow_at_risk(known, LIVELY)
    assert cashflow_at_risk(known, LIVELY).p50 != cashflow_at_risk(replace(known, seed=8), LIVELY).p50


def test_what_follows_the_price_is_lognormal_without_drift():
    """20 + 30·S − 41 < 10 at day 36 where S < 31/30: σ = 3 % · √36 = 18 %, so Φ((ln(31/30) + σ²/2)/σ)."""
    known = inputs(RiskEntry(36, 30.0e6, Driver.PRICE), RiskEntry(36, -41.0e6), cash=20.0e6, paths=40_000, days=37)
    found = cashflow_at_risk(known, replace(LIVELY, daily_volatility=0.03))
    sigma = 0.03 * math.sqrt(36)
    expected = NormalDist().cdf((math.log(31 / 30) + sigma**2 / 2) / sigma)
    assert found.breach == pytest.approx(expected, abs=0.01)


def test_a_margin_call_is_as_likely_as_the_walk_touching_its_price():
    """Reflection: P(min of a driftless walk ≤ b) ≈ 2Φ(b/σ√T); daily looks miss a little, which 0.5826 σ corrects
    (Broadie, Glasserman and Kou, 1997)."""
    level = 56_000.0
    known = inputs(loans=(RiskLoan("a", (level,) * 91), RiskLoan("paid", (0.0,) * 91)), paths=40_000)
    found = dict(cashflow_at_risk(known, replace(LIVELY, daily_volatility=0.02)).calls)
    sigma, steps = 0.02, 90
    drift = -(sigma**2) / 2
    barrier = math.log(level / 70_000) - 0.5826 * sigma
    spread, normal = sigma * math.sqrt(steps), NormalDist()
    touched = normal.cdf((barrier - drift * steps) / spread) + math.exp(2 * drift * barrier / sigma**2) * normal.cdf(
        (barrier + drift * steps) / spread
    )
    assert found["a"] == pytest.approx(touched, abs=0.015)
    assert found["paid"] == 0.0


@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.95, 0.99])
def test_selling_the_amount_keeps_the_confidence_and_a_little_less_does_not(confidence):
    known = inputs(
        RiskEntry(30, 20.0e6, Driver.PRICE),
        RiskEntry(31, -41.0e6, earliest=20, latest=60, probability=0.95),
        confidence=confidence,
    )
    amount = cashflow_at_risk(known, LIVELY).btc_for_confidence

    def breach(btc: float) -> float:
        sold = replace(known.soonest, btc=btc)
        return cashflow_at_risk(replace(known, proposed=(sold,)), LIVELY).breach_with_proposals

    assert breach(amount * 1.000001) <= 1 - confidence + 1e-9
    assert breach(amount * 0.98) > 1 - confidence
    assert breach(0.0) == cashflow_at_risk(known, LIVELY).breach


def test_more_confidence_never_needs_less_and_more_sold_never_breaks_more():
    known = inputs(RiskEntry(30, 20.0e6, Driver.PRICE), RiskEntry(31, -41.0e6))
    wanted = [
        cashflow_at_risk(replace(known, confidence=c), LIVELY).btc_for_confidence for c in (0.5, 0.7, 0.9, 0.99)
    ]
    assert wanted == sorted(wanted)
    broken = [
        cashflow_at_risk(replace(known, proposed=(RiskSale(btc, 1, 2),)), LIVELY).breach_with_proposals
        for btc in (0, 50, 100, 200, 400)
    ]
    assert broken == sorted(broken, reverse=True)


def test_no_sale_helps_where_cash_is_short_before_it_could_pay():
    found = cashflow_at_risk(inputs(RiskEntry(1, -15.0e6)), LIVELY)
    assert (found.breach, found.too_late, found.btc_for_confidence) == (1.0, 1.0, None)


def test_a_milestone_comes_between_its_earliest_and_latest_day_and_late_ones_ease_the_least_cash():
    """Income of 25 M on day 40: paid before it cash is at −21, after it at +4. P(day < 40) from the triangle."""
    known = inputs(
        RiskEntry(40, 25.0e6), RiskEntry(30, -41.0e6, earliest=20, latest=60), paths=20_000, required=0.0, cash=20.0e6
    )
    found = cashflow_at_risk(known, replace(LIVELY, correlation_slip=0.0))
    expected = 1 - (60 - 39.5) ** 2 / ((60 - 20) * (60 - 30))
    assert found.breach == pytest.approx(expected, abs=0.01)
    assert found.p5 == pytest.approx(-21.0e6)
    never = cashflow_at_risk(inputs(RiskEntry(30, -41.0e6, probability=0.0)), LIVELY)
    assert never.p5 == 20.0e6


def test_a_milestone_may_slip_out_of_the_thirteen_weeks():
    known = inputs(RiskEntry(80, -41.0e6, earliest=80, latest=120), paths=20_000)
    found = cashflow_at_risk(known, LIVELY)
    assert 0.4 < found.breach < 0.6


def test_uptime_and_difficulty_move_what_depends_on_them():
    power = inputs(RiskEntry(30, -10.0e6, Driver.UPTIME), required=None)
    production = inputs(RiskEntry(30, 10.0e6, Driver.PRODUCTION), RiskEntry(31, -10.0e6), required=None)
    only_uptime = replace(CALM, uptime_volatility=0.1)
    only_difficulty = replace(CALM, difficulty_volatility=0.05)
    assert cashflow_at_risk(power, only_uptime).p5 < 10.0e6 - 1.0e6
    assert cashflow_at_risk(power, only_difficulty).p5 == 10.0e6
    assert cashflow_at_risk(production, only_difficulty).p5 < 20.0e6 - 0.5e6
    assert cashflow_at_risk(production, CALM).p5 == 20.0e6


def test_low_prices_that_switch_machines_off_make_production_worse():
    production = inputs(RiskEntry(60, 20.0e6, Driver.PRODUCTION), RiskEntry(61, -20.0e6), paths=20_000)
    together = replace(CALM, daily_volatility=0.03, uptime_volatility=0.2, correlation_uptime=0.9)
    apart = replace(together, correlation_uptime=-0.9)
    assert cashflow_at_risk(production, together).p5 < cashflow_at_risk(production, apart).p5


def test_without_a_floor_there_is_nothing_to_break():
    found = cashflow_at_risk(inputs(RiskEntry(19, -41.0e6), required=None), LIVELY)
    assert (found.breach, found.breach_with_proposals, found.btc_for_confidence) == (None, None, None)
    assert found.p50 < 0


def test_the_assumptions_are_listed_with_the_figures():
    found = cashflow_at_risk(inputs(RiskEntry(19, -41.0e6)), LIVELY)
    assert found.assumptions[0] == "given"
    assert any("margin call" in line for line in found.assumptions)


def test_a_sale_under_way_brings_nothing_where_the_price_is_below_its_floor():
    """At its floor exactly it sells; a whisker above the price, nothing comes: 20 − 15 < 10 in every future."""
    sale = RiskEntry(10, 30.0e6, Driver.PRICE, sold=9, floor=70_000.0)
    known = inputs(sale, RiskEntry(11, -15.0e6))
    assert cashflow_at_risk(known, CALM).breach == 0.0
    above = replace(known, entries=(replace(sale, floor=70_000.01), known.entries[1]))
    assert cashflow_at_risk(above, CALM).breach == 1.0
    lively = cashflow_at_risk(inputs(sale, RiskEntry(11, -15.0e6), paths=40_000), LIVELY)
    sigma = 0.03 * 3
    assert lively.breach == pytest.approx(NormalDist().cdf(sigma / 2), abs=0.01), "where S < floor on the ninth day"


def test_nothing_proposed_is_sold_below_the_floor_of_the_controls():
    known = inputs(RiskEntry(20, -15.0e6), proposed=(RiskSale(100.0, 3, 4),))
    assert cashflow_at_risk(known, CALM).breach_with_proposals == 0.0
    barred = cashflow_at_risk(replace(known, least_price=80_000.0), CALM)
    assert (barred.breach_with_proposals, barred.btc_for_confidence) == (1.0, None)


def test_what_a_sale_does_not_repay_at_its_floor_brings_the_margin_call_nearer():
    """Called at 60,000; at 72,000 once the sale of the fifth day, floored at 71,000, repaid nothing."""
    stake = AtStake(6, 12_000.0, 5, 71_000.0)
    known = inputs(loans=(RiskLoan("a", (60_000.0,) * 91, (stake,)), RiskLoan("b", (60_000.0,) * 91)))
    assert dict(cashflow_at_risk(known, CALM).calls) == {"a": 1.0, "b": 0.0}
    sold = replace(stake, floor=69_000.0)
    assert dict(cashflow_at_risk(replace(known, loans=(RiskLoan("a", (60_000.0,) * 91, (sold,)),)), CALM).calls) == {
        "a": 0.0
    }


def test_a_milestone_due_after_the_weeks_may_come_within_them():
    """Due ten days after the last one, at the earliest forty days before it: paid in some futures, in others not."""
    found = cashflow_at_risk(inputs(RiskEntry(101, -15.0e6, earliest=51, latest=110)), LIVELY)
    assert 0.1 < found.breach < 0.9
    later = cashflow_at_risk(inputs(RiskEntry(101, -15.0e6, earliest=95, latest=110)), LIVELY)
    assert later.breach == 0.0
