"""Proceeds of coins that are sold, or being sold, and not in the bank yet. Mined coins are not cash until sold."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from desk.treasury.coin_records import BlockSale
from desk.treasury.forecast.gathering import Gathered, entry_of, repayment_of
from desk.treasury.forecast.inputs import PendingSale
from desk.treasury.forecast.overdue import Overdue, Treatment
from desk.treasury.forecast.table import Driver, Entry, Line, NeedKind, NeedRef
from desk.treasury.funding import proceeds
from desk.treasury.records import Loan
from desk.units import NOTHING, Money, exact_sum, notional


def sale(found: Gathered, pending: PendingSale) -> None:
    """What an approved sale still brings, cautiously: the price lowered by the haircut, slippage and fees off."""
    if pending.remaining <= 0:
        return
    if found.inputs.price is None:
        found.is_missing("price missing")
        return
    rules = found.rules
    amount = proceeds(pending.remaining, found.inputs.price, rules.haircut, rules.sale_cost)
    closes = max(pending.closes, found.inputs.now)
    entry = replace(
        entry_of(Line.SALE, f"sale {pending.id}", f"sale {pending.id}"),
        driver=Driver.PRICE,
        sold_on=closes.date(),
        floor=pending.floor,
    )
    _settled(found, amount, pending.quote, _day(found, closes, pending.quote), entry, pending.loan)


def block_sale(found: Gathered, block: BlockSale) -> None:
    """A block sale that was made, at its own price, where no statement of cash can know its proceeds yet.

    What should have been paid since that statement is overdue like any other income: said, and not counted.
    """
    day = block.settles or _day(found, block.executed, block.currency)
    is_there = any(actual.flow == block.id for actual in found.inputs.actuals)
    if is_there or (day < found.today and not found.is_since_statement(day)):
        return
    amount = notional(block.sats, block.price)
    if block.fee_currency == block.currency:
        amount = exact_sum([amount, Money(-block.fee)])
    entry = entry_of(Line.SALE, f"block sale {block.id}", f"block sale {block.id}", block.is_illustrative)
    if day < found.today:
        due = (entry.name, entry.source, block.currency, amount, day, day, 1)
        found.overdue.append(Overdue(*due, Treatment.NOT_COUNTED))
        return
    kind, _, ref = block.purpose.partition(":")
    _settled(found, amount, block.currency, day, entry, ref if kind == NeedKind.LOAN else None)


def _day(found: Gathered, sold: datetime, currency: str) -> date:
    """When proceeds are there: at once where they are a stablecoin, whose way to the bank begins then."""
    if currency in found.stablecoins:
        return sold.date()
    return found.rules.calendar.arrives(sold, found.rules.settlement_days)


def _settled(found: Gathered, amount: Money, currency: str, day: date, entry: Entry, loan_id: str | None) -> None:
    """Proceeds come; those of a sale for a loan go to its lender on the day they come, as far as it is owed them."""
    counted = found.comes(amount, currency, day, entry)
    loan = next((one for one in found.inputs.loans if one.id == loan_id), None)
    if counted is None or loan is None or loan.currency != found.rules.currency:
        return
    owed = exact_sum([loan.debt, loan.accrued_interest, *(-paid for paid in repaid(found, loan))])
    given = min(counted.amount, max(NOTHING, owed))
    paid = replace(repayment_of(loan, entry.source), driver=entry.driver, sold_on=entry.sold_on, floor=entry.floor)
    found.goes(given, loan.currency, counted.day, paid)


def repaid(found: Gathered, loan: Loan) -> list[Money]:
    """What the plan already gives back to this lender out of sales."""
    return [
        Money(-entry.amount)
        for entry in found.entries
        if entry.line is Line.PRINCIPAL and entry.need == NeedRef(NeedKind.LOAN, loan.id)
    ]
