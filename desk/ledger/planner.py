"""A word with SQLite's query planner, which keeps no statistics here and takes every index for equally good."""

from __future__ import annotations

from sqlalchemy import type_coerce
from sqlalchemy.orm import Mapped
from sqlalchemy.sql.elements import ColumnElement, UnaryExpression
from sqlalchemy.sql.operators import custom_op

from desk.ledger.types import Words


def not_looked_up(column: Mapped[str]) -> ColumnElement[str]:
    """The column as a condition that no index is chosen for, by SQLite's unary plus.

    Nearly all rows are of one venue: looking them up by it walks years of orders to find the few that are live.
    """
    return UnaryExpression(type_coerce(column, Words()), operator=custom_op("+"), type_=Words())
