"""Reads one wallet whole: every address, or nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from desk.clock import Clock
from desk.config_treasury import WalletSection
from desk.feeds.reading import NotRight
from desk.feeds.wallets.addresses import read_addresses
from desk.feeds.wallets.core import Core
from desk.feeds.wallets.esplora import Esplora
from desk.feeds.wallets.model import Server, WalletAccess, WalletReading
from desk.feeds.wire import Address, FeedRefused, FeedUnavailable, JsonWire
from desk.treasury.records import Place, PlaceKind
from desk.units import btc_text

AFRESH = timedelta(days=1)
"""An amount that stays the same is stated again after this."""
WITHIN_S = 600.0
"""All requests of one reading together."""
_SERVERS: Mapping[str, Server] = {"esplora": Esplora(), "core": Core()}


def access(name: str, section: WalletSection) -> WalletAccess:
    """The wallet with its addresses and secrets read. Raises FeedRefused, SecretRefused."""
    return WalletAccess(
        name=name,
        kind=section.kind,
        url=section.url,
        addresses=read_addresses(section.addresses),
        confirmations=section.confirmations,
        timeout_s=section.timeout_s,
        user=section.user.read() if section.user else "",
        password=section.password.read() if section.password else "",
    )


async def read_wallet(wallet: WalletAccess, clock: Clock) -> WalletReading:
    """What lies at the wallet's addresses now. Raises FeedRefused, FeedUnavailable, without secrets in them."""
    address = Address(
        name=wallet.name,
        url=wallet.url,
        login=(wallet.user, wallet.password) if wallet.user or wallet.password else None,
        secrets=tuple(filter(None, (wallet.user, wallet.password))),
        timeout_s=wallet.timeout_s,
    )
    at = clock.now()
    try:
        async with asyncio.timeout(WITHIN_S), JsonWire(address, clock) as wire:
            coins = await _SERVERS[wallet.kind].coins(wire, wallet.addresses, wallet.confirmations)
    except NotRight as problem:
        why = address.clean(str(problem))
        raise FeedRefused(f"{wallet.name} answered what cannot be used, nothing of it was taken: {why}") from None
    except TimeoutError:
        raise FeedUnavailable(f"{wallet.name} needed longer than {WITHIN_S:.0f} s for all addresses") from None
    return WalletReading(wallet.name, coins, len(wallet.addresses), at)


def statement(wallet: WalletAccess, seen: WalletReading) -> Place:
    """What the reading puts on record. Coins without their confirmations are said beside, never in the amount."""
    waiting = f", {btc_text(seen.coins.waiting)} BTC still without confirmations" if seen.coins.waiting else ""
    return Place(
        id=wallet.name,
        kind=PlaceKind.WALLET,
        name=wallet.name,
        sats=seen.coins.confirmed,
        as_of=seen.at,
        source=f"{wallet.kind} {wallet.url}",
        note=f"{seen.addresses} addresses watched{waiting}",
    )


def is_news(said: Place | None, now: Place) -> bool:
    """Whether a statement says more than the one on record: other amounts, or the same a day later."""
    if said is None or replace(said, as_of=now.as_of) != now:
        return True
    return now.as_of - said.as_of >= AFRESH
