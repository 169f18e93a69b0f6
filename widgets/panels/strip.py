"""The top strip: whose desk, the price and its age, the daemon, halt, the time; and below it what is wrong."""

from __future__ import annotations

from textual.content import Content

from desk.units import show_money
from widgets.layout import Lines, cut
from widgets.picture import Picture
from widgets.words import ACCENT, HARM, MUTED, STALE, STRONG, age, arrow, hms, percent, price, say

LEVELS = 6


def lines(picture: Picture, width: int) -> Lines:
    """One line that always fits, then one for each thing that is wrong."""
    for level in range(LEVELS):
        parts = _parts(picture, level)
        if sum(part.cell_length for part in parts) + 2 * len(parts) <= width:
            break
    return [_spread(parts, width), *_troubles(picture, width)]


def _spread(parts: list[Content], width: int) -> Content:
    """Parts over the width with even gaps, the last one at the right edge."""
    free = width - 2 - sum(part.cell_length for part in parts)
    gaps = len(parts) - 1
    if free < gaps:
        return cut(Content(" ").join([Content(""), *parts]), width)
    line = Content(" ") + parts[0]
    for index, part in enumerate(parts[1:]):
        line = line + Content(" " * (free // gaps + (1 if index < free % gaps else 0))) + part
    return line


def _parts(picture: Picture, level: int) -> list[Content]:
    return [
        _name(picture, level),
        _price(picture, level),
        _daemon(picture, level),
        _halt(picture),
        _time(picture, level),
    ]


def _name(picture: Picture, level: int) -> Content:
    snapshot = picture.snapshot
    name = say(snapshot.desk_name, STRONG)
    if level >= 3:
        name = cut(name, 10 if level < 5 else 4)
    if not snapshot.is_demo:
        return name
    speed = f" ×{snapshot.speed}" if snapshot.speed != 1 and level < 4 else ""
    return name + say(f" DEMO{speed}", ACCENT)


def _price(picture: Picture, level: int) -> Content:
    view = picture.snapshot.price
    symbol = view.symbol if level < 2 else view.symbol.split("/", maxsplit=1)[0]
    label = say(f"{symbol} ", MUTED) if level < 4 else say("")
    old = view.is_stale or picture.is_old
    if view.mid is None:
        return label + say("no price", HARM)
    digits = show_money(view.mid, 0) if level >= 5 else price(view.mid)
    figure = say(digits, STALE if old else STRONG)
    change = say("")
    if view.change_24h is not None and level < 3:
        gap = " " if level < 2 else ""
        change = say(f" {arrow(view.change_24h)}{gap}{percent(abs(view.change_24h), 2).replace(' ', gap)}")
    seen = age(picture.aged(view.age_s))
    if old:
        return label + figure + say(f" stale {seen}" if level < 4 else " stale", HARM)
    venue = f"  {view.venue} {seen} ago" if level == 0 else f" {seen}" if level < 4 else ""
    return label + figure + change + say(venue, MUTED)


def _daemon(picture: Picture, level: int) -> Content:
    view = picture.snapshot.daemon
    if view.state == "running":
        seen = f" {age(picture.aged(view.age_s))}" if level < 2 else ""
        return say("daemon " if level < 4 else "d", MUTED) + say("●", ACCENT) + say(seen, MUTED)
    seen = f" {age(picture.aged(view.age_s))}" if level < 3 and view.age_s is not None else ""
    return say(f"daemon {view.state}{seen}", HARM)


def _halt(picture: Picture) -> Content:
    return say("HALTED", f"{HARM} reverse") if picture.snapshot.halt else say("halt off", MUTED)


def _time(picture: Picture, level: int) -> Content:
    local = picture.local(picture.snapshot.taken)
    date = f"{local:%a} {local.day} {local:%b} {local:%Y} " if level == 0 else ""
    date = f"{local:%a} {local.day} {local:%b} " if level == 1 else date
    clock = f"{local:%H:%M:%S}" if level < 4 else f"{local:%H:%M}"
    return say(f"{date}{clock} {local:%Z}", STALE if picture.is_old else "")


def _troubles(picture: Picture, width: int) -> Lines:
    found: Lines = []
    halt = picture.snapshot.halt
    if halt:
        since = f" {hms(picture, halt.since)[:5]}" if halt.since else ""
        signed = say(f" · {halt.rearm_signatures} of {halt.rearm_needed} signed to rearm")
        said = say(f" halted by {halt.actor}{since}: {halt.reason}", HARM)
        found.append(cut(cut(said, max(width - signed.cell_length, 40)) + signed, width))
    if picture.snapshot.daemon.state == "stopped":
        found.append(cut(say(" ! no daemon is running, nothing is sold: start it with desk daemon", HARM), width))
    if picture.problem or picture.is_old:
        why = picture.problem or "the desk does not answer"
        found.append(cut(say(f" ! {why} — this picture is {age(picture.behind_s)} old", HARM), width))
    found.extend(cut(say(f" ! {problem}", HARM), width) for problem in picture.snapshot.problems[:3])
    return found
