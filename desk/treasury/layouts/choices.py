"""Marks, relief rules and picks of lots as tables: what values coins, and what people chose."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta

from desk.treasury.coin_records import LotPick, Mark, ReliefMethod, ReliefRule
from desk.treasury.csv_table import Cells, Layout
from desk.treasury.records import Record
from desk.units import ZERO, Price

MARKS = Layout(("day", "pair", "price", "observed", "source"), ("policy",))
RELIEF = Layout(("effective", "method", "source"))
PICKS = Layout(("disposal", "lot", "btc", "source"))

_PAIR = re.compile(r"[A-Z0-9]{2,10}/[A-Z]{3,6}", re.ASCII)
_ZONES = timedelta(hours=14)
"""How far the world's days lie apart from UTC's, at most."""


def mark(row: Cells, now: datetime) -> list[Record]:
    """One price of one day: seen on that day wherever the policy's zone is, never carried over from another."""
    price = row.money("price")
    made = Mark(
        day=row.day("day"),
        pair=row.text("pair"),
        price=Price(price),
        observed=row.past("observed", now),
        source=row.text("source"),
        policy=row.text("policy", empty=True) or f"imported from {row.texts.get('source', '')}",
    )
    if not row.complaints:
        if not price:
            row.refuse("price", "is not a price")
        if not _PAIR.fullmatch(made.pair):
            row.refuse("pair", "is not a pair; write it like BTC/USD or USDT/USD")
        if not _is_of(made.day, made.observed):
            row.refuse("observed", f"is not on {made.day}; a mark of one day is not carried over to another")
    return [made]


def _is_of(day: date, observed: datetime) -> bool:
    midnight = datetime.combine(day, time(0), UTC)
    return midnight - _ZONES <= observed <= midnight + timedelta(days=1) + _ZONES


def rule(row: Cells, now: datetime) -> list[Record]:
    """From which day on disposals take lots by which method."""
    return [ReliefRule(row.day("effective"), row.word("method", ReliefMethod), row.text("source"))]


def pick(row: Cells, now: datetime) -> list[Record]:
    """So much of a lot for one disposal. That there is such a lot shows when lots are worked out."""
    sats = row.btc("btc")
    if not row.complaints and sats == ZERO:
        row.refuse("btc", "picks no coins")
    return [LotPick(row.text("disposal"), row.text("lot"), sats, row.text("source"))]
