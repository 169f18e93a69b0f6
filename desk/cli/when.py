"""Times and durations on the command line: a refusal of `desk.sale.when` is a wrong parameter here."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

import click

from desk.sale import when

T = TypeVar("T")


def duration(text: str) -> timedelta:
    """As `desk.sale.when.duration`. Raises click.BadParameter."""
    return _given(lambda: when.duration(text))


def moment(text: str, now: datetime) -> datetime:
    """As `desk.sale.when.moment`. Raises click.BadParameter."""
    return _given(lambda: when.moment(text, now))


def opening(text: str, now: datetime) -> datetime | None:
    """As `desk.sale.when.opening`. Raises click.BadParameter."""
    return _given(lambda: when.opening(text, now))


def _given(read: Callable[[], T]) -> T:
    try:
        return read()
    except when.WhenRefused as problem:
        raise click.BadParameter(str(problem)) from None
