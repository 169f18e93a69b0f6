"""The desk's own books: every roll ends in what the places hold, and every difference has a name (P9)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.snapshot.books_json import day_json
from desk.treasury.books import BookColumn, BookRecord, Books, books_of
from desk.treasury.breaks import BreakKind
from desk.treasury.close_document import close_document
from desk.treasury.closing import make_close, read_close
from desk.treasury.coin_records import (
    BlockSale,
    BreakOwner,
    Explanation,
    Mark,
    MonthClose,
    PayOut,
    Receipt,
    ReceiptKind,
    Transfer,
)
from desk.treasury.coin_stream import stream
from desk.treasury.holdings import Column, holdings
from desk.treasury.lot_book import lot_book
from desk.treasury.months import days_of, end_of, start_of
from desk.treasury.movements import CoinStatements, balances
from desk.treasury.observed import Observation
from desk.treasury.records import Loan, LoanState, MiningDay, Place, PlaceKind
from desk.treasury.relief import Relief
from desk.treasury.rollforward import LineKind, Roll
from desk.treasury.valuation import Marks
from desk.units import Bps, Money, Price, Sats, exact_sum, parse_btc

START = datetime(2026, 2, 1, tzinfo=UTC)
DAY = timedelta(days=1)
NOON = START + DAY / 2
MONTHS = ("2026-02", "2026-03")
DAYS = [day for month in MONTHS for day in days_of(month)]
PLACES = ("vault", "kraken", "till")


@dataclass(frozen=True)
class Trade:
    trade_id: str
    quantity: Sats
    executed: datetime
    price: Price
    cost: Money
    fee: Money
    fee_currency: str = "USD"
    venue: str = "kraken"
    client_order_id: str = "c1"
    sale_id: str = "S-2026-0001"


def trade(number: int, sats: int, at: datetime, **changed: object) -> Trade:
    price = Price(Decimal("68524.1"))
    made = Trade(str(number), Sats(sats), at, price, Money(price * sats / 10**8), Money(Decimal("1.25")))
    return replace(made, **changed)


def receipt(name: str, btc: str, place: str = "vault", at: datetime = START, **changed: object) -> Receipt:
    return replace(Receipt(name, ReceiptKind.RECEIVED, place, parse_btc(btc), at, "test"), **changed)


def opening(btc: str, place: str = "vault") -> Receipt:
    return receipt(f"o-{place}", btc, place, kind=ReceiptKind.OPENING)


def mark(day: date, price: str = "68524.1", pair: str = "BTC/USD") -> Mark:
    return Mark(day, pair, Price(Decimal(price)), end_of(day), "kraken", "kraken mid at 00:00 UTC")


def marks() -> list[Mark]:
    first = [START.date() - DAY]
    return [mark(day, str(Decimal(60000) + 37 * number)) for number, day in enumerate([*first, *DAYS])]


def seen(place: str, btc: str, at: datetime) -> Observation:
    return Observation(place, parse_btc(btc), at, "custodian")


def books(coins: CoinStatements, **said: object) -> Books:
    return books_of(BookRecord(coins, **said))


times = st.integers(0, 59 * 24 * 3600 - 1).map(lambda seconds: START + timedelta(seconds=seconds))
amounts = st.integers(1, 10**11).map(Sats)


@st.composite
def statements(draw: st.DrawFn) -> CoinStatements:
    """Two months of whatever can happen to coins, sensible or not."""
    receipts = [
        replace(receipt(f"r{n}", "1", draw(st.sampled_from(PLACES)), draw(times)), sats=draw(amounts))
        for n in range(draw(st.integers(0, 4)))
    ]
    mining = [
        MiningDay(day, "luxor", "georgia", draw(amounts), None, None, None, "test")
        for day in draw(st.sets(st.sampled_from(DAYS), max_size=5))
    ]
    transfers = []
    for number in range(draw(st.integers(0, 4))):
        start, end = draw(st.permutations(PLACES))[:2]
        at, arrived = draw(times), draw(st.one_of(st.none(), times))
        late = None if arrived is None else max(at, arrived)
        transfers.append(Transfer(f"t{number}", start, end, draw(amounts), Sats(500), at, "test", late))
    pay_outs = [
        PayOut(f"p{n}", draw(st.sampled_from(PLACES)), draw(amounts), draw(times), "vendor", "hosting", "test")
        for n in range(draw(st.integers(0, 2)))
    ]
    fills = [trade(n, draw(amounts), draw(times)) for n in range(draw(st.integers(0, 4)))]
    fee = {"fee": Money(Decimal("0.0001")), "fee_currency": "BTC"}
    fills = [replace(one, **fee) if draw(st.booleans()) else one for one in fills]
    return CoinStatements(receipts, mining, transfers, pay_outs, (), fills, marks())


def flow(roll: Roll, kind: LineKind) -> int:
    return roll.line(kind).sats


@settings(max_examples=50)
@given(statements())
def test_opening_and_lines_always_end_in_the_sum_of_the_places(coins):
    found = books(coins)
    for month in MONTHS:
        roll = found.month(month)
        ends = end_of(max(days_of(month)))
        assert roll.closing.sats == roll.opening.sats + sum(line.sats for line in roll.lines)
        assert roll.closing.sats == sum(balances(stream(coins), ends).values())
        assert sum(entry.sats for entry in roll.moved) == 0
        assert sum(sats for column, sats in found.columns(ends).items() if column is not BookColumn.RECEIVABLE) == (
            roll.closing.sats
        )


@settings(max_examples=30)
@given(statements())
def test_days_follow_from_one_another_and_sum_to_their_month_in_coins_and_dollars(coins):
    found = books(coins)
    for month in MONTHS:
        whole, days = found.month(month), [found.day(day) for day in days_of(month)]
        assert (days[0].opening, days[-1].closing) == (whole.opening, whole.closing)
        assert all(one.closing == other.opening for one, other in pairwise(days))
        for kind in LineKind:
            assert flow(whole, kind) == sum(flow(one, kind) for one in days)
        changes = [one.fair_value_change for one in days]
        assert None not in changes
        assert exact_sum(changes) == whole.fair_value_change


@settings(max_examples=50)
@given(statements())
def test_dollars_close_to_the_cent_and_nothing_is_finer_than_a_cent(coins):
    roll = books(coins).month("2026-02")
    additions = exact_sum([line.usd for line in roll.lines])
    assert roll.missing == ()
    assert roll.opening.usd + additions + roll.fair_value_change == roll.closing.usd
    figures = [roll.opening.usd, roll.closing.usd, *(line.usd for line in roll.lines)]
    assert all(figure == figure.quantize(Decimal("0.01")) for figure in figures)


@settings(max_examples=50)
@given(statements(), st.sampled_from(DAYS[:28]), st.integers(-(10**10), 10**10))
def test_an_explanation_takes_exactly_what_it_says_off_the_break(coins, day, sats):
    at = start_of(day) + 5 * DAY / 10
    there = books(coins).held(at + timedelta(microseconds=1)).get("vault", 0)
    looked = Observation("vault", Sats(there - 12_345), at, "node")
    before = books(coins, seen=[looked])
    (found,) = [one for one in before.breaks(end_of(DAYS[27])) if one.subject == "vault"]
    assert found.open == 12_345
    line = Explanation("E-1", "2026-02", Sats(sats), "lost key", "olga", None, "vault", day)
    after = books(coins, seen=[looked], explanations=[line])
    left = [one.open for one in after.breaks(end_of(DAYS[27])) if one.subject == "vault"]
    assert left == ([12_345 - sats] if sats != 12_345 else [])
    assert flow(after.month("2026-02"), LineKind.EXPLAINED) == -sats
    assert after.month("2026-02").closing.sats == before.month("2026-02").closing.sats - sats


def test_a_missing_mark_is_named_and_there_are_no_dollars_without_it():
    mined = MiningDay(date(2026, 2, 7), "luxor", "", parse_btc("1"), None, None, None, "test")
    roll = books(CoinStatements(receipts=[opening("5")], mining=[mined])).month("2026-02")
    assert roll.fair_value_change is None
    assert roll.missing == (
        "mark BTC/USD of 2026-02-28 missing",
        "mark BTC/USD of 2026-01-31 missing",
        "mark BTC/USD of 2026-02-07 missing",
    )


def test_proceeds_in_a_stablecoin_are_dollars_by_that_days_mark_or_not_at_all():
    sold = trade(1, 10**8, START + DAY, fee_currency="USDT")
    coins = CoinStatements(
        receipts=[opening("5", "kraken")], fills=[sold], marks=marks(), quotes={"S-2026-0001": "USDT"}
    )
    assert books(coins).month("2026-02").missing == ("mark USDT/USD of 2026-02-02 missing",)
    with_mark = replace(coins, marks=[*marks(), mark(date(2026, 2, 2), "0.999", "USDT/USD")])
    line = books(with_mark).month("2026-02").line(LineKind.SOLD)
    assert line.usd == -Decimal("68454.33")  # (68,524.10 − 1.25) × 0.999
    assert line.entries[0].note == "USDT/USD 0.999 of 2026-02-02"


def test_a_sale_counts_at_its_net_proceeds_and_a_fee_in_coins_is_a_line_of_its_own():
    fee = {"fee": Money(Decimal("0.01")), "fee_currency": "BTC"}
    fills = [trade(1, 10**8, START + DAY), trade(2, 10**8, START + DAY, **fee)]
    roll = books(CoinStatements(receipts=[opening("5", "kraken")], fills=fills, marks=marks())).month("2026-02")
    assert roll.line(LineKind.SOLD).usd == -Decimal("137046.95")
    assert (flow(roll, LineKind.SOLD), flow(roll, LineKind.FEES)) == (-2 * 10**8, -(10**6))
    assert roll.line(LineKind.FEES).usd == -Decimal("685.24")


def loan(**changed: object) -> Loan:
    levels = [Bps(Decimal(number)) for number in (6500, 8000, 9000)]
    made = Loan(
        "l1", "lender", Money(Decimal(0)), Money(Decimal(0)), "USD", parse_btc("3"), *levels, False, START,
        None, LoanState.OPEN, "test",
    )  # fmt: skip
    return replace(made, **changed)


def pledge(btc: str = "3") -> BookRecord:
    moved = Transfer("t1", "vault", "collateral", parse_btc(btc), Sats(0), START + DAY, "test", START + 2 * DAY)
    coins = CoinStatements(receipts=[opening("5")], transfers=[moved], marks=marks())
    held = Place("collateral", PlaceKind.PLEDGED, "lender", parse_btc(btc), START + 3 * DAY, "lender", "l1")
    return BookRecord(coins, places=[held], loans=[loan()])


def test_pledging_moves_coins_between_columns_and_is_no_line():
    found = books_of(pledge())
    assert found.month("2026-02").closing.sats == parse_btc("5")
    assert found.columns(START + DAY + DAY / 2) == {
        BookColumn.UNPLEDGED: parse_btc("2"),
        BookColumn.PLEDGED: 0,
        BookColumn.IN_TRANSIT: parse_btc("3"),
        BookColumn.RECEIVABLE: 0,
    }
    assert found.columns(START + 9 * DAY)[BookColumn.PLEDGED] == parse_btc("3")
    assert found.breaks(START + 9 * DAY) == ()


def test_coins_that_the_lender_may_reuse_leave_the_books_for_a_receivable_and_come_back():
    record = replace(pledge(), loans=[loan(may_reuse=True)])
    found = books_of(record)
    roll = found.month("2026-02")
    assert (roll.closing.sats, flow(roll, LineKind.RECEIVABLE)) == (parse_btc("2"), -parse_btc("3"))
    assert roll.line(LineKind.RECEIVABLE).usd == -Decimal("180333.00")  # 3 BTC at the mark of 3 February
    assert found.columns(START + 9 * DAY)[BookColumn.RECEIVABLE] == parse_btc("3")
    back = Transfer("t2", "collateral", "vault", parse_btc("3"), Sats(0), START + 40 * DAY, "test", START + 41 * DAY)
    returned = replace(record.coins, transfers=[*record.coins.transfers, back])
    again = books_of(replace(record, coins=returned))
    assert again.columns(START + 50 * DAY) == {**dict.fromkeys(BookColumn, 0), BookColumn.UNPLEDGED: parse_btc("5")}
    assert flow(again.month("2026-03"), LineKind.RECEIVABLE) == parse_btc("3")


def test_a_place_that_holds_less_than_the_books_say_is_a_break_with_an_age_and_an_owner():
    coins = CoinStatements(receipts=[opening("5")])
    looks = [seen("vault", btc, NOON + days * DAY) for btc, days in (("5", 1), ("4", 3), ("4", 5))]
    owner = BreakOwner("place-vault-2026-02", "alice", START + 4 * DAY, "asks the custodian")
    (found,) = books(coins, seen=looks, owners=[owner]).breaks(START + 9 * DAY)
    assert (found.id, found.kind, found.open) == ("place-vault-2026-02", BreakKind.PLACE, parse_btc("1"))
    assert (found.since, found.age_days(date(2026, 2, 10)), found.owner) == (date(2026, 2, 4), 6, "alice")


SOLD = BlockSale(
    "B-2026-0001", "vault", parse_btc("2"), Price(Decimal(70_000)), "USD", Money(Decimal(0)), "USD",
    NOON, "otc", "test", settles=date(2026, 2, 4),
)  # fmt: skip


def test_coins_sold_by_hand_tie_books_and_holdings_until_they_are_delivered():
    """Out of the books when they are sold, out of the place when they are delivered, a break at no time."""
    coins = CoinStatements(receipts=[opening("10")], blocks=[SOLD])
    looked = [seen("vault", "10", START + 2 * DAY), seen("vault", "8", START + 4 * DAY)]
    found = books(coins, seen=looked)
    for at in (START + DAY, START + 3 * DAY):
        total = holdings(
            [Place("vault", PlaceKind.CUSTODIAN, "vault", parse_btc("10"), START, "test")], [], {}, [],
            now=at, wall=at, blocks=[SOLD],
        )  # fmt: skip
        there = sum(one.sats for one in found.to_deliver(at))
        assert there == total.of(Column.UNSETTLED) == parse_btc("2")
        assert total.total == sum(found.held(at).values()) + there
    assert found.to_deliver(START + 4 * DAY) == ()
    assert found.breaks(START + 3 * DAY) == ()
    assert found.breaks(START + 6 * DAY) == ()
    document = day_json(found, date(2026, 2, 2), START + 9 * DAY)
    assert document["to_deliver"] == [{"block": SOLD.id, "place": "vault", "btc": "2.00000000", "by": "2026-02-04"}]
    assert (document["closing"]["btc"], document["at_places_btc"]) == ("8.00000000", "10.00000000")


def test_coins_that_were_handed_over_early_or_stay_too_long_are_told_apart():
    coins = CoinStatements(receipts=[opening("10")], blocks=[SOLD])
    assert books(coins, seen=[seen("vault", "8", START + 2 * DAY)]).breaks(START + 3 * DAY) == ()
    (found,) = books(coins, seen=[seen("vault", "9", START + 2 * DAY)]).breaks(START + 3 * DAY)
    assert (found.sats, "2.00000000 of them sold" in found.text) == (parse_btc("1"), True)
    (late,) = books(coins, seen=[seen("vault", "10", START + 5 * DAY)]).breaks(START + 6 * DAY)
    assert late.sats == -parse_btc("2")


def test_a_line_of_a_later_month_explains_what_was_last_seen_before_it():
    line = Explanation("E-1", "2026-03", parse_btc("0.4"), "found out late", "olga", None, "vault", date(2026, 3, 5))
    coins = CoinStatements(receipts=[opening("5")])
    found = books(coins, seen=[seen("vault", "4", NOON + 9 * DAY)], explanations=[line])
    assert [one.open for one in found.breaks(START + 20 * DAY)] == [parse_btc("1")]
    (later,) = found.breaks(START + 40 * DAY)
    assert (later.id, later.sats, later.open) == ("place-vault-2026-02", parse_btc("1"), parse_btc("0.6"))


def test_a_break_is_over_when_the_place_is_seen_as_the_books_have_it():
    coins = CoinStatements(receipts=[opening("5")])
    looks = [seen("vault", "4", START + DAY), seen("vault", "5", START + 2 * DAY)]
    found = books(coins, seen=looks)
    assert found.breaks(START + 3 * DAY) == ()
    assert [one.open for one in found.breaks(START + 2 * DAY - timedelta(hours=1))] == [parse_btc("1")]


def test_what_was_seen_before_the_cut_over_is_contained_in_it():
    coins = CoinStatements(receipts=[opening("5")])
    assert books(coins, seen=[seen("vault", "9", START - DAY)]).breaks(START + DAY) == ()


def test_a_place_below_zero_in_the_books_is_a_break_although_nobody_looked():
    sold = trade(1, 10**8, START + 2 * DAY)
    (found,) = books(CoinStatements(receipts=[opening("5")], fills=[sold])).breaks(START + 9 * DAY)
    assert (found.id, found.open, found.since) == ("place-kraken-2026-02", -(10**8), date(2026, 2, 3))


def test_a_midnight_statement_closes_the_month_that_ends_there():
    coins = CoinStatements(receipts=[opening("5")])
    midnight = datetime(2026, 3, 1, tzinfo=UTC)
    (found,) = books(coins, seen=[seen("vault", "4", midnight)]).breaks(midnight)
    assert (found.month, found.since) == ("2026-02", date(2026, 2, 28))


def test_what_is_booked_at_the_moment_of_a_statement_is_part_of_it_whenever_it_is_asked_about():
    midnight = datetime(2026, 3, 1, tzinfo=UTC)
    coins = CoinStatements(receipts=[opening("5"), receipt("r", "1", at=midnight)])
    found = books(coins, seen=[seen("vault", "6", midnight)])
    assert found.breaks(midnight) == found.breaks(midnight + DAY) == ()
    assert found.month("2026-02").closing.sats == parse_btc("5")


@pytest.mark.parametrize("kind", [PlaceKind.POOL, PlaceKind.IN_TRANSIT])
def test_a_statement_about_a_pool_or_a_transfer_is_held_against_the_books_place_of_it(kind):
    mined = MiningDay(date(2026, 2, 3), "luxor", "", parse_btc("1"), None, None, None, "test")
    moving = Transfer("t1", "vault", "kraken", parse_btc("1"), Sats(0), START + DAY, "test")
    coins = CoinStatements(receipts=[opening("5")], mining=[mined], transfers=[moving])
    name = "luxor" if kind is PlaceKind.POOL else "t1"
    said = Place(name, kind, "as stated", parse_btc("1"), START + 5 * DAY, "pool")
    assert books(coins, places=[said]).breaks(START + 9 * DAY) == ()
    short = replace(said, sats=parse_btc("0.5"))
    (found,) = books(coins, places=[short]).breaks(START + 9 * DAY)
    assert found.open == parse_btc("0.5")


def closed_with(before: CoinStatements) -> MonthClose:
    """February closed over what was known then."""
    found = books(before)
    ends = end_of(DAYS[27])
    lots = lot_book(stream(before), Relief(), Marks(before.marks), ends)
    return make_close("2026-02", close_document(found, "2026-02", lots, ()), "alice", ends + DAY)


@settings(max_examples=30)
@given(statements(), st.data())
def test_whatever_comes_after_a_close_leaves_it_as_it_was_and_ends_where_open_books_would(coins, data):
    kept = {
        name: data.draw(st.lists(st.sampled_from(found), unique_by=id) if found else st.just([]))
        for name in ("receipts", "mining", "transfers", "pay_outs", "fills")
        for found in [list(getattr(coins, name))]
    }
    close = closed_with(replace(coins, **kept))
    before = books(replace(coins, **kept), closes=[close])
    after = books(coins, closes=[close])
    assert after.month("2026-02") == before.month("2026-02") == books(replace(coins, **kept)).month("2026-02")
    assert after.month("2026-03").opening == before.month("2026-02").closing
    never_closed = books(coins)
    assert after.held(end_of(DAYS[-1])) == never_closed.held(end_of(DAYS[-1]))
    assert after.month("2026-03").closing == never_closed.month("2026-03").closing


def test_what_a_closed_month_has_and_the_record_has_not_any_more_is_taken_back_by_an_entry():
    """A pool takes a day back, and a receipt turns out to have come elsewhere."""
    gone, kept = receipt("r-1", "2", at=NOON), receipt("r-2", "3", at=NOON)
    coins = CoinStatements(receipts=[gone, kept], marks=marks())
    close = closed_with(coins)
    after = books(replace(coins, receipts=[replace(kept, place="till")]), closes=[close])
    assert after.month("2026-02") == books(coins).month("2026-02"), "a closed month stays as it was"
    corrections = {(one.ref, one.place): (one.sats, one.note) for one in after.entries if one.note}
    assert corrections["receipt/r-1", "vault"] == (-parse_btc("2"), "receipt/r-1 is not on record any more")
    assert corrections["receipt/r-2", "vault"] == (-parse_btc("3"), "receipt/r-2 is not on record any more")
    assert after.held(end_of(DAYS[-1])) == {"till": parse_btc("3")}


@settings(max_examples=50)
@given(statements())
def test_a_close_is_read_back_as_it_was_written(coins):
    record = closed_with(coins)
    closed = read_close(record)
    expected = [entry for entry in books(coins).entries if entry.at < end_of(DAYS[27])]
    assert list(closed.entries) == expected
