"""The states of a sale and the only moves between them (design words: draft … completed)."""

from __future__ import annotations

from enum import StrEnum


class SaleState(StrEnum):
    DRAFT = "draft"
    STAGED = "staged"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    WORKING = "working"
    PAUSED = "paused"
    CLOSING = "closing"
    COMPLETED = "completed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    REJECTED = "rejected"

    @property
    def is_final(self) -> bool:
        return self in FINAL

    @property
    def is_active(self) -> bool:
        """Whether the daemon has anything to do for it."""
        return self in ACTIVE


S = SaleState
FINAL = frozenset({S.COMPLETED, S.EXPIRED, S.CANCELLED, S.REJECTED})
ACTIVE = frozenset({S.APPROVED, S.SCHEDULED, S.WORKING, S.PAUSED, S.CLOSING})

MOVES: dict[SaleState, frozenset[SaleState]] = {
    S.DRAFT: frozenset({S.STAGED}),
    S.STAGED: frozenset({S.APPROVED, S.REJECTED, S.EXPIRED, S.CANCELLED}),
    S.APPROVED: frozenset({S.SCHEDULED, S.PAUSED, S.CLOSING, S.EXPIRED, S.CANCELLED}),
    S.SCHEDULED: frozenset({S.WORKING, S.PAUSED, S.CLOSING, S.EXPIRED, S.CANCELLED}),
    S.WORKING: frozenset({S.PAUSED, S.CLOSING}),
    S.PAUSED: frozenset({S.SCHEDULED, S.WORKING, S.CLOSING}),
    S.CLOSING: frozenset({S.COMPLETED, S.EXPIRED, S.CANCELLED}),
    **{state: frozenset() for state in FINAL},
}


class IllegalMove(RuntimeError):
    """A state change the table does not know; always a defect, never an input error."""


def check_move(old: SaleState, new: SaleState) -> SaleState:
    """`new`, if a sale may go there from `old`. Raises IllegalMove."""
    if new not in MOVES[old]:
        raise IllegalMove(f"a sale cannot go from {old} to {new}")
    return new
