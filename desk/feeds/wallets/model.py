"""What is asked of a wallet's server and what comes back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from desk.feeds.wire import JsonWire
from desk.units import Sats


@dataclass(frozen=True, slots=True)
class WalletAccess:
    """One [wallets.NAME] with its secrets read and its addresses listed."""

    name: str
    kind: str
    url: str
    addresses: tuple[str, ...]
    confirmations: int
    timeout_s: float = 20.0
    user: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Coins:
    """Unspent satoshis: those with enough confirmations, and those still without; the chain's height then."""

    confirmed: Sats
    waiting: Sats
    height: int


@dataclass(frozen=True, slots=True)
class WalletReading:
    """What the whole wallet held at a moment, in desk time."""

    name: str
    coins: Coins
    addresses: int
    at: datetime


class Server(Protocol):
    """How one kind of server is asked."""

    async def coins(self, wire: JsonWire, addresses: Sequence[str], confirmations: int) -> Coins:
        """What lies at these addresses together. Raises NotRight, FeedRefused, FeedUnavailable."""
        ...
