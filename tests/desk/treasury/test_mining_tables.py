"""Mining's tables: what each may say, and what is refused with its row, its column and what would be right."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from desk.treasury import imports
from desk.treasury.csv_table import ImportRefused
from desk.treasury.records import CostFigure, MiningDay, NetworkDay, PublishedMonth
from desk.units import parse_btc

NOW = datetime(2026, 2, 7, 14, tzinfo=UTC)
DAYS = "day,pool,site,mined_btc,source,zone,credited,hashrate_ehs,deployed_ehs,uptime_percent,joules_per_th,"
DAYS += "power_usd_per_kwh,hosting_usd,pool_fee_percent\n"
ROW = "2026-02-05,luxor,texas,15.5,pool,America/New_York,2026-02-06T06:00:00Z,34.55,50,97.6,21.4,0.051,250000,0.7\n"


def planned(text: str, current=()):
    return imports.plan("mining", text.encode(), file="f.csv", now=NOW, current=current)


def day(**more) -> MiningDay:
    stated = {"pool": "luxor", "site": "texas", "mined": parse_btc("15.5"), "expected": None, "power_price": None}
    stated |= {"hashrate_ehs": Decimal("34.55"), "source": "luxor", "source_id": "luxor:1", **more}
    return MiningDay(day=date(2026, 2, 5), **stated)


def test_a_day_may_say_everything_about_its_machines():
    (row,) = planned(DAYS + ROW).new
    assert isinstance(row, MiningDay)
    assert (row.zone, row.credited) == ("America/New_York", datetime(2026, 2, 6, 6, tzinfo=UTC))
    assert (row.deployed_ehs, row.uptime, row.joules_per_th) == (50, 9760, Decimal("21.4"))
    assert (row.hosting, row.pool_fee, row.power_price) == (250_000, 70, Decimal("0.051"))


BAD_DAYS = [
    ("2026-02-05,", "2026-02-09,", "row 2, column day: '2026-02-09' is in the future; today is 2026-02-07"),
    ("15.5", "-15.5", "row 2, column mined_btc: '-15.5' is negative"),
    ("15.5", "1550000000", "is more than will ever exist"),
    ("America/New_York", "EST5", "row 2, column zone: 'EST5' is not a known time zone"),
    ("2026-02-06T06:00:00Z", "2026-02-06T06:00:00", "is not a time with a zone"),
    (
        "2026-02-06T06:00:00Z",
        "2026-02-08T06:00:00Z",
        "row 2, column credited: '2026-02-08T06:00:00Z' is in the future",
    ),
    ("2026-02-06T06:00:00Z", "2026-02-04T06:00:00Z", "is before the day it pays for, 2026-02-05"),
    ("97.6", "101", "row 2, column uptime_percent: '101' is more than 100 percent"),
    ("0.051", "5.1", "is a lot for one kWh; write dollars, 0.051 for 5.1 ¢"),
    ("21.4", "21400", "is no efficiency; write joules per terahash"),
    ("34.55", "34550", "is more than the whole network has; write EH/s"),
]


@pytest.mark.parametrize(("old", "new", "said"), BAD_DAYS, ids=[said for _, _, said in BAD_DAYS])
def test_a_day_that_cannot_be_is_refused(old, new, said):
    with pytest.raises(ImportRefused) as told:
        planned(DAYS + ROW.replace(old, new, 1))
    assert said in str(told.value)


def test_a_cell_left_empty_leaves_what_was_stated_before():
    before = day(credited=datetime(2026, 2, 6, tzinfo=UTC), zone="America/New_York", pool_fee=Decimal(70))
    text = "day,pool,site,mined_btc,source\n2026-02-05,luxor,texas,15.4,statement\n"
    (row,) = planned(text, [before]).corrected
    assert isinstance(row, MiningDay)
    assert (row.mined, row.source) == (parse_btc("15.4"), "statement")
    assert (row.hashrate_ehs, row.zone, row.source_id) == (Decimal("34.55"), "America/New_York", "luxor:1")
    assert (row.credited, row.pool_fee) == (before.credited, 70)


def test_a_day_of_the_whole_pool_beside_one_of_its_sites_would_count_twice():
    text = "day,pool,mined_btc,source\n2026-02-05,luxor,15.5,dashboard\n"
    with pytest.raises(ImportRefused, match="would count coins twice: 2026-02-05 of luxor is stated for texas"):
        planned(text, [day()])


def test_operations_add_to_a_day_and_leave_its_coins_alone():
    text = "day,pool,site,deployed_ehs,uptime_percent\n2026-02-05,luxor,texas,50,97.6\n"
    (row,) = planned(text, [day()]).corrected
    assert row == day(deployed_ehs=Decimal(50), uptime=Decimal("9760.0"))


def test_operations_of_a_day_that_nobody_mined_on_are_refused():
    text = "day,pool,deployed_ehs\n2026-02-05,luxor,50\n"
    with pytest.raises(ImportRefused, match="has no coins on record for luxor; import those"):
        planned(text, [day()])


def test_the_network_is_imported_by_day():
    text = "day,difficulty,hashrate_ehs,mean_fees_btc,source\n2026-02-06,141668107417558,1021.1,0.0396,explorer\n"
    (row,) = planned(text).new
    expected = NetworkDay(
        date(2026, 2, 6), Decimal(141668107417558), Decimal("1021.1"), Decimal("0.0396"), "explorer"
    )
    assert row == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2026-02-06,0,s", "is no difficulty; write it in full"),
        ("2026-02-06,,s", "column difficulty: '' is missing"),
        ("2026-02-08,1000,s", "is in the future"),
        ("06.02.2026,1000,s", "is not a day"),
    ],
)
def test_a_network_that_cannot_be_is_refused(text, said):
    with pytest.raises(ImportRefused, match=said):
        planned("day,difficulty,source\n" + text + "\n")


def test_costs_and_published_months_have_their_import():
    (cost,) = planned("period,cash_cost,all_in_cost,currency,source\n2026-Q1,76928,,USD,report\n").new
    assert cost == CostFigure("2026-Q1", Decimal(76928), None, "USD", "report")
    text = "month,produced_btc,sold_btc,held_btc,operating_ehs,source\n2026-01,496.35,550.03,7474.6,37.02,release\n"
    (month,) = planned(text).new
    assert isinstance(month, PublishedMonth)
    assert (month.month, month.held, month.operating_ehs) == ("2026-01", parse_btc("7474.6"), Decimal("37.02"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("period,currency,source\n2026-Q1,USD,s\n", "is missing, and so is all_in_cost"),
        ("period,cash_cost,currency,source\nQ1 2026,1,USD,s\n", "is no period; write 2026-Q1"),
        ("month,produced_btc,sold_btc,held_btc,source\n2026-02,1,1,1,s\n", "is not over"),
        ("month,produced_btc,sold_btc,held_btc,source\n2026-13,1,1,1,s\n", "is no month"),
        ("month,produced_btc,sold_btc,held_btc,source\n2026-01,-1,1,1,s\n", "is negative"),
    ],
)
def test_published_figures_that_cannot_be_are_refused(text, said):
    with pytest.raises(ImportRefused, match=said):
        planned(text)
