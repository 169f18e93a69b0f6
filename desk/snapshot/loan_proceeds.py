"""What sales, block sales and money set aside bring to a loan that its lender's statement cannot know of yet.

Only what was made for this loan counts (`--for loan:ID`); a general sale pays no debt. Proceeds in another currency
count by a mark, which is named, and without one there is no estimate.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_FLOOR, Decimal

from desk.sale.records import Sale
from desk.sale.terms import PurposeKind
from desk.treasury.cash_records import Allocation, FundedBy
from desk.treasury.cash_rules import CashRules, Counted, NotCounted, expense, income
from desk.treasury.coin_records import BlockSale, Mark
from desk.treasury.forecast.gathering import begin_of
from desk.treasury.records import Loan
from desk.units import NOTHING, Bps, Money, Price, Sats, exact_sum, notional

_FULL = Decimal(10_000)
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Market:
    """The price of one BTC in `quote`, or None where there is no fresh one, and how money is converted."""

    price: Price | None
    quote: str
    rules: CashRules
    marks: Sequence[Mark]
    today: date
    last: Price | None = None
    """The newest price there is, fresh or not; good for nothing but saying what was true then (P8)."""

    def price_in(self, currency: str) -> Price | NotCounted:
        """One BTC in another currency."""
        if self.price is None:
            return NotCounted("price missing")
        if currency == self.quote:
            return self.price
        if currency != self.rules.currency:
            return NotCounted(f"price in {currency} missing")
        found = expense(self.price, self.quote, self.today, self.rules, self.marks, self.today)
        return found if isinstance(found, NotCounted) else Price(found.amount)

    def into(self, amount: Money, currency: str, wanted: str) -> Counted | NotCounted:
        """An amount as `wanted`, less what getting there costs."""
        if currency == wanted:
            return Counted(amount, self.today)
        if wanted != self.rules.currency:
            return NotCounted(f"mark {currency}/{wanted} of {self.today} missing")
        return income(amount, currency, self.today, self.rules, self.marks, self.today)

    def ahead(self, sats: Sats, currency: str) -> Money | NotCounted:
        """What selling coins for `currency` is expected to bring today: the price less slippage and fees."""
        price = self.price_in(currency)
        return price if isinstance(price, NotCounted) else net(sats, price, self.rules.sale_cost)


def net(sats: Sats, price: Price, cost: Bps) -> Money:
    """Proceeds at `price`, less slippage and fees, rounded down to the cent."""
    return Money((notional(sats, price) * (1 - cost / _FULL)).quantize(_CENT, ROUND_FLOOR))


@dataclass(frozen=True, slots=True)
class Repayment:
    """What a loan will be paid. `amount` None: no estimate, `missing` says why; `by` names where it comes from."""

    amount: Money | None
    by: tuple[str, ...] = ()
    how: tuple[str, ...] = ()
    missing: str = ""


def is_for(sale: Sale, loan: Loan) -> bool:
    """Whether the sale's signed terms give its proceeds to this loan."""
    return sale.terms.purpose.kind is PurposeKind.LOAN and sale.terms.purpose.ref == loan.id


@dataclass(frozen=True, slots=True)
class Earned:
    """What one sale brought for a loan; `is_aside` where it is an allocation on record, wherever the money lies."""

    sale: str
    amount: Money
    currency: str
    is_aside: bool


def earned_for(loan: Loan, sales: Iterable[Sale], allocations: Iterable[Allocation]) -> tuple[Earned, ...]:
    """What sales brought for the loan that its latest statement cannot know of yet.

    Of a sale that is over it is what was set aside for the loan, if anything was: allocations are all on record,
    while a picture lists only the newest finished sales. Of others it is their net proceeds so far.
    """
    ours = {sale.id: sale for sale in sales if is_for(sale, loan)}
    recent = {sale.id for sale in ours.values() if sale.updated_at > loan.as_of}
    found, shared = [], set()
    for one in allocations:
        is_ours = one.by is FundedBy.SALE and one.need == loan.id
        is_over = one.ref not in ours or ours[one.ref].state.is_final
        if is_ours and is_over and (one.ref in recent or begin_of(one.day) >= loan.as_of):
            shared.add(one.ref)
            found.append(Earned(one.ref, one.amount, one.currency, is_aside=True))
    for sale in ours.values():
        net = exact_sum([sale.proceeds, Money(-sale.fees)])
        if net and sale.id in recent and sale.id not in shared:
            found.append(Earned(sale.id, net, sale.terms.quote, is_aside=False))
    return tuple(found)


def repayment(
    loan: Loan,
    sales: Sequence[Sale],
    market: Market,
    blocks: Sequence[BlockSale] = (),
    allocations: Sequence[Allocation] = (),
) -> Repayment:
    """Everything on its way to the loan: sold since its statement, still to be sold, and set aside for it."""
    parts = [(one.sale, one.amount, one.currency) for one in earned_for(loan, sales, allocations)]
    for sale in (one for one in sales if is_for(one, loan)):
        ahead = Sats(0) if sale.state.is_final else Sats(max(0, sale.remaining))
        expected = market.ahead(ahead, sale.terms.quote) if ahead else NOTHING
        if isinstance(expected, NotCounted):
            return Repayment(None, missing=expected.why)
        if expected:
            parts.append((sale.id, expected, sale.terms.quote))
    parts += [
        (one.id, _of_block(one), one.currency)
        for one in blocks
        if one.purpose == f"loan:{loan.id}" and one.executed > loan.as_of
    ]
    parts += [
        (f"{one.by} {one.ref}", one.amount, one.currency)
        for one in allocations
        if one.need == loan.id and one.by is not FundedBy.SALE and begin_of(one.day) >= loan.as_of
    ]
    return _added_up(loan, parts, market)


def _of_block(block: BlockSale) -> Money:
    fee = block.fee if block.fee_currency == block.currency else NOTHING
    return exact_sum([notional(block.sats, block.price), -fee])


def _added_up(loan: Loan, parts: Sequence[tuple[str, Money, str]], market: Market) -> Repayment:
    amounts, how = [], []
    for _, amount, currency in parts:
        found = market.into(amount, currency, loan.currency)
        if isinstance(found, NotCounted):
            return Repayment(None, missing=found.why)
        amounts.append(found.amount)
        if found.how:
            how.append(f"{currency} counted at {found.how}")
    names = tuple(dict.fromkeys(name for name, _, _ in parts))
    return Repayment(exact_sum([*amounts]), names, tuple(dict.fromkeys(how)))
