"""Braiins Pool: daily rewards of the account whose token it is, completed days only.

`GET /accounts/rewards/json/btc?from&to` with the token in `Pool-Auth-Token`; answers `btc.daily_rewards[]{date,
total_reward}`, the date as the seconds of its midnight, the reward as text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from desk.feeds.pools.model import Earned, PoolAccess, Span, asked_for, pool_day
from desk.feeds.reading import Record, field, number, record, rows, unix
from desk.feeds.wire import JsonWire

_DAYS = 90


class Braiins:
    needs_key = True
    needs_secret = False
    one_account = True
    pause_s = 5.0
    runs_ahead = False

    def headers(self, pool: PoolAccess) -> Mapping[str, str]:
        return {"pool-auth-token": pool.key}

    async def earned(self, wire: JsonWire, pool: PoolAccess, account: str, span: Span) -> Sequence[Earned]:
        found: list[Earned] = []
        for part in span.parts(_DAYS):
            asked = {"from": part.first.isoformat(), "to": part.last.isoformat()}
            answer = record(await wire.get("/accounts/rewards/json/btc", asked))
            listed = field(record(field(answer, "btc"), "btc"), "daily_rewards")
            found += asked_for(rows(listed, "daily_rewards", lambda row: _reward(row, span)), part, span)
        return found


def _reward(row: Record, span: Span) -> Earned:
    return Earned(pool_day(unix(row, "date"), span.zone, "date"), number(row, "total_reward"))
