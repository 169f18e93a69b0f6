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
from desk.treasury.csv_table import Layout, csv_rows, read_rows, refuse_all
from desk.treasury.records import CostFigure, PublishedMonth
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

_MONTHS = Layout(
    (
        "month",
        "produced_btc",
        "sold_btc",
        "held_btc",
        "deployed_ehs",
        "operating_ehs",
        "produced_is_derived",
        "source",
    )
)
_FILES = (
    ("loans", "loans"),
    ("loans", "covenants"),
    ("holdings", "holdings"),
    ("holdings", "lots"),
    ("holdings", "marks"),
    ("capex", "capex"),
    ("capex", "allocations"),
    ("mining", "mining"),
    ("plan", "plan"),
)
"""What is imported under which noun, in the order in which one file leans on another."""
_COSTS = Layout(("period", "cash_cost", "all_in_cost", "currency", "source"))


def seed_demo(tx: WriteTx, clock: Clock) -> None:
    """Puts the case on record through the same imports a treasurer uses. The clock must not be before START's day."""
    for what, name in _FILES:
        data = _data(f"{name}.csv")
        plan = imports.plan(what, data, file=f"{name}.csv", now=clock.now(), current=treasury.current(tx, what))
        treasury.apply(tx, plan)
    treasury.state(tx, "months", months(), {"file": "months.csv"})
    treasury.state(tx, "costs", costs(), {"file": "costs.csv"})
    treasury.state(tx, "marks", [dollar_mark()], {"file": "desk/demo/cango.py"})


def dollar_mark() -> Mark:
    """What a tether was worth that morning: invented, and close to a dollar as it was all year."""
    morning = datetime(2026, 2, 7, tzinfo=UTC)
    return Mark(morning.date(), "USDT/USD", Price(Decimal("0.9998")), morning, "illustrative", "illustrative")


def months() -> tuple[PublishedMonth, ...]:
    """October 2025 to March 2026 as published; they do not all add up, and nothing here makes them."""
    rows = read_rows(csv_rows(_data("months.csv")), _MONTHS)
    records = tuple(
        PublishedMonth(
            month=row.text("month"),
            produced=row.btc("produced_btc"),
            sold=row.btc("sold_btc"),
            held=row.btc("held_btc"),
            deployed_ehs=row.number_or_none("deployed_ehs"),
            operating_ehs=row.number_or_none("operating_ehs"),
            produced_is_derived=row.flag("produced_is_derived"),
            source=row.text("source"),
        )
        for row in rows
    )
    refuse_all(rows)
    return records


def costs() -> tuple[CostFigure, ...]:
    """Cash and all-in cost per BTC by quarter, as published."""
    rows = read_rows(csv_rows(_data("costs.csv")), _COSTS)
    records = tuple(
        CostFigure(
            period=row.text("period"),
            cash_cost=row.money_or_none("cash_cost"),
            all_in_cost=row.money_or_none("all_in_cost"),
            currency=row.currency("currency"),
            source=row.text("source"),
        )
        for row in rows
    )
    refuse_all(rows)
    return records


def _data(name: str) -> bytes:
    return (resources.files("desk.demo") / "data" / name).read_bytes()
