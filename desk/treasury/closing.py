"""Closed months: their entries and prices are frozen; what is learned later is booked in the first open month.

The record of a close carries every entry it contains, so that a statement which comes later, is corrected or taken
back shows as an entry of its own, with the month it happened in beside it (P9).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias, cast

from desk.canonical import CanonicalRefused, Json, canonical_bytes, digest, read_canonical
from desk.clock import iso
from desk.treasury.coin_records import MonthClose
from desk.treasury.months import first_day, next_month, start_of
from desk.treasury.movements import Movement
from desk.treasury.rollforward import Entry, LineKind
from desk.units import Money, Price, Sats, decimal_text, exact_sum

_Key: TypeAlias = tuple[str, LineKind, str]


class BooksRefused(ValueError):
    """Something the books do not allow, or a close that is not what was closed; the message says which."""


@dataclass(frozen=True, slots=True)
class ClosedMonth:
    """A month as it was closed. `prices` are the marks in dollars that valued the ends of its days."""

    month: str
    entries: tuple[Entry, ...]
    prices: Mapping[date, Price]
    document: Mapping[str, Json]
    digest: str
    closed_by: str
    closed_at: datetime


def read_close(close: MonthClose) -> ClosedMonth:
    """The close on record. Raises BooksRefused where its digest is not that of its document."""
    data = close.document.encode()
    if digest(data) != close.digest:
        raise BooksRefused(f"the close of {close.month} is not what was closed: its digest differs")
    try:
        document = cast(Mapping[str, Json], read_canonical(data))
        entries = tuple(_entry(cast(Mapping[str, Json], item)) for item in cast(Sequence[Json], document["entries"]))
        prices = cast(Mapping[str, str], document["prices"])
        by_day = {date.fromisoformat(day): Price(Decimal(price)) for day, price in prices.items()}
    except (CanonicalRefused, KeyError, TypeError) as problem:
        raise BooksRefused(f"the close of {close.month} cannot be read: {problem}") from None
    return ClosedMonth(close.month, entries, by_day, document, close.digest, close.closed_by, close.closed_at)


def make_close(month: str, document: Mapping[str, Json], closed_by: str, at: datetime) -> MonthClose:
    """The record of a close: the document in its one spelling, and its digest."""
    data = canonical_bytes(document)
    return MonthClose(month, data.decode(), digest(data), closed_by, at)


def frozen_entry(entry: Entry) -> Json:
    """An entry as it stands in a close."""
    return {
        "ref": entry.ref,
        "line": str(entry.kind),
        "at": iso(entry.at),
        "place": entry.place,
        "sats": int(entry.sats),
        "usd": None if entry.usd is None else decimal_text(entry.usd),
        "missing": entry.missing,
        "note": entry.note,
        "happened": None if entry.happened is None else iso(entry.happened),
    }


def booked(found: Iterable[Entry], closed: Sequence[ClosedMonth]) -> tuple[Entry, ...]:
    """The entries as the books have them: closed months as they were closed, and the rest with what came late.

    What a closed month contains is compared with what is on record now; a difference is an entry of the first open
    month, at its beginning.
    """
    if not closed:
        return tuple(sorted(found, key=_order))
    opens = start_of(first_day(next_month(max(month.month for month in closed))))
    known: defaultdict[_Key, list[Entry]] = defaultdict(list)
    for month in closed:
        for entry in month.entries:
            known[_key(entry)].append(entry)
    made = [entry for entries in known.values() for entry in entries]
    for entry in found:
        before = known.pop(_key(entry), None)
        if before is None:
            made.append(entry if entry.at >= opens else replace(entry, at=opens, happened=entry.at))
        else:
            made += _correction(entry, before, opens)
    for before in known.values():
        made += _correction(replace(before[0], sats=Sats(0), usd=Money(Decimal(0)), missing=""), before, opens)
    return tuple(sorted(made, key=_order))


def redated(movements: Iterable[Movement], entries: Iterable[Entry]) -> tuple[Movement, ...]:
    """The movements at the moments at which the books have them: one that came late at its booking.

    So lots of a closed month stay as they were closed. A movement whose figures were corrected keeps its moment.
    """
    booked_at = {one.ref: one.at for one in entries if one.happened is not None}
    corrected = {one.ref for one in entries if one.happened is None}
    moved = [
        replace(one, at=booked_at[one.id]) if one.id in booked_at and one.id not in corrected else one
        for one in movements
    ]
    return tuple(sorted(moved, key=lambda one: one.at))


def _correction(entry: Entry, before: Sequence[Entry], opens: datetime) -> list[Entry]:
    """What an entry says beyond what closed months contain of it: nothing, for most."""
    sats = Sats(entry.sats - sum(one.sats for one in before))
    values = [one.usd for one in before]
    known = [value for value in values if value is not None]
    has_values = entry.usd is not None and len(known) == len(values)
    usd = Money(entry.usd - exact_sum(tuple(known))) if entry.usd is not None and has_values else None
    if not sats and not usd:
        return []
    missing = "" if usd is not None else entry.missing or f"{entry.ref} had no value when its month was closed"
    note = f"corrects {entry.ref}" if entry.sats else f"{entry.ref} is not on record any more"
    happened = before[0].happened or before[0].at
    return [
        replace(entry, at=max(entry.at, opens), happened=happened, sats=sats, usd=usd, missing=missing, note=note)
    ]


def _entry(item: Mapping[str, Json]) -> Entry:
    usd, happened = item["usd"], item["happened"]
    return Entry(
        ref=str(item["ref"]),
        kind=LineKind(str(item["line"])),
        at=datetime.fromisoformat(str(item["at"])),
        place=str(item["place"]),
        sats=Sats(cast(int, item["sats"])),
        usd=None if usd is None else Money(Decimal(str(usd))),
        missing=str(item["missing"]),
        note=str(item["note"]),
        happened=None if happened is None else datetime.fromisoformat(str(happened)),
    )


def _key(entry: Entry) -> _Key:
    return entry.ref, entry.kind, entry.place


def _order(entry: Entry) -> tuple[datetime, str, str, str]:
    return entry.at, entry.ref, entry.kind, entry.place
