"""A Bitcoin Core node over JSON-RPC: `getmininginfo`, `getblockhash`, `getblockheader` and `getblockstats`.

The node is read backwards from its tip until a day before the first one asked for; a day's hashrate follows from its
blocks: blocks × difficulty × 2³² ÷ 86,400 s. Which day a block belongs to is said by its own time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from desk.feeds.reading import NotRight, Record, field, number, positive, record, unix, whole
from desk.feeds.wire import FeedRefused, JsonWire
from desk.treasury.records import NetworkDay
from desk.units import ratio

EPOCH_BLOCKS = 2016
SOURCE = "core"
_BATCH = 100
_MOST_BLOCKS = 20_000
_SATS = Decimal(100_000_000)
_EXA = Decimal(10) ** 18
_SLACK = timedelta(hours=2)
"""A block's time may be this far from when it came."""


@dataclass(frozen=True, slots=True)
class _Block:
    height: int
    at: datetime
    fees: Decimal


async def days(wire: JsonWire, first: date, last: date) -> list[NetworkDay]:
    """Whole days from the node's own blocks. Raises NotRight, FeedRefused."""
    (info,) = await _call(wire, [("getmininginfo", [])])
    tip = whole(record(info, "getmininginfo"), "blocks")
    until = datetime(first.year, first.month, first.day, tzinfo=UTC) - _SLACK
    blocks = await _blocks(wire, tip, until)
    difficulties = await _difficulties(wire, {one.height // EPOCH_BLOCKS for one in blocks})
    by_day: dict[date, list[_Block]] = {}
    for block in blocks:
        by_day.setdefault(block.at.date(), []).append(block)
    return [_day(day, by_day[day], difficulties) for day in sorted(by_day) if first <= day <= last]


def _day(day: date, blocks: Sequence[_Block], difficulties: dict[int, Decimal]) -> NetworkDay:
    """Mean difficulty as the blocks met it: each block took as much work as its difficulty says."""
    met = [difficulties[one.height // EPOCH_BLOCKS] for one in blocks]
    work = sum(met, Decimal(0))
    hashes_per_s = ratio(work * 2**32, 86_400)
    fees = sum((one.fees for one in blocks), Decimal(0))
    return NetworkDay(
        day,
        ratio(work, len(met)).quantize(Decimal(1)) if len(set(met)) > 1 else met[0],
        (hashes_per_s / _EXA).quantize(Decimal("0.001")),
        (ratio(fees, len(blocks)) / _SATS).quantize(Decimal("1e-8")),
        SOURCE,
    )


async def _blocks(wire: JsonWire, tip: int, until: datetime) -> list[_Block]:
    found: list[_Block] = []
    top = tip
    while top >= 0:
        heights = range(max(top - _BATCH + 1, 0), top + 1)
        asked = [("getblockstats", [height, ["height", "time", "totalfee"]]) for height in heights]
        batch = [_block(one) for one in await _call(wire, asked)]
        found += [one for one in batch if one.at >= until]
        top = heights[0] - 1
        if all(one.at < until for one in batch):
            return found
        if tip - top > _MOST_BLOCKS:
            raise FeedRefused(f"network: more than {_MOST_BLOCKS:,} blocks; ask since a later day")
    return found


def _block(stats: object) -> _Block:
    row = record(stats, "getblockstats")
    return _Block(whole(row, "height"), unix(row, "time"), number(row, "totalfee"))


async def _difficulties(wire: JsonWire, epochs: set[int]) -> dict[int, Decimal]:
    """By epoch, from the header of its first block."""
    ordered = sorted(epochs)
    hashes = await _call(wire, [("getblockhash", [epoch * EPOCH_BLOCKS]) for epoch in ordered])
    headers = await _call(wire, [("getblockheader", [_hash(one)]) for one in hashes])
    return {
        epoch: positive(record(one, "getblockheader"), "difficulty")
        for epoch, one in zip(ordered, headers, strict=True)
    }


def _hash(value: object) -> str:
    if not isinstance(value, str) or len(value) != 64 or not value.isalnum():
        raise NotRight("getblockhash did not give a hash")
    return value


async def _call(wire: JsonWire, calls: Sequence[tuple[str, list[object]]]) -> list[object]:
    """The results of a batch, in the order of the calls. Raises NotRight where any of them is an error."""
    if not calls:
        return []
    batch = [
        {"jsonrpc": "1.0", "id": place, "method": method, "params": params}
        for place, (method, params) in enumerate(calls)
    ]
    answer = await wire.post("/", batch)
    if not isinstance(answer, list) or len(answer) != len(calls):
        raise NotRight(f"{len(calls)} calls of {calls[0][0]} were not answered one by one")
    by_id: dict[int, Record] = {}
    for one in answer:
        said = record(one, "an answer")
        by_id[whole(said, "id")] = said
    if set(by_id) != set(range(len(calls))):
        raise NotRight("answers and calls do not belong together")
    results = []
    for place, (method, _) in enumerate(calls):
        error = by_id[place].get("error")
        if error is not None:
            raise FeedRefused(f"network: the node refused {method}: {wire.clean(ascii(error)[:120])}")
        results.append(field(by_id[place], "result"))
    return results
