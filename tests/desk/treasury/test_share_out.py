"""A sale's proceeds go to what it was for: never more than is wanted, never twice, and the rest is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from desk.treasury.bank_days import BankCalendar
from desk.treasury.cash_records import Allocation, FundedBy
from desk.treasury.cash_rules import CashRules, StablecoinRule
from desk.treasury.coin_records import Mark
from desk.treasury.records import Milestone, MilestoneState
from desk.treasury.share_out import Books, Brought, SharedOut, share_out
from desk.units import Bps, Money, Price, exact_sum

TODAY = date(2026, 2, 9)
RULES = CashRules(
    "USD",
    None,
    1,
    BankCalendar(ZoneInfo("America/New_York"), time(16)),
    Bps(Decimal(1000)),
    Bps(Decimal(50)),
    {"USDT": StablecoinRule(2, Bps(Decimal(5)), Bps(Decimal(50)))},
)
MARK = Mark(TODAY, "USDT/USD", Price(Decimal("1.0000")), datetime(2026, 2, 9, tzinfo=UTC), "test", "test")


def usd(amount: int | str) -> Money:
    return Money(Decimal(amount))


def milestone(name: str, amount: int, due: date = date(2026, 3, 2), **more: object) -> Milestone:
    made = Milestone(name, "gpus", name, due, usd(amount), "USD", MilestoneState.COMMITTED, Bps(Decimal(0)), "test")
    return replace(made, **more)


def books(*milestones: Milestone, allocations: tuple[Allocation, ...] = (), **more: object) -> Books:
    return replace(Books(milestones, (), allocations, RULES, (MARK,)), **more)


def brought(amount: int | str, ref: str = "delivery", kind: str = "capex", currency: str = "USD") -> Brought:
    return Brought("S-2026-0001", usd(amount), currency, kind, ref)


def said(found: SharedOut | str) -> list[tuple[str, Decimal]]:
    assert isinstance(found, SharedOut)
    return [(one.need, one.amount) for one in found.allocations]


def test_a_milestone_gets_the_net_proceeds_with_the_sale_as_their_source():
    found = share_out(brought("30499175.25"), books(milestone("delivery", 41_000_000)), TODAY)
    assert isinstance(found, SharedOut)
    (one,) = found.allocations
    assert (one.id, one.need, one.by, one.ref) == (
        "sale-S-2026-0001-delivery",
        "delivery",
        FundedBy.SALE,
        "S-2026-0001",
    )
    assert (one.amount, one.currency, one.day) == (Decimal("30499175.25"), "USD", TODAY)
    assert found.left == 0


def test_no_more_than_it_still_wants_and_the_rest_is_left():
    half = milestone("delivery", 41_000_000, funded=Bps(Decimal(5000)))
    found = share_out(brought(25_000_000), books(half), TODAY)
    assert said(found) == [("delivery", 20_500_000)]
    assert found.left == 4_500_000


def test_a_commitments_milestones_are_filled_in_the_order_of_their_days():
    late, soon = milestone("acceptance", 5_000_000, date(2026, 4, 6)), milestone("delivery", 10_000_000)
    found = share_out(brought(12_000_000, "gpus"), books(late, soon), TODAY)
    assert said(found) == [("delivery", 10_000_000), ("acceptance", 2_000_000)]
    assert len({one.id for one in found.allocations}) == 2


def test_what_people_have_set_aside_from_the_sale_is_not_given_again():
    by_hand = Allocation("a-1", "other", FundedBy.SALE, "S-2026-0001", usd(4_000_000), "USD", TODAY, "olga")
    found = share_out(brought(10_000_000), books(milestone("delivery", 41_000_000), allocations=(by_hand,)), TODAY)
    assert said(found) == [("delivery", 6_000_000)]


@pytest.mark.parametrize("state", [MilestoneState.PAID, MilestoneState.DROPPED])
def test_a_need_that_is_over_gets_nothing(state):
    found = share_out(brought(10_000_000), books(milestone("delivery", 5, state=state)), TODAY)
    assert found == SharedOut((), usd(10_000_000))


def test_an_unknown_need_gets_nothing():
    assert share_out(brought(10, "nothing"), books(milestone("delivery", 5)), TODAY) == SharedOut((), usd(10))


def test_a_loan_gets_what_is_owed_today_less_what_is_set_aside_since_its_statement(loan):
    aside = Allocation("a-1", loan.id, FundedBy.CASH, "bank", usd(50_000_000), "USD", date(2026, 2, 8), "olga")
    found = share_out(brought(305_000_000, loan.id, "loan"), books(loans=(loan,), allocations=(aside,)), TODAY)
    assert said(found) == [(loan.id, 150_000_000)]
    known = replace(aside, day=date(2026, 2, 6))
    again = share_out(brought(305_000_000, loan.id, "loan"), books(loans=(loan,), allocations=(known,)), TODAY)
    assert said(again) == [(loan.id, 200_000_000)], "what the lender's statement knows of is not taken off twice"
    assert found.left == 155_000_000


def test_a_stablecoin_is_set_aside_as_the_dollars_it_becomes_and_waits_for_a_mark():
    need = milestone("delivery", 41_000_000)
    found = share_out(brought(10_000_000, currency="USDT"), books(need), TODAY)
    assert said(found) == [("delivery", 9_995_000)]
    assert "USDT counted at USDT/USD 1.0000 of 2026-02-09" in found.allocations[0].source
    waits = share_out(brought(10_000_000, currency="USDT"), books(need, marks=()), TODAY)
    assert waits == "mark USDT/USD of 2026-02-09 missing"


def test_a_need_in_a_third_currency_is_left_to_people():
    euros = milestone("delivery", 41_000_000, currency="EUR")
    assert share_out(brought(10), books(euros), TODAY) == (
        "USD proceeds for a need in EUR: convert them and set them aside by hand"
    )


@example(proceeds=3, wants=[1, 1, 1], currency="USDT", unit=-2)
@given(
    proceeds=st.integers(0, 10**12),
    wants=st.lists(st.integers(1, 10**11), min_size=1, max_size=5),
    currency=st.sampled_from(["USD", "USDT"]),
    unit=st.sampled_from([0, -2]),
)
def test_nobody_gets_more_than_wanted_and_nothing_comes_from_nowhere(proceeds, wants, currency, unit):
    amounts = [Money(Decimal(amount).scaleb(unit)) for amount in wants]
    needs = [replace(milestone(f"m{n}", 1, date(2026, 3, 1 + n)), amount=one) for n, one in enumerate(amounts)]
    money = Decimal(proceeds).scaleb(-2)
    found = share_out(brought(str(money), "gpus", currency=currency), books(*needs), TODAY)
    assert isinstance(found, SharedOut)
    wanted = {one.id: one.amount for one in needs}
    for one in found.allocations:
        assert 0 < one.amount <= wanted[one.need]
    given_away = exact_sum([one.amount for one in found.allocations])
    factor = Decimal(1) if currency == "USD" else Decimal("0.9995")
    assert given_away <= money * factor
    assert 0 <= found.left <= money
    if currency == "USD":
        assert given_away + found.left == money
