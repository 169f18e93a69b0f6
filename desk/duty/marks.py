"""The daemon takes the mark: once a day, at the policy's hour, from the mid the venue shows then (P8).

A mark is of its hour or there is none. A daemon that was not there in time leaves a gap, which the books show and an
import can fill; the price of another hour would be a guess that looks like a fact.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import structlog

from desk.clock import Clock
from desk.ledger import LedgerThread, ReadTx, WriteTx, live, treasury
from desk.treasury.coin_records import Mark
from desk.treasury.valuation import ValuationPolicy
from desk.units import Price

EVERY_S = 5.0
_WITHIN = timedelta(minutes=5)
"""How long after its hour a price is still the hour's."""
_LOOKS = 4

log = structlog.get_logger()


class MarkTaker:
    """Takes the marks of one pair, like BTC/USD, from one venue. `tick` is called every few seconds."""

    def __init__(self, policy: ValuationPolicy, pair: str, ledger: LedgerThread, clock: Clock) -> None:
        self._policy, self._pair, self._ledger, self._clock = policy, pair, ledger, clock
        self._settled: date | None = None

    async def tick(self) -> None:
        """Records the newest mark that is due, where it is not on record and its hour has only just passed."""
        now = self._clock.now()
        day = self._policy.newest_due(now)
        if day == self._settled:
            return
        found, is_known = await self._ledger.read(lambda tx: self._look(tx, day))
        if found is not None and not is_known:
            await self._ledger.write(lambda tx: self._record(tx, found), actor="daemon")
            log.info("mark taken", pair=self._pair, day=day.isoformat(), price=str(found.price))
        elif not is_known and now > self._policy.taken_at(day) + self._within:
            log.warning("no mark was taken at its hour; import one", pair=self._pair, day=day.isoformat())
        elif not is_known:
            return
        self._settled = day

    @property
    def _within(self) -> timedelta:
        """In a desk that runs faster than the wall, the few looks there are lie further apart."""
        return max(_WITHIN, timedelta(seconds=EVERY_S) * self._clock.speed * _LOOKS)

    def _look(self, tx: ReadTx, day: date) -> tuple[Mark | None, bool]:
        """The first price seen within reach of the hour, and whether the day's mark is on record already."""
        is_known = any(one.day == day and one.pair == self._pair for one in treasury.in_force(tx, Mark, since=day))
        start = self._policy.taken_at(day)
        for seen, bid, ask in live.quote_history(tx, self._policy.source, start):
            if seen <= start + self._within:
                return self._mark(day, seen, bid, ask), is_known
        return None, is_known

    def _mark(self, day: date, seen: datetime, bid: Decimal, ask: Decimal) -> Mark:
        return Mark(day, self._pair, Price((bid + ask) / 2), seen, self._policy.source, self._policy.text)

    def _record(self, tx: WriteTx, mark: Mark) -> None:
        treasury.state(tx, "marks", [mark], {"source": mark.source})
