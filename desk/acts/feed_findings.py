"""What `desk doctor` finds when it asks every pool, and the network's source, for their last days."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from desk.acts import pulling
from desk.acts.examination import Finding
from desk.clock import Clock, LiveClock
from desk.config import Config
from desk.config_treasury import NetworkSection, PoolSection
from desk.feeds import network as network_feed
from desk.feeds.pools.pull import ask
from desk.feeds.wire import FeedRefused, FeedUnavailable
from desk.secrets import SecretRefused
from desk.units import show_btc

_LATELY = timedelta(days=7)


def feed_findings(config: Config) -> Iterator[Finding]:
    """One line for each pool and for the network; nothing is written."""
    clock = LiveClock()
    for name, pool in config.settings.pools.items():
        yield _pool(name, pool, clock)
    if config.settings.network.url is not None:
        yield _network(config.settings.network, clock)


def _pool(name: str, pool: PoolSection, clock: Clock) -> Finding:
    what, where = f"pool {name}", f"pools.{name}"
    since = datetime.now(UTC).date() - _LATELY
    try:
        answer = asyncio.run(ask(pulling.pool_access(name, pool), clock, since))
    except SecretRefused as problem:
        return Finding(what, False, str(problem), f"set {where}.key to where the key lies")
    except FeedRefused as problem:
        return Finding(what, False, str(problem), f"check kind, url, key, accounts and zone in [{where}]")
    except FeedUnavailable as problem:
        return Finding(what, False, str(problem), f"is {pool.url} reachable from here?")
    if not answer.days:
        said = "; ".join(answer.notes) or f"no complete day since {since}"
        return Finding(what, False, said, f"are {', '.join(pool.accounts)} the accounts that mine?")
    newest = answer.days[-1]
    return Finding(what, True, f"{pool.kind}, {newest.day} {show_btc(newest.mined)} BTC, days in {newest.zone}")


def _network(network: NetworkSection, clock: Clock) -> Finding:
    try:
        days = asyncio.run(
            network_feed.ask(pulling.network_access(network), clock, datetime.now(UTC).date() - _LATELY)
        )
    except (SecretRefused, FeedRefused) as problem:
        return Finding("network", False, str(problem), "check kind, url, user and password in [network]")
    except FeedUnavailable as problem:
        return Finding("network", False, str(problem), f"is {network.url} reachable from here?")
    if not days:
        return Finding("network", False, "no complete day of the last week", "is the source synchronised?")
    return Finding("network", True, f"{network.kind}, {days[-1].day}, difficulty {days[-1].difficulty:,.0f}")
