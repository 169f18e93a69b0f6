"""What the whole market traded since a window opened, read page by page: what a participation cap is a share of.

Everything errs to less: a trade that is not read yet, or in the moment the window opened, is not counted, so the cap
leaves less room and never more.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from desk.clock import Clock, micros
from desk.execution.journal import Journal
from desk.execution.views import earliest_capped
from desk.sale.controls import ControlLimits
from desk.sale.market import Market
from desk.units import Sats
from desk.venues.model import TellsTrades, Unavailable, Venue

_BUCKET_US = 5_000_000
_MOST_PAGES = 20
"""Pages read in one go; a long window that is read anew after a restart takes several."""


@dataclass(slots=True)
class Tape:
    """Traded volume by the venue's time, summed up in buckets of five seconds. Complete from `begins` on."""

    begins: datetime
    _starts: list[int] = field(default_factory=list)
    _totals: list[int] = field(default_factory=list)

    def take(self, trades: Iterable[tuple[datetime, Sats]]) -> None:
        """Counts trades, oldest first; each is given once. One that is out of order counts with the newest."""
        for moment, quantity in trades:
            if moment < self.begins:
                continue
            start = micros(moment) // _BUCKET_US * _BUCKET_US
            total = (self._totals[-1] if self._totals else 0) + quantity
            if self._starts and start <= self._starts[-1]:
                self._totals[-1] = total
            else:
                self._starts.append(start)
                self._totals.append(total)

    def since(self, moment: datetime) -> Sats:
        """What was traded since then, less what shares its bucket with trades from before. 0 before `begins`."""
        if moment < self.begins or not self._totals:
            return Sats(0)
        before = bisect_left(self._starts, micros(moment))
        return Sats(self._totals[-1] - (self._totals[before - 1] if before else 0))


@dataclass(slots=True)
class _Reading:
    """How far a venue's tape is read. `read_to`: the wall monotonic second at which nothing more was there."""

    tape: Tape
    cursor: str | None = None
    read_to: float | None = None


class VolumeMeter:
    """Reads the tapes of venues at which a sale has a participation cap, and no others."""

    def __init__(self, journal: Journal, clock: Clock, venues: Mapping[str, Venue], limits: ControlLimits) -> None:
        self._journal = journal
        self._clock = clock
        self._venues = venues
        self._limits = limits
        self._readings: dict[str, _Reading] = {}

    async def read(self) -> None:
        """Reads on where it is needed; call it every few seconds. Where a venue does not tell, its tape ages."""
        wanted = await self._journal.read(lambda tx: earliest_capped(tx, self._limits))
        for name in list(self._readings):
            if name not in wanted:
                del self._readings[name]
        for name, since in wanted.items():
            venue = self._venues.get(name)
            if isinstance(venue, TellsTrades):
                await self._read_on(venue, name, since)

    def seen(self, market: Market, venue: str, since: datetime) -> Market:
        """The market with what it traded since then, and how old that is; unchanged where nothing is known."""
        reading = self._readings.get(venue)
        if reading is None or reading.read_to is None or since < reading.tape.begins:
            return market
        age_s = self._clock.monotonic() - reading.read_to
        return replace(market, volume=reading.tape.since(since), volume_age_s=age_s)

    async def _read_on(self, venue: TellsTrades, name: str, since: datetime) -> None:
        reading = self._readings.get(name)
        if reading is None or since < reading.tape.begins:
            reading = self._readings[name] = _Reading(Tape(since))
        for _ in range(_MOST_PAGES):
            asked = self._clock.monotonic()
            try:
                page = await venue.market_trades(self._wall_at(reading.tape.begins), reading.cursor)
            except Unavailable:
                return
            reading.tape.take(page.trades)
            reading.cursor = page.cursor
            if page.is_last:
                reading.read_to = asked
                return

    def _wall_at(self, desk: datetime) -> datetime:
        passed: timedelta = (self._clock.now() - desk) / self._clock.speed
        return self._clock.wall() - passed
