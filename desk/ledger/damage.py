"""Reading on past a damaged row: what one bad sector spoils keeps neither the other rows nor a halt from being read.

Whoever reads so is told what was left out, and has to answer for it: a row that is not read may still hold coins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, literal_column
from sqlalchemy.exc import DBAPIError
from sqlmodel.sql.expression import SelectOfScalar

from desk.ledger.errors import RowUnreadable, TermsUnreadable
from desk.ledger.transactions import ReadTx

NO_TEXT = "Could not decode to UTF-8"
"""What Python's sqlite3 says of a text that is none; it names the column."""
R = TypeVar("R")
T = TypeVar("T")


def damage(problem: Exception) -> RowUnreadable | None:
    """What an error says of a row that cannot be read; None where it says something else."""
    if isinstance(problem, RowUnreadable):
        return problem
    if isinstance(problem, DBAPIError) and NO_TEXT in str(problem.orig):
        return RowUnreadable(ascii(str(problem.orig))[1:101])
    return None


class Gaps:
    """Parts of a picture, read one by one: one that holds a damaged row is left out and named, the others stand."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def read(self, what: str, part: Callable[[], Iterable[T]]) -> tuple[T, ...]:
        """The part, or nothing of it with a sentence in `problems`."""
        try:
            return tuple(part())
        except (RowUnreadable, TermsUnreadable, DBAPIError) as problem:
            told = problem if isinstance(problem, TermsUnreadable) else damage(problem)
            if told is None:
                raise
            self.problems.append(f"{what} cannot be shown: {told}")
            return ()


def skim(
    tx: ReadTx, wanted: SelectOfScalar[R], read: Callable[[R], T], params: Mapping[str, Any] | None = None
) -> tuple[list[T], list[RowUnreadable]]:
    """What can be read of the rows of one table, and what is wrong with the others.

    One by one only where all at once fails; by SQLite's own number of a row, since its key may be what is damaged.
    """
    try:
        return [read(row) for row in tx.session.exec(wanted, params=params).all()], []
    except (RowUnreadable, DBAPIError) as problem:
        if damage(problem) is None:
            raise
    number: ColumnElement[int] = literal_column(f"{wanted.get_final_froms()[0].description}.rowid")
    found, problems = list[T](), list[RowUnreadable]()
    for (one,) in tx.session.connection().execute(wanted.with_only_columns(number), params).all():
        try:
            found += [read(row) for row in tx.session.exec(wanted.where(number == one), params=params).all()]
        except (RowUnreadable, DBAPIError) as problem:
            told = damage(problem)
            if told is None:
                raise
            problems.append(told)
    return found, problems
