"""Movements as entries of the books: each on its line, with its value in dollars or the mark that is missing for it.

What comes in counts at its fair value then, what is sold at its net proceeds, what else leaves at its fair value.
Values are rounded to the cent, one by one, so that a statement in cents adds up to the cent.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

from desk.treasury.movements import Movement, MovementKind
from desk.treasury.records import MiningDay
from desk.treasury.rollforward import Amount, Entry, LineKind
from desk.treasury.valuation import COIN, DOLLARS, Marks, mark_for, missing_mark
from desk.units import NOTHING, Money, Sats, notional

_CENT = Decimal("0.01")
_INSTANT = timedelta(microseconds=1)
"""What is taken over at midnight is worth what the day that ends there says."""
_LINES = {
    MovementKind.OPENING: LineKind.CUT_OVER,
    MovementKind.MINED: LineKind.MINED,
    MovementKind.RECEIVED: LineKind.RECEIVED,
    MovementKind.RETURNED: LineKind.RECEIVABLE,
    MovementKind.MOVED: LineKind.MOVED,
    MovementKind.FEE: LineKind.FEES,
    MovementKind.SOLD: LineKind.SOLD,
    MovementKind.PAID_OUT: LineKind.PAID_OUT,
}


@dataclass(frozen=True, slots=True)
class Value:
    """Dollars, or what is missing for them; `note` names the conversion that made them."""

    usd: Money | None
    missing: str = ""
    note: str = ""


def entries(movements: Iterable[Movement], marks: Marks, reused: Set[str] = frozenset()) -> tuple[Entry, ...]:
    """The movements as entries, in their order.

    `reused` are the places of pledged coins that their lender may use as his own: what is there is a receivable, so
    each movement there is followed by one that takes it off the holding, or puts it back (P9).
    """
    made: list[Entry] = []
    for one in movements:
        value = _value(one, marks)
        made.append(
            Entry(one.id, _LINES[one.kind], one.at, one.place, one.sats, value.usd, value.missing, value.note)
        )
        if one.place in reused:
            made.append(_derecognised(one, value, marks))
    return tuple(made)


def fair_amount(sats: Sats, day: date, marks: Marks) -> Amount:
    """A holding at the mark of that day, in cents; nothing is worth nothing without one."""
    if not sats:
        return Amount(sats, NOTHING)
    value = _at_mark(sats, day, marks)
    return Amount(sats, value.usd, value.missing)


def in_cents(amount: Decimal) -> Money:
    """Rounded to the cent, halves to even."""
    return Money(amount.quantize(_CENT, ROUND_HALF_EVEN))


def _value(one: Movement, marks: Marks) -> Value:
    """The movement's value with the sign of its coins."""
    match one.kind:
        case MovementKind.MOVED:
            return Value(NOTHING)
        case MovementKind.SOLD:
            return _negative(_net_proceeds(one, marks))
        case MovementKind.OPENING:
            return _at_mark(one.sats, (one.at - _INSTANT).astimezone(UTC).date(), marks)
    if one.unit_value is not None:
        return _in_dollars(notional(one.sats, one.unit_value), one.currency, one.day, marks)
    if one.amount is not None:
        stated = one.amount if one.sats > 0 else Money(-one.amount)
        return _in_dollars(stated, one.currency, one.day, marks)
    return Value(None, missing_mark(COIN, one.origin.day if isinstance(one.origin, MiningDay) else one.day))


def _net_proceeds(one: Movement, marks: Marks) -> Value:
    """Gross proceeds less the fee, each in its own currency; a fee in coins is a line of its own."""
    gross = one.amount
    if gross is None and one.unit_value is not None:
        gross = notional(-one.sats, one.unit_value)
    if gross is None:
        return Value(None, f"proceeds of {one.ref} missing")
    if one.fee_currency == one.currency:
        return _in_dollars(Money(gross - one.fee), one.currency, one.day, marks)
    value = _in_dollars(gross, one.currency, one.day, marks)
    if not one.fee or one.fee_currency == COIN:
        return value
    fee = _in_dollars(one.fee, one.fee_currency, one.day, marks)
    if value.usd is None or fee.usd is None:
        return Value(None, value.missing or fee.missing)
    notes = "; ".join(note for note in (value.note, fee.note) if note)
    return Value(Money(value.usd - fee.usd), "", notes)


def _derecognised(one: Movement, value: Value, marks: Marks) -> Entry:
    """The other side of a movement at a place whose coins are the lender's to use."""
    if one.kind is MovementKind.MOVED:
        value = _at_mark(one.sats, one.day, marks)
    back = _negative(value)
    note = "back from the lender" if one.sats < 0 else "the lender may re-use the coins: a receivable"
    ref = f"{one.id}/receivable"
    return Entry(ref, LineKind.RECEIVABLE, one.at, one.place, Sats(-one.sats), back.usd, back.missing, note)


def _at_mark(sats: Sats, day: date, marks: Marks) -> Value:
    rate = mark_for(marks, day)
    if rate is None:
        return Value(None, missing_mark(COIN, day))
    return Value(in_cents(notional(sats, rate.value)))


def _in_dollars(amount: Decimal, currency: str, day: date, marks: Marks) -> Value:
    """Another currency than dollars is converted with that day's mark, or not at all."""
    if currency == DOLLARS:
        return Value(in_cents(amount))
    rate = marks.dollars(currency, day)
    if rate is None:
        return Value(None, missing_mark(currency, day))
    return Value(in_cents(amount * rate.value), "", f"{currency}/{DOLLARS} {rate.value.normalize():f} of {day}")


def _negative(value: Value) -> Value:
    return Value(None if value.usd is None else Money(-value.usd), value.missing, value.note)
