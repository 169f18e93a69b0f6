"""Which exchanges are accepted, and how one is built from settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from desk.clock import Clock
from desk.venues.books import OnBook, StreamPace
from desk.venues.dialects.dialect import Bounds, Dialect
from desk.venues.gateway import CcxtVenue
from desk.venues.wire import Access, Wire

PROVEN = ("kraken",)
"""Exchanges whose outcomes are tested answer by answer."""


class UnprovenExchange(ValueError):
    """An exchange this desk will not trade on; the message is a sentence for whoever wrote the configuration."""


@dataclass(frozen=True, slots=True)
class VenueSettings:
    """One `[venues.NAME]` with its secrets resolved. Durations in wall seconds; None means the venue's default."""

    exchange: str
    symbol: str
    key: str = field(repr=False)
    secret: str = field(repr=False)
    url: str | None = None
    rate_limit_ms: int | None = None
    timeout_s: float = 10.0
    in_flight_bound_s: float | None = None
    visibility_delay_s: float = 5.0


def check_exchange(exchange: str, symbol: str) -> None:
    """Raises UnprovenExchange for what is not accepted; needs no network and no ccxt."""
    if exchange not in PROVEN:
        raise UnprovenExchange(
            f"exchange {exchange!r} is not accepted: what its answers prove about an order, and that our order ids "
            f"reach it, is not tested yet; use {' or '.join(PROVEN)}"
        )
    base, _, quote = symbol.partition("/")
    if base != "BTC" or not quote.isalpha() or not quote.isupper():
        raise UnprovenExchange(f"symbol {symbol!r} is not accepted: this desk sells bitcoin, like 'BTC/USD'")


def build_venue(
    name: str,
    settings: VenueSettings,
    clock: Clock,
    *,
    to_venue_time: Callable[[datetime], datetime] | None = None,
    on_book: OnBook | None = None,
    stream_pace: StreamPace | None = None,
) -> CcxtVenue:
    """A venue, not yet opened. `to_venue_time` maps wall time to what the venue stamps (real venues: the same).

    Raises UnprovenExchange. `on_book` is called in the event loop with every newer book once `start_stream` was.
    """
    check_exchange(settings.exchange, settings.symbol)

    def connect() -> tuple[Wire, Dialect]:
        from desk.venues.dialects.kraken import Kraken

        access = Access(settings.key, settings.secret, settings.url, settings.timeout_s, settings.rate_limit_ms)
        wire = Wire(settings.exchange, access, clock)
        bounds = Bounds(settings.in_flight_bound_s, settings.visibility_delay_s)
        return wire, Kraken(
            wire, settings.symbol, clock=clock, bounds=bounds, to_venue_time=to_venue_time or _same_time,
            url=settings.url,
        )  # fmt: skip

    return CcxtVenue(name, clock=clock, connect=connect, on_book=on_book, stream_pace=stream_pace)


def _same_time(moment: datetime) -> datetime:
    return moment
