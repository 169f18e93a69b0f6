"""The network from an explorer and from a node: whole UTC days, and the same figures to the digit."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from desk.feeds.epochs import mean_difficulty
from desk.feeds.network import NetworkAccess, ask, outlook
from desk.feeds.wire import FeedRefused

OLD, NEW = Decimal("141668107417558"), Decimal("125864590119000")
CHANGE = datetime(2026, 2, 7, 12, tzinfo=UTC)
RATES, FEES = "/api/v1/mining/hashrate/{}", "/api/v1/mining/blocks/fees/{}"


def stamp(at: datetime) -> int:
    return int(at.timestamp())


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def explorer(server, days, period="3m", fees=True):
    rates = [{"timestamp": stamp(midnight(day)), "avgHashrate": 1.0211421690515816e21} for day in days]
    changes = [
        {"time": stamp(CHANGE - timedelta(days=16)), "height": 933408, "difficulty": float(OLD), "adjustment": 0.97},
        {"time": stamp(CHANGE), "height": 935424, "difficulty": float(NEW), "adjustment": 0.89},
    ]
    server.says(RATES.format(period), {"hashrates": rates, "difficulty": changes, "currentDifficulty": float(NEW)})
    if fees:
        listed = [
            {"timestamp": stamp(midnight(day)) + hour * 3600, "avgHeight": 1, "avgFees": sats}
            for day in days
            for hour, sats in ((2, 2_000_000), (14, 3_000_000))
        ]
        server.says(FEES.format(period), listed)


def mempool(server) -> NetworkAccess:
    return NetworkAccess("mempool", server.url)


def test_a_day_without_a_change_has_its_difficulty_and_the_day_of_one_the_harmonic_mean():
    changes = [(CHANGE - timedelta(days=16), OLD), (CHANGE, NEW)]
    assert mean_difficulty(changes, date(2026, 2, 6)) == OLD
    assert mean_difficulty(changes, date(2026, 2, 8)) == NEW
    half = mean_difficulty(changes, date(2026, 2, 7))
    assert abs(half - 2 / (1 / OLD + 1 / NEW)) < 1
    assert mean_difficulty(changes, date(2026, 1, 22)) is None, "it began before the first known change"


async def test_an_explorers_days_carry_difficulty_hashrate_and_mean_fees(server, clock):
    explorer(server, [date(2026, 2, day) for day in range(4, 8)])
    days = await ask(mempool(server), clock, date(2026, 2, 5))
    assert [one.day.day for one in days] == [5, 6], "today is not over"
    assert days[0].difficulty == OLD
    assert (days[0].hashrate_ehs, days[0].mean_fees) == (Decimal("1021.142"), Decimal("0.025"))
    assert days[0].source == "mempool"


async def test_an_explorer_without_fees_leaves_them_unknown(server, clock):
    explorer(server, [date(2026, 2, 6)], fees=False)
    (day,) = await ask(mempool(server), clock, date(2026, 2, 5))
    assert day.mean_fees is None


@pytest.mark.parametrize(
    ("hashrates", "said"),
    [
        ([{"timestamp": 1, "avgHashrate": 1}], "not a time of this century"),
        ([{"timestamp": 1770336000, "avgHashrate": -1}], r"hashrates\[0\]: avgHashrate is negative"),
        ([{"timestamp": 1770336000, "avgHashrate": 1e24}], "EH/s on 2026-02-06"),
        ([{"timestamp": 1770336000, "avgHashrate": 1e21}] * 2, "2026-02-06 is there twice"),
        ([{"avgHashrate": 1}], "timestamp is missing"),
        ("many", "hashrates is not a list"),
    ],
)
async def test_an_explorer_that_says_nonsense_is_refused_whole(server, clock, hashrates, said):
    explorer(server, [])
    server.answers[RATES.format("3m")][0]["hashrates"] = hashrates
    with pytest.raises(FeedRefused, match=said):
        await ask(mempool(server), clock, date(2026, 2, 5))


@pytest.mark.parametrize(("difficulty", "said"), [(0, "difficulty is zero"), (10**40, "beyond anything measured")])
async def test_a_difficulty_that_cannot_be_is_refused_and_nothing_is_divided_by_it(server, clock, difficulty, said):
    explorer(server, [date(2026, 2, 6)])
    server.answers[RATES.format("3m")][0]["difficulty"][0]["difficulty"] = difficulty
    with pytest.raises(FeedRefused, match=said):
        await ask(mempool(server), clock, date(2026, 2, 5))


async def test_the_next_change_is_told_as_expected(server, clock):
    server.says(
        "/api/v1/difficulty-adjustment",
        {"difficultyChange": -3.456, "estimatedRetargetDate": 1771600000123, "nextRetargetHeight": 937440},
    )
    told = await outlook(mempool(server), clock)
    assert told is not None
    assert (told.change_percent, told.height) == (Decimal("-3.46"), 937440)
    assert told.expected == datetime(2026, 2, 20, 15, 6, 40, tzinfo=UTC)


def node(server, *, tip=935_500, change=935_424, per_day=144):
    """A chain whose block `change` comes at CHANGE, one block every ten minutes; JSON-RPC in batches."""

    def at(height):
        return stamp(CHANGE) + (height - change) * (86_400 // per_day)

    def result(method, params):
        match method:
            case "getmininginfo":
                return {"blocks": tip, "difficulty": float(NEW), "networkhashps": 1e21}
            case "getblockstats":
                return {"height": params[0], "time": at(params[0]), "totalfee": 2_500_000}
            case "getblockhash":
                return f"{params[0]:064x}"
            case "getblockheader":
                return {"difficulty": float(NEW if int(params[0], 16) >= change else OLD)}

    def answer(asked):
        return [
            {"id": one["id"], "error": None, "result": result(one["method"], one["params"])}
            for one in reversed(asked.json)
        ]

    server.says("/", answer)
    return NetworkAccess("core", server.url, user="desk", password="p:w")


async def test_a_nodes_blocks_make_whole_days(server, clock):
    days = await ask(node(server), clock, date(2026, 2, 5))
    assert [one.day.day for one in days] == [5, 6]
    assert days[0].difficulty == OLD
    assert days[0].mean_fees == Decimal("0.025")
    assert abs(days[0].hashrate_ehs - 144 * OLD * 2**32 / 86_400 / 10**18) < Decimal("0.001")
    assert server.asked[0].headers["authorization"] == "Basic ZGVzazpwOnc="


async def test_a_node_that_refuses_a_call_is_told_without_its_password(server, clock):
    access = node(server)
    server.says("/", lambda asked: [{"id": 0, "result": None, "error": {"code": -28, "message": "p:w is loading"}}])
    with pytest.raises(FeedRefused, match="the node refused getmininginfo") as told:
        await ask(access, clock)
    assert "p:w" not in str(told.value)


async def test_answers_that_belong_to_other_calls_are_refused(server, clock):
    access = node(server)
    server.says("/", [{"id": 7, "result": {"blocks": 1}, "error": None}])
    with pytest.raises(FeedRefused, match="do not belong together"):
        await ask(access, clock)
