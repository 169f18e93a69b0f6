"""Three ways without an exchange: fees in coins, deposits, what is too young to be told, and what is told anew."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from desk.treasury.coin_records import Explanation
from desk.treasury.looks import Look, SeenTrade, look_record, read_look
from desk.treasury.reconcile import KnownOrder, LedgerSide, VenueWays, reconcile
from desk.treasury.rollforward import Entry, LineKind
from desk.treasury.undelivered import Undelivered
from desk.units import Money, Price, Sats, parse_btc

START = datetime(2026, 2, 7, tzinfo=UTC)
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Fill:
    """A fill as the ledger has it, equal to the trade it came from."""

    trade_id: str
    quantity: Sats
    price: Price
    cost: Money
    fee: Money
    fee_currency: str
    executed: datetime
    venue: str = "kraken"
    client_order_id: str = "c1"
    sale_id: str = "S-2026-0001"


def trade(name: str, btc: str, hours: int = 1, **changed: object) -> SeenTrade:
    sats, price = parse_btc(btc), Price(Decimal(70000))
    cost, fee = Money(price * sats / 10**8), Money(Decimal("1.5"))
    return replace(SeenTrade(name, "O-1", sats, price, cost, fee, "USD", START + hours * HOUR), **changed)


def fill(one: SeenTrade, **changed: object) -> Fill:
    made = Fill(one.trade_id, one.quantity, one.price, one.cost, one.fee, one.fee_currency, one.executed)
    return replace(made, **changed)


def look(btc: str, hours: int, *trades: SeenTrade) -> Look:
    return Look("kraken", START + hours * HOUR, START, parse_btc(btc), trades, {"BTC": Decimal(btc)})


def moved(btc: str, hours: int, kind: LineKind = LineKind.MOVED, ref: str = "transfer/t/4-credited") -> Entry:
    return Entry(ref, kind, START + hours * HOUR, "kraken", parse_btc(btc))


def ways(*looks: Look, fills: tuple[Fill, ...] = (), entries: tuple[Entry, ...] = (), **more: object) -> VenueWays:
    (found,) = reconcile(looks, LedgerSide(fills, more.pop("orders", {}), entries, **more))
    return found


def test_a_fee_in_coins_leaves_the_balance_beside_the_coins_that_were_sold():
    sold = trade("T1", "1", fee=Money(Decimal("0.0025")), fee_currency="BTC")
    found = ways(look("10", 0), look("8.9975", 2, sold), fills=(fill(sold),))
    assert found.is_whole
    assert (found.balance.sold, found.balance.fees) == (parse_btc("1"), parse_btc("0.0025"))


def test_deposits_and_withdrawals_of_the_books_move_the_balance():
    entries = (moved("2", 1), moved("-0.5", 1, LineKind.PAID_OUT, "pay-out/p"), moved("7", 5))
    assert ways(look("10", 0), look("11.5", 2), entries=entries).is_whole
    (found,) = ways(look("10", 0), look("10", 2), entries=entries).breaks
    assert found.open == parse_btc("1.5"), "coins that should have come and did not"


def test_opening_lots_explanations_and_fills_of_the_books_are_not_counted_again():
    sold = trade("T1", "1")
    entries = (
        moved("10", 1, LineKind.CUT_OVER, "receipt/o"),
        moved("-1", 1, LineKind.EXPLAINED, "E-1"),
        moved("-1", 1, LineKind.SOLD, "fill/kraken/T1"),
    )
    assert ways(look("10", 0), look("9", 2, sold), fills=(fill(sold),), entries=entries).is_whole


def test_a_block_sale_from_the_venue_is_a_movement_of_the_books():
    entries = (moved("-1", 1, LineKind.SOLD, "block/b"),)
    assert ways(look("10", 0), look("9", 2), entries=entries).is_whole


def test_a_block_sale_that_is_to_be_delivered_is_still_in_the_balance():
    sold = moved("-2", 2, LineKind.SOLD, "block/B-1")
    until = Undelivered("B-1", "kraken", parse_btc("2"), START + 2 * HOUR, START.date())
    found = ways(look("10", 1), look("10", 3), entries=(sold,), deliveries=(until,))
    assert (found.balance.expected, found.balance.owed, found.balance.difference) == (
        parse_btc("8"),
        parse_btc("2"),
        0,
    )
    early = ways(look("10", 1), look("8", 3), entries=(sold,), deliveries=(until,))
    assert early.balance.difference == 0
    late = ways(look("10", 1), look("10", 30), entries=(sold,), deliveries=(until,))
    assert late.balance.difference == -parse_btc("2")


def test_a_fill_that_the_venue_does_not_tell_is_a_break_unless_it_is_younger_than_a_minute():
    old, young = fill(trade("T1", "1")), fill(trade("T2", "1", 2))
    (found,) = ways(look("10", 0), look("10", 2), fills=(old, young)).of_trades
    assert (found.open, found.id) == (-parse_btc("1"), "venue-kraken-trade-T1-2026-02")
    assert "kraken does not tell it" in found.text


def test_fills_of_other_venues_and_of_before_the_first_look_are_not_asked_about():
    before = fill(trade("T1", "1", -5))
    elsewhere = fill(trade("T2", "1"), venue="coinbase")
    assert ways(look("10", 0), look("10", 2), fills=(before, elsewhere)).is_whole


def test_only_a_live_order_keeps_a_trade_that_is_not_on_record_from_being_a_break():
    sold = trade("T1", "1")
    for is_live in (True, False):
        orders = {("kraken", "O-1"): KnownOrder("c1", "S-2026-0001", is_live)}
        found = ways(look("10", 0), look("9", 2, sold), orders=orders)
        assert found.is_whole is is_live
        assert found.pending.sats == (parse_btc("1") if is_live else 0)
    assert "of S-2026-0001, is not on record" in found.of_trades[0].text


def test_a_balance_break_begins_with_the_look_that_showed_it_first_and_ends_with_one_that_does_not():
    looks = [look("10", 0), look("10", 10), look("9", 30), look("9", 60)]
    (found,) = ways(*looks).of_balance
    assert (found.open, found.since) == (parse_btc("1"), (START + 30 * HOUR).date())
    assert ways(*looks, look("10", 90)).is_whole


def test_what_explains_the_venue_as_a_place_explains_its_balance_but_not_a_trade():
    line = Explanation(
        "E-1", "2026-02", parse_btc("1"), "withdrawn", "olga", None, "kraken", None, "place-kraken-2026-02"
    )
    assert ways(look("10", 0), look("9", 2), explanations=(line,)).is_whole
    foreign = ways(look("10", 0), look("9", 2, trade("T1", "1")), explanations=(line,))
    assert [one.is_open for one in foreign.breaks] == [True]


def test_two_venues_are_held_apart():
    other = replace(look("3", 1), venue="coinbase")
    found = reconcile([look("10", 0), look("9", 2), other], LedgerSide((), {}, ()))
    assert [(one.venue, one.is_whole) for one in found] == [("coinbase", True), ("kraken", False)]


amounts = st.integers(1, 10**9)


@given(st.lists(amounts, max_size=6), st.lists(amounts, max_size=3), st.integers(-(10**9), 10**9))
def test_the_balance_break_is_exactly_what_nobody_told(sold, deposits, stray):
    trades = [trade(f"T{n}", "1", 1, quantity=Sats(sats)) for n, sats in enumerate(sold)]
    entries = tuple(replace(moved("1", 1), ref=f"transfer/{n}", sats=Sats(sats)) for n, sats in enumerate(deposits))
    first = look("100", 0)
    newest = replace(look("0", 2, *trades), sats=Sats(first.sats + sum(deposits) - sum(sold) - stray))
    found = ways(first, newest, fills=tuple(fill(one) for one in trades), entries=entries)
    assert found.balance.difference == stray
    assert found.agreed == found.ledger == found.trades
    assert found.is_whole is (stray == 0)


@given(st.lists(st.tuples(amounts, st.decimals(0, 10**6, places=5)), max_size=5))
def test_a_look_is_read_back_as_it_was_written(sold):
    trades = tuple(
        replace(trade(f"T{n}", "1"), quantity=Sats(sats), cost=Money(cost)) for n, (sats, cost) in enumerate(sold)
    )
    made = look("10", 2, *trades)
    assert read_look(look_record(made)) == made
