"""Simulated futures never hold up a picture: asked for, worked out beside it, kept until the plan changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from desk.clock import ManualClock
from desk.config import load
from desk.snapshot.at_risk import AGAIN_AFTER_S, Futures, at_risk_view
from desk.snapshot.build import SnapshotBuilder
from desk.snapshot.model import AtRiskView
from desk.treasury.cashflow_at_risk import cashflow_at_risk
from desk.treasury.risk_factors import RiskFactors
from desk.treasury.risk_inputs import RiskEntry, RiskInputs, RiskSale
from desk.units import parse_btc

NOW = datetime(2026, 2, 7, 14, tzinfo=UTC)
FACTORS = RiskFactors(0.03, 0.0, 0.0, None, 0.0, 0.0, 0.0, ("given",))
INPUTS = RiskInputs(
    days=30,
    cash=20.0e6,
    required=10.0e6,
    price=70_000.0,
    net=0.995,
    entries=(RiskEntry(10, -41.0e6),),
    loans=(),
    soonest=RiskSale(1.0, 1, 2),
    proposed=(),
    confidence=0.95,
    paths=1000,
    seed=1,
)
WAIT_S = 60.0


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


def test_the_first_question_has_no_answer_yet_and_is_not_waited_for(clock):
    futures = Futures(clock.monotonic)
    assert futures.ask((INPUTS, FACTORS), NOW) is None
    futures.wait(WAIT_S)
    found = futures.ask((INPUTS, FACTORS), NOW)
    assert isinstance(found, AtRiskView)
    assert (found.taken, found.seed, found.breach) == (NOW, 1, 1)


def test_the_same_question_is_worked_out_once_and_a_changed_one_after_a_while(clock):
    futures = Futures(clock.monotonic)
    futures.ask((INPUTS, FACTORS), NOW)
    futures.wait(WAIT_S)
    first = futures.ask((INPUTS, FACTORS), NOW)
    clock.advance(AGAIN_AFTER_S * 10)
    assert futures.ask((INPUTS, FACTORS), clock.now()) is first
    richer = (replace(INPUTS, cash=90.0e6), FACTORS)
    clock.advance(1)
    assert futures.ask(richer, clock.now()) is first
    futures.wait(WAIT_S)
    second = futures.ask(richer, clock.now())
    assert second.breach == 0
    poorer = (replace(INPUTS, cash=1.0e6), FACTORS)
    assert futures.ask(poorer, clock.now()) is second
    futures.wait(WAIT_S)
    assert futures.ask(poorer, clock.now()) is second, "a changing plan is not simulated all the time"
    clock.advance(AGAIN_AFTER_S + 1)
    futures.ask(poorer, clock.now())
    futures.wait(WAIT_S)
    assert futures.ask(poorer, clock.now()).breach == 1


def test_a_simulation_that_fails_says_so_instead_of_figures(clock):
    futures = Futures(clock.monotonic)
    broken = (replace(INPUTS, days=0), FACTORS)
    futures.ask(broken, NOW)
    futures.wait(WAIT_S)
    found = futures.ask(broken, NOW)
    assert isinstance(found, str)
    assert found.startswith("the simulation failed: ")


def test_statistics_become_figures_to_be_shown(clock):
    found = cashflow_at_risk(INPUTS, FACTORS)
    shown = at_risk_view(found, NOW)
    assert shown.p5 == -21_000_000
    assert shown.sats_for_confidence % parse_btc("0.01") == 0
    assert Decimal(shown.sats_for_confidence) / 10**8 >= Decimal(found.btc_for_confidence)
    assert shown.breach_with_proposals == 1


def test_a_picture_gets_its_futures_from_beside_the_tick(desk):
    text = (desk.folder / "config.toml").read_text()
    at_risk = '[treasury.at_risk]\ndaily_volatility_bps = "300"\npaths = 1000\n'
    (desk.folder / "config.toml").write_text(text + at_risk)
    builder = SnapshotBuilder(load(desk.folder / "config.toml"), desk.ledger, desk.clock, with_futures=True)
    assert builder.build().funding.at_risk is None
    builder.futures.wait(WAIT_S)
    funding = builder.build().funding
    assert funding.at_risk.paths == 1000
    assert funding.at_risk_missing == ""
    assert [loan for loan, _ in funding.at_risk.calls] == ["lender-a"]


def test_what_is_missing_for_futures_is_named(desk):
    builder = SnapshotBuilder(desk.config, desk.ledger, desk.clock, with_futures=True)
    funding = builder.build().funding
    assert funding.at_risk is None
    assert funding.at_risk_missing.startswith("volatility of BTC/USD missing: ")
    assert desk.picture().funding.at_risk_missing == ""
