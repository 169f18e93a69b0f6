"""Which coins are restricted: by which loan, to whom, until when, and whether they are still the desk's (ASC 350-60).

Coins that a lender may re-use are derecognised: a receivable stands in their place.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from desk.treasury.records import Loan, Place, PlaceKind

_Stated = TypeVar("_Stated", Place, Loan)


@dataclass(frozen=True, slots=True)
class Restriction:
    """Why coins at a place cannot be sold, and since `until` may be unknown, for how long as far as is known."""

    loan: str
    lender: str
    until: date | None
    is_derecognised: bool

    @property
    def text(self) -> str:
        """'pledged for loan lender-a to lender A until 2026-12-31'."""
        end = f" until {self.until}" if self.until else ", no end stated"
        what = "lent on" if self.is_derecognised else "pledged"
        to_whom = f" to {self.lender}" if self.lender else ", which is not on record"
        reuse = "; the lender may re-use the coins: a receivable" if self.is_derecognised else ""
        return f"{what} for loan {self.loan}{to_whom}{end}{reuse}"

    def days_left(self, day: date) -> int | None:
        """How long it remains, from `day` on; None where nobody said."""
        return None if self.until is None else max(0, (self.until - day).days)


def restrictions(places: Iterable[Place], loans: Iterable[Loan]) -> dict[str, Restriction]:
    """By place: what restricts coins there. Places that are not pledged restrict nothing."""
    by_id = {loan.id: loan for loan in loans}
    found = {}
    for place in places:
        if place.kind is not PlaceKind.PLEDGED:
            continue
        loan = by_id.get(place.loan or "")
        found[place.id] = Restriction(
            loan=place.loan or "",
            lender=loan.lender if loan else "",
            until=loan.maturity if loan else None,
            is_derecognised=loan.may_reuse if loan else False,
        )
    return found


def stated_by(versions: Iterable[_Stated], until: datetime) -> list[_Stated]:
    """Of everything ever stated, what stood at `until`: each one's newest statement of a moment before it.

    `versions` in the order they were made: a correction of the same moment counts instead of what it corrects.
    """
    found: dict[str, _Stated] = {}
    for one in versions:
        before = found.get(one.id)
        if one.as_of <= until and (before is None or one.as_of >= before.as_of):
            found[one.id] = one
    return list(found.values())
