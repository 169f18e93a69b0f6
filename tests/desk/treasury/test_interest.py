"""Days of interest and payment days, against figures worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desk.treasury import loans
from desk.treasury.cash_records import Every
from desk.treasury.interest import Payment, accrued_since, days_between, interest, payments
from desk.treasury.records import DayCount, LoanState
from desk.units import NOTHING, Bps, Money

RATE = Bps(Decimal(720))
DAYS = st.dates(date(2020, 1, 1), date(2040, 12, 31))


@pytest.fixture
def lent(loan):
    """7.2 % by act/360, paid each quarter, on the loan of this room."""
    return replace(
        loan,
        annual_rate=RATE,
        interest_every=Every.QUARTERLY,
        opened=date(2025, 12, 31),
        as_of=datetime(2025, 12, 31, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("count", "first", "last", "days"),
    [
        (DayCount.ACT_360, date(2026, 1, 1), date(2026, 4, 1), 90),
        (DayCount.ACT_365, date(2024, 2, 28), date(2024, 3, 1), 2),
        (DayCount.THIRTY_360, date(2026, 1, 31), date(2026, 3, 31), 60),
        (DayCount.THIRTY_360, date(2026, 1, 30), date(2026, 1, 31), 0),
        (DayCount.THIRTY_360, date(2026, 2, 28), date(2026, 3, 31), 33),
        (DayCount.THIRTY_360, date(2026, 1, 31), date(2026, 2, 28), 28),
        (DayCount.THIRTY_360, date(2026, 1, 15), date(2027, 1, 15), 360),
        (DayCount.ACT_360, date(2026, 4, 1), date(2026, 1, 1), 0),
    ],
)
def test_days_are_counted_as_each_convention_says(count, first, last, days):
    assert days_between(first, last, count) == days


def test_a_quarter_on_200_million_at_7_2_percent_is_3_6_million_by_360_and_less_by_365():
    first, last = date(2026, 1, 1), date(2026, 4, 1)
    owed = Decimal(200_000_000)
    assert interest(owed, RATE, first, last, DayCount.ACT_360) == Decimal("3600000.00")
    assert interest(owed, RATE, first, last, DayCount.ACT_365) == Decimal("3550684.93")
    assert interest(owed, RATE, first, last, DayCount.THIRTY_360) == Decimal("3600000.00")


def test_debt_grows_day_by_day_from_the_statement_on(lent):
    stated = replace(lent, accrued_interest=Money(Decimal(1000)), fees=Money(Decimal(250)))
    owed = loans.owing(stated, date(2026, 2, 7))
    assert (owed.stated, owed.since, owed.fees) == (1000, Decimal("1520000.00"), 250)
    assert owed.total == loans.debt(stated, date(2026, 2, 7)) == Decimal("201521250.00")
    assert loans.debt(stated) == Decimal(200_001_250)
    assert loans.debt(stated, date(2025, 1, 1)) == loans.debt(stated), "an earlier day undoes no statement"
    assert loans.call_price(stated, date(2026, 2, 7)) > loans.call_price(stated)


def test_without_a_rate_the_interest_since_the_statement_is_not_known_and_not_zero(loan):
    assert accrued_since(loan, date(2026, 3, 1)) is None
    assert loans.owing(loan, date(2026, 3, 1)).total == loan.debt


def test_a_repaid_loan_accrues_nothing(lent):
    done = replace(lent, state=LoanState.REPAID, debt=NOTHING)
    assert accrued_since(done, date(2027, 1, 1)) == 0
    assert payments(done, date(2026, 1, 1), date(2027, 1, 1)) == ()


def test_quarterly_interest_falls_on_the_last_of_short_months_and_ends_with_the_principal(lent):
    found = payments(lent, date(2026, 1, 1), date(2027, 6, 1))
    assert [one.due for one in found] == [
        date(2026, 3, 31),
        date(2026, 6, 30),
        date(2026, 9, 30),
        date(2026, 12, 31),
    ]
    assert found[0] == Payment(date(2026, 3, 31), Money(Decimal("3600000.00")), NOTHING)
    assert found[-1].principal == 200_000_000


def test_the_first_payment_carries_what_the_statement_says_had_accrued(lent):
    stated = replace(lent, as_of=datetime(2026, 3, 1, tzinfo=UTC), accrued_interest=Money(Decimal(2_400_000)))
    first, *_ = payments(stated, date(2026, 3, 1), date(2026, 7, 1))
    assert first.interest == Decimal("3600000.00")


def test_a_principal_past_its_maturity_is_still_due(lent):
    late = replace(lent, maturity=date(2025, 12, 1), annual_rate=None, interest_every=None)
    assert payments(late, date(2026, 2, 7), date(2026, 5, 1)) == (Payment(date(2025, 12, 1), NOTHING, late.debt),)


def test_a_loan_without_maturity_or_rhythm_has_no_payment_day(lent):
    assert payments(replace(lent, maturity=None, interest_every=None), date(2026, 1, 1), date(2030, 1, 1)) == ()


@given(first=DAYS, last=DAYS, count=st.sampled_from(DayCount))
def test_a_later_day_never_has_fewer_days_of_interest(first, last, count):
    days = days_between(first, last, count)
    assert 0 <= days <= days_between(first, last + timedelta(days=1), count)


@given(year=st.integers(2020, 2040), month=st.integers(1, 12), day=st.integers(1, 28), years=st.integers(0, 9))
def test_a_year_of_thirty_day_months_has_360_days(year, month, day, years):
    whole = date(year, month, day), date(year + years, month, day)
    assert days_between(*whole, DayCount.THIRTY_360) == 360 * years


@given(first=DAYS, between=st.integers(0, 900), more=st.integers(0, 900), owed=st.integers(0, 10**9))
def test_interest_of_two_stretches_is_that_of_the_whole_to_the_cent(first, between, more, owed):
    middle, last = first + timedelta(days=between), first + timedelta(days=between + more)
    for count in (DayCount.ACT_360, DayCount.ACT_365):
        parts = sum(interest(Decimal(owed), RATE, *days, count) for days in ((first, middle), (middle, last)))
        assert abs(parts - interest(Decimal(owed), RATE, first, last, count)) <= Decimal("0.01")


@given(every=st.sampled_from(Every), days=st.integers(1, 1500))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_paid_until_maturity_is_all_that_accrues_and_the_debt(lent, every, days):
    stated = Money(Decimal(1000))
    ends = replace(lent, interest_every=every, maturity=lent.opened + timedelta(days=days), accrued_interest=stated)
    paid = payments(ends, lent.opened, ends.maturity)
    whole = interest(ends.debt, RATE, lent.opened, ends.maturity, ends.day_count)
    assert abs(sum(one.interest for one in paid) - whole - stated) <= Decimal("0.01") * len(paid)
    assert sum(one.principal for one in paid) == ends.debt
    assert [one.due for one in paid] == sorted({one.due for one in paid})
