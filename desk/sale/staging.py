"""A wish becomes terms, or a sentence that says why not: what can be refused before anybody signs is (P11)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from desk.clock import iso
from desk.sale.controls import ControlLimits
from desk.sale.market import Grid, price_up
from desk.sale.records import Slice
from desk.sale.schedule import PlannedSlice, ScheduleRefused, plan, slices_of
from desk.sale.terms import (
    Limits,
    Purpose,
    PurposeKind,
    Schedule,
    ScheduleKind,
    TacticName,
    Terms,
    TermsRefused,
    VenueShare,
    Window,
)
from desk.units import Bps, Price, Sats, btc_text, decimal_text, floor_to_step, notional, show_money

ON_APPROVAL_WITHIN = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class StageRequest:
    """What somebody wants to sell. None means "the policy's value"; `opens` None: with the last signature."""

    quantity: Sats
    opens: datetime | None
    over: timedelta
    stager: str
    slices: int
    venues: tuple[str, ...]
    kind: ScheduleKind = ScheduleKind.TWAP
    tactic: TacticName = TacticName.BALANCED
    open_by: datetime | None = None
    floor: Price | None = None
    max_slippage: Bps | None = None
    max_participation: Bps | None = None
    max_depth_share: Bps | None = None
    size_jitter_bps: int = 1500
    time_jitter_bps: int = 2500
    seed: int = 0
    purpose: Purpose = Purpose(PurposeKind.GENERAL)  # noqa: RUF009  frozen and shared


@dataclass(frozen=True, slots=True)
class VenueFacts:
    """What staging knows of one venue. `sellable`: at the venue, free, not reserved (P10); None: not known."""

    account: str
    symbol: str
    quote: str
    grid: Grid
    sellable: Sats | None


@dataclass(frozen=True, slots=True)
class StageContext:
    """What a request is judged against. `nonce` is random, `purposes` are the loans and commitments on record."""

    now: datetime
    desk_id: str
    nonce: str
    sale_id: str
    policy_digest: str
    limits: ControlLimits
    venues: Mapping[str, VenueFacts]
    purposes: frozenset[tuple[PurposeKind, str]]
    reference_price: Price
    reference_at: datetime
    approval_within: timedelta = timedelta(hours=24)
    knows_volume: bool = False
    """Whether traded volume is measured; without it no participation cap can be kept, so none is accepted."""
    spare: tuple[tuple[str, Sats], ...] = ()
    """Unpledged coins at places that are no venue: what could be deposited."""
    deposit_takes: timedelta = timedelta(hours=6)
    """From sending coins to a venue until they can be sold there."""
    confirmations: int = 3
    """How many a venue asks for before that."""


@dataclass(frozen=True, slots=True)
class Draft:
    """Terms ready to be signed by their stager, and the slices they stand for."""

    terms: Terms
    slices: tuple[Slice, ...]


def draft_terms(request: StageRequest, context: StageContext) -> Draft:
    """The terms of `request`. Raises TermsRefused naming the field, the value and what would be right."""
    venues = _venues(request, context)
    _check_purpose(request, context)
    _check_quantity(request, venues, context)
    window = _window(request, context)
    limits = _limits(request, context, venues)
    _check_day(request, context)
    if not (request.stager and request.stager.strip()):
        raise TermsRefused("a sale needs a stager", field="stager", remedy="sign with a key of a listed person")
    terms = Terms(
        desk_id=context.desk_id,
        nonce=context.nonce,
        sale_id=context.sale_id,
        quantity=request.quantity,
        symbol=venues[0][1].symbol,
        quote=venues[0][1].quote,
        venues=tuple(VenueShare(name, facts.account, request.quantity) for name, facts in venues),
        window=window,
        schedule=_schedule(request),
        tactic=request.tactic,
        limits=limits,
        reference_price=context.reference_price,
        reference_at=context.reference_at,
        purpose=request.purpose,
        stager=request.stager,
        staged_at=context.now,
        approval_expires=min(context.now + context.approval_within, _last_moment(window)),
        policy_digest=context.policy_digest,
    )
    return Draft(terms, slices_of(terms, _plan(terms, venues)))


def check_stage(request: StageRequest, context: StageContext) -> None:
    """Raises TermsRefused where `request` cannot be staged: what a form asks while somebody types."""
    draft_terms(request, context)


def slices_again(terms: Terms, venues: Mapping[str, Grid]) -> tuple[Slice, ...]:
    """The slices that `terms` stand for, from the terms alone: whoever signs can compare. Raises ScheduleRefused."""
    lot, minimum = coarsest([venues[share.venue] for share in terms.venues], terms.reference_price)
    return slices_of(terms, plan(terms.schedule, terms.quantity, terms.window.over, lot, minimum))


def coarsest(grids: list[Grid], price: Price) -> tuple[Sats, Sats]:
    """The coarsest lot and the largest smallest order among `grids`; minimum costs at `price`, with 10 % room."""
    lot = Sats(max(grid.lot for grid in grids))
    least = 0
    for grid in grids:
        by_cost = int(grid.min_cost * 110_000_000 // price) + 1 if grid.min_cost > 0 else 0
        least = max(least, grid.min_quantity, by_cost)
    return lot, Sats(-(-least // lot) * lot)


def _venues(request: StageRequest, context: StageContext) -> list[tuple[str, VenueFacts]]:
    known = ", ".join(sorted(context.venues)) or "none configured"
    if not request.venues:
        raise TermsRefused("a sale needs a venue", field="venue", remedy=f"name one of: {known}")
    for name in request.venues:
        if name not in context.venues:
            raise TermsRefused(f"unknown venue {name!r}", field="venue", value=name, remedy=f"name one of: {known}")
    if len(set(request.venues)) != len(request.venues):
        raise TermsRefused(
            "a venue is named twice", field="venue", value=", ".join(request.venues), remedy="name each venue once"
        )
    found = [(name, context.venues[name]) for name in request.venues]
    if len({(facts.symbol, facts.quote) for _, facts in found}) > 1:
        markets = ", ".join(f"{name} {facts.symbol}" for name, facts in found)
        raise TermsRefused(
            f"one sale has one market, these differ: {markets}",
            field="venue",
            value=markets,
            remedy="stage one sale per market",
        )
    return found


def _check_purpose(request: StageRequest, context: StageContext) -> None:
    purpose = request.purpose
    if purpose.kind is PurposeKind.GENERAL:
        return
    if purpose.ref is None or (purpose.kind, purpose.ref) not in context.purposes:
        known = ", ".join(sorted(ref for kind, ref in context.purposes if kind is purpose.kind)) or "none on record"
        raise TermsRefused(
            f"unknown {purpose.kind} {purpose.ref!r}",
            field="purpose",
            value=str(purpose.ref),
            remedy=f"name one of: {known}",
        )


def _check_quantity(request: StageRequest, venues: list[tuple[str, VenueFacts]], context: StageContext) -> None:
    quantity, text = request.quantity, btc_text(request.quantity)
    if quantity <= 0:
        raise _quantity(f"a quantity of {text} BTC sells nothing", text, "give an amount above zero, like 12.5")
    for name, facts in venues:
        if quantity % facts.grid.lot:
            below = floor_to_step(quantity, facts.grid.lot)
            raise _quantity(
                f"{text} BTC is finer than the lot of {btc_text(facts.grid.lot)} BTC at {name}",
                text,
                f"use {btc_text(below)} BTC",
            )
        if quantity < facts.grid.min_quantity:
            least = btc_text(facts.grid.min_quantity)
            raise _quantity(f"{text} BTC is below the minimum at {name}", text, f"use at least {least} BTC")
        if facts.sellable is None:
            raise _quantity(
                f"what is sellable at {name} is not known", text, "check that the venue is reachable: desk doctor"
            )
    sellable = Sats(sum(facts.sellable or 0 for _, facts in venues))
    if quantity > sellable:
        names = ", ".join(name for name, _ in venues)
        raise _quantity(
            f"{text} BTC is more than the {btc_text(sellable)} BTC sellable at {names}",
            text,
            f"use at most {btc_text(sellable)} BTC, or "
            + _deposit(Sats(quantity - sellable), names, request, context),
        )


def _deposit(missing: Sats, names: str, request: StageRequest, context: StageContext) -> str:
    """How many coins would have to be at the venue, from where, and when they have to be on their way."""
    there = [f"{name} has {btc_text(sats)}" for name, sats in context.spare if sats]
    if not there:
        return "bring coins to the venue first"
    starts = request.opens or request.open_by
    until = None if starts is None else starts - context.deposit_takes
    when = f" by {until:%Y-%m-%d %H:%M} UTC" if until is not None and until > context.now else " first"
    depth = f"{context.confirmations} confirmations needed; {', '.join(there)}"
    return f"deposit {btc_text(missing)} BTC to {names}{when} ({depth})"


def _quantity(problem: str, value: str, remedy: str) -> TermsRefused:
    return TermsRefused(problem, field="btc", value=value, remedy=remedy)


def _window(request: StageRequest, context: StageContext) -> Window:
    now = context.now
    if request.over < timedelta(seconds=1) or request.over.microseconds:
        raise TermsRefused(
            f"a window of {request.over} cannot be worked",
            field="over",
            value=str(request.over),
            remedy="give whole seconds, at least one: 90s, 45m, 6h, 3d",
        )
    if request.opens is not None:
        if request.opens < now:
            raise TermsRefused(
                f"the window would open at {iso(request.opens)}, before now ({iso(now)})",
                field="start",
                value=iso(request.opens),
                remedy="give a time to come, +10m, now or on-approval",
            )
        return Window(request.opens, request.opens, request.over)
    open_by = request.open_by or now + ON_APPROVAL_WITHIN
    if open_by <= now:
        raise TermsRefused(
            f"the latest opening {iso(open_by)} is not after now ({iso(now)})",
            field="open_by",
            value=iso(open_by),
            remedy="give a time to come",
        )
    return Window(None, open_by, request.over)


def _last_moment(window: Window) -> datetime:
    """Until when approvals make sense: the end of a fixed window, the latest opening of another."""
    return window.closes(window.opens) if window.opens is not None else window.open_by


def _limits(request: StageRequest, context: StageContext, venues: list[tuple[str, VenueFacts]]) -> Limits:
    policy = context.limits
    tick = max(facts.grid.tick for _, facts in venues)
    floor = price_up(policy.floor, tick) if request.floor is None else request.floor
    if floor < policy.floor:
        raise TermsRefused(
            f"a floor of {show_money(floor)} is below the policy's {show_money(policy.floor)}",
            field="floor",
            value=decimal_text(floor),
            remedy=f"use {decimal_text(policy.floor)} or more",
        )
    if floor >= context.reference_price:
        raise TermsRefused(
            f"a floor of {show_money(floor)} is not below the price of {show_money(context.reference_price)}: "
            "nothing could be sold",
            field="floor",
            value=decimal_text(floor),
            remedy="use a floor below the price",
        )
    return Limits(
        floor,
        _within(request.max_slippage, policy.max_slippage, "max_slippage_bps"),
        _participation(request, context),
        _within(request.max_depth_share, policy.max_depth_share, "max_depth_share_bps"),
    )


def _within(wanted: Bps | None, limit: Bps, field: str) -> Bps:
    if wanted is None:
        return limit
    if not 0 < wanted <= limit:
        raise TermsRefused(
            f"{field} = {wanted} is not allowed by the policy",
            field=field,
            value=decimal_text(wanted),
            remedy=f"use more than 0 and at most {decimal_text(limit)}",
        )
    return wanted


def _participation(request: StageRequest, context: StageContext) -> Bps | None:
    wanted, limit = request.max_participation, context.limits.max_participation
    cap = limit if wanted is None else _within(wanted, limit or Bps(Decimal(10_000)), "max_participation_bps")
    if cap is not None and not context.knows_volume:
        raise TermsRefused(
            f"a cap of {decimal_text(cap)} bps of the volume cannot be kept: this desk does not measure it there",
            field="max_participation_bps",
            value=decimal_text(cap),
            remedy="leave it out; the share of visible depth limits every order",
        )
    return cap


def _check_day(request: StageRequest, context: StageContext) -> None:
    """What the schedule would sell in its busiest 24 hours has to fit a day's limits, or the sale could not end."""
    day, limits = timedelta(days=1), context.limits
    second = timedelta(seconds=1)
    share = Sats(-(-request.quantity * (min(day, request.over) // second) // (request.over // second)))
    value = notional(share, context.reference_price)
    if share > limits.max_day:
        raise _quantity(
            f"{btc_text(share)} BTC in a day is beyond the day limit of {btc_text(limits.max_day)} BTC",
            btc_text(request.quantity),
            "sell less, or over more days",
        )
    if value > limits.max_day_value:
        raise _quantity(
            f"{btc_text(share)} BTC, {show_money(value)} at the present price, in a day is beyond the day limit of "
            f"{show_money(limits.max_day_value)}",
            btc_text(request.quantity),
            "sell less, or over more days",
        )


def _schedule(request: StageRequest) -> Schedule:
    return Schedule(
        request.kind, request.slices, request.size_jitter_bps, request.time_jitter_bps, request.seed & (2**63 - 1)
    )


def _plan(terms: Terms, venues: list[tuple[str, VenueFacts]]) -> tuple[PlannedSlice, ...]:
    lot, minimum = coarsest([facts.grid for _, facts in venues], terms.reference_price)
    try:
        return plan(terms.schedule, terms.quantity, terms.window.over, lot, minimum)
    except ScheduleRefused as problem:
        raise TermsRefused(str(problem), field="slices", value=str(terms.schedule.slices)) from None
