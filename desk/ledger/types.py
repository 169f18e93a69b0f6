"""Column types that store exactly what they are given, or refuse it (P6, P7).

SQLite would store a Decimal as a binary float and a naive time as if it were UTC; these types make both impossible.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Generic, NoReturn, TypeVar

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Integer, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine
from sqlmodel import Field

from desk.clock import from_micros, micros
from desk.ledger.errors import RowUnreadable, ValueRefused
from desk.units import AmountRefused, decimal_text, parse_decimal

_Enum = TypeVar("_Enum", bound=StrEnum)
_MAX_INT = 2**63 - 1


class Whole(TypeDecorator[int]):
    """Satoshis, counters, numbers: a 64-bit integer; floats, decimals and booleans are refused."""

    impl = BigInteger().with_variant(Integer, "sqlite")
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> int | None:
        if value is not None and (type(value) is not int or abs(value) > _MAX_INT):
            raise ValueRefused(f"{value!r} is not a whole number; satoshis are integers")
        return value


class Exact(TypeDecorator[Decimal]):
    """Money and prices as canonical decimal text with the digits they were reported with; NaN and floats refused."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        if not isinstance(value, Decimal):
            raise ValueRefused(f"{value!r} is not a decimal; money and prices are decimals, never floats")
        try:
            return decimal_text(parse_decimal(value))
        except AmountRefused as problem:
            raise ValueRefused(str(problem)) from None

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:
        try:
            return None if value is None else parse_decimal(value)
        except AmountRefused as problem:
            _unreadable(value, problem)


class Moment(TypeDecorator[datetime]):
    """A time as UTC microseconds since 1970; a time without a zone is refused."""

    impl = BigInteger().with_variant(Integer, "sqlite")
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        if not isinstance(value, datetime) or value.tzinfo is None:
            raise ValueRefused(f"{value!r} is not a time with a zone")
        return micros(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        try:
            return None if value is None else from_micros(value)
        except (OverflowError, ValueError) as problem:
            _unreadable(value, problem)


class Span(TypeDecorator[timedelta]):
    """A duration in microseconds."""

    impl = BigInteger().with_variant(Integer, "sqlite")
    cache_ok = True

    def process_bind_param(self, value: timedelta | None, dialect: Dialect) -> int | None:
        return None if value is None else value // timedelta(microseconds=1)

    def process_result_value(self, value: int | None, dialect: Dialect) -> timedelta | None:
        try:
            return None if value is None else timedelta(microseconds=value)
        except OverflowError as problem:
            _unreadable(value, problem)


class Day(TypeDecorator[date]):
    """A calendar day as YYYY-MM-DD."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Dialect) -> str | None:
        if value is not None and (not isinstance(value, date) or isinstance(value, datetime)):
            raise ValueRefused(f"{value!r} is not a calendar day")
        return None if value is None else value.isoformat()

    def process_result_value(self, value: str | None, dialect: Dialect) -> date | None:
        try:
            return None if value is None else date.fromisoformat(value)
        except ValueError as problem:
            _unreadable(value, problem)


class Words(TypeDecorator[str]):
    """Text, and nothing that is not text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if value is not None and not isinstance(value, str):
            raise ValueRefused(f"{value!r} is not text")
        return None if value is None else str(value)


class Flag(TypeDecorator[bool]):
    """Yes or no, stored as 1 or 0."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: bool | None, dialect: Dialect) -> int | None:
        if value is not None and not isinstance(value, bool):
            raise ValueRefused(f"{value!r} is neither yes nor no")
        return None if value is None else int(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> bool | None:
        return None if value is None else bool(value)


class Choice(TypeDecorator[_Enum], Generic[_Enum]):
    """One word of an enumeration, stored as its value; other words are refused."""

    impl = Text
    cache_ok = True

    def __init__(self, kind: type[_Enum]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: _Enum | None, dialect: Dialect) -> str | None:
        if value is not None and not isinstance(value, self.kind):
            raise ValueRefused(f"{value!r} is not one of {', '.join(self.kind)}")
        return None if value is None else value.value

    def process_result_value(self, value: str | None, dialect: Dialect) -> _Enum | None:
        try:
            return None if value is None else self.kind(value)
        except ValueError as problem:
            _unreadable(value, problem)


def _unreadable(value: object, problem: Exception) -> NoReturn:
    raise RowUnreadable(f"{str(value)[:60]!r}: {str(problem)[:100]}") from problem


def column(
    kind: TypeEngine[Any], *, key: bool = False, to: str | None = None, null: bool = False, unique: bool = False
) -> Any:
    """A table's column: not null unless said so; `to` names the column it refers to, as `table.column`."""
    refers = [ForeignKey(to, ondelete="RESTRICT", onupdate="RESTRICT")] if to else []
    made: Column[Any] = Column(kind, *refers, primary_key=key, nullable=null, unique=unique or None)
    return Field(default=None, sa_column=made) if null else Field(sa_column=made)


def known(table: str, name: str, words: type[StrEnum]) -> CheckConstraint:
    """A named CHECK: the column holds one of the enumeration's words."""
    listed = ", ".join(f"'{word.value}'" for word in words)
    return CheckConstraint(f"{name} IN ({listed})", name=f"{table}_{name}_is_known")


def decimal(table: str, *names: str, signed: bool = False) -> list[CheckConstraint]:
    """Named CHECKs: each column holds a plain decimal, so that no other program slips in 1e5 or NaN."""
    return [_decimal(table, name, signed) for name in names]


def _decimal(table: str, name: str, signed: bool) -> CheckConstraint:
    digits = f"ltrim({name}, '-')" if signed else name
    sign = f" AND {name} NOT GLOB '?*-*'" if signed else ""
    text = f"{digits} GLOB '[0-9]*' AND {digits} NOT GLOB '*[^0-9.]*' AND {name} NOT GLOB '*.*.*'{sign}"
    made = CheckConstraint(text, name=f"{table}_{name}_is_decimal")
    made.ddl_if(dialect="sqlite")
    return made


def check(name: str, condition: str) -> CheckConstraint:
    """A named CHECK."""
    return CheckConstraint(condition, name=name)


def strict(*parts: Any, domain: bool = True, immutable: bool = False, fixed: tuple[str, ...] = ()) -> tuple[Any, ...]:
    """A table's `__table_args__`: STRICT, and what the guards and the audit must know of it.

    `domain` tables are on the record: every change is in an event, nothing is ever deleted. `immutable` rows never
    change after they were inserted; `fixed` columns never change in rows that may (keys never do).
    """
    info = {"domain": domain, "immutable": immutable, "fixed": fixed}
    flat = [one for part in parts for one in (part if isinstance(part, list) else [part])]
    return (*flat, {"sqlite_strict": True, "info": info})
