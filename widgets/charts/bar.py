"""Bars of text: parts of a whole, a share, a loan between its limits. Told apart by shape, not only by colour."""

from __future__ import annotations

from collections.abc import Sequence
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


def limit_bar(value: Decimal, first: Decimal, second: Decimal, width: int, end: Decimal = Decimal(0)) -> Content:
    """A value on a scale with marks where `first` and `second` lie; it ends a tenth beyond `second`, or at `end`."""
    if width < 8 or second <= 0:
        return say("")
    scale = max(second * Decimal("1.1"), end)
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


def spark(values: Sequence[int], width: int) -> str:
    """The last `width` values as one row of blocks, from the smallest to the largest of them."""
    shown = list(values)[-width:] if width > 0 else []
    low, high = min(shown, default=0), max(shown, default=0)
    return "".join("▁▂▃▄▅▆▇█"[(value - low) * 7 // max(high - low, 1)] for value in shown)
