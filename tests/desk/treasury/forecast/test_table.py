"""Weeks chain, cells are the sums of what they are made of, and the gap is the floor less the least cash."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from desk.treasury.forecast.table import Entry, Floor, Forecast, Line, shortfall, table
from desk.units import NOTHING, Money, exact_sum

TODAY = date(2026, 2, 11)
MONDAY = date(2026, 2, 9)


def money(cents: int) -> Money:
    return Money(Decimal(cents).scaleb(-2))


@st.composite
def entries(draw) -> list[Entry]:
    """Anything from this Monday to the end of 13 weeks; what is over is actual, the rest is still to come."""
    found = []
    for number in range(draw(st.integers(0, 25))):
        day = MONDAY + timedelta(days=draw(st.integers(0, 13 * 7 - 1)))
        amount = money(draw(st.integers(-(10**10), 10**10)))
        line = draw(st.sampled_from(list(Line)))
        found.append(Entry(line, day, amount, f"e{number}", f"flow e{number}", is_actual=day < TODAY))
    return found


@given(entries(), st.integers(-(10**10), 10**10), st.integers(0, 10**10))
def test_weeks_chain_cells_add_up_and_the_gap_is_the_least_cash_below_the_floor(found, now, floor):
    weeks = table(money(now), found, TODAY, 13)
    made = Forecast(TODAY, "USD", (), weeks, Floor(money(floor), "test"), (), ())
    assert [week.first for week in weeks] == [MONDAY + timedelta(weeks=n) for n in range(13)]
    for before, after in pairwise(weeks):
        assert after.opening == before.closing
    for week in weeks:
        assert exact_sum([week.opening, *(week.of(line) for line in Line)]) == week.closing
        assert week.minimum <= week.closing
        assert week.first <= week.minimum_on <= week.last
    assert sorted(entry.name for entry in made.entries) == sorted(entry.name for entry in found)
    assert made.cash_now == money(now)
    short = shortfall(made)
    least = min(week.minimum for week in weeks)
    assert (short.gap if short else NOTHING) == max(NOTHING, money(floor) - least)
    if short:
        assert short.on <= short.deepest_on
        assert short.first <= short.gap


def test_a_desk_below_its_floor_today_is_short_today_whatever_comes():
    weeks = table(money(500), [], TODAY, 13)
    short = shortfall(Forecast(TODAY, "USD", (), weeks, Floor(money(900), "test"), (), ()))
    assert (short.on, short.gap, short.because) == (TODAY, Decimal("4.00"), "cash is below the floor already")


def test_what_comes_on_a_day_is_there_before_what_goes():
    both = [
        Entry(Line.POWER, TODAY, money(-1000), "power", "flow a"),
        Entry(Line.SALE, TODAY, money(1000), "sale", "sale b"),
    ]
    weeks = table(money(0), both, TODAY, 1)
    assert weeks[0].minimum == 0
