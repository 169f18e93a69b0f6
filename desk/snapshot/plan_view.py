"""The plan as the desk shows it: one forecast and one gap for the screen, the command line and the approver.

Everything that speaks of the funding gap asks the planner here, so that it cannot be told in two ways.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from desk.config import Settings
from desk.sale.lifecycle import SaleState
from desk.sale.records import Sale
from desk.sale.terms import PurposeKind
from desk.snapshot.cash_settings import cash_rules, given_factors, sale_bounds
from desk.snapshot.loan_proceeds import earned_for
from desk.snapshot.model import AtRiskView, FundingView, MilestoneView, ProposalView, WeekView
from desk.snapshot.reading import Live, Record
from desk.snapshot.treasury_view import Moment, venue_cash
from desk.treasury.allocations import funded
from desk.treasury.cash_records import Allocation, CashActual, FlowKind, FundedBy
from desk.treasury.cash_rules import NotCounted
from desk.treasury.forecast.gathering import begin_of, is_after
from desk.treasury.forecast.inputs import Inputs, PendingSale, VenueCash
from desk.treasury.forecast.making import forecast
from desk.treasury.forecast.table import WEEKS
from desk.treasury.holdings import Column, Holdings
from desk.treasury.plan import Plan, plan, runway
from desk.treasury.proposing import Coins, Proposal, SaleBounds, for_confidence
from desk.treasury.records import Loan, LoanState, MilestoneState
from desk.treasury.risk_factors import RiskFactors, risk_factors
from desk.treasury.risk_inputs import RiskInputs, Run, risk_inputs
from desk.units import NOTHING, Money, Sats, exact_sum

COUNTED = frozenset({SaleState.APPROVED, SaleState.SCHEDULED, SaleState.WORKING, SaleState.PAUSED, SaleState.CLOSING})
"""States in which a sale's proceeds are counted on."""


class Planner:
    """Makes plans of one desk: the configuration's rules over what was read."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.rules = cash_rules(settings.treasury)

    def plan(
        self,
        record: Record,
        live: Live,
        at: Moment,
        held: Holdings,
        sales: Iterable[Sale] | None = None,
        weeks: int = WEEKS,
    ) -> Plan:
        """The plan with the sales that are counted on (by default those approved and not finished)."""
        counted = [sale for sale in record.sales if sale.state in COUNTED] if sales is None else list(sales)
        inputs = plan_inputs(record, live, at, counted)
        seen = {one.venue for one in live.balances}
        unseen = tuple(name for name in self._settings.venues if name not in seen)
        made = forecast(replace(inputs, unseen=unseen), self.rules, weeks)
        quote, _ = self._market(live)
        bounds = self._bounds(record, live, at)
        return plan(made, at.price, self._coins(held, live, quote), self.rules, bounds, at.now)

    def for_confidence(
        self, made: Plan, wanted: Sats, confidence: Decimal, record: Record, live: Live, at: Moment
    ) -> Proposal | None:
        """The sale of what simulated futures asked for, instead of the plan's own proposals."""
        bounds = self._bounds(record, live, at)
        if at.price is None or isinstance(bounds, NotCounted):
            return None
        return for_confidence(wanted, confidence, at.price, made.coins, self.rules, bounds, at.now)

    def futures(
        self,
        made: Plan,
        record: Record,
        live: Live,
        at: Moment,
        seed: int | None = None,
        confidence: int | None = None,
    ) -> tuple[RiskInputs, RiskFactors] | str:
        """What a simulation of this plan runs on, or what is missing for one."""
        bounds, assumed = self._bounds(record, live, at), self._settings.treasury.at_risk
        if at.price is None:
            return "price missing"
        if isinstance(bounds, NotCounted):
            return bounds.why
        stated = record.treasury
        pair = f"BTC/{self.rules.currency}"
        factors = risk_factors(given_factors(assumed), stated.marks, stated.network, stated.days, pair)
        if isinstance(factors, str):
            return factors
        share = (confidence or self._settings.treasury.confidence) / 100
        run = Run(share, assumed.paths, assumed.seed if seed is None else seed)
        inputs = risk_inputs(made, at.price, stated.loans, self.rules, bounds, at.now, run)
        return inputs if isinstance(inputs, str) else (inputs, factors)

    def _bounds(self, record: Record, live: Live, at: Moment) -> SaleBounds | NotCounted:
        quote, lot = self._market(live)
        return sale_bounds(self._settings, quote, lot, self.rules, record.treasury.marks, at.now.date())

    def _market(self, live: Live) -> tuple[str, Sats | None]:
        """The currency that planned sales bring (the plan's own where a venue trades it) and the coarsest lot."""
        quotes = {name: self._quote(name, live) for name in self._settings.venues}
        wanted = self.rules.currency
        quote = wanted if wanted in quotes.values() else next(iter(quotes.values()))
        lots = [facts.lot for name, facts in live.markets.items() if quotes.get(name) == quote]
        return quote, max(lots, default=None)

    def _quote(self, venue: str, live: Live) -> str:
        facts = live.markets.get(venue)
        return facts.quote if facts else self._settings.venues[venue].symbol.partition("/")[2]

    def _coins(self, held: Holdings, live: Live, quote: str) -> Coins:
        """Free coins at venues with that market, and what could be brought there (P10)."""
        sellable: dict[str, Sats] = {
            name: Sats(0) for name in self._settings.venues if self._quote(name, live) == quote
        }
        elsewhere = 0
        for line in held.lines:
            is_venue = line.kind == "venue"
            if is_venue and line.column is Column.SELLABLE and line.place in sellable:
                sellable[line.place] = line.sats
            elif (is_venue and line.column is Column.SELLABLE) or (
                not is_venue and line.column in (Column.ELSEWHERE, Column.IN_TRANSIT)
            ):
                elsewhere += line.sats
        return Coins(sellable, Sats(elsewhere), held.total)


def plan_inputs(record: Record, live: Live, at: Moment, sales: Iterable[Sale]) -> Inputs:
    """What a forecast is made from, as of one picture."""
    stated = record.treasury
    at_venues = venue_cash(live, at)
    return Inputs(
        now=at.now,
        price=at.price,
        cash=stated.cash,
        venue_cash=at_venues,
        flows=stated.flows,
        actuals=stated.actuals,
        milestones=stated.milestones,
        commitments=stated.commitments,
        loans=stated.loans,
        covenants=stated.covenants,
        sales=tuple(_pending(sale) for sale in sales),
        blocks=stated.blocks,
        marks=stated.marks,
        owed=_owed(record, at_venues),
    )


def _pending(sale: Sale) -> PendingSale:
    purpose = sale.terms.purpose
    loan = purpose.ref if purpose.kind is PurposeKind.LOAN else None
    left, closes = Sats(max(0, sale.remaining)), sale.closes or _latest_close(sale)
    return PendingSale(sale.id, left, closes, sale.terms.quote, loan, sale.terms.limits.floor)


def _owed(record: Record, at_venues: Iterable[VenueCash]) -> dict[str, Money]:
    """What lies somewhere for a lender, and its statement does not know of: sales' proceeds, money set aside.

    Proceeds count as far as they are seen: at a venue, or set aside once they were settled. What actuals say was paid
    to the lender since is gone.
    """
    there: dict[str, Money] = {}
    for cash in at_venues:
        there[cash.currency] = exact_sum([there.get(cash.currency, NOTHING), cash.total])
    found = {}
    for loan in (one for one in record.treasury.loans if one.state is LoanState.OPEN):
        others = [one for one in _aside(loan, record.treasury.allocations) if one.by is not FundedBy.SALE]
        sold = earned_for(loan, record.sales, record.treasury.allocations)
        sold = tuple(one for one in sold if one.currency == loan.currency)
        earned, seen = exact_sum([one.amount for one in sold]), there.get(loan.currency, NOTHING)
        amount = min(earned, exact_sum([seen, *(one.amount for one in sold if one.is_aside)]))
        there[loan.currency] = max(NOTHING, exact_sum([seen, Money(-amount)]))
        paid = [Money(-one.amount) for one in record.treasury.actuals if _repays(one, loan)]
        owed = exact_sum([amount, *(one.amount for one in others), *paid])
        if owed > 0:
            found[loan.id] = owed
    return found


def _aside(loan: Loan, allocations: Iterable[Allocation]) -> list[Allocation]:
    """What was set aside for a loan since its statement."""
    ours = [one for one in allocations if (one.need, one.currency) == (loan.id, loan.currency)]
    return [one for one in ours if begin_of(one.day) >= loan.as_of]


def _repays(actual: CashActual, loan: Loan) -> bool:
    is_principal = actual.kind is FlowKind.PRINCIPAL and actual.flow == loan.id
    return is_principal and actual.currency == loan.currency and is_after(actual, loan.as_of)


def _latest_close(sale: Sale) -> datetime:
    window = sale.terms.window
    return window.closes(window.opens or window.open_by)


def funding_view(made: Plan, record: Record, futures: AtRiskView | str | None = None) -> FundingView:
    """The milestones still to pay or paid, the weeks, the line about the gap, and what simulated futures say.

    `futures`: the figures, why there are none, or None where nobody asked for them.
    """
    names = {commitment.id: commitment.name for commitment in record.treasury.commitments}
    shown = [m for m in record.treasury.milestones if m.state is not MilestoneState.DROPPED]
    least = made.forecast.minimum
    return FundingView(
        milestones=tuple(
            MilestoneView(
                due=m.due,
                commitment=names.get(m.commitment, m.commitment),
                name=m.name,
                amount=m.amount,
                currency=m.currency,
                funded=funded(m, record.treasury.allocations).share,
                paid=m.state is MilestoneState.PAID,
                is_illustrative=m.is_illustrative,
            )
            for m in sorted(shown, key=lambda m: (m.due, m.id))
        ),
        next_gap_on=made.short.on if made.short else None,
        gap=made.gap,
        sats_to_close=made.sats_to_close,
        line=made.line,
        notes=(*(one.text for one in made.forecast.overdue), *made.forecast.notes),
        stale=made.forecast.stale,
        weeks=tuple(WeekView(w.number, w.first, w.closing, w.minimum) for w in made.forecast.weeks),
        floor=made.forecast.floor.level,
        floor_source=made.forecast.floor.source,
        minimum=least.minimum if least else None,
        minimum_on=least.minimum_on if least else None,
        minimum_week=least.number if least else None,
        runway_weeks=runway(made.forecast),
        gap_after=made.gap_after,
        at_risk=futures if isinstance(futures, AtRiskView) else None,
        at_risk_missing=futures if isinstance(futures, str) else "",
        first_short=made.short.first if made.short else None,
        deepest_on=made.short.deepest_on if made.short else None,
        proposals=tuple(
            ProposalView(
                id=one.id,
                purpose=one.purpose,
                because=one.because,
                needed_on=one.needed_on,
                wanted=one.wanted,
                sats=one.sats,
                deposit=one.deposit,
                sell_by=one.sell_by,
                arrives=one.arrives,
                proceeds=one.proceeds,
                is_late=one.is_late,
            )
            for one in made.proposals
        ),
    )
