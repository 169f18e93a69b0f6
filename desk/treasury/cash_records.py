"""What happens to cash: planned flows, what came and went, covenants, what funds a need, and forecasts as made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from desk.units import Money


class FlowKind(StrEnum):
    """The lines of a direct-method cash forecast."""

    SALE = "sale"
    AI_REVENUE = "ai-revenue"
    HOSTING_REVENUE = "hosting-revenue"
    LOAN_DRAW = "loan-draw"
    EQUITY = "equity"
    POWER = "power"
    HOSTING = "hosting"
    PAYROLL = "payroll"
    INTEREST = "interest"
    PRINCIPAL = "principal"
    TOP_UP = "top-up"
    CAPEX = "capex"
    TAX = "tax"
    OTHER = "other"


class Direction(StrEnum):
    IN = "in"
    OUT = "out"


class Every(StrEnum):
    """How often a flow comes."""

    ONCE = "once"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"


@dataclass(frozen=True, slots=True)
class Flow:
    """Cash that is expected: once, or repeating from `first` to `last`."""

    id: str
    name: str
    kind: FlowKind
    direction: Direction
    amount: Money
    currency: str
    first: date
    every: Every
    source: str
    last: date | None = None
    is_illustrative: bool = False


@dataclass(frozen=True, slots=True)
class CashActual:
    """Cash that came or went on a day. `flow` names the planned flow it fulfils."""

    id: str
    day: date
    kind: FlowKind
    direction: Direction
    amount: Money
    currency: str
    place: str
    source: str
    flow: str | None = None
    note: str = ""
    is_illustrative: bool = False


class CovenantKind(StrEnum):
    """What a lender asks for: prices and cash not below, LTV not above, coins not below a level."""

    MIN_PRICE = "min-price"
    MIN_CASH = "min-cash"
    MAX_LTV = "max-ltv"
    MIN_BTC = "min-btc"


@dataclass(frozen=True, slots=True)
class Covenant:
    """One promise of a loan. `level` is dollars, basis points of LTV or BTC, as the kind says."""

    id: str
    loan: str
    kind: CovenantKind
    level: Decimal
    currency: str
    source: str
    is_illustrative: bool = False


class FundedBy(StrEnum):
    SALE = "sale"
    LOAN = "loan"
    EQUITY = "equity"
    CASH = "cash"


@dataclass(frozen=True, slots=True)
class Allocation:
    """Money set aside for a need: a milestone's or a loan's id. `ref` is the sale, loan or account it comes from."""

    id: str
    need: str
    by: FundedBy
    ref: str
    amount: Money
    currency: str
    day: date
    source: str
    is_illustrative: bool = False


@dataclass(frozen=True, slots=True)
class KeptForecast:
    """A forecast as it was made (canonical JSON), so that it can be held against what came."""

    id: str
    made: datetime
    document: str
