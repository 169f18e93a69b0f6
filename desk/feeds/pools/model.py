"""What is asked of a pool and what comes back: earnings of one account on one of the pool's own days."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Protocol
from zoneinfo import ZoneInfo

from desk.feeds.reading import NotRight
from desk.feeds.wire import JsonWire
from desk.units import Bps

_EXA = Decimal(10) ** 18
_GIGA = Decimal(10) ** 9


@dataclass(frozen=True, slots=True)
class PoolAccess:
    """One [pools.NAME] with its keys read. `zone` is the zone of the pool's day; `name` is also the coins' place."""

    name: str
    kind: str
    url: str
    accounts: tuple[str, ...]
    zone: str = "UTC"
    site: str = ""
    key: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)
    timeout_s: float = 20.0


@dataclass(frozen=True, slots=True)
class Span:
    """Pool days from `first` to `last`, both included, in `zone`."""

    first: date
    last: date
    zone: ZoneInfo

    def begins(self) -> datetime:
        """The first instant of the first day."""
        return midnight(self.first, self.zone)

    def ends(self) -> datetime:
        """The first instant after the last day."""
        return midnight(self.last + timedelta(days=1), self.zone)

    def parts(self, days: int) -> Iterator[Span]:
        """The span in parts of at most so many days: pools limit what one request may ask for."""
        first = self.first
        while first <= self.last:
            last = min(self.last, first + timedelta(days=days - 1))
            yield Span(first, last, self.zone)
            first = last + timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Earned:
    """One entry of one account for one pool day; several may belong to one day. `fee` where the pool tells it."""

    day: date
    btc: Decimal
    hashrate_ehs: Decimal | None = None
    credited: datetime | None = None
    fee: Bps | None = None


class Adapter(Protocol):
    """How one pool is asked. An adapter asks for what it may and reads what comes; checks are for everybody."""

    needs_key: bool
    needs_secret: bool
    """Whether the pool signs requests with a second key."""
    one_account: bool
    """Whether the key alone says whose days these are: a second account would count them twice."""
    pause_s: float
    """Between two requests, as the pool asks."""
    runs_ahead: bool
    """Whether the pool's dates are known to run a day ahead of the calendar."""

    def headers(self, pool: PoolAccess) -> Mapping[str, str]: ...

    async def earned(self, wire: JsonWire, pool: PoolAccess, account: str, span: Span) -> Sequence[Earned]:
        """What the account earned in the span. Raises NotRight, FeedRefused, FeedUnavailable."""
        ...


def asked_for(found: Iterable[Earned], part: Span, span: Span) -> list[Earned]:
    """What belongs to this part of the span: a pool that answers with more than was asked would count days twice.

    What comes after the whole span stays, to be judged: the running day, or one that cannot be.
    """
    return [one for one in found if part.first <= one.day and (one.day <= part.last or part.last == span.last)]


def once(found: Iterable[Earned]) -> list[Earned]:
    """One entry a day, from pages that overlap while a day is added. Raises NotRight where two differ."""
    by_day: dict[date, Earned] = {}
    for one in found:
        if by_day.setdefault(one.day, one) != one:
            raise NotRight(f"{one.day} is there twice, with different figures")
    return list(by_day.values())


def midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def pool_day(begins: datetime, zone: ZoneInfo, name: str) -> date:
    """The pool day that begins at an instant. Raises NotRight where that is no midnight: days are never shifted."""
    local = begins.astimezone(zone)
    if local != midnight(local.date(), zone):
        raise NotRight(
            f"{name} {begins.isoformat()} is no midnight in {zone.key}; set the pool's `zone` to that of its day"
        )
    return local.date()


def ehs(hashes_per_s: Decimal) -> Decimal:
    """EH/s of hashes per second, to six decimals."""
    return (hashes_per_s / _EXA).quantize(Decimal("0.000001"))


def ehs_of_ghs(giga: Decimal) -> Decimal:
    """EH/s of GH/s, to six decimals."""
    return (giga / _GIGA).quantize(Decimal("0.000001"))
