"""When a flow comes, and which of its days were fulfilled by what really came or went."""

from __future__ import annotations

import calendar
from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from desk.treasury.cash_records import CashActual, Every, Flow

_MONTHS: Mapping[Every, int] = {Every.MONTHLY: 1, Every.QUARTERLY: 3}
_NEAR: Mapping[Every, timedelta] = {
    Every.WEEKLY: timedelta(days=3),
    Every.MONTHLY: timedelta(days=15),
    Every.QUARTERLY: timedelta(days=45),
}
"""A payment within half a period of a day is the one of that day."""


def days(first: date, every: Every, until: date) -> list[date]:
    """`first` and its repetitions up to `until`; a month without that day has its last day instead."""
    found, count = [], 0
    while (day := _nth(first, every, count)) <= until:
        found.append(day)
        if every is Every.ONCE:
            break
        count += 1
    return found


def _nth(first: date, every: Every, count: int) -> date:
    if every not in _MONTHS:
        return first + timedelta(weeks=count)
    months = first.month - 1 + count * _MONTHS[every]
    year, month = first.year + months // 12, months % 12 + 1
    return date(year, month, min(first.day, calendar.monthrange(year, month)[1]))


def unpaid(flow: Flow, actuals: Iterable[CashActual], until: date) -> list[date]:
    """The days of a flow that no actual fulfils, up to `until`. An actual fulfils the nearest day, early or late."""
    open_days = days(flow.first, flow.every, min(until, flow.last or until) + _NEAR.get(flow.every, timedelta(0)))
    for actual in sorted(actuals, key=lambda one: (one.day, one.id)):
        near = min(open_days, key=lambda day: (abs(day - actual.day), day), default=None)
        if near is not None and abs(near - actual.day) <= _NEAR.get(flow.every, timedelta.max):
            open_days.remove(near)
    return [day for day in open_days if day <= min(until, flow.last or until)]
