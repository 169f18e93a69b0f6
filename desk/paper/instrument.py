"""What is traded: the pair's grid and minimums, its exact integer arithmetic, and what trading costs.

Inside the exchange a price is a count of ticks, BTC is satoshis and money is a count of quote atoms (the smallest
reported money step, 0.00001 USD), so that matching, holds and fees are integer sums without rounding surprises.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from desk.units import SATS_PER_BTC, Money, Price, Sats, decimal_text, parse_decimal

PPM = 1_000_000
_ONE = Sats(1)
_ORDER_MIN = Sats(5_000)


class OffGrid(ValueError):
    """A price between two ticks, or an amount finer than the smallest step."""


@dataclass(frozen=True, slots=True)
class FeeTier:
    """Fees once the 30-day volume reaches `from_volume` (quote currency); rates in parts per million of cost."""

    from_volume: int
    maker_ppm: int
    taker_ppm: int


@dataclass(frozen=True, slots=True)
class FeeSchedule:
    """Maker and taker fees by 30-day volume, lowest tier first."""

    tiers: tuple[FeeTier, ...]

    def __post_init__(self) -> None:
        starts = [tier.from_volume for tier in self.tiers]
        if not starts or starts[0] != 0 or starts != sorted(set(starts)):
            raise ValueError("fee tiers start at volume 0 and rise strictly")

    def tier(self, volume: Decimal | int) -> FeeTier:
        """The tier that a 30-day volume (quote currency) has earned."""
        return [tier for tier in self.tiers if tier.from_volume <= volume][-1]

    @property
    def highest_ppm(self) -> int:
        """The worst rate anybody can be charged: what holds are made with."""
        return max(max(tier.maker_ppm, tier.taker_ppm) for tier in self.tiers)

    def next_tier(self, volume: Decimal | int) -> FeeTier | None:
        """The first tier not yet earned, or None at the top."""
        return next((tier for tier in self.tiers if tier.from_volume > volume), None)


KRAKEN_FEES = FeeSchedule(
    tuple(
        FeeTier(*row)
        for row in (
            (0, 2500, 4000),
            (10_000, 2000, 3500),
            (50_000, 1400, 2400),
            (100_000, 1200, 2200),
            (250_000, 800, 2000),
            (500_000, 600, 1800),
            (1_000_000, 400, 1600),
            (2_500_000, 200, 1400),
            (5_000_000, 0, 1200),
            (10_000_000, 0, 1000),
            (100_000_000, 0, 800),
        )
    )
)
"""In the shape of Kraken's published spot schedule; illustrative, not a quotation."""


@dataclass(frozen=True, slots=True)
class Instrument:
    """One BTC pair: names on the wire, tick, minimums. `quote_decimals` is how finely money is reported."""

    symbol: str = "BTC/USD"
    pair_id: str = "XXBTZUSD"
    altname: str = "XBTUSD"
    wsname: str = "XBT/USD"
    base_id: str = "XXBT"
    quote_id: str = "ZUSD"
    base_altname: str = "XBT"
    quote_altname: str = "USD"
    tick: Decimal = Decimal("0.1")
    lot: Sats = _ONE
    order_min: Sats = _ORDER_MIN
    cost_min: Decimal = Decimal("0.5")
    quote_decimals: int = 5

    @property
    def price_decimals(self) -> int:
        exponent = self.tick.as_tuple().exponent
        assert isinstance(exponent, int)
        return max(0, -exponent)

    @property
    def tick_atoms(self) -> int:
        """One tick for one whole BTC, in quote atoms."""
        return int(self.tick.scaleb(self.quote_decimals))

    @property
    def cost_min_atoms(self) -> int:
        return self.atoms(self.cost_min)

    def ticks(self, price: Decimal) -> int:
        """A price as whole ticks. Raises OffGrid between two ticks."""
        count = price / self.tick
        if count != count.to_integral_value():
            raise OffGrid(f"{price} is not a multiple of the tick {self.tick}")
        return int(count)

    def price(self, ticks: int) -> Price:
        return Price(self.tick * ticks)

    def price_text(self, ticks: int) -> str:
        """A price as the exchange prints it: always with the tick's decimals."""
        return decimal_text(self.price(ticks))

    def atoms(self, amount: Decimal) -> int:
        """Money as whole atoms. Raises OffGrid where it is finer than reported money."""
        count = amount.scaleb(self.quote_decimals)
        if count != count.to_integral_value():
            raise OffGrid(f"{amount} is finer than {self.quote_decimals} decimals")
        return int(count)

    def money(self, atoms: int) -> Money:
        return Money(Decimal(atoms).scaleb(-self.quote_decimals))

    def money_text(self, atoms: int) -> str:
        return decimal_text(self.money(atoms))

    def cost(self, ticks: int, sats: int) -> int:
        """Value of `sats` at `ticks` in atoms, truncated as the exchange reports it."""
        return ticks * sats * self.tick_atoms // SATS_PER_BTC

    def hold(self, ticks: int, sats: int, fee_ppm: int) -> int:
        """Atoms that cover buying `sats` at `ticks` with its fee, however many fills it takes: rounded up."""
        exact = ticks * sats * self.tick_atoms
        return -(-exact // SATS_PER_BTC) - (-exact * fee_ppm // (SATS_PER_BTC * PPM))

    def average_text(self, tick_sats: int, sats: int) -> str:
        """Average price from the exact sum of ticks times satoshis; zero where nothing was filled."""
        return self.money_text(divide_even(tick_sats * self.tick_atoms, sats) if sats else 0)

    def is_named(self, name: str) -> bool:
        """Whether a client means this pair by `name`; Kraken accepts several spellings."""
        return name in {self.pair_id, self.altname, self.wsname, self.symbol}


def fee_atoms(cost_atoms: int, ppm: int) -> int:
    """The fee on a cost, truncated: the fees of many small fills never exceed what was held for the whole."""
    return cost_atoms * ppm // PPM


def divide_even(numerator: int, denominator: int) -> int:
    """Integer division rounded to nearest, ties to even; both non-negative, denominator positive."""
    quotient, rest = divmod(numerator, denominator)
    twice = 2 * rest
    return quotient + (twice > denominator or (twice == denominator and quotient % 2 == 1))


def percent_text(ppm: int) -> str:
    """A rate as Kraken prints it, in percent with four decimals: 2500 ppm is 0.2500."""
    return decimal_text(parse_decimal(ppm).scaleb(-4))


BTC_USD = Instrument()
