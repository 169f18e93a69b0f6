"""Asks one pool for its days: all of its accounts, whole days only, everything or nothing."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from desk.clock import Clock
from desk.feeds.pools.days import PoolAnswer, whole_days
from desk.feeds.pools.model import Adapter, PoolAccess, Span
from desk.feeds.pools.registry import adapter_for
from desk.feeds.reading import NotRight
from desk.feeds.wire import Address, FeedRefused, FeedUnavailable, JsonWire

LOOK_BACK = timedelta(days=35)
"""How far back a pull asks by default: pools restate days of the last weeks."""
WITHIN_S = 300.0
"""All requests of one pull together."""


def _check(pool: PoolAccess, adapter: Adapter) -> None:
    """What the configuration lacks for this kind of pool. Raises FeedRefused."""
    where = f"pools.{pool.name}"
    if adapter.needs_key and not pool.key:
        raise FeedRefused(f"{pool.name}: {pool.kind} asks for a key; set {where}.key")
    if adapter.needs_secret and not pool.secret:
        raise FeedRefused(f"{pool.name}: {pool.kind} signs its requests; set {where}.secret")
    if adapter.one_account and len(pool.accounts) > 1:
        raise FeedRefused(
            f"{pool.name}: the key of {pool.kind} is one account's, more would count its days twice;"
            f" write one name in {where}.accounts, and a section for each key"
        )


async def ask(pool: PoolAccess, clock: Clock, since: date | None = None) -> PoolAnswer:
    """The pool's complete days since a day (by default of the last five weeks). Writes nothing.

    Raises FeedRefused, FeedUnavailable; a sentence names the pool and never a key.
    """
    adapter, zone = adapter_for(pool.kind), ZoneInfo(pool.zone)
    _check(pool, adapter)
    yesterday = clock.now().astimezone(zone).date() - timedelta(days=1)
    span = Span(min(since or yesterday - LOOK_BACK, yesterday), yesterday, zone)
    address = Address(
        name=pool.name,
        url=pool.url,
        headers=adapter.headers(pool),
        secrets=(pool.key, pool.secret),
        timeout_s=pool.timeout_s,
        pause_s=adapter.pause_s,
    )
    try:
        async with asyncio.timeout(WITHIN_S), JsonWire(address, clock) as wire:
            earned = {one: await adapter.earned(wire, pool, one, span) for one in pool.accounts}
            return whole_days(pool, earned, span, clock.now(), runs_ahead=adapter.runs_ahead)
    except NotRight as problem:
        why = address.clean(str(problem))
        raise FeedRefused(f"{pool.name} answered what cannot be used, nothing of it was taken: {why}") from None
    except TimeoutError:
        raise FeedUnavailable(f"{pool.name} needed longer than {WITHIN_S:.0f} s for all of its days") from None
