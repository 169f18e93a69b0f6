"""Breaks: what the books say and what was seen differ. Each has a name, an age, an owner, and lines that explain it.

Positive satoshis are coins that left without a word. Explanations take off what they explain; nothing else does, and
a break that is explained to the last satoshi is settled (P9).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from desk.treasury.coin_records import BreakOwner, Explanation
from desk.units import Sats, btc_text


class BreakKind(StrEnum):
    """Where it shows: in announced months, at a place, or between ledger, trades and balance of a venue."""

    PUBLISHED = "published"
    PLACE = "place"
    VENUE = "venue"


@dataclass(frozen=True, slots=True)
class Break:
    """One difference. `explained` are the lines on record about it; `month` is the one that they are booked in.

    Its id stays the same for as long as it is the same difference: kind, subject and the month it began in.
    """

    kind: BreakKind
    subject: str
    month: str
    sats: Sats
    since: date
    text: str
    explained: tuple[Explanation, ...] = ()
    owner: str = ""
    owner_note: str = ""

    @property
    def id(self) -> str:
        return break_id(self.kind, self.subject, self.month)

    @property
    def open(self) -> Sats:
        """What nobody has explained yet."""
        return Sats(self.sats - sum(line.sats for line in self.explained))

    @property
    def is_open(self) -> bool:
        return self.open != 0

    def age_days(self, today: date) -> int:
        """Whole days since it showed first."""
        return max(0, (today - self.since).days)

    @property
    def sentence(self) -> str:
        """'2026-02: 165.03000000 BTC unexplained'."""
        return f"{self.text}: {btc_text(self.open)} BTC unexplained"


def break_id(kind: BreakKind, subject: str, month: str) -> str:
    """The break's name on the command line: published-2026-02, place-vault-2026-02."""
    return "-".join(part for part in (str(kind), subject if subject != month else "", month) if part)


def owned(breaks: Iterable[Break], owners: Sequence[BreakOwner]) -> tuple[Break, ...]:
    """The breaks with whoever looks after them."""
    by_id = {owner.break_id: owner for owner in owners}
    return tuple(_with_owner(found, by_id.get(found.id)) for found in breaks)


def _with_owner(found: Break, owner: BreakOwner | None) -> Break:
    if owner is None:
        return found
    return Break(
        found.kind,
        found.subject,
        found.month,
        found.sats,
        found.since,
        found.text,
        found.explained,
        owner.owner,
        owner.note,
    )
