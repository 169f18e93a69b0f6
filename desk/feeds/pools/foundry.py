"""Foundry USA: earnings of a subaccount by UTC day.

`GET /earnings/{subAccountName}?startDateUnixMs&endDateUnixMs` with the key in `X-API-KEY`; answers a list of
`{start_time, end_time, total_amount, hashrate, pps_base_amount, tx_fee_reward_amount, fee_amount}`, in its older
spelling startTime, totalAmount and so on. total_amount is what was credited, after the fee; the hashrate is in GH/s.
The newest entry is the running day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from urllib.parse import quote

from desk.feeds.pools.model import Earned, PoolAccess, Span, asked_for, ehs_of_ghs, midnight
from desk.feeds.reading import NotRight, Record, moment, number, number_or_none, rows
from desk.feeds.wire import JsonWire
from desk.units import Bps, ratio

_DAYS = 30


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
            found += asked_for(rows(answer, "the answer", lambda row: _earnings(row, span)), part, span)
        return found


def _earnings(row: Record, span: Span) -> Earned:
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
    return Earned(
        day,
        total,
        hashrate_ehs=None if rate is None else ehs_of_ghs(rate),
        fee=_fee(number_or_none(row, "fee_amount", "feeAmount"), total),
    )


def _fee(fee: Decimal | None, total: Decimal) -> Bps | None:
    """The fee as a share of what the hashrate earned before it."""
    if fee is None or not fee + total:
        return None
    return Bps((ratio(fee, fee + total) * 10_000).quantize(Decimal("0.01")))
