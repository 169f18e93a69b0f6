"""Which exchanges are accepted, and how one is built from settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from desk.clock import Clock
from desk.venues.books import OnBook, StreamPace
from desk.venues.dialects import binance, coinbase
from desk.venues.dialects.dialect import Bounds, Dialect, ToVenueTime
from desk.venues.dialects.kraken import Kraken
from desk.venues.gateway import CcxtVenue, Line
from desk.venues.wire import Access, Wire

PROVEN = ("kraken", "coinbase", "binance", "binanceus")
"""Exchanges whose outcomes are tested answer by answer."""
WITH_SANDBOX = ("binance", "binanceus")
"""Those of them for which ccxt knows a test network."""

_ADJUSTMENTS: Mapping[str, Mapping[str, Any]] = {
    "coinbase": coinbase.ADJUSTMENTS,
    "binance": binance.ADJUSTMENTS,
    "binanceus": binance.ADJUSTMENTS,
}
_UNPROVEN = (
    "that our order id, post-only and IOC reach it, what each of its answers proves about an order, and how an order "
    "is found again after a lost answer"
)
_UNPROVEN_OF: Mapping[str, str] = {
    "okx": "what its 'rejected' order without an id proves, and what becomes of an order id that is sent twice",
    "bybit": "how an order is found by our id, and for how long it refuses the same id twice",
    "bitstamp": "that post-only and IOC reach it at all, and how an order is cancelled by our id",
    "gemini": "what its empty answers prove, which read as a closed order, and what it does with the same id twice",
    "bitfinex": "how an order is found by our id, and that it refuses the same id twice",
}


DOLLARS = ("USD", "USDT", "USDC")
"""Quotes that limits in USD may be compared with as they are; a stablecoin's own risk is the treasury's to watch."""


class UnprovenExchange(ValueError):
    """An exchange this desk will not trade on; the message is a sentence for whoever wrote the configuration."""


@dataclass(frozen=True, slots=True)
class VenueSettings:
    """One `[venues.NAME]` with its secrets resolved. Durations in wall seconds; None means the venue's default.

    `halt_key` and `halt_secret`: a second API key that carries cancels alone, so that its nonces and its connection
    are nobody else's and a stop never waits behind a create that hangs.
    """

    exchange: str
    symbol: str
    key: str = field(repr=False)
    secret: str = field(repr=False)
    url: str | None = None
    rate_limit_ms: int | None = None
    timeout_s: float = 10.0
    in_flight_bound_s: float | None = None
    visibility_delay_s: float = 5.0
    sandbox: bool = False
    halt_key: str | None = field(default=None, repr=False)
    halt_secret: str | None = field(default=None, repr=False)


def check_exchange(exchange: str, symbol: str, *, sandbox: bool = False) -> None:
    """Raises UnprovenExchange for what is not accepted; needs no network and no ccxt."""
    if exchange not in PROVEN:
        raise UnprovenExchange(
            f"exchange {exchange!r} is not accepted: not proven yet is {_UNPROVEN_OF.get(exchange, _UNPROVEN)}; "
            f"use {', '.join(PROVEN[:-1])} or {PROVEN[-1]}"
        )
    base, _, quote = symbol.partition("/")
    if base != "BTC" or quote not in DOLLARS:
        raise UnprovenExchange(
            f"symbol {symbol!r} is not accepted: this desk sells bitcoin for dollars, as its limits are dollars; "
            f"use one of {', '.join(f'BTC/{quote}' for quote in DOLLARS)}"
        )
    if sandbox and exchange not in WITH_SANDBOX:
        raise UnprovenExchange(
            f"exchange {exchange!r} has no sandbox that ccxt knows; remove sandbox, or point url at a paper exchange"
        )


def build_venue(
    name: str,
    settings: VenueSettings,
    clock: Clock,
    *,
    to_venue_time: ToVenueTime | None = None,
    on_book: OnBook | None = None,
    stream_pace: StreamPace | None = None,
) -> CcxtVenue:
    """A venue, not yet opened. `to_venue_time` maps wall time to what the venue stamps (real venues: the same).

    Raises UnprovenExchange. `on_book` is called in the event loop with every newer book once `start_stream` was.
    """
    check_exchange(settings.exchange, settings.symbol, sandbox=settings.sandbox)

    def connect() -> Line:
        wires = [Wire(settings.exchange, _access(settings, settings.key, settings.secret), clock)]
        if settings.halt_key is not None and settings.halt_secret is not None:
            access = _access(settings, settings.halt_key, settings.halt_secret)
            wires.append(Wire(settings.exchange, access, clock))
        return Line(_dialect(settings, wires[0], wires[-1], clock, to_venue_time or _same_time), tuple(wires))

    return CcxtVenue(name, clock=clock, connect=connect, on_book=on_book, stream_pace=stream_pace)


def _access(settings: VenueSettings, key: str, secret: str) -> Access:
    """A private key in PEM form is often written in one line, its line breaks as backslash and n."""
    return Access(
        key,
        secret.replace("\\n", "\n") if secret.startswith("-----BEGIN") else secret,
        settings.url,
        settings.timeout_s,
        settings.rate_limit_ms,
        settings.sandbox,
        _ADJUSTMENTS.get(settings.exchange, {}),
    )


def _dialect(
    settings: VenueSettings, wire: Wire, halt_wire: Wire, clock: Clock, to_venue_time: ToVenueTime
) -> Dialect:
    bounds = Bounds(settings.in_flight_bound_s, settings.visibility_delay_s)
    symbol = settings.symbol
    match settings.exchange:
        case "kraken":
            return Kraken(
                wire, symbol, clock=clock, bounds=bounds, to_venue_time=to_venue_time, url=settings.url,
                halt_wire=halt_wire,
            )  # fmt: skip
        case "coinbase":
            return coinbase.Coinbase(
                wire, symbol, clock=clock, bounds=bounds, to_venue_time=to_venue_time, halt_wire=halt_wire
            )
        case _:
            house = binance.BINANCE_US if settings.exchange == "binanceus" else binance.BINANCE
            return binance.Binance(
                wire, symbol, house=house, clock=clock, bounds=bounds, to_venue_time=to_venue_time,
                halt_wire=halt_wire,
            )  # fmt: skip


def _same_time(moment: datetime) -> datetime:
    return moment
