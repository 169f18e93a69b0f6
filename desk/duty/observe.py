"""What the daemon sees of the venues, put where the screen and staging can read it: prices, books, balances, markets.

An observation that fails leaves the older one to age (P8); the failure itself is shown. A commit costs more than what
is written in it, so what is new of a book goes into the one that the daemon makes each second anyway.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog

from desk.clock import Clock
from desk.ledger import LedgerThread, WriteTx, live, markets
from desk.ledger.markets import MarketFacts
from desk.venues.gateway import CcxtVenue
from desk.venues.model import Book, Unavailable

LEVELS = 20
BALANCES_EVERY_S = 20.0
AFTER_A_CHANGE_S = 5.0
MARKET_EVERY_S = 300.0
_RETRY_S = 5.0

log = structlog.get_logger()
Telling = Callable[[WriteTx], None]
"""Puts an observation on show, inside somebody's transaction."""


class VenueWatch:
    """Keeps one venue's observations fresh. `news` and both ticks are called about once a second."""

    def __init__(self, venue: CcxtVenue, ledger: LedgerThread, clock: Clock) -> None:
        self._venue, self._ledger, self._clock = venue, ledger, clock
        self._balances_at: float | None = None
        self._market_at: float | None = None
        self._seen: float | None = None
        self._failing = ""
        self._has_changed = False

    def orders_changed(self) -> None:
        """An order lives, ended or sold: the balance last seen is no longer what the venue would say."""
        self._has_changed = True

    def news(self) -> Telling | None:
        """The newest book, to be put on show; None where it is there already. Asks nobody."""
        book = self._venue.latest_book()
        if book is None or book.observed == self._seen or not book.bids or not book.asks:
            return None
        self._seen = book.observed
        works = self._works()

        def told(tx: WriteTx) -> None:
            self._put_book(tx, book)
            works(tx)

        return told

    async def tick(self) -> None:
        """Puts the first book on show at once, asking for it where none was seen; later ones are `news`."""
        if self._seen is None:
            await self._told(self._first_book)

    async def tick_account(self) -> None:
        """Asks for market and balances when their time has come; apart from the book: it may wait its turn."""
        await self._told(self._account)

    async def _told(self, look: Callable[[], Awaitable[bool]]) -> None:
        """Puts on show whether the venue answers: only what came from it just now proves that it does."""
        try:
            if await look():
                await self._write(self._works())
        except Unavailable as error:
            await self._failed(str(error))

    async def _first_book(self) -> bool:
        if self._venue.latest_book() is None:
            await self._venue.book()
        told = self.news()
        if told is not None:
            await self._write(told)
        return False

    async def _account(self) -> bool:
        now = self._clock.monotonic()
        has_asked = False
        if self._market_at is None or now - self._market_at > MARKET_EVERY_S:
            await self._market()
            self._market_at, has_asked = now, True
        if self._balances_at is None or now - self._balances_at > self._balances_last_s():
            self._has_changed = False
            await self._balances()
            self._balances_at, has_asked = now, True
        return has_asked

    def _balances_last_s(self) -> float:
        return AFTER_A_CHANGE_S if self._has_changed else BALANCES_EVERY_S

    def _put_book(self, tx: WriteTx, book: Book) -> None:
        name = self._venue.name
        live.set_quote(tx, name, book.bid, book.ask, book.at, self._clock.now())
        bids = tuple((level.price, level.quantity) for level in book.bids[:LEVELS])
        asks = tuple((level.price, level.quantity) for level in book.asks[:LEVELS])
        live.set_book(tx, name, bids, asks, book.at)

    async def _balances(self) -> None:
        held = await self._venue.balances()
        wall = self._clock.wall()
        rows = tuple((one.currency, one.total, one.free) for one in held)
        await self._write(lambda tx: live.set_balances(tx, self._venue.name, rows, wall))

    async def _market(self) -> None:
        rules = await self._venue.open()
        day = await self._venue.day()
        facts = MarketFacts(
            venue=self._venue.name,
            symbol=rules.symbol,
            base=rules.base,
            quote=rules.quote,
            tick=rules.tick,
            lot=rules.lot,
            min_quantity=rules.min_quantity,
            min_cost=rules.min_cost,
            maker_fee=rules.maker_fee,
            taker_fee=rules.taker_fee,
            volume=day.volume,
            high=day.high,
            low=day.low,
            wall=self._clock.wall(),
        )
        await self._write(lambda tx: markets.set_market(tx, facts))

    async def _failed(self, error: str) -> None:
        if error != self._failing:
            log.warning("venue does not answer", venue=self._venue.name, error=error)
        self._failing = error
        wall = self._clock.wall()
        await self._write(lambda tx: live.set_venue_status(tx, self._venue.name, False, error, wall))

    def _works(self) -> Telling:
        if self._failing:
            log.info("venue answers again", venue=self._venue.name)
        self._failing = ""
        wall = self._clock.wall()
        return lambda tx: live.set_venue_status(tx, self._venue.name, True, "", wall)

    async def _write(self, fn: Telling) -> None:
        await self._ledger.write(fn, actor="daemon")
