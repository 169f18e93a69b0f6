"""Every control says no, or less, for its own reason; nothing goes out that one of them forbids."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.sale.controls import (
    Allowed,
    Balance,
    ControlLimits,
    Held,
    HoldKind,
    OrderCheck,
    Used,
    check_order,
)
from desk.sale.market import Grid, Market, lowest_price, price_up
from desk.sale.terms import (
    Limits,
    Purpose,
    PurposeKind,
    Schedule,
    ScheduleKind,
    TacticName,
    Terms,
    VenueShare,
    Window,
)
from desk.sale.window import window_clock
from desk.units import Bps, Money, Price, Sats, parse_btc

OPEN = datetime(2026, 2, 7, 15, tzinfo=UTC)
CLOSE = OPEN + timedelta(hours=6)
NOW = OPEN + timedelta(hours=1)


def btc(text: str) -> Sats:
    return parse_btc(text)


def price(text: str) -> Price:
    return Price(Decimal(text))


GRID = Grid(Decimal("0.1"), Sats(1), btc("0.0001"), Money(Decimal("0.5")))
TERMS = Terms(
    desk_id="desk",
    nonce="n",
    sale_id="S-2026-0001",
    quantity=btc("100"),
    symbol="BTC/USD",
    quote="USD",
    venues=(VenueShare("kraken", "main", btc("60")),),
    window=Window(OPEN, OPEN, timedelta(hours=6)),
    schedule=Schedule(ScheduleKind.TWAP, 36, 1500, 2500, 7),
    tactic=TacticName.BALANCED,
    limits=Limits(price("64000"), Bps(Decimal(30)), None, Bps(Decimal(2000))),
    reference_price=price("68500"),
    reference_at=OPEN,
    purpose=Purpose(PurposeKind.GENERAL),
    stager="olga",
    staged_at=OPEN,
    approval_expires=OPEN,
    policy_digest="p",
)
CAPPED = replace(TERMS, limits=replace(TERMS.limits, max_participation=Bps(Decimal(200))))
LIMITS = ControlLimits(price("50000"), Bps(Decimal(50)), btc("5"), btc("2000"), Money(Decimal(150_000_000)))
SHARED = replace(LIMITS, max_participation=Bps(Decimal(500)))
MARKET = Market(
    ((price("68499.9"), btc("10")), (price("68490"), btc("40"))),
    ((price("68500.1"), btc("20")), (price("68510"), btc("30"))),
    0.3,
)
NOTHING = Used(Sats(0), Money(Decimal(0)))
CHECK = OrderCheck(
    terms=TERMS,
    limits=LIMITS,
    venue="kraken",
    grid=GRID,
    window=window_clock(OPEN, CLOSE, 1, end_guard_s=10, last_send_s=2, bound_s=None),
    now=NOW,
    is_resting=True,
    quantity=btc("2.7"),
    price=price("68500.1"),
    halt=None,
    alarm=None,
    unsigned=None,
    has_unknown=False,
    market=MARKET,
    balance=Balance(btc("200"), 1.0),
    committed=btc("10"),
    committed_here=btc("10"),
    today=NOTHING,
    last_24h=NOTHING,
    venue_today=Sats(0),
)


def test_an_order_within_every_limit_is_allowed_whole() -> None:
    assert check_order(CHECK) == Allowed(btc("2.7"), price("68500.1"))


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        (HoldKind.HALT, {"halt": "fire drill"}),
        (HoldKind.ALARM, {"alarm": "the venue sold more than the ledger knows"}),
        (HoldKind.SIGNATURES, {"unsigned": "1 of 2 approvals (alice)"}),
        (HoldKind.VENUE, {"venue": "coinbase"}),
        (HoldKind.UNKNOWN, {"has_unknown": True}),
        (HoldKind.WINDOW, {"now": OPEN - timedelta(seconds=1)}),
        (HoldKind.WINDOW, {"now": CLOSE}),
        (HoldKind.WINDOW, {"now": CLOSE - timedelta(seconds=2), "is_resting": False}),
        (HoldKind.WINDOW, {"now": CLOSE - timedelta(seconds=10)}),
        (HoldKind.BOOK, {"market": None}),
        (HoldKind.BOOK, {"market": replace(MARKET, age_s=5.1)}),
        (HoldKind.BOOK, {"market": replace(MARKET, bids=())}),
        (HoldKind.BOOK, {"market": replace(MARKET, asks=MARKET.bids)}),
        (HoldKind.PRICE, {"price": price("68500.15")}),
        (HoldKind.PRICE, {"price": price("0")}),
        (HoldKind.FLOOR, {"price": price("63999.9")}),
        (HoldKind.FLOOR, {"price": price("68500.1"), "limits": replace(LIMITS, floor=price("68500.2"))}),
        (HoldKind.SLIPPAGE, {"price": price("68294.4")}),
        (HoldKind.BALANCE, {"balance": None}),
        (HoldKind.BALANCE, {"balance": Balance(btc("200"), 60.1)}),
        (HoldKind.BALANCE, {"balance": Balance(Sats(0), 1.0)}),
        (HoldKind.APPROVED, {"committed": btc("100")}),
        (HoldKind.CAP, {"committed_here": btc("60")}),
        (HoldKind.DAY, {"today": Used(btc("2000"), Money(Decimal(0)))}),
        (HoldKind.DAY, {"today": Used(Sats(0), Money(Decimal(150_000_000)))}),
        (HoldKind.ROLLING, {"last_24h": Used(btc("2000.5"), Money(Decimal(0)))}),
        (HoldKind.VENUE_DAY, {"limits": replace(LIMITS, max_venue_day=btc("9")), "venue_today": btc("9")}),
        (HoldKind.PARTICIPATION, {"limits": SHARED}),
        (
            HoldKind.PARTICIPATION,
            {"limits": SHARED, "market": replace(MARKET, volume=btc("9999"), volume_age_s=30.1)},
        ),
        (
            HoldKind.PARTICIPATION,
            {"limits": SHARED, "market": replace(MARKET, volume=btc("9999"), volume_age_s=-1.0)},
        ),
        (HoldKind.PARTICIPATION, {"limits": SHARED, "market": replace(MARKET, volume=btc("0"))}),
        (HoldKind.PARTICIPATION, {"limits": SHARED, "market": replace(MARKET, volume=btc("200"))}),
        (HoldKind.PARTICIPATION, {"terms": CAPPED, "market": replace(MARKET, volume=None)}),
        (HoldKind.ORDER, {"quantity": btc("0.00009")}),
    ],
    ids=lambda value: str(value) if isinstance(value, HoldKind) else ",".join(value),
)
def test_a_control_that_says_no_says_why(kind: HoldKind, change: dict[str, object]) -> None:
    outcome = check_order(replace(CHECK, **change))  # type: ignore[arg-type]
    assert isinstance(outcome, Held)
    assert outcome.kind is kind
    assert outcome.reason


@pytest.mark.parametrize(
    ("left", "change"),
    [
        ("1", {"committed": btc("99")}),
        ("0.5", {"committed_here": btc("59.5")}),
        ("5", {"quantity": btc("9")}),
        ("2", {"today": Used(btc("1998"), Money(Decimal(0)))}),
        ("1", {"last_24h": Used(btc("1999"), Money(Decimal(0)))}),
        ("0.7", {"balance": Balance(btc("0.7"), 1.0)}),
        ("0.25", {"limits": replace(LIMITS, max_venue_day=btc("9")), "venue_today": btc("8.75")}),
        ("2", {"is_resting": False, "price": price("68499.9")}),
        ("4.8", {"market": replace(MARKET, asks=((price("68500.1"), btc("24")),)), "quantity": btc("9")}),
        (
            "1",
            {
                "limits": SHARED,
                "market": replace(MARKET, volume=btc("220")),
            },
        ),
        ("0.4", {"terms": CAPPED, "limits": SHARED, "market": replace(MARKET, volume=btc("520"))}),
        ("3", {"limits": SHARED, "market": replace(MARKET, volume=btc("9999")), "quantity": btc("3")}),
        ("3", {"market": replace(MARKET, volume=btc("1"), volume_age_s=999.0), "quantity": btc("3")}),
    ],
    ids=lambda value: value if isinstance(value, str) else ",".join(value),
)
def test_a_cap_leaves_what_fits(left: str, change: dict[str, object]) -> None:
    check = replace(CHECK, **change)  # type: ignore[arg-type]
    outcome = check_order(check)
    assert isinstance(outcome, Allowed)
    assert (outcome.quantity, outcome.price) == (btc(left), check.price)
    assert (outcome.capped_by is not None) == (outcome.quantity < check.quantity), "what cut it down is named"


def test_the_day_limit_in_money_counts_at_the_best_bid_an_order_could_fetch() -> None:
    check = replace(CHECK, is_resting=False, price=price("68400"), today=Used(Sats(0), Money(Decimal(149_931_500))))
    outcome = check_order(check)
    assert isinstance(outcome, Allowed)
    assert outcome.quantity == int(Decimal(68_500) / Decimal("68499.9") * 10**8)


def test_a_quantity_is_cut_down_to_the_lot() -> None:
    check = replace(CHECK, grid=replace(GRID, lot=btc("0.01")), quantity=btc("1.2345"))
    assert check_order(check) == Allowed(btc("1.23"), CHECK.price)


def test_the_stricter_of_terms_and_policy_holds_for_slippage() -> None:
    at_40_bps = price("68226")
    assert isinstance(check_order(replace(CHECK, price=at_40_bps)), Held)
    loose = replace(TERMS, limits=replace(TERMS.limits, max_slippage=Bps(Decimal(900))))
    assert isinstance(check_order(replace(CHECK, price=at_40_bps, terms=loose)), Allowed)
    assert isinstance(check_order(replace(CHECK, price=price("68100"), terms=loose)), Held)


def test_an_ioc_may_go_in_the_guard_until_shortly_before_the_end() -> None:
    ioc = replace(CHECK, is_resting=False, price=price("68499.9"), quantity=btc("1"))
    assert isinstance(check_order(replace(ioc, now=CLOSE - timedelta(seconds=9))), Allowed)
    assert isinstance(check_order(replace(ioc, now=CLOSE - timedelta(seconds=2, microseconds=-1))), Held)


def test_where_no_deadline_is_enforced_nothing_is_sent_within_the_in_flight_bound() -> None:
    window = window_clock(OPEN, CLOSE, 1, end_guard_s=10, last_send_s=2, bound_s=15)
    assert not window.may_send(CLOSE - timedelta(seconds=15))
    assert window.guard_begins == CLOSE - timedelta(seconds=20)


def test_a_window_shorter_than_the_guard_never_rests() -> None:
    window = window_clock(OPEN, OPEN + timedelta(minutes=30), 600, end_guard_s=10, last_send_s=2, bound_s=None)
    assert window.in_guard(OPEN)
    assert window.may_send(OPEN + timedelta(minutes=9))
    assert not window.may_send(OPEN + timedelta(minutes=10))


@given(st.integers(1, 10**9), st.sampled_from(["0.01", "0.1", "0.25", "1", "5"]))
def test_a_price_rounds_up_to_the_tick_and_by_less_than_one(cents: int, tick: str) -> None:
    wanted, step = Decimal(cents) / 100, Decimal(tick)
    rounded = price_up(wanted, step)
    assert rounded % step == 0
    assert 0 <= rounded - wanted < step


@given(st.integers(1, 10**8), st.integers(1, 10**8), st.integers(0, 9_999))
def test_the_lowest_price_is_never_below_floor_or_slippage_limit(floor: int, mid: int, bps: int) -> None:
    lowest = lowest_price(price(str(floor)), Bps(Decimal(bps)), price(str(mid)), Decimal("0.1"))
    assert lowest >= floor
    assert lowest * 10_000 >= Decimal(mid) * (10_000 - bps)


AMOUNTS = st.integers(-(10**9), 3 * 10**10).map(Sats)


@given(
    quantity=AMOUNTS,
    committed=AMOUNTS,
    here=AMOUNTS,
    sellable=AMOUNTS,
    used=AMOUNTS,
    money=st.integers(0, 2 * 10**8),
    resting=st.booleans(),
)
def test_what_is_allowed_never_exceeds_any_cap(
    *, quantity: Sats, committed: Sats, here: Sats, sellable: Sats, used: Sats, money: int, resting: bool
) -> None:
    outcome = check_order(
        replace(
            CHECK,
            quantity=quantity,
            committed=committed,
            committed_here=here,
            balance=Balance(sellable, 0.0),
            today=Used(used, Money(Decimal(money))),
            is_resting=resting,
            price=price("68499.9") if not resting else CHECK.price,
        )
    )
    if isinstance(outcome, Allowed):
        assert 0 < outcome.quantity <= min(quantity, sellable, LIMITS.max_order)
        assert committed + outcome.quantity <= TERMS.quantity
        assert here + outcome.quantity <= TERMS.venues[0].cap
        assert used + outcome.quantity <= LIMITS.max_day
