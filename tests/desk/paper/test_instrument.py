"""The pair's exact arithmetic: ticks, truncated costs, holds that always suffice, fee tiers."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.paper.instrument import BTC_USD, KRAKEN_FEES, FeeSchedule, FeeTier, OffGrid, fee_atoms, percent_text

ticks = st.integers(1, 10_000_000)
sats = st.integers(1, 10**12)


def test_prices_are_whole_ticks_or_refused() -> None:
    assert BTC_USD.ticks(Decimal("68524.1")) == 685_241
    assert BTC_USD.price_text(685_240) == "68524.0"
    with pytest.raises(OffGrid):
        BTC_USD.ticks(Decimal("68524.15"))


def test_a_cost_is_truncated_to_what_is_reported() -> None:
    assert BTC_USD.money_text(BTC_USD.cost(685_241, 1)) == "0.00068"
    assert BTC_USD.money_text(BTC_USD.cost(720_265, 10_000)) == "7.20265"


def test_an_average_price_is_exact_where_the_prices_agree() -> None:
    assert BTC_USD.average_text(685_241 * 12_345, 12_345) == "68524.10000"
    assert BTC_USD.average_text(0, 0) == "0.00000"


def test_money_finer_than_reported_money_is_refused() -> None:
    assert BTC_USD.atoms(Decimal("0.5")) == 50_000
    with pytest.raises(OffGrid):
        BTC_USD.atoms(Decimal("0.000001"))


@given(st.lists(st.tuples(ticks, sats), min_size=1, max_size=8), st.integers(0, 10_000))
def test_a_hold_covers_every_way_of_being_filled(parts: list[tuple[int, int]], ppm: int) -> None:
    limit = max(price for price, _ in parts)
    hold = BTC_USD.hold(limit, sum(size for _, size in parts), ppm)
    costs = [BTC_USD.cost(price, size) for price, size in parts]
    assert sum(costs) + sum(fee_atoms(cost, ppm) for cost in costs) <= hold


def test_fees_fall_with_volume() -> None:
    assert (KRAKEN_FEES.tier(0).taker_ppm, KRAKEN_FEES.tier(9_999).taker_ppm) == (4_000, 4_000)
    assert (KRAKEN_FEES.tier(10_000).taker_ppm, KRAKEN_FEES.tier(10**12).taker_ppm) == (3_500, 800)
    assert KRAKEN_FEES.next_tier(10**12) is None
    assert KRAKEN_FEES.highest_ppm == 4_000
    assert percent_text(2_500) == "0.2500"


@pytest.mark.parametrize("starts", [(), (5,), (0, 10, 10), (0, 20, 10)])
def test_a_fee_schedule_starts_at_nothing_and_rises(starts: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="rise strictly"):
        FeeSchedule(tuple(FeeTier(start, 1, 1) for start in starts))
