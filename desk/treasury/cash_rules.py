"""How money of one kind becomes dollars in the bank: rules that are configured, and marks that are on record.

A stablecoin is its own currency (a treasurer cannot pay a vendor with it): it counts as dollars only once it went
through its off-ramp, at its mark, less the off-ramp's cost, and not at all while it is off its peg.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from desk.treasury.bank_days import BankCalendar
from desk.treasury.coin_records import Mark
from desk.treasury.currencies import STABLECOINS
from desk.units import Bps, Money

_FULL = Decimal(10_000)
_CENT = Decimal("0.01")
_STABLE_MARK_AGE = timedelta(days=1)
"""Stablecoins trade every day, and a peg can break on a weekend."""
_OTHER_MARK_AGE = timedelta(days=4)
"""Other currencies have no mark on weekends and holidays."""


@dataclass(frozen=True, slots=True)
class StablecoinRule:
    """Business days and cost of the way to the bank; how far from one dollar is no dollar any more."""

    off_ramp_days: int
    off_ramp_cost: Bps
    depeg: Bps


@dataclass(frozen=True, slots=True)
class CashRules:
    """What the configuration says of cash. `floor` None: there is a forecast, but no gap."""

    currency: str
    floor: Money | None
    settlement_days: int
    calendar: BankCalendar
    haircut: Bps
    sale_cost: Bps
    stablecoins: Mapping[str, StablecoinRule] = field(default_factory=dict)
    stale_after: timedelta = timedelta(hours=36)
    """A statement of cash that is older than this is too old to be told as what is there now (P8)."""


@dataclass(frozen=True, slots=True)
class Counted:
    """An amount as the plan counts it: in its currency, in the bank on `day`, and how it got there."""

    amount: Money
    day: date
    how: str = ""


@dataclass(frozen=True, slots=True)
class NotCounted:
    """Why an amount is left out."""

    why: str


@dataclass(frozen=True, slots=True)
class Way:
    """How money of a currency becomes the plan's: after so many business days, times `factor`."""

    days: int
    factor: Decimal
    how: str = ""


def way_to_bank(currency: str, rules: CashRules, marks: Iterable[Mark], today: date) -> Way | NotCounted:
    """From the moment there is such money to the bank; a stablecoin goes through its off-ramp."""
    if currency == rules.currency:
        return Way(0, Decimal(1))
    rate = _rate(currency, rules, marks, today)
    if isinstance(rate, NotCounted):
        return rate
    coin = rules.stablecoins.get(currency)
    if coin is None:
        return Way(0, rate.price, rate.words)
    cost = f"off-ramp {coin.off_ramp_days} business days, {coin.off_ramp_cost.normalize():f} bps"
    return Way(coin.off_ramp_days, rate.price * (1 - coin.off_ramp_cost / _FULL), f"{rate.words}; {cost}")


def income(
    amount: Decimal, currency: str, on: date, rules: CashRules, marks: Iterable[Mark], today: date
) -> Counted | NotCounted:
    """What `amount` of `currency`, had on `on`, brings to the bank: rounded down to the cent, and when."""
    way = way_to_bank(currency, rules, marks, today)
    if isinstance(way, NotCounted):
        return way
    day = rules.calendar.shifted(on, way.days) if way.days else on
    return Counted(_down(amount * way.factor), day, way.how)


def expense(
    amount: Decimal, currency: str, on: date, rules: CashRules, marks: Iterable[Mark], today: date
) -> Counted | NotCounted:
    """What paying `amount` of `currency` on `on` takes from the bank: rounded up to the cent."""
    if currency == rules.currency:
        return Counted(_up(amount), on)
    rate = _rate(currency, rules, marks, today, is_paid=True)
    return rate if isinstance(rate, NotCounted) else Counted(_up(amount * rate.price), on, rate.words)


@dataclass(frozen=True, slots=True)
class _Rate:
    price: Decimal
    words: str


def _rate(
    currency: str, rules: CashRules, marks: Iterable[Mark], today: date, *, is_paid: bool = False
) -> _Rate | NotCounted:
    """The newest mark of the currency that may still be believed, with its day and source."""
    pair, coin = f"{currency}/{rules.currency}", rules.stablecoins.get(currency)
    if coin is None and currency in STABLECOINS:
        return NotCounted(f"{currency} is no bank's money; [treasury.stablecoins.{currency}] says how it becomes it")
    oldest = today - (_OTHER_MARK_AGE if coin is None else _STABLE_MARK_AGE)
    usable = [mark for mark in marks if mark.pair == pair and oldest <= mark.day <= today and mark.price > 0]
    newest = max(usable, key=lambda mark: mark.day, default=None)
    if newest is None:
        return NotCounted(f"mark {pair} of {today} missing")
    off = abs(newest.price - 1) * _FULL
    if coin is not None and not is_paid and off > coin.depeg:
        limit = f"{coin.depeg.normalize():f}"
        return NotCounted(f"{currency} at {newest.price} is {off.normalize():f} bps off its peg, beyond {limit}")
    return _Rate(newest.price, f"{pair} {newest.price} of {newest.day} ({newest.source})")


def _down(amount: Decimal) -> Money:
    return Money(amount.quantize(_CENT, ROUND_FLOOR))


def _up(amount: Decimal) -> Money:
    return Money(amount.quantize(_CENT, ROUND_CEILING))
