"""The funding gap: by date, cautious, and never guessed where an input is missing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from desk.treasury import funding as fund
from desk.treasury.capex import Need, needs, open_milestones, unfunded
from desk.treasury.records import CashBalance, Commitment, Milestone, MilestoneState
from desk.units import Bps, Money, Price, Sats, parse_btc

TODAY = date(2026, 2, 7)
PRICE = Price(Decimal("68524.10"))
PLENTY = parse_btc("3000")


def need(due: date, amount: int, currency: str = "USD") -> Need:
    return Need(due, "Georgia phase 1 deposit", Money(Decimal(amount)), currency, f"m-{due}-{amount}")


def cash(amount: int, currency: str = "USD") -> CashBalance:
    return CashBalance("bank", currency, Money(Decimal(amount)), datetime(2026, 2, 7, tzinfo=UTC), "test")


def working(amount: str, closes: date = TODAY, quote: str = "USD") -> fund.WorkingSale:
    return fund.WorkingSale("S-2026-0001", parse_btc(amount), closes, quote)


def milestone(state: MilestoneState, amount: str = "100", funded: int = 0, due: date = TODAY) -> Milestone:
    return Milestone(
        f"m-{state}", "c", "deposit", due, Money(Decimal(amount)), "USD", state, Bps(Decimal(funded)), "t"
    )


def test_paid_and_dropped_milestones_need_nothing_and_funded_shares_are_taken_off():
    assert unfunded(milestone(MilestoneState.PAID)) == 0
    assert unfunded(milestone(MilestoneState.DROPPED)) == 0
    assert unfunded(milestone(MilestoneState.COMMITTED, "19500000", 8200)) == Decimal("3510000")


def test_needs_come_by_date_with_the_name_a_person_would_use():
    late = milestone(MilestoneState.PLANNED, due=date(2026, 3, 1))
    soon = milestone(MilestoneState.COMMITTED, due=date(2026, 2, 12))
    found = needs([late, soon], [Commitment("c", "p", "v", "Georgia phase 1", "t")])
    assert [n.due.month for n in found] == [2, 3]
    assert found[0].name == "Georgia phase 1 deposit"
    assert open_milestones([late, milestone(MilestoneState.PAID), soon]) == (soon, late)


def test_the_gap_is_named_in_one_line_with_its_day_and_what_closes_it():
    result = fund.funding(
        [need(date(2026, 3, 2), 18_300_000)], [cash(12_400_000)], [], PRICE, today=TODAY, unpledged=PLENTY
    )
    assert result.gap == Decimal(5_900_000)
    assert result.gap_on == date(2026, 3, 2)
    closes = "selling 96.15 BTC closes it, a fall of 10 % allowed for"
    assert result.line == f"gap $5.9 M on 2 Mar, Georgia phase 1 deposit · {closes}"


def test_the_first_short_day_is_named_and_the_deepest_shortfall_is_what_is_asked_for():
    wanted = [need(date(2026, 3, 2), 12), need(date(2026, 4, 2), 20)]
    result = fund.funding(wanted, [cash(10)], [], PRICE, today=TODAY, unpledged=PLENTY)
    assert result.gap == 22
    assert result.gap_on == date(2026, 3, 2)


def test_a_working_sale_counts_only_what_it_still_has_to_fill_and_only_when_it_closes():
    wanted = [need(date(2026, 2, 10), 1_000_000)]
    before = fund.funding(wanted, [cash(0)], [working("20")], PRICE, today=TODAY, unpledged=PLENTY)
    assert before.gap == 0
    late = fund.funding(wanted, [cash(0)], [working("20", date(2026, 2, 11))], PRICE, today=TODAY, unpledged=PLENTY)
    assert late.gap == 1_000_000


def test_an_overdue_need_is_due_today():
    result = fund.funding([need(date(2026, 1, 1), 5)], [cash(1)], [], PRICE, today=TODAY, unpledged=PLENTY)
    assert result.gap_on == TODAY


def test_needs_beyond_thirteen_weeks_do_not_count():
    far = need(TODAY + timedelta(weeks=13, days=1), 5)
    assert fund.funding([far], [cash(0)], [], PRICE, today=TODAY, unpledged=PLENTY).gap == 0


def test_a_stablecoin_is_not_counted_as_dollars_and_the_note_says_so():
    result = fund.funding(
        [need(TODAY, 5_000_000)],
        [cash(0), cash(31_000_000, "USDT")],
        [working("1", quote="USDT")],
        PRICE,
        today=TODAY,
        unpledged=PLENTY,
    )
    assert result.gap == 5_000_000
    assert "USDT 31.0 M at bank is not counted as USD" in result.notes
    assert "sale S-2026-0001 brings USDT and is not counted" in result.notes


def test_a_missing_input_is_named_instead_of_estimated():
    def line(needs_: list[Need], cash_: list[CashBalance], sales: list[fund.WorkingSale], price: Price | None) -> str:
        return fund.funding(needs_, cash_, sales, price, today=TODAY, unpledged=PLENTY).line

    due = need(date(2026, 3, 2), 18_300_000)
    assert line([], [], [], PRICE) == "no estimate: no commitment on record"
    assert line([due], [], [], PRICE) == "no estimate: no USD cash on record"
    assert line([due], [cash(1)], [working("1")], None) == "no estimate: price missing"
    assert line([due], [cash(0)], [], None).endswith("no estimate of BTC: price missing")


def test_more_than_is_unpledged_is_never_offered_as_a_way_out():
    result = fund.funding([need(TODAY, 50_000_000)], [cash(0)], [], PRICE, today=TODAY, unpledged=parse_btc("10"))
    assert "only 10.00 are unpledged" in result.line


@given(gap=st.integers(1, 10**9), price=st.integers(1_000, 500_000))
def test_selling_what_is_asked_for_brings_the_gap_and_one_satoshi_less_does_not(gap, price):
    at = Price(Decimal(price))
    sats = fund.sats_for(Money(Decimal(gap)), at)
    assert fund.proceeds(sats, at) >= gap
    assert fund.proceeds(Sats(sats - 1), at) < gap
