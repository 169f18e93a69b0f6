"""What is on record of the treasury: where coins and cash are, what is mined, what is owed and promised.

Every record is a statement by someone at some time: `source` says whose, `as_of` when it was true. Rates of loans are
basis points of collateral value; BTC is satoshis; money is decimal in the currency named beside it (P6).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

from desk.treasury.cash_records import Allocation, CashActual, Covenant, Every, Flow, KeptForecast
from desk.treasury.coin_records import (
    BlockSale,
    BreakOwner,
    Explanation,
    LotPick,
    Mark,
    MonthClose,
    PayOut,
    Receipt,
    ReliefRule,
    Transfer,
    VenueLook,
)
from desk.units import NOTHING, Bps, Money, Sats

CERTAIN = Bps(Decimal(10_000))
"""Probability 1."""


class PlaceKind(StrEnum):
    """Where coins can be besides a venue, whose balances come from the venue itself."""

    POOL = "pool"
    WALLET = "wallet"
    CUSTODIAN = "custodian"
    PLEDGED = "pledged"
    IN_TRANSIT = "in-transit"


@dataclass(frozen=True, slots=True)
class Place:
    """Coins at one place outside the venues. `loan` names the loan a pledged place secures."""

    id: str
    kind: PlaceKind
    name: str
    sats: Sats
    as_of: datetime
    source: str
    loan: str | None = None
    note: str = ""
    is_illustrative: bool = False


@dataclass(frozen=True, slots=True)
class CashBalance:
    """Money of one currency at one place outside the venues; a stablecoin is its own currency."""

    place: str
    currency: str
    amount: Money
    as_of: datetime
    source: str
    note: str = ""
    is_illustrative: bool = False


@dataclass(frozen=True, slots=True)
class MiningDay:
    """Coins credited for one pool day by one pool at one site; `zone` is the pool's, where its day is not UTC's.

    `day` is when they were earned, `credited` when the pool booked them. `power_price` is dollars per kWh, `uptime`
    and `pool_fee` are basis points, `hosting` is dollars for the day.
    """

    day: date
    pool: str
    site: str
    mined: Sats
    expected: Sats | None
    hashrate_ehs: Decimal | None
    power_price: Decimal | None
    source: str
    source_id: str = ""
    is_illustrative: bool = False
    credited: datetime | None = None
    zone: str = "UTC"
    deployed_ehs: Decimal | None = None
    uptime: Bps | None = None
    joules_per_th: Decimal | None = None
    hosting: Money | None = None
    pool_fee: Bps | None = None


@dataclass(frozen=True, slots=True)
class NetworkDay:
    """The network on one UTC day: mean fees are BTC per block, on top of the subsidy."""

    day: date
    difficulty: Decimal
    hashrate_ehs: Decimal | None
    mean_fees: Decimal | None
    source: str


@dataclass(frozen=True, slots=True)
class Project:
    """Something being built, to which commitments belong: where, with how much power, with how many GPUs."""

    id: str
    name: str
    is_illustrative: bool = False
    site: str = ""
    power_mw: Decimal | None = None
    gpus: int | None = None


@dataclass(frozen=True, slots=True)
class Commitment:
    """An order or contract with one vendor; its milestones say when it costs what."""

    id: str
    project: str
    vendor: str
    name: str
    source: str
    is_illustrative: bool = False
    contract: str = ""
    signed: date | None = None
    currency: str = ""
    total: Money | None = None


class MilestoneKind(StrEnum):
    DEPOSIT = "deposit"
    DELIVERY = "delivery"
    ACCEPTANCE = "acceptance"
    RETAINAGE = "retainage"
    OTHER = "other"


class MilestoneState(StrEnum):
    PLANNED = "planned"
    COMMITTED = "committed"
    PAID = "paid"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Milestone:
    """One dated payment of a commitment. `funded` is the share already set aside for it, in basis points.

    It is due on `due`, not before `earliest` nor after `latest`, with `probability` in basis points.
    """

    id: str
    commitment: str
    name: str
    due: date
    amount: Money
    currency: str
    state: MilestoneState
    funded: Bps
    source: str
    is_illustrative: bool = False
    kind: MilestoneKind = MilestoneKind.OTHER
    earliest: date | None = None
    latest: date | None = None
    probability: Bps = CERTAIN
    paid: Money | None = None
    paid_on: date | None = None


class LoanState(StrEnum):
    OPEN = "open"
    REPAID = "repaid"


class DayCount(StrEnum):
    """How the days of interest are counted."""

    ACT_360 = "act/360"
    ACT_365 = "act/365"
    THIRTY_360 = "30/360"


@dataclass(frozen=True, slots=True)
class Loan:
    """A loan secured by BTC. `debt` is principal; interest and `fees` unpaid at `as_of` count on top of it.

    Where `annual_rate` (basis points) is known, interest goes on accruing from `as_of` by `day_count`.
    """

    id: str
    lender: str
    debt: Money
    accrued_interest: Money
    currency: str
    pledged: Sats
    initial_ltv: Bps
    call_ltv: Bps
    liquidation_ltv: Bps
    may_reuse: bool
    as_of: datetime
    maturity: date | None
    state: LoanState
    source: str
    is_illustrative: bool = False
    release_ltv: Bps | None = None
    annual_rate: Bps | None = None
    day_count: DayCount = DayCount.ACT_360
    interest_every: Every | None = None
    opened: date | None = None
    fees: Money = NOTHING


@dataclass(frozen=True, slots=True)
class CostFigure:
    """What one mined BTC cost in a period, as published. A figure not published is None."""

    period: str
    cash_cost: Money | None
    all_in_cost: Money | None
    currency: str
    source: str


@dataclass(frozen=True, slots=True)
class PublishedMonth:
    """A month as a company announced it. The rows need not add up (P9); nothing here makes them."""

    month: str
    produced: Sats
    sold: Sats
    held: Sats
    deployed_ehs: Decimal | None
    operating_ehs: Decimal | None
    produced_is_derived: bool
    source: str


Record: TypeAlias = (
    Place
    | CashBalance
    | MiningDay
    | NetworkDay
    | Project
    | Commitment
    | Milestone
    | Loan
    | CostFigure
    | PublishedMonth
    | Receipt
    | Transfer
    | PayOut
    | BlockSale
    | Mark
    | ReliefRule
    | LotPick
    | Explanation
    | BreakOwner
    | MonthClose
    | VenueLook
    | Flow
    | CashActual
    | Covenant
    | Allocation
    | KeptForecast
)

KEYS: Mapping[type, tuple[str, ...]] = {
    Place: ("id",),
    CashBalance: ("place", "currency"),
    MiningDay: ("day", "pool", "site"),
    NetworkDay: ("day",),
    Project: ("id",),
    Commitment: ("id",),
    Milestone: ("id",),
    Loan: ("id",),
    CostFigure: ("period",),
    PublishedMonth: ("month",),
    Receipt: ("id",),
    Transfer: ("id",),
    PayOut: ("id",),
    BlockSale: ("id",),
    Mark: ("day", "pair"),
    ReliefRule: ("effective",),
    LotPick: ("disposal", "lot"),
    Explanation: ("id",),
    BreakOwner: ("break_id",),
    MonthClose: ("month",),
    VenueLook: ("venue", "at"),
    Flow: ("id",),
    CashActual: ("id",),
    Covenant: ("id",),
    Allocation: ("id",),
    KeptForecast: ("id",),
}
"""Which fields say what a statement is about; a later statement with the same key replaces it."""


def key_of(record: Record) -> tuple[object, ...]:
    """What the record is about: its kind and its key."""
    kind = type(record)
    return (kind.__name__, *(getattr(record, name) for name in KEYS[kind]))


def moment_of(record: Record) -> datetime | None:
    """The moment that a statement tells of; None for kinds whose newest statement simply holds."""
    moment = getattr(record, "as_of", None)
    return moment if isinstance(moment, datetime) else None


def is_of_now(record: Record, known: Record) -> bool:
    """Whether a statement takes the place of a known one about the same thing: it is not of an earlier moment."""
    then, now = moment_of(record), moment_of(known)
    return then is None or now is None or then >= now
