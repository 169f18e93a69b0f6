"""The plan as numbers: days from today, prices without the plan's caution, calls that follow the debt."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from desk.treasury.bank_days import BankCalendar
from desk.treasury.cash_rules import CashRules
from desk.treasury.forecast.table import Driver, Entry, Floor, Forecast, Line, NeedKind, NeedRef, table
from desk.treasury.plan import loan_effects, plan
from desk.treasury.proposing import Coins, SaleBounds
from desk.treasury.records import LoanState
from desk.treasury.risk_inputs import Run, risk_inputs
from desk.units import Bps, Money, Price, Sats, parse_btc

NOW = datetime(2026, 2, 11, 14, tzinfo=UTC)
TODAY = NOW.date()
PRICE = Price(Decimal(70_000))
RULES = CashRules(
    "USD", None, 1, BankCalendar(ZoneInfo("America/New_York"), time(16)), Bps(Decimal(1000)), Bps(Decimal(50))
)
BOUNDS = SaleBounds(settles_in=1, factor=Decimal("0.999"))
RUN = Run(0.95, 1000, 3)


def usd(amount: int) -> Money:
    return Money(Decimal(amount))


def entry(line: Line, day: date, amount: int, **more: object) -> Entry:
    return Entry(line, day, usd(amount), str(line), "test", **more)


def made(*entries: Entry, cash: int = 20_000_000, missing: tuple[str, ...] = ()):
    weeks = table(usd(cash), entries, TODAY, 13)
    forecast = Forecast(TODAY, "USD", (), weeks, Floor(usd(10_000_000), "test"), missing, ())
    coins = Coins({"kraken": parse_btc("3000")}, Sats(0), parse_btc("7000"))
    return plan(forecast, PRICE, coins, RULES, BOUNDS, NOW)


def numbers(found, *loans):
    return risk_inputs(found, PRICE, loans, RULES, BOUNDS, NOW, RUN)


def test_days_count_from_today_to_the_last_sunday():
    found = numbers(made(entry(Line.POWER, date(2026, 2, 12), -6_300_000)))
    assert found.days == (date(2026, 5, 10) - TODAY).days + 1
    assert (found.cash, found.required, found.price) == (20e6, 10e6, 70_000)
    assert [(one.day, one.amount) for one in found.entries] == [(1, -6.3e6)]
    assert found.net == pytest.approx(0.995 * 0.999)
    assert (found.soonest.sold, found.soonest.arrives) == (1, 2)


def test_what_follows_the_price_is_freed_of_the_plans_haircut_and_what_happened_is_not_simulated():
    past = entry(Line.POWER, date(2026, 2, 9), -6_300_000, is_actual=True)
    sale = entry(Line.SALE, date(2026, 2, 16), 900_000, driver=Driver.PRICE)
    fixed = entry(Line.SALE, date(2026, 2, 17), 900_000)
    found = numbers(made(past, sale, fixed))
    assert [one.amount for one in found.entries] == [pytest.approx(1_000_000), 900_000]


def test_a_milestones_range_and_chance_go_along():
    late = entry(
        Line.CAPEX,
        date(2026, 3, 2),
        -41_000_000,
        earliest=date(2026, 2, 23),
        latest=date(2026, 3, 23),
        probability=Bps(Decimal(9500)),
    )
    (one,) = numbers(made(late)).entries
    assert (one.day, one.earliest, one.latest, one.probability) == (19, 12, 40, 0.95)
    assert not one.is_certain


def test_proposals_are_sold_and_paid_when_they_say():
    found = made(entry(Line.CAPEX, date(2026, 3, 2), -41_000_000))
    (sale,) = numbers(found).proposed
    assert sale.btc == pytest.approx(float(found.proposals[0].sats) / 1e8)
    assert (sale.sold, sale.arrives) == (16, 19)


def test_a_calls_price_follows_the_debt_until_it_is_repaid(loan):
    need = NeedRef(NeedKind.LOAN, loan.id)
    half = entry(Line.PRINCIPAL, TODAY + timedelta(days=5), -100_000_000, need=need)
    rest = entry(Line.PRINCIPAL, TODAY + timedelta(days=9), -100_000_000, need=need)
    (found,) = numbers(made(half, rest, cash=400_000_000), loan).loans
    assert (found.call_prices[0], found.call_prices[5], found.call_prices[9]) == (62_500, 31_250, 0)
    assert numbers(made(), replace(loan, state=LoanState.REPAID)).loans == ()


def test_interest_that_is_not_paid_raises_the_call(loan):
    bearing = replace(loan, annual_rate=Bps(Decimal(720)))
    (found,) = numbers(made(), bearing).loans
    assert found.call_prices[30] > found.call_prices[0] > 62_500


def test_a_plan_that_misses_something_is_not_simulated():
    assert numbers(made(missing=("price missing",))) == "price missing"


def test_only_a_proposal_for_a_loan_lowers_its_ltv(loan):
    need = NeedRef(NeedKind.LOAN, loan.id)
    due = entry(Line.PRINCIPAL, date(2026, 3, 2), -50_000_000, need=need)
    (found,) = loan_effects(made(due), [loan], PRICE)
    assert f"{found.now:.2f}" == "7142.86"  # 200 M on 4,000 BTC at 70,000
    assert found.after < found.now
    (other,) = loan_effects(made(entry(Line.CAPEX, date(2026, 3, 2), -50_000_000)), [loan], PRICE)
    assert other.after == other.now


def test_floors_and_what_may_come_from_beyond_the_weeks_go_along():
    at, day = Price(Decimal(60_000)), date(2026, 2, 16)
    sale = entry(Line.SALE, day, 900_000, driver=Driver.PRICE, sold_on=date(2026, 2, 13), floor=at)
    later = entry(Line.CAPEX, date(2026, 6, 1), -5_000_000, earliest=date(2026, 4, 1))
    plan = made(sale)
    known = replace(plan, forecast=replace(plan.forecast, beyond=(later,)))
    bounds = replace(BOUNDS, floor=Price(Decimal(50_000)))
    found = risk_inputs(known, PRICE, (), RULES, bounds, NOW, RUN)
    assert [(one.day, one.sold, one.floor, one.earliest) for one in found.entries] == [
        (5, 2, 60_000.0, None),
        (110, None, 0.0, 49),
    ]
    assert found.least_price == 50_000.0
