"""The mids of a venue as they were recorded, remembered from tick to tick: each tick reads only what is new."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

from desk.ledger import ReadTx, live
from desk.snapshot.twap import Mids, thinned
from desk.units import Bps, Price, bps_between

KEPT = 50_000
_DAY = timedelta(hours=24)
_CHART_POINTS = 240
_TOLERANCE = timedelta(minutes=30)


class MidHistory:
    """(desk time, mid) of each venue, oldest first. It outlives the ledger's own pruning while the program runs."""

    def __init__(self) -> None:
        self._mids: dict[str, deque[tuple[datetime, Price]]] = {}

    def refresh(self, tx: ReadTx, venue: str, now: datetime) -> None:
        """Reads what was recorded since the last call."""
        mids = self._mids.setdefault(venue, deque(maxlen=KEPT))
        since = mids[-1][0] + timedelta(microseconds=1) if mids else now - 7 * _DAY
        mids.extend((at, Price((bid + ask) / 2)) for at, bid, ask in live.quote_history(tx, venue, since))

    def of(self, venue: str) -> Mids:
        return tuple(self._mids.get(venue, ()))

    def chart(self, venue: str, now: datetime) -> tuple[tuple[datetime, Price], ...]:
        """The last 24 hours in a few hundred points."""
        return thinned(self.of(venue), now - _DAY, _CHART_POINTS)

    def change_24h(self, venue: str, now: datetime) -> Bps | None:
        """The newest mid against the one of 24 hours ago; None where the record does not go back that far."""
        mids = self._mids.get(venue)
        if not mids or mids[0][0] > now - _DAY + _TOLERANCE:
            return None
        then = next((mid for at, mid in mids if at >= now - _DAY), None)
        return None if then is None else bps_between(mids[-1][1], then)
