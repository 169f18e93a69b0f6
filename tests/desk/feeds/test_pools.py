"""Each pool is asked as it documents and understood as it answers; what is on the wire is what the test sees."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from desk.feeds.pools.model import PoolAccess
from desk.feeds.pools.pull import ask
from desk.feeds.wire import FeedRefused, FeedUnavailable
from desk.units import parse_btc

KEY = "s3cret/key+1"
SINCE = date(2026, 2, 1)
REVENUE = "/api/v2/pool/revenue/BTC"
HASHRATE = "/api/v2/pool/hashrate-efficiency/BTC"
EARNINGS = "/earnings/desk-1"
LEDGER = "/v2/assets/transactions/list"


def access(server, kind, *accounts, **more) -> PoolAccess:
    return PoolAccess("pool-1", kind, server.url, accounts or ("desk-1",), key=KEY, **more)


def luxor_day(day, btc, kind="MINING"):
    return {
        "date_time": f"2026-02-{day:02d}T00:00:00.000Z",
        "revenue": {"currency_type": "BTC", "revenue_type": kind, "revenue": btc},
    }


def luxor(server, *revenue, rates=None):
    server.says(REVENUE, {"currency_type": "BTC", "revenue": list(revenue)})
    listed = [{"date_time": f"2026-02-{day:02d}T00:00:00Z", "hashrate": rate} for day, rate in (rates or {}).items()]
    server.says(HASHRATE, {"hashrate_efficiency": listed, "pagination": {"next_page_url": None}})


def foundry_day(day, btc, **more):
    return {
        "start_time": f"2026-02-{day:02d}T00:00:00.000+00:00",
        "end_time": f"2026-02-{day + 1:02d}T00:00:00.000+00:00",
        "total_amount": btc,
        "hashrate": 34_550_000_000,
        "pps_base_amount": btc,
        "tx_fee_reward_amount": 0.0,
        "fee_amount": 0,
        **more,
    }


def f2pool_entry(day, btc, number=1, **more):
    mined = int(datetime(2026, 2, day, tzinfo=UTC).timestamp())
    extra = {"mining_date": mined, "settle_date": mined + 90_000, "pps": 1.5, "tx_fee": 0.1, "hash_rate": 6.1e17}
    return {"id": number, "type": "revenue_fpps", "changed_balance": btc, "mining_extra": {**extra, **more}}


async def test_luxor_is_asked_by_days_with_the_key_in_authorization(server, clock):
    luxor(server, luxor_day(5, 15.00000001), luxor_day(5, 0.5, "REFERRAL"), rates={5: "34550000000000000000"})
    answer = await ask(access(server, "luxor"), clock, SINCE)
    revenue, rates = server.asked
    assert revenue.headers["authorization"] == KEY
    assert revenue.query == {"subaccount_names": "desk-1", "start_date": "2026-02-01", "end_date": "2026-02-06"}
    assert rates.query == {**revenue.query, "tick_size": "1d", "page_number": "1", "page_size": "100"}
    (day,) = answer.days
    assert (day.day, day.mined, day.zone) == (date(2026, 2, 5), parse_btc("15.50000001"), "UTC")
    assert (day.hashrate_ehs, day.source) == (Decimal("34.55"), "luxor")
    assert (day.pool, day.source_id) == ("pool-1", "luxor:2026-02-05:desk-1")


async def test_luxors_hashrate_is_read_page_by_page(server, clock):
    luxor(server, luxor_day(4, 1), luxor_day(5, 1))

    def page(asked):
        number = int(asked.query["page_number"])
        row = {"date_time": f"2026-02-0{number + 3}T00:00:00Z", "hashrate": str(number * 10**18)}
        return {"hashrate_efficiency": [row], "pagination": {"next_page_url": "/next" if number < 2 else None}}

    server.says(HASHRATE, page)
    answer = await ask(access(server, "luxor"), clock, SINCE)
    assert [day.hashrate_ehs for day in answer.days] == [1, 2]


async def test_foundry_is_asked_in_milliseconds_with_its_own_header(server, clock):
    server.says(EARNINGS, [foundry_day(5, 15.5, fee_amount=0.05), foundry_day(6, 15.25), foundry_day(7, 3.0)])
    answer = await ask(access(server, "foundry"), clock, SINCE)
    (asked,) = server.asked
    assert asked.headers["x-api-key"] == KEY
    assert asked.query == {"startDateUnixMs": "1769904000000", "endDateUnixMs": "1770422399999"}
    fifth, sixth = answer.days
    assert (fifth.mined, fifth.hashrate_ehs) == (parse_btc("15.5"), Decimal("34.55"))
    assert f"{fifth.pool_fee:.2f}" == "32.15"
    assert sixth.pool_fee == 0
    assert answer.notes == ("2026-02-07: not complete yet",)


async def test_foundrys_older_spelling_is_understood(server, clock):
    names = {
        "start_time": "startTime",
        "end_time": "endTime",
        "total_amount": "totalAmount",
        "fee_amount": "feeAmount",
    }
    row = {names.get(name, name): value for name, value in foundry_day(6, 15.25).items()}
    server.says(EARNINGS, [row])
    (day,) = (await ask(access(server, "foundry"), clock, SINCE)).days
    assert (day.mined, day.pool_fee) == (parse_btc("15.25"), 0)


async def test_f2pool_is_posted_to_and_its_three_dates_are_kept_apart(server, clock):
    server.says(LEDGER, {"transactions": [f2pool_entry(5, 0.0007894665835364325), {"type": "payout"}]})
    answer = await ask(access(server, "f2pool"), clock, SINCE)
    (asked,) = server.asked
    assert (asked.method, asked.headers["f2p-api-secret"]) == ("POST", KEY)
    assert asked.json == {
        "currency": "bitcoin",
        "mining_user_name": "desk-1",
        "type": "revenue",
        "start_time": 1_769_904_000,
        "end_time": 1_771_027_199,
    }
    (day,) = answer.days
    assert day.mined == parse_btc("0.00078946"), "what is finer than a satoshi is not counted"
    assert day.credited == datetime(2026, 2, 6, 1, 0, tzinfo=UTC)
    assert day.hashrate_ehs == Decimal("0.61")


async def test_an_entry_that_two_windows_repeat_counts_once(server, clock):
    server.says(LEDGER, {"transactions": [f2pool_entry(5, 1.5)]})
    answer = await ask(access(server, "f2pool"), clock, date(2025, 12, 20))
    assert len(server.asked) > 1
    assert [day.mined for day in answer.days] == [parse_btc("1.5")]


async def test_f2pools_own_no_is_told_without_the_key(server, clock):
    server.says(LEDGER, {"code": 10003, "msg": f"unauthorized: {KEY}"})
    with pytest.raises(FeedRefused, match="refused account desk-1") as told:
        await ask(access(server, "f2pool"), clock, SINCE)
    assert KEY not in str(told.value)


async def test_accounts_of_one_pool_are_added_up(server, clock):
    server.says("/earnings/a", [foundry_day(5, 1.25), foundry_day(6, 1.0)])
    server.says("/earnings/b", [foundry_day(5, 2.5), foundry_day(6, 2.0)])
    answer = await ask(access(server, "foundry", "a", "b"), clock, SINCE)
    assert [day.mined for day in answer.days] == [parse_btc("3.75"), parse_btc("3")]
    assert answer.days[0].hashrate_ehs == Decimal("69.1")
    assert answer.days[0].source_id == "foundry:2026-02-05:a+b"


async def test_a_day_that_one_account_was_not_settled_for_waits(server, clock):
    server.says("/earnings/a", [foundry_day(5, 1.25), foundry_day(6, 1.0)])
    server.says("/earnings/b", [foundry_day(5, 2.5)])
    answer = await ask(access(server, "foundry", "a", "b"), clock, SINCE)
    assert [day.day.day for day in answer.days] == [5]
    assert answer.notes == ("2026-02-06: not complete yet",)


async def test_an_idle_account_holds_nothing_up_and_is_named(server, clock):
    server.says("/earnings/a", [foundry_day(5, 1.25), foundry_day(6, 1.0)])
    server.says("/earnings/b", [])
    answer = await ask(access(server, "foundry", "a", "b"), clock)
    assert [day.day.day for day in answer.days] == [5, 6]
    assert answer.notes == ("account b has earned nothing since 2026-01-02",)


async def test_a_pools_day_is_its_own_and_never_shifted(server, clock):
    eastern = {"start_time": "2026-02-05T05:00:00+00:00", "end_time": "2026-02-06T05:00:00+00:00"}
    server.says(EARNINGS, [foundry_day(5, 1.0, **eastern)])
    with pytest.raises(FeedRefused, match="not within one day in UTC; set the pool's `zone`"):
        await ask(access(server, "foundry"), clock, SINCE)
    (day,) = (await ask(access(server, "foundry", zone="America/New_York"), clock, SINCE)).days
    assert (day.day, day.zone) == (date(2026, 2, 5), "America/New_York")


@pytest.mark.parametrize(
    ("begins", "ends"), [("03-08T05", "03-09T04"), ("03-09T04", "03-10T04"), ("11-01T04", "11-02T05")]
)
async def test_the_days_around_a_change_of_clocks_are_whole_days(server, begins, ends, on_day):
    server.says(EARNINGS, [foundry_day(5, 1.0, start_time=f"2026-{begins}:00:00Z", end_time=f"2026-{ends}:00:00Z")])
    pool, month = access(server, "foundry", zone="America/New_York"), int(begins[:2])
    (day,) = (await ask(pool, on_day(date(2026, month, 12)), date(2026, month, 1))).days
    assert day.day.isoformat() == f"2026-{begins[:5]}"


async def test_what_is_asked_for_ends_with_a_day_of_23_hours(server, on_day):
    server.says(EARNINGS, [])
    await ask(access(server, "foundry", zone="America/New_York"), on_day(date(2026, 3, 9)), date(2026, 3, 8))
    (asked,) = server.asked
    first, last = (int(asked.query[name]) for name in ("startDateUnixMs", "endDateUnixMs"))
    assert last + 1 - first == 23 * 3_600_000


async def test_a_foundry_day_that_is_repeated_counts_once_and_never_as_two_figures(server, clock):
    server.says(EARNINGS, [foundry_day(5, 1.5), foundry_day(5, 1.5)])
    assert [day.mined for day in (await ask(access(server, "foundry"), clock, SINCE)).days] == [parse_btc("1.5")]
    for again in (foundry_day(5, 1.6), foundry_day(5, 0.7, start_time="2026-02-05T12:00:00Z")):
        server.says(EARNINGS, [foundry_day(5, 1.5), again])
        with pytest.raises(FeedRefused, match="2026-02-05 is there twice"):
            await ask(access(server, "foundry"), clock, SINCE)


async def test_a_luxor_time_that_is_no_midnight_is_refused(server, clock):
    luxor(server, {**luxor_day(5, 1), "date_time": "2026-02-05T07:00:00Z"})
    with pytest.raises(FeedRefused, match="is no midnight in UTC"):
        await ask(access(server, "luxor"), clock, SINCE)


BAD_REVENUE = [
    ({**luxor_day(5, 1), "date_time": "2026-02-05T00:00:00"}, "date_time has no offset"),
    ({**luxor_day(5, 1), "date_time": "2026-02-09T00:00:00Z"}, "2026-02-09 is in the future"),
    ({"date_time": "2026-02-05T00:00:00Z"}, "revenue is missing"),
    (luxor_day(5, -1), "revenue is negative"),
    (luxor_day(5, "NaN"), "revenue is not a number"),
    (luxor_day(5, None), "revenue is not a number but None"),
    (luxor_day(5, True), "revenue is not a number but True"),
    (luxor_day(5, [1]), "revenue is not a number but a list"),
    (luxor_day(5, 90_000), "more than the whole network mines in a day"),
    (luxor_day(5, 10**40), "is beyond anything measured here"),
    ("text", "is not an object"),
    ({**luxor_day(5, 1), "revenue": {"currency_type": "LTC", "revenue_type": "MINING", "revenue": 1}}, "only BTC"),
]


@pytest.mark.parametrize(("row", "said"), BAD_REVENUE, ids=[said for _, said in BAD_REVENUE])
async def test_one_wrong_row_refuses_the_whole_answer_with_its_place(server, clock, row, said):
    luxor(server, luxor_day(4, 1), row)
    with pytest.raises(FeedRefused, match="nothing of it was taken") as told:
        await ask(access(server, "luxor"), clock, SINCE)
    assert said in str(told.value)


async def test_a_foreign_value_is_shown_without_the_key_and_escaped(server, clock):
    luxor(server, luxor_day(5, f"\x1b[2J{KEY}"))
    with pytest.raises(FeedRefused) as told:
        await ask(access(server, "luxor"), clock, SINCE)
    assert KEY not in str(told.value)
    assert "\x1b" not in str(told.value)


async def test_too_many_requests_are_waited_for_as_asked(server, clock, reply):
    luxor(server, luxor_day(5, 1))
    server.says(REVENUE, reply(429, "slow down", {"retry-after": "7"}), {"revenue": [luxor_day(5, 1)]})
    before = clock.monotonic()
    assert len((await ask(access(server, "luxor"), clock, SINCE)).days) == 1
    assert 7 <= clock.monotonic() - before < 8


async def test_a_retry_after_may_be_a_date(server, clock, reply):
    luxor(server, luxor_day(5, 1))
    later = reply(429, "", {"retry-after": "Sat, 07 Feb 2026 14:00:20 GMT"})
    server.says(REVENUE, later, {"revenue": [luxor_day(5, 1)]})
    before = clock.monotonic()
    await ask(access(server, "luxor"), clock, SINCE)
    assert 19 <= clock.monotonic() - before <= 21


@pytest.mark.parametrize("retry_after", ["86400", "", "soon"])
async def test_patience_ends(server, clock, reply, retry_after):
    server.says(REVENUE, reply(429, "", {"retry-after": retry_after}))
    with pytest.raises(FeedUnavailable, match="asks to wait") as told:
        await ask(access(server, "luxor"), clock, SINCE)
    assert told.value.wait_s == (86_400 if retry_after == "86400" else 0)
    assert len(server.asked) <= 3
    assert clock.monotonic() < 60


REPLIES = [
    (401, "no", FeedRefused, "refused the key"),
    (403, "<html>no</html>", FeedRefused, "refused the key"),
    (404, "where?", FeedRefused, "has nothing there"),
    (500, "broken", FeedUnavailable, "failed"),
    (200, "<html>maintenance</html>", FeedRefused, "did not answer with JSON"),
    (200, '{"revenue": NaN}', FeedRefused, "did not answer with JSON"),
    (200, "[" * 100_000, FeedRefused, "did not answer with JSON"),
    (200, "", FeedRefused, "did not answer with JSON"),
    (200, "[]", FeedRefused, "the answer is not an object"),
    (200, '{"revenue": {}}', FeedRefused, "revenue is not a list"),
    (200, "{}", FeedRefused, "revenue is missing"),
]


@pytest.mark.parametrize(
    ("status", "text", "kind", "said"), REPLIES, ids=[f"{a}-{b[:12]!a}" for a, b, _, _ in REPLIES]
)
async def test_an_answer_that_is_none_is_told_apart_from_no_answer(server, clock, reply, status, text, kind, said):
    server.says(REVENUE, reply(status, text))
    with pytest.raises(kind, match=said):
        await ask(access(server, "luxor"), clock, SINCE)


async def test_the_key_is_not_carried_to_where_a_redirect_leads(server, clock, reply):
    server.says(REVENUE, reply(302, "", {"location": f"{server.url}/elsewhere"}))
    with pytest.raises(FeedRefused, match="sends elsewhere"):
        await ask(access(server, "luxor"), clock, SINCE)
    assert server.to("/elsewhere") == []


async def test_a_flood_is_not_read_to_its_end(server, clock, reply):
    server.says(REVENUE, reply(200, " " * 9_000_000))
    with pytest.raises(FeedRefused, match="more than 8,000,000 bytes"):
        await ask(access(server, "luxor"), clock, SINCE)


async def test_a_body_that_never_ends_is_a_time_out(server, clock, reply):
    server.says(REVENUE, reply(drips=True))
    with pytest.raises(FeedUnavailable, match=r"did not answer within 0\.2 s"):
        async with asyncio.timeout(30):
            await ask(access(server, "luxor", timeout_s=0.2), clock, SINCE)


async def test_nobody_there_is_unavailable(clock):
    closed = PoolAccess("pool-1", "luxor", "http://127.0.0.1:9", ("a",), key=KEY)
    with pytest.raises(FeedUnavailable, match="pool-1 cannot be reached"):
        await ask(closed, clock, SINCE)


async def test_a_key_that_no_header_can_carry_is_refused_unseen(clock):
    broken = PoolAccess("pool-1", "luxor", "http://127.0.0.1:9", ("a",), key="schlüssel\n1")
    with pytest.raises(FeedRefused, match="no header can carry") as told:
        await ask(broken, clock, SINCE)
    assert "schl" not in str(told.value)


async def test_an_unknown_kind_is_answered_with_the_nearest(clock):
    with pytest.raises(FeedRefused, match="did you mean luxor"):
        await ask(PoolAccess("p", "luxr", "http://127.0.0.1:9", ("a",)), clock)


async def test_a_pool_that_answers_every_part_with_everything_counts_each_day_once(server, clock):
    server.says(EARNINGS, [foundry_day(4, 1.25), foundry_day(5, 1.5)])
    answer = await ask(access(server, "foundry"), clock, date(2025, 11, 1))
    assert len(server.asked) > 2
    assert [day.mined for day in answer.days] == [parse_btc("1.25"), parse_btc("1.5")]


@pytest.mark.parametrize("rate", ["100000000000000000000000000", "1e59", "3e24"])
async def test_a_hashrate_that_nobody_has_is_refused(server, clock, rate):
    luxor(server, luxor_day(5, 1), rates={5: rate})
    with pytest.raises(FeedRefused, match=r"more than the whole network has|beyond anything measured"):
        await ask(access(server, "luxor"), clock, SINCE)
