"""The configured venues, made ready: secrets are read when a venue is built and kept nowhere else."""

from __future__ import annotations

from desk.acts.outcome import Refused
from desk.clock import Clock, DeskTime, LiveClock
from desk.config import VenueSection
from desk.paper.config import DEMO_KEY
from desk.venues.books import OnBook
from desk.venues.gateway import CcxtVenue
from desk.venues.registry import VenueSettings, build_venue, check_exchange


def open_venue(name: str, venue: VenueSection, clock: Clock, on_book: OnBook | None = None) -> CcxtVenue:
    """A venue that has not been asked anything yet. Raises UnprovenExchange or SecretRefused.

    A venue on loopback in a demo stamps desk time; a real one stamps wall time, which is the same at speed 1.
    """
    check_exchange(venue.exchange, venue.symbol, sandbox=venue.sandbox)
    _keep_demos_home(name, venue, clock)
    settings = VenueSettings(
        exchange=venue.exchange,
        symbol=venue.symbol,
        key=venue.key.read(),
        secret=venue.secret.read(),
        url=venue.url,
        rate_limit_ms=venue.rate_limit_ms,
        timeout_s=venue.timeout_s,
        in_flight_bound_s=venue.in_flight_bound_s,
        visibility_delay_s=venue.visibility_delay_s,
        sandbox=venue.sandbox,
        halt_key=venue.halt_key.read() if venue.halt_key else None,
        halt_secret=venue.halt_secret.read() if venue.halt_secret else None,
    )
    line = clock.line if isinstance(clock, LiveClock) and venue.is_loopback else None
    return build_venue(name, settings, clock, to_venue_time=line.desk_at if line else None, on_book=on_book)


def _keep_demos_home(name: str, venue: VenueSection, clock: Clock) -> None:
    """Scaled time and the key everybody knows are for an exchange on this machine only. Raises Refused."""
    if venue.is_loopback:
        return
    if clock.speed != 1 or (isinstance(clock, LiveClock) and clock.line != DeskTime.real()):
        raise Refused(
            f"venues.{name} is not on this machine, and this is a demo database; make a real one: desk init"
        )
    if venue.key.read() == DEMO_KEY:
        raise Refused(f"venues.{name}.key is the paper exchange's, which everybody knows; use your own")
