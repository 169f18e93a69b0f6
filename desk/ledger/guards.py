"""Triggers that hold the promises in the database itself, whichever program writes to it.

Everything peculiar to SQLite's triggers is here. They are made anew after every migration, because rebuilding a
table drops them, and their text is part of the schema that is compared at every opening.

`INSERT OR REPLACE` and `UPDATE OR REPLACE` delete rows without firing DELETE triggers, so both are stopped before
they happen, at every unique key.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from enum import StrEnum

from sqlalchemy import Table, UniqueConstraint

from desk.execution.orders import MOVES as ORDER_MOVES
from desk.execution.orders import OrderState
from desk.ledger.metadata import EVENTS, key_of, tables
from desk.ledger.tables import LIVE_SQL
from desk.sale.lifecycle import MOVES as SALE_MOVES
from desk.sale.lifecycle import SaleState

PREFIX = "guard_"
GENESIS = "0" * 64
"""What the first event names as its predecessor."""


def make(database: sqlite3.Connection) -> None:
    """Replaces every guard by this version's, inside the caller's transaction."""
    drop(database)
    for statement in statements():
        database.execute(statement)


def drop(database: sqlite3.Connection) -> None:
    """Takes the guards away: SQLite renames no table while a trigger names one that is gone for a moment."""
    names = database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for (name,) in names:
        if name.startswith(PREFIX):
            database.execute(f'DROP TRIGGER "{name}"')


def statements() -> list[str]:
    """The CREATE TRIGGER statements of this version."""
    made: list[str] = []
    for table in tables():
        if table.info["domain"]:
            made += _record_keeping(table)
    return [*made, *_chain(), *_moves(), *_orders(), *_fills()]


def _trigger(name: str, when: str, condition: str, message: str) -> str:
    text = message.replace("'", "''")
    clause = f" WHEN {condition}" if condition else ""
    return f"CREATE TRIGGER {PREFIX}{name} {when}{clause} BEGIN SELECT RAISE(ABORT, '{text}'); END"


def _record_keeping(table: Table) -> Iterator[str]:
    """No deletes; no changes of immutable rows or fixed columns; no replacing through any unique key."""
    name = table.name
    yield _trigger(f"{name}_delete", f"BEFORE DELETE ON {name}", "", f"{name}: rows are never deleted")
    if table.info["immutable"]:
        yield _trigger(f"{name}_update", f"BEFORE UPDATE ON {name}", "", f"{name}: rows never change")
    else:
        fixed = (*key_of(table), *table.info["fixed"])
        changed = " OR ".join(f'OLD."{column}" IS NOT NEW."{column}"' for column in fixed)
        listed = ", ".join(fixed)
        yield _trigger(f"{name}_fixed", f"BEFORE UPDATE ON {name}", changed, f"{name}: {listed} never change")
    for number, (columns, where) in enumerate(_unique_keys(table)):
        same = " AND ".join(f'"{column}" = NEW."{column}"' for column in columns)
        limited, listed = (f" AND {where}" if where else ""), ", ".join(columns)
        clash = f"EXISTS (SELECT 1 FROM {name} WHERE {same}{limited})"
        if where:
            clash = f"{_of_new(where)} AND {clash}"
        text = f"{name}: there is a row with this {listed} already"
        yield _trigger(f"{name}_replace_{number}", f"BEFORE INSERT ON {name}", clash, text)
        if not table.info["immutable"] and number > 0:
            others = " OR ".join(f'"{column}" IS NOT OLD."{column}"' for column in key_of(table))
            clash = f"EXISTS (SELECT 1 FROM {name} WHERE {same}{limited} AND ({others}))"
            if where:
                clash = f"{_of_new(where)} AND {clash}"
            yield _trigger(f"{name}_overwrite_{number}", f"BEFORE UPDATE ON {name}", clash, text)


def _of_new(where: str) -> str:
    """A partial index's condition, asked of the row that is being written."""
    return where.replace("state IN", "NEW.state IN")


def _unique_keys(table: Table) -> list[tuple[tuple[str, ...], str]]:
    """The key, then every other unique set of columns with the condition it holds under, in a stable order."""
    found: list[tuple[tuple[str, ...], str]] = []
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            found.append((tuple(column.name for column in constraint.columns), ""))
    for index in table.indexes:
        if index.unique:
            where = index.dialect_options["sqlite"]["where"]
            found.append((tuple(column.name for column in index.columns), "" if where is None else str(where)))
    return [(key_of(table), ""), *sorted(found)]


def _chain() -> Iterator[str]:
    head = f"(SELECT coalesce(max(seq), 0) FROM {EVENTS})"
    last = f"coalesce((SELECT hash FROM {EVENTS} ORDER BY seq DESC LIMIT 1), '{GENESIS}')"
    yield _trigger(
        "events_link",
        f"BEFORE INSERT ON {EVENTS}",
        f"NEW.seq IS NOT {head} + 1 OR NEW.prev IS NOT {last}",
        "events: a new event is the next of the chain and names its head (P5)",
    )


def _moves() -> Iterator[str]:
    yield _born("sales", (SaleState.DRAFT, SaleState.STAGED), "filled = 0 AND NEW.open = 0 AND NEW.unknown = 0")
    yield _born("orders", (OrderState.INTENT,), "filled = 0")
    yield _moved("sales", {str(old): sorted(new) for old, new in SALE_MOVES.items()})
    yield _moved("orders", {str(old): sorted(new) for old, new in ORDER_MOVES.items()})


def _born(table: str, states: Iterable[StrEnum], totals: str) -> str:
    listed = ", ".join(f"'{state.value}'" for state in states)
    return _trigger(
        f"{table}_born",
        f"BEFORE INSERT ON {table}",
        f"NOT (NEW.state IN ({listed}) AND NEW.{totals})",
        f"{table}: a new row begins as {listed} with nothing done".replace("'", ""),
    )


def _moved(table: str, moves: dict[str, list[StrEnum]]) -> str:
    legal = [
        f"(OLD.state = '{old}' AND NEW.state IN ({', '.join(repr(new.value) for new in to)}))"
        for old, to in sorted(moves.items())
        if to
    ]
    return _trigger(
        f"{table}_moves",
        f"BEFORE UPDATE OF state ON {table}",
        f"OLD.state IS NOT NEW.state AND NOT ({' OR '.join(legal)})",
        f"{table}: there is no such move from one state to another",
    )


def _orders() -> Iterator[str]:
    """P1, P12 and the fence of epochs, for every new order and every change of one."""
    committed = f"""(SELECT coalesce(sum(CASE WHEN state IN ({LIVE_SQL}) THEN quantity ELSE filled END), 0)
        FROM orders WHERE sale_id = NEW.sale_id)"""
    yield _trigger(
        "orders_within_approved",
        "AFTER INSERT ON orders",
        f"{committed} > (SELECT quantity FROM sales WHERE id = NEW.sale_id)",
        "orders: filled + open + unknown would exceed what is approved (P1)",
    )
    yield _trigger(
        "orders_stay_within_approved",
        "AFTER UPDATE OF state, filled ON orders",
        f"{committed} > (SELECT quantity + late FROM sales WHERE id = NEW.sale_id)",
        "orders: filled + open + unknown would exceed what is approved (P1)",
    )
    yield _trigger(
        "orders_not_while_halted",
        "BEFORE INSERT ON orders",
        "EXISTS (SELECT 1 FROM halts WHERE lifted IS NULL)",
        "orders: the desk is halted (P12)",
    )
    yield _trigger(
        "orders_of_working_sales",
        "BEFORE INSERT ON orders",
        "(SELECT state FROM sales WHERE id = NEW.sale_id) IS NOT 'working'",
        "orders: the sale is not working",
    )
    yield _trigger(
        "orders_of_this_epoch",
        "BEFORE INSERT ON orders",
        "NEW.epoch IS NOT (SELECT max(number) FROM epochs)",
        "orders: another daemon took over",
    )
    yield _trigger(
        "orders_never_forget",
        "BEFORE UPDATE ON orders",
        "NEW.filled < OLD.filled OR (OLD.venue_order_id IS NOT NULL AND NEW.venue_order_id IS NOT OLD.venue_order_id)"
        " OR (OLD.sent IS NOT NULL AND NEW.sent IS NOT OLD.sent)",
        "orders: what was filled, sent or named by the venue is never taken back",
    )


def _fills() -> Iterator[str]:
    yield _trigger(
        "fills_within_order",
        "AFTER INSERT ON fills",
        """(SELECT sum(quantity) FROM fills WHERE client_order_id = NEW.client_order_id)
        > (SELECT quantity FROM orders WHERE client_order_id = NEW.client_order_id)""",
        "fills: more is filled than was ordered",
    )
