"""What rows of one table say together, held against the record: the part of reading that one row cannot do alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias, TypeVar

from desk.treasury.csv_table import Cells
from desk.treasury.records import Record, key_of

_R = TypeVar("_R", bound=Record)

Stated: TypeAlias = Sequence[tuple[Cells, Sequence[Record]]]
"""Every row with what it says, in the order of the file."""
Known: TypeAlias = Mapping[tuple[object, ...], Record]
"""The statements in force, by what they are about."""
Settle: TypeAlias = Callable[[Stated, Known], list[Record]]
"""What a whole file says; contradictions are noted on the row where they show."""


def on_record(known: Known, kind: type[_R], identity: str) -> _R | None:
    """The statement in force about this id."""
    found = known.get((kind.__name__, identity))
    return found if isinstance(found, kind) else None


def in_force_with(stated: Stated, known: Known, kind: type[_R]) -> dict[str, _R]:
    """By id, everything of one kind as it would stand after the file."""
    merged = {**known, **{key_of(record): record for _, records in stated for record in records}}
    return {str(key[1]): record for key, record in merged.items() if isinstance(record, kind)}
