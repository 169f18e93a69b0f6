"""What an answer proves of an order, and what it does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from desk.execution.orders import Liquidity, Order, OrderState, OrderType
from desk.execution.settle import NeverPlaced, Proven, Settlement, Unproven, settle
from desk.units import NOTHING, Bps, Money, Price, Sats, notional
from desk.venues.model import Absent, Found, LookUp, MarketRules, OrderReport, ReportedState, Unknown, VenueTrade

NOW = datetime(2026, 2, 7, 15, tzinfo=UTC)
PRICE = Price(Decimal(68_500))
RULES = MarketRules(
    "BTC/USD",
    "BTC",
    "USD",
    Decimal("0.1"),
    Sats(1),
    Sats(10_000),
    Money(Decimal("0.5")),
    Bps(Decimal(25)),
    Bps(Decimal(40)),
    5.0,
    2.0,
    True,
)
ORDER = Order(
    client_order_id="c" * 32,
    venue="kraken",
    sale_id="S-2026-0001",
    slice_id="S-2026-0001/00",
    attempt=0,
    state=OrderState.UNKNOWN,
    type=OrderType.POST_ONLY,
    limit_price=PRICE,
    quantity=Sats(100),
    filled=Sats(0),
    proceeds=NOTHING,
    fees=NOTHING,
    venue_order_id=None,
    created=NOW,
    sent=NOW,
    updated=NOW,
    deadline=None,
    cancel_asked=None,
    last_error="",
)
OPEN = replace(ORDER, state=OrderState.OPEN, venue_order_id="O1")


def trade(quantity: int, number: str = "T1") -> VenueTrade:
    cost = notional(quantity, PRICE)
    return VenueTrade(number, "O1", Sats(quantity), PRICE, cost, NOTHING, "USD", Liquidity.MAKER, NOW)


def report(state: ReportedState, *quantities: int, filled: int | None = None, ordered: int = 100) -> Found:
    trades = tuple(trade(quantity, f"T{i}") for i, quantity in enumerate(quantities))
    said = sum(quantities) if filled is None else filled
    return Found(OrderReport("O1", "c" * 32, state, Sats(ordered), Sats(said), None, trades))


def judged(answer: LookUp, order: Order = ORDER, age_s: float = 60.0, absences: tuple[float, ...] = ()) -> Settlement:
    return settle(order, answer, age_s=age_s, absences=absences, rules=RULES)


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (report(ReportedState.OPEN), OrderState.OPEN),
        (report(ReportedState.OPEN, 40), OrderState.PART_FILLED),
        (report(ReportedState.FILLED, 60, 40), OrderState.FILLED),
        (report(ReportedState.CANCELLED, 100), OrderState.FILLED),
        (report(ReportedState.CANCELLED, 40), OrderState.CANCELLED),
        (report(ReportedState.CANCELLED), OrderState.CANCELLED),
        (report(ReportedState.EXPIRED, 1), OrderState.EXPIRED),
        (report(ReportedState.REFUSED), OrderState.REFUSED),
    ],
)
def test_a_report_backed_by_trades_proves_its_state(answer: Found, state: OrderState) -> None:
    found = judged(answer)
    assert isinstance(found, Proven)
    assert found.state is state
    assert found.venue_order_id == "O1"
    assert sum(fill.quantity for fill in found.fills) == answer.report.filled


@pytest.mark.parametrize("order", [ORDER, replace(ORDER, state=OrderState.SENT), OPEN])
@pytest.mark.parametrize(
    "answer", [report(ReportedState.FILLED, 40, filled=100), report(ReportedState.CANCELLED, filled=40)]
)
def test_a_claim_without_its_trades_ends_nothing(answer: Found, order: Order) -> None:
    found = judged(answer, order)
    assert isinstance(found, Proven)
    assert not found.state.is_final
    assert not found.is_whole


def test_a_report_that_knows_less_than_the_record_ends_nothing() -> None:
    found = judged(report(ReportedState.CANCELLED, 40), replace(OPEN, state=OrderState.PART_FILLED, filled=Sats(60)))
    assert isinstance(found, Proven)
    assert found.state is OrderState.PART_FILLED


@pytest.mark.parametrize(
    ("answer", "order"),
    [
        (report(ReportedState.OPEN), replace(OPEN, venue_order_id="O2")),
        (report(ReportedState.OPEN, ordered=99), ORDER),
        (report(ReportedState.FILLED, 60, 60), ORDER),
        (report(ReportedState.FILLED, filled=101), ORDER),
        (report(ReportedState.REFUSED, 5), ORDER),
        (Found(replace(report(ReportedState.OPEN).report, client_order_id="d" * 32)), ORDER),
        (Found(replace(report(ReportedState.OPEN, 40).report, trades=(trade(40, "T1"), trade(30, "T1")))), ORDER),
        (Absent(1.0), OPEN),
    ],
)
def test_a_contradiction_proves_nothing(answer: LookUp, order: Order) -> None:
    found = judged(answer, order)
    assert isinstance(found, Unproven)
    assert found.is_contradiction


def test_a_failed_look_up_proves_nothing_and_forgets_nothing() -> None:
    assert judged(Unknown("time-out"), absences=(3.0,)) == Unproven("time-out", (3.0,))


def test_absence_within_the_quarantine_does_not_count() -> None:
    found = judged(Absent(100.0), age_s=8.9, absences=())
    assert isinstance(found, Unproven)
    assert found.absences == ()


def test_absence_counts_once_after_the_quarantine_and_proves_when_seen_again_later() -> None:
    first = judged(Absent(100.0), age_s=9.0)
    assert isinstance(first, Unproven)
    assert first.absences == (100.0,)
    assert isinstance(judged(Absent(101.9), age_s=10.9, absences=(100.0,)), Unproven)
    assert isinstance(judged(Absent(102.0), age_s=11.0, absences=(100.0,)), NeverPlaced)


def test_an_order_with_fills_was_there_whatever_absence_says() -> None:
    found = judged(Absent(500.0), replace(ORDER, filled=Sats(1)), absences=(100.0,))
    assert isinstance(found, Unproven)


def averaged(average: str | None, *quantities: int) -> Settlement:
    """What is proven of a whole order of those fills at 68,500 whose average the venue gives so."""
    order = replace(OPEN, quantity=Sats(sum(quantities)))
    found = report(ReportedState.FILLED, *quantities, ordered=sum(quantities))
    stated = None if average is None else Price(Decimal(average))
    return judged(Found(replace(found.report, average=stated)), order)


@pytest.mark.parametrize(
    ("average", "quantities"),
    [
        (None, (10**8,)),
        ("68500", (10**8,)),
        ("68500.1", (10**8,)),
        ("68499.9", (6 * 10**7, 4 * 10**7)),
        ("68499.8994", (10**8,)),
        ("68486.4", (5_000,)),
    ],
)
def test_an_average_within_rounding_ends_the_order(average: str | None, quantities: tuple[int, ...]) -> None:
    found = averaged(average, *quantities)
    assert isinstance(found, Proven)
    assert (found.state, found.is_whole, found.is_break) == (OrderState.FILLED, True, False)


@pytest.mark.parametrize(
    ("average", "quantities"),
    [("68500.2", (10**8,)), ("68499.8", (6 * 10**7, 4 * 10**7)), ("68486.1", (5_000,)), ("1", (5_000,))],
)
def test_an_average_beyond_rounding_is_a_break_whose_fills_count(average: str, quantities: tuple[int, ...]) -> None:
    found = averaged(average, *quantities)
    assert isinstance(found, Proven)
    assert (found.state, found.is_whole, found.is_break) == (OrderState.UNKNOWN, False, True)
    assert sum(fill.quantity for fill in found.fills) == sum(quantities)


def test_a_trade_told_twice_is_one() -> None:
    found = judged(Found(replace(report(ReportedState.OPEN, 50).report, trades=(trade(50, "T0"), trade(50, "T0")))))
    assert isinstance(found, Proven)
    assert (found.state, len(found.fills)) == (OrderState.PART_FILLED, 1)
