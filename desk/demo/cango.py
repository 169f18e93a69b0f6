"""The Cango case as the project's own data: public figures re-entered with their addresses, the rest marked invented.

Public: months, costs per BTC, the 7,474.60 BTC held at the end of January 2026. Illustrative, and saying so in every
row: where those coins are, the loan, cash, commitments, and how a month's production falls on its days.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from importlib import resources

from desk.clock import Clock
from desk.ledger import treasury
from desk.ledger.transactions import WriteTx
from desk.treasury import imports
from desk.treasury.coin_records import Mark
from desk.treasury.records import PublishedMonth
from desk.units import Price, parse_btc

START = datetime(2026, 2, 7, 14, 0, tzinfo=UTC)
"""When the demo begins, desk time: the Saturday of the sale."""
HELD = parse_btc("7474.60")
"""Published for 31 January 2026."""
VENUE_BTC = parse_btc("3357.30")
"""What of that is at the paper exchange; with the pledged coins and those in transit it makes HELD."""
LOAN = "lender-a"
CAPEX = "georgia-1-deposit"
DESK_NAME = "Cango Inc."

_FILES = (
    ("loans", "loans"),
    ("loans", "covenants"),
    ("holdings", "holdings"),
    ("holdings", "lots"),
    ("holdings", "marks"),
    ("capex", "capex"),
    ("capex", "allocations"),
    ("mining", "mining"),
    ("mining", "network"),
    ("mining", "costs"),
    ("plan", "plan"),
)
"""What is imported under which noun, in the order in which one file leans on another."""
_PUBLISHED_BY = datetime(2026, 6, 1, tzinfo=UTC)
"""The months after START are known too, and shown once they are over."""


def seed_demo(tx: WriteTx, clock: Clock) -> None:
    """Puts the case on record through the same imports a treasurer uses. The clock must not be before START's day."""
    for what, name in _FILES:
        data = _data(f"{name}.csv")
        plan = imports.plan(what, data, file=f"{name}.csv", now=clock.now(), current=treasury.current(tx, what))
        treasury.apply(tx, plan)
    treasury.state(tx, "months", months(), {"file": "months.csv"})
    treasury.state(tx, "marks", [dollar_mark()], {"file": "desk/demo/cango.py"})


def dollar_mark() -> Mark:
    """What a tether was worth that morning: invented, and close to a dollar as it was all year."""
    morning = datetime(2026, 2, 7, tzinfo=UTC)
    return Mark(morning.date(), "USDT/USD", Price(Decimal("0.9998")), morning, "illustrative", "illustrative")


def months() -> tuple[PublishedMonth, ...]:
    """October 2025 to March 2026 as published; they do not all add up, and nothing here makes them."""
    plan = imports.plan("mining", _data("months.csv"), file="months.csv", now=_PUBLISHED_BY, current=())
    return tuple(row for row in plan.new if isinstance(row, PublishedMonth))


def _data(name: str) -> bytes:
    return (resources.files("desk.demo") / "data" / name).read_bytes()
