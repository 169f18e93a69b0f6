"""When money is in the bank: weekends, holidays, the cut-off in the bank's own zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from desk.treasury.bank_days import BankCalendar

NEW_YORK = BankCalendar(ZoneInfo("America/New_York"), time(16, 0))
PRESIDENTS_DAY = date(2026, 2, 16)
WITH_HOLIDAY = BankCalendar(NEW_YORK.zone, NEW_YORK.cutoff, frozenset({PRESIDENTS_DAY}))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def test_what_is_sold_on_a_weekend_is_booked_on_monday():
    assert NEW_YORK.arrives(at("2026-02-07T14:00Z"), 1) == date(2026, 2, 10)
    assert NEW_YORK.arrives(at("2026-02-08T23:00Z"), 0) == date(2026, 2, 9)


def test_the_cutoff_counts_in_the_banks_zone():
    assert NEW_YORK.arrives(at("2026-02-09T21:00Z"), 1) == date(2026, 2, 10)
    assert NEW_YORK.arrives(at("2026-02-09T21:01Z"), 1) == date(2026, 2, 11)
    assert NEW_YORK.arrives(at("2026-02-10T02:00Z"), 0) == date(2026, 2, 10)


def test_a_configured_holiday_is_no_business_day_and_none_is_guessed():
    friday = at("2026-02-13T15:00Z")
    assert NEW_YORK.arrives(friday, 1) == PRESIDENTS_DAY
    assert WITH_HOLIDAY.arrives(friday, 1) == date(2026, 2, 17)


def test_the_way_back_from_a_due_day():
    assert NEW_YORK.latest(date(2026, 3, 2), 1) == at("2026-02-27T21:00Z")
    assert NEW_YORK.latest(date(2026, 3, 1), 1) == at("2026-02-26T21:00Z")
    assert WITH_HOLIDAY.latest(date(2026, 2, 17), 1) == at("2026-02-13T21:00Z")


@given(
    due=st.dates(date(2026, 1, 1), date(2026, 12, 31)),
    days=st.integers(0, 10),
    holidays=st.sets(st.dates(date(2025, 12, 1), date(2027, 1, 31)), max_size=20),
)
def test_the_latest_moment_is_in_time_and_one_minute_later_is_a_business_day_late(due, days, holidays):
    calendar = BankCalendar(NEW_YORK.zone, NEW_YORK.cutoff, frozenset(holidays))
    latest = calendar.latest(due, days)
    assert calendar.arrives(latest, days) == calendar.on_or_before(due)
    late = calendar.arrives(latest + timedelta(minutes=1), days)
    assert late == calendar.shifted(calendar.on_or_before(due), 1)
