"""Errors of every room to exit codes: turned into words once, here at the edge."""

from __future__ import annotations

from desk.acts.outcome import expected, is_a

REFUSED, USAGE, NOT_FOUND, UNAVAILABLE = 1, 2, 3, 4


class Failure(Exception):
    """A command that could not be done: the sentence for the person and the exit code."""

    def __init__(self, sentence: str, code: int = REFUSED) -> None:
        super().__init__(sentence)
        self.code = code


def not_found(what: str, name: str, hint: str = "") -> Failure:
    return Failure(f"no {what} {name!r}{'; ' + hint if hint else ''}", NOT_FOUND)


# Named by module so that no room is imported merely to recognise its errors.
# The first that fits decides.
_CODES: tuple[tuple[str, str, int], ...] = (
    ("desk.acts.outcome", "NotFound", NOT_FOUND),
    ("desk.acts.outcome", "NotYetApplied", UNAVAILABLE),
    ("desk.acts.outcome", "Refused", REFUSED),
    ("desk.ledger", "NotOnRecord", NOT_FOUND),
    ("desk.ledger", "LedgerRefused", REFUSED),
    ("desk.ledger", "IntentRefused", REFUSED),
    ("desk.ledger", "ValueRefused", REFUSED),
    ("desk.ledger", "LedgerExists", REFUSED),
    ("desk.ledger", "LedgerError", UNAVAILABLE),
    ("desk.venues.model", "Unavailable", UNAVAILABLE),
    ("desk.feeds.wire", "FeedUnavailable", UNAVAILABLE),
    ("desk.duty.lock", "LockHeld", UNAVAILABLE),
)


def exit_code_of(error: BaseException) -> int | None:
    """The exit code for an expected error; None for a defect, which keeps its traceback."""
    if isinstance(error, Failure):
        return error.code
    for module, name, code in _CODES:
        if is_a(error, module, name):
            return code
    return REFUSED if expected(error) else None
