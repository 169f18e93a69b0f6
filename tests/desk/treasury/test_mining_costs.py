"""What a coin costs: worked by hand to the cent, and nothing where an input is missing."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from desk.treasury.mining_costs import all_in_cost, break_even, fleet_of, period_cost, power_cost
from desk.treasury.mining_report import hashprice_at, mining_report
from desk.treasury.records import CostFigure, MiningDay, NetworkDay
from desk.units import Bps, Money, Price, parse_btc

DAY = date(2026, 2, 6)
NETWORK = NetworkDay(DAY, Decimal("125.86e12"), None, Decimal(0), "test")
NOW = datetime(2026, 2, 7, 14, tzinfo=UTC)


def mined(day: date = DAY, coins: str = "17.2", **more: object) -> MiningDay:
    stated = {
        "hashrate_ehs": Decimal("34.55"),
        "power_price": Decimal("0.051"),
        "joules_per_th": Decimal("21.4"),
        "hosting": Money(Decimal("250000")),
        "pool_fee": Bps(Decimal(0)),
        "deployed_ehs": Decimal(50),
        "uptime": Bps(Decimal(9800)),
        **more,
    }
    return MiningDay(day=day, pool="p", site="", mined=parse_btc(coins), expected=None, source="t", **stated)


def test_the_power_of_a_day_is_terahashes_times_joules_times_hours_times_price():
    # 34.55e6 TH/s × 21.4 J/TH = 739,370 kW; × 24 h × $0.051
    assert f"{power_cost(mined()):.2f}" == "904988.88"


def test_cash_cost_is_power_and_hosting_over_the_coins_they_brought():
    cost = period_cost([mined(), mined(date(2026, 2, 5), "16.8")])
    assert f"{cost.power_per_btc:.2f}" == f"{2 * Decimal('904988.88') / 34:.2f}"
    assert f"{cost.cash_per_btc:.2f}" == f"{(2 * Decimal('904988.88') + 500000) / 34:.2f}"
    assert cost.missing == ()


def test_a_row_without_its_input_leaves_no_estimate_and_says_which():
    cost = period_cost([mined(), mined(date(2026, 2, 5), hosting=None, joules_per_th=None)])
    assert (cost.power, cost.hosting, cost.cash_per_btc) == (None, None, None)
    assert cost.missing == ("J/TH missing in 1 of 2 rows", "hosting missing in 1 of 2 rows")


def test_a_self_hosted_site_states_that_its_hosting_is_nothing():
    assert period_cost([mined(hosting=Money(Decimal(0)))]).cash_per_btc is not None


def test_the_break_even_price_pays_exactly_power_and_hosting():
    price = break_even([mined()], NETWORK)
    assert isinstance(price, Decimal)
    earned = Decimal("34.55e18") * 86_400 / (NETWORK.difficulty * 2**32) * Decimal("3.125")
    assert abs(price * earned - Decimal("1154988.88")) < Decimal("0.1")


def test_the_break_even_needs_a_stated_fee():
    assert break_even([mined(pool_fee=None)], NETWORK) == "pool fee missing"


def test_averages_weigh_what_ran_and_stand_only_where_every_row_states_them():
    fleet = fleet_of([mined(joules_per_th=Decimal(20)), mined(date(2026, 2, 5), hashrate_ehs=Decimal("69.10"))])
    assert fleet.operating_ehs == Decimal("51.825")
    assert f"{fleet.joules_per_th:.4f}" == "20.9333"
    assert fleet.uptime == 9800
    assert fleet_of([mined(), mined(uptime=None)]).uptime is None


def test_an_all_in_cost_that_was_not_published_is_missing_and_an_older_one_is_only_named():
    figures = [
        CostFigure("2025-Q3", Money(Decimal(81072)), Money(Decimal(99383)), "USD", "t"),
        CostFigure("2026-Q1", Money(Decimal(76928)), None, "USD", "t"),
    ]
    assert all_in_cost(figures).cost is None
    assert all_in_cost(figures).missing == "all-in cost of 2026-Q1 missing (of 2025-Q3: 99383)"
    assert all_in_cost(figures[:1]).cost == 99383
    assert "all-in cost missing" in all_in_cost([]).missing


def test_the_report_explains_the_month_without_the_day_that_still_runs():
    rows = [mined(), mined(date(2026, 2, 7), "6"), mined(date(2026, 1, 30), "16")]
    report = mining_report(rows, [NETWORK], [], now=NOW)
    assert [day.day.day for day in report.days] == [30, 6, 7]
    assert (report.month.name, report.month.cost.mined) == ("2026-02", parse_btc("17.2"))
    assert report.month.shortfall is not None
    assert report.month.shortfall.actual == parse_btc("17.2")
    assert f"{hashprice_at(report.network, Price(Decimal(68524))):.2f}" == "34.23"
    assert [one.period.cost.mined for one in report.epochs] == [parse_btc("17.2")]
    assert report.days[1].expected == report.month.shortfall.expected


def test_a_report_without_network_says_so_for_each_figure_it_keeps():
    report = mining_report([mined()], [], [], now=NOW)
    assert hashprice_at(report.network, Price(Decimal(68524))) == "network missing"
    assert report.month.missing[0] == "network day 2026-02-06 missing"
    assert report.missing == (
        "network missing: desk mining pull, or import with day, difficulty",
        "break-even: no estimate, network missing",
    )


def test_another_month_can_be_asked_for_and_an_empty_one_says_so():
    report = mining_report([mined()], [NETWORK], [], now=NOW, month="2025-12")
    assert report.month.missing == ("no complete day on record",)
    assert report.month.cost.mined == 0
