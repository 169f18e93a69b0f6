"""What pricing an order needs to know of a market: its grid and its visible book."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext

from desk.units import Bps, Money, Price, Sats

WHOLE = 10_000
Levels = tuple[tuple[Price, Sats], ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """What the venue accepts: price steps, quantity steps, smallest order."""

    tick: Decimal
    lot: Sats
    min_quantity: Sats
    min_cost: Money


@dataclass(frozen=True, slots=True)
class Market:
    """The visible book, best levels first, and its age; what the market traded since the window opened, if known."""

    bids: Levels
    asks: Levels
    age_s: float
    volume: Sats | None = None
    volume_age_s: float = 0.0

    @property
    def is_sound(self) -> bool:
        """Whether there are two sides and they do not cross."""
        return bool(self.bids and self.asks) and self.bids[0][0] < self.asks[0][0]

    @property
    def mid(self) -> Price:
        return Price((self.bids[0][0] + self.asks[0][0]) / 2)


def lowest_price(floor: Price, max_slippage: Bps, mid: Price, tick: Decimal) -> Price:
    """The lowest price a sell may name: floor and slippage limit, rounded up to the tick, so never below either."""
    with localcontext() as exact:
        exact.prec = 60
        return price_up(max(floor, Price(mid * (WHOLE - max_slippage) / WHOLE)), tick)


def price_up(price: Price | Decimal, tick: Decimal) -> Price:
    """The next price on the grid that is not below `price`."""
    with localcontext() as exact:
        exact.prec = 60
        steps = -(-price // tick)
        if steps * tick < price:
            steps += 1
        return Price(steps * tick)
