"""Reads a recorded book and its trades into exact integers, grouped by instant. Needs pyarrow (extra `replay`)."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path

from desk.paper.config import PaperRefused
from desk.paper.instrument import Instrument
from desk.paper.orders import Side
from desk.units import SATS_PER_BTC

RecordedTrade = tuple[Side, int, int]
"""Aggressor, ticks, satoshis."""

_SIDES = {"bid": Side.BUY, "ask": Side.SELL, "buy": Side.BUY, "sell": Side.SELL}


@dataclass(slots=True)
class Moment:
    """Everything recorded at one instant: `at` is microseconds since the recording began."""

    at: int
    is_snapshot: bool = False
    levels: dict[tuple[Side, int], int] = field(default_factory=dict)
    trades: list[RecordedTrade] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Recording:
    moments: list[Moment]


def read_recording(folder: Path, instrument: Instrument) -> Recording:
    """The recording in `folder`, on the instrument's tick grid. Raises PaperRefused where it cannot be read."""
    try:
        from pyarrow import parquet
    except ImportError as error:
        raise PaperRefused("replaying needs pyarrow: install the extra `replay`") from error
    try:
        book = parquet.read_table(folder / "book.parquet").to_pydict()
        trades = parquet.read_table(folder / "trades.parquet").to_pydict()
    except (OSError, ValueError) as error:
        raise PaperRefused(f"{folder} holds no readable book.parquet and trades.parquet: {error}") from error
    moments = _book_moments(book, instrument)
    _add_trades(moments, trades, instrument)
    if not moments:
        raise PaperRefused(f"{folder} holds an empty recording")
    first = min(moments)
    for at, moment in moments.items():
        moment.at = (at - first) // 1_000
    return Recording([moments[at] for at in sorted(moments)])


def _book_moments(rows: dict[str, list[object]], instrument: Instrument) -> dict[int, Moment]:
    """Book rows by nanosecond. Finer recorded prices share a tick: bids rounded down, asks up, quantities summed."""
    moments: dict[int, Moment] = {}
    fine: dict[tuple[Side, float], int] = {}
    coarse: dict[tuple[Side, int], int] = {}
    columns = zip(rows["ts_ns"], rows["side"], rows["price"], rows["size"], rows["is_snapshot"], strict=True)
    for at, side_text, price, size, is_snapshot in columns:
        assert isinstance(at, int)
        assert isinstance(price, float)
        assert isinstance(size, float)
        moment = moments.get(at)
        if moment is None:
            moment = moments[at] = Moment(at)
        if is_snapshot and not moment.is_snapshot:
            moment.is_snapshot = True
            fine.clear()
            coarse.clear()
        side = _SIDES[str(side_text)]
        key = (side, _ticks(price, instrument, side))
        sats = round(size * SATS_PER_BTC)
        coarse[key] = coarse.get(key, 0) + sats - fine.get((side, price), 0)
        fine[side, price] = sats
        moment.levels[key] = coarse[key]
    return moments


def _add_trades(moments: dict[int, Moment], rows: dict[str, list[object]], instrument: Instrument) -> None:
    columns = zip(rows["ts_ns"], rows["price"], rows["size"], rows["aggressor_side"], strict=True)
    for at, price, size, side_text in columns:
        assert isinstance(at, int)
        assert isinstance(price, float)
        assert isinstance(size, float)
        aggressor = _SIDES[str(side_text)]
        sats = round(size * SATS_PER_BTC)
        if sats > 0:
            moment = moments.setdefault(at, Moment(at))
            moment.trades.append((aggressor, _ticks(price, instrument, aggressor.other), sats))


def _ticks(price: float, instrument: Instrument, side: Side) -> int:
    """The tick that a recorded price falls on: never better for whoever trades with it than what was recorded."""
    exact = price / float(instrument.tick)
    near = round(exact)
    if abs(exact - near) < 1e-6:
        return near
    return math.floor(exact) if side is Side.BUY else math.ceil(exact)
