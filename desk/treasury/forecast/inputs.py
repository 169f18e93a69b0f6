"""What a cash forecast is made from: statements in force, what the venues hold, and sales in flight."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from desk.treasury.cash_records import CashActual, Covenant, Flow
from desk.treasury.coin_records import BlockSale, Mark
from desk.treasury.records import CashBalance, Commitment, Loan, Milestone
from desk.units import NOTHING, Money, Price, Sats, exact_sum


@dataclass(frozen=True, slots=True)
class PendingSale:
    """What an approved sale still brings in; what it has filled is in the venue's cash already. `loan`: for whom.

    Below its signed `floor` it sells nothing.
    """

    id: str
    remaining: Sats
    closes: datetime
    quote: str
    loan: str | None = None
    floor: Price | None = None


@dataclass(frozen=True, slots=True)
class VenueCash:
    """Money a venue says it holds for us: proceeds on their way to the bank.

    `amount` is what it said when it was `seen` (desk time), `age` ago by the wall; `since` is what fills executed
    after that brought, net of their fees, and the venue has not said yet.
    """

    venue: str
    currency: str
    amount: Money
    since: Money = NOTHING
    seen: datetime | None = None
    age: timedelta | None = None
    is_stale: bool = False

    @property
    def total(self) -> Money:
        return exact_sum([self.amount, self.since])


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything a forecast follows from. `price` None: not known; `owed`, by loan, is money that lies at a venue or
    in the bank and is its lender's: what sales earned for it and what was set aside, beyond its statement."""

    now: datetime
    price: Price | None
    cash: tuple[CashBalance, ...] = ()
    venue_cash: tuple[VenueCash, ...] = ()
    flows: tuple[Flow, ...] = ()
    actuals: tuple[CashActual, ...] = ()
    milestones: tuple[Milestone, ...] = ()
    commitments: tuple[Commitment, ...] = ()
    loans: tuple[Loan, ...] = ()
    covenants: tuple[Covenant, ...] = ()
    sales: tuple[PendingSale, ...] = ()
    blocks: tuple[BlockSale, ...] = ()
    marks: tuple[Mark, ...] = ()
    owed: Mapping[str, Money] = field(default_factory=dict)
    unseen: tuple[str, ...] = ()
    """Venues that nobody ever saw the money of."""

    @property
    def today(self) -> date:
        """The UTC day: weeks are Monday to Sunday of such days."""
        return self.now.date()
