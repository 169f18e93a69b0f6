"""Loans as they are shown: today's debt, LTV now and after what is planned, the ladder, and covenants."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from desk.sale.terms import PurposeKind
from desk.snapshot.loan_proceeds import Market, Repayment, earned_for, repayment
from desk.snapshot.model import CashView, LoanView
from desk.snapshot.reading import Record
from desk.treasury import loans as loan_math
from desk.treasury.cash_records import CovenantKind
from desk.treasury.cash_rules import NotCounted
from desk.treasury.covenants import CovenantLine, Facts, judge
from desk.treasury.interest import Payment, payments
from desk.treasury.ladder import Rung, Standing, ladder, standing
from desk.treasury.records import Loan, LoanState, PlaceKind
from desk.units import NOTHING, Money, Price, Sats, exact_sum, show_btc

_AHEAD = timedelta(days=370)
"""How far the next payment to a lender is looked for."""
_NO_PRICE = Price(Decimal(0))


@dataclass(frozen=True, slots=True)
class Beside:
    """What covenants are judged by besides the loan: all coins, all money by currency, and both after the plan."""

    coins: Sats | None
    cash: Mapping[str, Money]
    coins_after: Sats | None
    cash_after: Mapping[str, Money] | None
    stale: tuple[CashView, ...] = ()
    """Money whose statement or balance is too old to be believed without saying so (P8)."""


def beside(
    record: Record, coins: Sats | None, cash: Sequence[CashView], venues: Collection[str], market: Market
) -> Beside:
    """Coins and money now, and once every sale that is not over has sold what is left of it.

    Proceeds for a loan or a commitment go there; what a general sale brings stays. What was sold for a loan and lies
    at a venue will leave, but never more than `venues` show: what they do not show yet is not counted now either.
    """
    money = _by_currency(cash)
    ahead = [sale for sale in record.sales if not sale.state.is_final and sale.remaining > 0]
    left = None if coins is None else Sats(coins - sum(sale.remaining for sale in ahead))
    at_venues = _by_currency([one for one in cash if one.where in venues])
    stale = tuple(one for one in cash if one.is_stale and one.amount)
    return Beside(coins, money, left, _cash_after(record, money, at_venues, market), stale)


def _by_currency(cash: Iterable[CashView]) -> dict[str, Money]:
    found: dict[str, Money] = {}
    for one in cash:
        found[one.currency] = exact_sum([found.get(one.currency, NOTHING), one.amount])
    return found


def _cash_after(
    record: Record, money: Mapping[str, Money], at_venues: Mapping[str, Money], market: Market
) -> Mapping[str, Money] | None:
    after, there = dict(money), dict(at_venues)
    for loan in record.treasury.loans:
        earned = earned_for(loan, record.sales, record.treasury.allocations)
        whole = exact_sum([one.amount for one in earned if one.currency == loan.currency])
        leaves = min(whole, max(NOTHING, there.get(loan.currency, NOTHING)))
        if leaves > 0:
            there[loan.currency] = exact_sum([there[loan.currency], Money(-leaves)])
            after[loan.currency] = exact_sum([after[loan.currency], Money(-leaves)])
    for sale in record.sales:
        if sale.terms.purpose.kind is PurposeKind.GENERAL and not sale.state.is_final and sale.remaining > 0:
            found = market.ahead(Sats(sale.remaining), sale.terms.quote)
            if isinstance(found, NotCounted):
                return None
            after[sale.terms.quote] = exact_sum([after.get(sale.terms.quote, NOTHING), found])
    return after


def loan_views(record: Record, market: Market, around: Beside) -> tuple[LoanView, ...]:
    """Every open loan, in the order of its id."""
    return tuple(_loan(one, record, market, around) for one in record.treasury.loans if one.state is LoanState.OPEN)


def _loan(loan: Loan, record: Record, market: Market, around: Beside) -> LoanView:
    stated = record.treasury
    owed = loan_math.owing(loan, market.today)
    paid = repayment(loan, record.sales, market, stated.blocks, stated.allocations)
    found = market.price_in(loan.currency)
    price = None if isinstance(found, NotCounted) else found
    now = _standing(loan, owed.total, price, market)
    then = None if now.ltv is not None else _standing(loan, owed.total, _last_price(loan, market), market)
    after = _after(loan, paid, price, market)
    return LoanView(
        name=loan.id,
        lender=loan.lender,
        debt=owed.total,
        currency=loan.currency,
        collateral=loan.pledged,
        ltv=now.ltv,
        ltv_after_sales=after.ltv if after else None,
        call_ltv=loan.call_ltv,
        liquidation_ltv=loan.liquidation_ltv,
        call_price=now.call_price or _NO_PRICE,
        liquidation_price=now.liquidation_price or _NO_PRICE,
        distance_to_call=now.to_call,
        is_illustrative=loan.is_illustrative,
        principal=owed.principal,
        interest=exact_sum([owed.stated, owed.since or NOTHING]),
        fees=owed.fees,
        as_of=loan.as_of,
        opened=loan.opened,
        maturity=loan.maturity,
        annual_rate=loan.annual_rate,
        day_count=loan.day_count if loan.annual_rate is not None else None,
        initial_ltv=loan.initial_ltv,
        release_ltv=loan.release_ltv,
        may_reuse=loan.may_reuse,
        next_payment=_next_payment(loan, market.today),
        now=now,
        after=after,
        rungs=_rungs(loan, now, after, market),
        covenants=_covenants(loan, now, after, record, market, around),
        planned=paid.by,
        repayment=paid.amount,
        notes=(*_notes(loan, record, owed, found, market.today), *_said(paid), *_old_cash(loan, record, around)),
        last_ltv=then.ltv if then else None,
        last_price=then.price if then else None,
    )


def _last_price(loan: Loan, market: Market) -> Price | None:
    found = replace(market, price=market.last).price_in(loan.currency)
    return None if isinstance(found, NotCounted) else found


def _standing(loan: Loan, owed: Money, price: Price | None, market: Market) -> Standing:
    return standing(loan, owed, price, target=loan.initial_ltv, cost=market.rules.sale_cost)


def _after(loan: Loan, paid: Repayment, price: Price | None, market: Market) -> Standing | None:
    if paid.amount is None:
        return None
    return _standing(loan, loan_math.debt_after(loan, paid.amount, market.today), price, market)


def _rungs(loan: Loan, now: Standing, after: Standing | None, market: Market) -> tuple[Rung, ...]:
    if now.price is None or not loan.pledged:
        return ()
    owed_after = after.owed if after else None
    return ladder(loan, now.owed, owed_after, now.price, target=loan.initial_ltv, cost=market.rules.sale_cost)


def _covenants(
    loan: Loan, now: Standing, after: Standing | None, record: Record, market: Market, around: Beside
) -> tuple[CovenantLine, ...]:
    today = Facts(now.price, loan.currency, around.cash, now.ltv, around.coins)
    then = None
    if after is not None and around.cash_after is not None:
        then = replace(today, cash=around.cash_after, ltv=after.ltv, coins=around.coins_after)
    own = [one for one in record.treasury.covenants if one.loan == loan.id]
    return tuple(CovenantLine(judge(one, today), judge(one, then) if then else None) for one in own)


def _next_payment(loan: Loan, today: date) -> Payment | None:
    return next(iter(payments(loan, today, today + _AHEAD)), None)


def _old_cash(loan: Loan, record: Record, around: Beside) -> list[str]:
    """Says so where a covenant on cash is judged by figures that are stale."""
    own = [one for one in record.treasury.covenants if one.loan == loan.id]
    kept = {one.currency for one in own if one.kind is CovenantKind.MIN_CASH}
    old = [one for one in around.stale if one.currency in kept]
    said = ", ".join(f"{one.where} as of {one.as_of:%Y-%m-%d}" if one.as_of else one.where for one in old)
    return [f"covenants on cash are judged by stale figures: {said}"] if old else []


def _notes(loan: Loan, record: Record, owed: loan_math.Owed, price: Price | NotCounted, today: date) -> list[str]:
    notes = []
    if isinstance(price, NotCounted):
        notes.append(f"no estimate of LTV: {price.why}")
    if owed.since is None:
        notes.append(f"no estimate of interest since {loan.as_of:%Y-%m-%d}: rate missing")
    fell_due = payments(loan, loan.as_of.date(), today - timedelta(days=1)) if owed.since else ()
    if any(one.interest for one in fell_due):
        days = ", ".join(str(one.due) for one in fell_due)
        notes.append(f"interest due on {days} counts as owed: no later statement of the loan says it was paid")
    if loan.release_ltv is None:
        notes.append("no estimate of what a repayment releases: release LTV missing")
    places = [one for one in record.treasury.places if one.kind is PlaceKind.PLEDGED and one.loan == loan.id]
    there = Sats(sum(one.sats for one in places))
    if there != loan.pledged:
        words = (
            f"{show_btc(loan.pledged)} BTC are pledged by its statement, {show_btc(there)} by the places on record"
        )
        notes.append(words)
    return notes


def _said(paid: Repayment) -> Sequence[str]:
    missing = [f"no estimate after sales: {paid.missing}"] if paid.missing else []
    return (*missing, *paid.how)
