"""What the daemon sees of the watched wallets, on record where it changed; how the feed does stands beside it."""

from __future__ import annotations

import asyncio

import structlog

from desk.acts.wallets import state_wallet
from desk.clock import Clock
from desk.config_treasury import WalletSection
from desk.feeds.wallets.read import access, read_wallet, statement
from desk.feeds.wire import FeedRefused, FeedUnavailable
from desk.ledger import LedgerThread
from desk.ledger.feeds import set_feed_status
from desk.secrets import SecretRefused

log = structlog.get_logger()


class WalletWatch:
    """Reads one wallet and states what it holds. A reading that fails leaves the older one to age (P8)."""

    def __init__(self, name: str, section: WalletSection, ledger: LedgerThread, clock: Clock) -> None:
        self._name, self._section, self._ledger, self._clock = name, section, ledger, clock
        self._failing = ""

    async def tick(self) -> None:
        """One reading, on record where it says something new."""
        try:
            wallet = await asyncio.to_thread(access, self._name, self._section)
            place = statement(wallet, await read_wallet(wallet, self._clock))
        except (FeedRefused, FeedUnavailable, SecretRefused) as problem:
            await self._failed(str(problem))
            return
        self._failing = ""
        await self._ledger.write(lambda tx: state_wallet(tx, place, self._clock), actor="daemon")

    async def _failed(self, words: str) -> None:
        if words != self._failing:
            log.warning("a wallet could not be read", wallet=self._name, problem=words)
        self._failing = words
        wall = self._clock.wall()
        await self._ledger.write(lambda tx: set_feed_status(tx, f"wallet:{self._name}", wall, words), actor="daemon")
