"""OCEAN: what each block brought an address. No key: the address is the account, and the coins are paid by the block.

`GET /v1/earnpay/{address}` answers `result.earnings[]{block_hash, ts, satoshis_net_earned}`, numbers as text; `ts` is
UTC, either as seconds or as a time without an offset. Blocks are added up by the day they were found on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from urllib.parse import quote

from desk.feeds.pools.model import Earned, PoolAccess, Span, asked_for
from desk.feeds.reading import NotRight, Record, field, moment, record, rows, text, unix, whole
from desk.feeds.wire import JsonWire

_SATS = Decimal(100_000_000)


class Ocean:
    needs_key = needs_secret = False
    one_account = False
    pause_s = 1.0
    runs_ahead = False

    def headers(self, pool: PoolAccess) -> Mapping[str, str]:
        return {}

    async def earned(self, wire: JsonWire, pool: PoolAccess, account: str, span: Span) -> Sequence[Earned]:
        answer = record(await wire.get(f"/v1/earnpay/{quote(account, safe='')}"))
        listed = field(record(field(answer, "result"), "result"), "earnings")
        found: dict[str, Earned] = {}
        for block, one in rows(listed, "earnings", lambda row: _earning(row, span)):
            if found.setdefault(block, one) != one:
                raise NotRight(f"earnings: block {block[:20]} says two things")
        return asked_for(found.values(), span, span)


def _earning(row: Record, span: Span) -> tuple[str, Earned]:
    at = _time(row)
    sats = whole(row, "satoshis_net_earned")
    return text(row, "block_hash"), Earned(at.astimezone(span.zone).date(), Decimal(sats) / _SATS, credited=at)


def _time(row: Record) -> datetime:
    value = field(row, "ts")
    if isinstance(value, str) and not value.isdigit():
        stamp = value if value[10:].find("+") >= 0 or value.endswith("Z") else f"{value}+00:00"
        return moment({"ts": stamp}, "ts").astimezone(UTC)
    return unix(row, "ts")
