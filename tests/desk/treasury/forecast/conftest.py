"""A desk with one bank account, as tests of the forecast build on it."""

from __future__ import annotations

from datetime import UTC, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from desk.treasury.bank_days import BankCalendar
from desk.treasury.cash_rules import CashRules, StablecoinRule
from desk.treasury.forecast.inputs import Inputs
from desk.treasury.records import CashBalance
from desk.units import Bps, Money, Price

NOW = datetime(2026, 2, 11, 14, 0, tzinfo=UTC)


@pytest.fixture
def rules() -> CashRules:
    """New York, T + 1, a floor of ten million, ten percent of caution, half a percent of cost."""
    calendar = BankCalendar(ZoneInfo("America/New_York"), time(16, 0))
    coins = {"USDT": StablecoinRule(2, Bps(Decimal(5)), Bps(Decimal(50)))}
    floor = Money(Decimal(10_000_000))
    return CashRules("USD", floor, 1, calendar, Bps(Decimal(1000)), Bps(Decimal(50)), coins)


@pytest.fixture
def inputs() -> Inputs:
    """Wednesday 11 February 2026: $20M in the bank as of that morning, BTC at 70,000."""
    bank = CashBalance("bank", "USD", Money(Decimal(20_000_000)), datetime(2026, 2, 11, tzinfo=UTC), "test")
    return Inputs(now=NOW, price=Price(Decimal(70_000)), cash=(bank,))
