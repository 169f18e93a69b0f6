"""What a close says: the month's figures, everything they contain, the lots as they were, and what was left open.

All of it in plain values for canonical JSON: satoshis as integers, dollars as text, times in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from desk.canonical import Json
from desk.treasury.books import Books
from desk.treasury.breaks import Break
from desk.treasury.closing import frozen_entry
from desk.treasury.lots import LotBook
from desk.treasury.months import days_of, end_of, last_day, start_of
from desk.treasury.published import PublishedRoll
from desk.treasury.rollforward import Amount, RollLine
from desk.units import Money, decimal_text

FORM = 1
"""The shape of the document; another one is another number."""


def close_document(books: Books, month: str, lots: LotBook, open_breaks: Sequence[Break]) -> Mapping[str, Json]:
    """The document of the month's close."""
    found, end = books.month(month), end_of(last_day(month))
    start = start_of(next(iter(days_of(month))))
    published = books.published_month(month)
    return {
        "form": FORM,
        "month": month,
        "opening": _amount(found.opening),
        "lines": [_line(line) for line in found.lines],
        "closing": _amount(found.closing),
        "fair_value_change_usd": _money(found.fair_value_change),
        "missing": list(found.missing),
        "columns": {str(column): int(sats) for column, sats in books.columns(end).items()},
        "places": {place: int(sats) for place, sats in books.held(end).items()},
        "published": None if published is None else _published(published),
        "open_breaks": [_break(one) for one in open_breaks],
        "lots": _lots(lots),
        "prices": {day.isoformat(): decimal_text(price) for day, price in books.prices(month).items()},
        "entries": [frozen_entry(entry) for entry in books.entries if start <= entry.at < end],
    }


def _amount(amount: Amount) -> Json:
    return {"sats": int(amount.sats), "usd": _money(amount.usd), "missing": amount.missing}


def _line(line: RollLine) -> Json:
    return {"line": str(line.kind), "sats": int(line.sats), "usd": _money(line.usd), "missing": list(line.missing)}


def _published(one: PublishedRoll) -> Json:
    return {
        "opening": int(one.roll.opening.sats),
        "produced": int(one.month.produced),
        "sold": int(one.month.sold),
        "held": int(one.month.held),
        "difference": int(one.difference),
        "open": int(one.open),
        "source": one.month.source,
    }


def _break(one: Break) -> Json:
    return {
        "id": one.id,
        "sats": int(one.sats),
        "open": int(one.open),
        "since": one.since.isoformat(),
        "owner": one.owner,
        "text": one.text,
    }


def _lots(lots: LotBook) -> list[Json]:
    """Every lot that has coins left, with its pieces by place."""
    return [
        {
            "lot": lot.id,
            "sats": int(lot.sats),
            "cost": _money(lot.cost),
            "pieces": [[piece.place, int(piece.sats), _money(piece.cost)] for piece in lot.pieces],
        }
        for lot in lots.lots
        if lot.remaining
    ]


def _money(amount: Money | None) -> str | None:
    return None if amount is None else decimal_text(amount)
