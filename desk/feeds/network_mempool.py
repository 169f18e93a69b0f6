"""A mempool.space-compatible explorer.

`GET /api/v1/mining/hashrate/{period}` answers `hashrates[]{timestamp, avgHashrate}` by UTC day and
`difficulty[]{time, height, difficulty}` by change; `GET /api/v1/mining/blocks/fees/{period}` a list of
`{timestamp, avgFees}` in satoshis, where an explorer without it answers 404; `GET /api/v1/difficulty-adjustment` says
what is expected next.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from desk.feeds.epochs import mean_difficulty
from desk.feeds.reading import NotRight, Record, field, number, positive, record, rows, unix
from desk.feeds.wire import FeedMissing, FeedRefused, JsonWire
from desk.treasury.records import NetworkDay
from desk.units import ratio

_PERIODS = (("1m", 28), ("3m", 84), ("6m", 170), ("1y", 350), ("3y", 1080))
"""What can be asked for, and how many days it surely holds."""
_EXA = Decimal(10) ** 18
_SATS = Decimal(100_000_000)
_MILLI = 1000
_MOST_CHANGE = 400
"""Per cent: the protocol lets a difficulty grow to four times at most."""
_TWO_EPOCHS = timedelta(days=32)
"""Asked for besides, so that the difficulty of the first day is known."""
SOURCE = "mempool"


@dataclass(frozen=True, slots=True)
class Outlook:
    """The next change of difficulty as the explorer expects it; `change_percent` may be negative."""

    expected: datetime
    change_percent: Decimal
    height: int


async def days(wire: JsonWire, first: date, last: date) -> list[NetworkDay]:
    """The days the explorer has between two; fees where it offers them. Raises NotRight."""
    period = _period(last - first + _TWO_EPOCHS)
    answer = record(await wire.get(f"/api/v1/mining/hashrate/{period}"))
    rates = rows(field(answer, "hashrates"), "hashrates", _rate)
    changes = sorted(rows(field(answer, "difficulty"), "difficulty", _change))
    fees = await _fees(wire, period)
    found = []
    for day, rate in rates:
        difficulty = mean_difficulty(changes, day)
        if first <= day <= last and difficulty is not None:
            found.append(NetworkDay(day, difficulty, rate, fees.get(day), SOURCE))
    return found


async def outlook(wire: JsonWire) -> Outlook:
    """When the difficulty is expected to change next."""
    answer = record(await wire.get("/api/v1/difficulty-adjustment"))
    at = number(answer, "estimatedRetargetDate")
    change = field(answer, "difficultyChange")
    if isinstance(change, bool) or not isinstance(change, int | Decimal):
        raise NotRight("difficultyChange is not a percentage")
    percent = Decimal(change)
    if abs(percent) > _MOST_CHANGE:
        raise NotRight(f"difficultyChange is not a percentage: {percent}")
    height = number(answer, "nextRetargetHeight")
    when = unix({"estimatedRetargetDate": at // _MILLI}, "estimatedRetargetDate")
    return Outlook(when, percent.quantize(Decimal("0.01")), int(height))


def _period(span: timedelta) -> str:
    for name, holds in _PERIODS:
        if span.days <= holds:
            return name
    raise FeedRefused(f"network: an explorer has no {span.days} days at once; ask since a later day")


def _rate(row: Record) -> tuple[date, Decimal]:
    at = unix(row, "timestamp").astimezone(UTC)
    return at.date(), (number(row, "avgHashrate") / _EXA).quantize(Decimal("0.001"))


def _change(row: Record) -> tuple[datetime, Decimal]:
    return unix(row, "time"), positive(row, "difficulty")


async def _fees(wire: JsonWire, period: str) -> dict[date, Decimal]:
    """Mean fees of a block in BTC by day: the mean of the means the explorer gives for parts of it."""
    try:
        answer = await wire.get(f"/api/v1/mining/blocks/fees/{period}")
    except FeedMissing:  # not every explorer keeps them
        return {}
    by_day: dict[date, list[Decimal]] = {}
    for at, sats in rows(answer, "fees", lambda row: (unix(row, "timestamp"), number(row, "avgFees"))):
        by_day.setdefault(at.date(), []).append(sats)
    return {
        day: (ratio(sum(parts, Decimal(0)), len(parts)) / _SATS).quantize(Decimal("1e-8"))
        for day, parts in by_day.items()
    }
