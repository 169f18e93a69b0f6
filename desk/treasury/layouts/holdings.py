"""Balances of coins and cash outside the venues as a table."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from desk.treasury.csv_table import Cells, Layout
from desk.treasury.movements import is_pool, pool_place
from desk.treasury.records import CashBalance, Place, PlaceKind, Record

BALANCES = Layout(
    ("kind", "name", "as_of", "source"),
    ("place_id", "btc", "currency", "amount", "loan", "note", "illustrative"),
)
CASH = "cash"


def balance(row: Cells, now: datetime) -> list[Record]:
    if row.texts.get("kind") == CASH:
        return [_cash(row, now)]
    kind = row.word("kind", PlaceKind)
    is_pledged = row.texts.get("kind") == PlaceKind.PLEDGED
    if is_pledged and not row.has("loan"):
        row.refuse("loan", "is missing; pledged coins secure a loan, name it")
    if not is_pledged and row.has("loan"):
        row.refuse("loan", "is only for pledged coins")
    for name in ("currency", "amount"):
        if row.has(name):
            row.refuse(name, "is only for rows of kind cash; coins stand in btc")
    return [
        Place(
            id=_place_id(row, kind),
            kind=kind,
            name=row.text("name"),
            sats=row.btc("btc"),
            as_of=row.past("as_of", now),
            source=row.text("source"),
            loan=row.id("loan") if is_pledged and row.has("loan") else None,
            note=row.text("note", empty=True),
            is_illustrative=row.flag("illustrative"),
        )
    ]


def _place_id(row: Cells, kind: PlaceKind) -> str:
    """A pool may be called as the lots call it: pool:foundry is the pool foundry."""
    name = row.texts.get("place_id", "")
    if kind is PlaceKind.POOL and is_pool(name):
        return replace(row, texts={"place_id": name.removeprefix(pool_place(""))}).id("place_id")
    return row.id("place_id")


def _cash(row: Cells, now: datetime) -> CashBalance:
    for name in ("btc", "loan"):
        if row.has(name):
            row.refuse(name, "does not belong to cash; use currency and amount")
    return CashBalance(
        place=row.text("name"),
        currency=row.currency("currency"),
        amount=row.money("amount", signed=True),
        as_of=row.past("as_of", now),
        source=row.text("source"),
        note=row.text("note", empty=True),
        is_illustrative=row.flag("illustrative"),
    )
