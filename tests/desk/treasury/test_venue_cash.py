"""Money at a venue: proceeds, fees, deposits and withdrawals lead from one look to the next, or a break says not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from desk.treasury.cash_records import CashActual, Direction, FlowKind
from desk.treasury.coin_records import Explanation
from desk.treasury.looks import Look, SeenTrade
from desk.treasury.reconcile import KnownOrder, LedgerSide, reconcile
from desk.treasury.venue_cash import VenueCash, venue_cash
from desk.units import Money, Price, Sats, parse_btc

START = datetime(2026, 2, 7, 0, 5, tzinfo=UTC)
DAY = timedelta(days=1)


def trade(name: str = "T-1", *, fee: str = "1.5", fee_currency: str = "USD") -> SeenTrade:
    sats, price = parse_btc("0.1"), Price(Decimal(70000))
    cost = Money(Decimal(7000))
    return SeenTrade(name, "O-1", sats, price, cost, Money(Decimal(fee)), fee_currency, START + DAY / 2)


def look(days: int, *trades: SeenTrade, **money: str) -> Look:
    balances = {"BTC": Decimal(1), **{name: Decimal(amount) for name, amount in money.items()}}
    return Look("kraken", START + days * DAY, START, Sats(10**8), trades, balances)


def actual(day: int, amount: str, direction: Direction = Direction.OUT, currency: str = "USD") -> CashActual:
    on = datetime(2026, 2, day, tzinfo=UTC).date()
    return CashActual(
        f"a-{day}-{amount}", on, FlowKind.OTHER, direction, Money(Decimal(amount)), currency, "kraken", "s"
    )


def cash(*looks: Look, actuals: tuple[CashActual, ...] = ()) -> VenueCash:
    return venue_cash("kraken", looks, actuals, {"T-1": "USD"})


def test_proceeds_less_fees_lead_to_what_is_there():
    found = cash(look(0, USD="100"), look(1, trade(), USD="7098.50"))
    (way,) = found.ways
    assert (way.proceeds, way.fees, way.difference, found.breaks) == (Decimal(7000), Decimal("1.5"), 0, ())


def test_money_that_left_without_a_word_is_a_break_in_its_own_currency_with_an_age():
    found = cash(look(0, USD="100"), look(1, trade(), USD="7000"), look(2, trade(), USD="7000"))
    (one,) = found.breaks
    assert (one.id, one.sats, one.money, one.currency) == ("venue-kraken-USD-2026-02", 0, Decimal("98.50"), "USD")
    assert (one.since.isoformat(), one.age_days((START + 11 * DAY).date())) == ("2026-02-08", 10)
    assert one.is_open


def test_a_withdrawal_on_record_explains_it_whichever_hour_of_its_day_it_went():
    seen = (look(0, USD="100"), look(1, USD="60"), look(2, USD="60"))
    assert cash(*seen, actuals=(actual(7, "40"),)).breaks == ()
    assert cash(*seen, actuals=(actual(8, "40"),)).breaks == (), "before the look of the 8th"
    assert cash(look(0, USD="100"), look(1, USD="100"), look(2, USD="60"), actuals=(actual(8, "40"),)).breaks == ()
    assert cash(*seen, actuals=(actual(10, "40"),)).breaks != (), "seen gone before it went"
    assert cash(look(0, USD="60"), look(1, USD="60"), actuals=(actual(7, "40"),)).breaks == (), (
        "before the first look"
    )


def test_a_stablecoin_is_held_against_itself():
    deposit = actual(8, "500", Direction.IN, "USDT")
    found = cash(look(0, USD="100", USDT="0"), look(1, USD="600", USDT="0"), actuals=(deposit,))
    assert {one.currency: one.money for one in found.breaks} == {"USD": Decimal(-500)}, "the USDT may still come"
    found = cash(look(0, USD="100", USDT="0"), look(2, USD="600", USDT="0"), actuals=(deposit,))
    assert {one.currency: one.money for one in found.breaks} == {"USD": Decimal(-500), "USDT": Decimal(500)}


def test_a_currency_is_compared_from_the_first_look_that_tells_it():
    found = cash(look(0), look(1, trade(), USD="50"), look(2, trade(), USD="50"))
    assert [(way.opening, way.difference) for way in found.ways] == [(Decimal(50), 0)]


@pytest.mark.parametrize(("seen", "count"), [("7098.4999", 0), ("7098.48", 1)])
def test_a_venue_may_round_a_trade_but_not_by_a_cent(seen, count):
    assert len(cash(look(0, USD="100"), look(1, trade(), USD=seen)).breaks) == count


def test_a_trade_whose_currency_nobody_tells_leaves_no_comparison():
    found = venue_cash("kraken", [look(0, USD="1"), look(1, trade(fee_currency="BTC", fee="0"), USD="1")], (), {})
    assert found.ways == ()
    assert found.missing == ("money at kraken: the currency of trade T-1 is missing",)


def test_what_it_was_sold_for_is_what_the_sale_says_and_a_line_about_the_break_settles_it():
    looks = [look(0, USDT="0"), look(1, trade(fee_currency="USDT"), USDT="7000")]
    orders = {("kraken", "O-1"): KnownOrder("c1", "S-1", True)}
    (ways,) = reconcile(looks, LedgerSide([], orders, [], quotes={"S-1": "USDT"}))
    (one,) = ways.cash.breaks
    assert (one.money, one.currency) == (Decimal("-1.5"), "USDT")
    line = Explanation("E-1", "2026-02", Sats(0), "fee rebate", "olga", about=one.id)
    (ways,) = reconcile(looks, LedgerSide([], orders, [], [line], quotes={"S-1": "USDT"}))
    assert not ways.cash.breaks[0].is_open
    assert replace(ways.cash.breaks[0], explained=()).is_open
