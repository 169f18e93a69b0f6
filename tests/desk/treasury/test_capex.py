"""Projects, commitments and milestones: what they cost, how much is there, and what does not fit."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.treasury.allocations import from_source, funded, of_need, overdrawn, unspent
from desk.treasury.capex import book, needs
from desk.treasury.cash_records import Allocation, FundedBy
from desk.treasury.records import Commitment, Milestone, MilestoneState, Project
from desk.units import Bps, Money

TODAY = date(2026, 2, 7)
SITE = Project("ai", "AI compute", site="Georgia", gpus=1024)
ORDER = Commitment("gpus", "ai", "maker", "GPU containers", "s", contract="GC-7", currency="USD")
DEPOSIT = Milestone(
    "gpu-deposit",
    "gpus",
    "deposit",
    date(2026, 2, 20),
    Money(Decimal(1_000_000)),
    "USD",
    MilestoneState.COMMITTED,
    Bps(Decimal(2500)),
    "s",
)
MONEY = st.integers(0, 10**12).map(lambda cents: Money(Decimal(cents).scaleb(-2)))


def given_to(need: str, amount: str, by: FundedBy = FundedBy.SALE, ref: str = "S-2026-0001", currency: str = "USD"):
    name = f"{need}-{by}-{amount}"
    return Allocation(name, need, by, ref, Money(Decimal(amount)), currency, TODAY, "s")


def test_the_stated_share_and_what_was_allocated_fund_a_milestone_together():
    there = funded(DEPOSIT, [given_to("gpu-deposit", "300000"), given_to("gpu-deposit", "200000", FundedBy.EQUITY)])
    assert (there.cost, there.paid, there.aside, there.short, there.over) == (1_000_000, 0, 750_000, 250_000, 0)
    assert there.share == 7500
    assert there.by == {FundedBy.SALE: 300_000, FundedBy.EQUITY: 200_000}


def test_what_was_paid_comes_out_of_what_was_set_aside():
    part = replace(DEPOSIT, paid=Money(Decimal(100_000)), paid_on=TODAY)
    there = funded(part)
    assert (there.paid, there.aside, there.short, there.open) == (100_000, 150_000, 750_000, 900_000)
    more = funded(replace(part, paid=Money(Decimal(400_000))))
    assert (more.paid, more.aside, more.short) == (400_000, 0, 600_000), "paid beyond what was set aside is paid"


def test_a_milestone_is_never_funded_above_the_whole_and_what_is_beyond_is_said():
    there = funded(DEPOSIT, [given_to("gpu-deposit", "900000.50")])
    assert (there.share, there.short, there.over) == (10_000, 0, Decimal("150000.50"))


def test_money_for_another_need_or_of_another_currency_funds_nothing():
    others = [given_to("other", "5"), given_to("gpu-deposit", "5", currency="USDT")]
    assert funded(DEPOSIT, others) == funded(DEPOSIT)


@pytest.mark.parametrize(
    ("state", "paid", "cost", "over"),
    [
        (MilestoneState.PAID, None, "1000000", "0"),
        (MilestoneState.PAID, "990000", "990000", "0"),
        (MilestoneState.DROPPED, None, "0", "50000"),
        (MilestoneState.DROPPED, "20000", "20000", "30000"),
    ],
)
def test_what_is_paid_or_dropped_asks_for_nothing_more(state, paid, cost, over):
    done = replace(DEPOSIT, state=state, paid=None if paid is None else Money(Decimal(paid)))
    there = funded(done, [given_to("gpu-deposit", "50000")])
    assert (there.cost, there.short, there.aside, there.over) == (Decimal(cost), 0, 0, Decimal(over))


@given(
    amount=MONEY,
    share=st.integers(0, 10_000),
    paid=st.none() | MONEY,
    state=st.sampled_from(MilestoneState),
    given_amounts=st.lists(MONEY, max_size=4),
)
def test_cost_is_always_paid_set_aside_and_short(amount, share, paid, state, given_amounts):
    one = replace(DEPOSIT, amount=amount, funded=Bps(Decimal(share)), paid=paid, state=state)
    allocations = [
        Allocation(str(at), one.id, FundedBy.CASH, "bank", amount, "USD", TODAY, "s")
        for at, amount in enumerate(given_amounts)
    ]
    there = funded(one, allocations)
    assert there.cost == there.paid + there.aside + there.short
    assert min(there.cost, there.paid, there.aside, there.short, there.over) >= 0
    assert 0 <= there.share <= 10_000
    assert there.over == 0 or there.short == 0 or there.cost == 0
    more = funded(
        one, [*allocations, Allocation("x", one.id, FundedBy.CASH, "b", Money(Decimal(1)), "USD", TODAY, "s")]
    )
    assert more.short <= there.short, "money set aside never widens what is left to fund"


def test_the_book_adds_up_by_currency_and_keeps_them_apart():
    fit_out = replace(DEPOSIT, id="fit-out", name="fit-out", currency="EUR", state=MilestoneState.PLANNED)
    paid = replace(DEPOSIT, id="design", state=MilestoneState.PAID, paid=Money(Decimal(400_000)), paid_on=TODAY)
    euro = replace(ORDER, id="fit", currency="EUR", name="fit-out")
    made = book([SITE], [ORDER, euro], [DEPOSIT, paid, replace(fit_out, commitment="fit")], today=TODAY)
    (project,) = made.projects
    assert project.totals == made.totals
    eur, usd = made.totals
    assert (eur.currency, eur.planned, eur.to_fund, eur.total) == ("EUR", 1_000_000, 750_000, 1_000_000)
    assert (usd.committed, usd.paid, usd.aside, usd.to_fund, usd.total) == (
        1_000_000,
        400_000,
        250_000,
        750_000,
        1_400_000,
    )
    assert f"{usd.funded:.0f}" == "4643"
    assert made.breaks == ()


def test_what_is_likely_weighs_every_open_milestone_by_its_probability():
    maybe = replace(DEPOSIT, id="maybe", probability=Bps(Decimal(4000)))
    (usd,) = book([SITE], [ORDER], [DEPOSIT, maybe], today=TODAY).totals
    assert usd.likely == 1_400_000


def test_over_allocation_a_foreign_currency_and_a_contract_exceeded_are_breaks():
    small = replace(ORDER, total=Money(Decimal(900_000)))
    allocations = [given_to("gpu-deposit", "800000"), given_to("gpu-deposit", "5", currency="USDT")]
    made = book([SITE], [small], [DEPOSIT], allocations, today=TODAY)
    assert made.breaks == (
        "gpu-deposit is over-allocated by 50,000.00 USD",
        "allocation gpu-deposit-sale-5 is in USDT, gpu-deposit costs USD",
        "milestones of gpus exceed its total by 100,000.00 USD",
    )


def test_what_a_contract_has_beyond_its_milestones_is_unscheduled():
    (line,) = book([SITE], [replace(ORDER, total=Money(Decimal(5_000_000)))], [DEPOSIT], today=TODAY).commitments
    assert line.unscheduled == 4_000_000
    (line,) = book([SITE], [ORDER], [DEPOSIT], today=TODAY).commitments
    assert line.unscheduled is None


def test_a_milestone_whose_commitment_is_not_on_record_is_not_lost():
    made = book([], [], [DEPOSIT], today=date(2026, 3, 1))
    assert [one.milestone.id for one in made.milestones] == ["gpu-deposit"]
    assert made.projects[0].project.id == "gpus"
    assert made.milestones[0].is_overdue


def test_needs_shrink_by_what_is_allocated():
    (need,) = needs([DEPOSIT], [ORDER], [given_to("gpu-deposit", "300000")])
    assert (need.amount, need.name, need.ref) == (450_000, "GPU containers deposit", "gpu-deposit")
    assert needs([DEPOSIT], [ORDER], [given_to("gpu-deposit", "900000")]) == ()


def test_a_sale_gives_no_more_than_it_brought():
    allocations = [given_to("a", "60"), given_to("b", "50"), given_to("c", "7", FundedBy.CASH, "bank")]
    assert from_source(allocations, FundedBy.SALE, "S-2026-0001", "USD") == 110
    assert unspent(Money(Decimal(120)), allocations, "S-2026-0001", "USD") == 10
    (one,) = overdrawn(allocations, {"S-2026-0001": (Money(Decimal(100)), "USD")})
    assert (one.sale, one.over) == ("S-2026-0001", 10)
    assert overdrawn(allocations, {}) == ()
    assert [one.amount for one in of_need(allocations, "b")] == [50]


@given(st.lists(st.tuples(MONEY, st.sampled_from(MilestoneState), st.sampled_from(["USD", "EUR"])), max_size=8))
def test_totals_are_the_sums_of_their_parts(rows):
    milestones = [
        replace(DEPOSIT, id=str(at), amount=amount, state=state, currency=currency)
        for at, (amount, state, currency) in enumerate(rows)
    ]
    made = book([SITE], [ORDER], milestones, today=TODAY)
    for total in made.totals:
        lines = [line.funded for line in made.milestones if line.milestone.currency == total.currency]
        assert total.total == sum(line.cost for line in lines)
        assert total.planned + total.committed == total.aside + total.to_fund
        assert 0 <= total.funded <= 10_000
