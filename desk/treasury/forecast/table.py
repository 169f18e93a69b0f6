"""Cash by week, by the direct method: what is there, what comes, what goes, and what is left.

Every entry has a day, a source and one line of the table; weeks are sums of entries, so every cell can be opened.
Past days of the current week are what came and went; coins count only once they are sold and settled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from desk.treasury.cash_records import FlowKind
from desk.treasury.forecast.overdue import Overdue
from desk.treasury.records import CERTAIN
from desk.units import NOTHING, Bps, Money, Price, exact_sum

WEEKS = 13
_WEEK = timedelta(weeks=1)


class Line(StrEnum):
    """The rows of the table: money in first, then money out."""

    SALE = "sale"
    AI_REVENUE = "ai-revenue"
    HOSTING_REVENUE = "hosting-revenue"
    LOAN_DRAW = "loan-draw"
    EQUITY = "equity"
    FROM_VENUES = "from-venues"
    FROM_STABLECOINS = "from-stablecoins"
    OTHER = "other"
    POWER = "power"
    HOSTING = "hosting"
    PAYROLL = "payroll"
    INTEREST = "interest"
    PRINCIPAL = "principal"
    TOP_UP = "top-up"
    CAPEX = "capex"
    TAX = "tax"


_ORDER = {line: place for place, line in enumerate(Line)}


def line_of(kind: FlowKind) -> Line:
    """The row in which a flow of this kind stands."""
    return Line(kind.value)


class NeedKind(StrEnum):
    """What a sale can be for, by name: the words of `--for`."""

    CAPEX = "capex"
    LOAN = "loan"


@dataclass(frozen=True, slots=True)
class NeedRef:
    """A milestone or a loan that a sale's proceeds can be meant for."""

    kind: NeedKind
    id: str

    @property
    def text(self) -> str:
        return f"{self.kind}:{self.id}"


class Driver(StrEnum):
    """What an entry's size follows in a simulation; the plan itself counts it as it stands."""

    NOTHING = "nothing"
    PRICE = "price"
    PRODUCTION = "production"
    UPTIME = "uptime"


@dataclass(frozen=True, slots=True)
class Entry:
    """Money in (above zero) or out on a day, in the plan's currency. `source` says which statement it follows from.

    `how` is how another currency was converted; `earliest`, `latest` and `probability` (basis points) are a
    milestone's, for the simulation: the plan counts the whole amount on its due day.
    """

    line: Line
    day: date
    amount: Money
    name: str
    source: str
    is_actual: bool = False
    need: NeedRef | None = None
    how: str = ""
    driver: Driver = Driver.NOTHING
    earliest: date | None = None
    latest: date | None = None
    probability: Bps = CERTAIN
    is_illustrative: bool = False
    overdue_since: date | None = None
    """The day it was due on, where that is over: it is due on `day` all the same."""
    sold_on: date | None = None
    floor: Price | None = None
    """Of money that a sale brings: the day it is over, and the price below which it sells nothing."""


@dataclass(frozen=True, slots=True)
class OpeningLine:
    """Money as it lies somewhere. `counted` is what of it is in the opening cash; the rest comes as an entry.

    `as_of` says when it was seen or stated, `age` how long ago that is; past its limit it `is_stale` (P8).
    """

    place: str
    currency: str
    amount: Money
    counted: Money
    note: str
    is_illustrative: bool = False
    as_of: datetime | None = None
    age: timedelta | None = None
    is_stale: bool = False


@dataclass(frozen=True, slots=True)
class Floor:
    """The least cash there has to be, and who asks for it. `level` None: nobody does."""

    level: Money | None
    source: str


@dataclass(frozen=True, slots=True)
class Week:
    """One week from Monday to Sunday. `minimum` is the least cash at the end of any of its days still to come."""

    number: int
    first: date
    opening: Money
    entries: tuple[Entry, ...]
    closing: Money
    minimum: Money
    minimum_on: date

    @property
    def last(self) -> date:
        return self.first + _WEEK - timedelta(days=1)

    def of(self, line: Line) -> Money:
        """One cell of the table."""
        return exact_sum([entry.amount for entry in self.entries if entry.line is line])

    @property
    def net(self) -> Money:
        return exact_sum([entry.amount for entry in self.entries])


@dataclass(frozen=True, slots=True)
class Forecast:
    """The table, what it rests on, and what is not in it. `missing` not empty: no gap can be told from it.

    `stale` says in words which of the opening cash is too old, or not known; `overdue` is what should have happened.
    """

    today: date
    currency: str
    opening: tuple[OpeningLine, ...]
    weeks: tuple[Week, ...]
    floor: Floor
    missing: tuple[str, ...]
    notes: tuple[str, ...]
    stale: str = ""
    overdue: tuple[Overdue, ...] = ()
    beyond: tuple[Entry, ...] = ()
    """Milestones due after the last week that may come within it: no part of the table, but of its simulation."""

    @property
    def entries(self) -> tuple[Entry, ...]:
        return tuple(entry for week in self.weeks for entry in week.entries)

    @property
    def minimum(self) -> Week | None:
        """The week in which cash is least, None where nothing is known of it."""
        return min(self.weeks, key=lambda week: week.minimum, default=None) if not self.missing else None

    @property
    def cash_now(self) -> Money | None:
        """Cash before what is still to come today."""
        if not self.weeks:
            return None
        first = self.weeks[0]
        return exact_sum([first.opening, *(entry.amount for entry in first.entries if entry.is_actual)])


@dataclass(frozen=True, slots=True)
class Shortfall:
    """How far cash falls below the floor: first, and most. `because` names the largest payment of the first day."""

    on: date
    first: Money
    because: str
    gap: Money
    deepest_on: date


def shortfall(forecast: Forecast) -> Shortfall | None:
    """The gap of a forecast that has a floor and misses nothing: floor − least cash, and None where there is none."""
    level, cash = forecast.floor.level, forecast.cash_now
    if level is None or cash is None or forecast.missing:
        return None
    first: tuple[date, Money, str] | None = None
    deepest, deepest_on = NOTHING, forecast.today
    for day, entries in days_of(forecast):
        cash = exact_sum([cash, *(entry.amount for entry in entries)])
        short = Money(level - cash)
        if short <= 0:
            continue
        if first is None:
            largest = min(entries, key=lambda entry: (entry.amount, entry.name), default=None)
            first = (day, short, largest.name if largest else "cash is below the floor already")
        if short > deepest:
            deepest, deepest_on = short, day
    return Shortfall(*first, deepest, deepest_on) if first else None


def days_of(forecast: Forecast) -> list[tuple[date, list[Entry]]]:
    """What is still to come, day by day; today is always among them, so that a desk short now is seen."""
    by_day: dict[date, list[Entry]] = {forecast.today: []}
    for entry in forecast.entries:
        if not entry.is_actual:
            by_day.setdefault(entry.day, []).append(entry)
    return sorted(by_day.items())


def table(cash_now: Money, entries: Sequence[Entry], today: date, weeks: int) -> tuple[Week, ...]:
    """Weeks that chain: each opens with what the one before closed with. Entries beyond the last are not in it.

    `cash_now` is cash after the actual entries and before the others.
    """
    monday = today - timedelta(days=today.weekday())
    done = exact_sum([entry.amount for entry in entries if entry.is_actual])
    opening = Money(exact_sum([cash_now, Money(-done)]))
    made = []
    for number in range(1, weeks + 1):
        first = monday + (number - 1) * _WEEK
        own = sorted(
            (entry for entry in entries if first <= entry.day < first + _WEEK),
            key=lambda entry: (entry.day, not entry.is_actual, _ORDER[entry.line], entry.source),
        )
        week = _week(number, first, opening, own, today)
        made.append(week)
        opening = week.closing
    return tuple(made)


def _week(number: int, first: date, opening: Money, entries: Sequence[Entry], today: date) -> Week:
    """The minimum looks at ends of days from today on; what was before cannot be changed any more."""
    cash = exact_sum([opening, *(entry.amount for entry in entries if entry.is_actual)])
    planned = [entry for entry in entries if not entry.is_actual]
    least, least_on = None, max(first, today)
    if all(entry.day != least_on for entry in planned):
        least = cash
    for day in sorted({entry.day for entry in planned}):
        cash = exact_sum([cash, *(entry.amount for entry in planned if entry.day == day)])
        if least is None or cash < least:
            least, least_on = cash, day
    return Week(number, first, opening, tuple(entries), cash, cash if least is None else least, least_on)
