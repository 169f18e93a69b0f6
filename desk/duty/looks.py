"""Once a day, and when somebody asks: what each venue says of the account, put on record for reconciliation.

Only the daemon makes private calls. Balance, trades, balance again: where both balances are the same, the trades told
in between are those that made it.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import ROUND_DOWN

import structlog

from desk.clock import Clock
from desk.ledger import LedgerThread, ReadTx, books, sales
from desk.treasury.looks import Look, SeenTrade, look_record
from desk.units import ZERO, Sats, btc_text
from desk.venues.model import Holding, Unavailable, Venue, VenueTrade

LOOK_EVERY_S = 60.0
"""How often it is asked whether a day's look is still to be taken."""
_AGAIN_S = 600.0
"""After a look that could not be had: each reads pages of trades beside what asks about orders."""
_TRIES = 6
"""Where somebody waits for it."""
_OVERLAP = timedelta(hours=1)
_OVERLAP_WALL = timedelta(minutes=5)
_AT_MOST = timedelta(days=7)
_BASE = "BTC"

log = structlog.get_logger()


class VenueLooks:
    """Takes looks at the venues and puts them on record."""

    def __init__(self, venues: Mapping[str, Venue], ledger: LedgerThread, clock: Clock) -> None:
        self._venues, self._ledger, self._clock = venues, ledger, clock
        self._next: dict[str, float] = {}

    async def tick(self) -> None:
        """Takes the look of the day at every venue that has none yet; one that cannot be had is tried in a while."""
        today = self._clock.now().date()
        for name in self._venues:
            if self._clock.monotonic() >= self._next.get(name, -math.inf) and await self._looked_on(name) != today:
                try:
                    await self.look(name, tries=1)
                except Unavailable as problem:
                    self._next[name] = self._clock.monotonic() + _AGAIN_S
                    log.warning("no look at the venue yet", venue=name, problem=str(problem))

    async def all(self) -> str:
        """Looks at every venue now; what was seen, in words. Raises Unavailable where one cannot be seen."""
        return "; ".join([await self.look(name) for name in self._venues])

    async def look(self, name: str, *, tries: int = _TRIES) -> str:
        """Looks at one venue and puts what it says on record. Raises Unavailable."""
        since = await self._ledger.read(lambda tx: self._since(tx, name))
        seen = await self._quiet(self._venues[name], since, tries)
        record = await asyncio.to_thread(look_record, seen)  # thousands of trades: not while the ledger is held
        await self._ledger.write(lambda tx: books.state_look(tx, record, len(seen.trades)), actor="daemon")
        return f"{name}: {len(seen.trades)} trades since {since:%Y-%m-%d %H:%M}, {btc_text(seen.sats)} BTC there"

    async def _quiet(self, venue: Venue, since: datetime, tries: int) -> Look:
        """A look during which nothing was sold; tried so many times while a sale is being worked."""
        before = _held(await venue.balances())
        for _ in range(tries):
            trades = await venue.trades_since(self._wall_at(since))
            now = self._clock.now()
            balances = await venue.balances()
            if _held(balances) == before:
                at = max([now, *(trade.executed for trade in trades)])
                totals = {one.currency: one.total for one in balances}
                return Look(venue.name, at, since, before, tuple(_seen(trade) for trade in trades), totals)
            before = _held(balances)
        raise Unavailable(f"{venue.name} sold each time it was looked at; pause its sales or ask again")

    async def _looked_on(self, name: str) -> date | None:
        """The day of the newest look at a venue."""
        newest = await self._ledger.read(lambda tx: books.looked_at(tx, name))
        return None if newest is None else newest.date()

    def _since(self, tx: ReadTx, name: str) -> datetime:
        """A while before the last look, so that a trade told late is told once; at first, since the first sale.

        But at most a week: long histories come page by page, and cancels and orders travel beside them.
        """
        newest = books.looked_at(tx, name)
        if newest is not None:
            return newest - max(_OVERLAP, _OVERLAP_WALL * self._clock.speed)
        now = self._clock.now()
        return max(min((sale.terms.staged_at for sale in sales.listed(tx)), default=now), now - _AT_MOST)

    def _wall_at(self, desk: datetime) -> datetime:
        return self._clock.wall() - (self._clock.now() - desk) / self._clock.speed


def _held(balances: tuple[Holding, ...]) -> Sats:
    """Coins at the venue, free or not; parts of a satoshi are the venue's."""
    total = next((one.total for one in balances if one.currency == _BASE), None)
    return ZERO if total is None else Sats(int(total.scaleb(8).to_integral_value(ROUND_DOWN)))


def _seen(trade: VenueTrade) -> SeenTrade:
    return SeenTrade(
        trade.trade_id,
        trade.venue_order_id,
        trade.quantity,
        trade.price,
        trade.cost,
        trade.fee,
        trade.fee_currency,
        trade.executed,
    )
