"""Breaks: what the books say and what was seen differ. Each has a name, an age, an owner, and lines that explain it.

Positive satoshis are coins that left without a word. Explanations take off what they explain; nothing else does, and
a break that is explained to the last satoshi is settled (P9).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from desk.treasury.coin_records import BreakOwner, Explanation
from desk.units import NOTHING, Money, Sats, btc_text

_NOT_A_WORD = re.compile(r"[^A-Za-z0-9.:_]+")


class BreakKind(StrEnum):
    """Where it shows: in announced months, at a place, or between ledger, trades and balance of a venue."""

    PUBLISHED = "published"
    PLACE = "place"
    VENUE = "venue"


@dataclass(frozen=True, slots=True)
class Break:
    """One difference. `explained` are the lines on record about it; `month` is the one that it began in.

    Its id stays the same for as long as it is the same difference: kind, subject and month. `money` is what differs
    in `currency` where coins alone do not tell it: a trade on record with another price or fee.
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
    money: Money = NOTHING
    currency: str = ""
    place: str = ""

    @property
    def id(self) -> str:
        return break_id(self.kind, self.subject, self.month)

    @property
    def open(self) -> Sats:
        """What nobody has explained yet."""
        return Sats(self.sats - sum(line.sats for line in self.explained))

    @property
    def is_open(self) -> bool:
        return self.open != 0 or (bool(self.money) and not self.explained)

    def age_days(self, today: date) -> int:
        """Whole days since it showed first."""
        return max(0, (today - self.since).days)

    @property
    def sentence(self) -> str:
        """'2026-02 as published: 165.03000000 BTC unexplained'."""
        parts = [f"{btc_text(self.open)} BTC"] if self.open or not self.money else []
        if self.money:
            parts.append(f"{self.money:,f} {self.currency}")
        return f"{self.text}: {' and '.join(parts)} unexplained"


def break_id(kind: BreakKind, subject: str, month: str) -> str:
    """The break's name on the command line: published-2026-02, place-vault-2026-02; one word, whatever is in it."""
    parts = (str(kind), subject if subject != month else "", month)
    return "-".join(_NOT_A_WORD.sub("-", part).strip("-") for part in parts if part)


def owned(breaks: Iterable[Break], owners: Sequence[BreakOwner]) -> tuple[Break, ...]:
    """The breaks with whoever looks after them."""
    by_id = {owner.break_id: owner for owner in owners}
    return tuple(
        replace(found, owner=by_id[found.id].owner, owner_note=by_id[found.id].note) if found.id in by_id else found
        for found in breaks
    )


def told_once(places: Iterable[Break], trades: Sequence[Break]) -> tuple[Break, ...]:
    """Places and trades, one break for one thing: a trade that only one side has shows at its venue as a place, too.

    Where a place differs by exactly what its trades do, the trades say why, and say that the place agrees with them.
    """
    left, words = [], {}
    for place in places:
        here = [one for one in trades if one.place == place.place and one.sats]
        ids = {one.id for one in here}
        is_theirs = place.open == sum(one.open for one in here) and all(one.about in ids for one in place.explained)
        if here and is_theirs:
            words.update(dict.fromkeys(ids, f"; {place.place} holds as much {'less' if place.sats > 0 else 'more'}"))
        else:
            left.append(place)
    told = [replace(one, text=f"{one.text}{words[one.id]}") if one.id in words else one for one in trades]
    return (*left, *told)
