"""What an order asks of the ledger on its way finds its rows by an index, however many years lie before them."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from desk.execution.orders import OrderState
from desk.ledger import control, orders, sales
from desk.sale.lifecycle import SaleState

GROWING = "orders|fills|events|slices|cancels|sales"
WALKED = re.compile(
    rf"SCAN ({GROWING})\b"  # every row
    r"|SEARCH (orders|fills) USING .*INDEX \w+ \(venue=\?\)"  # every row of a venue
)
"""Plans whose cost grows with the history, unless they end with the first row."""


@pytest.fixture
def plans(working):
    """How SQLite would run everything that was asked since, by statement."""
    asked: dict[str, object] = {}

    def heard(_connection, _cursor, statement, parameters, _context, _many):
        if statement.lstrip().upper().startswith(("SELECT", "UPDATE", "DELETE")):
            asked[statement] = parameters

    event.listen(Engine, "before_cursor_execute", heard)

    def told() -> dict[str, list[str]]:
        with closing(sqlite3.connect(working.ledger.path)) as database:
            return {
                statement: [row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {statement}", given)]
                for statement, given in asked.items()
            }

    yield told
    event.remove(Engine, "before_cursor_execute", heard)


def walks(plans: dict[str, list[str]]) -> list[str]:
    """What walks the history, as lines for people. A statement that ends with its first row walks nothing."""
    whole = {statement: lines for statement, lines in plans.items() if not re.search(r"LIMIT (1\b|\?)", statement)}
    return [f"{line}: {text[-200:]}" for text, lines in whole.items() for line in lines if WALKED.search(line)]


def test_an_orders_way_walks_no_history(working, plans):
    order = working.place()
    with working.write() as tx:
        working.report(tx, order, OrderState.PART_FILLED, working.fill(order, 5))
    with working.write() as tx:
        orders.cancel_intent(tx, order.client_order_id, "test", working.now, working.epoch)
    with working.write() as tx:
        working.report(tx, order, OrderState.CANCELLED)
    assert walks(plans()) == []


def test_what_the_executor_and_the_screen_read_all_the_time_walks_no_history(working, plans):
    working.place()
    since = working.now - timedelta(minutes=1)
    with working.ledger.read() as tx:
        orders.live(tx)
        orders.live(tx, "S-2026-0001")
        orders.live(tx, venue="kraken")
        orders.live(tx, "S-2026-0001", "kraken")
        orders.committed_open(tx)
        orders.committed_open(tx, "kraken")
        orders.sold_since(tx, since)
        orders.sold_since(tx, since, "kraken")
        orders.gone_since(tx, since, "kraken", "BTC")
        orders.brought_since(tx, since, "kraken")
        orders.held_at_most(tx, "kraken", since)
        orders.fills(tx, "S-2026-0001")
        orders.fees_paid(tx, sale_id="S-2026-0001")
        orders.fees_paid(tx, since=since, venue="kraken")
        orders.by_venue_order(tx, "kraken", "V-1")
        sales.listed(tx, [state for state in SaleState if not state.is_final])
        sales.slices(tx, "S-2026-0001")
        sales.reserved(tx, "kraken")
        sales.due_slices(tx, working.now)
        control.open_halt(tx)
        control.pending_commands(tx)
    assert len(plans()) >= 18
    assert walks(plans()) == []
