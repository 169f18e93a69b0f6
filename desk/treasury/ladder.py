"""Where a loan stands, and where it would stand as the price falls: now, and once what is planned for it was paid.

What is planned is taken to be done at today's price, before any fall. Nothing here guesses: where the price or a term
is not known the figure is None, and whoever shows it says which one lacks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from desk.treasury import loans
from desk.treasury.records import Loan
from desk.units import Bps, Money, Price, Sats

STEPS = tuple(Bps(Decimal(-1000 * step)) for step in range(1, 7))
"""Falls of the price by 10 % … 60 %."""
_FULL = Decimal(10_000)


class Zone(StrEnum):
    """What the lender may do."""

    SAFE = "safe"
    CALL = "call"
    LIQUIDATION = "liquidation"


@dataclass(frozen=True, slots=True)
class Standing:
    """A loan at one debt, one collateral and one price, and four ways of bringing its LTV to a target.

    `top_up` pledges coins, `repay` pays cash, `sale` sells pledged coins where the lender lets us, `free_sale` sells
    others and repays. A way that cannot get there is None; `releasable` is None without a release LTV.
    """

    owed: Money
    pledged: Sats
    price: Price | None
    ltv: Bps | None
    zone: Zone | None
    call_price: Price | None
    liquidation_price: Price | None
    to_call: Bps | None
    to_liquidation: Bps | None
    top_up: Sats | None
    repay: Money | None
    sale: Sats | None
    free_sale: Sats | None
    releasable: Sats | None


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of the ladder. `fall` is basis points of today's price; `after` None where nothing can be said."""

    fall: Bps
    price: Price
    now: Standing
    after: Standing | None


def standing(loan: Loan, owed: Money, price: Price | None, *, target: Bps, cost: Bps) -> Standing:
    """The loan's terms at this debt and price. `target` is the LTV to come back to, `cost` that of a sale."""
    at = price if price is not None and price > 0 else None
    call, liquidation = (_level(owed, loan, level) for level in (loan.call_ltv, loan.liquidation_ltv))
    ltv = loans.ltv(owed, loan.pledged, at) if at is not None else None
    top_up, repay, sale, free_sale = _ways(owed, loan.pledged, at, target, cost) if at is not None else _NO_WAYS
    return Standing(
        owed=owed,
        pledged=loan.pledged,
        price=at,
        ltv=ltv,
        zone=zone(loan, ltv),
        call_price=call,
        liquidation_price=liquidation,
        to_call=_away(call, at),
        to_liquidation=_away(liquidation, at),
        top_up=top_up,
        repay=repay,
        sale=sale,
        free_sale=free_sale,
        releasable=_releasable(loan, owed, at),
    )


_NO_WAYS = (None, None, None, None)


def _level(owed: Money, loan: Loan, level: Bps) -> Price | None:
    return loans.price_at_ltv(owed, loan.pledged, level) if loan.pledged > 0 else None


def _away(level: Price | None, price: Price | None) -> Bps | None:
    return None if level is None or price is None else loans.distance(level, price)


def zone(loan: Loan, ltv: Bps | None) -> Zone | None:
    """What the lender may do at this LTV; None where it is not known."""
    if ltv is None:
        return None
    if ltv >= loan.liquidation_ltv:
        return Zone.LIQUIDATION
    return Zone.CALL if ltv >= loan.call_ltv else Zone.SAFE


def ladder(
    loan: Loan,
    owed: Money,
    owed_after: Money | None,
    price: Price,
    *,
    target: Bps,
    cost: Bps,
    steps: Sequence[Bps] = STEPS,
) -> tuple[Rung, ...]:
    """The loan at every fall of the price; `owed_after` is its debt once what is planned for it has been paid."""
    found = []
    for fall in steps:
        there = Price(price * (_FULL + fall) / _FULL)
        now = standing(loan, owed, there, target=target, cost=cost)
        after = standing(loan, owed_after, there, target=target, cost=cost) if owed_after is not None else None
        found.append(Rung(fall, there, now, after))
    return tuple(found)


def _ways(owed: Money, pledged: Sats, price: Price, target: Bps, cost: Bps) -> tuple[Sats, Money, Sats | None, Sats]:
    repay = loans.repayment_to_target(owed, pledged, price, target)
    try:
        sale = loans.sale_to_target(owed, pledged, price, target, cost)
    except loans.LoanFigureRefused:
        sale = None
    return loans.top_up(owed, pledged, price, target), repay, sale, loans.coins_for(repay, price, cost)


def _releasable(loan: Loan, owed: Money, price: Price | None) -> Sats | None:
    if not owed:
        return loan.pledged
    if price is None or loan.release_ltv is None:
        return None
    return loans.releasable(owed, loan.pledged, price, loan.release_ltv)
