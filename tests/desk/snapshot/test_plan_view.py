"""One truth for the gap: the screen, the plan and the approver read the same line."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from desk.acts.planning import lots_taken, planned
from desk.ledger import sales, treasury
from desk.sale.lifecycle import SaleState
from desk.snapshot.loan_proceeds import Market, repayment
from desk.snapshot.plan_json import plan_json
from desk.snapshot.status import status_lines
from desk.snapshot.treasury_json import Document
from desk.treasury.cash_records import Allocation, CashActual, Direction, Flow, FlowKind, FundedBy
from desk.treasury.forecast.table import Line
from desk.treasury.funding import day_text
from desk.units import Money, parse_btc, show_millions


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
    before = desk.picture().funding
    sale_id = desk.stage("100", "capex:gpu-delivery")
    (effect,) = [line for line in desk.picture(sale_id).focus.effect if line.startswith("funding gap")]
    desk.approve(sale_id)
    desk.work(sale_id)
    after = desk.picture().funding
    assert effect == f"funding gap {most(before)} → {most(after)}"
    assert Decimal(the_plan(desk)["gap"]) == after.gap


def most(funding):
    return f"{show_millions(funding.gap)} by {day_text(funding.deepest_on)}"


def test_the_first_shortfall_and_the_largest_are_one_pair_of_figures_everywhere(desk):
    funding, told = desk.picture().funding, the_plan(desk)
    assert funding.first_short < funding.gap
    assert (told["gap_on"], told["gap_deepest_on"]) == (str(funding.next_gap_on), str(funding.deepest_on))
    assert (Decimal(told["gap_on_that_day"]), Decimal(told["gap"])) == (funding.first_short, funding.gap)
    first = f"{show_millions(funding.first_short)} on {day_text(funding.next_gap_on)}"
    assert f"gap {first}" in funding.line
    assert most(funding) in funding.line


def test_the_demo_shows_a_gap_and_what_would_close_it(desk):
    told = the_plan(desk)
    assert told["proposals"][0]["for"] == "capex:gpu-delivery"
    assert told["gap_after"] == "0"
    assert told["runway_weeks"] == 3
    assert told["runway_weeks_after"] is None
    assert all(one["is_late"] is False for one in told["proposals"])
    assert told["loans"][0]["ltv_bps"] == told["loans"][0]["ltv_after_bps"]


def test_only_free_coins_are_counted_on(desk):
    """What is pledged is nobody's to sell, and what a sale was promised is not there a second time (P10)."""
    held = desk.picture().holdings
    free = parse_btc(the_plan(desk)["free_btc"])
    assert free == held.total - held.pledged
    desk.stage("445.10")
    assert parse_btc(the_plan(desk)["free_btc"]) == free - parse_btc("445.10")


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


def test_money_for_a_lender_stays_the_lenders_wherever_it_lies_until_it_is_paid(desk):
    """Sold for the loan, seen at the venue, swept to the bank, paid: the gap is the same all the way."""
    before = desk.picture().funding.gap
    sale_id = desk.stage("6")
    desk.approve(sale_id)
    desk.work(sale_id)
    desk.fill(desk.rest(sale_id, "6"), "6")
    desk.clock.advance(1)
    desk.see(btc="3351.30", usd="411132.10")
    assert desk.picture().funding.gap == before
    with desk.write("daemon") as tx:
        for state in (SaleState.CLOSING, SaleState.COMPLETED):
            sales.move(tx, sale_id, state, "sold in full", desk.now, epoch=desk.epoch)
    proceeds = Money(Decimal("411132.10"))
    aside = Allocation("a", "lender-a", FundedBy.SALE, sale_id, proceeds, "USD", desk.now.date(), "test")
    with desk.ledger.read() as tx:
        bank = next(one for one in treasury.cash(tx) if one.currency == "USD")
    with desk.write() as tx:
        treasury.state(tx, "allocations", [aside])
        treasury.state(tx, "holdings", [replace(bank, amount=bank.amount + proceeds, as_of=desk.now)])
    desk.see(btc="3351.30", usd="0")
    assert desk.picture().funding.gap == before
    paid = CashActual(
        "p", desk.now.date(), FlowKind.PRINCIPAL, Direction.OUT, proceeds, "USD", bank.place, "test", "lender-a"
    )
    with desk.write() as tx:
        treasury.state(tx, "plan", [paid])
        treasury.state(tx, "holdings", [replace(bank, as_of=desk.now)])
    assert desk.picture().funding.gap == before


def test_proceeds_for_a_lender_count_as_the_lenders_when_the_picture_lists_their_sale_no_more(desk):
    """A picture lists the newest finished sales; allocations are all on record."""
    sale_id = desk.stage("6")
    desk.approve(sale_id)
    desk.work(sale_id)
    desk.fill(desk.rest(sale_id, "6"), "6")
    with desk.write("daemon") as tx:
        for state in (SaleState.CLOSING, SaleState.COMPLETED):
            sales.move(tx, sale_id, state, "sold in full", desk.now, epoch=desk.epoch)
    proceeds = Money(Decimal("411132.10"))
    aside = Allocation("a", "lender-a", FundedBy.SALE, sale_id, proceeds, "USD", desk.now.date(), "test")
    with desk.write() as tx:
        treasury.state(tx, "allocations", [aside])
    desk.clock.advance(1)
    desk.see(btc="3351.30", usd="411132.10")
    look = desk.builder.look()
    later = replace(look.record, sales=())
    plan = desk.builder.planner.plan
    listed, gone = (plan(record, look.live, look.at, look.coins) for record in (look.record, later))
    assert [entry.amount for entry in gone.forecast.entries if entry.line is Line.PRINCIPAL] == [-proceeds]
    assert gone.gap == listed.gap
    (loan,) = [one for one in look.record.treasury.loans if one.id == "lender-a"]
    market = Market(look.at.price, "USD", desk.builder.planner.rules, (), desk.now.date())
    for known in (look.record.sales, ()):
        assert repayment(loan, known, market, (), look.record.treasury.allocations).amount == proceeds
        assert repayment(loan, known, market, (), look.record.treasury.allocations).by == (sale_id,)


def test_coins_that_were_sold_are_dollars_at_once_and_are_counted_once(desk):
    """Between a fill and the next balance, and after it: the same cash, fees off, and the same gap."""
    sale_id = desk.stage("6")
    desk.approve(sale_id)
    desk.work(sale_id)
    desk.see()
    before = desk.picture()
    desk.clock.advance(1)
    desk.fill(desk.rest(sale_id, "6"), "6")
    filled = desk.picture()
    (cash,) = [one for one in filled.holdings.cash if one.where == "kraken"]
    assert cash.amount == Decimal("411132.10")
    assert cash.note == "of it USD 411,132 from fills since it was seen"
    assert filled.holdings.total == before.holdings.total - parse_btc("6")
    (venue,) = [one for one in filled.holdings.places if one.kind == "venue"]
    assert venue.note == "6.00000000 BTC sold since it was seen are off"
    assert filled.funding.gap == before.funding.gap
    assert "of it USD 411,132 from fills" in " ".join(one["note"] for one in the_plan(desk)["opening"])
    desk.clock.advance(1)
    desk.see(btc="3351.30", usd="411132.10")
    (cash,) = [one for one in desk.picture().holdings.cash if one.where == "kraken"]
    assert (cash.amount, cash.note) == (Decimal("411132.10"), "")
    assert desk.picture().funding.gap == before.funding.gap


def test_a_fill_the_balance_knows_of_already_is_not_added_however_late_it_comes_on_record(desk):
    sale_id = desk.stage("6")
    desk.approve(sale_id)
    desk.work(sale_id)
    order, happened = desk.rest(sale_id, "6"), desk.now
    desk.clock.advance(2)
    desk.see(btc="3351.30", usd="411132.10")
    desk.clock.advance(1)
    desk.fill(order, "6", executed=happened)
    (cash,) = [one for one in desk.picture().holdings.cash if one.where == "kraken"]
    assert (cash.amount, cash.note) == (Decimal("411132.10"), "")


def test_an_old_balance_is_told_of_wherever_the_gap_is(desk):
    assert desk.picture().funding.stale == ""
    assert not [item for item in desk.picture().waiting if item.title.startswith("bring ")]
    desk.clock.advance(4 * 86_400)
    desk.see()
    funding, told = desk.picture().funding, the_plan(desk)
    assert funding.stale.startswith("opening cash as of ")
    assert funding.stale in funding.line
    assert funding.stale in told["line"]
    assert told["stale"] == funding.stale
    assert any(one["is_stale"] and one["age_s"] > 4 * 86_400 and one["as_of"] for one in told["opening"])
    assert [one.is_stale for one in desk.picture().holdings.cash if one.where != "kraken"] == [True, True]
    asked = [item.title for item in desk.picture().waiting if item.title.startswith("bring a statement of ")]
    assert asked == ["bring a statement of operating account", "bring a statement of stablecoin wallet"]


def test_a_sale_that_has_to_be_staged_soon_waits_for_somebody(desk):
    assert [item for item in desk.picture().waiting if item.kind == "plan"] == []
    desk.clock.advance(18 * 86_400)
    desk.see()
    (item, *_) = [item for item in desk.picture().waiting if item.kind == "plan"]
    proposal = desk.picture().funding.proposals[0]
    assert item.ref == proposal.id == "P-1"
    assert item.title.startswith(f"sell {proposal.wanted / 10**8:,.2f} BTC by ")
    assert proposal.because in item.detail
