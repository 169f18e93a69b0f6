"""The mining page below its chart: the month led from what was possible to what was credited, epochs, pools."""

from __future__ import annotations

from decimal import Decimal

from textual.content import Content

from desk.snapshot.model import MiningPeriodView, PoolView, ReasonView
from desk.units import show_btc, show_money
from widgets.charts.bar import EIGHTHS
from widgets.layout import Lines, columns, flowing, joined, wrapped
from widgets.panels import mining
from widgets.panels.mining import signed
from widgets.picture import Picture
from widgets.words import ACCENT, HARM, MUTED, STALE, STRONG, age, say

NAMES = {"hashrate": "hashrate below deployed", "unexplained": "luck and unexplained"}
_TERA = Decimal(10) ** 12
_BAR = 24


def title(picture: Picture, width: int) -> Lines:
    """The heading, and what the figures lack."""
    view = picture.snapshot.mining
    parts = [
        say("MINING", STRONG),
        say("stale", HARM) if view.is_stale else say(""),
        say("illustrative", MUTED) if view.is_illustrative else say(""),
        say(view.missing, MUTED),
    ]
    return [joined(parts, "  ")]


def numbers(picture: Picture, width: int) -> Lines:
    """The headline figures: made, machines, money; as many lines as the width asks for."""
    view = picture.snapshot.mining
    if not view.days and view.latest is None:
        return [mining.EMPTY]
    made = [mining.latest(picture)]
    if view.latest is not None and view.latest.expected and not _runs_still(picture):
        made.append(say(f"{signed(mining.off(view.latest.sats, view.latest.expected))} %"))
    made.append(say("month to date ", MUTED) + say(f"{show_btc(view.month_to_date, 2)} BTC"))
    lines: Lines = []
    for parts in (made, mining.machines(view.month), mining.costs(picture)):
        lines += flowing(parts, width)
    return lines


def story(picture: Picture, width: int) -> Lines:
    """The month explained, the epochs, the pools, what was restated and what is missing."""
    view = picture.snapshot.mining
    parts = [
        month(view.month, width),
        epochs(picture, width),
        pools(picture, width),
        [line for one in view.restated for line in wrapped(say("restated ", HARM) + say(one), width)],
        [line for one in view.notes for line in wrapped(say(one, MUTED), width)],
    ]
    lines: Lines = []
    for part in parts:
        lines += [*([say("")] if lines and part else []), *part]
    return lines


def month(view: MiningPeriodView | None, width: int) -> Lines:
    """From all that is deployed down to what was credited, a line a reason; bars show how much each took."""
    if view is None:
        return []
    days = (view.last - view.first).days + 1
    head = say(f"{view.first:%B %Y}".upper(), STRONG) + say(
        f"  {days} complete {'days' if days > 1 else 'day'}", MUTED
    )
    if not view.full or view.compared is None:
        return [head, *wrapped(say(f"no estimate: {'; '.join(view.missing)}", MUTED), width)]
    largest = max((abs(one.sats) for one in view.reasons if one.sats is not None), default=0)
    rows = [[say("all deployed, always on"), say(show_btc(view.full, 2)), say("100.0 %", MUTED), say("")]]
    rows += [_reason(one, view.full, largest, width) for one in view.reasons]
    left = Decimal(view.compared) * 100 / view.full
    rows.append(
        [say("credited", STRONG), say(show_btc(view.compared, 2), STRONG), say(f"{left:.1f} %", MUTED), say("")]
    )
    lines = [head, *columns(rows, "lrrl", width)]
    for one in view.reasons:
        if one.note:
            lines += wrapped(say(f"{NAMES.get(one.name, one.name)}: {one.note}", MUTED), width)
    if view.missing:
        lines += wrapped(say(f"left out: {'; '.join(view.missing)}", MUTED), width)
    return lines


def epochs(picture: Picture, width: int) -> Lines:
    """Difficulty epochs, newest first; the last columns yield where there is no room."""
    found = picture.snapshot.mining.epochs
    if not found:
        return []
    heads = ("epoch", "difficulty", "BTC", "off", "EH/s", "power", "cash")
    cells = [[say(head, MUTED) for head in heads], *([*_epoch(one)] for one in reversed(found))]
    for count in (7, 5, 4):
        rows = [row[:count] for row in cells]
        wide = sum(max(row[at].cell_length for row in rows) for at in range(count)) + 2 * (count - 1)
        if wide <= width:
            break
    parts = [f"* part of an epoch: {one.part}" for one in reversed(found) if one.part]
    return [
        *columns(rows, "lrrrrrr"[:count], width),
        *(line for part in parts for line in wrapped(say(part, MUTED), width)),
    ]


def pools(picture: Picture, width: int) -> Lines:
    """Each pool with its newest day, how long ago that ended, and what was wrong when it was asked last."""
    found = picture.snapshot.mining.pools
    if not found:
        return []
    rows = [[say(head, MUTED) for head in ("pool", "newest day", "BTC", "ended", "")]]
    rows += [_pool(picture, one) for one in found]
    return columns(rows, "llrrl", width)


def _runs_still(picture: Picture) -> bool:
    last = picture.snapshot.mining.latest
    return last is not None and last.day == picture.local(picture.snapshot.taken).date()


def _reason(one: ReasonView, whole: int, largest: int, width: int) -> list[Content]:
    name = say(NAMES.get(one.name, one.name))
    if one.sats is None:
        return [name, say("not known", MUTED), say(""), say("")]
    share = mining.share_of(one.sats, whole)
    amount = f"{show_btc(one.sats, 2)}" if one.sats < 0 else f"+{show_btc(one.sats, 2)}"
    room = max(min(_BAR, width - 48), 0)
    return [name, say(amount.replace("-", "−")), say(f"{signed(share)} %", MUTED), _bar(one.sats, largest, room)]


def _bar(sats: int, largest: int, width: int) -> Content:
    """How much a reason took, beside the largest one; a gain is drawn lighter than a loss."""
    if not largest or width < 4:
        return say("")
    eighths = abs(sats) * width * 8 // largest
    whole, part = divmod(eighths, 8)
    return say("█" * whole + (EIGHTHS[part] if part else ""), ACCENT if sats >= 0 else MUTED)


def _epoch(one: MiningPeriodView) -> list[Content]:
    difficulty = "—" if one.difficulty is None else f"{one.difficulty / _TERA:,.1f} T"
    change = "" if one.change is None else f" {signed(one.change / 100)} %"
    made = "—" if not one.expected or one.compared is None else f"{signed(mining.off(one.compared, one.expected))} %"
    return [
        say(f"{one.first.day} {one.first:%b} – {one.last.day} {one.last:%b}{' *' if one.part else ''}"),
        say(difficulty) + say(change, MUTED),
        say(show_btc(one.mined, 2), STRONG),
        say(made),
        say("—" if one.operating_ehs is None else f"{one.operating_ehs:,.1f}"),
        say("—" if one.power_per_btc is None else f"${show_money(one.power_per_btc, 0)}"),
        say("—" if one.cash_per_btc is None else f"${show_money(one.cash_per_btc, 0)}"),
    ]


def _pool(picture: Picture, one: PoolView) -> list[Content]:
    when = "none" if one.newest is None else f"{one.newest.day} {one.newest:%b}"
    state = say(one.error, HARM) if one.error else say("stale", HARM) if one.is_stale else say("")
    return [
        say(one.name) + say(f"  {one.kind}", MUTED),
        say(when, STALE if one.is_stale else ""),
        say("—" if one.sats is None else show_btc(one.sats, 4), STALE if one.is_stale else ""),
        say("—" if one.age_s is None else f"{age(one.age_s)} ago"),
        state,
    ]
