"""What selling brings, and the funding gap in one line: the words of every place that speaks of it.

The gap is the forecast's: how far cash falls below the floor at most. Where an input is missing there is no estimate,
and the line says which.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import ROUND_CEILING, Decimal

from desk.treasury.forecast.table import Forecast, Shortfall
from desk.units import Bps, Money, Price, Sats, notional, ratio, show_btc, show_millions

HAIRCUT = Bps(Decimal(1000))
"""How much lower than now the price is assumed when coins are sold, where nothing else is configured."""
SALE_COST = Bps(Decimal(50))
"""Slippage and fees together, where nothing else is configured."""
_FULL = Decimal(10_000)


def sats_for(gap: Money, price: Price, haircut: Bps = HAIRCUT, cost: Bps = SALE_COST) -> Sats:
    """gap / (P(1 − haircut)(1 − s)), rounded up to the satoshi: what must be sold to bring in `gap`."""
    net = price * (1 - haircut / _FULL) * (1 - cost / _FULL)
    return Sats(int(ratio(gap, net).scaleb(8).to_integral_value(ROUND_CEILING)))


def proceeds(sats: Sats, price: Price, haircut: Bps = HAIRCUT, cost: Bps = SALE_COST) -> Money:
    """What selling `sats` is counted on to bring: the same caution as in `sats_for`."""
    return Money(notional(sats, price) * (1 - haircut / _FULL) * (1 - cost / _FULL))


def gap_line(forecast: Forecast, short: Shortfall | None, closing: str) -> str:
    """The one sentence about the gap; `closing` says what would close it, and cash too old to tell is named (P8)."""
    said = _gap_line(forecast, short, closing)
    return f"{said} · {forecast.stale}" if forecast.stale else said


def _gap_line(forecast: Forecast, short: Shortfall | None, closing: str) -> str:
    if forecast.missing:
        return no_estimate(forecast.missing)
    if forecast.floor.level is None:
        return _without_floor(forecast)
    if short is None:
        return _covered(forecast)
    head = f"gap {show_millions(short.first)} on {day_text(short.on)}, {short.because}"
    if short.deepest_on != short.on:
        head += f"; {show_millions(short.gap)} by {day_text(short.deepest_on)}"
    return f"{head} · {closing}"


def closing_words(sats: Sats | None, free: Sats, haircut: Bps, missing: str) -> str:
    """What closes the gap, or without `sats` what is missing to tell. `free` is neither pledged nor promised."""
    if sats is None:
        return f"no estimate of BTC: {missing}"
    if sats > free:
        return f"{show_btc(sats, 2)} BTC would close it, only {show_btc(free, 2)} are free"
    return f"selling {show_btc(sats, 2)} BTC closes it, a fall of {haircut / 100:.0f} % allowed for"


def no_estimate(missing: Sequence[str]) -> str:
    """'no estimate: no USD cash on record, price missing'."""
    return f"no estimate: {', '.join(missing)}"


def _without_floor(forecast: Forecast) -> str:
    least = forecast.minimum
    assert least is not None
    when = f"least cash {show_millions(least.minimum)} on {day_text(least.minimum_on)}"
    return f"no estimate of a gap: {forecast.floor.source}; {when}"


def _covered(forecast: Forecast) -> str:
    least, level = forecast.minimum, forecast.floor.level
    assert least is not None
    assert level is not None
    when = f"cash stays above {show_millions(level)}"
    return f"no gap: {when}, least {show_millions(least.minimum)} on {day_text(least.minimum_on)}"


def day_text(day: date) -> str:
    """A date for a glance: '12 Feb'."""
    return f"{day.day} {day:%b}"
