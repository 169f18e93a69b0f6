"""Lots and disposals with every field an auditor asks for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from desk.reports.document import Cell, Column, Report, Table
from desk.treasury.lot_statement import LotStatement, disposal_rows, lot_rows, totals
from desk.units import parse_decimal

_BTC = {"btc", "remaining_btc", "fee_btc", "uncovered_btc", "taken_btc"}
_USD = {"cost_usd", "remaining_cost_usd", "fair_value_usd", "unrealised_usd", "net_usd", "gain_usd"}
_SATOSHI, _CENT = Decimal("1e-8"), Decimal("0.01")
_LOT = (
    "id",
    "kind",
    "source",
    "txid",
    "earned",
    "credited",
    "received",
    "btc",
    "unit_value_usd",
    "price_source",
    "price_time",
    "cost_usd",
    "place",
    "restriction",
    "remaining_btc",
    "remaining_cost_usd",
    "fair_value_usd",
    "missing",
)
_DISPOSAL = (
    "id",
    "kind",
    "time",
    "period",
    "journal",
    "place",
    "sale",
    "trade_id",
    "client_order_id",
    "counterparty",
    "purpose",
    "btc",
    "price",
    "currency",
    "gross",
    "fee",
    "fee_currency",
    "net_usd",
    "cost_usd",
    "gain_usd",
    "conversion",
    "method",
    "lots",
    "approved",
    "missing",
)


def _words(field: str) -> str:
    return field.replace("_", " ").replace("btc", "BTC").replace("usd", "USD")


def lots_report(desk: str, as_of: datetime, statement: LotStatement, month: str | None = None) -> Report:
    """Every lot with coins left, or that was there in the month; every disposal of the month, or ever."""
    lots = lot_rows(statement)
    gone = [row for row in disposal_rows(statement) if month is None or row["period"] == month]
    named = {part["lot"] for row in gone for part in row["lots"]}
    shown = [row for row in lots if row["pieces"] or month is None or row["id"] in named]
    facts = totals(statement)
    rows = tuple((_words(name), _figure(name, value)) for name, value in facts.items() if value != "")
    return Report(
        name="lots",
        title=f"Lots and disposals{f' {month}' if month else ''}",
        desk=desk,
        as_of=as_of,
        lines=(f"Relief {statement.method}; valuation: {statement.policy.text}.",),
        tables=(
            Table("In sum", (Column("figure"), Column("value", is_figure=True)), rows),
            Table("Lots", _columns(_LOT), tuple(_lot_lines(shown)), empty="no lot"),
            Table("Disposals", _columns(_DISPOSAL), tuple(_disposal_lines(gone)), empty="nothing has gone"),
        ),
        notes=statement.problems,
    )


def _columns(names: Iterable[str]) -> tuple[Column, ...]:
    return tuple(_column(name) for name in names)


def _column(name: str) -> Column:
    if name == "btc":
        return Column("quantity", "BTC", 8)
    if name in _BTC:
        return Column(name.removesuffix("_btc").replace("_", " "), "BTC", 8)
    if name in _USD:
        return Column(name.removesuffix("_usd").replace("_", " "), "USD", 2)
    return Column(_words(name), is_figure=name in ("unit_value_usd", "price", "gross", "fee"))


def _lot_lines(rows: Iterable[dict[str, Any]]) -> Iterable[tuple[Cell, ...]]:
    """A line for every piece of a lot; one that is all gone keeps a line."""
    for row in rows:
        for piece in row["pieces"] or ({"place": "", "btc": "0", "cost_usd": "0", "fair_value_usd": "0"},):
            merged = {
                **row,
                "place": piece["place"],
                "restriction": piece.get("restriction"),
                "remaining_btc": piece["btc"],
                "remaining_cost_usd": piece["cost_usd"],
                "fair_value_usd": piece["fair_value_usd"],
            }
            yield tuple(_cell(name, merged[name]) for name in _LOT)


def _disposal_lines(rows: Iterable[dict[str, Any]]) -> Iterable[tuple[Cell, ...]]:
    for row in rows:
        merged = {
            **row,
            "lots": "; ".join(f"{part['lot']} {part['btc']}" for part in row["lots"]),
            "conversion": "; ".join(f"{one['rate']} {one['source']} {one['observed']}" for one in row["conversions"]),
            "approved": "; ".join(f"{one['person']} ({one['role']}) {one['time']}" for one in row["approvals"]),
            "missing": "; ".join(row["missing"]),
        }
        yield tuple(_cell(name, merged[name]) for name in _DISPOSAL)


def _cell(name: str, value: object) -> Cell:
    if value is None or isinstance(value, date | Decimal):
        return value
    if name == "earned":
        return date.fromisoformat(str(value))
    if name in _BTC or name in _USD or _column(name).is_figure:
        return parse_decimal(str(value))
    return str(value)


def _figure(name: str, value: object) -> Cell:
    """A sum as the figure it is, coins to the satoshi and dollars to the cent; words as they are."""
    if value is None:
        return "not known"
    if name == "btc" or name.endswith("_btc"):
        return parse_decimal(str(value)).quantize(_SATOSHI)
    if name.endswith("_usd"):
        return parse_decimal(str(value)).quantize(_CENT)
    return value if isinstance(value, int) else str(value)
