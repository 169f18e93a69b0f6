"""Lines of text laid out to a width: two sides, columns, cuts. Pure; every function returns whole lines."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from widgets.words import MUTED, say

Line = Content
Lines = list[Content]


def cut(line: Content, width: int) -> Content:
    """`line`, ending in … where it is longer than `width` cells."""
    return line if line.cell_length <= width else line.truncate(max(width, 0), ellipsis=True)


def fill(line: Content, width: int) -> Content:
    """`line` cut or padded to exactly `width` cells."""
    short = cut(line, width)
    return short.pad_right(width - short.cell_length)


def sides(left: Content, right: Content, width: int) -> Content:
    """Left and right text on one line; the left side yields when both do not fit."""
    room = width - right.cell_length
    if room < 4:
        return cut(left, width)
    return fill(left, room) + right if left.cell_length < room else fill(cut(left, room - 1), room) + right


def joined(parts: Sequence[Content], between: str = " · ") -> Content:
    """Parts with a quiet separator; empty parts leave none."""
    return say(between, MUTED).join([part for part in parts if part])


def fitting(parts: Sequence[Content], width: int, between: str = " · ") -> Content:
    """As many of `parts`, most important first, as fit whole into `width`; the first is cut rather than left out."""
    kept: list[Content] = []
    for part in parts:
        if part and joined([*kept, part], between).cell_length <= width:
            kept.append(part)
    first = next((part for part in parts if part), None)
    if first is None or first in kept:
        return joined(kept, between)
    return cut(first, width)


def flowing(parts: Sequence[Content], width: int) -> Lines:
    """Parts with a quiet separator, on as many lines as they need."""
    lines: list[list[Content]] = []
    for part in parts:
        if lines and joined([*lines[-1], part]).cell_length <= width:
            lines[-1].append(part)
        else:
            lines.append([part])
    return [joined(line) for line in lines]


def columns(rows: Sequence[Sequence[Content]], align: str, width: int, gap: int = 2) -> Lines:
    """Rows as columns as wide as their widest cell; `align` has l or r per column, and the widest l column yields."""
    if not rows:
        return []
    widths = [max(row[index].cell_length for row in rows) for index in range(len(align))]
    over = sum(widths) + gap * (len(widths) - 1) - width
    while over > 0:
        widest = max(range(len(widths)), key=lambda index: (align[index] == "l", widths[index]))
        shorter = max(widths[widest] - over, 6)
        if shorter >= widths[widest]:
            break
        over -= widths[widest] - shorter
        widths[widest] = shorter
    space = Content(" " * gap)
    return [cut(space.join(_cell(row[i], align[i], widths[i]) for i in range(len(align))), width) for row in rows]


def _cell(cell: Content, side: str, width: int) -> Content:
    short = cut(cell, width)
    missing = width - short.cell_length
    return short.pad_left(missing) if side == "r" else short.pad_right(missing)


def wrapped(text: Content, width: int) -> Lines:
    """Text broken into lines of at most `width` cells."""
    return text.wrap(max(width, 1)) if text else []
