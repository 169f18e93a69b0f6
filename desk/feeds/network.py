"""The network by UTC day: difficulty, hashrate and mean fees, from an explorer or from one's own node.

Only days that are over. A day on which the difficulty changed carries the mean that a steady hashrate met: harmonic,
weighted by time, since what it earns goes with 1/difficulty.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, timedelta
from decimal import Decimal

from desk.clock import Clock
from desk.feeds import network_core, network_mempool
from desk.feeds.reading import NotRight
from desk.feeds.wire import Address, FeedRefused, FeedUnavailable, JsonWire
from desk.treasury.records import NetworkDay

LOOK_BACK = timedelta(days=62)
WITHIN_S = 300.0
_MOST_DIFFICULTY = Decimal(10) ** 18
_MOST_EHS = Decimal(100_000)


@dataclass(frozen=True, slots=True)
class NetworkAccess:
    """[network] with its login read. `kind` is mempool or core."""

    kind: str
    url: str
    user: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    timeout_s: float = 20.0


async def ask(network: NetworkAccess, clock: Clock, since: date | None = None) -> tuple[NetworkDay, ...]:
    """The complete UTC days since one (by default of the last two months), oldest first.

    Raises FeedRefused, FeedUnavailable.
    """
    yesterday = clock.now().astimezone(UTC).date() - timedelta(days=1)
    first = min(since or yesterday - LOOK_BACK, yesterday)
    reader = network_mempool.days if network.kind == "mempool" else network_core.days
    login = (network.user, network.password) if network.user or network.password else None
    address = Address(
        name="network",
        url=network.url,
        login=login,
        secrets=tuple(one for one in (network.user, network.password) if one),
        timeout_s=network.timeout_s,
    )
    try:
        async with asyncio.timeout(WITHIN_S), JsonWire(address, clock) as wire:
            return _checked(await reader(wire, first, yesterday), first, yesterday)
    except NotRight as problem:
        why = address.clean(str(problem))
        raise FeedRefused(f"network answered what cannot be used, nothing of it was taken: {why}") from None
    except TimeoutError:
        raise FeedUnavailable(f"network needed longer than {WITHIN_S:.0f} s for all of its days") from None


async def outlook(network: NetworkAccess, clock: Clock) -> network_mempool.Outlook | None:
    """When the difficulty is expected to change next, and by how much; None where the source does not say."""
    if network.kind != "mempool":
        return None
    address = Address(name="network", url=network.url, timeout_s=network.timeout_s)
    try:
        async with JsonWire(address, clock) as wire:
            return await network_mempool.outlook(wire)
    except NotRight as problem:
        raise FeedRefused(f"network answered what cannot be used: {problem}") from None


def _checked(days: Sequence[NetworkDay], first: date, last: date) -> tuple[NetworkDay, ...]:
    seen: set[date] = set()
    for one in days:
        if one.day in seen:
            raise NotRight(f"{one.day} is there twice")
        seen.add(one.day)
        if not 1 <= one.difficulty <= _MOST_DIFFICULTY:
            raise NotRight(f"a difficulty of {one.difficulty} on {one.day}")
        if one.hashrate_ehs is not None and one.hashrate_ehs > _MOST_EHS:
            raise NotRight(f"{one.hashrate_ehs} EH/s on {one.day}")
    return tuple(sorted((one for one in days if first <= one.day <= last), key=lambda one: one.day))
