"""The funding gap in one line: the next needs against cash and what working sales still bring.

A cautious estimate, not a forecast: cash counts only in the currency that is needed, sales only what they still have
to fill, at a price lowered by a haircut. Where an input is missing there is no estimate, and it says which.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, Decimal

from desk.treasury.capex import Need
from desk.treasury.records import CashBalance
from desk.units import Bps, Money, Price, Sats, exact_sum, notional, ratio, show_btc, show_millions

HORIZON = timedelta(weeks=13)
HAIRCUT = Bps(Decimal(1000))
"""How much lower than now the price is assumed when coins are sold."""
SALE_COST = Bps(Decimal(50))
"""Slippage and fees together."""
_FULL = Decimal(10_000)


@dataclass(frozen=True, slots=True)
class WorkingSale:
    """What an approved sale still brings in. What it has filled is in the venue's cash already."""

    id: str
    remaining: Sats
    closes: date
    quote: str


@dataclass(frozen=True, slots=True)
class Shortfall:
    """The first day cash would fall below the floor, and the deepest it falls below it within the horizon."""

    on: date
    first: Money
    because: Need
    gap: Money
    deepest_on: date


@dataclass(frozen=True, slots=True)
class Funding:
    """`gap` None: no estimate. Gap zero: all within the horizon is covered. `notes` say what was left out."""

    line: str
    gap: Money | None
    gap_on: date | None
    sats_to_close: Sats | None
    notes: tuple[str, ...] = ()


def sats_for(gap: Money, price: Price, haircut: Bps = HAIRCUT, cost: Bps = SALE_COST) -> Sats:
    """gap / (P(1 − haircut)(1 − s)), rounded up to the satoshi: what must be sold to bring in `gap`."""
    net = price * (1 - haircut / _FULL) * (1 - cost / _FULL)
    return Sats(int(ratio(gap, net).scaleb(8).to_integral_value(ROUND_CEILING)))


def proceeds(sats: Sats, price: Price, haircut: Bps = HAIRCUT, cost: Bps = SALE_COST) -> Money:
    """What selling `sats` is counted on to bring: the same caution as in `sats_for`."""
    return Money(notional(sats, price) * (1 - haircut / _FULL) * (1 - cost / _FULL))


def shortfall(
    cash: Decimal, income: Sequence[tuple[date, Decimal]], needs: Sequence[Need], floor: Decimal, today: date
) -> Shortfall | None:
    """Walk the needs by date; overdue ones count as due today. Income of a day is there before its needs."""
    balance, deepest, deepest_on, first = cash, Decimal(0), today, None
    arrived = sorted(income)
    for need in sorted(needs, key=lambda n: (max(n.due, today), n.ref)):
        due = max(need.due, today)
        while arrived and arrived[0][0] <= due:
            balance += arrived.pop(0)[1]
        balance -= need.amount
        short = floor - balance
        if short > 0 and first is None:
            first = (due, Money(short), need)
        if short > deepest:
            deepest, deepest_on = short, due
    return Shortfall(*first, Money(deepest), deepest_on) if first else None


def funding(
    needs: Sequence[Need],
    cash: Sequence[CashBalance],
    sales: Sequence[WorkingSale],
    price: Price | None,
    *,
    today: date,
    unpledged: Sats,
    currency: str = "USD",
    floor: Decimal = Decimal(0),
) -> Funding:
    """The gap within 13 weeks and the BTC that would close it, with one line that says so."""
    wanted = [n for n in needs if n.currency == currency and n.due <= today + HORIZON]
    counted = [c for c in cash if c.currency == currency]
    notes = _left_out(needs, cash, sales, currency)
    pending = [s for s in sales if s.remaining > 0 and s.quote == currency]
    missing = [
        words
        for words, is_missing in (
            ("no commitment on record", not needs),
            (f"no {currency} cash on record", bool(needs) and not counted),
            ("price", price is None and bool(pending)),
        )
        if is_missing
    ]
    if missing:
        return Funding(_no_estimate(missing), None, None, None, notes)
    income = [(sale.closes, proceeds(sale.remaining, price)) for sale in pending if price is not None]
    short = shortfall(exact_sum([c.amount for c in counted]), income, wanted, floor, today)
    if short is None:
        return Funding(_covered(wanted, counted, today), Money(Decimal(0)), None, Sats(0), notes)
    return _gap(short, price, unpledged, notes)


_CAUTION = f"a fall of {HAIRCUT / 100:.0f} % allowed for"


def _gap(short: Shortfall, price: Price | None, unpledged: Sats, notes: tuple[str, ...]) -> Funding:
    head = f"gap {show_millions(short.first)} on {day_text(short.on)}, {short.because.name}"
    if short.deepest_on != short.on:
        head += f"; {show_millions(short.gap)} by {day_text(short.deepest_on)}"
    if price is None:
        return Funding(f"{head} · no estimate of BTC: price missing", short.gap, short.on, None, notes)
    sats = sats_for(short.gap, price)
    tail = f"selling {show_btc(sats, 2)} BTC closes it, {_CAUTION}"
    if sats > unpledged:
        tail = f"{show_btc(sats, 2)} BTC would close it, only {show_btc(unpledged, 2)} are unpledged"
    return Funding(f"{head} · {tail}", short.gap, short.on, sats, notes)


def _covered(wanted: Sequence[Need], counted: Sequence[CashBalance], today: date) -> str:
    if not wanted:
        return "nothing is due within 13 weeks"
    total = show_millions(exact_sum([need.amount for need in wanted]))
    return f"no gap: {total} due by {day_text(max(*(n.due for n in wanted), today))} is covered"


def _no_estimate(missing: Sequence[str]) -> str:
    return "no estimate: " + ", ".join(m if m.startswith("no ") else f"{m} missing" for m in missing)


def _left_out(
    needs: Sequence[Need], cash: Sequence[CashBalance], sales: Sequence[WorkingSale], currency: str
) -> tuple[str, ...]:
    """What is not counted because it is another currency: named, never converted in silence."""
    notes = [
        f"{c.currency} {show_millions(c.amount).lstrip('$')} at {c.place} is not counted as {currency}"
        for c in cash
        if c.currency != currency and c.amount
    ]
    notes += [f"{n.name} is due in {n.currency} and not counted" for n in needs if n.currency != currency]
    notes += [f"sale {s.id} brings {s.quote} and is not counted" for s in sales if s.quote != currency]
    return tuple(notes)


def day_text(day: date) -> str:
    """A date for a glance: '12 Feb'."""
    return f"{day.day} {day:%b}"
