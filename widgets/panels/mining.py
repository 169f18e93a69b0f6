"""What is made: the latest day against what was expected, the month and why it is what it is, what a coin costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from textual.content import Content

from desk.snapshot.model import MiningDayView, MiningPeriodView, ReasonView
from desk.units import Bps, Sats, bps_between, show_btc, show_money
from widgets.charts.bar import spark
from widgets.layout import Lines, columns, fitting, joined
from widgets.picture import Picture
from widgets.words import ACCENT, HARM, MUTED, STALE, STRONG, percent, say

EMPTY = say("no mining days yet: desk mining import FILE, or desk mining pull", MUTED)
SHORT_NAMES = {"pool fee": "fee", "unexplained": "luck"}


def note(picture: Picture, _width: int) -> Content:
    """What stands beside the heading: only that the days are stale."""
    return say("stale", HARM) if picture.snapshot.mining.is_stale else say("")


def full(picture: Picture, width: int) -> Lines:
    """Day, month with its reasons, machines, cost, and thirty days as a row of blocks."""
    view = picture.snapshot.mining
    if not view.days and view.latest is None:
        return [EMPTY]
    lines = [latest(picture), _month(picture, width), _machines(view.month, width), _cost(picture, width)]
    whole = [day.sats for day in by_day(picture) if day != view.latest][-min(30, max(width - 20, 1)) :]
    if whole:
        between = f"  {show_btc(min(whole), 1)} – {show_btc(max(whole), 1)} a day"
        lines.insert(3, say(spark(whole, len(whole)), STALE if view.is_stale else ACCENT) + say(between, MUTED))
    if view.missing:
        lines.append(say(view.missing, MUTED))
    return [line for line in lines if line]


def short(picture: Picture, width: int) -> Lines:
    """One line."""
    view = picture.snapshot.mining
    if not view.days and view.latest is None:
        return [EMPTY]
    day = latest(picture) + (say(" stale", HARM) if view.is_stale else say(""))
    rate = view.month.operating_ehs if view.month is not None else None
    ran = say("") if rate is None else say(", mean ", MUTED) + say(f"{rate:,.1f} EH/s")
    whole = joined([day, _month_so_far(picture) + ran, margin(picture)])
    if whole.cell_length <= width:
        return [whole]
    return [fitting([day, _month_in_brief(picture) + ran, margin(picture)], width)]


def by_day(picture: Picture) -> list[MiningDayView]:
    """Days of the snapshot, oldest first."""
    return sorted(picture.snapshot.mining.days, key=lambda day: day.day)


def latest(picture: Picture) -> Content:
    """The newest day against what was expected of it."""
    view = picture.snapshot.mining
    if view.latest is None:
        return say("no day on record", MUTED)
    today = picture.local(picture.snapshot.taken).date()
    name = "today" if view.latest.day == today else f"{view.latest.day.day} {view.latest.day:%b}"
    text = say(f"{name} ", MUTED) + say(show_btc(view.latest.sats, 2), STALE if view.is_stale else STRONG)
    if view.latest.expected is not None:
        text = text + say(f" of {show_btc(view.latest.expected, 2)} expected", MUTED)
    return text


def machines(month: MiningPeriodView | None) -> list[Content]:
    """What ran in the mean of the month's complete days, of what is deployed, and how well; only what is known."""
    if month is None:
        return []
    parts = []
    if month.operating_ehs is not None:
        of = f" of {month.deployed_ehs:,.1f}" if month.deployed_ehs is not None else ""
        parts.append(say("mean ", MUTED) + say(f"{month.operating_ehs:,.1f}{of} EH/s"))
    if month.joules_per_th is not None:
        parts.append(say(f"{month.joules_per_th:,.1f} J/TH"))
    if month.power_price is not None:
        parts.append(say(f"{month.power_price * 100:,.1f} ¢/kWh"))
    if month.uptime is not None:
        parts.append(say("uptime ", MUTED) + say(percent(month.uptime)))
    if month.pool_fee is not None:
        parts.append(say("pool fee ", MUTED) + say(percent(month.pool_fee, 2)))
    return parts


def _machines(month: MiningPeriodView | None, width: int) -> Content:
    """On one line; what is deployed yields to the rest where there is little room."""
    parts = machines(month)
    if joined(parts[:3]).cell_length > width and month is not None:
        parts = machines(replace(month, deployed_ehs=None))
    return fitting(parts, width)


def costs(picture: Picture) -> list[Content]:
    """Hashprice, what a coin costs by every measure that is known, break-even and margin."""
    view, month = picture.snapshot.mining, picture.snapshot.mining.month
    parts = []
    tone = STALE if view.network_is_stale else ""
    if view.network_is_stale and view.network_day is not None:
        parts.append(say(f"network of {view.network_day.day} {view.network_day:%b} stale", HARM))
    if view.hashprice is not None:
        parts.append(say("hashprice ", MUTED) + say(f"${show_money(view.hashprice, 1)}/PH/d", tone))
    if month is not None and month.power_per_btc is not None:
        parts.append(say("power ", MUTED) + say(f"${show_money(month.power_per_btc, 0)}"))
    if month is not None and month.cash_per_btc is not None:
        parts.append(say("with hosting ", MUTED) + say(f"${show_money(month.cash_per_btc, 0)}"))
    parts += [cash_cost(picture), all_in(picture)]
    if view.break_even is not None:
        parts.append(say("break-even ", MUTED) + say(f"${show_money(view.break_even, 0)}", tone))
    return [part for part in (*parts, margin(picture)) if part]


def cash_cost(picture: Picture) -> Content:
    """The published cash cost, with its period."""
    view = picture.snapshot.mining
    if view.cash_cost is None:
        return say("")
    period = say(f" ({view.cost_period})", MUTED) if view.cost_period else say("")
    return say("cash cost ", MUTED) + say(f"${show_money(view.cash_cost, 0)}") + period


def all_in(picture: Picture) -> Content:
    view = picture.snapshot.mining
    if view.all_in_cost is None:
        return say("")
    return say("all-in ", MUTED) + say(f"${show_money(view.all_in_cost, 0)}")


def margin(picture: Picture) -> Content:
    """Price less the published cash cost."""
    found = picture.snapshot.mining.margin
    if found is None:
        return say("")
    sign = "−" if found < 0 else ""
    return say("margin ", MUTED) + say(f"{sign}${show_money(abs(found), 0)}", HARM if found < 0 else "")


def shortened(reasons: Sequence[ReasonView], whole: Sats, most: int | None = None) -> str:
    """'hashrate −27.9, uptime −3.0, luck −0.1' in per cent of what was possible, the `most` largest first."""
    known = [(one, share_of(one.sats, whole)) for one in reasons if one.sats is not None and whole]
    ordered = sorted(known, key=lambda pair: -abs(pair[1]))
    parts = [
        f"{SHORT_NAMES.get(one.name, one.name)} {signed(share)}"
        for one, share in ordered
        if abs(share) >= Decimal("0.05")
    ]
    return ", ".join(parts[:most])


def share_of(sats: int, whole: int) -> Decimal:
    """Per cent."""
    return Bps(Decimal(sats) * 100 / whole) if whole else Decimal(0)


def signed(value: Decimal, places: int = 1) -> str:
    """A number with its sign, and a real minus."""
    return f"{value:+.{places}f}".replace("-", "−")


def off(made: Sats, expected: Sats) -> Decimal:
    """Difference in per cent of what was expected."""
    return bps_between(Decimal(made), Decimal(expected)) / 100


def days(picture: Picture, width: int) -> Lines:
    """A table of days, newest first."""
    rows = [[say(head, MUTED) for head in ("day", "BTC", "expected", "difference", "EH/s")]]
    today = picture.local(picture.snapshot.taken).date()
    for day in reversed(by_day(picture)):
        expected = "—" if day.expected is None else show_btc(day.expected, 4)
        difference = "—" if not day.expected else f"{signed(off(day.sats, day.expected))} %"
        if day.day == today:
            difference = "so far"
        rate = "—" if day.hashrate_ehs is None else f"{day.hashrate_ehs:,.2f}"
        rows.append(
            [say(f"{day.day:%a} {day.day.day} {day.day:%b}"), say(show_btc(day.sats), STRONG)]
            + [say(text) for text in (expected, difference, rate)]
        )
    return columns(rows, "lrrrr", width, gap=2) if len(rows) > 1 else []


def _month_so_far(picture: Picture) -> Content:
    return say("month to date ", MUTED) + say(f"{show_btc(picture.snapshot.mining.month_to_date, 1)} BTC")


def _month_in_brief(picture: Picture) -> Content:
    return say("month ", MUTED) + say(f"{show_btc(picture.snapshot.mining.month_to_date, 1)} BTC")


def _month(picture: Picture, width: int) -> Content:
    """The month with the share of what was possible, and why; the reasons yield where there is no room."""
    month, so_far = picture.snapshot.mining.month, _month_so_far(picture)
    if month is None or not month.full or month.compared is None:
        return so_far
    lacking = say(f"  {signed(share_of(month.compared - month.full, month.full))} %")
    brief = _month_in_brief(picture)
    for head, most in ((so_far, None), (brief, None), (brief, 2), (brief, 1)):
        whole = head + lacking + say(f" ({shortened(month.reasons, month.full, most)})", MUTED)
        if whole.cell_length <= width:
            return whole
    return so_far + lacking


def _cost(picture: Picture, width: int) -> Content:
    """Hashprice, cash cost and margin, with their names cut where there is little room."""
    view = picture.snapshot.mining
    whole = say("")
    for first, per, second in (("hashprice ", "/PH/d", "cash cost "), ("", "/PH", "cash "), ("", "", "cash cost ")):
        earns = cost = say("")
        if view.hashprice is not None and per and not view.network_is_stale:
            earns = say(first, MUTED) + say(f"${show_money(view.hashprice, 1)}{per}")
        if view.cash_cost is not None:
            cost = say(second, MUTED) + say(f"${show_money(view.cash_cost, 0)}")
        whole = joined([earns, cost, margin(picture)])
        if whole.cell_length <= width:
            break
    return whole
