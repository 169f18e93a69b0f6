"""Desk time runs N times as fast as wall time, exactly, and both are UTC."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.clock import DeskTime, LiveClock, ManualClock, from_micros, iso, micros

START = datetime(2026, 2, 7, 14, 0, tzinfo=UTC)
moments = st.integers(0, 4_102_444_800_000_000).map(from_micros)


@given(moments)
def test_a_stored_time_comes_back_to_the_microsecond(moment: datetime) -> None:
    assert from_micros(micros(moment)) == moment


@given(st.integers(0, 10**7), st.integers(1, 3600))
def test_wall_and_desk_time_are_each_others_inverse(seconds: int, speed: int) -> None:
    line = DeskTime(START, START + timedelta(days=3), speed)
    wall = START + timedelta(seconds=seconds)
    assert line.wall_at(line.desk_at(wall)) == wall


def test_desk_time_runs_at_its_speed() -> None:
    clock = ManualClock(START, speed=600)
    clock.advance(1.0)
    assert clock.now() - START == timedelta(minutes=10)
    assert clock.wall() - START == timedelta(seconds=1)
    assert clock.monotonic() == 1.0


@pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="this system has no clock that counts its sleep")
def test_ages_count_the_time_a_machine_was_asleep() -> None:
    before = time.clock_gettime(time.CLOCK_BOOTTIME)
    assert before <= LiveClock().monotonic() <= time.clock_gettime(time.CLOCK_BOOTTIME)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        micros(datetime(2026, 2, 7))  # noqa: DTZ001


def test_times_are_written_in_utc() -> None:
    eastern = datetime.fromisoformat("2026-02-07T09:00:00-05:00")
    assert iso(eastern) == "2026-02-07T14:00:00Z"
