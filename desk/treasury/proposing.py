"""What to sell for each need that takes cash below the floor: how much, by when, from where.

Each payment that deepens the gap makes a proposal of its own; those nobody could name as a sale's purpose (power,
payroll …) are gathered between them. A proposal sells nothing: it is staged and signed like any sale.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from desk.treasury.cash_rules import CashRules
from desk.treasury.forecast.table import Forecast, NeedRef, days_of
from desk.treasury.funding import proceeds, sats_for
from desk.units import NOTHING, ZERO, Money, Price, Sats, exact_sum, floor_to_step, notional, parse_btc, ratio

TIDY = parse_btc("0.01")
"""Proposals are rounded up to this, or to the venue's lot where that is coarser."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Coins:
    """Unpledged coins: what may be sold now by venue, what could be brought to one, and all there are (P10)."""

    sellable: Mapping[str, Sats]
    elsewhere: Sats
    total: Sats

    @property
    def available(self) -> Sats:
        return Sats(sum(self.sellable.values()) + self.elsewhere)


@dataclass(frozen=True, slots=True)
class SaleBounds:
    """What bounds a sale besides coins: the venue's lot, limits of a day, and how long coins travel.

    Proceeds are in the bank `settles_in` business days after the sale, times `factor` where they come in another
    currency than the plan's.
    """

    settles_in: int
    lot: Sats = TIDY
    max_day: Sats | None = None
    max_day_value: Money | None = None
    transfer: timedelta = timedelta(hours=6)
    factor: Decimal = Decimal(1)
    floor: Price | None = None
    """Below this price the desk's controls let nothing be sold."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """One sale that the plan asks for. `sats` can be sold; `wanted` is what the need asks for.

    `parts` says how much at which venue; `deposit` of it has to be brought to the first one by `deposit_by`. Proceeds
    are in the bank on `arrives`, which is after `needed_on` where `is_late`.
    """

    id: str
    need: NeedRef | None
    because: str
    needed_on: date
    amount: Money
    wanted: Sats
    sats: Sats
    parts: tuple[tuple[str, Sats], ...]
    deposit: Sats
    deposit_by: datetime
    start_by: datetime
    sell_by: datetime
    arrives: date
    proceeds: Money
    is_late: bool
    left: Sats
    """Unpledged coins left after this sale and those before it."""

    @property
    def purpose(self) -> str:
        """The words of `--for`."""
        return self.need.text if self.need else "general"


@dataclass(frozen=True, slots=True)
class _Step:
    """How much deeper below the floor one payment takes cash than anything before it."""

    day: date
    need: NeedRef | None
    because: str
    amount: Money


def _steps(forecast: Forecast) -> list[_Step]:
    """The gap, split among the payments that make it; their amounts add up to it.

    What comes on a day is there before what goes; what has no name as a purpose goes first, so that a named need is
    asked for only what it takes itself.
    """
    level, cash = forecast.floor.level, forecast.cash_now
    if level is None or cash is None:
        return []
    steps: list[_Step] = []
    worst = NOTHING
    for day, entries in days_of(forecast):
        cash = exact_sum([cash, *(entry.amount for entry in entries if entry.amount > 0)])
        out = sorted((one for one in entries if one.amount < 0), key=lambda one: (one.need is not None, one.source))
        for need, because, amount in (
            (None, "cash is below the floor already", NOTHING),
            *((entry.need, entry.name, entry.amount) for entry in out),
        ):
            cash = exact_sum([cash, amount])
            deeper = exact_sum([level, Money(-cash), Money(-worst)])
            if deeper > 0:
                steps.append(_Step(day, need, because, deeper))
                worst = exact_sum([worst, deeper])
    return _merged(steps)


def _merged(steps: Sequence[_Step]) -> list[_Step]:
    """Neighbours with the same purpose are one: they are needed when the first of them is."""
    merged: list[_Step] = []
    for step in steps:
        before = merged[-1] if merged else None
        if before is not None and before.need == step.need:
            because = before.because if step.need else f"{before.because.partition(' and what')[0]} and what follows"
            merged[-1] = replace(before, amount=exact_sum([before.amount, step.amount]), because=because)
        else:
            merged.append(step)
    return merged


def proposals(
    forecast: Forecast, price: Price, coins: Coins, rules: CashRules, bounds: SaleBounds, now: datetime
) -> tuple[Proposal, ...]:
    """One sale for each need of the gap, in the order of their days, never more than the coins there are."""
    made: list[Proposal] = []
    store = _Store(dict(coins.sellable), coins.elsewhere)
    net = Price(price * bounds.factor)
    for number, step in enumerate(_steps(forecast), start=1):
        wanted = sats_for(step.amount, net, rules.haircut, rules.sale_cost)
        made.append(_proposal(f"P-{number}", step, wanted, store, price, rules, bounds, now))
    return tuple(made)


def for_confidence(
    wanted: Sats,
    confidence: Decimal,
    price: Price,
    coins: Coins,
    rules: CashRules,
    bounds: SaleBounds,
    now: datetime,
) -> Proposal | None:
    """One sale of what simulated futures ask for, begun now and instead of the plan's own; None where they ask for
    nothing.

    It is late where a sale of its size takes longer than a day: the futures were asked about one made at once.
    """
    if wanted <= 0:
        return None
    soonest = rules.calendar.arrives(now + _DAY, bounds.settles_in)
    because = f"cash above the floor in {confidence:.0%} of the simulated futures"
    counted = proceeds(wanted, Price(price * bounds.factor), rules.haircut, rules.sale_cost)
    step = _Step(soonest, None, because, Money(counted.quantize(Decimal("0.01"), ROUND_FLOOR)))
    store = _Store(dict(coins.sellable), coins.elsewhere)
    return _proposal(f"P-{confidence * 100:.0f}", step, wanted, store, price, rules, bounds, now, is_at_once=True)


@dataclass(frozen=True, slots=True)
class Surer:
    """One sale instead of the plan's own proposals, for a confidence.

    Shares of futures in which cash breaks its floor: without any sale, and with this one alone, sold as it says.
    """

    proposal: Proposal
    confidence: Decimal
    breach: Decimal
    breach_with_it: Decimal | None


@dataclass(slots=True)
class _Store:
    """Coins that proposals take one after the other."""

    left: dict[str, Sats]
    elsewhere: Sats


def _proposal(
    id: str,
    step: _Step,
    wanted: Sats,
    store: _Store,
    price: Price,
    rules: CashRules,
    bounds: SaleBounds,
    now: datetime,
    *,
    is_at_once: bool = False,
) -> Proposal:
    """The sale that one step asks for, as late as it may be or `is_at_once`; its coins are taken out of the store."""
    grain = max(bounds.lot, TIDY)
    wanted = Sats(-(-wanted // grain) * grain)
    parts, deposit = _taken(wanted, store.left, store.elsewhere, bounds.lot)
    store.elsewhere = Sats(store.elsewhere - deposit)
    sats = Sats(sum(part for _, part in parts))
    ready = now + bounds.transfer if deposit else now
    work = _days_of_work(sats, price, bounds) * _DAY
    timing = _timing(None if is_at_once else step.day, work, rules, bounds, ready)
    return Proposal(
        id=id,
        need=step.need,
        because=step.because,
        needed_on=step.day,
        amount=step.amount,
        wanted=wanted,
        sats=sats,
        parts=parts,
        deposit=deposit,
        deposit_by=timing.deposit_by,
        start_by=timing.start_by,
        sell_by=timing.sell_by,
        arrives=timing.arrives,
        proceeds=_counted(sats, Price(price * bounds.factor), rules),
        is_late=timing.arrives > step.day,
        left=Sats(sum(store.left.values()) + store.elsewhere),
    )


def _taken(
    wanted: Sats, left: dict[str, Sats], elsewhere: Sats, lot: Sats
) -> tuple[tuple[tuple[str, Sats], ...], Sats]:
    """How much of `wanted` from which venue, the fullest first, and how much is brought to the first one.

    Takes it off `left`. Coins elsewhere are used last.
    """
    parts: dict[str, Sats] = {}
    order = sorted(left, key=lambda venue: (-left[venue], venue))
    for venue in order:
        part = floor_to_step(min(left[venue], wanted - sum(parts.values())), lot)
        if part > 0:
            parts[venue] = part
            left[venue] = Sats(left[venue] - part)
    missing = Sats(wanted - sum(parts.values()))
    deposit = floor_to_step(min(missing, elsewhere), lot) if order else ZERO
    if deposit > 0:
        first = next(iter(parts), order[0])
        parts[first] = Sats(parts.get(first, ZERO) + deposit)
    return tuple(parts.items()), deposit


@dataclass(frozen=True, slots=True)
class _Timing:
    deposit_by: datetime
    start_by: datetime
    sell_by: datetime
    arrives: date


def _timing(needed: date | None, work: timedelta, rules: CashRules, bounds: SaleBounds, ready: datetime) -> _Timing:
    """Backwards from the need: settlement, the days a sale of this size takes, and the way of the coins.

    Where nothing is said to be needed, as soon as can be.
    """
    at_once = ready + work
    sell_by = at_once if needed is None else max(rules.calendar.latest(needed, bounds.settles_in), at_once)
    start_by = sell_by - work
    arrives = rules.calendar.arrives(sell_by, bounds.settles_in)
    return _Timing(start_by - bounds.transfer, start_by, sell_by, arrives)


def _days_of_work(sats: Sats, price: Price, bounds: SaleBounds) -> int:
    """How many days the limits of a day make of it; at least one."""
    found = 1
    if bounds.max_day:
        found = max(found, -(-sats // bounds.max_day))
    if bounds.max_day_value:
        shares = ratio(notional(sats, price), bounds.max_day_value)
        found = max(found, int(shares.to_integral_value(ROUND_CEILING)))
    return found


def _counted(sats: Sats, price: Price, rules: CashRules) -> Money:
    """To the cent, downwards, as money from a sale under way is counted, too."""
    counted = proceeds(sats, price, rules.haircut, rules.sale_cost)
    return Money(counted.quantize(Decimal("0.01"), ROUND_FLOOR))
