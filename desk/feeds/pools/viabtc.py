"""ViaBTC: profit by day of the account whose key it is.

`GET /res/openapi/v1/profit/history?coin&start_date&end_date&utc&page` with the key in `X-API-KEY`; answers
`{code, message, data{data[], has_next}}`, each entry `{date, pps_profit, pplns_profit, solo_profit, total_profit}`.
Without `utc` its days are those of Shanghai: which of the two is asked for follows from the pool's `zone`, and
another one is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from desk.feeds.pools.model import Earned, PoolAccess, Span, asked_for, once
from desk.feeds.pools.refusal import refuse_code
from desk.feeds.reading import Record, day, field, flag, number, record, rows
from desk.feeds.wire import FeedRefused, JsonWire

_HISTORY = "/res/openapi/v1/profit/history"
_UTC = {"UTC": "true", "Asia/Shanghai": "false"}
_PAGE = 50
_MOST_PAGES = 100


class ViaBtc:
    needs_key = True
    needs_secret = False
    one_account = True
    pause_s = 0.5
    runs_ahead = False

    def headers(self, pool: PoolAccess) -> Mapping[str, str]:
        return {"x-api-key": pool.key}

    async def earned(self, wire: JsonWire, pool: PoolAccess, account: str, span: Span) -> Sequence[Earned]:
        if span.zone.key not in _UTC:
            raise FeedRefused(f"{pool.name}: ViaBTC's days are those of UTC or of Asia/Shanghai, not {span.zone.key}")
        found: list[Earned] = []
        for page in range(1, _MOST_PAGES + 1):
            asked = {
                "coin": "BTC",
                "start_date": span.first.isoformat(),
                "end_date": span.last.isoformat(),
                "utc": _UTC[span.zone.key],
                "page": str(page),
                "limit": str(_PAGE),
            }
            answer = record(await wire.get(_HISTORY, asked))
            refuse_code(wire, pool.name, account, answer)
            data = record(field(answer, "data"), "data")
            found += rows(field(data, "data"), "data", _profit)
            if "has_next" not in data or not flag(data, "has_next"):
                return asked_for(once(found), span, span)
        raise FeedRefused(f"{pool.name} has more than {_MOST_PAGES} pages; ask since a later day")


def _profit(row: Record) -> Earned:
    return Earned(day(row, "date"), number(row, "total_profit"))
