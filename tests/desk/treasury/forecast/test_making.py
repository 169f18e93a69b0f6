"""Cash by week: every source has its day, its line and its words, and what is missing is named."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from desk.treasury.cash_records import CashActual, Covenant, CovenantKind, Direction, Every, Flow, FlowKind
from desk.treasury.coin_records import BlockSale, Mark
from desk.treasury.forecast.ages import seen_words
from desk.treasury.forecast.inputs import PendingSale, VenueCash
from desk.treasury.forecast.making import forecast
from desk.treasury.forecast.table import Line, NeedKind, NeedRef, shortfall
from desk.treasury.funding import gap_line
from desk.treasury.records import CashBalance, Commitment, Loan, LoanState, Milestone, MilestoneState
from desk.units import Bps, Money, Price, parse_btc

TODAY = date(2026, 2, 11)


def usd(amount: int | str) -> Money:
    return Money(Decimal(amount))


def flow(kind: str, amount: int, first: date, every: Every = Every.ONCE, **more: object) -> Flow:
    direction = Direction.IN if kind in ("sale", "ai-revenue", "loan-draw", "equity") else Direction.OUT
    currency = str(more.pop("currency", "USD"))
    return Flow(f"f-{kind}", kind, FlowKind(kind), direction, usd(amount), currency, first, every, "test", **more)


def actual(kind: str, amount: int, day: date, flow_id: str | None = None, place: str = "bank") -> CashActual:
    direction = Direction.IN if kind in ("sale", "ai-revenue") else Direction.OUT
    name = f"a-{kind}-{day}"
    return CashActual(name, day, FlowKind(kind), direction, usd(amount), "USD", place, "test", flow=flow_id)


def milestone(amount: int, due: date, **more: object) -> Milestone:
    state = MilestoneState(str(more.pop("state", "committed")))
    return Milestone("gpu", "c-1", "delivery", due, usd(amount), "USD", state, Bps(Decimal(0)), "test", **more)


def loan(**more: object) -> Loan:
    made = Loan(
        id="lender-a",
        lender="lender A",
        debt=usd(100_000_000),
        accrued_interest=usd(0),
        currency="USD",
        pledged=parse_btc("2000"),
        initial_ltv=Bps(Decimal(6500)),
        call_ltv=Bps(Decimal(8000)),
        liquidation_ltv=Bps(Decimal(9000)),
        may_reuse=False,
        as_of=datetime(2026, 2, 1, tzinfo=UTC),
        maturity=None,
        state=LoanState.OPEN,
        source="test",
    )
    return replace(made, **more)


def cells(found, line: Line) -> dict[date, Decimal]:
    return {entry.day: entry.amount for entry in found.entries if entry.line is line}


def test_the_worked_example_by_hand(inputs, rules):
    """20.0 now; −6.3 power on Thursdays, −2.1 payroll on the 27th, −19.5 deposit on 2 March, +1.0 AI on 1 March."""
    planned = (
        flow("power", 6_300_000, date(2026, 2, 12), Every.WEEKLY, last=date(2026, 2, 26)),
        flow("payroll", 2_100_000, date(2026, 1, 27), Every.MONTHLY, last=date(2026, 2, 27)),
        flow("ai-revenue", 1_000_000, date(2026, 3, 1), Every.QUARTERLY),
    )
    wanted = replace(
        inputs,
        flows=planned,
        milestones=(milestone(19_500_000, date(2026, 3, 2)),),
        commitments=(Commitment("c-1", "p", "v", "Georgia phase 1", "test"),),
    )
    found = forecast(wanted, rules)
    assert found.missing == ()
    assert [week.first for week in found.weeks[:2]] == [date(2026, 2, 9), date(2026, 2, 16)]
    assert len(found.weeks) == 13
    closings = [week.closing / 1_000_000 for week in found.weeks[:5]]
    assert closings == [Decimal("13.7"), Decimal("7.4"), Decimal("0.0"), Decimal("-19.5"), Decimal("-19.5")]
    third = found.weeks[2]
    assert (third.opening, third.of(Line.POWER), third.of(Line.PAYROLL), third.of(Line.AI_REVENUE)) == (
        7_400_000,
        -6_300_000,
        -2_100_000,
        1_000_000,
    )
    assert (third.minimum, third.minimum_on) == (-1_000_000, date(2026, 2, 27))
    short = shortfall(found)
    assert (short.on, short.first, short.because) == (date(2026, 2, 19), 2_600_000, "power")
    assert (short.gap, short.deepest_on) == (29_500_000, date(2026, 3, 2))
    capex = next(entry for entry in found.entries if entry.line is Line.CAPEX)
    assert capex.need == NeedRef(NeedKind.CAPEX, "gpu")
    assert (capex.name, capex.source) == ("Georgia phase 1 delivery", "milestone gpu")


def test_past_days_of_this_week_are_what_really_happened(inputs, rules):
    """Monday's power was 6.1 instead of 6.3 and is in the bank's statement of Wednesday; it is not paid twice."""
    planned = (flow("power", 6_300_000, date(2026, 2, 9), Every.WEEKLY),)
    found = forecast(
        replace(inputs, flows=planned, actuals=(actual("power", 6_100_000, date(2026, 2, 9), "f-power"),)), rules
    )
    first = found.weeks[0]
    assert (first.opening, first.of(Line.POWER), first.closing) == (26_100_000, -6_100_000, 20_000_000)
    assert [entry.is_actual for entry in first.entries] == [True]
    assert found.cash_now == 20_000_000


def test_what_happened_after_the_statement_moves_cash(inputs, rules):
    today = actual("ai-revenue", 400_000, TODAY)
    found = forecast(replace(inputs, actuals=(today,), flows=(flow("tax", 1, date(2026, 6, 1)),)), rules)
    assert found.cash_now == 20_400_000
    assert found.weeks[0].closing == 20_400_000


def test_a_payment_made_early_is_not_planned_again(inputs, rules):
    planned = (flow("payroll", 2_000_000, date(2026, 2, 16), Every.MONTHLY),)
    paid = actual("payroll", 2_000_000, date(2026, 2, 10), "f-payroll")
    found = forecast(replace(inputs, flows=planned, actuals=(paid,)), rules)
    assert cells(found, Line.PAYROLL) == {
        date(2026, 2, 10): -2_000_000,
        date(2026, 3, 16): -2_000_000,
        date(2026, 4, 16): -2_000_000,
    }


def test_a_planned_payment_that_no_actual_tells_of_is_due_where_the_statement_cannot_know_of_it(inputs, rules):
    older = replace(inputs.cash[0], as_of=datetime(2026, 2, 9, tzinfo=UTC))
    planned = (flow("tax", 900_000, date(2026, 2, 10)),)
    found = forecast(replace(inputs, cash=(older,), flows=planned), rules)
    (entry,) = found.entries
    assert (entry.day, entry.amount) == (TODAY, -900_000)
    assert entry.name == "tax, planned for 2026-02-10, no actual on record"
    known = forecast(replace(inputs, flows=planned), rules)
    assert known.entries == ()
    (said,) = known.overdue
    assert said.text == (
        "tax, USD 900,000 to go on 2026-02-10: not counted: if it came or went, the newer balance knows of it"
    )


def test_what_is_overdue_to_go_is_due_today_and_named_with_its_day(inputs, rules):
    late = milestone(10_000_000, date(2026, 1, 20))
    found = forecast(replace(inputs, milestones=(late,)), rules)
    (entry,) = found.entries
    assert (entry.day, entry.overdue_since) == (TODAY, date(2026, 1, 20))
    (said,) = found.overdue
    assert (said.due, said.amount, said.is_counted) == (date(2026, 1, 20), -10_000_000, True)
    assert said.text.endswith("USD 10,000,000 to go on 2026-01-20: counted as due today")


def test_income_that_is_overdue_is_shown_with_its_days_and_not_counted(inputs, rules):
    """Two days before the statement of the 9th may be in it; the one after it cannot be."""
    older = replace(inputs.cash[0], as_of=datetime(2026, 2, 9, tzinfo=UTC))
    weekly = flow("ai-revenue", 400_000, date(2026, 1, 27), Every.WEEKLY, last=date(2026, 2, 10))
    found = forecast(replace(inputs, cash=(older,), flows=(weekly,)), rules)
    assert found.entries == ()
    assert [(one.count, one.amount, one.is_counted) for one in found.overdue] == [
        (2, 800_000, False),
        (1, 400_000, False),
    ]
    assert [one.text for one in found.overdue] == [
        "ai-revenue, USD 800,000 to come on 2 days from 2026-01-27 to 2026-02-03: "
        "not counted: if it came or went, the newer balance knows of it",
        "ai-revenue, USD 400,000 to come on 2026-02-10: not counted until an actual says that it came",
    ]


def test_a_block_sale_that_should_have_been_paid_is_overdue_and_not_counted(inputs, rules):
    older = replace(inputs.cash[0], as_of=datetime(2026, 2, 6, tzinfo=UTC))
    block = BlockSale(
        "B-1", "custodian", parse_btc("10"), Price(Decimal(70_000)), "USD", usd(0), "USD",
        datetime(2026, 2, 5, tzinfo=UTC), "otc", "test", settles=date(2026, 2, 9),
    )  # fmt: skip
    found = forecast(replace(inputs, cash=(older,), blocks=(block,), flows=(flow("tax", 1, TODAY),)), rules)
    assert cells(found, Line.SALE) == {}
    assert [one.name for one in found.overdue] == ["block sale B-1"]
    due = forecast(replace(inputs, blocks=(replace(block, settles=TODAY),), flows=(flow("tax", 1, TODAY),)), rules)
    assert cells(due, Line.SALE) == {TODAY: 700_000}


def test_opening_cash_says_how_old_it_is_and_the_gap_does_not_hide_it(inputs, rules):
    wanted = replace(inputs, flows=(flow("tax", 15_000_000, date(2026, 3, 2)),))
    fresh = forecast(wanted, rules)
    assert (fresh.stale, fresh.opening[0].is_stale) == ("", False)
    assert gap_line(fresh, shortfall(fresh), "sell").endswith("sell")
    older = replace(inputs.cash[0], as_of=datetime(2026, 2, 7, 13, tzinfo=UTC))
    found = forecast(replace(wanted, cash=(older,)), rules)
    (line,) = found.opening
    assert (line.as_of, line.age, line.is_stale) == (older.as_of, timedelta(days=4, hours=1), True)
    assert seen_words(line) == "as of 7 Feb 13:00 UTC, 4 days old  STALE"
    assert seen_words(fresh.opening[0]) == "as of 11 Feb 00:00 UTC, 14 hours old"
    assert gap_line(found, shortfall(found), "sell").endswith("sell · opening cash as of 7 Feb, 4 days old")
    longer = replace(rules, stale_after=timedelta(days=5))
    assert forecast(replace(wanted, cash=(older,)), longer).stale == ""


def test_each_old_balance_and_every_venue_never_seen_is_named(inputs, rules):
    held = VenueCash("kraken", "USD", usd(5), seen=inputs.now, age=timedelta(minutes=20), is_stale=True)
    found = forecast(replace(inputs, venue_cash=(held,), unseen=("coinbase",)), rules)
    assert found.stale == (
        "opening cash as of 11 Feb, 20 minutes old (USD at kraken); not known at coinbase, no balance of it was seen"
    )


def test_what_fills_brought_since_the_venue_was_seen_is_there_and_named(inputs, rules):
    held = VenueCash("kraken", "USD", usd(1_000_000), since=usd(250_000), seen=inputs.now)
    found = forecast(replace(inputs, venue_cash=(held,)), rules)
    assert sum(cells(found, Line.FROM_VENUES).values()) == 1_250_000
    line = found.opening[-1]
    assert line.amount == 1_250_000
    assert line.note == "in the bank 2026-02-12; of it USD 250,000 from fills since it was seen"


def test_fees_in_a_currency_that_is_not_there_are_owed(inputs, rules):
    held = VenueCash("kraken", "USD", usd(0), since=usd(-300), seen=inputs.now)
    found = forecast(replace(inputs, venue_cash=(held,)), rules)
    assert [entry.amount for entry in found.entries] == [-300]


def test_the_last_day_of_a_short_month_stands_in_for_the_31st(inputs, rules):
    found = forecast(replace(inputs, flows=(flow("payroll", 1, date(2026, 1, 31), Every.MONTHLY),)), rules)
    assert sorted(cells(found, Line.PAYROLL)) == [date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30)]


def test_an_overdue_milestone_is_due_today_and_a_part_already_paid_is_not_due_again(inputs, rules):
    late = milestone(10_000_000, date(2026, 1, 20), paid=usd(4_000_000), paid_on=date(2026, 1, 25))
    found = forecast(replace(inputs, milestones=(late,)), rules)
    (entry,) = found.entries
    assert (entry.day, entry.amount) == (TODAY, -6_000_000)
    assert entry.name == "c-1 delivery, overdue since 2026-01-20"
    for state in ("paid", "dropped"):
        assert forecast(replace(inputs, milestones=(replace(late, state=state),)), rules).entries == ()


def test_a_working_sale_arrives_after_settlement_with_the_caution_of_the_plan(inputs, rules):
    """100 BTC at 70,000, less 10 % and 0.5 %: 6,268,500; closes Friday after the cut-off, so booked on Monday."""
    sale = PendingSale("S-2026-0001", parse_btc("100"), datetime(2026, 2, 13, 22, 0, tzinfo=UTC), "USD")
    found = forecast(replace(inputs, sales=(sale,), milestones=(milestone(1, date(2026, 3, 2)),)), rules)
    assert cells(found, Line.SALE) == {date(2026, 2, 17): Decimal("6268500.00")}


def test_without_a_price_a_working_sale_leaves_no_estimate(inputs, rules):
    sale = PendingSale("S-2026-0001", parse_btc("1"), inputs.now, "USD")
    known = replace(inputs, price=None, milestones=(milestone(1, date(2026, 3, 2)),))
    assert forecast(replace(known, sales=(sale,)), rules).missing == ("price missing",)
    assert forecast(known, rules).missing == ()


def test_proceeds_for_a_loan_go_on_to_its_lender_and_are_not_due_again_at_maturity(inputs, rules):
    sale = PendingSale("S-1", parse_btc("100"), inputs.now, "USD", loan="lender-a")
    owing = loan(maturity=date(2026, 4, 1))
    earned = {"lender-a": usd(1_000_000)}
    known = replace(inputs, loans=(owing,), sales=(sale,), owed=earned)
    found = forecast(replace(known, venue_cash=(VenueCash("kraken", "USD", usd(1_000_000)),)), rules)
    assert cells(found, Line.SALE) == {date(2026, 2, 12): Decimal("6268500.00")}
    principal = sorted((e.day, -e.amount) for e in found.entries if e.line is Line.PRINCIPAL)
    assert principal == [
        (date(2026, 2, 12), Decimal("1000000.00")),
        (date(2026, 2, 12), Decimal("6268500.00")),
        (date(2026, 4, 1), Decimal("92731500.00")),
    ]


def test_what_is_set_aside_for_a_lender_in_the_bank_is_due_today(inputs, rules):
    found = forecast(replace(inputs, loans=(loan(),), owed={"lender-a": usd(1_000_000)}), rules)
    assert cells(found, Line.PRINCIPAL) == {TODAY: -1_000_000}


def test_interest_follows_the_loans_schedule(inputs, rules):
    """100M at 7.2 % act/360: 28 days from 1 February to 1 March are 560,000."""
    owing = loan(annual_rate=Bps(Decimal(720)), interest_every=Every.MONTHLY, opened=date(2026, 1, 1))
    found = forecast(replace(inputs, loans=(owing,)), rules)
    assert cells(found, Line.INTEREST)[date(2026, 3, 1)] == Decimal("-560000.00")
    unknown = forecast(replace(inputs, loans=(loan(),)), rules)
    assert cells(unknown, Line.INTEREST) == {}
    assert unknown.notes == ("interest of loan lender-a: no rate on record, only planned flows count",)


def test_money_at_a_venue_is_in_the_bank_after_settlement_and_a_stablecoin_after_its_off_ramp(inputs, rules):
    mark = Mark(TODAY, "USDT/USD", Price(Decimal("1.0000")), inputs.now, "test", "test")
    held = (VenueCash("kraken", "USD", usd(3_000_000)), VenueCash("kraken", "USDT", usd(1_000_000)))
    known = replace(inputs, venue_cash=held, marks=(mark,), flows=(flow("tax", 1, date(2026, 6, 1)),))
    found = forecast(known, rules)
    assert cells(found, Line.FROM_VENUES) == {date(2026, 2, 12): 3_000_000}
    assert cells(found, Line.FROM_STABLECOINS) == {date(2026, 2, 13): 999_500}
    assert found.cash_now == 20_000_000
    unmarked = forecast(replace(known, marks=()), rules)
    assert cells(unmarked, Line.FROM_STABLECOINS) == {}
    assert unmarked.notes == ("USDT at kraken, USDT 1,000,000, is not counted: mark USDT/USD of 2026-02-11 missing",)
    assert unmarked.missing == ()


def test_an_unsettled_block_sale_comes_on_its_day_and_a_settled_one_is_in_the_bank_already(inputs, rules):
    block = BlockSale(
        "B-1",
        "custody",
        parse_btc("50"),
        Price(Decimal(69_000)),
        "USD",
        usd(5_000),
        "USD",
        datetime(2026, 2, 10, 15, tzinfo=UTC),
        "dealer",
        "confirmation",
        settles=date(2026, 2, 13),
    )
    known = replace(inputs, blocks=(block,), flows=(flow("tax", 1, date(2026, 6, 1)),))
    assert cells(forecast(known, rules), Line.SALE) == {date(2026, 2, 13): Decimal("3445000.00")}
    settled = replace(known, blocks=(replace(block, settles=date(2026, 2, 10)),))
    assert forecast(settled, rules).entries == ()


def test_what_cannot_be_converted_is_left_out_where_it_comes_and_leaves_no_estimate_where_it_goes(inputs, rules):
    comes = forecast(replace(inputs, flows=(flow("equity", 5, date(2026, 2, 20), currency="EUR"),)), rules)
    assert comes.notes == ("equity, EUR 5, is not counted: mark EUR/USD of 2026-02-11 missing",)
    assert comes.missing == ()
    goes = forecast(replace(inputs, flows=(flow("tax", 5, date(2026, 2, 20), currency="EUR"),)), rules)
    assert goes.missing == ("mark EUR/USD of 2026-02-11 missing, for tax",)
    assert shortfall(goes) is None


def test_the_floor_is_the_highest_that_the_desk_or_a_lender_asks_for(inputs, rules):
    asked = Covenant("c-cash", "lender-a", CovenantKind.MIN_CASH, Decimal(15_000_000), "USD", "test")
    known = replace(inputs, loans=(loan(),), covenants=(asked,))
    floor = forecast(known, rules).floor
    assert (floor.level, floor.source) == (15_000_000, "covenant c-cash of loan lender-a")
    repaid = replace(known, loans=(loan(state=LoanState.REPAID, debt=usd(0)),))
    assert forecast(repaid, rules).floor.level == 10_000_000
    nobody = forecast(repaid, replace(rules, floor=None))
    assert (nobody.floor.level, nobody.floor.source) == (None, "treasury.cash_floor missing")
    assert shortfall(nobody) is None


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        ({"cash": ()}, ("no USD cash on record", "no commitment and no flow on record")),
        ({}, ("no commitment and no flow on record",)),
    ],
)
def test_what_no_forecast_can_do_without_is_named(inputs, rules, change, missing):
    found = forecast(replace(inputs, **change), rules)
    assert found.missing == missing
    assert found.minimum is None
    assert shortfall(found) is None


def test_cash_stated_for_a_venue_is_not_counted_beside_what_the_venue_says(inputs, rules):
    stated = CashBalance("kraken", "USD", usd(9_000_000), inputs.cash[0].as_of, "test")
    known = replace(
        inputs,
        cash=(*inputs.cash, stated),
        venue_cash=(VenueCash("kraken", "USD", usd(1)),),
        flows=(flow("tax", 1, date(2026, 6, 1)),),
    )
    found = forecast(known, rules)
    assert found.cash_now == 20_000_000
    assert found.notes == ("cash stated for kraken is not counted: the venue itself says what it holds",)


def test_a_milestone_due_after_the_last_week_is_simulated_where_it_may_come_earlier(inputs, rules):
    may = milestone(5_000_000, date(2026, 6, 1), earliest=date(2026, 4, 1), latest=date(2026, 7, 1))
    found = forecast(replace(inputs, milestones=(may,)), rules)
    assert found.entries == ()
    (entry,) = found.beyond
    assert (entry.day, entry.amount, entry.earliest) == (date(2026, 6, 1), -5_000_000, date(2026, 4, 1))
    never = replace(may, earliest=date(2026, 5, 20))
    assert forecast(replace(inputs, milestones=(never,)), rules).beyond == ()
    euros = forecast(replace(inputs, milestones=(replace(may, currency="EUR"),)), rules)
    assert (euros.beyond, euros.missing) == ((), ())
    assert euros.notes == (
        "c-1 delivery, EUR 5,000,000 on 2026-06-01, is not simulated: mark EUR/USD of 2026-02-11 missing",
    )


def test_a_sale_under_way_and_what_it_repays_know_its_last_day_and_floor(inputs, rules):
    closes = datetime(2026, 2, 12, 12, tzinfo=UTC)
    pending = PendingSale("S-1", parse_btc("10"), closes, "USD", "lender-a", Price(Decimal(60_000)))
    found = forecast(replace(inputs, sales=(pending,), loans=(loan(),)), rules)
    assert [(one.line, one.sold_on, one.floor) for one in found.entries] == [
        (Line.SALE, date(2026, 2, 12), 60_000),
        (Line.PRINCIPAL, date(2026, 2, 12), 60_000),
    ]


def test_what_a_venue_holds_for_a_lender_leaves_as_it_came_to_the_cent(inputs, rules):
    """Fractions of a cent are rounded down on both sides, so that nothing of ours goes with them."""
    held = VenueCash("kraken", "USD", usd("16519676.8249"))
    known = replace(inputs, venue_cash=(held,), loans=(loan(),), owed={"lender-a": usd("16519676.8249")})
    found = forecast(known, rules)
    assert sum(entry.amount for entry in found.entries) == 0
    assert found.weeks[0].minimum == found.weeks[0].opening
