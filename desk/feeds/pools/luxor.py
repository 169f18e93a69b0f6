"""Luxor: revenue by UTC day, and the hashrate of the same days from a second table.

`GET /api/v2/pool/revenue/BTC?subaccount_names&start_date&end_date` with the key in `Authorization`; answers
`revenue[]{date_time, revenue{revenue_type, revenue}}`, several types to a day. The hashrate is in hashes per second,
as text: `GET /api/v2/pool/hashrate-efficiency/BTC?…&tick_size=1d`, paged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from desk.feeds.pools.model import Earned, PoolAccess, Span, asked_for, ehs, pool_day
from desk.feeds.reading import NotRight, Record, field, moment, number, record, rows, text
from desk.feeds.wire import FeedRefused, JsonWire

_DAYS = 90
_PAGE = 100
_MOST_PAGES = 50
_REVENUE, _HASHRATE = "/api/v2/pool/revenue/BTC", "/api/v2/pool/hashrate-efficiency/BTC"


class Luxor:
    needs_key = True
    needs_secret = False
    one_account = False
    pause_s = 0.2
    runs_ahead = False

    def headers(self, pool: PoolAccess) -> Mapping[str, str]:
        return {"authorization": pool.key}

    async def earned(self, wire: JsonWire, pool: PoolAccess, account: str, span: Span) -> Sequence[Earned]:
        found: list[Earned] = []
        for part in span.parts(_DAYS):
            asked = {
                "subaccount_names": account,
                "start_date": part.first.isoformat(),
                "end_date": part.last.isoformat(),
            }
            answer = record(await wire.get(_REVENUE, asked))
            read = rows(field(answer, "revenue"), "revenue", lambda row: _revenue(row, span))
            revenue = asked_for(read, part, span)
            if revenue:
                found += _joined(revenue, await _hashrates(wire, asked, span))
        return found


def _revenue(row: Record, span: Span) -> Earned:
    part = record(field(row, "revenue"), "revenue")
    currency = part.get("currency_type", "BTC")
    if currency != "BTC":
        raise NotRight(f"currency_type is {str(currency)[:20]!r}; only BTC was asked for")
    text(part, "revenue_type")
    return Earned(pool_day(moment(row, "date_time"), span.zone, "date_time"), number(part, "revenue"))


async def _hashrates(wire: JsonWire, asked: Mapping[str, str], span: Span) -> dict[date, Decimal]:
    """The hashrate by day; a day it does not name has none."""
    found: dict[date, Decimal] = {}
    for page in range(1, _MOST_PAGES + 1):
        paging = {"tick_size": "1d", "page_number": str(page), "page_size": str(_PAGE)}
        answer = record(await wire.get(_HASHRATE, {**asked, **paging}))
        listed = rows(
            field(answer, "hashrate_efficiency"),
            "hashrate_efficiency",
            lambda row: (pool_day(moment(row, "date_time"), span.zone, "date_time"), ehs(number(row, "hashrate"))),
        )
        for day, rate in listed:
            if day in found:
                raise NotRight(f"hashrate_efficiency names {day} twice")
            found[day] = rate
        if record(field(answer, "pagination"), "pagination").get("next_page_url") is None:
            return found
    raise FeedRefused(f"luxor has more than {_MOST_PAGES} pages of hashrate for {asked['subaccount_names']}")


def _joined(revenue: Sequence[Earned], rates: Mapping[date, Decimal]) -> list[Earned]:
    """Revenue with its day's hashrate, on the day's first entry alone: entries of a day are added up."""
    seen: set[date] = set()
    found = []
    for one in revenue:
        is_first = one.day not in seen
        seen.add(one.day)
        found.append(replace(one, hashrate_ehs=rates.get(one.day)) if is_first else one)
    return found
