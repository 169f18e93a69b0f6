"""One frozen picture of the desk: the only thing a screen, `desk status` or a report of the moment may look at.

Amounts are exact; ages are wall seconds; times are UTC and shown in the zone named here. None means "not known",
and whoever shows it says so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from desk.sale.lifecycle import SaleState
from desk.treasury.capex import CapexBook
from desk.treasury.covenants import CovenantLine
from desk.treasury.interest import Payment
from desk.treasury.ladder import Rung, Standing
from desk.treasury.records import DayCount
from desk.units import NOTHING, ZERO, Bps, Money, Price, Sats

PAGE = 200
"""Events of one page of the log; with what they mention they are read well within what a transaction may last."""


@dataclass(frozen=True, slots=True)
class PriceView:
    """The venue's mid, with its age. `history` is (desk time, mid), oldest first."""

    symbol: str
    venue: str
    mid: Price | None
    bid: Price | None
    ask: Price | None
    change_24h: Bps | None
    age_s: float | None
    is_stale: bool
    history: tuple[tuple[datetime, Price], ...] = ()


@dataclass(frozen=True, slots=True)
class DaemonView:
    """`state` is running, hung (lock held, no heartbeat) or stopped."""

    state: str
    age_s: float | None
    pid: int | None
    epoch: int | None
    working: int = 0


@dataclass(frozen=True, slots=True)
class HaltView:
    reason: str
    actor: str
    since: datetime | None
    rearm_signatures: int = 0
    rearm_needed: int = 2
    rearm_signers: tuple[str, ...] = ()
    """Who signed the open request to lift it, in the order they did."""


@dataclass(frozen=True, slots=True)
class WaitingItem:
    """Something only a person can move on. `kind`: sale, halt, break, margin, covenant, request, …"""

    kind: str
    ref: str
    title: str
    detail: str
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class PlaceView:
    """Coins at one place. `kind`: venue, wallet, pledged, in-transit, custodian."""

    kind: str
    name: str
    sats: Sats
    as_of: datetime | None
    age_s: float | None
    is_stale: bool
    note: str = ""
    is_illustrative: bool = False


@dataclass(frozen=True, slots=True)
class CashView:
    currency: str
    amount: Money
    where: str
    as_of: datetime | None
    is_stale: bool
    note: str = ""
    is_illustrative: bool = False


@dataclass(frozen=True, slots=True)
class HoldingsView:
    """Total is the sum of the six columns; only `sellable` may be offered (P10)."""

    total: Sats
    sellable: Sats
    reserved: Sats
    pledged: Sats
    in_transit: Sats
    elsewhere: Sats
    places: tuple[PlaceView, ...]
    cash: tuple[CashView, ...]
    value: Money | None
    is_stale: bool
    explained: tuple[str, ...] = ()
    """One line of text for every amount: how much, in which column, where, why."""
    unsettled: Sats = ZERO
    """Sold outside the venues and not delivered yet."""


@dataclass(frozen=True, slots=True)
class MiningDayView:
    day: date
    sats: Sats
    expected: Sats | None
    hashrate_ehs: Decimal | None


@dataclass(frozen=True, slots=True)
class ReasonView:
    """Coins that went for one reason, negative where they are lacking; None where nobody stated what it takes."""

    name: str
    sats: Sats | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class MiningPeriodView:
    """Complete days of a month or a difficulty epoch. `reasons` lead from `full` (all that is deployed, always on) to
    `compared`: the coins of the days that an estimate was possible for. `missing` says what kept others out."""

    name: str
    first: date
    last: date
    mined: Sats
    full: Sats | None
    expected: Sats | None
    compared: Sats | None
    reasons: tuple[ReasonView, ...]
    operating_ehs: Decimal | None
    deployed_ehs: Decimal | None
    uptime: Bps | None
    joules_per_th: Decimal | None
    power_price: Decimal | None
    """Dollars per kWh."""
    pool_fee: Bps | None
    power_per_btc: Money | None
    cash_per_btc: Money | None
    """Power and hosting."""
    missing: tuple[str, ...]
    difficulty: Decimal | None = None
    change: Bps | None = None
    """Of the difficulty, against the epoch before."""
    part: str = ""
    """'from 3 Feb; begun 28 Jan' of an epoch that is not here from its first day."""
    price: Price | None = None
    """The mean mark of the coins mined; it and the three below come from the period's own days alone."""
    hashprice: Money | None = None
    break_even: Price | None = None
    margin: Money | None = None
    """The price less power and hosting, per coin."""
    no_prices: tuple[str, ...] = ()
    """Which of these four are not there, and what they lack."""


@dataclass(frozen=True, slots=True)
class PoolView:
    """A pool: its newest complete day, since when that is over, when it was last asked, and what was wrong then."""

    name: str
    kind: str
    newest: date | None
    sats: Sats | None
    age_s: float | None
    is_stale: bool
    asked_age_s: float | None
    error: str = ""


@dataclass(frozen=True, slots=True)
class MiningView:
    """Newest day first known; expectations are None where an input is missing, and `missing` says which."""

    latest: MiningDayView | None
    month_to_date: Sats
    days: tuple[MiningDayView, ...]
    cash_cost: Money | None
    margin: Money | None
    missing: str = ""
    is_stale: bool = False
    cost_period: str = ""
    """What period the cash cost was published for."""
    month: MiningPeriodView | None = None
    epochs: tuple[MiningPeriodView, ...] = ()
    """Oldest first."""
    pools: tuple[PoolView, ...] = ()
    network_day: date | None = None
    network_is_stale: bool = False
    difficulty: Decimal | None = None
    hashprice: Money | None = None
    """Dollars per PH/s and day."""
    break_even: Price | None = None
    """The price at which the newest day just pays its power and hosting."""
    all_in_cost: Money | None = None
    restated: tuple[str, ...] = ()
    """Days that a pool said something else about later, newest first."""
    notes: tuple[str, ...] = ()
    """Which of these figures are not there, and what they lack."""
    is_illustrative: bool = False


@dataclass(frozen=True, slots=True)
class MilestoneView:
    due: date
    commitment: str
    name: str
    amount: Money
    currency: str
    funded: Bps
    paid: bool
    is_illustrative: bool


@dataclass(frozen=True, slots=True)
class WeekView:
    """One week of the forecast: cash at its end, and the least at the end of any day of it."""

    number: int
    first: date
    closing: Money
    minimum: Money


@dataclass(frozen=True, slots=True)
class ProposalView:
    """A sale the plan asks for. `wanted` closes its part of the gap, `sats` are there to be sold for it."""

    id: str
    purpose: str
    because: str
    needed_on: date
    wanted: Sats
    sats: Sats
    deposit: Sats
    sell_by: datetime
    arrives: date
    proceeds: Money
    is_late: bool


@dataclass(frozen=True, slots=True)
class AtRiskView:
    """What simulated futures say of the plan at desk time `taken`; shares are 0 … 1, None without a floor."""

    taken: datetime
    p5: Money
    p50: Money
    breach: Decimal | None
    breach_with_proposals: Decimal | None
    calls: tuple[tuple[str, Decimal], ...]
    sats_for_confidence: Sats | None
    confidence: Decimal
    paths: int
    seed: int
    assumptions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FundingView:
    """The next needs and the gap in one line: what is needed, what is there, what selling would close it."""

    milestones: tuple[MilestoneView, ...]
    next_gap_on: date | None
    gap: Money | None
    sats_to_close: Sats | None
    line: str
    notes: tuple[str, ...] = ()
    """What the estimate left out, and why."""
    weeks: tuple[WeekView, ...] = ()
    floor: Money | None = None
    floor_source: str = ""
    minimum: Money | None = None
    minimum_on: date | None = None
    minimum_week: int | None = None
    runway_weeks: int | None = None
    """Whole weeks until cash is below the floor; None: not within the forecast, or not known."""
    proposals: tuple[ProposalView, ...] = ()
    gap_after: Money | None = None
    """What the proposals leave open."""
    at_risk: AtRiskView | None = None
    at_risk_missing: str = ""
    """Why there are no simulated futures."""
    first_short: Money | None = None
    """How far cash is below the floor on `next_gap_on`, the first day it is; `gap` is the most it ever is."""
    deepest_on: date | None = None
    """The day of `gap`."""
    stale: str = ""
    """Which of the opening cash is too old to be told as what is there now, or not known; the line says it, too."""


@dataclass(frozen=True, slots=True)
class LoanView:
    """LTVs in basis points of collateral value; prices are of one BTC."""

    name: str
    lender: str
    debt: Money
    currency: str
    collateral: Sats
    ltv: Bps | None
    ltv_after_sales: Bps | None
    call_ltv: Bps
    liquidation_ltv: Bps
    call_price: Price
    liquidation_price: Price
    distance_to_call: Bps | None
    is_illustrative: bool
    principal: Money = NOTHING
    interest: Money = NOTHING
    """Accrued and unpaid today: as stated, and since the statement as far as the rate is known."""
    fees: Money = NOTHING
    as_of: datetime | None = None
    opened: date | None = None
    maturity: date | None = None
    annual_rate: Bps | None = None
    day_count: DayCount | None = None
    initial_ltv: Bps | None = None
    release_ltv: Bps | None = None
    may_reuse: bool = False
    next_payment: Payment | None = None
    now: Standing | None = None
    after: Standing | None = None
    """Once what is planned for the loan was paid; None where that cannot be said."""
    rungs: tuple[Rung, ...] = ()
    covenants: tuple[CovenantLine, ...] = ()
    planned: tuple[str, ...] = ()
    """The sales, and what else, that will pay it; none planned: `after` is as now."""
    repayment: Money | None = None
    notes: tuple[str, ...] = ()
    """What the figures leave out or rest on."""
    last_ltv: Bps | None = None
    """Without a fresh price: the LTV at `last_price`, the newest one seen, which is as old as the picture's price."""
    last_price: Price | None = None


@dataclass(frozen=True, slots=True)
class ApprovalView:
    """One signature and whether it counts, with the reason where it does not."""

    principal: str
    role: str
    signed_at: datetime
    counts: bool
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class SaleView:
    id: str
    state: SaleState
    reason: str
    quantity: Sats
    filled: Sats
    open: Sats
    unknown: Sats
    quote: str
    venue: str
    average: Price | None
    proceeds: Money
    fees: Money
    slippage_vs_twap: Bps | None
    opens: datetime | None
    closes: datetime | None
    next_slice_at: datetime | None
    next_slice: Sats | None
    signed: int
    needed: int
    approval_expires: datetime
    planned_now: Sats
    resting: Price | None
    """Limit price of the order that rests now."""

    @property
    def done(self) -> Decimal:
        """Share sold, 0 … 1."""
        return Decimal(self.filled) / Decimal(self.quantity)


@dataclass(frozen=True, slots=True)
class SliceView:
    index: int
    due: datetime
    planned: Sats
    filled: Sats
    state: str


@dataclass(frozen=True, slots=True)
class OrderView:
    client_order_id: str
    venue_order_id: str | None
    sale: str
    slice: int
    attempt: int
    venue: str
    state: str
    type: str
    limit_price: Price
    quantity: Sats
    filled: Sats
    created: datetime
    updated: datetime
    last_error: str


@dataclass(frozen=True, slots=True)
class FillView:
    trade_id: str
    sale: str
    slice: int
    venue: str
    quantity: Sats
    price: Price
    fee: Money
    fee_currency: str
    liquidity: str
    executed: datetime


@dataclass(frozen=True, slots=True)
class BookView:
    bids: tuple[tuple[Price, Sats], ...]
    asks: tuple[tuple[Price, Sats], ...]
    age_s: float
    is_stale: bool


@dataclass(frozen=True, slots=True)
class CurvePoint:
    at: datetime
    planned: Sats
    done: Sats | None
    """None in the future."""


@dataclass(frozen=True, slots=True)
class SaleDetail:
    """Everything of one sale. `terms_text` is the exact signed text; `lines` says the terms in people's words."""

    sale: SaleView
    terms_text: str
    terms_digest: str
    lines: tuple[str, ...]
    since_staging: tuple[str, ...]
    """What changed since staging: price, distance to the floor, LTV."""
    effect: tuple[str, ...]
    """What the sale does to LTV and the funding gap."""
    approvals: tuple[ApprovalView, ...]
    curve: tuple[CurvePoint, ...]
    slices: tuple[SliceView, ...]
    orders: tuple[OrderView, ...]
    fills: tuple[FillView, ...]
    book: BookView | None


@dataclass(frozen=True, slots=True)
class EventView:
    seq: int
    at: datetime
    kind: str
    subject: str
    actor: str
    text: str


@dataclass(frozen=True, slots=True)
class VenueView:
    name: str
    exchange: str
    symbol: str
    is_reachable: bool | None
    book_age_s: float | None
    balance_age_s: float | None
    last_error: str


@dataclass(frozen=True, slots=True)
class AuditView:
    """`anchored` is None where no checkpoint file was read yet."""

    head_seq: int
    head_hash: str
    checkpoint_seq: int | None
    checkpoint_age_s: float | None


@dataclass(frozen=True, slots=True)
class DeskSnapshot:
    """The whole desk at one moment. Built off the screen's thread; never changed."""

    taken: datetime
    wall: datetime
    zone: str
    desk_name: str
    is_demo: bool
    speed: int
    me: str | None
    price: PriceView
    daemon: DaemonView
    halt: HaltView | None
    waiting: tuple[WaitingItem, ...]
    holdings: HoldingsView
    mining: MiningView
    funding: FundingView
    loans: tuple[LoanView, ...]
    sales: tuple[SaleView, ...]
    events: tuple[EventView, ...]
    venues: tuple[VenueView, ...]
    audit: AuditView
    focus: SaleDetail | None = None
    problems: tuple[str, ...] = field(default=())
    """What could not be read for this picture, in words."""
    capex: CapexBook = field(default_factory=CapexBook)
