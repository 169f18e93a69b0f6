"""The one valuation policy: which price, at which hour, in which zone; and the marks taken under it.

A day without a mark has none: nothing is carried forward, nothing is interpolated. Whoever needs it says which one is
missing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from desk.treasury.coin_records import Mark
from desk.units import Money, Price, Sats, exact_product, notional

COIN = "BTC"
DOLLARS = "USD"
BTC_USD = f"{COIN}/{DOLLARS}"
_STABLECOINS = ("USDT", "USDC")
"""In which else coins are quoted; a mark of the stablecoin makes dollars of it."""


@dataclass(frozen=True, slots=True)
class ValuationPolicy:
    """`source` is a venue's name (its mid) or a name for imported marks; `hour` is like '16:00'.

    A day's mark is taken at that hour of the day; at 00:00, which is both its ends, at the midnight that ends it, so
    that a month's last mark values its close.
    """

    source: str
    hour: str
    zone: str

    @property
    def text(self) -> str:
        """What stands beside every mark taken under it."""
        end = ", the midnight that ends the day" if self._at == time(0) else ""
        return f"{self.source} mid at {self.hour} {self.zone}{end}"

    def taken_at(self, day: date) -> datetime:
        """The moment, in UTC, at which the mark of `day` is taken."""
        on = day + timedelta(days=1) if self._at == time(0) else day
        return datetime.combine(on, self._at, ZoneInfo(self.zone)).astimezone(UTC)

    def newest_due(self, now: datetime) -> date:
        """The last day whose mark should have been taken by `now`."""
        day = now.astimezone(ZoneInfo(self.zone)).date()
        while self.taken_at(day) > now:
            day -= timedelta(days=1)
        return day

    @property
    def _at(self) -> time:
        return time.fromisoformat(self.hour)


class ValuationSettings(Protocol):
    """The keys of [treasury.valuation]."""

    @property
    def source(self) -> str: ...
    @property
    def hour(self) -> str: ...
    @property
    def zone(self) -> str: ...


def policy_of(settings: ValuationSettings) -> ValuationPolicy:
    """The policy that the configuration asks for."""
    return ValuationPolicy(settings.source, settings.hour, str(settings.zone))


@dataclass(frozen=True, slots=True)
class Rate:
    """What one unit of a currency is worth in dollars, and the marks that say so."""

    value: Price
    marks: tuple[Mark, ...]

    @property
    def source(self) -> str:
        return " × ".join(f"{mark.pair} of {mark.source}" for mark in self.marks)

    @property
    def observed(self) -> datetime:
        """When the older of its marks was seen."""
        return min(mark.observed for mark in self.marks)


class Marks:
    """Marks by day and pair. Asked for one that is not there it answers None, never with another day's."""

    def __init__(self, marks: Iterable[Mark]) -> None:
        self._marks = {(mark.day, mark.pair): mark for mark in marks}

    def of(self, day: date, pair: str = BTC_USD) -> Mark | None:
        return self._marks.get((day, pair))

    def dollars(self, currency: str, day: date) -> Rate | None:
        """Dollars per unit of `currency` on `day`: its own mark, or for BTC one in a stablecoin and the coin's."""
        direct = self.of(day, f"{currency}/{DOLLARS}")
        if direct is not None:
            return Rate(direct.price, (direct,))
        if currency != COIN:
            return None
        for stable in _STABLECOINS:
            coin, dollar = self.of(day, f"{COIN}/{stable}"), self.of(day, f"{stable}/{DOLLARS}")
            if coin is not None and dollar is not None:
                return Rate(Price(exact_product(coin.price, dollar.price)), (coin, dollar))
        return None


def missing_mark(currency: str, day: date) -> str:
    """What a figure that needed a mark says in its place: 'mark USDT/USD of 2026-02-07 missing'."""
    return f"mark {currency}/{DOLLARS} of {day} missing"


def mark_for(marks: Marks, day: date) -> Rate | None:
    """Dollars per BTC on `day` under the policy, or None."""
    return marks.dollars(COIN, day)


def fair_value(sats: Sats | int, marks: Marks, day: date) -> Money | None:
    """What the coins are worth at the mark of `day`, in dollars, exactly; None where there is no mark."""
    rate = mark_for(marks, day)
    return notional(sats, rate.value) if rate is not None else None
