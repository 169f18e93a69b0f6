"""What may be sold now: the curve is followed, what was missed is spread, nothing bursts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from desk.execution.progress import Backlog, Progress, due, slice_cap
from desk.sale.schedule import TargetCurve
from desk.units import Sats

OPEN = datetime(2026, 2, 7, 15, tzinfo=UTC)
CURVE = TargetCurve(tuple((OPEN + timedelta(hours=i), Sats(10 * (i + 1))) for i in range(4)))


def progress(filled: int = 0, open_: int = 0, unknown: int = 0) -> Progress:
    return Progress(Sats(filled), Sats(open_), Sats(unknown))


def test_what_is_open_or_unknown_counts_as_sold() -> None:
    assert due(CURVE, progress(2, 3, 1), OPEN, Sats(100)) == 4


def test_ahead_of_the_curve_nothing_is_due() -> None:
    assert due(CURVE, progress(25), OPEN, Sats(100)) == 0


def test_never_more_than_the_cap_is_due() -> None:
    assert due(CURVE, progress(), OPEN + timedelta(hours=3), Sats(30)) == 30


def test_on_the_curve_a_slice_takes_its_plan() -> None:
    assert slice_cap(Backlog(Sats(10), Sats(40), Sats(0), Sats(40)), Sats(1)) == 10


def test_a_missed_half_is_spread_evenly_over_the_rest() -> None:
    assert slice_cap(Backlog(Sats(10), Sats(20), Sats(0), Sats(40)), Sats(1)) == 20


def test_no_slice_takes_more_than_three_times_its_plan() -> None:
    assert slice_cap(Backlog(Sats(10), Sats(10), Sats(0), Sats(90)), Sats(1)) == 30


def test_what_the_slice_has_taken_counts_against_its_share() -> None:
    assert slice_cap(Backlog(Sats(10), Sats(20), Sats(15), Sats(40)), Sats(1)) == 5


def test_after_the_last_slice_nothing_more_is_taken() -> None:
    assert slice_cap(Backlog(Sats(10), Sats(0), Sats(0), Sats(10)), Sats(1)) == 0


@given(
    st.lists(st.integers(1, 500), min_size=1, max_size=20),
    st.lists(st.booleans(), min_size=20, max_size=20),
    st.sampled_from([1, 5]),
)
def test_whatever_is_missed_no_slice_bursts_and_nothing_is_oversold(
    plans: list[int], runs: list[bool], lot: int
) -> None:
    plans = [p * lot for p in plans]
    total, sold = sum(plans), 0
    for index, planned in enumerate(plans):
        if not runs[index]:
            continue
        cap = slice_cap(Backlog(Sats(planned), Sats(sum(plans[index:])), Sats(0), Sats(total - sold)), Sats(lot))
        assert cap <= 3 * planned
        sold += cap
    assert sold <= total
    if all(runs[: len(plans)]):
        assert sold == total
