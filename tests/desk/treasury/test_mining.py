"""Expectations to the printed digits; half-known days stay half-known."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from desk.treasury import mining
from desk.treasury.records import CostFigure, MiningDay
from desk.units import Money, Price, Sats, parse_btc

NOW = datetime(2026, 2, 7, 14, 0, tzinfo=UTC)
COSTS = [
    CostFigure("2025-Q3", Money(Decimal(81072)), Money(Decimal(99383)), "USD", "t"),
    CostFigure("2026-Q1", Money(Decimal(76928)), None, "USD", "t"),
]


def day(text: str, mined: str, expected: str | None = None, pool: str = "p", rate: str | None = None) -> MiningDay:
    return MiningDay(
        date.fromisoformat(text),
        pool,
        "",
        parse_btc(mined),
        parse_btc(expected) if expected else None,
        Decimal(rate) if rate else None,
        None,
        "test",
    )


def test_34_55_ehs_at_125_86_t_earns_17_26_a_day_before_fees():
    earned = mining.expected_btc_per_day(Decimal("34.55"), Decimal("125.86e12"))
    assert f"{earned:.2f}" == "17.26"


def test_pool_fee_uptime_and_block_fees_scale_the_expectation():
    plain = mining.expected_btc_per_day(Decimal("34.55"), Decimal("125.86e12"))
    cut = mining.expected_btc_per_day(
        Decimal("34.55"),
        Decimal("125.86e12"),
        mean_fees=Decimal("3.125"),
        pool_fee=Decimal("0.5"),
        uptime=Decimal("0.5"),
    )
    assert f"{cut:.8f}" == f"{plain / 2:.8f}"


def test_hashprice_and_power_cost_follow_from_what_an_exahash_earns():
    per_eh = mining.expected_btc_per_day(Decimal(1), Decimal("125.86e12"))
    assert f"{mining.hashprice(per_eh, Decimal(68524)):.2f}" == "34.23"
    assert f"{mining.power_cost_per_btc(Decimal('21.4'), Decimal('0.051'), per_eh):.0f}" == "52442"


def test_days_add_up_over_pools_and_a_missing_expectation_is_not_counted_as_zero():
    totals = mining.daily_totals(
        [day("2026-02-05", "10", "11", "a", "20"), day("2026-02-05", "5", None, "b", "10"), day("2026-02-04", "1")]
    )
    assert [t.day.day for t in totals] == [4, 5]
    assert totals[1].mined == parse_btc("15")
    assert totals[1].expected is None
    assert totals[1].hashrate_ehs == Decimal(30)


def test_the_month_to_date_holds_only_this_month_and_the_margin_uses_the_newest_cost():
    rows = [day("2026-01-31", "16"), day("2026-02-01", "15"), day("2026-02-06", "14")]
    summary = mining.summarise(rows, COSTS, Price(Decimal("68524")), now=NOW)
    assert summary.month_to_date == parse_btc("29")
    assert summary.margin == Decimal(68524 - 76928)
    assert summary.cost is COSTS[1]
    assert not summary.is_stale


def test_mining_without_days_says_what_is_missing_and_looks_stale():
    summary = mining.summarise([], [], None, now=NOW)
    assert summary.latest is None
    assert summary.month_to_date == Sats(0)
    assert summary.is_stale
    assert "no mining day on record" in summary.missing[0]
    assert "no cash cost per BTC on record" in summary.missing


def test_a_day_that_ended_more_than_36_hours_ago_is_stale():
    assert mining.summarise([day("2026-02-05", "1")], COSTS, None, now=NOW).is_stale
    assert not mining.summarise([day("2026-02-06", "1")], COSTS, None, now=NOW).is_stale


def test_a_day_in_the_future_is_not_counted():
    summary = mining.summarise([day("2026-02-08", "9"), day("2026-02-06", "1")], COSTS, None, now=NOW)
    assert summary.month_to_date == parse_btc("1")
