"""Two quiet themes: one accent colour, red kept for harm."""

from __future__ import annotations

from textual.theme import Theme

NIGHT = Theme(
    name="desk-night",
    dark=True,
    primary="#5fb6c8",
    secondary="#5fb6c8",
    accent="#5fb6c8",
    warning="#c9a35f",
    error="#e0524d",
    success="#5fb6c8",
    foreground="#d6dbe0",
    background="#0f1317",
    surface="#151a20",
    panel="#1c232b",
    variables={"quiet": "#8b959f", "track": "#3a444e", "block-cursor-text-style": "none"},
)
DAY = Theme(
    name="desk-day",
    dark=False,
    primary="#14687a",
    secondary="#14687a",
    accent="#14687a",
    warning="#7a5a14",
    error="#b3241f",
    success="#14687a",
    foreground="#1c232b",
    background="#f7f6f2",
    surface="#efeee8",
    panel="#e5e3db",
    variables={"quiet": "#5d666e", "track": "#c4c3bb", "block-cursor-text-style": "none"},
)
THEMES = (NIGHT, DAY)
