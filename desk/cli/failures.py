"""Errors of every room to exit codes: turned into words once, here at the edge."""

from __future__ import annotations

import sys

REFUSED, USAGE, NOT_FOUND, UNAVAILABLE = 1, 2, 3, 4


class Failure(Exception):
    """A command that could not be done: the sentence for the person and the exit code."""

    def __init__(self, sentence: str, code: int = REFUSED) -> None:
        super().__init__(sentence)
        self.code = code


def not_found(what: str, name: str, hint: str = "") -> Failure:
    return Failure(f"no {what} {name!r}{'; ' + hint if hint else ''}", NOT_FOUND)


# Named by module so that no room is imported merely to recognise its errors.
_CODES: dict[str, dict[str, int]] = {
    "desk.ledger": {"LedgerError": UNAVAILABLE},
    "desk.venues.model": {"Unavailable": UNAVAILABLE},
    "desk.acts.outcome": {"NotFound": NOT_FOUND, "NotYetApplied": UNAVAILABLE, "Refused": REFUSED},
}


def exit_code_of(error: BaseException) -> int | None:
    """The exit code for an expected error; None for a defect, which keeps its traceback."""
    if isinstance(error, Failure):
        return error.code
    for module, names in _CODES.items():
        loaded = sys.modules.get(module)
        for name, code in names.items():
            kind = getattr(loaded, name, None)
            if isinstance(kind, type) and isinstance(error, kind):
                return code
    own = type(error).__module__.startswith("desk.") and isinstance(error, ValueError)
    own = own or (type(error).__name__.endswith("Refused") and type(error).__module__.startswith("desk."))
    return REFUSED if own else None
