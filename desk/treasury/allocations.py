"""What funds a need: money set aside for it, from a sale's proceeds, a loan, equity or cash; what is left to fund.

A milestone is funded by the share its own statement says and by the allocations made for it. Together they are never
counted as more than its amount; what goes beyond is an over-allocation, which somebody has to look at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from desk.treasury.cash_records import Allocation, FundedBy
from desk.treasury.records import Milestone, MilestoneState
from desk.units import NOTHING, Bps, Money, exact_sum, ratio

_FULL = Decimal(10_000)
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Funded:
    """How one milestone is paid for, in its currency. All but `over` are parts of what it costs.

    `cost` is its amount, or what was paid for it in the end; `paid` has gone out; `aside` is set aside and still
    here; `short` is nobody's yet. cost = paid + aside + short.
    """

    cost: Money
    paid: Money
    aside: Money
    short: Money
    over: Money
    by: Mapping[FundedBy, Money]
    """What was allocated, by where it comes from; the stated share is not among it."""

    @property
    def open(self) -> Money:
        """What is still to be paid."""
        return exact_sum([self.cost, -self.paid])

    @property
    def share(self) -> Bps:
        """The part of the cost that is paid or set aside, in basis points; never above the whole."""
        return Bps(ratio((self.cost - self.short) * _FULL, self.cost)) if self.cost else Bps(_FULL)


def funded(milestone: Milestone, allocations: Iterable[Allocation] = ()) -> Funded:
    """How a milestone stands. Allocations for other needs, or in another currency, do not count."""
    mine = [one for one in allocations if one.need == milestone.id and one.currency == milestone.currency]
    by = {
        kind: exact_sum([one.amount for one in mine if one.by is kind])
        for kind in FundedBy
        if any(one.by is kind for one in mine)
    }
    paid, cost = _paid_and_cost(milestone)
    is_dropped = milestone.state is MilestoneState.DROPPED
    stated = NOTHING if is_dropped else Money(_part(milestone.amount, milestone.funded))
    covered = exact_sum([stated, *by.values()])
    most = cost if is_dropped else max(cost, milestone.amount)
    over = max(NOTHING, exact_sum([covered, -most])) if by else NOTHING
    there = min(cost, max(covered, paid))
    return Funded(cost, paid, exact_sum([there, -paid]), exact_sum([cost, -there]), Money(over), by)


def _part(amount: Decimal, share: Bps) -> Decimal:
    return ratio(amount * share, _FULL).quantize(_CENT, ROUND_HALF_UP)


def _paid_and_cost(milestone: Milestone) -> tuple[Money, Money]:
    """What has gone out, and what the milestone costs: once it is paid or dropped nothing more goes out."""
    paid = milestone.paid
    if milestone.state is MilestoneState.PAID:
        done = milestone.amount if paid is None else paid
        return done, done
    if milestone.state is MilestoneState.DROPPED:
        return paid or NOTHING, paid or NOTHING
    return paid or NOTHING, max(milestone.amount, paid or NOTHING)


def of_need(allocations: Iterable[Allocation], need: str) -> tuple[Allocation, ...]:
    """What is set aside for one milestone or loan, in the order of its days."""
    return tuple(sorted((one for one in allocations if one.need == need), key=lambda one: (one.day, one.id)))


def from_source(allocations: Iterable[Allocation], by: FundedBy, ref: str, currency: str) -> Money:
    """What one sale, loan or account gave to needs so far."""
    return exact_sum([o.amount for o in allocations if (o.by, o.ref, o.currency) == (by, ref, currency)])


def unspent(proceeds: Money, allocations: Iterable[Allocation], sale: str, currency: str) -> Money:
    """What is left of a sale's net proceeds to allocate; below zero where more was promised than it brought."""
    return exact_sum([proceeds, -from_source(allocations, FundedBy.SALE, sale, currency)])


@dataclass(frozen=True, slots=True)
class Overdrawn:
    """A sale that more was allocated from than it brought in."""

    sale: str
    currency: str
    over: Money


def overdrawn(allocations: Sequence[Allocation], proceeds: Mapping[str, tuple[Money, str]]) -> tuple[Overdrawn, ...]:
    """Sales whose allocations go beyond their net `proceeds` (amount and currency by sale); others are left out."""
    found = []
    for sale, (amount, currency) in sorted(proceeds.items()):
        left = unspent(amount, allocations, sale, currency)
        if left < 0:
            found.append(Overdrawn(sale, currency, Money(-left)))
    return tuple(found)
