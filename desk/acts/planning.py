"""The plan at one moment, forecasts that are kept, and a proposal turned into a staged sale."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from desk.acts.outcome import NotFound, Refused
from desk.acts.staging import Asked, Staged, stage_sale
from desk.clock import Clock
from desk.config import Config
from desk.ledger import Ledger, treasury
from desk.ledger.books import relief
from desk.ledger.coins import coin_statements
from desk.ledger.copied import copied
from desk.permission.key_files import Passphrase
from desk.snapshot.at_risk import at_risk_view
from desk.snapshot.build import SnapshotBuilder
from desk.snapshot.model import AtRiskView
from desk.treasury.cash_records import CashActual, KeptForecast
from desk.treasury.coin_stream import stream
from desk.treasury.forecast.kept import Against, against, to_keep
from desk.treasury.forecast.table import WEEKS
from desk.treasury.lot_book import lot_book
from desk.treasury.lot_preview import LotPreview, preview
from desk.treasury.plan import LoanEffect, Plan, loan_effects
from desk.treasury.proposing import Proposal, Surer
from desk.treasury.risk_factors import RiskFactors
from desk.treasury.risk_inputs import RiskInputs, risk_sale
from desk.treasury.valuation import Marks
from desk.units import Money, Sats, btc_text, show_btc


@dataclass(frozen=True, slots=True)
class Planned:
    """The plan, what it does to the loans (nothing known without a price), and what its simulated futures would run
    on, or why they cannot be. `propose` makes a sale of so many satoshis, begun now."""

    plan: Plan
    loans: tuple[LoanEffect, ...]
    question: tuple[RiskInputs, RiskFactors] | str
    now: datetime
    propose: Callable[[Sats, Decimal], Proposal | None]

    def futures(self) -> AtRiskView | str:
        """Runs the futures; takes a moment."""
        if isinstance(self.question, str):
            return self.question
        from desk.treasury.cashflow_at_risk import cashflow_at_risk  # numpy takes a moment

        return at_risk_view(cashflow_at_risk(*self.question), self.now)

    def surer(self) -> Surer:
        """The sale that keeps cash above the floor with the confidence asked for, and how surely it does. Raises
        Refused where no sale made now can, or nothing is known."""
        found = self.futures()
        if isinstance(found, str):
            raise Refused(f"no estimate: {found}")
        share = f"{found.confidence:.0%}"
        if found.breach is None:
            raise Refused(f"no estimate: {self.plan.forecast.floor.source}")
        if found.sats_for_confidence is None:
            raise Refused(f"no sale made now keeps cash above the floor in {share} of the futures: it pays too late")
        made = self.propose(found.sats_for_confidence, found.confidence)
        if made is None or isinstance(self.question, str):
            raise Refused(f"nothing to sell: cash stays above the floor in {1 - found.breach:.1%} of the futures")
        from desk.treasury.cashflow_at_risk import cashflow_at_risk

        alone = replace(self.question[0], proposed=(risk_sale(made, self.plan.forecast.today),))
        with_it = at_risk_view(cashflow_at_risk(alone, self.question[1]), self.now)
        return Surer(made, found.confidence, found.breach, with_it.breach_with_proposals)


def planned(
    config: Config,
    ledger: Ledger,
    clock: Clock,
    *,
    weeks: int = WEEKS,
    seed: int | None = None,
    confidence: int | None = None,
) -> Planned:
    """The plan now: the same that the screen shows. `confidence` in percent: another than the configured one."""
    builder = SnapshotBuilder(config, ledger, clock)
    look, planner = builder.look(), builder.planner
    parts = (look.record, look.live, look.at)
    made = planner.plan(*parts, look.coins, weeks=weeks)
    price = look.at.price
    loans = () if price is None else loan_effects(made, look.record.treasury.loans, price)
    question = planner.futures(made, *parts, seed, confidence)
    return Planned(
        made, loans, question, look.at.now, lambda sats, share: planner.for_confidence(made, sats, share, *parts)
    )


def lots_taken(config: Config, ledger: Ledger, made: Planned) -> Mapping[str, LotPreview]:
    """The lots that each proposal would take, by the relief rule in force."""
    if not made.plan.proposals:
        return {}
    with copied(ledger) as still, still.read() as tx:
        given, rules = coin_statements(tx), relief(tx, config.settings.treasury.relief)
    book = lot_book(stream(given), rules, Marks(given.marks))
    return preview(book, rules, made.plan.proposals, made.now.date())


def keep(config: Config, ledger: Ledger, clock: Clock, actor: str, *, weeks: int = WEEKS) -> str:
    """Puts the forecast of this moment on record, to be held against what comes; returns its id."""
    made = planned(config, ledger, clock, weeks=weeks)
    text = to_keep(made.plan.forecast)
    with ledger.write(actor=actor, clock=clock) as tx:
        head = f"F-{made.now.date()}-"
        taken = [one.id for one in treasury.in_force(tx, KeptForecast) if one.id.startswith(head)]
        kept = KeptForecast(f"{head}{len(taken) + 1}", made.now, text)
        treasury.state(tx, "plan", [kept], {"forecast": kept.id})
    return kept.id


def compare(config: Config, ledger: Ledger, clock: Clock, kept_id: str) -> tuple[Against, Money | None]:
    """A kept forecast against what came, and cash as it is now. Raises NotFound, ForecastRefused."""
    with ledger.read() as tx:
        kept = {one.id: one for one in treasury.in_force(tx, KeptForecast)}
        actuals = treasury.in_force(tx, CashActual)
    if kept_id not in kept:
        listed = ", ".join(sorted(kept)) or "none yet; desk plan --keep"
        raise NotFound(f"no forecast {kept_id!r} was kept; there are: {listed}")
    found = against(kept[kept_id], actuals, clock.now().date(), config.settings.venues)
    return found, planned(config, ledger, clock).plan.forecast.cash_now


@dataclass(frozen=True, slots=True)
class Wish:
    """How a proposal is to be sold; what is left open follows the desk's defaults, as with `desk sale stage`."""

    over: timedelta
    opens: datetime | None = None
    is_now: bool = False
    slices: int | None = None
    tactic: str = "balanced"
    floor: str | None = None


@dataclass(frozen=True, slots=True)
class StagedProposal:
    """A proposal, the sale it became, and which of the cash it rests on is too old, if any."""

    proposal: Proposal
    staged: Staged
    stale: str


def stage_proposal(
    config: Config,
    ledger: Ledger,
    clock: Clock,
    proposal_id: str,
    wish: Wish,
    *,
    key_file: Path,
    passphrase: Passphrase = None,
    confidence: int | None = None,
    seed: int | None = None,
) -> StagedProposal:
    """Stages the sale that a proposal asks for, for the need it serves. Raises NotFound, Refused, TermsRefused.

    With a `confidence` it is the one sale that the simulated futures ask for, whatever the plan's own are.
    """
    made = planned(config, ledger, clock, confidence=confidence, seed=seed)
    offered = made.plan.proposals if confidence is None else (made.surer().proposal,)
    proposal = _proposal(made.plan, offered, proposal_id)
    asked = Asked(
        btc=btc_text(proposal.sats),
        opens=wish.opens,
        over=wish.over,
        is_now=wish.is_now,
        slices=wish.slices,
        tactic=wish.tactic,
        floor=wish.floor,
        venues=tuple(venue for venue, _ in proposal.parts),
        purpose=proposal.purpose,
    )
    staged = stage_sale(config, ledger, clock, asked, key_file=key_file, passphrase=passphrase)
    return StagedProposal(proposal, staged, made.plan.forecast.stale)


def _proposal(plan: Plan, offered: Sequence[Proposal], proposal_id: str) -> Proposal:
    """The proposal of that id, the first where it is empty, if its coins are where they can be sold."""
    found = next((one for one in offered if proposal_id in ("", one.id)), None)
    if found is None:
        listed = ", ".join(one.id for one in offered)
        raise NotFound(f"the plan has no proposal {proposal_id!r}; {listed or plan.line}")
    if found.sats <= 0:
        raise Refused(f"{found.id} asks for {show_btc(found.wanted)} BTC, and no coins are free to sell")
    if found.deposit:
        venue = found.parts[0][0]
        there = show_btc(found.sats - found.deposit)
        raise Refused(
            f"{found.id} needs {show_btc(found.deposit)} BTC more at {venue} than are there: deposit them by "
            f"{found.deposit_by:%Y-%m-%d %H:%M} UTC, then stage; or stage what is there: "
            f"desk sale stage --btc {there} --for {found.purpose}"
        )
    return found
