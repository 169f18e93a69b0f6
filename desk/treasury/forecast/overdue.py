"""Money whose day is over, and no actual says that it came or went: named with its days, whatever is made of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from desk.units import Money, show_money


class Treatment(StrEnum):
    """What the plan makes of it."""

    DUE_NOW = "counted as due today"
    NOT_COUNTED = "not counted until an actual says that it came"
    IN_BALANCE = "not counted: if it came or went, the newer balance knows of it"


@dataclass(frozen=True, slots=True)
class Overdue:
    """One payment, or the days of one flow: `amount` is all of them together, below zero what was to go."""

    name: str
    source: str
    currency: str
    amount: Money
    due: date
    last: date
    count: int
    treatment: Treatment

    @property
    def is_counted(self) -> bool:
        return self.treatment is Treatment.DUE_NOW

    @property
    def text(self) -> str:
        """'AI revenue, USD 400,000 to come on 2026-02-09: not counted until an actual says that it came'."""
        money = f"{self.currency} {show_money(abs(self.amount), 0)}"
        way = "to come" if self.amount > 0 else "to go"
        when = f"on {self.due}" if self.count == 1 else f"on {self.count} days from {self.due} to {self.last}"
        return f"{self.name}, {money} {way} {when}: {self.treatment}"
