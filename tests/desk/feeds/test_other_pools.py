"""Antpool, Braiins, ViaBTC and OCEAN: asked as they document, signed as they check, understood as they answer."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, date, datetime
from decimal import Decimal
from urllib.parse import parse_qs

import pytest

from desk.feeds.pools.model import PoolAccess
from desk.feeds.pools.pull import ask
from desk.feeds.wire import FeedRefused
from desk.units import parse_btc

KEY, SECRET = "pool-key-1", "pool-secret-1"
SINCE = date(2026, 2, 1)
ANTPOOL, BRAIINS = "/api/paymentHistoryV2.htm", "/accounts/rewards/json/btc"
VIABTC, OCEAN = "/res/openapi/v1/profit/history", "/v1/earnpay/bc1qdesk"


def access(server, kind, *accounts, **more) -> PoolAccess:
    secrets = {"key": KEY, "secret": SECRET, **more}
    return PoolAccess("pool-1", kind, server.url, accounts or ("desk-1",), **secrets)


def antpool_row(day, block, fee="0.5"):
    return {
        "timestamp": f"2026-02-{day:02d} 00:00:00",
        "hashrate": "34.55 EH/s",
        "hashrate_unit": 34_550_000_000_000_000_000,
        "ppsAmount": "0",
        "pplnsAmount": "0",
        "fppsBlockAmount": block,
        "fppsFeeAmount": fee,
    }


def antpool_page(*rows, pages=1, code=0):
    return {"code": code, "message": "ok", "data": {"page": 1, "totalPage": pages, "rows": list(rows)}}


async def test_antpool_is_signed_anew_for_every_page(server, clock):
    server.says(ANTPOOL, antpool_page(antpool_row(6, "15"), pages=2), antpool_page(antpool_row(5, "14.75"), pages=2))
    answer = await ask(access(server, "antpool"), clock, SINCE)
    assert [(one.day.day, one.mined) for one in answer.days] == [(5, parse_btc("15.25")), (6, parse_btc("15.5"))]
    assert answer.days[0].hashrate_ehs == Decimal("34.55")
    forms = [{name: values[0] for name, values in parse_qs(one.body).items()} for one in server.asked]
    assert [form["page"] for form in forms] == ["1", "2"]
    assert int(forms[0]["nonce"]) < int(forms[1]["nonce"])
    for form in forms:
        said = hmac.new(SECRET.encode(), f"desk-1{KEY}{form['nonce']}".encode(), hashlib.sha256).hexdigest()
        assert form["signature"] == said.upper()
        assert (form["coin"], form["type"], form["key"]) == ("BTC", "recv", KEY)
        assert SECRET not in str(form)


async def test_antpools_date_may_run_a_day_ahead_and_such_a_day_waits(server, clock):
    server.says(ANTPOOL, antpool_page(antpool_row(8, "3"), antpool_row(7, "9"), antpool_row(6, "15")))
    answer = await ask(access(server, "antpool"), clock, SINCE)
    assert [one.day.day for one in answer.days] == [6]
    assert answer.notes == ("2026-02-07, 2026-02-08: not complete yet",)


async def test_a_row_that_two_of_antpools_pages_repeat_counts_once(server, clock):
    server.says(ANTPOOL, antpool_page(antpool_row(6, "15"), pages=2), antpool_page(antpool_row(6, "15"), pages=2))
    assert [one.mined for one in (await ask(access(server, "antpool"), clock, SINCE)).days] == [parse_btc("15.5")]


async def test_antpools_no_is_told_without_its_keys(server, clock):
    server.says(ANTPOOL, {"code": 1, "message": f"bad signature for {KEY} with {SECRET}"})
    with pytest.raises(FeedRefused, match="refused account desk-1") as told:
        await ask(access(server, "antpool"), clock, SINCE)
    assert KEY not in str(told.value)
    assert SECRET not in str(told.value)


async def test_antpool_without_its_second_key_is_refused_before_anybody_is_asked(server, clock):
    with pytest.raises(FeedRefused, match=r"set pools\.pool-1\.secret"):
        await ask(access(server, "antpool", secret=""), clock, SINCE)
    assert server.asked == []


async def test_braiins_rewards_are_those_of_its_token(server, clock):
    day = int(datetime(2026, 2, 5, tzinfo=UTC).timestamp())
    server.says(BRAIINS, {"btc": {"daily_rewards": [{"date": day, "total_reward": "15.12345678"}]}})
    (one,) = (await ask(access(server, "braiins"), clock, SINCE)).days
    assert (one.day, one.mined) == (date(2026, 2, 5), parse_btc("15.12345678"))
    (asked,) = server.asked
    assert asked.headers["pool-auth-token"] == KEY
    assert asked.query == {"from": "2026-02-01", "to": "2026-02-06"}


@pytest.mark.parametrize("kind", ["braiins", "viabtc"])
async def test_a_key_that_is_an_account_is_asked_for_one_account_only(server, clock, kind):
    with pytest.raises(FeedRefused, match="more would count its days twice"):
        await ask(access(server, kind, "a", "b"), clock, SINCE)
    assert server.asked == []


def viabtc_page(*days, more=False):
    rows = [{"coin": "BTC", "date": day, "pps_profit": "1", "total_profit": "15.5"} for day in days]
    return {"code": 0, "data": {"data": rows, "has_next": more}, "message": "OK"}


async def test_viabtc_is_asked_for_utc_days_explicitly_and_page_by_page(server, clock):
    server.says(VIABTC, viabtc_page("2026-02-06", more=True), viabtc_page("2026-02-05"))
    answer = await ask(access(server, "viabtc"), clock, SINCE)
    assert [one.day.day for one in answer.days] == [5, 6]
    assert [one.query["utc"] for one in server.asked] == ["true", "true"]
    assert server.asked[1].query["page"] == "2"
    assert server.asked[0].headers["x-api-key"] == KEY


async def test_viabtcs_other_day_is_shanghais_and_said_so(server, clock):
    server.says(VIABTC, viabtc_page("2026-02-05"))
    (one,) = (await ask(access(server, "viabtc", zone="Asia/Shanghai"), clock, SINCE)).days
    assert server.asked[0].query["utc"] == "false"
    assert one.zone == "Asia/Shanghai"
    with pytest.raises(FeedRefused, match="UTC or of Asia/Shanghai, not Europe/Prague"):
        await ask(access(server, "viabtc", zone="Europe/Prague"), clock, SINCE)


async def test_a_viabtc_day_that_pages_tell_differently_is_refused(server, clock):
    second = viabtc_page("2026-02-06")
    second["data"]["data"][0]["total_profit"] = "15.4"
    server.says(VIABTC, viabtc_page("2026-02-06", more=True), second)
    with pytest.raises(FeedRefused, match="2026-02-06 is there twice, with different figures"):
        await ask(access(server, "viabtc"), clock, SINCE)


def block(name, ts, sats):
    return {"block_hash": name, "ts": ts, "satoshis_net_earned": sats}


async def test_oceans_blocks_are_added_up_by_day_and_no_key_is_needed(server, clock):
    late = str(int(datetime(2026, 2, 5, 23, 59, 59, tzinfo=UTC).timestamp()))
    found = [
        block("a", "2026-02-05T03:35:48", "400000000"),
        block("b", late, 50),
        block("c", "2026-02-06T00:00:00", 7),
    ]
    server.says(OCEAN, {"result": {"earnings": [*found, found[0]], "payouts": []}})
    answer = await ask(access(server, "ocean", "bc1qdesk", key="", secret=""), clock, SINCE)
    fifth, sixth = answer.days
    assert (fifth.mined, sixth.mined) == (400_000_050, 7)
    assert fifth.credited == datetime(2026, 2, 5, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("earning", "said"),
    [
        (block("a", "yesterday", 1), "ts is not a time"),
        (block("a", "2026-02-05T03:35:48", "1.5"), "satoshis_net_earned is not a whole number"),
        (block("a", "2026-02-05T03:35:48", -1), "satoshis_net_earned is negative"),
        (block("", "2026-02-05T03:35:48", 1), "block_hash is not a text"),
    ],
)
async def test_an_earning_of_ocean_that_cannot_be_is_refused(server, clock, earning, said):
    server.says(OCEAN, {"result": {"earnings": [earning]}})
    with pytest.raises(FeedRefused, match=said):
        await ask(access(server, "ocean", "bc1qdesk"), clock, SINCE)
