"""How far a sale is, and how much of it may be sold now: the curve is followed, missed time is never burst (P1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from desk.sale.schedule import TargetCurve
from desk.units import Sats, floor_to_step


@dataclass(frozen=True, slots=True)
class Progress:
    """What a sale has done so far, in satoshis. `unknown` counts as sold until evidence says otherwise (P3)."""

    filled: Sats
    open: Sats
    unknown: Sats

    @property
    def committed(self) -> Sats:
        return Sats(self.filled + self.open + self.unknown)


def due(curve: TargetCurve, progress: Progress, now: datetime, cap: Sats) -> Sats:
    """How much may be sold now so that the sale is back on its curve: never negative, never more than `cap`."""
    behind = curve.target(now) - progress.committed
    return Sats(max(0, min(behind, cap)))


@dataclass(frozen=True, slots=True)
class Backlog:
    """What one slice faces: its plan, what is planned from it to the end, what it holds and what is left of the sale.

    `in_slice` is what orders of this slice sold or still hold; `left` is the approved quantity less all that is
    committed elsewhere, `in_slice` included.
    """

    planned: Sats
    planned_ahead: Sats
    in_slice: Sats
    left: Sats


def slice_cap(backlog: Backlog, lot: Sats, most: int = 3) -> Sats:
    """What this slice may still take on: its share of what is left over what remains, at most `most` times its plan.

    So what was missed spreads over the slices that remain, in proportion to their plan. The share is rounded up to a
    lot, so that the last slice leaves nothing behind.
    """
    if backlog.planned_ahead <= 0:
        return Sats(0)
    share = -(-backlog.left * backlog.planned // backlog.planned_ahead)
    share = -(-share // lot) * lot
    allowed = min(share, most * backlog.planned, backlog.left)
    return floor_to_step(max(0, allowed - backlog.in_slice), lot)
