"""What the executor knows of a venue at this moment: its book and its balance, each with its age (P8, P10)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timedelta

from desk.clock import Clock
from desk.execution.journal import Journal
from desk.execution.settings import ExecutionSettings
from desk.execution.views import Observed, Stock, whole_sats
from desk.sale.controls import Balance, ControlLimits
from desk.sale.market import Market
from desk.units import Price
from desk.venues.model import Book, Unavailable, Venue

_ASK_AGAIN_S = 1.0


class Watcher:
    """Asks a venue only where what is known is too old, and not again at once where it does not answer."""

    def __init__(
        self,
        journal: Journal,
        clock: Clock,
        venues: Mapping[str, Venue],
        *,
        limits: ControlLimits,
        settings: ExecutionSettings,
    ) -> None:
        self._journal = journal
        self._clock = clock
        self._venues = venues
        self._limits = limits
        self._settings = settings
        self._balances: dict[str, Observed] = {}
        self._failed: dict[tuple[str, str], float] = {}
        self._spoiled: dict[str, float] = {}

    def knows(self, venue: str) -> bool:
        """Whether the venue's market is loaded."""
        try:
            return bool(self._venues[venue].rules)
        except Unavailable:
            return False

    async def is_ready(self, venue: str) -> bool:
        """The same, after trying to load it where it is not."""
        if self.knows(venue):
            return True
        if not self._may_ask(venue, "rules"):
            return False
        try:
            await self._venues[venue].open()
        except Unavailable:
            self._failed[venue, "rules"] = self._clock.monotonic()
            return False
        return True

    async def market(self, venue: str) -> Market | None:
        """The newest book with its age; asked for by REST when it is stale. None where none was ever seen."""
        book = self._venues[venue].latest_book()
        spoiled = book is not None and book.observed <= self._spoiled.get(venue, -math.inf)
        if book is None or spoiled or self._age_s(book) > self._limits.book_stale_s:
            book = await self._ask_book(venue) or book
        return None if book is None else self._market(book)

    def spoil(self, venue: str) -> None:
        """The venue has just refused what its book allowed: the book seen so far is not to be judged by again."""
        self._spoiled[venue] = self._clock.monotonic()

    async def mid(self, venue: str) -> Price | None:
        """The mid of a fresh and sound book, else None."""
        market = await self.market(venue)
        if market is None or market.age_s > self._limits.book_stale_s or not market.is_sound:
            return None
        return market.mid

    async def stock(self, venue: str, on_record: Observed | None) -> Stock | None:
        """The newest balance, on record or asked for; None where there never was one."""
        seen = await self._observed(venue, on_record)
        return None if seen is None else Stock(venue, seen, self._desk_at(seen.wall))

    async def balance(self, stock: Stock) -> Balance:
        """What may still be sold of it (P10), and its age."""
        sellable = await self._journal.read(stock.sellable)
        return Balance(sellable, (self._clock.wall() - stock.seen.wall).total_seconds())

    async def _observed(self, venue: str, on_record: Observed | None) -> Observed | None:
        known = [seen for seen in (on_record, self._balances.get(venue)) if seen is not None]
        newest = max(known, key=lambda seen: seen.wall, default=None)
        fresh_s = min(self._settings.balance_refresh_s * 1.5, self._limits.balance_stale_s / 2)
        if newest is not None and 0 <= (self._clock.wall() - newest.wall).total_seconds() <= fresh_s:
            return newest
        return await self._ask_balance(venue) or newest

    async def _ask_balance(self, venue: str) -> Observed | None:
        if not self._may_ask(venue, "balance"):
            return None
        wall = self._clock.wall()
        try:
            holdings = await self._venues[venue].balances()
        except Unavailable:
            self._failed[venue, "balance"] = self._clock.monotonic()
            return None
        base = self._venues[venue].rules.base
        for held in holdings:
            if held.currency == base:
                self._balances[venue] = Observed(whole_sats(held.total), whole_sats(held.free), wall)
                return self._balances[venue]
        return None

    async def _ask_book(self, venue: str) -> Book | None:
        if not self._may_ask(venue, "book"):
            return None
        try:
            return await self._venues[venue].book()
        except Unavailable:
            self._failed[venue, "book"] = self._clock.monotonic()
            return None

    def _may_ask(self, venue: str, what: str) -> bool:
        failed = self._failed.get((venue, what))
        return failed is None or self._clock.monotonic() - failed >= _ASK_AGAIN_S

    def _age_s(self, book: Book) -> float:
        return self._clock.monotonic() - book.observed

    def _market(self, book: Book) -> Market:
        bids = tuple((level.price, level.quantity) for level in book.bids)
        asks = tuple((level.price, level.quantity) for level in book.asks)
        return Market(bids, asks, self._age_s(book))

    def _desk_at(self, wall: datetime) -> datetime:
        age: timedelta = (self._clock.wall() - wall) * self._clock.speed
        return self._clock.now() - age
