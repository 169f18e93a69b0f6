"""Rest, follow down, cross late, never below a limit, never off the tick, never a bare market order."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.execution.orders import OrderType
from desk.execution.tactic import STYLES, Cancel, Place, Resting, Situation, Wait, decide, late_from
from desk.sale.market import Grid, Market
from desk.sale.terms import TacticName
from desk.units import Bps, Money, Price, Sats

OPEN = datetime(2026, 2, 7, 15, tzinfo=UTC)
GRID = Grid(Decimal("0.1"), Sats(1), Sats(10_000), Money(Decimal("0.5")))


def price(text: str) -> Price:
    return Price(Decimal(text))


def book(bid: str, ask: str) -> Market:
    return Market(((price(bid), Sats(10**9)),), ((price(ask), Sats(10**9)),), 0.2)


NARROW = book("68500.0", "68500.1")
RESTING = Resting(price("68500.1"), Sats(10**7), is_of_slice=True)
SITUATION = Situation(
    style=STYLES[TacticName.BALANCED],
    grid=GRID,
    market=NARROW,
    floor=price("64000"),
    max_slippage=Bps(Decimal(30)),
    due=Sats(10**7),
    behind=Sats(10**7),
    planned=Sats(10**7),
    resting=None,
    now=OPEN + timedelta(seconds=100),
    slice_begins=OPEN,
    slice_ends=OPEN + timedelta(seconds=600),
    in_guard=False,
    since_send_s=60.0,
)
LATE = {"now": OPEN + timedelta(seconds=571)}


def test_it_rests_at_the_touch() -> None:
    decision = decide(SITUATION)
    assert isinstance(decision, Place)
    assert (decision.type, decision.quantity, decision.price) == (OrderType.POST_ONLY, 10**7, price("68500.1"))


def test_inside_a_wide_spread_it_improves_by_one_tick() -> None:
    decision = decide(replace(SITUATION, market=book("68500.0", "68500.2")))
    assert isinstance(decision, Place)
    assert decision.price == price("68500.1")


def test_on_the_curve_it_waits_for_the_slice_to_change() -> None:
    decision = decide(replace(SITUATION, due=Sats(0)))
    assert isinstance(decision, Wait)
    assert decision.until == OPEN + timedelta(seconds=570)


def test_less_than_the_smallest_order_waits() -> None:
    assert isinstance(decide(replace(SITUATION, due=Sats(9_999))), Wait)


@pytest.mark.parametrize(
    "urge", [LATE, {"behind": Sats(3 * 10**7)}, {"in_guard": True}, {"style": STYLES[TacticName.URGENT]}]
)
def test_it_crosses_with_a_capped_ioc_when_late_behind_or_in_the_guard(urge: dict[str, object]) -> None:
    decision = decide(replace(SITUATION, **urge))  # type: ignore[arg-type]
    assert isinstance(decision, Place)
    assert decision.type is OrderType.IOC
    assert decision.price == price("68294.6")  # the mid of 68,500.05 less 30 bps, rounded up to the tick


@pytest.mark.parametrize("urge", [LATE, {"behind": Sats(3 * 10**7)}, {"in_guard": True}])
def test_what_rests_is_taken_off_before_it_crosses(urge: dict[str, object]) -> None:
    assert isinstance(decide(replace(SITUATION, resting=RESTING, **urge)), Cancel)  # type: ignore[arg-type]


def test_the_passive_tactic_crosses_only_in_the_guard() -> None:
    passive = replace(SITUATION, style=STYLES[TacticName.PASSIVE])
    late = decide(replace(passive, now=OPEN + timedelta(seconds=599), behind=Sats(10**9)))
    assert isinstance(late, Place)
    assert late.type is OrderType.POST_ONLY
    guarded = decide(replace(passive, in_guard=True))
    assert isinstance(guarded, Place)
    assert guarded.type is OrderType.IOC


def test_undercut_it_follows_down() -> None:
    assert isinstance(decide(replace(SITUATION, resting=RESTING, market=book("68499", "68500"))), Cancel)


def test_undercut_a_moment_after_it_was_placed_it_stays() -> None:
    soon = decide(replace(SITUATION, resting=RESTING, market=book("68499", "68500"), since_send_s=0.4))
    assert isinstance(soon, Wait)
    assert soon.until is not None
    assert soon.until <= SITUATION.now + timedelta(seconds=0.6)


@pytest.mark.parametrize("market", [NARROW, book("68500.0", "68500.1"), book("68600.0", "68600.1")])
def test_it_neither_chases_a_rising_touch_nor_whoever_joins_it(market: Market) -> None:
    assert isinstance(decide(replace(SITUATION, resting=RESTING, market=market, due=Sats(0))), Wait)


def test_the_next_slice_takes_the_order_of_the_last_one_along() -> None:
    old = replace(RESTING, is_of_slice=False)
    assert isinstance(decide(replace(SITUATION, resting=old)), Cancel)
    assert isinstance(decide(replace(SITUATION, resting=old, due=Sats(0))), Wait)


@pytest.mark.parametrize("urge", [{}, LATE, {"in_guard": True}])
def test_below_the_floor_it_waits(urge: dict[str, object]) -> None:
    decision = decide(replace(SITUATION, floor=price("68500.2"), **urge))  # type: ignore[arg-type]
    assert isinstance(decision, Wait)
    assert "below the floor" in decision.why


def test_late_under_a_floor_between_bid_and_ask_it_goes_on_resting() -> None:
    decision = decide(replace(SITUATION, floor=price("68500.05"), **LATE))  # type: ignore[arg-type]
    assert isinstance(decision, Place)
    assert (decision.type, decision.price) == (OrderType.POST_ONLY, price("68500.1"))


def test_a_fast_desk_crosses_with_some_wall_seconds_left() -> None:
    style = STYLES[TacticName.BALANCED]
    assert late_from(style, OPEN, OPEN + timedelta(seconds=600), 1) == OPEN + timedelta(seconds=570)
    assert late_from(style, OPEN, OPEN + timedelta(seconds=1800), 600) == OPEN + timedelta(seconds=900)
    assert late_from(style, OPEN, OPEN + timedelta(seconds=3600), 600) == OPEN + timedelta(seconds=2700)


CENTS = st.integers(6_000_000, 7_000_000)


@given(
    bid=CENTS,
    spread=st.integers(1, 5_000),
    floor=CENTS,
    bps=st.integers(1, 300),
    tick=st.sampled_from(["0.01", "0.1", "1", "5"]),
    second=st.integers(0, 600),
    guard=st.booleans(),
    style=st.sampled_from(list(TacticName)),
)
def test_no_order_is_below_floor_or_slippage_limit_or_off_the_tick(
    *, bid: int, spread: int, floor: int, bps: int, tick: str, second: int, guard: bool, style: TacticName
) -> None:
    step = Decimal(tick)
    low = (Decimal(bid) / 100 // step) * step
    market = book(str(low), str(low + step * spread))
    decision = decide(
        replace(
            SITUATION,
            grid=replace(GRID, tick=step),
            market=market,
            floor=price(str(Decimal(floor) / 100)),
            max_slippage=Bps(Decimal(bps)),
            now=OPEN + timedelta(seconds=second),
            in_guard=guard,
            style=STYLES[style],
        )
    )
    if isinstance(decision, Place):
        assert decision.price % step == 0
        assert decision.price >= Decimal(floor) / 100
        assert decision.price * 10_000 >= market.mid * (10_000 - bps)
        assert decision.quantity <= SITUATION.due
        if decision.type is OrderType.POST_ONLY:
            assert low < decision.price <= market.asks[0][0]
            assert not guard
