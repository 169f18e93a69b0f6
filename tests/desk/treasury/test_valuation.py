"""One policy says which price values a day; a day without its mark has no value, and says which mark is missing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from desk.treasury.valuation import Marks, ValuationPolicy, fair_value, mark_for, missing_mark
from desk.units import parse_btc

DAY = date(2026, 2, 7)


@pytest.mark.parametrize(
    ("hour", "zone", "taken"),
    [
        ("00:00", "UTC", datetime(2026, 2, 8, tzinfo=UTC)),
        ("16:00", "UTC", datetime(2026, 2, 7, 16, tzinfo=UTC)),
        ("16:00", "America/New_York", datetime(2026, 2, 7, 21, tzinfo=UTC)),
        ("00:00", "America/New_York", datetime(2026, 2, 8, 5, tzinfo=UTC)),
        ("09:30", "Asia/Tokyo", datetime(2026, 2, 7, 0, 30, tzinfo=UTC)),
    ],
)
def test_a_days_mark_is_taken_at_the_hour_of_the_zone_and_midnight_ends_the_day(hour, zone, taken):
    assert ValuationPolicy("kraken", hour, zone).taken_at(DAY) == taken


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Tokyo", "Pacific/Kiritimati"])
@pytest.mark.parametrize("hour", ["00:00", "16:00"])
def test_the_newest_day_due_is_the_last_whose_hour_has_passed(hour, zone):
    policy = ValuationPolicy("kraken", hour, zone)
    taken = policy.taken_at(DAY)
    assert policy.newest_due(taken) == DAY
    assert policy.newest_due(taken - timedelta(microseconds=1)) == DAY - timedelta(days=1)


def test_a_day_is_never_valued_by_another_days_mark(coins):
    marks = Marks([coins.mark(DAY, "70000")])
    assert fair_value(parse_btc("1.5"), marks, DAY) == Decimal(105000)
    assert fair_value(parse_btc("1.5"), marks, DAY + timedelta(days=1)) is None
    assert missing_mark("BTC", DAY + timedelta(days=1)) == "mark BTC/USD of 2026-02-08 missing"


def test_a_price_in_a_stablecoin_needs_the_stablecoins_own_mark(coins):
    in_tether = coins.mark(DAY, "70000", "BTC/USDT")
    assert mark_for(Marks([in_tether]), DAY) is None
    rate = mark_for(Marks([in_tether, coins.mark(DAY, "0.9990", "USDT/USD")]), DAY)
    assert rate.value == Decimal("69930")
    assert rate.source == "BTC/USDT of test × USDT/USD of test"


def test_a_direct_mark_goes_before_one_by_way_of_a_stablecoin(coins):
    marks = [coins.mark(DAY, "1", "BTC/USDT"), coins.mark(DAY, "1", "USDT/USD"), coins.mark(DAY, "70000")]
    assert mark_for(Marks(marks), DAY).value == Decimal(70000)
