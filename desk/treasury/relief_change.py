"""What another relief rule or pick does to disposals that have been: which lots they take then, and what they gain.

Gains are derived, so a rule from a past day on, or a pick for a past sale, tells open months anew. Nobody shall do
that without having seen it; a closed month stays as it was closed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from desk.treasury.closing import BooksRefused
from desk.treasury.lots import Disposal, LotBook
from desk.units import Money, btc_text, exact_sum, show_money


@dataclass(frozen=True, slots=True)
class ReliefChange:
    """One disposal before and after: its lots with their coins, its gain or None where it has none."""

    disposal: str
    period: str
    lots_before: str
    lots_after: str
    gain_before: Money | None
    gain_after: Money | None

    @property
    def sentence(self) -> str:
        """'fill/T-1 (2026-02): lots o1 → r1, gain 1,234.50 → -20.00'."""
        gains = f"{_gain(self.gain_before)} → {_gain(self.gain_after)}"
        return f"{self.disposal} ({self.period}): lots {self.lots_before} → {self.lots_after}, gain {gains}"


def relief_changes(before: LotBook, after: LotBook) -> tuple[ReliefChange, ...]:
    """The disposals, oldest first, that take other lots or gain something else."""
    then = {one.id: one for one in after.disposals}
    pairs = [(one, then[one.id]) for one in before.disposals if one.id in then]
    return tuple(
        ReliefChange(old.id, old.period, _lots(old), _lots(new), old.gain, new.gain)
        for old, new in pairs
        if _taken(old) != _taken(new) or old.gain != new.gain
    )


def check_open(changes: Iterable[ReliefChange], closed: Collection[str]) -> None:
    """Raises BooksRefused where a closed month would be told anew."""
    held = [one for one in changes if one.period in closed]
    if held:
        more = f" and {len(held) - 1} more" if len(held) > 1 else ""
        raise BooksRefused(
            f"{held[0].sentence}{more}: {held[0].period} is closed and stays as it was closed; "
            "let the rule begin in an open month, and pick for disposals of open months"
        )


def change_in_sum(changes: Iterable[ReliefChange]) -> Money | None:
    """By how much the gains change together; None where one of them is not known."""
    parts = [(one.gain_before, one.gain_after) for one in changes]
    known = [exact_sum([after, -before]) for before, after in parts if before is not None and after is not None]
    return exact_sum(known) if len(known) == len(parts) else None


def _taken(one: Disposal) -> dict[str, int]:
    found: dict[str, int] = {}
    for part in one.taken:
        found[part.lot] = found.get(part.lot, 0) + part.sats
    return found


def _lots(one: Disposal) -> str:
    taken = _taken(one)
    if len(taken) == 1:
        return next(iter(taken))
    return " + ".join(f"{btc_text(sats)} of {lot}" for lot, sats in taken.items()) or "none"


def _gain(amount: Money | None) -> str:
    return "not known" if amount is None else show_money(amount).replace("-", "−")
