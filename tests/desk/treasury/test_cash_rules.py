"""A stablecoin is not a dollar: it counts once it went through its off-ramp, at a mark on record, on its peg."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from desk.treasury.bank_days import BankCalendar
from desk.treasury.cash_rules import CashRules, Counted, NotCounted, StablecoinRule, expense, income, way_to_bank
from desk.treasury.coin_records import Mark
from desk.units import Bps, Money, Price

SATURDAY = date(2026, 2, 7)


def bps(value: str) -> Bps:
    return Bps(Decimal(value))


def mark(price: str, day: date = SATURDAY, pair: str = "USDT/USD") -> Mark:
    at = datetime.combine(day, time(), UTC)
    return Mark(day, pair, Price(Decimal(price)), at, "test marks", "test")


@pytest.fixture
def rules() -> CashRules:
    calendar = BankCalendar(ZoneInfo("America/New_York"), time(16, 0))
    coins = {"USDT": StablecoinRule(2, bps("5"), bps("50"))}
    return CashRules("USD", Money(Decimal(10_000_000)), 1, calendar, bps("1000"), bps("50"), coins)


def test_dollars_are_dollars_at_once(rules):
    assert income(Decimal("12.345"), "USD", SATURDAY, rules, (), SATURDAY) == Counted(Decimal("12.34"), SATURDAY)
    assert expense(Decimal("12.341"), "USD", SATURDAY, rules, (), SATURDAY) == Counted(Decimal("12.35"), SATURDAY)


def test_a_stablecoin_comes_after_its_off_ramp_at_its_mark_less_the_cost(rules):
    found = income(Decimal(31_000_000), "USDT", SATURDAY, rules, [mark("0.9998")], SATURDAY)
    assert isinstance(found, Counted)
    assert found.amount == Decimal("30978303.10")  # 31,000,000 × 0.9998 × 0.9995
    assert found.day == date(2026, 2, 11)  # Saturday counts as Monday, then two business days
    assert found.how == "USDT/USD 0.9998 of 2026-02-07 (test marks); off-ramp 2 business days, 5 bps"


def test_without_a_mark_a_stablecoin_is_not_counted_and_the_missing_mark_is_named(rules):
    nothing = NotCounted("mark USDT/USD of 2026-02-07 missing")
    assert income(Decimal(1), "USDT", SATURDAY, rules, (), SATURDAY) == nothing
    old = mark("1.0000", date(2026, 2, 5))
    assert income(Decimal(1), "USDT", SATURDAY, rules, [old], SATURDAY) == nothing
    tomorrow = mark("1.0000", date(2026, 2, 8))
    assert income(Decimal(1), "USDT", SATURDAY, rules, [tomorrow], SATURDAY) == nothing


def test_a_stablecoin_off_its_peg_is_not_counted_as_dollars_but_still_has_to_be_paid(rules):
    broken = [mark("0.9890")]
    found = income(Decimal(1), "USDT", SATURDAY, rules, broken, SATURDAY)
    assert found == NotCounted("USDT at 0.9890 is 110 bps off its peg, beyond 50")
    paid = expense(Decimal(100), "USDT", SATURDAY, rules, broken, SATURDAY)
    assert isinstance(paid, Counted)
    assert paid.amount == Decimal("98.90")
    assert isinstance(income(Decimal(1), "USDT", SATURDAY, rules, [mark("1.0050")], SATURDAY), Counted)


def test_a_stablecoin_without_a_rule_says_which_key_is_missing(rules):
    found = income(Decimal(1), "USDC", SATURDAY, rules, [mark("1", pair="USDC/USD")], SATURDAY)
    assert found == NotCounted("USDC is no bank's money; [treasury.stablecoins.USDC] says how it becomes it")


def test_the_money_of_another_bank_converts_at_a_mark_of_the_last_days(rules):
    friday = mark("1.1842", date(2026, 2, 6), "EUR/USD")
    assert way_to_bank("EUR", rules, [friday], SATURDAY).factor == Decimal("1.1842")
    assert way_to_bank("EUR", rules, [friday], date(2026, 2, 11)) == NotCounted("mark EUR/USD of 2026-02-11 missing")
