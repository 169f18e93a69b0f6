"""Compares the tables with what the chain says of them, both ways, and the running totals with what they sum up."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from sqlalchemy import Table

from desk.audit.chain import Break, Image, Key, Walk
from desk.canonical import digest
from desk.ledger.metadata import domain_tables, key_of
from desk.ledger.tables import LIVE
from desk.units import exact_sum

_SHOWN = 60


def differences(database: sqlite3.Connection, walk: Walk) -> tuple[int, list[Break]]:
    """How many rows there are, and every row that was changed, added or taken away behind the chain's back."""
    found: list[Break] = []
    count = 0
    known_in: dict[str, dict[Key, Image]] = {}
    for (name, key), image in walk.rows.items():
        known_in.setdefault(name, {})[key] = image
    for table in domain_tables():
        known = known_in.get(table.name, {})
        try:
            rows = _rows(database, table)
        except sqlite3.Error as problem:
            found.append(Break(table.name, "", "", None, f"the table cannot be read: {problem}"))
            continue
        count += len(rows)
        found += _compared(table, rows, known)
    return count, found


def _rows(database: sqlite3.Connection, table: Table) -> dict[Key, dict[str, Any]]:
    names = [column.name for column in table.columns]
    listed = ", ".join(f'"{name}"' for name in names)
    rows = [dict(zip(names, row, strict=True)) for row in database.execute(f"SELECT {listed} FROM {table.name}")]
    return {tuple(row[name] for name in key_of(table)): row for row in rows}


def _compared(table: Table, rows: dict[Key, dict[str, Any]], known: dict[Key, Image]) -> Iterator[Break]:
    missing = {key: image for key, image in known.items() if key not in rows}
    for key, row in rows.items():
        if key in known:
            yield from _changed(table.name, key, row, known[key])
        elif (moved := _same_but_for_its_key(table, row, missing)) is not None:
            yield from _changed(table.name, moved, row, missing.pop(moved))
        else:
            yield Break(table.name, _text(key), "", None, "this row is on no event: it was added behind the chain")
    for key, image in missing.items():
        yield Break(table.name, _text(key), "", image.seq, "this row is missing: it was deleted behind the chain")


def _changed(table: str, key: Key, row: dict[str, Any], image: Image) -> Iterator[Break]:
    for column, value in row.items():
        said = image.row.get(column)
        if column not in image.row or type(said) is not type(value) or said != value:
            text = f"is {_short(value)}, the chain says {_short(said)}"
            yield Break(table, _text(key), column, image.seq, text)


def _same_but_for_its_key(table: Table, row: dict[str, Any], missing: dict[Key, Image]) -> Key | None:
    """The missing row that this unknown one was, if somebody changed one column of its key."""
    for key, image in missing.items():
        differing = [column for column, value in row.items() if image.row.get(column) != value]
        if len(differing) == 1 and differing[0] in key_of(table):
            return key
    return None


def _text(key: Key) -> str:
    return "/".join(str(part) for part in key)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def totals(database: sqlite3.Connection) -> Iterator[Break]:
    """Running totals that are not the sum of what they stand for, and digests that are not those of their text."""
    yield from _order_totals(database)
    yield from _sale_totals(database)
    for table, key, text in (("terms", "sale_id", "document"), ("policies", "number", "document")):
        for row_key, stored, document in database.execute(f"SELECT {key}, digest, {text} FROM {table}"):
            if digest(str(document).encode()) != stored:
                yield Break(table, str(row_key), "digest", None, "it is not the digest of the document")


def _order_totals(database: sqlite3.Connection) -> Iterator[Break]:
    wanted = """SELECT o.client_order_id, s.quote, o.filled, o.proceeds, o.fees
        FROM orders o JOIN sales s ON s.id = o.sale_id"""
    for order, quote, filled, proceeds, fees in database.execute(wanted):
        sums = _fills(database, "client_order_id", order, quote)
        yield from _unequal("orders", order, (filled, proceeds, fees), sums)


def _sale_totals(database: sqlite3.Connection) -> Iterator[Break]:
    live = ", ".join(f"'{state.value}'" for state in LIVE)
    wanted = "SELECT id, quote, filled, proceeds, fees, open, unknown, late FROM sales"
    for sale, quote, filled, proceeds, fees, resting, unknown, late in database.execute(wanted):
        yield from _unequal("sales", sale, (filled, proceeds, fees), _fills(database, "sale_id", sale, quote))
        held = f"""SELECT coalesce(sum(CASE WHEN state <> 'unknown' THEN quantity - filled END), 0),
            coalesce(sum(CASE WHEN state = 'unknown' THEN quantity - filled END), 0)
            FROM orders WHERE sale_id = ? AND state IN ({live})"""
        open_sum, unknown_sum = database.execute(held, (sale,)).fetchone()
        (late_sum,) = database.execute(
            "SELECT coalesce(sum(quantity), 0) FROM fills WHERE sale_id = ? AND late = 1", (sale,)
        ).fetchone()
        for column, stored, summed in (
            ("open", resting, open_sum),
            ("unknown", unknown, unknown_sum),
            ("late", late, late_sum),
        ):
            if stored != summed:
                yield Break("sales", sale, column, None, f"is {stored}, its orders and fills add up to {summed}")
    per_slice = """SELECT s.id, s.filled, (SELECT coalesce(sum(quantity), 0) FROM fills f WHERE f.slice_id = s.id)
        FROM slices s"""
    for slice_id, stored, summed in database.execute(per_slice):
        if stored != summed:
            yield Break("slices", slice_id, "filled", None, f"is {stored}, its fills add up to {summed}")


def _fills(database: sqlite3.Connection, column: str, key: str, quote: str) -> tuple[int, Decimal, Decimal]:
    wanted = f"SELECT quantity, cost, fee, fee_currency FROM fills WHERE {column} = ?"
    rows = database.execute(wanted, (key,)).fetchall()
    costs = exact_sum([Decimal(row[1]) for row in rows])
    fees = exact_sum([Decimal(row[2]) for row in rows if row[3] == quote])
    return sum(row[0] for row in rows), costs, fees


def _unequal(
    table: str, key: str, stored: tuple[int, str, str], summed: tuple[int, Decimal, Decimal]
) -> Iterator[Break]:
    filled, proceeds, fees = stored
    for column, value, total in (
        ("filled", Decimal(filled), Decimal(summed[0])),
        ("proceeds", Decimal(proceeds), summed[1]),
        ("fees", Decimal(fees), summed[2]),
    ):
        if value != total:
            yield Break(table, key, column, None, f"is {value}, its fills add up to {total}")
