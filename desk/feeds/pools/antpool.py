"""Antpool: what was received by day, from the newest page backwards.

`POST /api/paymentHistoryV2.htm`, a form of `key, nonce, signature, coin, type=recv, page`; the signature is the
upper-case hex HMAC-SHA256 of user id + key + nonce with the second key. Answers
`{code, message, data{totalPage, rows[]}}`; a row has its day as `timestamp` (without an offset, and known to run a
day ahead), amounts by scheme, and `hashrate_unit` in hashes per second.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import date

from desk.feeds.pools.model import Earned, PoolAccess, Span, asked_for, ehs, once
from desk.feeds.pools.refusal import refuse_code
from desk.feeds.reading import Record, day, field, number_or_none, record, rows, text, whole
from desk.feeds.wire import FeedRefused, JsonWire
from desk.units import exact_sum

_HISTORY = "/api/paymentHistoryV2.htm"
_PAGE = 50
_MOST_PAGES = 100
_AMOUNTS = (
    "ppsAmount",
    "pplnsAmount",
    "soloAmount",
    "ppappsAmount",
    "ppapplnsAmount",
    "fppsBlockAmount",
    "fppsFeeAmount",
)


class Antpool:
    needs_key = needs_secret = True
    one_account = False
    pause_s = 1.0
    runs_ahead = True

    def headers(self, pool: PoolAccess) -> Mapping[str, str]:
        return {}

    async def earned(self, wire: JsonWire, pool: PoolAccess, account: str, span: Span) -> Sequence[Earned]:
        found: list[Earned] = []
        for page in range(1, _MOST_PAGES + 1):
            nonce = str(wire.nonce())
            fields = {
                "key": pool.key,
                "nonce": nonce,
                "signature": signature(account, pool.key, nonce, pool.secret),
                "coin": "BTC",
                "type": "recv",
                "pageEnable": "1",
                "page": str(page),
                "pageSize": str(_PAGE),
            }
            answer = record(await wire.post_form(_HISTORY, fields))
            refuse_code(wire, pool.name, account, answer)
            data = record(field(answer, "data"), "data")
            listed = rows(field(data, "rows"), "rows", _received)
            found += listed
            if page >= whole(data, "totalPage") or any(one.day < span.first for one in listed):
                return asked_for(once(found), span, span)
        raise FeedRefused(f"{pool.name} has more than {_MOST_PAGES} pages for {account}; ask since a later day")


def signature(account: str, key: str, nonce: str, secret: str) -> str:
    """Upper-case hex of HMAC-SHA256 over user id, key and nonce, one after the other."""
    return hmac.new(secret.encode(), f"{account}{key}{nonce}".encode(), hashlib.sha256).hexdigest().upper()


def _received(row: Record) -> Earned:
    amounts = [number_or_none(row, name) for name in _AMOUNTS]
    if all(one is None for one in amounts):
        field(row, *_AMOUNTS)
    rate = number_or_none(row, "hashrate_unit")
    return Earned(
        _day(row), exact_sum([one for one in amounts if one is not None]), None if rate is None else ehs(rate)
    )


def _day(row: Record) -> date:
    """The date it is written under; the clock time beside it says nothing more."""
    return day({"timestamp": text(row, "timestamp").partition(" ")[0]}, "timestamp")
