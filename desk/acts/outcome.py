"""How an act can fail: one sentence each, turned into an exit code or a line on screen at the edge."""

from __future__ import annotations


class Refused(Exception):
    """The act is not allowed or makes no sense; nothing was changed (P11)."""


class NotFound(Exception):
    """There is no such sale, order, key or request."""


class NotYetApplied(Exception):
    """The act is on record, but nobody applied it in time, or what it needs is not available."""
