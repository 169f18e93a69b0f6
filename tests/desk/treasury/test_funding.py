"""What selling brings, and the one sentence about the gap."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from desk.treasury import funding as fund
from desk.treasury.forecast.table import Entry, Floor, Forecast, Line, shortfall, table
from desk.units import Bps, Money, Price, Sats, parse_btc

TODAY = date(2026, 2, 7)
TENTH = Bps(Decimal(1000))


def usd(amount: int) -> Money:
    return Money(Decimal(amount))


def forecast(*needs: tuple[date, int], cash: int, floor: int | None = 0, missing: tuple[str, ...] = ()) -> Forecast:
    entries = [
        Entry(Line.CAPEX, day, usd(-amount), "Georgia phase 1 deposit", f"milestone {day}") for day, amount in needs
    ]
    level = Floor(None, "treasury.cash_floor missing") if floor is None else Floor(usd(floor), "test")
    return Forecast(TODAY, "USD", (), table(usd(cash), entries, TODAY, 13), level, missing, ())


def line(found: Forecast, sats: str | None = "96.15", free: str = "3000", missing: str = "") -> str:
    amount = None if sats is None else parse_btc(sats)
    closing = fund.closing_words(amount, parse_btc(free), TENTH, missing)
    return fund.gap_line(found, shortfall(found), closing)


def test_the_gap_is_named_in_one_line_with_its_day_and_what_closes_it():
    found = forecast((date(2026, 3, 2), 18_300_000), cash=12_400_000)
    closes = "selling 96.15 BTC closes it, a fall of 10 % allowed for"
    assert line(found) == f"gap $5.9 M on 2 Mar, Georgia phase 1 deposit · {closes}"


def test_the_first_short_day_is_named_and_the_deepest_shortfall_is_what_is_asked_for():
    found = forecast((date(2026, 3, 2), 12_000_000), (date(2026, 4, 2), 20_000_000), cash=10_000_000)
    assert line(found).startswith("gap $2.0 M on 2 Mar, Georgia phase 1 deposit; $22.0 M by 2 Apr · ")


def test_more_than_is_free_is_never_offered_as_a_way_out():
    found = forecast((date(2026, 3, 2), 18_300_000), cash=12_400_000)
    assert line(found, free="10").endswith("96.15 BTC would close it, only 10.00 are free")


def test_without_a_gap_the_least_cash_is_named():
    found = forecast((date(2026, 3, 2), 2_000_000), cash=12_400_000, floor=10_000_000)
    assert line(found) == "no gap: cash stays above $10.0 M, least $10.4 M on 2 Mar"


def test_without_a_floor_there_is_a_forecast_but_no_gap():
    found = forecast((date(2026, 3, 2), 22_000_000), cash=12_400_000, floor=None)
    assert line(found) == "no estimate of a gap: treasury.cash_floor missing; least cash -$9.6 M on 2 Mar"


def test_a_missing_input_is_named_instead_of_estimated():
    found = forecast((date(2026, 3, 2), 1), cash=0, missing=("no USD cash on record", "price missing"))
    assert line(found) == "no estimate: no USD cash on record, price missing"
    gap = forecast((date(2026, 3, 2), 20_000_000), cash=0)
    assert line(gap, sats=None, missing="price missing").endswith("· no estimate of BTC: price missing")


def test_what_is_due_beyond_the_last_week_is_not_in_the_gap():
    far = TODAY + timedelta(weeks=13)
    assert line(forecast((far, 5_000_000), cash=0)).startswith("no gap: ")


@given(gap=st.integers(1, 10**9), price=st.integers(1_000, 500_000))
def test_selling_what_is_asked_for_brings_the_gap_and_one_satoshi_less_does_not(gap, price):
    at = Price(Decimal(price))
    sats = fund.sats_for(Money(Decimal(gap)), at)
    assert fund.proceeds(sats, at) >= gap
    assert fund.proceeds(Sats(sats - 1), at) < gap
