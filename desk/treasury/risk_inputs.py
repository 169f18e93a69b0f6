"""A plan as the numbers that a simulation runs on: days from today, floats, prices without the plan's caution.

What goes in and what comes out stand here, apart from the simulation: it needs numpy, which takes a while to import.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from desk.treasury import loans as loan_math
from desk.treasury.cash_rules import CashRules
from desk.treasury.forecast.table import Driver, Entry, Forecast, Line, NeedKind, NeedRef
from desk.treasury.plan import Plan
from desk.treasury.proposing import Proposal, SaleBounds
from desk.treasury.records import Loan, LoanState
from desk.units import NOTHING, Money, Price, btc

_FULL = 10_000
_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class RiskEntry:
    """Money on a day (days from today). What follows the price is stated at today's price, without the haircut.

    A milestone comes between `earliest` and `latest` around `day`, with `probability`. A sale brings the price of the
    day it is `sold` on, and nothing where that is below its `floor`.
    """

    day: int
    amount: float
    driver: Driver = Driver.NOTHING
    earliest: int | None = None
    latest: int | None = None
    probability: float = 1.0
    sold: int | None = None
    floor: float = 0.0

    @property
    def is_certain(self) -> bool:
        is_fixed = self.earliest in (None, self.day) and self.latest in (None, self.day)
        return is_fixed and self.probability >= 1 and self.driver is Driver.NOTHING


@dataclass(frozen=True, slots=True)
class AtStake:
    """From `day` on the call price is higher by `by` where the price of the day `sold` is below `floor`."""

    day: int
    by: float
    sold: int
    floor: float


@dataclass(frozen=True, slots=True)
class RiskLoan:
    """A loan is called where the price falls to `call_prices` (one a day); 0 where nothing is owed any more.

    They count on what sales are to repay; `at_stake` says what of it does not come where a sale stops at its floor.
    """

    id: str
    call_prices: tuple[float, ...]
    at_stake: tuple[AtStake, ...] = ()


@dataclass(frozen=True, slots=True)
class RiskSale:
    """Coins sold at the price of `sold` (days from today), in the bank on `arrives`."""

    btc: float
    sold: int
    arrives: int


@dataclass(frozen=True, slots=True)
class RiskInputs:
    """The plan as numbers. `days` from today on are simulated; `net` is what of a price is left after all costs;
    `required` is the floor of cash, if there is one; `soonest` is a sale of one BTC made as early as can be;
    `proposed` are the plan's own proposals; below `least_price` none of them sells anything."""

    days: int
    cash: float
    required: float | None
    price: float
    net: float
    entries: tuple[RiskEntry, ...]
    loans: tuple[RiskLoan, ...]
    soonest: RiskSale
    proposed: tuple[RiskSale, ...]
    confidence: float
    paths: int
    seed: int
    least_price: float = 0.0


@dataclass(frozen=True, slots=True)
class AtRisk:
    """Least cash over the horizon that 5 % and half of the futures stay below; shares of futures; and how many BTC
    sold now keep cash above the floor with the confidence wanted (None: no sale does, it would come too late).

    Without a floor there is no breach and nothing to sell for it: those are None.
    """

    paths: int
    seed: int
    p5: float
    p50: float
    breach: float | None
    breach_with_proposals: float | None
    calls: tuple[tuple[str, float], ...]
    btc_for_confidence: float | None
    confidence: float
    too_late: float | None
    """Share of futures in which cash is short before a sale made now could pay."""
    assumptions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """How a simulation is run: the share of futures that have to end well, how many there are, and the seed."""

    confidence: float
    paths: int
    seed: int


def risk_inputs(
    plan: Plan, price: Price, loans: Iterable[Loan], rules: CashRules, bounds: SaleBounds, now: datetime, run: Run
) -> RiskInputs | str:
    """The numbers, or what is missing for them."""
    forecast, cash = plan.forecast, plan.forecast.cash_now
    if forecast.missing or cash is None:
        return ", ".join(forecast.missing) or "no cash on record"
    today, days = forecast.today, (forecast.weeks[-1].last - forecast.today).days + 1
    soonest = rules.calendar.arrives(now + _A_DAY, bounds.settles_in)
    return RiskInputs(
        days=days,
        cash=float(cash),
        required=None if forecast.floor.level is None else float(forecast.floor.level),
        price=float(price),
        net=float(1 - rules.sale_cost / _FULL) * float(bounds.factor),
        entries=tuple(
            _entry(one, today, rules) for one in (*forecast.entries, *forecast.beyond) if not one.is_actual
        ),
        loans=tuple(_loan(one, forecast, days) for one in loans if one.state is LoanState.OPEN and one.pledged),
        soonest=RiskSale(1.0, 1, (soonest - today).days),
        proposed=tuple(risk_sale(one, today) for one in plan.proposals),
        confidence=run.confidence,
        paths=run.paths,
        seed=run.seed,
        least_price=float(bounds.floor or 0),
    )


def risk_sale(one: Proposal, today: date) -> RiskSale:
    """A proposal sold as it says."""
    return RiskSale(float(btc(one.sats)), (one.sell_by.date() - today).days, (one.arrives - today).days)


def _entry(entry: Entry, today: date, rules: CashRules) -> RiskEntry:
    """What follows the price stands in the plan lowered by the haircut; here the price itself may fall."""
    amount = float(entry.amount)
    if entry.driver is Driver.PRICE:
        amount /= float(1 - rules.haircut / _FULL)
    return RiskEntry(
        day=(entry.day - today).days,
        amount=amount,
        driver=entry.driver,
        earliest=None if entry.earliest is None else (entry.earliest - today).days,
        latest=None if entry.latest is None else (entry.latest - today).days,
        probability=float(entry.probability) / _FULL,
        sold=None if entry.sold_on is None else max(0, (entry.sold_on - today).days),
        floor=float(entry.floor or 0),
    )


def _loan(loan: Loan, forecast: Forecast, days: int) -> RiskLoan:
    """The price of a call on each day: the debt with its interest, less what the plan pays the lender until then."""
    need = NeedRef(NeedKind.LOAN, loan.id)
    paid = [
        (entry.day, -entry.amount)
        for entry in forecast.entries
        if not entry.is_actual
        and (entry.need == need or (entry.line is Line.INTEREST and entry.source == f"loan {loan.id}"))
    ]
    prices = []
    for number in range(days):
        day = forecast.today + number * _A_DAY
        owed = loan_math.debt(loan, day) - sum(amount for due, amount in paid if due <= day)
        level = loan_math.price_at_ltv(max(NOTHING, owed), loan.pledged, loan.call_ltv)
        prices.append(float(level))
    return RiskLoan(loan.id, tuple(prices), tuple(_at_stake(loan, forecast, need)))


def _at_stake(loan: Loan, forecast: Forecast, need: NeedRef) -> Iterator[AtStake]:
    """Repayments out of sales that have a floor."""
    for entry in forecast.entries:
        if entry.need == need and entry.sold_on is not None and entry.floor:
            by = loan_math.price_at_ltv(Money(-entry.amount), loan.pledged, loan.call_ltv)
            day, sold = ((one - forecast.today).days for one in (entry.day, entry.sold_on))
            yield AtStake(day, float(by), max(0, sold), float(entry.floor))
