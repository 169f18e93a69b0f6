"""Volatilities are given or estimated from what is on record; a gap in the record is a gap, and said."""

from __future__ import annotations

import math
import statistics
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest

from desk.treasury.coin_records import Mark
from desk.treasury.records import MiningDay, NetworkDay
from desk.treasury.risk_factors import Given, risk_factors
from desk.units import Bps, Price, Sats

NOTHING_GIVEN = Given(None, None, None, 0.3, 0.2, -0.2)
FIRST = date(2026, 1, 1)


def marks(prices: list[float], skip: tuple[int, ...] = ()) -> list[Mark]:
    days = [FIRST + timedelta(days=n) for n in range(len(prices))]
    return [
        Mark(day, "BTC/USD", Price(Decimal(str(price))), datetime.combine(day, time(), UTC), "test", "test")
        for n, (day, price) in enumerate(zip(days, prices, strict=True))
        if n not in skip
    ]


ZIGZAG = [70_000 * (1.02 if n % 2 else 1.0) for n in range(30)]


def test_a_given_volatility_is_used_and_said():
    found = risk_factors(replace(NOTHING_GIVEN, daily_volatility=0.03), (), (), (), "BTC/USD")
    assert found.daily_volatility == 0.03
    assert found.assumptions[0] == "price: daily volatility 3.00%, as configured; no drift"
    assert found.assumptions[1] == "difficulty: held as it is, only 0 weeks on record"
    assert found.assumptions[2] == "uptime: held as it is, only 0 weeks on record"


def test_a_volatility_is_estimated_from_daily_marks():
    found = risk_factors(NOTHING_GIVEN, marks(ZIGZAG), (), (), "BTC/USD")
    steps = [math.log(1.02) * (1 if n % 2 == 0 else -1) for n in range(29)]
    assert found.daily_volatility == pytest.approx(statistics.stdev(steps))
    assert "estimated from 29 daily marks" in found.assumptions[0]


def test_a_day_without_a_mark_is_a_gap_and_not_a_quiet_day():
    whole = risk_factors(NOTHING_GIVEN, marks(ZIGZAG), (), (), "BTC/USD")
    gap = risk_factors(NOTHING_GIVEN, marks(ZIGZAG, skip=(10,)), (), (), "BTC/USD")
    assert "estimated from 27 daily marks" in gap.assumptions[0]
    assert gap.daily_volatility == pytest.approx(whole.daily_volatility, rel=0.05)


def test_too_few_marks_and_nothing_given_is_no_estimate():
    found = risk_factors(NOTHING_GIVEN, marks(ZIGZAG[:20]), (), (), "BTC/USD")
    assert found == (
        "volatility of BTC/USD missing: 19 daily returns on record, 20 are needed, "
        "or treasury.at_risk.daily_volatility_bps"
    )
    assert isinstance(risk_factors(NOTHING_GIVEN, marks(ZIGZAG), (), (), "BTC/EUR"), str)


def test_difficulty_and_uptime_are_estimated_by_week_where_there_are_enough():
    network = [
        NetworkDay(FIRST + timedelta(days=n), Decimal(100 + 10 * (n // 7 % 2)), None, None, "test") for n in range(64)
    ]
    mined = [
        MiningDay(
            date(2026, 1, 5) + timedelta(days=n),
            "pool",
            "site",
            Sats(1),
            None,
            None,
            None,
            "test",
            uptime=Bps(Decimal(9000 + 500 * (n // 7 % 2))),
        )
        for n in range(56)
    ]
    found = risk_factors(replace(NOTHING_GIVEN, daily_volatility=0.03), (), network, mined, "BTC/USD")
    assert found.difficulty_volatility == pytest.approx(math.log(1.1), rel=0.1)
    assert found.uptime_mean == pytest.approx(0.925)
    assert found.uptime_volatility == pytest.approx(0.0289, abs=0.001)
    assert "estimated from 9 weeks" in found.assumptions[1]
