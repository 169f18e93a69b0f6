"""Every satoshi in one column; only what may be sold is called sellable (P8, P10)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from desk.treasury.coin_records import BlockSale
from desk.treasury.holdings import Column, VenueBalance, holdings
from desk.treasury.records import LoanState, Place, PlaceKind
from desk.units import Money, Price, Sats, parse_btc

NOW = datetime(2026, 2, 7, 14, 0, tzinfo=UTC)


def place(kind: PlaceKind, amount: str, loan: str | None = None, as_of: datetime = NOW) -> Place:
    return Place(f"id-{kind}", kind, f"the {kind}", parse_btc(amount), as_of, "test", loan)


def balance(total: str, free: str | None = None, **more: Sats) -> VenueBalance:
    return VenueBalance("kraken", parse_btc(total), parse_btc(free or total), NOW, **more)


def test_pledged_in_transit_and_wallet_coins_are_shown_apart_and_never_sellable(loan):
    places = [
        place(PlaceKind.PLEDGED, "4000", "lender-a"),
        place(PlaceKind.IN_TRANSIT, "117.30"),
        place(PlaceKind.WALLET, "10"),
        place(PlaceKind.CUSTODIAN, "5"),
    ]
    held = holdings(places, [balance("3342.30")], {"kraken": parse_btc("445.10")}, [loan], now=NOW, wall=NOW)
    assert held.total == parse_btc("7474.60")
    assert held.sellable == parse_btc("2897.20")
    assert held.of(Column.RESERVED) == parse_btc("445.10")
    assert held.of(Column.PLEDGED) == parse_btc("4000")
    assert held.of(Column.IN_TRANSIT) == parse_btc("117.30")
    assert held.of(Column.ELSEWHERE) == parse_btc("15")
    assert held.problems == ()


def test_every_line_of_the_explanation_says_amount_column_place_and_reason(loan):
    held = holdings([place(PlaceKind.PLEDGED, "4000", "lender-a")], [balance("1")], {}, [loan], now=NOW, wall=NOW)
    assert held.explained == (
        "1.00000000 BTC sellable at kraken: free at the venue, beyond what sales still need",
        "4000.00000000 BTC pledged at the pledged: secures loan lender-a",
    )


def test_coins_a_lender_may_reuse_are_called_a_receivable(loan):
    lent = replace(loan, may_reuse=True)
    held = holdings([place(PlaceKind.PLEDGED, "4000", "lender-a")], [], {}, [lent], now=NOW, wall=NOW)
    assert "receivable" in held.explained[0]


def test_what_was_sold_since_the_balance_was_seen_is_not_offered_again():
    held = holdings([], [balance("10", sold_since=parse_btc("4"))], {"kraken": parse_btc("5")}, [], now=NOW, wall=NOW)
    assert held.sellable == parse_btc("1")
    assert held.total == parse_btc("6")


def test_holds_that_are_not_ours_are_not_sellable():
    held = holdings(
        [], [balance("10", "6", ours_on_hold=parse_btc("1"))], {"kraken": parse_btc("1")}, [], now=NOW, wall=NOW
    )
    assert held.of(Column.ELSEWHERE) == parse_btc("3")
    assert held.sellable == parse_btc("6")


def test_a_venue_with_less_than_its_sales_need_offers_nothing_and_says_so():
    held = holdings([], [balance("3")], {"kraken": parse_btc("5")}, [], now=NOW, wall=NOW)
    assert held.sellable == 0
    assert held.problems == ("kraken holds 2.00000000 BTC less than its sales need",)


def test_a_reservation_at_a_venue_without_a_balance_is_a_named_problem():
    held = holdings([], [], {"kraken": parse_btc("5")}, [], now=NOW, wall=NOW)
    assert held.total == 0
    assert "kraken: balance unknown" in held.problems[0]


def test_loan_and_places_that_disagree_are_named_and_not_evened_out(loan):
    held = holdings([place(PlaceKind.PLEDGED, "3900", "lender-a")], [], {}, [loan], now=NOW, wall=NOW)
    assert held.of(Column.PLEDGED) == parse_btc("3900")
    assert held.problems == (
        "loan lender-a: 4000.00000000 BTC pledged by the loan, 3900.00000000 BTC in pledged places",
    )


def test_a_repaid_loan_pledges_nothing_and_an_unknown_one_is_named(loan):
    repaid = replace(loan, state=LoanState.REPAID)
    assert holdings([], [], {}, [repaid], now=NOW, wall=NOW).problems == ()
    stray = holdings([place(PlaceKind.PLEDGED, "1", "lender-x")], [], {}, [], now=NOW, wall=NOW)
    assert "lender-x, which is not on record" in stray.problems[0]


def test_old_figures_are_stale_by_their_own_limits(loan):
    old = holdings([place(PlaceKind.WALLET, "1", as_of=NOW - timedelta(hours=37))], [], {}, [], now=NOW, wall=NOW)
    assert old.is_stale
    fresh = holdings([place(PlaceKind.WALLET, "1", as_of=NOW - timedelta(hours=35))], [], {}, [], now=NOW, wall=NOW)
    assert not fresh.is_stale
    quiet = holdings([], [balance("1")], {}, [], now=NOW, wall=NOW + timedelta(seconds=61))
    assert quiet.is_stale


amounts = st.integers(0, 10**12).map(Sats)


@given(total=amounts, free=amounts, hold=amounts, sold=amounts, reserved=amounts, wallet=amounts)
def test_the_columns_always_sum_to_what_is_held_and_none_is_negative(total, free, hold, sold, reserved, wallet):
    seen = VenueBalance("kraken", total, min(free, total), NOW, hold, sold)
    somewhere = replace(place(PlaceKind.WALLET, "0"), sats=wallet)
    held = holdings([somewhere], [seen], {"kraken": reserved}, [], now=NOW, wall=NOW)
    assert sum(held.of(column) for column in Column) == max(0, total - sold) + wallet
    assert all(line.sats >= 0 for line in held.lines)
    assert held.sellable <= max(0, total - sold - reserved)


def test_coins_of_the_account_that_are_sold_by_hand_are_never_offered():
    """Six of ten are the buyer's until the day is over, whatever the account says is free (P10)."""
    block = BlockSale(
        "B-1", "kraken", parse_btc("6"), Price(Decimal(70_000)), "USD", Money(Decimal(0)), "USD",
        NOW - timedelta(hours=1), "otc", "test", settles=NOW.date(),
    )  # fmt: skip
    held = holdings([], [balance("10")], {"kraken": parse_btc("5")}, [], now=NOW, wall=NOW, blocks=[block])
    columns = (held.sellable, held.of(Column.RESERVED), held.of(Column.UNSETTLED))
    assert columns == (0, parse_btc("4"), parse_btc("6"))
    assert any("sold, to be delivered: B-1 by " in line for line in held.explained)
    assert held.problems == ("kraken holds 1.00000000 BTC less than its sales need",)
    after = holdings([], [balance("10")], {}, [], now=NOW + timedelta(days=1), wall=NOW, blocks=[block])
    assert after.sellable == parse_btc("10")
