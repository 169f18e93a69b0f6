"""A kept forecast is held against what came, line by line, exactly as it was made."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from desk.treasury.cash_records import CashActual, Direction, Every, Flow, FlowKind, KeptForecast
from desk.treasury.forecast.kept import ForecastRefused, against, to_keep
from desk.treasury.forecast.making import forecast
from desk.treasury.forecast.table import Line
from desk.units import Money


def usd(amount: int) -> Money:
    return Money(Decimal(amount))


POWER = Flow(
    "power", "power", FlowKind.POWER, Direction.OUT, usd(6_300_000), "USD", date(2026, 2, 12), Every.WEEKLY, "test"
)


def paid(day: date, amount: int, kind: FlowKind = FlowKind.POWER, place: str = "bank") -> CashActual:
    return CashActual(f"{kind}-{day}", day, kind, Direction.OUT, usd(amount), "USD", place, "test", flow="power")


@pytest.fixture
def kept(inputs, rules) -> KeptForecast:
    made = forecast(replace(inputs, flows=(POWER,)), rules)
    return KeptForecast("F-2026-02-11-1", inputs.now, to_keep(made))


def test_forecast_and_actual_stand_side_by_side_by_week_and_line(kept):
    came = [paid(date(2026, 2, 12), 6_100_000), paid(date(2026, 2, 19), 6_500_000)]
    came.append(paid(date(2026, 2, 20), 50_000, FlowKind.TAX))
    found = against(kept, came, date(2026, 2, 20))
    said = [(one.week, str(one.line), one.forecast, one.actual, one.difference) for one in found.lines]
    assert said == [
        (1, "power", -6_300_000, -6_100_000, 200_000),
        (2, "power", -6_300_000, -6_500_000, -200_000),
        (2, "tax", 0, -50_000, -50_000),
    ]
    assert [(one.line, one.difference) for one in found.totals] == [(Line.POWER, 0), (Line.TAX, -50_000)]
    assert found.forecast_cash == 20_000_000 - 2 * 6_300_000


def test_what_is_still_to_come_is_not_compared_and_neither_is_money_elsewhere(kept):
    found = against(kept, [paid(date(2026, 2, 10), 1), paid(date(2026, 2, 11), 7, place="kraken")], date(2026, 2, 11))
    assert [(one.week, one.forecast, one.actual) for one in found.lines] == [(1, 0, -8)]
    elsewhere = against(kept, [paid(date(2026, 2, 11), 7, place="kraken")], date(2026, 2, 11), venues=["kraken"])
    assert elsewhere.lines == ()
    assert elsewhere.forecast_cash == 20_000_000


def test_long_after_its_end_a_forecast_is_compared_to_its_end(kept):
    found = against(kept, [paid(date(2026, 9, 1), 5)], date(2026, 9, 2))
    assert found.through == date(2026, 2, 9) + timedelta(weeks=13, days=-1)
    assert sum(one.forecast for one in found.totals) == -13 * 6_300_000
    assert sum(one.actual for one in found.totals) == 0


def test_a_document_that_was_tampered_with_is_refused(kept):
    for broken in (kept.document + " ", "{}", "[]", kept.document.replace("desk.forecast/1", "desk.forecast/9")):
        with pytest.raises(ForecastRefused, match="F-2026-02-11-1"):
            against(replace(kept, document=broken), [], date(2026, 2, 12))


def test_a_forecast_without_cash_is_not_kept(inputs, rules):
    with pytest.raises(ForecastRefused, match="no USD cash on record"):
        to_keep(forecast(replace(inputs, cash=()), rules))
