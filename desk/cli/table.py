"""Plain tables for terminals and pipes: words left, numbers right, control characters made visible."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Mapping, Sequence

import click

_GAP, _INDENT = "  ", "    "
_UNITS = frozenset({"btc", "usd", "bps"})
_NUMBER = re.compile(r"[+-]?[\d,_.]+( ?[%A-Za-z/]+)?$")


def plain(value: object) -> str:
    """One line of text that cannot move a terminal's cursor or change its colours."""
    text = "" if value is None else str(value)
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)


def say(text: object, *, err: bool = False) -> None:
    """Prints text for people, line by line; nothing in it can act on their terminal."""
    for line in str(text).split("\n"):
        click.echo(plain(line), err=err)


def show_table(rows: Sequence[Mapping[str, object]], *, empty: str, width: int | None = None) -> None:
    """Rows under their keys; `empty` says what to do next where there are none.

    What does not fit into `width` goes on in an indented line below; by default that is the terminal's, and a pipe
    or a file has none.
    """
    if not rows:
        click.echo(empty)
        return
    names = [label(name) for name in rows[0]]
    cells = [[plain(row[name]) for name in rows[0]] for row in rows]
    widths = [max(len(line[i]) for line in [names, *cells]) for i in range(len(names))]
    right = [all(_NUMBER.match(line[i]) or not line[i] for line in cells) for i in range(len(names))]
    blocks = _blocks(widths, terminal_width() if width is None else width)
    for line in [names, *cells]:
        aligned = [c.rjust(w) if r else c.ljust(w) for c, w, r in zip(line, widths, right, strict=True)]
        for number, block in enumerate(blocks):
            text = _GAP.join(aligned[i] for i in block).rstrip()
            if text or not number:
                click.echo(f"{_INDENT if number else ''}{text}")


def terminal_width() -> int | None:
    """How many columns there are to write to; None where nobody looks at them side by side."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def _blocks(widths: Sequence[int], limit: int | None) -> list[list[int]]:
    """The columns line by line, as many beside each other as fit."""
    blocks, used = [[0]], widths[0]
    for i, width in enumerate(widths[1:], start=1):
        if limit is None or used + len(_GAP) + width <= limit:
            blocks[-1].append(i)
            used += len(_GAP) + width
        else:
            blocks.append([i])
            used = len(_INDENT) + width
    return blocks


def show_facts(facts: Mapping[str, object]) -> None:
    """Names and values, one a line."""
    width = max((len(label(name)) for name in facts), default=0)
    for name, value in facts.items():
        click.echo(f"{label(name).ljust(width)}  {plain(value)}")


def label(name: str) -> str:
    """A field's name as people write it: fair_value_usd is 'fair value USD'; the field keeps its own in --json."""
    words = name.split("_")
    return " ".join(word.upper() if word in _UNITS else word for word in words)
