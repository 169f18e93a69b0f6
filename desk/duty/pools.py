"""The daemon asks the pools and the network for their days, apart from everything that sells.

Each has its own pace and its own state; one that fails is shown with its words and asked again in a while, and the
days on record age until they look stale (P8).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import TypeAlias

import structlog

from desk.acts import pulling
from desk.clock import Clock
from desk.config import Config
from desk.config_treasury import NetworkSection, PoolSection
from desk.feeds import network as network_feed
from desk.feeds.pools.pull import ask as ask_pool
from desk.feeds.wire import FeedRefused, FeedUnavailable
from desk.ledger import LedgerThread
from desk.ledger.feeds import set_feed_status
from desk.secrets import SecretRefused
from desk.treasury.movements import pool_place
from desk.treasury.pool_days import PullRefused

NETWORK = "network"
LOOK_EVERY_S = 5.0
"""How often a watch looks whether its time has come."""
_AGAIN_S = 600.0
"""After a failure, unless its own pace is quicker."""
_LONGEST_S = 86_400.0

log = structlog.get_logger()
Pull: TypeAlias = Callable[[LedgerThread, Clock], Awaitable[str]]
"""Asks and writes; returns what it did in a few words."""


class FeedWatch:
    """Keeps one source of days fresh. `tick` is called every few seconds and asks when its time has come."""

    def __init__(self, name: str, every_s: float, pull: Pull, ledger: LedgerThread, clock: Clock) -> None:
        self.name = name
        self._every_s, self._pull, self._ledger, self._clock = every_s, pull, ledger, clock
        self._next: float | None = None
        self._failing = ""

    async def tick(self) -> None:
        """Asks when it is time. What can go wrong out there is put on show, never raised."""
        now = self._clock.monotonic()
        if self._next is not None and now < self._next:
            return
        self._next = now + self._every_s
        try:
            done = await self._pull(self._ledger, self._clock)
        except FeedUnavailable as problem:
            await self._failed(str(problem), problem.wait_s)
            return
        except (FeedRefused, PullRefused, SecretRefused) as problem:
            await self._failed(str(problem))
            return
        log.info("days pulled", feed=self.name, done=done)
        self._failing = ""
        await self._show("")

    async def _failed(self, problem: str, asked_s: float = 0.0) -> None:
        """Asked again in a while, and no sooner than whoever failed asks to be (a day at the most)."""
        if problem != self._failing:
            log.warning("days could not be pulled", feed=self.name, problem=problem)
        self._failing = problem
        self._next = self._clock.monotonic() + max(min(self._every_s, _AGAIN_S), min(asked_s, _LONGEST_S))
        await self._show(problem)

    async def _show(self, problem: str) -> None:
        wall = self._clock.wall()
        await self._ledger.write(lambda tx: set_feed_status(tx, self.name, wall, problem), actor="daemon")


def watches(config: Config, ledger: LedgerThread, clock: Clock) -> Iterator[FeedWatch]:
    """One for each configured pool, and one for the network where it has an address."""
    settings = config.settings
    for name, pool in settings.pools.items():
        yield FeedWatch(pool_place(name), pool.every_s, _pool(name, pool), ledger, clock)
    if settings.network.url is not None:
        yield FeedWatch(NETWORK, settings.network.every_s, _network(settings.network), ledger, clock)


def _pool(name: str, pool: PoolSection) -> Pull:
    async def pull(ledger: LedgerThread, clock: Clock) -> str:
        answer = await ask_pool(pulling.pool_access(name, pool), clock)
        plan = await ledger.write(lambda tx: pulling.recorded(tx, pool, answer), actor="daemon")
        for one in plan.restated:
            log.warning("a pool restated a day", feed=pool_place(name), day=one.sentence)
        return "; ".join((plan.sentence, *plan.notes))

    return pull


def _network(network: NetworkSection) -> Pull:
    async def pull(ledger: LedgerThread, clock: Clock) -> str:
        days = await network_feed.ask(pulling.network_access(network), clock)
        written = await ledger.write(lambda tx: pulling.record_network(tx, days), actor="daemon")
        return f"{written} of {len(days)} days new"

    return pull
