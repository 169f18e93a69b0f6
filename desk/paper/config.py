"""Everything that decides how a paper exchange behaves, in one frozen value."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path

from desk.clock import Clock, LiveClock
from desk.paper.faults import FaultPlan
from desk.paper.instrument import BTC_USD, KRAKEN_FEES, FeeSchedule, Instrument
from desk.paper.market import Shape
from desk.units import Money, Price, Sats

DEMO_KEY = "paper-key-of-the-embedded-exchange"
DEMO_SECRET = base64.b64encode(b"the embedded exchange holds no real money; its key is no secret").decode()
"""Credentials everybody knows: they open a loopback exchange with invented balances and nothing else."""

_START = Price(Decimal("68524.10"))
_RICH = Sats(3_000 * 100_000_000)
_BROKE = Money(Decimal(0))


class PaperRefused(ValueError):
    """The paper exchange will not start like this; the message says what would be right."""


class MarketKind(StrEnum):
    SYNTHETIC = "synthetic"
    REPLAY = "replay"


@dataclass(frozen=True, slots=True)
class PaperConfig:
    """One paper exchange.

    `trade_file` None keeps nothing. `volume_30d` is the quote volume already traded, for the fee tier. `step_ms`
    is the market's step in desk milliseconds: with the seed it decides the market. `publish_s` is how often (wall
    seconds) subscribers hear of book changes. `replay` is a folder with book.parquet and trades.parquet. `opens` is
    the desk time at which a new market begins (default: when the exchange starts): two exchanges that open at the
    same time with the same seed show the same market at the same desk time, whenever they were started.
    """

    seed: int = 1
    start_price: Price = _START
    btc: Sats = _RICH
    usd: Money = _BROKE
    volume_30d: Money = _BROKE
    api_key: str = DEMO_KEY
    api_secret: str = DEMO_SECRET
    trade_file: Path | None = None
    is_synced: bool = False
    market: MarketKind = MarketKind.SYNTHETIC
    shape: Shape = field(default_factory=Shape)
    replay: Path | None = None
    step_ms: int = 250
    opens: datetime | None = None
    publish_s: float = 0.1
    instrument: Instrument = BTC_USD
    fees: FeeSchedule = KRAKEN_FEES
    clock: Clock = field(default_factory=LiveClock)
    faults: FaultPlan | None = None

    def __post_init__(self) -> None:
        if self.start_price <= 0 or self.btc < 0 or self.usd < 0 or self.step_ms <= 0:
            raise PaperRefused("start price and step must be positive, balances not negative")
        if (self.market is MarketKind.REPLAY) != (self.replay is not None):
            raise PaperRefused("a replayed market needs a folder of recordings, and only a replayed one")
        try:
            base64.b64decode(self.api_secret, validate=True)
        except ValueError as error:
            raise PaperRefused("the API secret must be base64, as Kraken's are") from error


def loopback(host: str) -> str:
    """`host`, if it can only be reached from this machine. Raises PaperRefused for every other address."""
    if host == "localhost":
        return "127.0.0.1"
    try:
        is_local = ip_address(host).is_loopback
    except ValueError:
        is_local = False
    if not is_local:
        raise PaperRefused(f"the paper exchange listens on loopback only, not on {host!r}; use 127.0.0.1")
    return host
