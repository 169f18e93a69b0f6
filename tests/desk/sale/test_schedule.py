"""A plan is exact, on the lot, above the minimum, inside its window, and the same for the same seed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from desk.sale.records import Slice, SliceState
from desk.sale.schedule import MAX_SLICES, ScheduleRefused, TargetCurve, plan
from desk.sale.terms import Schedule, ScheduleKind
from desk.units import Sats, parse_btc

OPEN = datetime(2026, 2, 7, 15, tzinfo=UTC)
HOURS_6 = timedelta(hours=6)
LOT = Sats(1)
MINIMUM = parse_btc("0.0001")


def twap(slices: int = 36, size: int = 1500, time: int = 3000, seed: int = 7) -> Schedule:
    return Schedule(ScheduleKind.TWAP, slices, size, time, seed)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Schedule, Sats, timedelta, Sats, Sats]:
    lot = Sats(draw(st.sampled_from([1, 10, 1000, 100_000])))
    minimum = Sats(draw(st.integers(0, 50_000)))
    count = draw(st.integers(1, 60))
    least = max(1, -(-minimum // lot)) * count
    lots = draw(st.integers(least, least * 50))
    over = timedelta(seconds=draw(st.integers(1, 3 * 86_400)))
    schedule = twap(count, draw(st.integers(0, 9_999)), draw(st.integers(0, 10_000)), draw(st.integers(0, 2**63)))
    return schedule, Sats(lots * lot), over, lot, minimum


@given(cases())
def test_sizes_sum_to_the_satoshi_on_the_lot_and_above_the_minimum(
    case: tuple[Schedule, Sats, timedelta, Sats, Sats],
) -> None:
    schedule, quantity, over, lot, minimum = case
    steps = plan(schedule, quantity, over, lot, minimum)
    assert sum(s.planned for s in steps) == quantity
    assert len(steps) == schedule.slices
    assert all(s.planned % lot == 0 and s.planned >= max(minimum, lot) for s in steps)


@given(cases())
def test_every_slice_is_due_inside_its_own_interval(case: tuple[Schedule, Sats, timedelta, Sats, Sats]) -> None:
    schedule, quantity, over, lot, minimum = case
    steps = plan(schedule, quantity, over, lot, minimum)
    length = over // timedelta(microseconds=1)
    for step in steps:
        begins, ends = (length * i // schedule.slices for i in (step.index, step.index + 1))
        assert begins <= step.offset // timedelta(microseconds=1) < max(ends, begins + 1)


@given(cases())
def test_the_same_seed_gives_the_same_plan(case: tuple[Schedule, Sats, timedelta, Sats, Sats]) -> None:
    assert plan(*case) == plan(*case)


def test_a_seed_means_the_same_on_every_machine() -> None:
    steps = plan(twap(4), parse_btc("1"), timedelta(hours=4), LOT, MINIMUM)
    assert [(s.offset // timedelta(microseconds=1), s.planned) for s in steps] == [
        (1_013_163_458, 22_532_500),
        (3_603_960_837, 27_467_500),
        (8_106_654_142, 24_340_000),
        (11_670_822_808, 25_660_000),
    ]


def test_another_seed_gives_another_plan() -> None:
    args = (parse_btc("445.1"), HOURS_6, LOT, MINIMUM)
    assert plan(twap(seed=1), *args) != plan(twap(seed=2), *args)


@given(st.integers(0, 9_999), st.integers(2, 60), st.integers(0, 2**63))
def test_sizes_stay_within_their_jitter(jitter: int, count: int, seed: int) -> None:
    quantity = parse_btc("445.1")
    for step in plan(twap(count, jitter, 0, seed), quantity, HOURS_6, LOT, Sats(0)):
        even = quantity / count
        assert abs(step.planned - even) <= even * jitter / 10_000 + 1


def test_no_jitter_is_an_even_cut() -> None:
    steps = plan(twap(4, 0, 0), parse_btc("1"), timedelta(hours=4), LOT, MINIMUM)
    assert [s.planned for s in steps] == [25_000_000] * 4
    assert [s.offset for s in steps] == [timedelta(hours=h) for h in range(4)]


def test_slices_below_the_minimum_are_refused_with_the_most_that_fit() -> None:
    with pytest.raises(ScheduleRefused, match="at most 10 slices"):
        plan(twap(11), parse_btc("0.001"), HOURS_6, LOT, MINIMUM)


def test_a_quantity_below_one_minimum_is_refused() -> None:
    with pytest.raises(ScheduleRefused, match="sell more"):
        plan(twap(1), Sats(9_999), HOURS_6, LOT, MINIMUM)


@pytest.mark.parametrize(
    ("schedule", "quantity", "over"),
    [
        (twap(0), 10**8, HOURS_6),
        (twap(MAX_SLICES + 1), 10**12, HOURS_6),
        (twap(), 10**8, timedelta(0)),
        (twap(size=10_000), 10**8, HOURS_6),
        (twap(time=-1), 10**8, HOURS_6),
        (twap(), 0, HOURS_6),
        (twap(), -1, HOURS_6),
    ],
)
def test_nonsense_is_refused(schedule: Schedule, quantity: int, over: timedelta) -> None:
    with pytest.raises(ScheduleRefused):
        plan(schedule, Sats(quantity), over, LOT, MINIMUM)


def test_a_quantity_off_the_lot_is_refused() -> None:
    with pytest.raises(ScheduleRefused, match="lot"):
        plan(twap(2), Sats(100_050), HOURS_6, Sats(100), MINIMUM)


def curve(*planned: int) -> TargetCurve:
    return TargetCurve.of(
        Slice(f"s/{i}", "s", i, OPEN + timedelta(hours=i), Sats(p), Sats(0), SliceState.PENDING)
        for i, p in enumerate(planned)
    )


def test_the_target_steps_up_when_a_slice_falls_due() -> None:
    c = curve(5, 3, 2)
    assert c.target(OPEN - timedelta(microseconds=1)) == 0
    assert c.target(OPEN) == 5
    assert c.target(OPEN + timedelta(hours=1, minutes=59)) == 8
    assert c.target(OPEN + timedelta(days=9)) == c.total == 10


def test_the_next_due_is_the_next_rise() -> None:
    c = curve(5, 3)
    assert c.next_due(OPEN - timedelta(hours=1)) == OPEN
    assert c.next_due(OPEN) == OPEN + timedelta(hours=1)
    assert c.next_due(OPEN + timedelta(hours=1)) is None


def test_steps_that_come_too_late_are_brought_forward() -> None:
    c = curve(5, 3, 2).brought_forward(OPEN + timedelta(minutes=90))
    assert c.target(OPEN + timedelta(minutes=89)) == 8
    assert c.target(OPEN + timedelta(minutes=90)) == 10


@given(st.lists(st.integers(0, 100), min_size=1, max_size=20), st.integers(-3, 25), st.integers(0, 5))
def test_a_curve_never_falls(planned: list[int], at: int, later: int) -> None:
    assume(planned)
    c = curve(*planned)
    assert c.target(OPEN + timedelta(hours=at)) <= c.target(OPEN + timedelta(hours=at + later))
