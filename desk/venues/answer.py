"""One request and what came back of it, captured for that call alone.

ccxt keeps the last response on the exchange object, where the next call overwrites it; judging a create by it would
be judging some other call. An Answer belongs to one call and is immutable.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

_LONGEST_BODY = 4_000_000
_LONGEST_SHOWN = 300


class Failure(StrEnum):
    """Why no HTTP answer is there; `NONE` when one is."""

    NONE = "none"
    NEVER_STARTED = "never started"
    """An error before the request was handed to the network: nothing was sent."""
    NOT_CONNECTED = "not connected"
    """No connection came about (refused, name unknown, TLS failed): nothing was sent."""
    TIMED_OUT = "timed out"
    DISCONNECTED = "disconnected"
    BROKEN = "broken"
    """An answer began and did not end properly."""


class NotAnAnswer(ValueError):
    """What came back is not the document it should be; the message says in what way."""


class Declined(NotAnAnswer):
    """The exchange itself said no to a read, in these words."""

    def __init__(self, exchange: str, errors: tuple[str, ...]) -> None:
        super().__init__(f"{exchange} answered {shown('; '.join(errors))}")
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Answer:
    """`sent` is the monotonic second at which the request's bytes left, None when they never did."""

    failure: Failure
    status: int | None = None
    content_type: str = ""
    body: str = ""
    error: str = ""
    sent: float | None = None

    @property
    def is_json(self) -> bool:
        return "json" in self.content_type.lower()

    def document(self) -> object:
        """The body as JSON with exact decimals. Raises NotAnAnswer for anything else, NaN and floods included."""
        if len(self.body) > _LONGEST_BODY:
            raise NotAnAnswer(f"a body of {len(self.body)} characters")
        try:
            parsed: object = json.loads(self.body, parse_float=Decimal, parse_constant=_refuse_constant)
        except (ValueError, ArithmeticError, RecursionError) as error:
            raise NotAnAnswer(f"not JSON: {shown(self.body)!r}") from error
        return parsed

    def described(self) -> str:
        """The answer in one line, cut and escaped, for the record."""
        if self.failure is not Failure.NONE:
            return f"{self.failure}: {shown(self.error)}"
        return f"HTTP {self.status}, {shown(self.content_type) or 'no content type'}: {shown(self.body) or 'empty'}"


def shown(text: str) -> str:
    """Foreign text made safe to store and show: control characters escaped, cut to a few hundred characters."""
    cut = text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in cut)


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not a number")
