"""The roll-forward: what was there, what came, what went, and so what is there, in coins and in dollars (P9).

opening + mined + received − sold − fees in BTC − paid out = closing. Coins that only change their place are no line.
A lender who may re-use pledged coins holds them as his own: they leave the books for a receivable, and come back.
The change in fair value is close − open − additions + dispositions; realised gains are inside it, never added twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from desk.treasury.months import month_of
from desk.units import NOTHING, Money, Sats, exact_sum


class LineKind(StrEnum):
    """Why the holding changed; the order is that of the statement."""

    CUT_OVER = "cut-over"
    MINED = "mined"
    RECEIVED = "received"
    SOLD = "sold"
    FEES = "fees"
    PAID_OUT = "paid-out"
    RECEIVABLE = "receivable"
    EXPLAINED = "explained"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class Entry:
    """So many coins more (or, below zero, fewer) at one place from one moment on, and their value with the same sign.

    `ref` is the movement or explanation behind it. `missing` says what the value would need, `note` what valued it.
    `at` is the moment it is booked at; `happened` the one it is about, where that lies in a month closed before.
    """

    ref: str
    kind: LineKind
    at: datetime
    place: str
    sats: Sats
    usd: Money | None = None
    missing: str = ""
    note: str = ""
    happened: datetime | None = None

    @property
    def late_of(self) -> str:
        """The closed month that it would belong to, had it been known then; '' for most."""
        return month_of(self.happened) if self.happened is not None else ""


@dataclass(frozen=True, slots=True)
class Amount:
    """Coins and their fair value; `missing` names the mark without which there is none."""

    sats: Sats
    usd: Money | None
    missing: str = ""


@dataclass(frozen=True, slots=True)
class RollLine:
    """One line of the statement with the entries it is the sum of."""

    kind: LineKind
    entries: tuple[Entry, ...]

    @property
    def sats(self) -> Sats:
        return Sats(sum(entry.sats for entry in self.entries))

    @property
    def missing(self) -> tuple[str, ...]:
        """Each thing once that the line's value would need."""
        return tuple(dict.fromkeys(e.missing or f"{e.ref} has no value" for e in self.entries if e.usd is None))

    @property
    def usd(self) -> Money | None:
        """The line's value, or None where any entry has none."""
        values = [entry.usd for entry in self.entries if entry.usd is not None]
        return exact_sum(tuple(values)) if len(values) == len(self.entries) else None


@dataclass(frozen=True, slots=True)
class Roll:
    """One period rolled forward. `moved` are the entries between own places, which sum to nothing."""

    period: str
    opening: Amount
    lines: tuple[RollLine, ...]
    moved: tuple[Entry, ...]
    closing: Amount

    def line(self, kind: LineKind) -> RollLine:
        """The line, empty where nothing of the kind happened."""
        return next((line for line in self.lines if line.kind is kind), RollLine(kind, ()))

    @property
    def missing(self) -> tuple[str, ...]:
        """Everything without which there are no dollars for this period; empty when it closes in dollars too."""
        sides = [side.missing or "a value" for side in (self.opening, self.closing) if side.usd is None]
        return tuple(dict.fromkeys([*sides, *(text for line in self.lines for text in line.missing)]))

    @property
    def fair_value_change(self) -> Money | None:
        """close − open − additions + dispositions, realised gains included; None where a value is missing."""
        values = [line.usd for line in self.lines]
        if self.opening.usd is None or self.closing.usd is None:
            return None
        known = [value for value in values if value is not None]
        if len(known) < len(values):
            return None
        return Money(self.closing.usd - self.opening.usd - exact_sum(tuple(known)))


def roll(
    period: str, opening: Amount, entries: Iterable[Entry], closing_usd: Money | None, missing: str = ""
) -> Roll:
    """The period's statement: the closing coins follow from opening and entries, their value is the mark's.

    `missing` names what the closing value would need, where it is None. Nothing is worth nothing without a mark.
    """
    found = sorted(entries, key=lambda entry: (entry.at, entry.ref, entry.place))
    moved = tuple(entry for entry in found if entry.kind is LineKind.MOVED)
    lines = tuple(line for kind in LineKind if (line := _line(kind, found)).entries and kind is not LineKind.MOVED)
    sats = Sats(opening.sats + sum(entry.sats for entry in found))
    usd = NOTHING if not sats and closing_usd is None else closing_usd
    return Roll(period, opening, lines, moved, Amount(sats, usd, missing if usd is None else ""))


def _line(kind: LineKind, entries: Sequence[Entry]) -> RollLine:
    return RollLine(kind, tuple(entry for entry in entries if entry.kind is kind))
