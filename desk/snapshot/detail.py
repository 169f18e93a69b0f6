"""One sale with everything about it: terms in words, what changed since staging, what it does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from desk.execution.orders import Fill, Order
from desk.sale.records import Sale, Signature
from desk.sale.terms import PurposeKind
from desk.snapshot.approvals import approval_views
from desk.snapshot.cost import expected_cost
from desk.snapshot.loan_proceeds import Market, repayment
from desk.snapshot.model import BookView, SaleDetail, SaleView
from desk.snapshot.plan_view import COUNTED
from desk.snapshot.reading import Live, Record
from desk.snapshot.sale_view import SaleParts, curve_points, fill_view, order_view, slice_views
from desk.snapshot.treasury_view import Moment
from desk.snapshot.words import away_text, percent, signed_percent, terms_lines
from desk.treasury import loans as loan_math
from desk.treasury.cash_rules import NotCounted
from desk.treasury.funding import day_text
from desk.treasury.plan import Plan
from desk.treasury.records import Loan, LoanState
from desk.units import Price, bps_between, notional, show_millions

SHOWN = 500
"""Orders and fills of one sale on a screen, the newest."""


PlanWith = Callable[[Sequence[Sale] | None], Plan]
"""The desk's plan with these sales counted on; None: with those that are."""


@dataclass(frozen=True, slots=True)
class Focus:
    """What was read for the sale in focus."""

    parts: SaleParts
    signatures: tuple[Signature, ...]
    orders: tuple[Order, ...]
    fills: tuple[Fill, ...]
    book: BookView | None


def sale_detail(
    focus: Focus,
    view: SaleView,
    record: Record,
    live: Live,
    at: Moment,
    *,
    plan_with: PlanWith,
    market: Market,
    zone: str,
) -> SaleDetail:
    """Everything of one sale, newest orders and fills first."""
    sale, verdict = focus.parts.sale, focus.parts.verdict
    orders = sorted(focus.orders, key=lambda order: order.created, reverse=True)[:SHOWN]
    fills = sorted(focus.fills, key=lambda fill: fill.executed, reverse=True)[:SHOWN]
    return SaleDetail(
        sale=view,
        terms_text=sale.terms.canonical().decode(),
        terms_digest=sale.terms_digest,
        lines=terms_lines(sale.terms, zone),
        since_staging=_since_staging(sale, record, at),
        effect=effect_lines(sale, record, live, market, plan_with),
        approvals=approval_views(verdict, focus.signatures) if verdict else (),
        curve=curve_points(sale, focus.parts.slices, focus.fills, at.now),
        slices=slice_views(focus.parts.slices),
        orders=tuple(order_view(order) for order in orders),
        fills=tuple(fill_view(fill) for fill in fills),
        book=focus.book,
    )


def effect_lines(sale: Sale, record: Record, live: Live, market: Market, plan_with: PlanWith) -> tuple[str, ...]:
    """What the rest of a sale is expected to cost, and what it does to its loan and to the funding gap."""
    return (*_expected(sale, live, market.price), *_effect(sale, record, market, plan_with))


def _since_staging(sale: Sale, record: Record, at: Moment) -> tuple[str, ...]:
    """How price, distance to the floor and LTV moved since the terms were made."""
    price = at.price
    if price is None:
        return ("no fresh price to compare with",)
    then = sale.terms.reference_price
    lines = [
        f"price {signed_percent(bps_between(price, then))}",
        f"floor {away_text(price, sale.terms.limits.floor)}",
    ]
    loan = _loan_of(sale, record)
    if loan is not None:
        before, now = (loan_math.ltv(loan_math.debt(loan, at.now.date()), loan.pledged, p) for p in (then, price))
        if before is not None and now is not None:
            lines.append(f"LTV {percent(before)} → {percent(now)}")
    return tuple(lines)


def _expected(sale: Sale, live: Live, price: Price | None) -> tuple[str, ...]:
    """What the rest of the sale is expected to cost, from the venue's last 24 hours."""
    if sale.state.is_final or price is None:
        return ()
    venue = sale.terms.venues[0].venue
    facts, quote = live.markets.get(venue), live.quotes.get(venue)
    found = expected_cost(sale.remaining, price, facts, quote)
    return (found.sentence + f" of {show_millions(notional(sale.remaining, price))}",) if found else ()


def _effect(sale: Sale, record: Record, market: Market, plan_with: PlanWith) -> Sequence[str]:
    """What the rest of the sale does to its loan and to the funding gap, at today's price less its cost."""
    if market.price is None:
        return ("no estimate: no fresh price",)
    if sale.state.is_final:
        return ("the sale is over",)
    loan = _loan_of(sale, record)
    return (*([] if loan is None else _loan_line(loan, sale, record, market)), _gap_line(sale, record, plan_with))


def _loan_line(loan: Loan, sale: Sale, record: Record, market: Market) -> list[str]:
    """LTV now and with this sale done, besides what is on its way to the lender already."""
    price = market.price_in(loan.currency)
    if isinstance(price, NotCounted):
        return [f"no estimate of LTV: {price.why}"]
    others = [other for other in record.sales if other.id != sale.id and other.state.is_final]
    stated = record.treasury
    paid = repayment(loan, [*others, sale], market, stated.blocks, stated.allocations)
    now = loan_math.ltv(loan_math.debt(loan, market.today), loan.pledged, price)
    if paid.amount is None:
        return [f"no estimate of LTV after the sale: {paid.missing}"]
    after = loan_math.ltv_after_repayment(loan, price, paid.amount, market.today)
    said = " (illustrative)" if loan.is_illustrative else ""
    if now is None or after is None:
        return []
    return [f"loan {loan.lender}{said}: LTV {percent(now)} → {percent(after)}"]


def _gap_line(sale: Sale, record: Record, plan_with: PlanWith) -> str:
    if sale.terms.purpose.kind is PurposeKind.LOAN:
        made = plan_with(None)
        head = "no estimate of the funding gap" if made.gap is None else f"funding gap {_most(made)}"
        return f"{head}: unchanged, the proceeds go to the loan"
    counted = [other for other in record.sales if other.state in COUNTED and other.id != sale.id]
    without = plan_with(counted)
    with_it = plan_with([*counted, sale])
    if without.gap is None or with_it.gap is None:
        return with_it.line
    return f"funding gap {_most(without)} → {_most(with_it)}"


def _most(made: Plan) -> str:
    """The most that cash ever lacks, with the day: '$57.1 M by 1 May'."""
    return f"{show_millions(made.short.gap)} by {day_text(made.short.deepest_on)}" if made.short else "none"


def _loan_of(sale: Sale, record: Record) -> Loan | None:
    if sale.terms.purpose.kind is not PurposeKind.LOAN:
        return None
    loans = record.treasury.loans
    return next((o for o in loans if o.id == sale.terms.purpose.ref and o.state is LoanState.OPEN), None)
