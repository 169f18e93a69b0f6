"""F2Pool: the revenue entries of an account's ledger, each with the day it was mined and the day it was settled.

`POST /v2/assets/transactions/list` with the key in `F2P-API-SECRET` and `{currency, mining_user_name, type,
start_time, end_time}` in seconds; answers `transactions[]{type, changed_balance, mining_extra}`, the last of them
`{mining_date, settle_date, pps, tx_fee, hash_rate}`. Every type that begins with `revenue` credits coins for a day;
hash_rate is in hashes per second. F2Pool answers errors with `{code, msg}`, and asks for a second between requests.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from desk.feeds.pools.model import Earned, PoolAccess, Span, ehs, pool_day
from desk.feeds.pools.refusal import refuse_code
from desk.feeds.reading import NotRight, Record, field, number, number_or_none, record, rows, text, unix
from desk.feeds.wire import JsonWire

_DAYS = 30
_SETTLED_WITHIN = timedelta(days=7)
_LIST = "/v2/assets/transactions/list"


class F2Pool:
    needs_key = True
    needs_secret = False
    one_account = False
    pause_s = 1.0
    runs_ahead = False

    def headers(self, pool: PoolAccess) -> Mapping[str, str]:
        return {"f2p-api-secret": pool.key}

    async def earned(self, wire: JsonWire, pool: PoolAccess, account: str, span: Span) -> Sequence[Earned]:
        """A day is settled after it: entries up to a week later are asked for, those of other days left out."""
        until = Span(span.first, span.last + _SETTLED_WITHIN, span.zone)
        found: dict[str, Earned] = {}
        for part in until.parts(_DAYS):
            body = {
                "currency": "bitcoin",
                "mining_user_name": account,
                "type": "revenue",
                "start_time": int(part.begins().timestamp()),
                "end_time": int(part.ends().timestamp()) - 1,
            }
            answer = record(await wire.post(_LIST, body))
            refuse_code(wire, pool.name, account, answer)
            for entry, earned in rows(field(answer, "transactions"), "transactions", lambda row: _entry(row, span)):
                if earned is None:
                    continue
                if found.setdefault(entry, earned) != earned:
                    raise NotRight(f"transactions: entry {entry} says two things")
        return [one for one in found.values() if span.first <= one.day <= span.last]


def _entry(row: Record, span: Span) -> tuple[str, Earned | None]:
    """Its id (or what tells it from others) and what it earned; None for what is no revenue."""
    if not text(row, "type").startswith("revenue"):
        return "", None
    extra = record(field(row, "mining_extra"), "mining_extra")
    day = pool_day(unix(extra, "mining_date"), span.zone, "mining_date")
    settled = unix(extra, "settle_date")
    if settled.astimezone(span.zone).date() < day:
        raise NotRight(f"settle_date {settled.date()} is before mining_date {day}")
    for name in ("pps", "tx_fee"):
        number_or_none(extra, name)
    rate = number_or_none(extra, "hash_rate")
    earned = Earned(day, number(row, "changed_balance"), None if rate is None else ehs(rate), settled)
    entry = row.get("id")
    return str(entry) if isinstance(entry, int | str) else f"{row['type']} of {day}, {settled}", earned
