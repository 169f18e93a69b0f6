"""Plain tables for terminals and pipes: words left, numbers right, control characters made visible."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import click

_NUMBER = re.compile(r"[+-]?[\d,_.]+( ?[%A-Za-z/]+)?$")


def plain(value: object) -> str:
    """One line of text that cannot move a terminal's cursor or change its colours."""
    text = "" if value is None else str(value)
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)


def say(text: object, *, err: bool = False) -> None:
    """Prints text for people, line by line; nothing in it can act on their terminal."""
    for line in str(text).split("\n"):
        click.echo(plain(line), err=err)


def show_table(rows: Sequence[Mapping[str, object]], *, empty: str) -> None:
    """Rows under their keys; `empty` says what to do next where there are none."""
    if not rows:
        click.echo(empty)
        return
    names = list(rows[0])
    cells = [[plain(row[name]) for name in names] for row in rows]
    widths = [max(len(line[i]) for line in [names, *cells]) for i in range(len(names))]
    right = [all(_NUMBER.match(line[i]) or not line[i] for line in cells) for i in range(len(names))]
    for line in [names, *cells]:
        aligned = (c.rjust(w) if r else c.ljust(w) for c, w, r in zip(line, widths, right, strict=True))
        click.echo("  ".join(aligned).rstrip())


def show_facts(facts: Mapping[str, object]) -> None:
    """Names and values, one a line."""
    width = max((len(name) for name in facts), default=0)
    for name, value in facts.items():
        click.echo(f"{name.ljust(width)}  {plain(value)}")
