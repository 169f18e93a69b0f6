"""The schema itself holds the promises, whichever program writes to the file."""

import itertools
import re
import sqlite3
from collections.abc import Iterator

import pytest

from desk.ledger import control, guards, orders
from desk.ledger.engine import connect
from desk.ledger.metadata import domain_tables, tables
from desk.sale.lifecycle import MOVES, SaleState

NEXT_ORDER = """INSERT INTO orders SELECT 'x', venue, sale_id, slice_id, 9, 'intent', type, limit_price, 1, 0, '0',
    '0', NULL, created, NULL, updated, deadline, NULL, '', epoch FROM orders"""


@pytest.fixture
def raw(working) -> Iterator[sqlite3.Connection]:
    """Another program's connection to a desk with an open order and a fill."""
    order = working.place()
    with working.write() as tx:
        working.report(tx, order, orders.OrderState.OPEN, working.fill(order, 10))
        control.command(tx, "pause", None, "ada", "", None, working.now)
        control.raise_alarm(tx, "a", "b", "c", working.now)
    database = connect(working.ledger.path)
    yield database
    database.close()


def refused(database: sqlite3.Connection, statement: str) -> str:
    with pytest.raises(sqlite3.IntegrityError) as caught:
        database.execute(statement)
    return str(caught.value)


@pytest.mark.parametrize("table", ["events", "sales", "terms", "slices", "signatures", "orders", "fills", "epochs"])
def test_rows_are_never_deleted(raw, table):
    assert "never deleted" in refused(raw, f"DELETE FROM {table}")


def test_every_domain_table_refuses_deletes_and_changes_of_its_key(raw):
    present = {name for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")}
    for table in domain_tables():
        assert f"guard_{table.name}_delete" in present
        assert f"guard_{table.name}_replace_0" in present
        assert {f"guard_{table.name}_update", f"guard_{table.name}_fixed"} & present


@pytest.mark.parametrize("table", ["events", "terms", "signatures", "fills", "epochs", "desk"])
def test_immutable_rows_never_change(raw, table):
    for _, column, *_ in raw.execute(f"PRAGMA table_info({table})").fetchall():
        assert "never change" in refused(raw, f'UPDATE {table} SET "{column}" = "{column}"')


@pytest.mark.parametrize(
    "column",
    [
        *("client_order_id", "venue", "sale_id", "slice_id", "attempt", "type"),
        *("limit_price", "quantity", "created", "epoch"),
    ],
)
def test_what_makes_an_order_this_order_never_changes(raw, column):
    assert "never change" in refused(raw, f"UPDATE orders SET {column} = {column} || '1'")


@pytest.mark.parametrize("table", ["events", "sales", "terms", "slices", "signatures", "orders", "fills", "commands"])
def test_insert_or_replace_replaces_nothing(raw, table):
    before = raw.execute(f"SELECT * FROM {table}").fetchall()
    refused(raw, f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")
    assert raw.execute(f"SELECT * FROM {table}").fetchall() == before


def test_update_or_replace_cannot_push_out_another_row(raw, working):
    working.stage("S-2026-0002")
    working.to_working("S-2026-0002")
    other = working.place(working.order(sale_id="S-2026-0002"))
    ((name,),) = raw.execute("SELECT venue_order_id FROM orders WHERE sale_id = 'S-2026-0001'")
    raw.execute("UPDATE orders SET state = 'unknown' WHERE sale_id = 'S-2026-0002'")
    text = f"UPDATE OR REPLACE orders SET venue_order_id = '{name}' WHERE client_order_id = '{other.client_order_id}'"
    refused(raw, text)
    assert raw.execute("SELECT count(*) FROM orders").fetchone() == (2,)


def test_an_event_is_the_next_of_the_chain(raw):
    ((seq, digest),) = raw.execute("SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1")
    for number, previous in ((seq + 2, digest), (seq + 1, "0" * 64), (seq, digest)):
        refused(
            raw,
            f"INSERT INTO events VALUES ({number}, 0, 'k', '', 'a', '{{}}', '[]', '{previous}', '{'1' * 64}')",
        )


def test_what_is_approved_cannot_be_exceeded(raw, working):
    raw.execute("UPDATE orders SET state = 'cancelled'")
    columns = (
        "client_order_id, venue, sale_id, slice_id, attempt, state, type, limit_price, quantity, filled, proceeds"
    )
    insert = f"""INSERT INTO orders ({columns}, fees, created, updated, last_error, epoch)
        SELECT 'x', venue, sale_id, slice_id, 9, 'intent', type, limit_price, :q, 0, '0', '0', 0, 0, '', epoch
        FROM orders"""
    with pytest.raises(sqlite3.IntegrityError, match="P1"):
        raw.execute(insert, {"q": 100_000_000})
    raw.execute(insert, {"q": 100_000_000 - 10})


def test_one_live_order_for_each_sale_and_venue(raw):
    assert "sale_id, venue" in refused(raw, NEXT_ORDER)


def test_no_order_is_written_while_the_desk_is_halted(raw, working):
    raw.execute("UPDATE orders SET state = 'cancelled'")
    with working.write() as tx:
        control.halt(tx, "fire", "ada", working.now)
    assert "P12" in refused(raw, NEXT_ORDER)


def test_no_order_is_written_by_a_daemon_that_was_overtaken(raw, working):
    raw.execute("UPDATE orders SET state = 'cancelled'")
    working.take_epoch()
    assert "took over" in refused(raw, NEXT_ORDER)


def test_no_order_is_written_for_a_sale_that_is_not_working(raw):
    raw.execute("UPDATE orders SET state = 'cancelled'")
    raw.execute("UPDATE sales SET state = 'paused'")
    assert "not working" in refused(raw, NEXT_ORDER)
    raw.execute("UPDATE sales SET state = 'working'")
    raw.execute(NEXT_ORDER)


def test_illegal_moves_of_orders_are_refused(raw):
    assert "no such move" in refused(raw, "UPDATE orders SET state = 'intent'")
    raw.execute("UPDATE orders SET state = 'cancelled'")
    assert "no such move" in refused(raw, "UPDATE orders SET state = 'open'")


def test_a_sale_moves_along_its_table_and_no_other_way(raw):
    guard = next(text for text in guards.statements() if "guard_sales_moves" in text)
    for old, new in itertools.permutations(SaleState, 2):
        raw.execute("BEGIN")
        raw.execute("DROP TRIGGER guard_sales_moves")
        raw.execute(f"UPDATE sales SET state = '{old}'")
        raw.execute(guard)
        try:
            raw.execute(f"UPDATE sales SET state = '{new}'")
            is_taken = True
        except sqlite3.IntegrityError:
            is_taken = False
        raw.execute("ROLLBACK")
        assert is_taken == (new in MOVES[old]), (old, new)


def test_what_was_filled_is_never_taken_back(raw):
    assert "never taken back" in refused(raw, "UPDATE orders SET filled = 0")
    assert "never taken back" in refused(raw, "UPDATE orders SET venue_order_id = 'other'")


def test_more_is_never_filled_than_ordered(raw):
    refused(raw, "UPDATE orders SET filled = quantity + 1")
    insert = """INSERT INTO fills SELECT venue, 'T9', client_order_id, sale_id, slice_id, 25000000, price, cost, fee,
        fee_currency, liquidity, executed, recorded, late FROM fills"""
    assert "more is filled" in refused(raw, insert)


@pytest.mark.parametrize(
    ("statement", "check"),
    [
        ("UPDATE sales SET state = 'nonsense'", ""),
        ("UPDATE sales SET proceeds = 'NaN'", "sales_proceeds_is_decimal"),
        ("UPDATE sales SET proceeds = '1e5'", "sales_proceeds_is_decimal"),
        ("UPDATE sales SET fees = '--1'", "sales_fees_is_decimal"),
        ("UPDATE sales SET filled = -1", "sales_totals_are_not_negative"),
        ("UPDATE sales SET open = 200000000", "sales_never_oversold"),
        ("UPDATE orders SET state = 'filled'", "orders_filled_state_is_whole"),
        ("UPDATE commands SET state = 'applied'", "commands_outcome_has_a_time"),
        ("INSERT INTO slices VALUES ('x', 'S-none', 0, 0, NULL, 1, 0, 'pending')", "FOREIGN KEY"),
        ("UPDATE orders SET filled = 0.5", "INTEGER"),
    ],
)
def test_nonsense_is_refused_by_a_named_constraint(raw, statement, check):
    assert check in refused(raw, statement)


def test_every_table_is_strict_and_every_check_is_named(raw):
    for table in tables():
        ((sql,),) = raw.execute("SELECT sql FROM sqlite_master WHERE name = ?", (table.name,)).fetchall()
        assert sql.rstrip().endswith("STRICT")
        assert len(re.findall(r"\bCHECK \(", sql)) == len(re.findall(r"CONSTRAINT \w+ CHECK \(", sql))
        assert {kind for _, _, kind, *_ in raw.execute(f"PRAGMA table_info({table.name})")} <= {"TEXT", "INTEGER"}
