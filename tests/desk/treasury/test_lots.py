"""Lots: opened by what came, carried by moves, taken by what went; what lacks a lot, a cost or a rate is said."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from desk.treasury.coin_records import BlockSale, LotPick, PayOut, ReceiptKind, ReliefMethod, ReliefRule
from desk.treasury.coin_stream import fee_sats, stream
from desk.treasury.lot_book import lot_book
from desk.treasury.lots import LotBook, realised, share
from desk.treasury.movements import CoinStatements
from desk.treasury.relief import Relief
from desk.treasury.valuation import Marks
from desk.units import Money, Price, Sats, parse_btc

DAY = timedelta(days=1)


def book(relief: Relief | None = None, until: datetime | None = None, **given: object) -> LotBook:
    statements = CoinStatements(**given)
    return lot_book(stream(statements), relief or Relief(), Marks(statements.marks), until)


def three(coins):
    """One coin each at 50,000, then 80,000, then 60,000."""
    prices = (("old", "50000"), ("dear", "80000"), ("new", "60000"))
    return [
        coins.receipt(id, "1", at=coins.noon + number * DAY, unit_value=Price(Decimal(price)))
        for number, (id, price) in enumerate(prices)
    ]


@pytest.mark.parametrize(
    ("method", "lots"),
    [
        (ReliefMethod.FIFO, ["old", "dear"]),
        (ReliefMethod.LIFO, ["new", "dear"]),
        (ReliefMethod.HIFO, ["dear", "new"]),
        (ReliefMethod.SPECIFIC, ["old", "dear"]),
    ],
)
def test_each_method_takes_its_own_lots(coins, method, lots):
    sold = [coins.trade("1", "1.5", coins.noon + 5 * DAY)]
    (disposal,) = book(Relief(method), receipts=three(coins), fills=sold).disposals
    assert [(one.lot, one.sats) for one in disposal.taken] == [(lots[0], 100_000_000), (lots[1], 50_000_000)]


def test_the_gain_of_a_fill_is_its_net_proceeds_less_the_cost_of_what_it_took(coins):
    sold = [coins.trade("1", "1.5", coins.noon + 5 * DAY, fee=Money(Decimal("25.50")))]
    (disposal,) = book(receipts=three(coins), fills=sold).disposals
    assert disposal.net == Decimal("104974.50")
    assert disposal.cost == Decimal("90000.00")
    assert disposal.gain == Decimal("14974.50")
    assert [one.gain for one in disposal.taken] == [Decimal("19983.00"), Decimal("-5008.50")]


def test_a_rule_counts_from_its_day_on(coins):
    rules = [ReliefRule(date(2026, 2, 11), ReliefMethod.LIFO, "board")]
    sold = [coins.trade("1", "0.5", coins.noon + 3 * DAY), coins.trade("2", "0.5", coins.noon + 4 * DAY)]
    first, second = book(Relief(rules=rules), receipts=three(coins), fills=sold).disposals
    assert (first.method, first.taken[0].lot) == (ReliefMethod.FIFO, "old")
    assert (second.method, second.taken[0].lot) == (ReliefMethod.LIFO, "new")


def test_a_pick_goes_before_any_method_and_may_name_the_sale_or_one_trade(coins):
    picks = [
        LotPick("S-2026-0001", "dear", Sats(70_000_000), "t"),
        LotPick("fill/kraken/2", "new", Sats(10_000_000), "t"),
    ]
    sold = [coins.trade("1", "0.5", coins.noon + 4 * DAY), coins.trade("2", "0.5", coins.noon + 5 * DAY)]
    first, second = book(Relief(picks=picks), receipts=three(coins), fills=sold).disposals
    assert [(one.lot, one.sats) for one in first.taken] == [("dear", 50_000_000)]
    assert [(one.lot, one.sats) for one in second.taken] == [
        ("new", 10_000_000),
        ("dear", 20_000_000),
        ("old", 20_000_000),
    ]


def test_under_specific_identification_what_nobody_picked_is_named(coins):
    picks = [LotPick("S-2026-0001", "dear", Sats(70_000_000), "t")]
    sold = [coins.trade("1", "1", coins.noon + 4 * DAY)]
    found = book(Relief(ReliefMethod.SPECIFIC, picks=picks), receipts=three(coins), fills=sold)
    assert found.problems == ("fill/kraken/1: nobody picked lots for 0.30000000 BTC; taken first in, first out",)


def test_a_pick_of_an_unknown_lot_or_of_coins_elsewhere_is_a_visible_problem(coins):
    receipts = [coins.receipt("here", "1"), coins.receipt("away", "1", "vault")]
    picks = [LotPick("S-2026-0001", "away", Sats(5), "t"), LotPick("S-2026-0001", "nowhere", Sats(7), "t")]
    found = book(Relief(picks=picks), receipts=receipts, fills=[coins.trade("1", "1")])
    assert found.problems == (
        "pick of 0.00000005 BTC of lot away for S-2026-0001: not there to take",
        "pick of 0.00000007 BTC of lot nowhere for S-2026-0001: no such lot",
    )
    assert [one.lot for one in found.disposals[0].taken] == ["here"]


def test_a_fee_in_coins_goes_with_its_own_cost_and_nothing_is_taken_off_the_proceeds(coins):
    fee = Money(Decimal("0.002"))
    (disposal,) = book(
        receipts=[coins.receipt("a", "2")], fills=[coins.trade("1", "1", fee=fee, fee_currency="BTC")]
    ).disposals
    assert (disposal.sats, disposal.fee_sats) == (100_000_000, 200_000)
    assert disposal.cost == Decimal("60120.00")
    assert disposal.net == Decimal("70000.00000000")
    assert disposal.gain == Decimal("9880.00000000")


@pytest.mark.parametrize(
    ("fee", "sats"), [("0.000000014", 1), ("0.000000016", 2), ("0.000000015", 2), ("0.000000005", 0)]
)
def test_a_fee_finer_than_a_satoshi_is_the_nearest_one(fee, sats):
    assert fee_sats(Decimal(fee)) == sats


def test_a_lots_cost_is_shared_to_the_nearest_cent_and_the_last_part_takes_the_rest():
    assert [share(100, part, 3) for part in (1, 2, 3)] == [33, 67, 100]
    assert [share(1, part, 2) for part in (1, 2)] == [1, 1]


def test_a_rebate_in_coins_opens_a_lot_at_the_price_of_its_trade_and_counts_as_proceeds(coins):
    fee = Money(Decimal("-0.001"))
    found = book(receipts=[coins.receipt("a", "1")], fills=[coins.trade("1", "1", fee=fee, fee_currency="BTC")])
    (disposal,) = found.disposals
    assert disposal.net == Decimal(70070)
    (rebate,) = [lot for lot in found.lots if lot.id == "fill/kraken/1/rebate"]
    assert (rebate.sats, rebate.cost, rebate.remaining) == (100_000, Decimal("70.00"), 100_000)


def test_another_coins_fee_stays_in_its_coin_until_a_mark_says_what_it_is_worth(coins):
    sold = coins.trade("1", "1", fee=Money(Decimal(3)), fee_currency="BNB")
    (without,) = book(receipts=[coins.receipt("a", "1")], fills=[sold]).disposals
    assert (without.net, without.gain) == (None, None)
    assert without.missing == ("mark BNB/USD of 2026-02-07 missing",)
    mark = coins.mark(date(2026, 2, 7), "600", "BNB/USD")
    (known,) = book(receipts=[coins.receipt("a", "1")], fills=[sold], marks=[mark]).disposals
    assert known.net == Decimal(68200)
    assert [rate.source for rate in known.rates] == ["BNB/USD of test"]


def test_stablecoins_are_not_dollars_without_a_mark_of_that_day(coins):
    given = {"receipts": [coins.receipt("a", "1")], "quotes": {"S-2026-0001": "USDT"}}
    sold = coins.trade("1", "1", fee=Money(Decimal(70)), fee_currency="USDT")
    other_day = coins.mark(date(2026, 2, 6), "0.9990", "USDT/USD")
    (without,) = book(**given, fills=[sold], marks=[other_day]).disposals
    assert without.missing == ("mark USDT/USD of 2026-02-07 missing",)
    (known,) = book(**given, fills=[sold], marks=[coins.mark(date(2026, 2, 7), "0.9990", "USDT/USD")]).disposals
    assert known.net == Decimal("69860.0700")
    assert known.gain == Decimal("9860.0700")


def test_coins_that_no_lot_covers_are_named_and_have_no_gain(coins):
    found = book(receipts=[coins.receipt("a", "0.4")], fills=[coins.trade("1", "1")])
    (disposal,) = found.disposals
    assert (disposal.uncovered, disposal.gain) == (60_000_000, None)
    assert [one.sats for one in disposal.taken] == [40_000_000]
    assert found.problems == ("fill/kraken/1: no lot at kraken covers 0.60000000 BTC",)
    assert found.unmatched == {"kraken": 60_000_000}


def test_a_lot_lies_in_pieces_where_its_coins_went_and_one_part_may_be_on_its_way(coins):
    transfers = [
        coins.transfer("t1", "0.3", "pool:luxor", "vault", coins.noon + DAY, txid="ab12", fee=Sats(1000)),
        coins.transfer("t2", "0.1", "vault", "kraken", coins.noon + 2 * DAY, arrived=None),
    ]
    mark = coins.mark(date(2026, 2, 7), "60000")
    found = book(mining=[coins.mined(date(2026, 2, 7), "1")], transfers=transfers, marks=[mark])
    (lot,) = found.lots
    assert [(piece.place, piece.sats) for piece in lot.pieces] == [
        ("pool:luxor", 69_999_000),
        ("transit:t2", 10_000_000),
        ("vault", 20_000_000),
    ]
    assert sum(piece.cost for piece in lot.pieces) + found.disposals[0].cost == lot.cost == Decimal(60000)
    assert (lot.earned, lot.source, lot.txid) == (date(2026, 2, 7), "luxor", "ab12")
    assert lot.credited == datetime(2026, 2, 7, 23, 59, 59, 999999, tzinfo=UTC)
    assert lot.received == coins.noon + DAY
    assert [(step.transfer, step.to_place, step.sats) for step in lot.steps] == [("t1", "vault", 30_000_000)]


def test_what_is_sold_comes_from_lots_at_that_place_only(coins):
    receipts = [coins.receipt("vault-lot", "1", "vault", coins.noon - DAY), coins.receipt("venue-lot", "1")]
    (disposal,) = book(receipts=receipts, fills=[coins.trade("1", "1")]).disposals
    assert [one.lot for one in disposal.taken] == ["venue-lot"]


def test_a_network_fee_is_a_disposal_at_the_mark_of_its_day(coins):
    given = {
        "receipts": [coins.receipt("a", "1", "vault", coins.noon - DAY)],
        "transfers": [coins.transfer("t", "0.5", "vault", "kraken", fee=Sats(10_000))],
    }
    (unknown,) = book(**given).disposals
    assert (unknown.sats, unknown.missing) == (10_000, ("mark BTC/USD of 2026-02-07 missing",))
    (fee,) = book(**given, marks=[coins.mark(date(2026, 2, 7), "70000")]).disposals
    assert (fee.net, fee.cost, fee.gain) == (Decimal(7), Decimal(6), Decimal(1))


def test_a_payment_in_coins_realises_what_they_were_worth_then(coins):
    paid = PayOut(
        "p", "kraken", parse_btc("0.1"), coins.noon, "vendor", "hosting", "invoice 7", Price(Decimal(71000))
    )
    (disposal,) = book(receipts=[coins.receipt("a", "1")], pay_outs=[paid]).disposals
    assert (disposal.net, disposal.gain) == (Decimal(7100), Decimal(1100))


def test_a_block_sale_relieves_lots_like_any_other(coins):
    block = BlockSale(
        "B-1", "vault", parse_btc("1"), Price(Decimal(69000)), "USD", Money(Decimal(100)), "USD", coins.noon, "x", "s"
    )
    (disposal,) = book(receipts=[coins.receipt("a", "1", "vault")], blocks=[block]).disposals
    assert (disposal.id, disposal.gain) == ("block/B-1", Decimal(8900))


def test_an_opening_lot_keeps_its_stated_basis_and_its_first_date(coins):
    opening = coins.receipt(
        "o",
        "2",
        kind=ReceiptKind.OPENING,
        earned=date(2025, 3, 1),
        cost=Money(Decimal("123456.785")),
        unit_value=None,
    )
    newer = coins.receipt("n", "1", at=coins.noon, kind=ReceiptKind.OPENING, earned=date(2025, 1, 1))
    found = book(receipts=[opening, newer], fills=[coins.trade("1", "1")])
    assert found.lot("o").cost == Decimal("123456.78")
    assert found.disposals[0].taken[0].lot == "n"


def test_a_lot_of_unknown_cost_says_what_is_missing_and_hifo_takes_it_last(coins):
    receipts = [
        coins.receipt("bare", "1", unit_value=None),
        coins.receipt("cheap", "1", unit_value=Price(Decimal(1))),
    ]
    found = book(Relief(ReliefMethod.HIFO), receipts=receipts, fills=[coins.trade("1", "1.5")])
    (disposal,) = found.disposals
    assert [one.lot for one in disposal.taken] == ["cheap", "bare"]
    assert (disposal.cost, disposal.gain) == (None, None)
    assert disposal.missing == ("cost of lot bare unknown",)
    assert found.problems == (
        "lot bare: cost unknown, neither cost nor unit value stated, mark BTC/USD of 2026-02-07 missing",
    )


def test_an_opening_lot_without_a_basis_is_not_valued_at_the_cut_overs_price(coins):
    bare = coins.receipt("o", "1", kind=ReceiptKind.OPENING, unit_value=None)
    found = book(receipts=[bare], marks=[coins.mark(date(2026, 2, 7), "70000")])
    assert found.problems == ("lot o: cost unknown, neither cost nor unit value stated",)
    new = coins.receipt("r", "1", unit_value=None)
    assert book(receipts=[new], marks=[coins.mark(date(2026, 2, 7), "70000")]).lots[0].cost == Decimal(70000)


def test_cumulative_gains_and_losses_are_kept_apart_and_the_unknown_counted(coins):
    sold = [
        coins.trade("1", "1", coins.noon + 3 * DAY),
        coins.trade("2", "1", coins.noon + 4 * DAY),
        coins.trade("3", "2", coins.noon + 5 * DAY),
    ]
    total = realised(book(receipts=three(coins), fills=sold).disposals)
    assert (total.gains, total.losses, total.net, total.unknown) == (
        Decimal(20000),
        Decimal(10000),
        Decimal(10000),
        1,
    )


def test_the_book_of_an_earlier_moment_knows_nothing_of_later_ones(coins):
    sold = [coins.trade("1", "1", coins.noon + 3 * DAY)]
    found = book(receipts=three(coins), fills=sold, until=coins.noon + 2 * DAY)
    assert (len(found.lots), len(found.disposals)) == (2, 0)
