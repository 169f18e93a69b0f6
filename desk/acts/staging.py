"""Staging: a wish becomes signed terms on record, or a sentence that says why not (P4, P10, P11)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from pathlib import Path

from desk.acts.outcome import NotYetApplied, Refused
from desk.acts.policy import standing
from desk.acts.signing import required_approvals, who_owns
from desk.acts.stopping import read_halt_file
from desk.clock import Clock
from desk.config import Config
from desk.ledger import Ledger, ReadTx, control, live, markets, mining, orders, sales, treasury
from desk.ledger.records import Quote
from desk.permission import sshsig
from desk.permission.approvals import Circumstances, admit_staging
from desk.permission.key_files import Passphrase
from desk.permission.policy import Policy
from desk.permission.signatures import Offered
from desk.sale.controls import ControlLimits
from desk.sale.lifecycle import SaleState
from desk.sale.market import Grid
from desk.sale.records import Signature
from desk.sale.staging import Draft, StageContext, StageRequest, VenueFacts, draft_terms
from desk.sale.terms import Purpose, PurposeKind, ScheduleKind, TacticName, Terms
from desk.snapshot.cost import expected_cost
from desk.treasury.coin_records import BlockSale, PayOut, Receipt, Transfer
from desk.treasury.pool_coins import pool_coins, with_pools
from desk.treasury.records import PlaceKind
from desk.treasury.transit import moved
from desk.units import AmountRefused, Bps, Price, Sats, parse_btc, parse_decimal, show_btc, show_money
from desk.venues.model import MEASURED

_DEPOSITABLE = frozenset({PlaceKind.WALLET, PlaceKind.CUSTODIAN, PlaceKind.POOL})
_STEP = timedelta(minutes=10)
_MOST_SLICES = 100
_PRICE_AGE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody typed. Text is parsed here, so that the app and the command line refuse alike."""

    btc: str
    opens: datetime | None
    over: timedelta
    is_now: bool = False
    slices: int | None = None
    schedule: str = "twap"
    tactic: str = "balanced"
    floor: str | None = None
    max_slippage_bps: str | None = None
    participation: str | None = None
    venues: tuple[str, ...] = ()
    purpose: str | None = None
    open_by: datetime | None = None
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Staged:
    sale_id: str
    digest: str
    lines: tuple[str, ...]
    needs: str
    """How many approvals, and until when."""


def stage_sale(
    config: Config, ledger: Ledger, clock: Clock, asked: Asked, *, key_file: Path, passphrase: Passphrase = None
) -> Staged:
    """Puts a sale on record with its stager's signature, or nothing. Raises TermsRefused, Refused, NotYetApplied."""
    with ledger.read() as tx:
        policy = standing(config, tx).require()
    stager, key = who_owns(policy.roster, key_file, passphrase)
    request = request_of(config, asked, stager)
    with ledger.write(actor=stager, clock=clock) as tx:
        draft = drafted(config, tx, ledger.desk.desk_id, policy, clock, request, is_now=asked.is_now)
        now = draft.terms.staged_at
        raw, digest = draft.terms.canonical(), draft.terms.digest()
        armored = sshsig.sign(raw, sshsig.SALE, key)
        given = Circumstances(ledger.desk.desk_id, policy.digest(), policy.roster, 1, now)
        counted = admit_staging(raw, Offered(armored, now), given)
        signature = Signature(draft.terms.sale_id, counted.person, "stager", counted.fingerprint, armored, now)
        sales.stage(tx, draft.terms, draft.slices, signature, now)
        needs = _needs(draft.terms, policy)
        lines = (*_lines(draft, digest), needs, _expected(tx, draft.terms))
    return Staged(draft.terms.sale_id, digest, lines, needs)


def drafted(
    config: Config, tx: ReadTx, desk_id: str, policy: Policy, clock: Clock, request: StageRequest, *, is_now: bool
) -> Draft:
    """What would be signed at this moment. Raises TermsRefused, Refused, NotYetApplied."""
    if read_halt_file(config.halt_file) or control.open_halt(tx):
        raise Refused("the desk is halted; two people lift that first: desk rearm --key FILE")
    opens = clock.now() if is_now else request.opens
    return draft_terms(replace(request, opens=opens), _context(config, tx, desk_id, policy, clock, request))


def control_limits(config: Config) -> ControlLimits:
    """The configured controls as the pre-trade checks take them."""
    controls = config.settings.controls
    return ControlLimits(
        floor=controls.floor_usd,
        max_slippage=controls.max_slippage_bps,
        max_order=controls.max_order_btc,
        max_day=controls.max_day_btc,
        max_day_value=controls.max_day_usd,
        max_venue_day=controls.max_venue_day_btc,
        max_depth_share=controls.max_depth_share_bps,
        max_participation=controls.max_participation_bps,
        book_stale_s=controls.max_price_age_s,
        balance_stale_s=controls.max_balance_age_s,
        end_guard_s=controls.end_guard_s,
    )


def request_of(config: Config, asked: Asked, stager: str) -> StageRequest:
    """What was typed as a request. Raises Refused, naming the field."""
    slices = asked.slices if asked.slices is not None else max(1, min(_MOST_SLICES, asked.over // _STEP))
    floor, slippage = _number("floor", asked.floor), _number("max_slippage_bps", asked.max_slippage_bps)
    share = _number("participation", asked.participation)
    if share is not None and not 0 < share <= 1:
        raise Refused(f"--participation {asked.participation}: write a share of the traded volume, like 0.05 for 5 %")
    return StageRequest(
        quantity=_quantity(asked.btc),
        opens=asked.opens,
        over=asked.over,
        stager=stager,
        slices=slices,
        venues=asked.venues or _only_venue(config),
        kind=ScheduleKind(asked.schedule),
        tactic=TacticName(asked.tactic),
        open_by=asked.open_by,
        floor=None if floor is None else Price(floor),
        max_slippage=None if slippage is None else Bps(slippage),
        max_participation=None if share is None else Bps(share * 10_000),
        seed=asked.seed if asked.seed is not None else secrets.randbits(63),
        purpose=_purpose(asked.purpose),
    )


def _quantity(text: str) -> Sats:
    try:
        return parse_btc(text)
    except AmountRefused as problem:
        raise Refused(f"btc: {problem}") from None


def _number(field: str, text: str | None) -> Decimal | None:
    """What was typed for a field, if anything; a refusal names the field."""
    try:
        return None if text is None else parse_decimal(text)
    except AmountRefused as problem:
        raise Refused(f"{field}: {problem}") from None


def _only_venue(config: Config) -> tuple[str, ...]:
    names = tuple(config.settings.venues)
    if len(names) > 1:
        raise Refused(f"say where: --venue, one of {', '.join(names)}")
    return names


def _purpose(text: str | None) -> Purpose:
    if text is None or text == "general":
        return Purpose(PurposeKind.GENERAL)
    kind, colon, ref = text.partition(":")
    if not colon or kind not in ("loan", "capex") or not ref:
        raise Refused(f"--for {text!r}: write loan:ID or capex:ID; desk loans and desk capex show the ids")
    return Purpose(PurposeKind(kind), ref)


def _context(
    config: Config, tx: ReadTx, desk_id: str, policy: Policy, clock: Clock, request: StageRequest
) -> StageContext:
    now = clock.now()
    facts = {name: found for name in config.settings.venues if (found := _facts(config, tx, name)) is not None}
    missing = [name for name in request.venues if name in config.settings.venues and name not in facts]
    if missing:
        raise NotYetApplied(f"nothing is known of {', '.join(missing)} yet: start desk daemon, then stage")
    quote = _fresh_quote(tx, request.venues[0], clock) if request.venues[0] in facts else None
    purposes = {(PurposeKind.LOAN, loan.id) for loan in treasury.loans(tx)}
    purposes |= {(PurposeKind.CAPEX, commitment.id) for commitment in treasury.commitments(tx)}
    purposes |= {(PurposeKind.CAPEX, milestone.id) for milestone in treasury.milestones(tx)}
    used = config.settings.venues.items()
    return StageContext(
        now=now,
        desk_id=desk_id,
        nonce=secrets.token_hex(16),
        sale_id=sales.next_sale_id(tx, now.year),
        policy_digest=policy.digest(),
        limits=control_limits(config),
        venues=facts,
        purposes=frozenset(purposes),
        reference_price=Price((quote.bid + quote.ask) / 2) if quote else Price(Decimal(0)),
        reference_at=quote.desk if quote else now,
        approval_within=timedelta(hours=config.settings.controls.approval_hours),
        knows_volume=all(venue.exchange in MEASURED for name, venue in used if name in request.venues),
        spare=_spare(config, tx, now),
        deposit_takes=timedelta(hours=config.settings.treasury.transfer_hours),
        confirmations=config.settings.treasury.deposit_confirmations,
    )


def _spare(config: Config, tx: ReadTx, now: datetime) -> tuple[tuple[str, Sats], ...]:
    """Unpledged coins that could be brought to a venue, by place, the most first."""
    within = timedelta(hours=config.settings.treasury.transfer_hours)
    transfers, blocks = treasury.in_force(tx, Transfer), treasury.in_force(tx, BlockSale)
    pay_outs, receipts = treasury.in_force(tx, PayOut), treasury.in_force(tx, Receipt)
    pools = pool_coins(mining.credited(tx), receipts, transfers, pay_outs)
    places = with_pools(treasury.places(tx), pools, now)
    found = moved(places, transfers, blocks, now=now, within=within, pay_outs=pay_outs, receipts=receipts)
    free = [(place.name, place.sats) for place in found.places if place.kind in _DEPOSITABLE]
    return tuple(sorted(free, key=lambda one: (-one[1], one[0])))


def _fresh_quote(tx: ReadTx, venue: str, clock: Clock) -> Quote:
    """The venue's price, if it may still be believed: tiers and floors are judged by it (P8)."""
    quote = live.quotes(tx).get(venue)
    if quote is None:
        raise NotYetApplied(f"no price of {venue} yet: start desk daemon, then stage")
    age = clock.wall() - quote.wall
    if age < -_PRICE_AGE:
        raise NotYetApplied(f"the price of {venue} is from the future; are the clocks of daemon and terminal right?")
    if age > _PRICE_AGE:
        raise NotYetApplied(f"the price of {venue} is {age.total_seconds():.0f} s old: is desk daemon running?")
    return quote


def _facts(config: Config, tx: ReadTx, venue: str) -> VenueFacts | None:
    market = markets.market(tx, venue)
    if market is None:
        return None
    held = {balance.currency: balance for balance in live.balances(tx, venue)}.get(market.base)
    sellable = None if held is None else _sellable(tx, venue, held.free)
    grid = Grid(market.tick, market.lot, market.min_quantity, market.min_cost)
    return VenueFacts(config.settings.venues[venue].account, market.symbol, market.quote, grid, sellable)


def _sellable(tx: ReadTx, venue: str, free: Decimal) -> Sats:
    """Free at the venue, with what our own open orders hold, less all that other sales may still sell (P10)."""
    whole = parse_btc(free.quantize(Decimal("1e-8"), ROUND_DOWN))
    ours = orders.committed_open(tx, venue).quantity
    promised = sales.reserved(tx, venue) + sum(sale.remaining for sale in sales.listed(tx, (SaleState.STAGED,)))
    return Sats(max(0, whole + ours - promised))


def _lines(draft: Draft, digest: str) -> tuple[str, ...]:
    terms = draft.terms
    return (
        f"{terms.sale_id} staged by {terms.stager}",
        terms.canonical().decode(),
        f"digest {digest}",
        f"sell {show_btc(terms.quantity)} {terms.symbol} in {len(draft.slices)} slices, "
        f"never below {show_money(terms.limits.floor)}",
    )


def _needs(terms: Terms, policy: Policy) -> str:
    needed = required_approvals(policy, terms)
    return (
        f"needs {needed} {'approval' if needed == 1 else 'approvals'} by {terms.approval_expires:%Y-%m-%d %H:%M} UTC"
    )


def _expected(tx: ReadTx, terms: Terms) -> str:
    venue = terms.venues[0].venue
    facts, quote = markets.market(tx, venue), live.quotes(tx).get(venue)
    found = expected_cost(terms.quantity, terms.reference_price, facts, quote)
    return f"{found.sentence} {terms.quote}" if found else "no estimate: the market's last 24 hours are missing"
