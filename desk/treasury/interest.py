"""Interest of a loan: how days are counted, what has accrued, and when it is to be paid.

Interest is simple: it is not added to the principal. What accrued stays owed until a later statement of the loan says
otherwise, since only the lender's word or a payment on record tells that it was paid.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from desk.treasury.cash_records import Every
from desk.treasury.records import DayCount, Loan, LoanState
from desk.units import NOTHING, Bps, Money, exact_sum, ratio

_FULL = Decimal(10_000)
_CENT = Decimal("0.01")
_BASIS = {DayCount.ACT_360: 360, DayCount.ACT_365: 365, DayCount.THIRTY_360: 360}
_MONTHS = {Every.MONTHLY: 1, Every.QUARTERLY: 3}
_WEEK = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class Payment:
    """What is to be paid to a lender on a day: interest, and the principal with it at maturity."""

    due: date
    interest: Money
    principal: Money


def days_between(first: date, last: date, count: DayCount) -> int:
    """Days of interest from `first` to `last`, never below 0. 30/360 is the bond basis (ISDA 2006, 4.16 f)."""
    if last <= first:
        return 0
    if count is not DayCount.THIRTY_360:
        return (last - first).days
    begin = min(first.day, 30)
    end = 30 if last.day == 31 and begin == 30 else last.day
    return max(0, 360 * (last.year - first.year) + 30 * (last.month - first.month) + end - begin)


def interest(principal: Decimal, rate: Bps, first: date, last: date, count: DayCount) -> Money:
    """principal · rate · days / basis, to the cent, half a cent up."""
    days = days_between(first, last, count)
    return Money(ratio(principal * rate * days, _FULL * _BASIS[count]).quantize(_CENT, ROUND_HALF_UP))


def accrued_since(loan: Loan, on: date) -> Money | None:
    """What came on top of the stated interest from `as_of` to `on`; None where the loan's rate is not known."""
    if loan.state is not LoanState.OPEN or not loan.debt:
        return NOTHING
    if loan.annual_rate is None:
        return None
    return interest(loan.debt, loan.annual_rate, loan.as_of.date(), on, loan.day_count)


def payments(loan: Loan, since: date, until: date) -> tuple[Payment, ...]:
    """What falls due from `since` to `until`, both included, as the statement stands: nothing repaid in between.

    The first payment after the statement carries the interest it says had accrued by then. One before `since` is
    taken as paid, but a principal past its maturity is still due. Without a rate there is only that principal.
    """
    if loan.state is not LoanState.OPEN:
        return ()
    begin = loan.as_of.date()
    before, carried, found = begin, loan.accrued_interest, []
    for due in _dues(loan, begin, until):
        fresh = NOTHING
        if loan.annual_rate is not None:
            fresh = interest(loan.debt, loan.annual_rate, before, due, loan.day_count)
        owed = exact_sum([carried, fresh])
        is_last = due == loan.maturity
        principal = exact_sum([loan.debt, loan.fees]) if is_last else NOTHING
        if (due >= since or is_last) and (owed or principal):
            found.append(Payment(due, owed, principal))
        before, carried = max(begin, due), NOTHING
    return tuple(found)


def _dues(loan: Loan, after: date, until: date) -> list[date]:
    """Payment days after the statement: the rhythm from the opening on, cut at maturity, and maturity itself."""
    last = min(until, loan.maturity) if loan.maturity else until
    days = set(_rhythm(loan, after, last))
    if loan.maturity is not None and loan.maturity <= until:
        days.add(loan.maturity)
    return sorted(days)


def _rhythm(loan: Loan, after: date, last: date) -> list[date]:
    start, every = loan.opened or after, loan.interest_every
    if loan.annual_rate is None or every is None or every is Every.ONCE:
        return []
    found: list[date] = []
    step = 1
    while (due := _step(start, every, step)) <= last:
        if due > after:
            found.append(due)
        step += 1
    return found


def _step(start: date, every: Every, count: int) -> date:
    """The `count`-th payment day; a month too short for the day pays on its last."""
    if every is Every.WEEKLY:
        return start + _WEEK * count
    years, month = divmod(start.month - 1 + _MONTHS[every] * count, 12)
    year = start.year + years
    return date(year, month + 1, min(start.day, calendar.monthrange(year, month + 1)[1]))
