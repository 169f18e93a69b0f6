"""Exact amounts: satoshis, money, prices and basis points, with their only parser and formatter (P6).

BTC is integer satoshis; money and prices are decimals that keep the digits they were reported with.
A binary float is refused wherever an amount enters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Context, Decimal, Inexact, InvalidOperation
from functools import reduce
from typing import NewType

Sats = NewType("Sats", int)
"""Bitcoin in satoshis, 1e-8 BTC."""
Money = NewType("Money", Decimal)
"""An amount of some quote currency; the currency is named beside it."""
Price = NewType("Price", Decimal)
"""Quote currency per one whole BTC."""
Bps = NewType("Bps", Decimal)
"""Basis points, 1e-4."""

SATS_PER_BTC = 100_000_000
MAX_SUPPLY = Sats(21_000_000 * SATS_PER_BTC)
ZERO = Sats(0)
NOTHING = Money(Decimal(0))

_PLAIN_DECIMAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_MAX_DIGITS = 60
_EXACT = Context(prec=120, traps=[InvalidOperation, Inexact])
_RATIO = Context(prec=28)


class AmountRefused(ValueError):
    """A text or value that is not an exact amount; the message names the value and what would be right."""


def parse_decimal(value: str | int | Decimal) -> Decimal:
    """The decimal that `value` says, digit for digit. Raises AmountRefused for floats, NaN, infinities and prose."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise AmountRefused(f"{value!r} is not an exact number; write it as text, like '12.50'")
    if isinstance(value, str):
        text = value.strip().replace("_", "").replace(",", "") if _grouped(value.strip()) else value.strip()
        if len(text) > _MAX_DIGITS or not _PLAIN_DECIMAL.fullmatch(text):
            raise AmountRefused(f"{value[:40]!r} is not a number; write digits with a point, like 12.50")
        value = text
    number = Decimal(value)
    if not number.is_finite() or len(number.as_tuple().digits) > _MAX_DIGITS or abs(number.adjusted()) > _MAX_DIGITS:
        raise AmountRefused(f"{value!r} is not a usable number")
    return number


def _grouped(text: str) -> bool:
    """Whether separators stand where people put thousands separators: 7,474.60 or 7_474.60, never 1,5."""
    return bool(re.fullmatch(r"[+-]?\d{1,3}([,_]\d{3})+(\.\d*)?", text, re.ASCII))


def decimal_text(value: Decimal) -> str:
    """Canonical text of a decimal: plain notation, its digits kept, no exponent, no negative zero."""
    if not value.is_finite():
        raise AmountRefused(f"{value} is not a finite number")
    text = format(value, "f")
    return text[1:] if value.is_zero() and text.startswith("-") else text


def parse_btc(value: str | int | Decimal) -> Sats:
    """Whole-BTC text to satoshis. Raises AmountRefused when it is finer than a satoshi or beyond the supply."""
    number = parse_decimal(value)
    sats = _EXACT.scaleb(number, 8)
    if sats != sats.to_integral_value():
        raise AmountRefused(f"{value} BTC is finer than one satoshi; use at most 8 decimals")
    if abs(int(sats)) > MAX_SUPPLY:
        raise AmountRefused(f"{value} BTC is more than will ever exist")
    return Sats(int(sats))


def btc(sats: Sats | int) -> Decimal:
    """Satoshis as an exact decimal of BTC with eight places."""
    return Decimal(sats).scaleb(-8, _EXACT)


def btc_text(sats: Sats | int) -> str:
    """Satoshis as plain BTC text with eight decimals: the form of files, JSON and signatures."""
    return decimal_text(btc(sats))


def show_btc(sats: Sats | int, places: int = 8) -> str:
    """BTC for people, grouped; with fewer places it is rounded half-even and meant for overview only."""
    return f"{btc(sats):,.{places}f}"


def show_money(amount: Decimal, places: int = 2) -> str:
    """Money for people, grouped: -1,234.50."""
    return f"{amount:,.{places}f}"


def show_millions(amount: Decimal) -> str:
    """Money for a glance: $512.2 M, $12.5 k, $950."""
    sign = "-" if amount < 0 else ""
    size = abs(amount)
    if size >= 999_950:
        return f"{sign}${size / 1_000_000:,.1f} M"
    if size >= 10_000:
        return f"{sign}${size / 1_000:,.1f} k"
    return f"{sign}${size:,.0f}"


def notional(sats: Sats | int, price: Decimal) -> Money:
    """Exact value of `sats` at `price`, in the price's currency."""
    return Money(_EXACT.multiply(Decimal(sats), price).scaleb(-8, _EXACT))


def exact_sum(amounts: Iterable[Decimal]) -> Money:
    """Sum without rounding, whatever the thread's decimal context says."""
    return Money(reduce(_EXACT.add, amounts, Decimal(0)))


def exact_product(amount: Decimal, rate: Decimal) -> Money:
    """amount × rate without rounding: a conversion into the rate's currency."""
    return Money(_EXACT.multiply(amount, rate))


def ratio(numerator: Decimal | int, denominator: Decimal | int) -> Decimal:
    """A quotient at 28 digits: for averages, shares and basis points, never for a balance."""
    return _RATIO.divide(Decimal(numerator), Decimal(denominator))


def average_price(proceeds: Decimal, sats: Sats | int) -> Price | None:
    """Gross proceeds per BTC, or None where nothing was sold."""
    return Price(ratio(proceeds * SATS_PER_BTC, sats)) if sats else None


def bps_between(value: Decimal, reference: Decimal) -> Bps:
    """(value − reference) / reference in basis points: for a seller, positive is better than the reference."""
    return Bps(ratio((value - reference) * 10_000, reference))


def floor_to_step(sats: Sats | int, step: Sats | int) -> Sats:
    """The largest multiple of `step` not above `sats`."""
    return Sats(int(sats) // int(step) * int(step))
