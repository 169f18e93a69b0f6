"""What an outcome proves: placed, refused or unknown, judged on this call's own parsed body (P3).

Exception classes prove nothing: an accepted order whose connection broke and a refused connection raise the same one,
a proxy's HTML 403 raises the same one as the exchange's own refusal. So the order of questions is: did anything leave
this machine; is the body the exchange's own document; what does that document say. Whatever is not in an exchange's
table of refusals is unknown.

A task that is cancelled while its create is under way gets no outcome at all: CancelledError passes through, and
whoever cancelled it records the order as unknown, because the request may have left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from desk.venues.answer import Answer, Failure, NotAnAnswer, shown
from desk.venues.model import (
    CancelOutcome,
    CancelRefused,
    CreateOutcome,
    Refused,
    Unknown,
)

NOTHING_SENT = frozenset({Failure.NEVER_STARTED, Failure.NOT_CONNECTED})


class Verdict(StrEnum):
    """What one error text of an exchange proves about the request that got it."""

    REFUSED = "refused"
    REFUSED_FOR_NOW = "refused for now"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Refusals:
    """An exchange's own words for no, each a prefix; the longest match wins and no match is unknown."""

    verdicts: tuple[tuple[str, Verdict], ...]

    def of(self, error: str) -> Verdict:
        matches = [(len(prefix), verdict) for prefix, verdict in self.verdicts if _begins(error, prefix)]
        return max(matches, key=lambda match: match[0])[1] if matches else Verdict.UNKNOWN

    def of_all(self, errors: Iterable[str]) -> Verdict:
        """Several errors prove a refusal only if each of them does."""
        found = {self.of(error) for error in errors}
        if not found or Verdict.UNKNOWN in found:
            return Verdict.UNKNOWN
        return Verdict.REFUSED if Verdict.REFUSED in found else Verdict.REFUSED_FOR_NOW


def _begins(error: str, prefix: str) -> bool:
    """Whether `prefix` is the error or its beginning up to a colon, a space or a bracket: never half a word."""
    return error == prefix or (error.startswith(prefix) and not error[len(prefix)].isalnum())


def judge_create(answer: Answer, read: Callable[[object], CreateOutcome]) -> CreateOutcome:
    """What an answer to a create proves; `read` knows the exchange's document and may raise NotAnAnswer."""
    if answer.failure in NOTHING_SENT and answer.sent is None:
        return Refused(f"nothing was sent: {shown(answer.error)}", is_temporary=True)
    try:
        return read(_document(answer))
    except NotAnAnswer as error:
        return Unknown(f"{error} ({answer.described()})")


def judge_cancel(answer: Answer, read: Callable[[object], CancelOutcome]) -> CancelOutcome:
    """What an answer to a cancel proves. Even an accepted one leaves the final quantity to be looked up."""
    if answer.failure in NOTHING_SENT and answer.sent is None:
        return CancelRefused(f"nothing was sent: {shown(answer.error)}", is_temporary=True)
    try:
        return read(_document(answer))
    except NotAnAnswer as error:
        return Unknown(f"{error} ({answer.described()})")


def _document(answer: Answer) -> object:
    """The exchange's own document. A refusal page of whatever stands in between is none, whatever its status."""
    if answer.failure is not Failure.NONE:
        raise NotAnAnswer("no answer")
    if not answer.is_json:
        raise NotAnAnswer("an answer that is not the exchange's")
    if answer.status is None or not (answer.status == 200 or 400 <= answer.status < 500):
        raise NotAnAnswer("an answer that proves nothing")
    return answer.document()
