"""Entries of a forecast while they are gathered: what counts, what is missing, and what is left out and said."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta

from desk.treasury.cash_records import CashActual, Direction
from desk.treasury.cash_rules import CashRules, Counted, expense, income
from desk.treasury.currencies import STABLECOINS
from desk.treasury.forecast.inputs import Inputs
from desk.treasury.forecast.overdue import Overdue, Treatment
from desk.treasury.forecast.table import Entry, Line, NeedKind, NeedRef, OpeningLine
from desk.treasury.records import Loan
from desk.units import NOTHING, Money, show_money


@dataclass(slots=True)
class Gathered:
    """Entries as they are found; `missing` is what the plan cannot do without, `notes` what it goes on without."""

    inputs: Inputs
    rules: CashRules
    until: date
    entries: list[Entry] = field(default_factory=list)
    opening: list[OpeningLine] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    overdue: list[Overdue] = field(default_factory=list)
    beyond: list[Entry] = field(default_factory=list)

    @property
    def today(self) -> date:
        return self.inputs.today

    @property
    def monday(self) -> date:
        """The first day of the first week."""
        return self.today - timedelta(days=self.today.weekday())

    @property
    def stablecoins(self) -> frozenset[str]:
        return frozenset(STABLECOINS | set(self.rules.stablecoins))

    @property
    def venues(self) -> frozenset[str]:
        """Venues that say themselves what money they hold."""
        return frozenset(cash.venue for cash in self.inputs.venue_cash)

    @property
    def knows_cash(self) -> bool:
        """Whether any money in the bank is on record, be it nothing."""
        stated = self.inputs.cash
        return any(cash.currency == self.rules.currency and cash.place not in self.venues for cash in stated)

    def is_since_statement(self, day: date) -> bool:
        """Whether the newest statement of cash in the bank cannot know what happened on `day`."""
        stated = [cash.as_of for cash in self.inputs.cash if cash.currency == self.rules.currency]
        return bool(stated) and begin_of(day) >= max(stated)

    def is_missing(self, what: str) -> None:
        """Notes once that there is no estimate without it."""
        if what not in self.missing:
            self.missing.append(what)

    def comes(self, amount: Money, currency: str, on: date, entry: Entry) -> Counted | None:
        """Money in; what cannot be counted is left out and said, which errs on the side of a gap."""
        if not amount:
            return None
        found = income(amount, currency, max(on, self.today), self.rules, self.inputs.marks, self.today)
        if not isinstance(found, Counted):
            self.notes.append(f"{entry.name}, {money_text(amount, currency)}, is not counted: {found.why}")
            return None
        self._add(entry, found.amount, found)
        return found

    def goes(self, amount: Money, currency: str, on: date, entry: Entry) -> None:
        """Money out; what cannot be counted leaves no estimate, since the gap would look smaller than it is.

        What was due before today is due today, and named as overdue.
        """
        if not amount:
            return
        if on < self.today:
            entry = replace(entry, overdue_since=on)
            owed = (entry.name, entry.source, currency, Money(-amount), on, on, 1)
            self.overdue.append(Overdue(*owed, Treatment.DUE_NOW))
        found = expense(amount, currency, max(on, self.today), self.rules, self.inputs.marks, self.today)
        if not isinstance(found, Counted):
            self.is_missing(f"{found.why}, for {entry.name}")
            return
        self._add(entry, Money(-found.amount), found)

    def may_go(self, amount: Money, currency: str, on: date, entry: Entry) -> None:
        """Money out that is due after the last week and may come before its end: for the simulation only."""
        found = expense(amount, currency, on, self.rules, self.inputs.marks, self.today)
        if isinstance(found, Counted):
            self.beyond.append(replace(entry, amount=Money(-found.amount), day=on, how=found.how))
        else:
            self.notes.append(f"{entry.name}, {money_text(amount, currency)} on {on}, is not simulated: {found.why}")

    def _add(self, entry: Entry, amount: Money, found: Counted) -> None:
        if found.day <= self.until:
            self.entries.append(replace(entry, amount=amount, day=found.day, how=found.how))


def entry_of(line: Line, name: str, source: str, is_illustrative: bool = False) -> Entry:
    """An entry whose day and amount are still to be found."""
    return Entry(line, date.min, NOTHING, name, source, is_illustrative=is_illustrative)


def repayment_of(loan: Loan, source: str) -> Entry:
    """What sales that were made for a loan bring its lender."""
    name = f"repayment of {loan.lender} from sales"
    return replace(entry_of(Line.PRINCIPAL, name, source, loan.is_illustrative), need=NeedRef(NeedKind.LOAN, loan.id))


def signed(actual: CashActual) -> Money:
    """Above zero what came, below what went."""
    return actual.amount if actual.direction is Direction.IN else Money(-actual.amount)


def is_after(actual: CashActual, statement: datetime) -> bool:
    """Whether a statement cannot know of it: it knows the days that began before it was made."""
    return begin_of(actual.day) >= statement


def begin_of(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def money_text(amount: Money, currency: str) -> str:
    return f"{currency} {show_money(amount, 0)}"
