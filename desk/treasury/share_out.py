"""What a settled sale brought goes to the need it was made for: as much as that still wants, and the rest is said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from desk.treasury import loans as loan_math
from desk.treasury.allocations import unspent
from desk.treasury.capex import open_milestones, unfunded
from desk.treasury.cash_records import Allocation, FundedBy
from desk.treasury.cash_rules import CashRules, NotCounted, Way, way_to_bank
from desk.treasury.coin_records import Mark
from desk.treasury.forecast.gathering import begin_of
from desk.treasury.records import Loan, LoanState, Milestone
from desk.units import NOTHING, Money, exact_sum, ratio

_CENT = Decimal("0.01")
_FINEST = Decimal("1e-8")
"""Stablecoins have more decimals than dollars; what a need takes is never rounded in its favour."""


@dataclass(frozen=True, slots=True)
class Brought:
    """A sale that is over: its net proceeds, their currency, and what its signed terms say they are for."""

    sale: str
    proceeds: Money
    currency: str
    kind: str
    ref: str


@dataclass(frozen=True, slots=True)
class Books:
    """What is on record of needs and of what is set aside for them, and how money is converted."""

    milestones: Sequence[Milestone]
    loans: Sequence[Loan]
    allocations: Sequence[Allocation]
    rules: CashRules
    marks: Sequence[Mark]


@dataclass(frozen=True, slots=True)
class SharedOut:
    """Allocations to make, and what of the proceeds (in their currency) no need wanted."""

    allocations: tuple[Allocation, ...]
    left: Money


@dataclass(frozen=True, slots=True)
class _Need:
    id: str
    wants: Money
    currency: str


def share_out(brought: Brought, books: Books, today: date) -> SharedOut | str:
    """Who gets how much of a sale's proceeds, by the order in which it is due; or why that cannot be said yet.

    What people have set aside from this sale already is taken off first. An allocation's id follows from the sale's
    and its need's, so that it is made once. `today` is the day it is made.
    """
    left = max(NOTHING, unspent(brought.proceeds, books.allocations, brought.sale, brought.currency))
    made: list[Allocation] = []
    for need in _needs(brought, books, today):
        way = _way(brought.currency, need.currency, books, today)
        if isinstance(way, NotCounted):
            return way.why
        there = Money((left * way.factor).quantize(_CENT, ROUND_FLOOR))
        amount = min(there, need.wants)
        if amount <= 0:
            continue
        spent = left if amount == there else Money(ratio(amount, way.factor).quantize(_FINEST, ROUND_CEILING))
        left = max(NOTHING, exact_sum([left, -spent]))
        how = f", {brought.currency} counted at {way.how}" if way.how else ""
        source = f"net proceeds of sale {brought.sale}{how}"
        name = f"sale-{brought.sale}-{need.id}"[:64]
        made.append(Allocation(name, need.id, FundedBy.SALE, brought.sale, amount, need.currency, today, source))
    return SharedOut(tuple(made), left)


def _needs(brought: Brought, books: Books, today: date) -> list[_Need]:
    if brought.kind == "loan":
        loan = next((one for one in books.loans if one.id == brought.ref and one.state is LoanState.OPEN), None)
        return [] if loan is None else [_Need(loan.id, _wants(loan, books, today), loan.currency)]
    ours = [one for one in books.milestones if brought.ref in (one.id, one.commitment)]
    exact = [one for one in ours if one.id == brought.ref]
    return [_Need(one.id, unfunded(one, books.allocations), one.currency) for one in open_milestones(exact or ours)]


def _wants(loan: Loan, books: Books, today: date) -> Money:
    """Today's debt less what is set aside for it since its statement."""
    aside = [
        -one.amount
        for one in books.allocations
        if one.need == loan.id and one.currency == loan.currency and begin_of(one.day) >= loan.as_of
    ]
    return max(NOTHING, exact_sum([loan_math.debt(loan, today), *aside]))


def _way(currency: str, wanted: str, books: Books, today: date) -> Way | NotCounted:
    if currency == wanted:
        return Way(0, Decimal(1))
    if wanted != books.rules.currency:
        return NotCounted(f"{currency} proceeds for a need in {wanted}: convert them and set them aside by hand")
    return way_to_bank(currency, books.rules, books.marks, today)
