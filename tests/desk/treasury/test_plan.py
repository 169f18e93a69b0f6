"""From the gap to sales: what each need asks for, when, from where; never more coins than there are (P10)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.treasury.bank_days import BankCalendar
from desk.treasury.cash_rules import CashRules, NotCounted
from desk.treasury.forecast.table import Entry, Floor, Forecast, Line, NeedKind, NeedRef, shortfall, table
from desk.treasury.funding import proceeds
from desk.treasury.plan import Plan, plan, runway
from desk.treasury.proposing import Coins, SaleBounds
from desk.units import NOTHING, Bps, Money, Price, Sats, exact_sum, parse_btc

NOW = datetime(2026, 2, 11, 14, 0, tzinfo=UTC)
TODAY = NOW.date()
PRICE = Price(Decimal(70_000))
RULES = CashRules(
    "USD",
    None,
    1,
    BankCalendar(ZoneInfo("America/New_York"), time(16, 0)),
    Bps(Decimal(1000)),
    Bps(Decimal(50)),
)
BOUNDS = SaleBounds(settles_in=1, max_day=parse_btc("2000"))
GPU, SITE = NeedRef(NeedKind.CAPEX, "gpu"), NeedRef(NeedKind.CAPEX, "site")


def usd(amount: int) -> Money:
    return Money(Decimal(amount))


def out(name: str, day: date, amount: int, need: NeedRef | None = None) -> Entry:
    line = Line.CAPEX if need else Line.POWER
    return Entry(line, day, usd(-amount), name, f"source {name}", need=need)


def forecast(*entries: Entry, cash: int = 20_000_000, floor: int = 10_000_000) -> Forecast:
    weeks = table(usd(cash), entries, TODAY, 13)
    return Forecast(TODAY, "USD", (), weeks, Floor(usd(floor), "test"), (), ())


def coins(kraken: str = "3000", elsewhere: str = "0", **venues: str) -> Coins:
    at = {"kraken": kraken, **venues}
    return Coins({name: parse_btc(btc) for name, btc in at.items()}, parse_btc(elsewhere), parse_btc("7474.6"))


def planned(
    *entries: Entry, held: Coins | None = None, bounds: SaleBounds = BOUNDS, price: Price | None = PRICE
) -> Plan:
    return plan(forecast(*entries), price, held or coins(), RULES, bounds, NOW)


def test_the_worked_example_by_hand():
    """20.0 in the bank, 41.0 due on 2 March, floor 10.0: 31.0 / (70,000 × 0.9 × 0.995) = 494.536… BTC, by Friday."""
    made = planned(out("GPU delivery", date(2026, 3, 2), 41_000_000, GPU))
    (one,) = made.proposals
    assert (one.id, one.purpose, one.because) == ("P-1", "capex:gpu", "GPU delivery")
    assert one.amount == made.gap == 31_000_000
    assert one.wanted == one.sats == made.sats_to_close == parse_btc("494.54")
    assert one.sell_by == datetime(2026, 2, 27, 21, 0, tzinfo=UTC)
    assert one.start_by == datetime(2026, 2, 26, 21, 0, tzinfo=UTC)
    assert (one.arrives, one.needed_on, one.is_late) == (date(2026, 3, 2), date(2026, 3, 2), False)
    assert one.proceeds == Decimal("31000239.90")
    assert one.left == parse_btc("2505.46")
    assert one.parts == (("kraken", parse_btc("494.54")),)
    assert made.gap_after == 0
    assert (runway(made.forecast), runway(made.after)) == (2, None)


def test_each_need_makes_its_own_proposal_and_what_cannot_be_named_is_gathered_between_them():
    made = planned(
        out("GPU delivery", date(2026, 3, 2), 12_000_000, GPU),
        out("power", date(2026, 3, 5), 1_000_000),
        out("power", date(2026, 3, 12), 1_000_000),
        out("site deposit", date(2026, 3, 20), 5_000_000, SITE),
        out("power", date(2026, 3, 20), 1_000_000),
    )
    said = [(one.id, one.purpose, one.because, one.amount, one.needed_on) for one in made.proposals]
    assert said == [
        ("P-1", "capex:gpu", "GPU delivery", 2_000_000, date(2026, 3, 2)),
        ("P-2", "general", "power and what follows", 3_000_000, date(2026, 3, 5)),
        ("P-3", "capex:site", "site deposit", 5_000_000, date(2026, 3, 20)),
    ]


def test_a_proposal_never_asks_for_coins_that_are_not_there_and_says_what_to_bring():
    made = planned(out("GPU delivery", date(2026, 3, 2), 41_000_000, GPU), held=coins("300", elsewhere="150.123456"))
    (one,) = made.proposals
    assert one.wanted == parse_btc("494.54")
    assert one.sats == parse_btc("450.12")
    assert one.deposit == parse_btc("150.12")
    assert one.deposit_by == datetime(2026, 2, 26, 15, 0, tzinfo=UTC)
    assert made.gap_after == 31_000_000 - one.proceeds
    assert made.line.endswith("494.54 BTC would close it, only 450.12 are free")


def test_several_venues_are_used_fullest_first_before_anything_is_brought():
    made = planned(out("GPU", date(2026, 3, 2), 41_000_000, GPU), held=coins("100", elsewhere="500", coinbase="200"))
    (one,) = made.proposals
    assert one.parts == (("coinbase", parse_btc("394.54")), ("kraken", parse_btc("100")))
    assert one.deposit == parse_btc("194.54")


def test_money_that_cannot_be_there_in_time_is_said_to_be_late():
    """Due tomorrow: a sale that takes a day from now settles on Friday."""
    made = planned(out("GPU", date(2026, 2, 12), 41_000_000, GPU))
    (one,) = made.proposals
    assert one.is_late
    assert one.sell_by == NOW + timedelta(days=1)
    assert one.arrives == date(2026, 2, 13)
    assert made.gap_after == 31_000_000


def test_a_sale_beyond_a_days_limit_is_given_the_days_it_takes():
    bounds = replace(BOUNDS, max_day=parse_btc("200"), max_day_value=usd(10_000_000))
    (one,) = planned(out("GPU", date(2026, 3, 2), 41_000_000, GPU), bounds=bounds).proposals
    assert one.sell_by - one.start_by == timedelta(days=4)  # 34.6 M at 10 M a day


def test_proceeds_in_another_currency_are_counted_at_what_they_become():
    whole = planned(out("GPU", date(2026, 3, 2), 41_000_000, GPU)).proposals[0]
    less = planned(
        out("GPU", date(2026, 3, 2), 41_000_000, GPU), bounds=replace(BOUNDS, factor=Decimal("0.999"), settles_in=3)
    ).proposals[0]
    assert less.wanted == parse_btc("495.04")
    assert less.proceeds >= less.amount == whole.amount
    assert less.sell_by == whole.sell_by - timedelta(days=2)


@pytest.mark.parametrize(
    ("price", "bounds", "why"),
    [
        (None, BOUNDS, "price missing"),
        (PRICE, NotCounted("mark USDT/USD of 2026-02-11 missing"), "mark USDT/USD of 2"),
    ],
)
def test_what_cannot_be_estimated_is_not_proposed(price, bounds, why):
    made = planned(out("GPU", date(2026, 3, 2), 41_000_000, GPU), price=price, bounds=bounds)
    assert made.proposals == ()
    assert made.sats_to_close is None
    assert f"no estimate of BTC: {why}" in made.line
    assert made.gap == made.gap_after == 31_000_000


def test_without_a_gap_nothing_is_proposed():
    made = planned(out("power", date(2026, 3, 2), 1_000_000))
    assert (made.proposals, made.gap, made.sats_to_close) == ((), NOTHING, Sats(0))


_NEEDS = st.lists(
    st.tuples(st.integers(3, 80), st.integers(1, 60_000_000), st.sampled_from([None, GPU, SITE])), max_size=12
)


@given(
    needs=_NEEDS,
    cash=st.integers(-5_000_000, 60_000_000),
    kraken=st.integers(0, 4000 * 10**8),
    coinbase=st.integers(0, 500 * 10**8),
    elsewhere=st.integers(0, 4000 * 10**8),
    price=st.integers(5_000, 200_000),
    lot=st.sampled_from([1, 1000, 10**6, 10**8]),
)
def test_proposals_close_the_gap_by_a_hair_or_use_every_coin_and_never_more(
    needs, cash, kraken, coinbase, elsewhere, price, lot
):
    entries = [out(f"n{n}", TODAY + timedelta(days=day), amount, need) for n, (day, amount, need) in enumerate(needs)]
    held = Coins({"kraken": Sats(kraken), "coinbase": Sats(coinbase)}, Sats(elsewhere), parse_btc("9000"))
    bounds = SaleBounds(settles_in=1, lot=Sats(lot))
    made = plan(forecast(*entries, cash=cash), Price(Decimal(price)), held, RULES, bounds, NOW)
    asked = {"kraken": 0, "coinbase": 0}
    deposits = 0
    for one in made.proposals:
        assert sum(sats for _, sats in one.parts) == one.sats <= one.wanted
        assert one.sats % lot == 0
        assert one.deposit <= one.sats
        for venue, sats in one.parts:
            asked[venue] += sats
        deposits += one.deposit
    assert sum(asked.values()) - deposits <= kraken + coinbase
    assert deposits <= elsewhere
    for venue, there in (("kraken", kraken), ("coinbase", coinbase)):
        assert asked[venue] <= there + deposits
    assert exact_sum([one.amount for one in made.proposals]) == made.gap
    whole = all(one.sats == one.wanted for one in made.proposals)
    in_time = not any(one.is_late for one in made.proposals)
    if whole and in_time:
        assert shortfall(made.after) is None
    grain = Sats(max(lot, 10**6))
    hair = proceeds(grain, Price(Decimal(price)), RULES.haircut, RULES.sale_cost)
    for one in made.proposals:
        assert one.proceeds - one.amount <= hair + Decimal("0.01")
        if one.sats == one.wanted:
            assert one.proceeds >= one.amount
