"""Cash that is there: in the bank, in stablecoins, at venues; and what came and went this week."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from decimal import ROUND_FLOOR, Decimal

from desk.treasury.cash_records import CashActual
from desk.treasury.forecast.gathering import Gathered, entry_of, is_after, money_text, repayment_of, signed
from desk.treasury.forecast.inputs import VenueCash
from desk.treasury.forecast.table import Line, OpeningLine, line_of
from desk.treasury.records import CashBalance
from desk.units import NOTHING, Money, exact_sum

_CENT = Decimal("0.01")


def cash(found: Gathered) -> None:
    """Money outside the venues. What lies in other currencies comes as an entry once it is dollars."""
    for balance in found.inputs.cash:
        amount = exact_sum([balance.amount, *_since(balance, found.inputs.actuals)])
        if balance.place in found.venues:
            found.notes.append(f"cash stated for {balance.place} is not counted: the venue itself says what it holds")
        elif balance.currency == found.rules.currency:
            found.opening.append(_opening(found, balance, amount, amount, "in the bank"))
        else:
            _other_money(found, balance, amount)
    if not found.knows_cash:
        found.is_missing(f"no {found.rules.currency} cash on record")


def _other_money(found: Gathered, balance: CashBalance, amount: Money) -> None:
    line = Line.FROM_STABLECOINS if balance.currency in found.stablecoins else Line.OTHER
    entry = entry_of(line, f"{balance.currency} at {balance.place}", f"cash {balance.place}", balance.is_illustrative)
    if amount < 0:
        found.goes(Money(-amount), balance.currency, found.today, entry)
        note = f"as of {balance.as_of.date()}"
    else:
        counted = found.comes(amount, balance.currency, found.today, entry)
        note = f"in the bank {counted.day}: {counted.how}" if counted else "not counted as dollars"
    found.opening.append(_opening(found, balance, amount, NOTHING, note))


def _since(balance: CashBalance, actuals: Iterable[CashActual]) -> list[Money]:
    """What came and went at the same place after the statement."""
    return [
        signed(actual)
        for actual in actuals
        if (actual.place, actual.currency) == (balance.place, balance.currency) and is_after(actual, balance.as_of)
    ]


def _opening(found: Gathered, balance: CashBalance, amount: Money, counted: Money, note: str) -> OpeningLine:
    age = max(timedelta(0), found.inputs.now - balance.as_of)
    is_stale = age > found.rules.stale_after
    seen = (balance.as_of, age, is_stale)
    return OpeningLine(balance.place, balance.currency, amount, counted, note, balance.is_illustrative, *seen)


def venue_cash(found: Gathered) -> None:
    """Proceeds at a venue take the way to the bank from now on; what is owed to a lender goes on to it.

    What fills brought since the venue was seen is there, too, and its coins are off the holdings already.
    """
    days, calendar = found.rules.settlement_days, found.rules.calendar
    owed = dict(found.inputs.owed)
    for cash in found.inputs.venue_cash:
        if cash.total <= 0:
            _owed_to_venue(found, cash)
            continue
        is_bank_money = cash.currency not in found.stablecoins
        line = Line.FROM_VENUES if is_bank_money else Line.FROM_STABLECOINS
        day = calendar.arrives(found.inputs.now, days) if is_bank_money else found.today
        entry = entry_of(line, f"{cash.currency} at {cash.venue}", f"venue {cash.venue}")
        counted = found.comes(cash.total, cash.currency, day, entry)
        note = f"in the bank {counted.day}" if counted else "not counted"
        found.opening.append(_at_venue(cash, note))
    is_there = any(cash.total > 0 and cash.currency == found.rules.currency for cash in found.inputs.venue_cash)
    arrival = calendar.arrives(found.inputs.now, days) if is_there else found.today
    for loan in found.inputs.loans:
        whole_cents = owed.get(loan.id, NOTHING).quantize(_CENT, ROUND_FLOOR)
        if whole_cents:
            entry = repayment_of(loan, "sales that were made for it")
            found.goes(Money(whole_cents), loan.currency, arrival, entry)


def _at_venue(cash: VenueCash, note: str) -> OpeningLine:
    said = "; ".join(filter(None, (note, since_words(cash.since, cash.currency))))
    seen = (cash.seen, cash.age, cash.is_stale)
    return OpeningLine(cash.venue, cash.currency, cash.total, NOTHING, said, False, *seen)


def since_words(since: Money, currency: str) -> str:
    """'of it USD 411,132 from fills since it was seen'; empty where there are none."""
    if not since:
        return ""
    money = money_text(Money(abs(since)), currency)
    return f"of it {money} from fills since it was seen" if since > 0 else f"less {money} of fees since it was seen"


def _owed_to_venue(found: Gathered, cash: VenueCash) -> None:
    """Fees taken in a currency that is not there: owed, until the venue says how it took them."""
    if cash.total < 0:
        entry = entry_of(Line.OTHER, f"{cash.currency} owed to {cash.venue}", f"venue {cash.venue}")
        found.goes(Money(-cash.total), cash.currency, found.today, entry)
        found.opening.append(_at_venue(cash, "owed"))


def actuals(found: Gathered) -> None:
    """What came and went this week, as far as the bank is concerned."""
    stated = {balance.place for balance in found.inputs.cash if balance.currency == found.rules.currency}
    for actual in found.inputs.actuals:
        is_bank_money = actual.currency == found.rules.currency and actual.place not in found.venues
        if not is_bank_money or actual.day < found.monday:
            continue
        if actual.place not in stated:
            found.notes.append(f"actual {actual.id} is at {actual.place}, where no cash is on record: not counted")
            continue
        name = actual.note or str(actual.kind)
        entry = entry_of(line_of(actual.kind), name, f"actual {actual.id}", actual.is_illustrative)
        found.entries.append(replace(entry, day=actual.day, amount=signed(actual), is_actual=True))
