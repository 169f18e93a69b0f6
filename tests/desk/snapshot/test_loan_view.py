"""Loans on the picture: today's debt, now and after what is planned for them, covenants, and what waits."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from desk.ledger import control, sales, treasury
from desk.sale.lifecycle import SaleState
from desk.treasury.cash_records import Allocation, FundedBy
from desk.treasury.coin_records import BlockSale, Mark
from desk.treasury.covenants import CovenantState
from desk.treasury.ladder import Zone
from desk.units import NOTHING, Money, Price, btc, parse_btc


def state(desk, *records):
    with desk.write() as tx:
        treasury.state(tx, "loans", records)


def the_loan(desk):
    with desk.ledger.read() as tx:
        return treasury.loans(tx)[0]


def waiting(desk, kind):
    return [item for item in desk.picture().waiting if item.kind == kind]


def block(executed, currency="USD", purpose="loan:lender-a"):
    coins, price = parse_btc("100"), Price(Decimal(68_000))
    fee = Money(Decimal(1000))
    return BlockSale(
        "OTC-1", "custody", coins, price, currency, fee, currency, executed, "desk X", "s", purpose=purpose
    )


def test_debt_is_that_of_today_part_by_part(desk):
    (loan,) = desk.picture().loans
    assert (loan.principal, loan.interest, loan.fees) == (198_450_000, 1_547_910, 2_090)
    assert loan.debt == 200_000_000
    desk.clock.advance(10 * 86_400)
    (later,) = desk.picture().loans
    assert later.debt == 200_000_000 + 10 * Decimal("39690")
    assert later.call_price > loan.call_price


def test_a_rate_that_is_missing_is_said_and_nothing_accrues_in_secret(desk):
    state(desk, replace(the_loan(desk), annual_rate=None, interest_every=None, release_ltv=None))
    desk.clock.advance(86_400)
    (loan,) = desk.picture().loans
    assert loan.debt == 200_000_000
    assert "no estimate of interest since 2026-02-07: rate missing" in loan.notes
    assert "no estimate of what a repayment releases: release LTV missing" in loan.notes


def test_only_sales_made_for_the_loan_pay_it_and_less_what_they_cost(desk):
    before = desk.picture().loans[0]
    assert (before.planned, before.repayment, before.after) == ((), 0, before.now)
    desk.stage("100", purpose=None)
    desk.stage("50", purpose="capex:gpu-delivery")
    assert desk.picture().loans[0].planned == ()
    mine = desk.stage("445.10")
    (loan,) = desk.picture().loans
    assert loan.planned == (mine,)
    assert loan.repayment == Decimal("30347576.52")
    assert loan.after.owed == 200_000_000 - loan.repayment
    assert loan.after.pledged == loan.now.pledged, "what is sold was never pledged"
    assert loan.after.call_price < loan.now.call_price
    assert [rung.after.owed for rung in loan.rungs] == [loan.after.owed] * 6


def test_the_ladder_falls_from_today_and_says_what_would_help(desk):
    desk.stage("445.10")
    (loan,) = desk.picture().loans
    ten, twenty, *_ = loan.rungs
    assert (ten.now.zone, ten.after.zone) == (Zone.CALL, Zone.SAFE)
    assert (twenty.now.zone, twenty.after.zone) == (Zone.LIQUIDATION, Zone.SAFE)
    assert f"{btc(ten.now.top_up):.2f}" == "989.20"
    assert ten.after.top_up < ten.now.top_up


def test_a_cancelled_sale_pays_nothing_any_more(desk):
    sale_id = desk.stage("445.10")
    assert desk.picture().loans[0].planned == (sale_id,)
    desk.clock.advance(3 * 86_400)
    with desk.write() as tx:
        epoch = control.take_epoch(tx, 4242, "host", desk.now)
        sales.move(tx, sale_id, SaleState.EXPIRED, "approval expired", desk.now, epoch=epoch)
    assert desk.picture().loans[0].planned == ()


def test_a_block_sale_and_money_set_aside_for_the_loan_count_once_the_statement_is_older(desk):
    later = desk.now + timedelta(hours=1)
    state(desk, block(later), block(later, purpose="general"))
    desk.clock.advance(86_400)
    desk.see()
    aside = Allocation(
        "a", "lender-a", FundedBy.EQUITY, "programme", Money(Decimal(5_000_000)), "USD", desk.now.date(), "s"
    )
    state(desk, aside, block(later))
    (loan,) = desk.picture().loans
    assert loan.planned == ("OTC-1", "equity programme")
    assert loan.repayment == 6_799_000 + 5_000_000


def test_a_sales_proceeds_allocated_to_the_loan_are_not_counted_twice(desk):
    sale_id = desk.stage("6")
    desk.clock.advance(12 * 3600)
    desk.see()
    alone = desk.picture().loans[0].repayment
    amount = Money(Decimal(400_000))
    assert alone > amount
    state(desk, Allocation("a", "lender-a", FundedBy.SALE, sale_id, amount, "USD", desk.now.date(), "s"))
    assert desk.picture().loans[0].repayment == alone


def test_what_a_later_statement_knows_of_is_not_counted_again(desk):
    sale_id = desk.stage("6")
    desk.approve(sale_id)
    desk.work(sale_id)
    desk.fill(desk.rest(sale_id, "6"), "6")
    desk.clock.advance(1)
    desk.see()
    assert desk.picture().loans[0].planned == (sale_id,)
    desk.clock.advance(60)
    state(desk, replace(the_loan(desk), as_of=desk.now, debt=Money(Decimal(199_000_000))))
    desk.see()
    (loan,) = desk.picture().loans
    assert (loan.planned, loan.repayment) == ((), 0)


def test_proceeds_in_another_currency_count_by_its_mark_and_without_one_there_is_no_estimate(desk):
    state(desk, block(desk.now + timedelta(minutes=1), "EUR"))
    desk.see()
    (loan,) = desk.picture().loans
    assert (loan.after, loan.repayment, loan.ltv_after_sales) == (None, None, None)
    assert "no estimate after sales: mark EUR/USD of 2026-02-07 missing" in loan.notes
    state(desk, Mark(date(2026, 2, 7), "EUR/USD", Price(Decimal("1.10")), desk.now, "ecb", "policy"))
    (loan,) = desk.picture().loans
    assert loan.repayment == Decimal("7478900.00")
    assert "EUR counted at EUR/USD 1.10 of 2026-02-07 (ecb)" in loan.notes


def test_without_a_fresh_price_limits_stand_and_estimates_say_what_is_missing(desk):
    desk.stage("445.10")
    desk.clock.advance(600)
    (loan,) = desk.picture().loans
    assert (loan.ltv, loan.after, loan.rungs) == (None, None, ())
    assert loan.call_price == 62_500
    assert loan.notes == ("no estimate of LTV: price missing", "no estimate after sales: price missing")
    states = {line.now.covenant.id: line.now.missing for line in loan.covenants}
    assert states["lender-a-ltv"] == "no estimate: LTV of the loan missing"
    assert states["lender-a-cash"] == ""


def test_covenants_are_judged_now_and_after_what_is_planned(desk):
    desk.stage("445.10")
    (loan,) = desk.picture().loans
    found = {line.now.covenant.id: line for line in loan.covenants}
    ltv, coins, cash = (found[f"lender-a-{name}"] for name in ("ltv", "coins", "cash"))
    assert (ltv.now.state, ltv.after.state) == (CovenantState.NEAR, CovenantState.MET)
    assert (coins.now.value, coins.after.value) == (Decimal("7566.788"), Decimal("7121.688"))
    assert cash.now.value == cash.after.value == 12_400_000, "a sale for the loan leaves no cash behind"


def test_a_general_sale_leaves_its_proceeds_as_cash(desk):
    desk.stage("100", purpose=None)
    (loan,) = desk.picture().loans
    cash = next(line for line in loan.covenants if line.now.covenant.id == "lender-a-cash")
    assert cash.after.value == 12_400_000 + Decimal("6818147.95")


def test_what_was_sold_for_the_loan_is_the_lenders_and_no_cash_of_ours(desk):
    sale_id = desk.stage("6")
    desk.approve(sale_id)
    desk.work(sale_id)
    desk.fill(desk.rest(sale_id, "6"), "6")
    desk.clock.advance(1)
    desk.see(btc="3351.30", usd="100000")
    cash = desk_cash(desk)
    assert (cash.now.value, cash.after.value) == (12_500_000, 12_400_000), "the venue does not show all of it yet"
    desk.see(btc="3351.30", usd="411132.10")
    cash = desk_cash(desk)
    assert cash.now.value == Decimal("12811132.10")
    assert 12_400_000 <= cash.after.value < 12_401_000


def desk_cash(desk):
    (loan,) = desk.picture().loans
    return next(line for line in loan.covenants if line.now.covenant.id == "lender-a-cash")


def test_pledged_coins_that_differ_between_lender_and_places_are_said(desk):
    state(desk, replace(the_loan(desk), pledged=parse_btc("3900")))
    (note,) = desk.picture().loans[0].notes
    assert note == "3,900.00000000 BTC are pledged by its statement, 4,000.00000000 by the places on record"


def test_interest_that_fell_due_without_a_later_statement_is_said_to_count_as_owed(desk):
    desk.clock.advance(60 * 86_400)
    (note,) = [one for one in desk.picture().loans[0].notes if "interest due" in one]
    assert note.startswith("interest due on 2026-03-30 counts as owed")


def test_a_call_waits_with_its_distance_now_and_after(desk):
    (item,) = waiting(desk, "margin")
    assert (item.title, item.detail) == ("call at −8.8 %", "lender A (illustrative), below 62,500")
    sale_id = desk.stage("445.10")
    (item,) = waiting(desk, "margin")
    assert item.detail.endswith(f"below 62,500; −22.6 % after {sale_id}")
    desk.see("62000")
    (item,) = waiting(desk, "margin")
    assert item.title == "the lender may call now"
    assert "liquidation at −10.4 %" in item.detail
    desk.see("55000")
    assert waiting(desk, "margin")[0].title == "the lender may sell the collateral now"
    desk.see("90000")
    assert waiting(desk, "margin") == []


def test_covenants_near_or_broken_wait(desk):
    assert [item.title for item in waiting(desk, "covenant")] == ["max ltv 78 % is near: 6.5 % left"]
    desk.see("60000")
    assert "max ltv 78 % is broken" in [item.title for item in waiting(desk, "covenant")]


def test_a_loan_near_or_past_its_maturity_waits(desk):
    assert waiting(desk, "maturity") == []
    state(desk, replace(the_loan(desk), maturity=date(2026, 2, 19)))
    assert [item.title for item in waiting(desk, "maturity")] == ["matures in 12 days"]
    desk.clock.advance(20 * 86_400)
    assert [item.title for item in waiting(desk, "maturity")] == ["matured 8 days ago"]


def test_more_set_aside_than_a_milestone_costs_waits(desk):
    assert waiting(desk, "allocation") == []
    amount = Money(Decimal(9_000_000))
    state(desk, Allocation("x", "georgia-1-deposit", FundedBy.CASH, "bank", amount, "USD", desk.now.date(), "s"))
    (item,) = waiting(desk, "allocation")
    assert item.title == "georgia-1-deposit is over-allocated by 5,490,000.00 USD"
    assert desk.picture().capex.breaks == (item.title,)


def test_more_allocated_from_a_sale_than_it_brought_in_waits(desk):
    sale_id = desk.stage("6", purpose="capex:gpu-delivery")
    amount = Money(Decimal(1_000))
    state(desk, Allocation("x", "gpu-delivery", FundedBy.SALE, sale_id, amount, "USD", desk.now.date(), "s"))
    assert desk.picture().capex.breaks == (), "a sale that is not over may still bring it in"
    with desk.write() as tx:
        epoch = control.take_epoch(tx, 4242, "host", desk.now)
        sales.move(tx, sale_id, SaleState.CANCELLED, "no need", desk.now, epoch=epoch)
    assert desk.picture().capex.breaks == (f"1,000.00 USD more was allocated from {sale_id} than it brought in",)


def test_nothing_owed_nothing_pledged_is_shown_without_an_estimate_out_of_thin_air(desk):
    state(desk, replace(the_loan(desk), debt=NOTHING, accrued_interest=NOTHING, fees=NOTHING))
    (loan,) = desk.picture().loans
    assert (loan.debt, loan.ltv, loan.now.releasable) == (0, 0, loan.collateral)


def test_a_covenant_on_cash_that_is_judged_by_old_figures_says_so(desk):
    desk.see()
    (loan,) = desk.picture().loans
    assert not any("stale" in note for note in loan.notes)
    desk.clock.advance(40 * 3600)
    (loan,) = desk.picture().loans
    assert "covenants on cash are judged by stale figures: operating account as of 2026-02-07" in loan.notes
