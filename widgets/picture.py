"""A snapshot as it is shown: with the time that passed since it was taken, and what went wrong since (P8)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from desk.sale.lifecycle import SaleState
from desk.snapshot.model import DeskSnapshot, SaleView

OLD_AFTER_S = 5.0
"""A picture that could not be renewed for so long is old: everything on it is dimmed."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What every panel draws from. `behind_s` is added to every age; `problem` says why there is nothing newer."""

    snapshot: DeskSnapshot
    behind_s: float = 0.0
    problem: str = ""

    @property
    def is_old(self) -> bool:
        return self.behind_s > OLD_AFTER_S

    def aged(self, age_s: float | None) -> float | None:
        """An age of the snapshot as it is by now; None stays unknown."""
        return None if age_s is None else age_s + self.behind_s

    def local(self, moment: datetime) -> datetime:
        """A UTC time in the zone of this desk; a zone this machine does not know is shown as UTC."""
        return moment.astimezone(zone_of(self.snapshot.zone))

    def sale(self, sale_id: str) -> SaleView | None:
        return next((sale for sale in self.snapshot.sales if sale.id == sale_id), None)

    @property
    def working(self) -> tuple[SaleView, ...]:
        """Sales the daemon is concerned with, the ones at work first."""
        order = [SaleState.WORKING, SaleState.CLOSING, SaleState.PAUSED, SaleState.SCHEDULED, SaleState.APPROVED]
        active = [sale for sale in self.snapshot.sales if sale.state in order]
        return tuple(sorted(active, key=lambda sale: (order.index(sale.state), sale.id)))


def zone_of(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
