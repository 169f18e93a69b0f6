"""Mining as it is shown: explained, with each pool's age, and with what a pool changed afterwards."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from desk.config import load
from desk.ledger import treasury
from desk.ledger.feeds import set_feed_status
from desk.snapshot.build import SnapshotBuilder
from desk.snapshot.mining_json import mining_json
from desk.treasury.records import CostFigure, MiningDay, NetworkDay
from desk.units import Bps, Money, parse_btc

D = Decimal("125.86e12")


def mined(day: date, coins: str = "17.2", pool: str = "north", **more: object) -> MiningDay:
    stated = {"hashrate_ehs": Decimal("34.55"), "source": "foundry", "source_id": f"f:{day}:{pool}", **more}
    return MiningDay(day=day, pool=pool, site="", mined=parse_btc(coins), expected=None, power_price=None, **stated)


CONFIG = """\
[venues.kraken]
exchange = "kraken"
url = "http://127.0.0.1:1"
key = "env:NOBODY"
secret = "env:NOBODY"
[controls]
max_order_btc = "25"
max_day_btc = "2000"
max_day_usd = "150000000"
floor_usd = "60000"
max_slippage_bps = 50
approvals = [{above_usd = 0, required = 1}]
[people]
allowed_signers = "allowed_signers"
[pools.north]
kind = "foundry"
url = "https://pool.example"
key = "env:NOT_READ_HERE"
accounts = ["desk-1"]
"""


@pytest.fixture
def shown(tmp_path, world):
    """The picture of a desk with one configured pool, after these statements."""
    (tmp_path / "config.toml").write_text(CONFIG)
    (tmp_path / "allowed_signers").touch()
    builder = SnapshotBuilder(load(tmp_path / "config.toml"), world.ledger, world.clock)

    def picture(*records):
        with world.write() as tx:
            treasury.state(tx, "mining", records)
        return builder.build()

    return picture


def before(world, days: int) -> date:
    return (world.now - timedelta(days=days)).date()


def test_a_day_is_expected_to_bring_what_its_hashrate_should(shown, world):
    day = before(world, 1)
    desk = shown(mined(day, pool_fee=Bps(Decimal(0))), NetworkDay(day, D, None, None, "t"))
    assert f"{desk.mining.days[-1].expected / 10**8:.2f}" == "17.26"
    assert desk.mining.network_day == day


def test_the_month_is_shown_with_its_reasons_and_their_sum_is_the_difference(shown, world):
    day = before(world, 1)
    stated = {"deployed_ehs": Decimal(50), "uptime": Bps(Decimal(9800)), "pool_fee": Bps(Decimal(30))}
    desk = shown(mined(day, **stated), NetworkDay(day, D, None, Decimal("0.02"), "t"))
    month = desk.mining.month
    assert month is not None
    assert sum(one.sats for one in month.reasons) == month.compared - month.full
    assert month.cash_per_btc is None
    assert "J/TH missing" in month.missing
    document = mining_json(desk)
    assert [one["name"] for one in document["period"]["reasons"]] == ["uptime", "hashrate", "pool fee", "unexplained"]


def test_a_pool_is_stale_36_hours_after_its_newest_day_ended_and_waits_for_somebody(shown, world):
    desk = shown(mined(before(world, 3)))
    (pool,) = desk.mining.pools
    assert (pool.name, pool.kind, pool.is_stale) == ("north", "foundry", True)
    assert any(item.ref == "pool:north" and "brings no new day" in item.title for item in desk.waiting)


def test_a_pool_that_reports_waits_for_nobody(shown, world):
    desk = shown(mined(before(world, 1)))
    assert not desk.mining.pools[0].is_stale
    assert not [item for item in desk.waiting if item.ref == "pool:north"]


def test_a_configured_pool_without_a_day_says_so(shown):
    desk = shown()
    (pool,) = desk.mining.pools
    assert (pool.newest, pool.is_stale) == (None, True)
    assert any("there is none on record" in item.detail for item in desk.waiting)


def test_imported_pools_stand_beside_the_configured_ones_and_wait_for_nobody(shown, world):
    desk = shown(mined(before(world, 9), pool="dashboard"), mined(before(world, 1)))
    assert [(pool.name, pool.kind) for pool in desk.mining.pools] == [("north", "foundry"), ("dashboard", "imported")]
    assert not [item for item in desk.waiting if "dashboard" in item.title]


def test_what_was_wrong_when_a_pool_was_asked_last_is_shown(shown, world):
    with world.write() as tx:
        set_feed_status(tx, "pool:north", world.clock.wall(), "north cannot be reached")
    (pool,) = shown(mined(before(world, 1))).mining.pools
    assert pool.error == "north cannot be reached"
    assert pool.asked_age_s == 0


def test_a_day_that_its_pool_restated_is_on_the_page_and_waits_three_days(shown, world):
    day = before(world, 1)
    shown(mined(day, "16.5"))
    desk = shown(mined(day, "16.4"))
    sentence = f"{day} of north: 16.40000000 BTC instead of 16.50000000 (−0.1)"
    assert desk.mining.restated == (sentence,)
    assert [item.detail for item in desk.waiting if "restated" in item.title] == [sentence]
    world.clock.advance(4 * 86_400)
    desk = shown()
    assert desk.mining.restated == (sentence,)
    assert not [item for item in desk.waiting if "restated" in item.title]


def test_what_a_person_corrects_is_no_restatement(shown, world):
    day = before(world, 1)
    shown(mined(day, "16.5"))
    assert shown(mined(day, "16.4", source="statement of the pool")).mining.restated == ()


def test_a_running_day_is_shown_and_explained_by_nothing(shown, world):
    today = world.now.date()
    desk = shown(mined(today, "5"), NetworkDay(before(world, 1), D, None, None, "t"))
    assert desk.mining.latest is not None
    assert desk.mining.latest.day == today
    assert desk.mining.month is not None
    assert desk.mining.month.missing == ("no complete day on record",)


def test_a_network_that_nobody_renewed_is_stale_after_36_hours(shown, world):
    assert not shown(NetworkDay(before(world, 1), D, None, None, "t")).mining.network_is_stale
    world.clock.advance(2 * 86_400)
    assert shown().mining.network_is_stale


def test_an_all_in_cost_that_is_missing_is_said_on_the_page(shown, world):
    figures = (CostFigure("2026-Q1", Money(Decimal(76928)), None, "USD", "t"),)
    desk = shown(mined(before(world, 1)), *figures)
    assert desk.mining.all_in_cost is None
    assert "no estimate: all-in cost of 2026-Q1 missing" in desk.mining.notes


def test_everything_here_is_in_the_document_and_nothing_is_a_float(shown, world):
    def walk(value: object) -> None:
        assert not isinstance(value, float | Decimal | datetime | date)
        for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            walk(one)

    walk(mining_json(shown(mined(before(world, 1)), NetworkDay(before(world, 1), D, None, None, "t"))))


def test_a_day_that_ends_elsewhere_in_the_world_is_complete_then(shown, world):
    tokyo = mined(world.now.date(), "15", zone="Asia/Tokyo")
    assert shown(tokyo, NetworkDay(tokyo.day, D, None, None, "t")).mining.month.compared is None
    world.clock.advance(3.5 * 3600)
    assert shown().mining.month.compared == parse_btc("15")
