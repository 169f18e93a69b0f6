"""What a repayment would do to a loan, before anybody sells or pays anything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from desk.treasury.interest import interest
from desk.treasury.ladder import Standing, standing
from desk.treasury.loans import LoanFigureRefused, coins_for
from desk.treasury.records import Loan
from desk.units import Bps, Money, Price, Sats, exact_sum, show_money

_A_YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class WhatIf:
    """A loan before and after a repayment. `coins` not pledged would bring it in at today's price less costs.

    `freed` is what the lender has to give back beyond what it would have to already; None where that is not known.
    `saved` is a year's interest on the principal that the repayment takes away; None without a rate.
    """

    repayment: Money
    before: Standing
    after: Standing
    coins: Sats | None
    freed: Sats | None
    saved: Money | None


def what_if(
    loan: Loan, owed: Money, price: Price | None, repayment: Money, *, target: Bps, cost: Bps, today: date
) -> WhatIf:
    """The loan with `repayment` paid today. Raises LoanFigureRefused for nothing, and for more than is owed."""
    if repayment <= 0:
        raise LoanFigureRefused("a repayment has to be above zero")
    if repayment > owed:
        raise LoanFigureRefused(f"{loan.id} is owed {show_money(owed)} {loan.currency}; a repayment is at most that")
    left = exact_sum([owed, Money(-repayment)])
    before = standing(loan, owed, price, target=target, cost=cost)
    after = standing(loan, left, price, target=target, cost=cost)
    return WhatIf(
        repayment=repayment,
        before=before,
        after=after,
        coins=None if before.price is None else coins_for(repayment, before.price, cost),
        freed=_freed(before, after),
        saved=_saved(loan, owed, repayment, today),
    )


def _freed(before: Standing, after: Standing) -> Sats | None:
    if after.releasable is None:
        return None
    return Sats(after.releasable - (before.releasable or 0))


def _saved(loan: Loan, owed: Money, repayment: Money, today: date) -> Money | None:
    """A payment settles interest and fees first; what remains of it lowers the principal."""
    if loan.annual_rate is None:
        return None
    beside = exact_sum([owed, Money(-loan.debt)])
    less = max(Decimal(0), exact_sum([repayment, Money(-beside)]))
    return interest(less, loan.annual_rate, today, today + _A_YEAR, loan.day_count)
