"""Bars of text: parts of a whole, a share, a loan between its limits. Told apart by shape, not only by colour."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from textual.content import Content

from widgets.words import ACCENT, HARM, MUTED, TRACK, say

EIGHTHS = " ▏▎▍▌▋▊▉█"


def part_bar(parts: Sequence[tuple[int, str, str]], width: int) -> Content:
    """(size, glyph, style) as one bar of `width` cells; a part that exists gets at least one cell."""
    total = sum(size for size, _, _ in parts)
    if total <= 0 or width <= 0:
        return say("░" * max(width, 0), MUTED)
    cells = [max(1, round(size * width / total)) if size > 0 else 0 for size, _, _ in parts]
    while sum(cells) != width:
        largest = max(range(len(cells)), key=lambda index: cells[index])
        cells[largest] += 1 if sum(cells) < width else -1
        if cells[largest] < 0:
            break
    return Content("").join(
        say(glyph * count, style) for (_, glyph, style), count in zip(parts, cells, strict=True) if count > 0
    )


def share_bar(done: Decimal, width: int) -> Content:
    """A share 0 … 1 to an eighth of a cell; what is missing is drawn as a quiet track."""
    if width <= 0:
        return say("")
    eighths = int(min(max(done, Decimal(0)), Decimal(1)) * width * 8)
    whole, part = divmod(eighths, 8)
    head = "█" * whole + (EIGHTHS[part] if part else "")
    return say(head, ACCENT) + say("░" * (width - len(head)), TRACK)


def limit_bar(value: Decimal, first: Decimal, second: Decimal, width: int) -> Content:
    """A value on a scale from zero with marks where `first` and `second` lie; it ends a tenth beyond `second`."""
    if width < 8 or second <= 0:
        return say("")
    scale = second * Decimal("1.1")
    at = [min(int(mark / scale * width), width - 1) for mark in (first, second)]
    full = min(int(value / scale * width), width)
    style = HARM if value >= first else ACCENT
    bar = Content("")
    begin = 0
    for place, glyph, tone in ((at[0], "┊", HARM if full > at[0] else ""), (at[1], "┃", HARM), (width, "", "")):
        solid = max(min(full, place) - begin, 0)
        bar = bar + say("█" * solid, style) + say("░" * max(place - begin - solid, 0), TRACK) + say(glyph, tone)
        begin = place + 1
    return bar


@dataclass(frozen=True, slots=True)
class ZoneScale:
    """A scale that looks closely at what lies around two limits: `low` to `high`, a part for each zone between them.

    The marks have cells of their own, so that a value beyond a limit is always drawn beyond its mark.
    """

    low: Decimal
    first: Decimal
    second: Decimal
    high: Decimal
    cells: tuple[int, int, int]

    def bar(self, value: Decimal, style: str) -> Content:
        """The value to an eighth of a cell; ▶ where it lies beyond the scale."""
        edges = (self.low, self.first, self.second, self.high)
        drawn = Content("")
        for at, (cells, glyph) in enumerate(zip(self.cells, ("┊", "┃", ""), strict=True)):
            begin, end = edges[at], edges[at + 1]
            eighths = int(min(max((value - begin) / (end - begin), Decimal(0)), Decimal(1)) * cells * 8)
            whole, part = divmod(max(eighths, 1) if value >= begin else 0, 8)
            head = "█" * whole + (EIGHTHS[part] if part else "")
            if not glyph and value > self.high:
                head = "█" * (cells - 1) + "▶"
            mark = HARM if glyph and value >= end else ""
            drawn = drawn + say(head, style) + say("░" * (cells - len(head)), TRACK) + say(glyph, mark)
        return drawn

    def heading(self, words: tuple[str, str], show: Callable[[Decimal], str]) -> Content:
        """For above the bars: where the scale begins and ends, and what the marks are, as far as there is room."""
        before, between, beyond = self.cells
        low = show(self.low)
        head = low if len(low) + 1 + len(words[0]) <= before else ""
        first = head + _right(words[0], before - len(head))
        return say(f"{first}┊{_right(words[1], between)}┃{_right(show(self.high), beyond)}", MUTED)


def _right(word: str, cells: int) -> str:
    """The word at the right end of so many cells, or none of it where it does not fit."""
    return word.rjust(cells) if len(word) <= cells else " " * cells


def zone_scale(first: Decimal, second: Decimal, width: int) -> ZoneScale | None:
    """A scale of `width` cells around two limits; None where there is no room for it, or they are not in order."""
    room, between = width - 2, second - first
    if room < 6 or between <= 0:
        return None
    low, high = max(first - between * Decimal("2.5"), Decimal(0)), second + between * Decimal("1.5")
    edges = ((first, second), (second, high))
    after = [max(int((end - begin) / (high - low) * room + Decimal("0.5")), 1) for begin, end in edges]
    while sum(after) >= room:
        after[after.index(max(after))] -= 1
    return ZoneScale(low, first, second, high, (room - sum(after), after[0], after[1]))


def spark(values: Sequence[int], width: int) -> str:
    """The last `width` values as one row of blocks, from the smallest to the largest of them."""
    shown = list(values)[-width:] if width > 0 else []
    low, high = min(shown, default=0), max(shown, default=0)
    return "".join("▁▂▃▄▅▆▇█"[(value - low) * 7 // max(high - low, 1)] for value in shown)
