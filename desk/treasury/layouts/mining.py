"""Mining days as a table."""

from __future__ import annotations

from datetime import datetime

from desk.treasury.csv_table import Cells, Layout
from desk.treasury.records import MiningDay, Record
from desk.units import parse_btc

DAYS = Layout(
    ("day", "pool", "mined_btc", "source"),
    ("site", "expected_btc", "hashrate_ehs", "power_usd_per_kwh", "source_id", "illustrative"),
)
_MOST_PER_DAY = parse_btc("7500")
"""More than the whole network ever mined in a day: satoshis in a BTC column."""


def day(row: Cells, now: datetime) -> list[Record]:
    day = row.day("day")
    mined = row.btc("mined_btc")
    if day > now.date():
        row.refuse("day", f"is in the future; today is {now.date()} UTC")
    expected = row.btc_or_none("expected_btc")
    for name, sats in (("mined_btc", mined), ("expected_btc", expected)):
        if sats is not None and sats > _MOST_PER_DAY:
            row.refuse(name, "is more than the whole network mines in a day; write BTC, not satoshis")
    return [
        MiningDay(
            day=day,
            pool=row.text("pool"),
            site=row.text("site", empty=True),
            mined=mined,
            expected=expected,
            hashrate_ehs=row.number_or_none("hashrate_ehs"),
            power_price=row.number_or_none("power_usd_per_kwh"),
            source=row.text("source"),
            source_id=row.text("source_id", empty=True),
            is_illustrative=row.flag("illustrative"),
        )
    ]
