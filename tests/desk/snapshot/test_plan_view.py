"""One truth for the gap: the screen, the plan and the approver read the same line."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from desk.acts.planning import lots_taken, planned
from desk.ledger import treasury
from desk.snapshot.plan_json import plan_json
from desk.snapshot.status import status_lines
from desk.snapshot.treasury_json import Document
from desk.treasury.cash_records import Flow
from desk.units import parse_btc, show_millions


def the_plan(desk) -> Document:
    made = planned(desk.config, desk.ledger, desk.clock)
    return plan_json(made.plan, made.loans, "not asked for", lots_taken(desk.config, desk.ledger, made))


def test_screen_plan_and_status_speak_of_the_same_gap(desk):
    funding, told = desk.picture().funding, the_plan(desk)
    assert told["line"] == funding.line
    assert Decimal(told["gap"]) == funding.gap
    assert parse_btc(told["btc_to_close"]) == funding.sats_to_close == sum(one.wanted for one in funding.proposals)
    assert Decimal(told["minimum"]) == funding.minimum == funding.floor - funding.gap
    assert [Decimal(week["closing"]) for week in told["weeks"]] == [week.closing for week in funding.weeks]
    assert funding.line in "\n".join(status_lines(desk.picture()))


def test_what_the_approver_reads_is_the_plan_before_and_after(desk):
    before = desk.picture().funding.gap
    sale_id = desk.stage("100", "capex:gpu-delivery")
    (effect,) = [line for line in desk.picture(sale_id).focus.effect if line.startswith("funding gap")]
    desk.approve(sale_id)
    desk.work(sale_id)
    after = desk.picture().funding.gap
    assert effect == f"funding gap {show_millions(before)} → {show_millions(after)}"
    assert Decimal(the_plan(desk)["gap"]) == after


def test_the_demo_shows_a_gap_and_what_would_close_it(desk):
    told = the_plan(desk)
    assert told["proposals"][0]["for"] == "capex:gpu-delivery"
    assert told["gap_after"] == "0"
    assert told["runway_weeks"] == 3
    assert told["runway_weeks_after"] is None
    assert all(one["is_late"] is False for one in told["proposals"])
    assert told["loans"][0]["ltv_bps"] == told["loans"][0]["ltv_after_bps"]


def test_only_free_coins_are_counted_on(desk):
    """3,357.30 at the venue and 117.30 on the way; the pledged 4,000 are nobody's to sell (P10)."""
    assert the_plan(desk)["free_btc"] == "3474.60000000"
    desk.stage("445.10")
    assert the_plan(desk)["free_btc"] == "3029.50000000"


def test_without_a_price_there_is_a_gap_but_no_amount(desk):
    desk.clock.advance(3600)
    told = the_plan(desk)
    assert told["gap"] is not None
    assert (told["btc_to_close"], told["proposals"]) == (None, [])
    assert "no estimate of BTC: price missing" in told["line"]


def test_every_statement_that_is_added_is_in_the_next_plan(desk):
    before = Decimal(the_plan(desk)["gap"])
    with desk.ledger.read() as tx:
        flow = next(one for one in treasury.in_force(tx, Flow) if one.id == "tax")
    with desk.write() as tx:
        treasury.state(tx, "plan", [replace(flow, amount=flow.amount + 1_000_000)])
    assert Decimal(the_plan(desk)["gap"]) == before + 1_000_000
