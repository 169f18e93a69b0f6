"""Foundry USA: earnings of a subaccount by UTC day.

`GET /earnings/{subAccountName}?startDateUnixMs&endDateUnixMs` with the key in `X-API-KEY`; answers a list of
`{start_time, end_time, total_amount, hashrate, pps_base_amount, tx_fee_reward_amount, fee_amount}`, in its older
spelling startTime, totalAmount and so on. total_amount is what was credited, after the fee; the hashrate is in GH/s.
The newest entry is the running day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from urllib.parse import quote

from desk.feeds.pools.model import Earned, PoolAccess, Span, asked_for, ehs_of_ghs, midnight
from desk.feeds.reading import NotRight, Record, moment, number, number_or_none, rows
from desk.feeds.wire import JsonWire
from desk.units import Bps, ratio

_DAYS = 30


@dataclass(frozen=True, slots=True)
class _Entry:
    begins: datetime
    ends: datetime
    earned: Earned


class Foundry:
    needs_key = True
    needs_secret = False
    one_account = False
    pause_s = 0.5
    runs_ahead = False

    def headers(self, pool: PoolAccess) -> Mapping[str, str]:
        return {"x-api-key": pool.key}

    async def earned(self, wire: JsonWire, pool: PoolAccess, account: str, span: Span) -> Sequence[Earned]:
        found: list[Earned] = []
        for part in span.parts(_DAYS):
            asked = {
                "startDateUnixMs": str(int(part.begins().timestamp() * 1000)),
                "endDateUnixMs": str(int(part.ends().timestamp() * 1000) - 1),
            }
            answer = await wire.get(f"/earnings/{quote(account, safe='')}", asked)
            found += asked_for(_apart(rows(answer, "the answer", lambda row: _earnings(row, span))), part, span)
        return found


def _apart(found: Sequence[_Entry]) -> list[Earned]:
    """Each entry once. Raises NotRight where two that differ tell of the same time: coins would count twice."""
    apart = sorted(set(found), key=lambda one: (one.begins, one.ends))
    for one, following in pairwise(apart):
        if following.begins < one.ends:
            raise NotRight(f"{following.earned.day} is there twice, with different figures")
    return [one.earned for one in apart]


def _earnings(row: Record, span: Span) -> _Entry:
    begins, ends = moment(row, "start_time", "startTime"), moment(row, "end_time", "endTime")
    day = begins.astimezone(span.zone).date()
    if not begins <= ends <= midnight(day + timedelta(days=1), span.zone):
        raise NotRight(
            f"{begins.isoformat()} to {ends.isoformat()} is not within one day in {span.zone.key};"
            " set the pool's `zone` to that of its day"
        )
    total = number(row, "total_amount", "totalAmount")
    number_or_none(row, "pps_base_amount", "ppsBaseAmount")
    number_or_none(row, "tx_fee_reward_amount", "txFeeRewardAmount")
    rate = number_or_none(row, "hashrate")
    earned = Earned(
        day,
        total,
        hashrate_ehs=None if rate is None else ehs_of_ghs(rate),
        fee=_fee(number_or_none(row, "fee_amount", "feeAmount"), total),
    )
    return _Entry(begins, ends, earned)


def _fee(fee: Decimal | None, total: Decimal) -> Bps | None:
    """The fee as a share of what the hashrate earned before it."""
    if fee is None or not fee + total:
        return None
    return Bps((ratio(fee, fee + total) * 10_000).quantize(Decimal("0.01")))
