"""The time-weighted mid, and thinning of what is drawn."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from desk.snapshot.twap import thinned, time_weighted
from desk.units import Price

START = datetime(2026, 2, 7, 12, tzinfo=UTC)


def at(second: int, price: int) -> tuple[datetime, Price]:
    return START + timedelta(seconds=second), Price(Decimal(price))


def until(second: int) -> datetime:
    return START + timedelta(seconds=second)


def test_each_mid_counts_for_as_long_as_it_stood():
    mids = [at(-5, 100), at(25, 200), at(75, 300)]
    assert time_weighted(mids, START, until(100)) == Decimal("200")


def test_without_mids_from_the_beginning_there_is_no_average():
    assert time_weighted([], START, until(100)) is None
    assert time_weighted([at(6, 100)], START, until(100)) is None
    assert time_weighted([at(5, 100)], START, until(100)) == 100
    assert time_weighted([at(0, 100)], START, START) is None


def test_what_comes_after_the_window_does_not_count():
    assert time_weighted([at(0, 100), at(100, 900)], START, until(100)) == 100


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=50))
def test_the_average_lies_between_the_lowest_and_the_highest_mid(prices):
    mids = [at(step, price) for step, price in enumerate(prices)]
    found = time_weighted(mids, START, until(len(prices)))
    assert found is not None
    assert min(prices) - Decimal("1e-9") <= found <= max(prices) + Decimal("1e-9")


@given(st.integers(0, 2000), st.integers(1, 300))
def test_thinning_keeps_the_newest_the_order_and_the_bound(count, most):
    mids = [at(step, step + 1) for step in range(count)]
    kept = thinned(mids, START, most)
    assert len(kept) <= most + 1
    assert list(kept) == sorted(set(kept))
    assert kept[-1:] == tuple(mids[-1:])
