"""Lines that explain breaks as a table: which break, how many coins, what happened, and who says so."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime

from desk.treasury.breaks import Break
from desk.treasury.coin_records import Explanation
from desk.treasury.csv_table import Cells, Layout
from desk.treasury.explaining import MAX_TEXT, LineRefused, is_line, line_about
from desk.treasury.layouts.together import Known, Settle, Stated
from desk.treasury.months import MonthRefused, check_month
from desk.treasury.records import Record
from desk.units import AmountRefused, Sats, parse_btc

EXPLANATIONS = Layout(("explanation_id", "break", "month", "btc", "text", "author"), ("usd", "day"))
_OURS = re.compile(r"E-\d{4}-\d{4,}", re.ASCII)


def explanation(row: Cells, now: datetime) -> list[Record]:
    """One line. Whether its break is there, and fits it, shows against the books."""
    made = Explanation(
        id=row.id("explanation_id"),
        month=_month(row),
        sats=_signed_btc(row),
        text=row.text("text"),
        author=row.text("author"),
        usd=row.money("usd", signed=True) if row.has("usd") else None,
        day=row.day_or_none("day"),
        about=row.text("break"),
    )
    if _OURS.fullmatch(made.id):
        row.refuse("explanation_id", "is a name that desk books explain gives; use the id of your source")
    if made.text and not is_line(made.text):
        row.refuse("text", f"is not one line of at most {MAX_TEXT} characters")
    return [made]


def settled_by(breaks: Iterable[Break], today: date) -> Settle:
    """How lines are held against the breaks there are; a line that stands on record as it is said stays as it is."""
    by_id = {one.id: one for one in breaks}

    def settle(stated: Stated, known: Known) -> list[Record]:
        return [
            _settled(row, record, by_id, known, today)
            for row, records in stated
            for record in records
            if isinstance(record, Explanation) and not row.complaints
        ]

    return settle


def _settled(row: Cells, said: Explanation, breaks: dict[str, Break], known: Known, today: date) -> Explanation:
    before = known.get((Explanation.__name__, said.id))
    if isinstance(before, Explanation) and _says_the_same(said, before):
        return before
    if said.about not in breaks:
        row.refuse("break", "is no break on record; desk books breaks --all lists them")
        return said
    try:
        return line_about(breaks[said.about], said, today)
    except LineRefused as problem:
        row.refuse(problem.field, f"does not fit: {problem}")
        return said


def _says_the_same(said: Explanation, before: Explanation) -> bool:
    return replace(said, place=before.place, day=said.day or before.day) == before


def _month(row: Cells) -> str:
    text = row.text("month")
    try:
        return check_month(text) if text else text
    except MonthRefused:
        row.refuse("month", "is not a month; write it like 2026-02")
        return text


def _signed_btc(row: Cells) -> Sats:
    """Positive is coins that left, negative coins that came."""
    text = row.text("btc")
    try:
        return parse_btc(text) if text else Sats(0)
    except AmountRefused as problem:
        row.refuse("btc", f"cannot be read: {problem}")
        return Sats(0)
