"""The plan: the forecast, its gap, the sales that would close it, and what would be left of the gap with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from desk.treasury.cash_rules import CashRules, NotCounted
from desk.treasury.forecast.table import Driver, Entry, Forecast, Line, Shortfall, shortfall, table
from desk.treasury.funding import closing_words, gap_line
from desk.treasury.proposing import Coins, Proposal, SaleBounds, proposals
from desk.units import NOTHING, Money, Price, Sats


@dataclass(frozen=True, slots=True)
class Plan:
    """The forecast, its gap, the sales that close it, and what is left of the gap with them."""

    forecast: Forecast
    short: Shortfall | None
    proposals: tuple[Proposal, ...]
    after: Forecast
    sats_to_close: Sats | None
    coins: Coins
    line: str

    @property
    def gap(self) -> Money | None:
        """None: no estimate. Zero: cash stays above the floor."""
        if self.forecast.missing or self.forecast.floor.level is None:
            return None
        return self.short.gap if self.short else NOTHING

    @property
    def gap_after(self) -> Money | None:
        """What the proposals leave open: late money and coins that are not there."""
        if self.gap is None:
            return None
        left = shortfall(self.after)
        return left.gap if left else NOTHING


def plan(
    forecast: Forecast,
    price: Price | None,
    coins: Coins,
    rules: CashRules,
    bounds: SaleBounds | NotCounted,
    now: datetime,
) -> Plan:
    """What to sell so that cash stays above the floor: nothing where there is no gap, or no way to tell."""
    short = shortfall(forecast)
    missing = "price missing" if price is None else bounds.why if isinstance(bounds, NotCounted) else ""
    made: tuple[Proposal, ...] = ()
    if short and price is not None and not isinstance(bounds, NotCounted):
        made = proposals(forecast, price, coins, rules, bounds, now)
    to_close = None if missing and short else Sats(sum(one.wanted for one in made))
    closing = closing_words(to_close, coins.available, rules.haircut, missing)
    return Plan(
        forecast, short, made, with_sales(forecast, made), to_close, coins, gap_line(forecast, short, closing)
    )


def with_sales(forecast: Forecast, made: Sequence[Proposal]) -> Forecast:
    """The forecast as it would be with the proposals sold as they say."""
    now = forecast.cash_now
    if now is None or not made:
        return forecast
    added = [
        Entry(Line.SALE, one.arrives, one.proceeds, f"proposal {one.id}", f"proposal {one.id}", driver=Driver.PRICE)
        for one in made
        if one.proceeds
    ]
    return replace(forecast, weeks=table(now, [*forecast.entries, *added], forecast.today, len(forecast.weeks)))


def runway(forecast: Forecast) -> int | None:
    """Whole weeks until cash is below the floor; None: not within the forecast, or not known."""
    short = shortfall(forecast)
    return None if short is None else (short.on - forecast.today).days // 7
