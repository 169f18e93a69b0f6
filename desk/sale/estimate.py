"""What a sale is expected to cost before it is signed, with its range: a prior, not a promise.

Impact I = Y · σ_day · √(Q / V_day), average cost two thirds of the peak (Donier and Bonart, arXiv 1412.4503; Y ≈ 1),
plus half the spread on what crosses and the account's fees. Daily volatility from the day's range after Parkinson
(1980): σ = ln(high/low) / √(4 ln 2). Statistics are floats; nothing here flows back into an amount (P6).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal

from desk.units import Bps, Money, Price, Sats, notional

_TYPICAL, _KIND, _UNKIND = (1.0, 0.5), (0.5, 0.8), (2.0, 0.1)
"""Pairs of Y and the share of the sale that rests instead of crossing."""


@dataclass(frozen=True, slots=True)
class DayOfMarket:
    """What a market did in the last 24 hours, and what this account pays there."""

    volume: Sats
    high: Price
    low: Price
    spread: Bps
    maker_fee: Bps
    taker_fee: Bps


@dataclass(frozen=True, slots=True)
class Estimate:
    """Cost against the mid at the start, in basis points, and in the quote currency at the reference price."""

    typical: Bps
    low: Bps
    high: Bps
    money: Money
    fees: Bps

    @property
    def sentence(self) -> str:
        return (
            f"expected cost {self.typical:.1f} bps ({self.low:.1f} … {self.high:.1f}) of which fees {self.fees:.1f}, "
            f"about {self.money:,.0f}"
        )


def estimate(quantity: Sats, price: Price, day: DayOfMarket) -> Estimate | None:
    """The expected cost of selling `quantity`, or None where the day's figures say nothing."""
    if day.volume <= 0 or not 0 < day.low <= day.high:
        return None
    typical, low, high = (_cost(quantity, day, *assumed) for assumed in (_TYPICAL, _KIND, _UNKIND))
    money = Money((notional(quantity, price) * typical / 10_000).quantize(Decimal(1)))
    return Estimate(typical, low, high, money, _fees(day, _TYPICAL[1]))


def _cost(quantity: Sats, day: DayOfMarket, y: float, resting: float) -> Bps:
    sigma = math.log(float(day.high) / float(day.low)) / math.sqrt(4 * math.log(2))
    impact = 2 / 3 * y * sigma * math.sqrt(int(quantity) / int(day.volume)) * 10_000
    crossing = (1 - resting) * float(day.spread) / 2
    return Bps(Decimal(str(round(impact + crossing, 1))) + _fees(day, resting))


def _fees(day: DayOfMarket, resting: float) -> Bps:
    share = Decimal(str(resting))
    return Bps((day.maker_fee * share + day.taker_fee * (1 - share)).quantize(Decimal("0.1")))
