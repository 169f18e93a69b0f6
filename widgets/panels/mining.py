"""What is made: the latest day against what was expected, the month, and what a coin costs."""

from __future__ import annotations

from decimal import Decimal

from textual.content import Content

from desk.snapshot.model import MiningDayView
from desk.units import Sats, bps_between, show_btc, show_money
from widgets.charts.bar import spark
from widgets.layout import Lines, columns, fitting, joined
from widgets.picture import Picture
from widgets.words import ACCENT, HARM, MUTED, STALE, STRONG, say

EMPTY = say("no mining days yet: desk mining import FILE", MUTED)


def note(picture: Picture, _width: int) -> Content:
    """What stands beside the heading: only that the days are stale."""
    return say("stale", HARM) if picture.snapshot.mining.is_stale else say("")


def full(picture: Picture, width: int) -> Lines:
    """Day, month, hashrate, cost, and thirty days as a row of blocks."""
    view = picture.snapshot.mining
    if not view.days and view.latest is None:
        return [EMPTY]
    lines = [_latest(picture), _month(picture), _cost(picture)]
    whole = [day.sats for day in by_day(picture) if day != view.latest][-min(30, max(width - 20, 1)) :]
    if whole:
        between = f"  {show_btc(min(whole), 1)} – {show_btc(max(whole), 1)} a day"
        lines.append(say(spark(whole, len(whole)), STALE if view.is_stale else ACCENT) + say(between, MUTED))
    if view.missing:
        lines.append(say(view.missing, MUTED))
    return [line for line in lines if line]


def short(picture: Picture, width: int) -> Lines:
    """One line."""
    view = picture.snapshot.mining
    if not view.days and view.latest is None:
        return [EMPTY]
    return [fitting([_latest(picture), _month(picture), _margin(picture)], width)]


def numbers(picture: Picture, width: int) -> Lines:
    """The headline figures of the mining page."""
    return [line for line in (_latest(picture), fitting([_month(picture), _cost(picture)], width)) if line]


def days(picture: Picture, width: int) -> Lines:
    """A table of days, newest first."""
    rows = [[say(head, MUTED) for head in ("day", "BTC", "expected", "difference", "EH/s")]]
    today = picture.local(picture.snapshot.taken).date()
    for day in reversed(by_day(picture)):
        expected = "—" if day.expected is None else show_btc(day.expected, 4)
        difference = "—" if not day.expected else f"{_off(day.sats, day.expected):+.1f} %".replace("-", "−")
        if day.day == today:
            difference = "so far"
        rate = "—" if day.hashrate_ehs is None else f"{day.hashrate_ehs:,.2f}"
        rows.append(
            [say(f"{day.day:%a} {day.day.day} {day.day:%b}"), say(show_btc(day.sats), STRONG)]
            + [say(text) for text in (expected, difference, rate)]
        )
    return columns(rows, "lrrrr", width, gap=4) if len(rows) > 1 else [EMPTY]


def by_day(picture: Picture) -> list[MiningDayView]:
    """Days of the snapshot, oldest first."""
    return sorted(picture.snapshot.mining.days, key=lambda day: day.day)


def _off(made: Sats, expected: Sats) -> Decimal:
    """Difference in per cent of what was expected."""
    return bps_between(Decimal(made), Decimal(expected)) / 100


def _latest(picture: Picture) -> Content:
    view = picture.snapshot.mining
    if view.latest is None:
        return say("no day on record", MUTED)
    today = picture.local(picture.snapshot.taken).date()
    name = "today" if view.latest.day == today else f"{view.latest.day.day} {view.latest.day:%b}"
    text = say(f"{name} ", MUTED) + say(show_btc(view.latest.sats, 2), STALE if view.is_stale else STRONG)
    if view.latest.expected is not None:
        text = text + say(f" of {show_btc(view.latest.expected, 2)} expected", MUTED)
    rate = view.latest.hashrate_ehs
    parts = [text, say(f"{rate:,.1f} EH/s") if rate is not None else say("")]
    return joined(parts)


def _month(picture: Picture) -> Content:
    return say("month to date ", MUTED) + say(f"{show_btc(picture.snapshot.mining.month_to_date, 1)} BTC")


def _cost(picture: Picture) -> Content:
    cost = picture.snapshot.mining.cash_cost
    words = say("cash cost ", MUTED) + say(f"${show_money(cost, 0)}") if cost is not None else say("")
    return joined([words, _margin(picture)])


def _margin(picture: Picture) -> Content:
    margin = picture.snapshot.mining.margin
    if margin is None:
        return say("")
    sign = "−" if margin < 0 else ""
    return say("margin ", MUTED) + say(f"{sign}${show_money(abs(margin), 0)}", HARM if margin < 0 else "")
