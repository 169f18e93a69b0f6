"""How an act can fail: one sentence each, turned into an exit code or a line on screen at the edge."""

from __future__ import annotations

import sys


class Refused(Exception):
    """The act is not allowed or makes no sense; nothing was changed (P11)."""


class NotFound(Exception):
    """There is no such sale, order, key or request."""


class NotYetApplied(Exception):
    """The act is on record, but nobody applied it in time, or what it needs is not available."""


_EXPECTED = (
    ("desk.ledger", "LedgerError"),
    ("desk.venues.model", "Unavailable"),
    ("desk.feeds.wire", "FeedUnavailable"),
    ("desk.duty.lock", "LockHeld"),
)
"""Named by module, so that no room is imported merely to recognise its errors."""


def is_a(error: BaseException, module: str, name: str) -> bool:
    """Whether `error` is of a class of a module that may never have been imported."""
    kind = getattr(sys.modules.get(module), name, None)
    return isinstance(kind, type) and isinstance(error, kind)


def expected(error: BaseException) -> bool:
    """Whether an error is one of the desk's own sentences for people, and not a defect."""
    if isinstance(error, Refused | NotFound | NotYetApplied):
        return True
    kind = type(error)
    own_word = kind.__module__.startswith("desk.") and kind.__name__.endswith("Refused")
    return own_word or any(is_a(error, module, name) for module, name in _EXPECTED)
