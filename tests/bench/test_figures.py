"""Percentiles, slopes and tables say what the samples say."""

from __future__ import annotations

import pytest

from tests.bench.figures import ms, slope, spread, table


def test_percentiles_are_samples_that_occurred() -> None:
    found = spread([float(n) for n in range(1, 101)])
    assert (found.count, found.p50, found.p95, found.p99, found.most) == (100, 50.0, 95.0, 99.0, 100.0)
    assert spread([3.0]).p99 == 3.0


def test_nothing_measured_is_said_and_not_drawn() -> None:
    with pytest.raises(ValueError, match="nothing was measured"):
        spread([])


def test_a_slope_is_the_growth_by_step() -> None:
    assert slope([(0.0, 5.0), (1.0, 7.0), (2.0, 9.0)]) == pytest.approx(2.0)
    assert slope([(1.0, 5.0), (1.0, 7.0)]) == 0.0


def test_a_table_lines_its_columns_up() -> None:
    assert table(("what", "ms"), [("a", "1.00"), ("  long name", "12.0")]).splitlines() == [
        "what           ms",
        "a            1.00",
        "  long name  12.0",
    ]
    assert [ms(value) for value in (0.00123, 0.0123, 1.23)] == ["1.23", "12.3", "1230"]
