"""Loans secured by BTC: loan-to-value, the prices at which the lender acts, and what would help.

D is debt with accrued interest and fees, C pledged BTC, P the price, s slippage and fees as a share. LTVs are shares
(0.8) inside the formulas and basis points at their door. Results are estimates at 28 digits, for showing, comparing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, Decimal, localcontext

from desk.treasury.interest import accrued_since
from desk.treasury.records import Loan
from desk.units import NOTHING, Bps, Money, Price, Sats, btc, exact_sum, ratio

_FULL = Decimal(10_000)
_CENT = Decimal("0.01")


class LoanFigureRefused(ValueError):
    """A figure that cannot be worked out; the message says which input is in the way."""


@dataclass(frozen=True, slots=True)
class Owed:
    """What is owed on a day, part by part. `since` None: the rate is not known, so interest stops at `as_of`."""

    principal: Money
    stated: Money
    """Interest accrued and unpaid by the lender's statement."""
    since: Money | None
    """Interest accrued since then."""
    fees: Money

    @property
    def total(self) -> Money:
        return exact_sum([self.principal, self.stated, self.since or NOTHING, self.fees])


def owing(loan: Loan, on: date) -> Owed:
    """The debt of a day: principal, interest and fees unpaid. A statement is never undone by an earlier day."""
    return Owed(loan.debt, loan.accrued_interest, accrued_since(loan, on), loan.fees)


def debt(loan: Loan, on: date | None = None) -> Money:
    """D, what LTV is measured by, on a day; without one as the lender's statement says."""
    return owing(loan, on or loan.as_of.date()).total


def ltv(owed: Decimal, pledged: Sats, price: Decimal) -> Bps | None:
    """D / (C·P) in basis points; None where nothing is pledged or the price is not above zero."""
    if pledged <= 0 or price <= 0:
        return None
    return Bps(ratio(owed * _FULL, btc(pledged) * price))


def price_at_ltv(owed: Decimal, pledged: Sats, level: Bps) -> Price:
    """D / (C·LTV): the price at which the loan reaches `level`. Raises LoanFigureRefused without collateral."""
    if pledged <= 0 or level <= 0:
        raise LoanFigureRefused("no collateral is pledged, so no price brings this loan to an LTV")
    return Price(ratio(owed * _FULL, btc(pledged) * level))


def call_price(loan: Loan, on: date | None = None) -> Price:
    """Below this price the lender may ask for more collateral."""
    return price_at_ltv(debt(loan, on), loan.pledged, loan.call_ltv)


def liquidation_price(loan: Loan, on: date | None = None) -> Price:
    """Below this price the lender may sell the collateral."""
    return price_at_ltv(debt(loan, on), loan.pledged, loan.liquidation_ltv)


def distance_to_call(loan: Loan, price: Price, on: date | None = None) -> Bps:
    """How far the price may move before the call, in basis points of the price: −879 is a fall of 8.8 %."""
    return distance(call_price(loan, on), price)


def distance(level: Price, price: Price) -> Bps:
    """From `price` to `level` in basis points of `price`: below zero while the price is above the level."""
    return Bps(ratio((level - price) * _FULL, price))


def top_up(owed: Decimal, pledged: Sats, price: Price, target: Bps) -> Sats:
    """D/(L*·P) − C: further BTC to pledge so that LTV is `target`, rounded up; 0 where it is already there."""
    _check(price, target)
    needed = ratio(owed * _FULL, target * price) - btc(pledged)
    return _ceil(needed)


def sale_to_target(owed: Decimal, pledged: Sats, price: Price, target: Bps, slippage: Bps) -> Sats:
    """(D − L*·C·P) / (P(1−s) − L*·P): pledged BTC to sell, all proceeds to the loan, so that LTV is `target`.

    Rounded up to the satoshi; 0 where LTV is already there. Raises LoanFigureRefused where no sale gets there: a
    target above 1 − s is out of reach of sales, and more than is pledged cannot be sold.
    """
    _check(price, target)
    level, cost = target / _FULL, slippage / _FULL
    over = owed - level * btc(pledged) * price
    if over <= 0:
        return Sats(0)
    gain = price * (1 - cost) - level * price
    if gain <= 0:
        raise LoanFigureRefused(f"a sale costing {slippage} bps never brings the loan to an LTV of {target} bps")
    sold = _ceil(ratio(over, gain))
    if sold > pledged:
        raise LoanFigureRefused("even selling all pledged coins leaves the loan above that LTV; add cash or coins")
    return sold


def coins_for(amount: Decimal, price: Price, slippage: Bps) -> Sats:
    """amount / (P(1−s)): coins, pledged or not, whose sale brings `amount` in, rounded up to the satoshi."""
    net = price * (1 - slippage / _FULL)
    if net <= 0:
        raise LoanFigureRefused(f"a sale costing {slippage} bps at {price} brings nothing in")
    return _ceil(ratio(max(amount, Decimal(0)), net))


def repayment_to_target(owed: Decimal, pledged: Sats, price: Price, target: Bps) -> Money:
    """D − L*·C·P: cash that brings LTV to `target`, collateral unchanged, rounded up; 0 where it is already there."""
    _check(price, target)
    with localcontext() as context:
        context.prec = 60
        over = owed - target / _FULL * btc(pledged) * price
    return Money(max(Decimal(0), over).quantize(_CENT, ROUND_CEILING))


def releasable(owed: Decimal, pledged: Sats, price: Price, release: Bps) -> Sats:
    """C′ − D′/(L_release·P): pledged BTC beyond what the release LTV asks for, rounded down; never below 0."""
    _check(price, release)
    return Sats(max(0, pledged - _ceil(ratio(owed * _FULL, release * price))))


def debt_after(loan: Loan, repayment: Decimal, on: date | None = None) -> Money:
    """What stays owed once `repayment` has been paid; a debt never goes below zero."""
    return Money(max(Decimal(0), exact_sum([debt(loan, on), -repayment])))


def ltv_after_repayment(loan: Loan, price: Price, repayment: Decimal, on: date | None = None) -> Bps | None:
    """LTV once `repayment` has been paid, collateral unchanged."""
    return ltv(debt_after(loan, repayment, on), loan.pledged, price)


def _check(price: Decimal, level: Decimal) -> None:
    if price <= 0:
        raise LoanFigureRefused("the price is not above zero")
    if level <= 0:
        raise LoanFigureRefused("the LTV aimed at is not above zero")


def _ceil(amount: Decimal) -> Sats:
    return Sats(max(0, int(amount.scaleb(8).to_integral_value(ROUND_CEILING))))
