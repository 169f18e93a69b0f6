"""A forecast as a document, so that it can be kept, and held against what came.

The document has every entry; amounts are decimal text. It is read back strictly: what was kept is not reinterpreted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from desk.canonical import canonical_bytes, read_canonical
from desk.clock import iso
from desk.treasury.cash_records import CashActual, Direction, KeptForecast
from desk.treasury.forecast.overdue import Overdue
from desk.treasury.forecast.table import Entry, Forecast, Line, Week, line_of
from desk.units import NOTHING, Money, decimal_text, exact_sum

FORMAT = "desk.forecast/1"
_WEEK = timedelta(weeks=1)


class ForecastRefused(ValueError):
    """A kept forecast that cannot be read, or has nothing in it to keep."""


def document(forecast: Forecast) -> dict[str, Any]:
    """The whole forecast as plain JSON values."""
    return {
        "format": FORMAT,
        "today": forecast.today.isoformat(),
        "currency": forecast.currency,
        "floor": None if forecast.floor.level is None else decimal_text(forecast.floor.level),
        "floor_source": forecast.floor.source,
        "opening": [
            {
                "place": one.place,
                "currency": one.currency,
                "amount": decimal_text(one.amount),
                "counted": decimal_text(one.counted),
                "note": one.note,
                "is_illustrative": one.is_illustrative,
                "as_of": iso(one.as_of) if one.as_of else None,
                "age_s": None if one.age is None else int(one.age.total_seconds()),
                "is_stale": one.is_stale,
            }
            for one in forecast.opening
        ],
        "stale": forecast.stale,
        "overdue": [_overdue(one) for one in forecast.overdue],
        "weeks": [_week(week) for week in forecast.weeks],
        "missing": list(forecast.missing),
        "notes": list(forecast.notes),
    }


def _overdue(one: Overdue) -> dict[str, Any]:
    return {
        "name": one.name,
        "source": one.source,
        "due": one.due.isoformat(),
        "last": one.last.isoformat(),
        "count": one.count,
        "currency": one.currency,
        "amount": decimal_text(one.amount),
        "is_counted": one.is_counted,
        "text": one.text,
    }


def _week(week: Week) -> dict[str, Any]:
    return {
        "number": week.number,
        "first": week.first.isoformat(),
        "opening": decimal_text(week.opening),
        "lines": {str(line): decimal_text(week.of(line)) for line in Line if week.of(line)},
        "closing": decimal_text(week.closing),
        "minimum": decimal_text(week.minimum),
        "minimum_on": week.minimum_on.isoformat(),
        "entries": [_entry(entry) for entry in week.entries],
    }


def _entry(entry: Entry) -> dict[str, Any]:
    return {
        "day": entry.day.isoformat(),
        "line": str(entry.line),
        "amount": decimal_text(entry.amount),
        "name": entry.name,
        "source": entry.source,
        "is_actual": entry.is_actual,
        "need": entry.need.text if entry.need else None,
        "how": entry.how,
        "earliest": entry.earliest.isoformat() if entry.earliest else None,
        "latest": entry.latest.isoformat() if entry.latest else None,
        "probability_bps": decimal_text(entry.probability),
        "is_illustrative": entry.is_illustrative,
        "overdue_since": entry.overdue_since.isoformat() if entry.overdue_since else None,
    }


def to_keep(forecast: Forecast) -> str:
    """The document's one spelling. Raises ForecastRefused for a forecast without weeks."""
    if not forecast.weeks:
        raise ForecastRefused(f"there is nothing to keep: {', '.join(forecast.missing)}")
    return canonical_bytes(document(forecast)).decode()


@dataclass(frozen=True, slots=True)
class Compared:
    """One line of one week: what was forecast for it, what came, and by how much that is more."""

    week: int
    first: date
    line: Line
    forecast: Money
    actual: Money

    @property
    def difference(self) -> Money:
        return exact_sum([self.actual, Money(-self.forecast)])


@dataclass(frozen=True, slots=True)
class Against:
    """A kept forecast against what came, up to `through`. `forecast_cash` is what it said there would be by then."""

    id: str
    made_on: date
    through: date
    currency: str
    lines: tuple[Compared, ...]
    forecast_cash: Money

    @property
    def totals(self) -> tuple[Compared, ...]:
        """Every line over all weeks."""
        first = self.lines[0].first if self.lines else self.made_on
        return tuple(
            Compared(
                0,
                first,
                line,
                exact_sum([one.forecast for one in self.lines if one.line is line]),
                exact_sum([one.actual for one in self.lines if one.line is line]),
            )
            for line in Line
            if any(one.line is line for one in self.lines)
        )


def against(kept: KeptForecast, actuals: Iterable[CashActual], today: date, venues: Iterable[str] = ()) -> Against:
    """Forecast against actual by week and line, through `today` or the forecast's end. Raises ForecastRefused."""
    told = _read(kept)
    weeks: list[Mapping[str, Any]] = told["weeks"]
    currency, elsewhere = str(told["currency"]), set(venues)
    firsts = [date.fromisoformat(week["first"]) for week in weeks]
    through = min(today, firsts[-1] + _WEEK - timedelta(days=1))
    came = [
        one
        for one in actuals
        if one.currency == currency and one.place not in elsewhere and firsts[0] <= one.day <= through
    ]
    lines = []
    for week, first in zip(weeks, firsts, strict=True):
        said = [entry for entry in week["entries"] if date.fromisoformat(entry["day"]) <= through]
        real = [one for one in came if first <= one.day < first + _WEEK]
        lines += _compared(int(week["number"]), first, said, real)
    entries = [entry for week in weeks for entry in week["entries"]]
    moved = [Decimal(entry["amount"]) for entry in entries if date.fromisoformat(entry["day"]) <= through]
    cash = exact_sum([Decimal(weeks[0]["opening"]), *moved])
    return Against(kept.id, date.fromisoformat(told["today"]), through, currency, tuple(lines), cash)


def _compared(number: int, first: date, said: list[Mapping[str, Any]], came: Iterable[CashActual]) -> list[Compared]:
    forecast: dict[Line, Money] = {}
    actual: dict[Line, Money] = {}
    for entry in said:
        line = Line(entry["line"])
        forecast[line] = exact_sum([forecast.get(line, NOTHING), Decimal(entry["amount"])])
    for one in came:
        line = line_of(one.kind)
        amount = one.amount if one.direction is Direction.IN else Money(-one.amount)
        actual[line] = exact_sum([actual.get(line, NOTHING), amount])
    return [
        Compared(number, first, line, forecast.get(line, NOTHING), actual.get(line, NOTHING))
        for line in Line
        if line in forecast or line in actual
    ]


def _read(kept: KeptForecast) -> dict[str, Any]:
    try:
        told: Any = read_canonical(kept.document.encode())
    except ValueError as problem:
        raise ForecastRefused(f"forecast {kept.id} cannot be read: {problem}") from None
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise ForecastRefused(f"forecast {kept.id} is not of the format {FORMAT}")
    return told
