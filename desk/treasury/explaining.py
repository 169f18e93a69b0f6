"""What may explain a break: which lines fit it, whoever states them and however (P9)."""

from __future__ import annotations

from datetime import date

from desk.treasury.breaks import Break, BreakKind
from desk.treasury.coin_records import Explanation
from desk.treasury.months import first_day, last_day, month_of
from desk.units import Money, Sats, btc_text

MAX_TEXT = 400


class LineRefused(ValueError):
    """A line that cannot explain the break; `field` names what is wrong with it."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(why)
        self.field = field


def check_month_of(found: Break, month: str, today: date) -> None:
    """A line is of a month that has begun, and not of one before the break. Raises LineRefused."""
    if first_day(month) > today:
        raise LineRefused("month", f"{month} has not begun")
    if found.kind is BreakKind.PUBLISHED and found.month != month:
        raise LineRefused("month", f"{found.id} is explained in {found.month}, the month that was published so")
    if month < found.month:
        raise LineRefused("month", f"{found.id} began in {found.month}; a line of {month} cannot explain it")


def check_amounts(found: Break, sats: Sats, usd: Money | None) -> None:
    """Coins that say something, and dollars on their side. Raises LineRefused."""
    if not sats and not found.money:
        raise LineRefused("btc", f"0 BTC explain nothing; {found.id} is {btc_text(found.open)} BTC")
    if usd is not None and sats and (usd < 0) != (sats < 0):
        raise LineRefused("usd", "BTC and dollars have the same sign: positive is what left")


def day_of(found: Break, month: str, day: date | None) -> date:
    """When the coins left: as said, else when the break began, within the month that the line is booked in."""
    if day is not None:
        if month_of(day) != month:
            raise LineRefused("day", f"{day} is not a day of {month}")
        return day
    if found.kind is BreakKind.PUBLISHED:
        return last_day(month)
    return max(found.since, first_day(month))


def is_line(text: str) -> bool:
    """Whether a text is one line that somebody can read."""
    return bool(text.strip()) and text.isprintable() and len(text) <= MAX_TEXT


def line_about(found: Break, said: Explanation, today: date) -> Explanation:
    """The line as it goes on record about the break: its place and its day filled in. Raises LineRefused."""
    check_month_of(found, said.month, today)
    check_amounts(found, said.sats, said.usd)
    return Explanation(
        id=said.id,
        month=said.month,
        sats=said.sats,
        text=said.text.strip(),
        author=said.author,
        usd=said.usd,
        place=found.place,
        day=day_of(found, said.month, said.day),
        about=found.id,
    )
