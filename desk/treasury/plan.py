"""The plan: the forecast, its gap, the sales that would close it, and what would be left of the gap with them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from desk.treasury import loans as loan_math
from desk.treasury.cash_rules import CashRules, NotCounted
from desk.treasury.forecast.table import (
    Driver,
    Entry,
    Forecast,
    Line,
    NeedKind,
    NeedRef,
    Shortfall,
    shortfall,
    table,
)
from desk.treasury.funding import closing_words, gap_line
from desk.treasury.proposing import Coins, Proposal, SaleBounds, proposals
from desk.treasury.records import Loan, LoanState
from desk.units import NOTHING, Bps, Money, Price, Sats, exact_sum


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


@dataclass(frozen=True, slots=True)
class LoanEffect:
    """A loan's LTV today, and once the proposals for it have been paid to its lender; None without collateral."""

    loan: str
    lender: str
    now: Bps | None
    after: Bps | None
    is_illustrative: bool


def loan_effects(made: Plan, loans: Iterable[Loan], price: Price) -> tuple[LoanEffect, ...]:
    """What the plan's sales do to every open loan: only those made for it lower its LTV."""
    found = []
    for loan in loans:
        if loan.state is not LoanState.OPEN:
            continue
        need = NeedRef(NeedKind.LOAN, loan.id)
        owed = loan_math.debt(loan, made.forecast.today)
        paid = exact_sum([one.proceeds for one in made.proposals if one.need == need])
        left = max(NOTHING, exact_sum([owed, Money(-paid)]))
        now, after = (loan_math.ltv(debt, loan.pledged, price) for debt in (owed, left))
        found.append(LoanEffect(loan.id, loan.lender, now, after, loan.is_illustrative))
    return tuple(found)
