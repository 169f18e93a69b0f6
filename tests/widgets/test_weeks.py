"""Weeks of cash: drawn from zero up or down, told apart below the floor also without colour, at every size."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from widgets.charts.weeks import FLOOR, SHORT, WeekChart

MILLION = Decimal(1_000_000)


def chart(*millions: int, floor: int | None = 10) -> WeekChart:
    made = WeekChart()
    weeks = [(f"{at + 1} Feb", value * MILLION) for at, value in enumerate(millions)]
    made.show(weeks, None if floor is None else floor * MILLION)
    return made


def texts(made: WeekChart, width: int, height: int) -> list[str]:
    return ["".join(text for text, _ in row) for row in made.rows(width, height)]


def column(made: WeekChart, at: int, width: int, height: int) -> str:
    """The cells of one week from top to bottom, without the labels."""
    rows = made.rows(width, height)[:-1]
    return "".join(row[1 + 2 * at][0][0] for row in rows)


def test_columns_stand_on_zero_and_hang_from_it():
    made = chart(20, -20, floor=None)
    assert column(made, 0, 60, 9) == "████    "
    assert column(made, 1, 60, 9) == "    ████"


def test_weeks_below_the_floor_have_another_glyph_and_the_floor_is_a_line():
    made = chart(20, 5, 20)
    assert SHORT not in column(made, 0, 60, 9)
    assert SHORT in column(made, 1, 60, 9)
    lines = texts(made, 60, 9)
    (floor,) = [line for line in lines if "floor" in line]
    assert FLOOR in floor


def test_the_largest_and_least_amount_are_named_with_the_weeks():
    lines = texts(chart(24, -47), 60, 9)
    assert "$24.0 M" in lines[0]
    assert "−$47.0 M" in lines[-2]
    assert lines[-1].split() == ["1", "Feb", "2", "Feb"]


def test_labels_that_have_no_room_are_left_out_rather_than_run_together():
    lines = texts(chart(*range(1, 14)), 50, 8)
    assert lines[-1].split() == ["1", "Feb", "4", "Feb", "7", "Feb", "10", "Feb", "13", "Feb"]


def test_without_weeks_it_says_what_to_do():
    assert "desk plan import FILE" in texts(chart(), 80, 10)[0]


@given(
    st.lists(st.integers(-(10**5), 10**5), min_size=1, max_size=52),
    st.none() | st.integers(0, 10**5),
    st.integers(0, 140),
    st.integers(0, 30),
)
def test_it_fits_every_size(values, floor, width, height):
    lines = texts(chart(*values, floor=floor), width, height)
    assert len(lines) <= max(height, 1)
    assert all(len(line) <= width for line in lines)
