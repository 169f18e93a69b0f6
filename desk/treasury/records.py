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

from desk.units import Bps, Money, Sats


class PlaceKind(StrEnum):
    """Where coins can be besides a venue, whose balances come from the venue itself."""

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
    """Coins credited for one UTC day by one pool at one site. `power_price` is dollars per kWh."""

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


@dataclass(frozen=True, slots=True)
class Project:
    """Something being built, to which commitments belong."""

    id: str
    name: str
    is_illustrative: bool = False


@dataclass(frozen=True, slots=True)
class Commitment:
    """An order or contract with one vendor; its milestones say when it costs what."""

    id: str
    project: str
    vendor: str
    name: str
    source: str
    is_illustrative: bool = False


class MilestoneState(StrEnum):
    PLANNED = "planned"
    COMMITTED = "committed"
    PAID = "paid"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Milestone:
    """One dated payment of a commitment. `funded` is the share already set aside for it, in basis points."""

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


class LoanState(StrEnum):
    OPEN = "open"
    REPAID = "repaid"


@dataclass(frozen=True, slots=True)
class Loan:
    """A loan secured by BTC. `debt` is principal; interest accrued and unpaid counts on top of it."""

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
    Place | CashBalance | MiningDay | Project | Commitment | Milestone | Loan | CostFigure | PublishedMonth
)

KEYS: Mapping[type, tuple[str, ...]] = {
    Place: ("id",),
    CashBalance: ("place", "currency"),
    MiningDay: ("day", "pool", "site"),
    Project: ("id",),
    Commitment: ("id",),
    Milestone: ("id",),
    Loan: ("id",),
    CostFigure: ("period",),
    PublishedMonth: ("month",),
}
"""Which fields say what a statement is about; a later statement with the same key replaces it."""


def key_of(record: Record) -> tuple[object, ...]:
    """What the record is about: its kind and its key."""
    kind = type(record)
    return (kind.__name__, *(getattr(record, name) for name in KEYS[kind]))
