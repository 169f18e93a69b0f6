"""Tables of the treasury, one for each kind of statement, made from the record it holds.

Rows are never changed: a corrected statement is the next version of the same key. Every column follows from its
field's type, and so do the CHECKs that keep other programs from slipping in what the types here would refuse.
"""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, get_args, get_type_hints

from sqlalchemy import CheckConstraint
from sqlalchemy.types import TypeEngine

from desk.ledger.tables import Row
from desk.ledger.types import Choice, Day, Exact, Flag, Moment, Whole, Words, check, column, decimal, known, strict
from desk.treasury.cash_records import Allocation, CashActual, Covenant, Flow, KeptForecast
from desk.treasury.coin_records import (
    BlockSale,
    BreakOwner,
    Explanation,
    LotPick,
    Mark,
    MonthClose,
    PayOut,
    Receipt,
    ReliefRule,
    Transfer,
    VenueLook,
)
from desk.treasury.records import (
    KEYS,
    CashBalance,
    Commitment,
    CostFigure,
    Loan,
    Milestone,
    MiningDay,
    NetworkDay,
    Place,
    Project,
    PublishedMonth,
)

_DAY_SHAPE = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]"
_MONTH_SHAPE = "[0-9][0-9][0-9][0-9]-[0-9][0-9]"


def _table(
    record: type, name: str, *rules: CheckConstraint, said: Sequence[str], signed: Sequence[str] = ()
) -> type[Row]:
    """The table of one kind of record. `said` columns are never empty; `signed` ones may be below zero."""
    hints = _types(record)
    parts: list[Any] = [
        check(f"{name}_key_is_said", " AND ".join(f"{field} <> ''" for field in said)),
        check(f"{name}_version_is_positive", "version >= 1"),
        *(made for field, (kind, _) in hints.items() for made in _rules(name, field, kind, field in signed)),
        *rules,
    ]
    return _made(f"{record.__name__}Row", name, hints, KEYS[record], strict(parts, immutable=True))


def _made(
    title: str, name: str, hints: Mapping[str, tuple[type, bool]], keys: Sequence[str], arguments: tuple[Any, ...]
) -> type[Row]:
    keyed = [key for key in hints if key in keys]
    places: dict[str, tuple[Any, Any]] = {
        key: (hints[key][0], column(_stored(hints[key][0]), key=True)) for key in keyed
    }
    places["version"] = (int, column(Whole(), key=True))
    for field, (kind, may_lack) in hints.items():
        if field not in places:
            places[field] = (kind | None if may_lack else kind, column(_stored(kind), null=may_lack))
    places["recorded_at"] = (datetime, column(Moment()))
    body = {
        "__module__": __name__,
        "__doc__": f"Statements of {name.replace('_', ' ')}, as they were made.",
        "__tablename__": name,
        "__table_args__": arguments,
        "__annotations__": {field: kind for field, (kind, _) in places.items()},
        **{field: made for field, (_, made) in places.items()},
    }
    return types.new_class(title, (Row,), {"table": True}, lambda namespace: namespace.update(body))


def _types(record: type) -> dict[str, tuple[type, bool]]:
    """Each field's plain type and whether it may be missing."""
    hints = get_type_hints(record)
    return {field.name: _plain(hints[field.name]) for field in fields(record)}


def _plain(hint: Any) -> tuple[type, bool]:
    choices = get_args(hint)
    kind = next(one for one in choices if one is not type(None)) if choices else hint
    return getattr(kind, "__supertype__", kind), type(None) in choices


def _stored(kind: type) -> TypeEngine[Any]:
    if issubclass(kind, StrEnum):
        return Choice(kind)
    return _STORED[kind]()


_STORED: Mapping[type, type[TypeEngine[Any]]] = {
    str: Words,
    bool: Flag,
    int: Whole,
    Decimal: Exact,
    datetime: Moment,
    date: Day,
}


def _rules(table: str, name: str, kind: type, is_signed: bool) -> list[CheckConstraint]:
    """What another program must not write into such a column."""
    if issubclass(kind, StrEnum):
        return [known(table, name, kind)]
    if kind is bool:
        return [check(f"{table}_{name}_is_flag", f"{name} IN (0, 1)")]
    if kind is int and not is_signed:
        return [check(f"{table}_{name}_is_not_negative", f"{name} >= 0")]
    if kind is Decimal:
        return decimal(table, name, signed=is_signed)
    if kind is date:
        return [_shape(table, name, _DAY_SHAPE)]
    if name == "month":
        return [_shape(table, name, _MONTH_SHAPE)]
    return []


def _shape(table: str, name: str, glob: str) -> CheckConstraint:
    made = check(f"{table}_{name}_has_its_shape", f"{name} GLOB '{glob}'")
    made.ddl_if(dialect="sqlite")
    return made


_NAMED = ("id", "name", "source")
_SOURCED = ("id", "source")

ROWS: Mapping[type, type[Row]] = {
    Place: _table(
        Place,
        "places",
        check("places_pledge_names_its_loan", "(kind = 'pledged') = (loan IS NOT NULL)"),
        said=_NAMED,
    ),
    CashBalance: _table(CashBalance, "cash", said=("place", "currency", "source"), signed=("amount",)),
    MiningDay: _table(MiningDay, "mining_days", said=("pool", "zone", "source")),
    NetworkDay: _table(NetworkDay, "network_days", said=("source",)),
    Project: _table(Project, "projects", said=("id", "name")),
    Commitment: _table(Commitment, "commitments", said=("project", *_NAMED)),
    Milestone: _table(
        Milestone,
        "milestones",
        check("milestones_shares_are_shares", "CAST(funded AS REAL) <= 10000 AND CAST(probability AS REAL) <= 10000"),
        check(
            "milestones_range_holds_due",
            "(earliest IS NULL OR earliest <= due) AND (latest IS NULL OR due <= latest)",
        ),
        said=("commitment", "currency", *_NAMED),
    ),
    Loan: _table(
        Loan,
        "loans",
        check(
            "loans_ltvs_rise",
            "0 < CAST(initial_ltv AS REAL) AND CAST(initial_ltv AS REAL) <= CAST(call_ltv AS REAL)"
            " AND CAST(call_ltv AS REAL) < CAST(liquidation_ltv AS REAL)",
        ),
        said=("lender", "currency", *_SOURCED),
    ),
    CostFigure: _table(CostFigure, "cost_figures", said=("period", "currency", "source")),
    PublishedMonth: _table(PublishedMonth, "published_months", said=("source",)),
    Receipt: _table(Receipt, "receipts", check("receipts_bring_coins", "sats > 0"), said=("place", *_SOURCED)),
    Transfer: _table(
        Transfer,
        "transfers",
        check("transfers_move_coins", "sats > 0 AND from_place <> to_place"),
        check("transfers_arrive_after_they_left", "arrived IS NULL OR arrived >= sent"),
        said=("from_place", "to_place", *_SOURCED),
    ),
    PayOut: _table(PayOut, "pay_outs", check("pay_outs_pay", "sats > 0"), said=("place", "payee", *_SOURCED)),
    BlockSale: _table(
        BlockSale,
        "block_sales",
        check("block_sales_sell", "sats > 0"),
        said=("place", "currency", "fee_currency", "counterparty", *_SOURCED),
        signed=("fee",),
    ),
    Mark: _table(Mark, "marks", said=("pair", "source", "policy")),
    ReliefRule: _table(ReliefRule, "relief_rules", said=("source",)),
    LotPick: _table(
        LotPick, "lot_picks", check("lot_picks_take_coins", "sats > 0"), said=("disposal", "lot", "source")
    ),
    Explanation: _table(Explanation, "explanations", said=("id", "text", "author"), signed=("sats", "usd")),
    BreakOwner: _table(BreakOwner, "break_owners", said=("break_id", "owner")),
    MonthClose: _table(
        MonthClose,
        "month_closes",
        check("month_closes_are_for_ever", "version = 1"),
        check("month_closes_digest_is_sha256", "length(digest) = 64"),
        said=("document", "closed_by"),
    ),
    VenueLook: _table(
        VenueLook,
        "venue_looks",
        check("venue_looks_are_for_ever", "version = 1"),
        said=("venue", "trades", "balances"),
    ),
    Flow: _table(
        Flow,
        "flows",
        check("flows_end_after_they_begin", "last IS NULL OR last >= first"),
        said=("currency", *_NAMED),
    ),
    CashActual: _table(CashActual, "cash_actuals", said=("currency", "place", *_SOURCED)),
    Covenant: _table(Covenant, "covenants", said=("loan", *_SOURCED)),
    Allocation: _table(Allocation, "allocations", said=("need", "currency", *_SOURCED)),
    KeptForecast: _table(
        KeptForecast, "forecasts", check("forecasts_are_for_ever", "version = 1"), said=("id", "document")
    ),
}
"""The table of each kind of statement."""
