"""Sections of a page of text: a title, its lines, and air."""

from __future__ import annotations

from widgets.layout import Lines
from widgets.words import STRONG, say


def section(title: str, lines: Lines) -> Lines:
    """A title, the lines, and an empty line after them."""
    return [say(title, STRONG), *lines, say("")]
