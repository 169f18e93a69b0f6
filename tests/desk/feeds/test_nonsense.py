"""Whatever a pool may answer: days or a sentence, and never anything else."""

from __future__ import annotations

import asyncio
import copy
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.clock import ManualClock
from desk.feeds.pools.days import whole_days
from desk.feeds.pools.model import PoolAccess, Span
from desk.feeds.pools.registry import ADAPTERS
from desk.feeds.reading import NotRight
from desk.feeds.wire import FeedRefused
from desk.treasury.pool_days import PoolDay

NOW = datetime(2026, 2, 7, 14, tzinfo=UTC)
STAMP = int(datetime(2026, 2, 5, tzinfo=UTC).timestamp())
GOOD: dict[str, Any] = {
    "luxor": {
        "revenue": [{"date_time": "2026-02-05T00:00:00Z", "revenue": {"revenue_type": "MINING", "revenue": "1.5"}}],
        "hashrate_efficiency": [{"date_time": "2026-02-05T00:00:00Z", "hashrate": "1000000000000000000"}],
        "pagination": {"next_page_url": None},
    },
    "foundry": [
        {
            "start_time": "2026-02-05T00:00:00Z",
            "end_time": "2026-02-06T00:00:00Z",
            "total_amount": Decimal("1.5"),
            "hashrate": 1_000_000,
            "fee_amount": 0,
        }
    ],
    "f2pool": {
        "transactions": [
            {
                "id": 7,
                "type": "revenue_fpps",
                "changed_balance": Decimal("1.5"),
                "mining_extra": {"mining_date": STAMP, "settle_date": STAMP + 90_000, "pps": 1, "hash_rate": 10**18},
            }
        ]
    },
    "antpool": {
        "code": 0,
        "data": {"totalPage": 1, "rows": [{"timestamp": "2026-02-05 00:00:00", "fppsBlockAmount": "1.5"}]},
    },
    "braiins": {"btc": {"daily_rewards": [{"date": STAMP, "total_reward": "1.5"}]}},
    "viabtc": {"code": 0, "data": {"data": [{"date": "2026-02-05", "total_profit": "1.5"}], "has_next": False}},
    "ocean": {"result": {"earnings": [{"block_hash": "a", "ts": str(STAMP), "satoshis_net_earned": "150000000"}]}},
}
anything = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.decimals(allow_nan=False, allow_infinity=False),
        st.text(max_size=12),
        st.sampled_from(["NaN", "1e99", "-1", "2026-02-31", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00"]),
        st.sampled_from([10**30, -(10**30), Decimal("1e50"), 2**63, 1e6]),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=6,
)


class Says:
    """A wire whose other end always says the same."""

    def __init__(self, document: object) -> None:
        self.document = document

    async def get(self, path: str, params: object = None) -> object:
        return self.document

    async def post(self, path: str, body: object) -> object:
        return self.document

    async def post_form(self, path: str, fields: object) -> object:
        return self.document

    def nonce(self) -> int:
        return 1

    def clean(self, text: str) -> str:
        return text


def places(document: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a document."""
    inner = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    return [path, *(place for key, value in inner for place in places(value, (*path, key)))]


def changed(document: Any, path: tuple[Any, ...], value: object) -> Any:
    if not path:
        return value
    made = copy.deepcopy(document)
    at = made
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return made


def read(kind: str, document: object) -> list[PoolDay]:
    adapter = ADAPTERS[kind]
    clock = ManualClock(NOW)
    pool = PoolAccess("p", kind, "http://127.0.0.1:9", ("a",), key="k", secret="s")
    span = Span(NOW.date().replace(day=1), NOW.date().replace(day=6), ZoneInfo("UTC"))
    earned = asyncio.run(adapter.earned(Says(document), pool, "a", span))  # type: ignore[arg-type]
    return list(whole_days(pool, {"a": earned}, span, clock.now(), runs_ahead=adapter.runs_ahead).days)


@pytest.mark.parametrize("kind", list(ADAPTERS))
def test_the_answer_as_documented_is_one_day(kind):
    (day,) = read(kind, GOOD[kind])
    assert (day.day.day, day.mined) == (5, 150_000_000)


@pytest.mark.parametrize("kind", list(ADAPTERS))
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_an_answer_with_anything_anywhere_is_days_or_a_sentence(kind, data):
    path = data.draw(st.sampled_from(places(GOOD[kind])))
    document = changed(GOOD[kind], path, data.draw(anything))
    with suppress(NotRight, FeedRefused):
        assert all(0 <= day.mined <= 7_500 * 10**8 for day in read(kind, document))
