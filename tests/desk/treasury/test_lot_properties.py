"""Whatever happens to coins, in whatever order it is told: no satoshi and no cent appears or is lost."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.treasury.coin_records import BlockSale, LotPick, PayOut, ReceiptKind, ReliefMethod, ReliefRule
from desk.treasury.coin_stream import stream
from desk.treasury.lot_book import lot_book
from desk.treasury.movements import CoinStatements, balances
from desk.treasury.relief import Relief
from desk.treasury.valuation import Marks
from desk.units import Money, Price, Sats, exact_sum

PLACES = ("vault", "kraken", "lender", "pool:luxor")
HOURS = st.integers(0, 6).map(lambda hours: timedelta(hours=12 * hours))
SATS = st.integers(1, 5_000).map(Sats)
PRICES = st.integers(1, 10**7).map(lambda cents: Price(Decimal(cents) / 100))
KINDS = st.sampled_from([*[ReceiptKind.RECEIVED] * 4, ReceiptKind.RETURNED, ReceiptKind.OPENING])
FEES = st.sampled_from([("0", "USD"), ("1.5", "USD"), ("0.00000030", "BTC"), ("-0.00000007", "BTC"), ("2", "BNB")])
METHODS = st.sampled_from(list(ReliefMethod))


@pytest.fixture(scope="module")
def statements(make_coins):
    """Strategies: statements that may sell and move more than there is, often at one instant."""
    coins = make_coins()

    @st.composite
    def made(draw, most_gone: int = 6) -> CoinStatements:
        def several(of, most: int = 6) -> list:
            return [of(number) for number in range(draw(st.integers(0, most)))]

        def at():
            return coins.noon + draw(HOURS)

        def receipt(number: int):
            value = draw(st.none() | PRICES)
            some = coins.receipt(f"r{number}", "1", draw(st.sampled_from(PLACES)), at(), unit_value=value)
            return replace(some, sats=draw(SATS), kind=draw(KINDS))

        def transfer(number: int):
            start, end = draw(st.permutations(PLACES))[:2]
            some, sent = coins.transfer(f"t{number}", "1", start, end), at()
            arrived = draw(st.sampled_from([None, sent, sent + timedelta(hours=12)]))
            return replace(some, sats=draw(SATS), sent=sent, arrived=arrived, fee=Sats(draw(st.integers(0, 90))))

        def trade(number: int):
            fee, currency = draw(FEES)
            some = coins.trade(f"{number}", "1", at(), price=draw(PRICES))
            return replace(some, quantity=draw(SATS), fee=Money(Decimal(fee)), fee_currency=currency)

        def block(number: int):
            fee, currency = draw(FEES)
            where, at_price = draw(st.sampled_from(PLACES)), draw(PRICES)
            return BlockSale(
                f"B{number}", where, draw(SATS), at_price, "USD", Money(Decimal(fee)), currency, at(), "otc", "s"
            )

        def mined(number: int):
            return replace(coins.mined(date(2026, 2, 7 + number), "1"), mined=draw(SATS))

        def paid(number: int):
            return PayOut(f"p{number}", draw(st.sampled_from(PLACES)), draw(SATS), at(), "v", "x", "s", draw(PRICES))

        return CoinStatements(
            receipts=several(receipt, 8),
            mining=several(mined, 3),
            transfers=several(transfer),
            fills=several(trade, most_gone),
            pay_outs=several(paid, most_gone),
            blocks=several(block, most_gone),
            marks=[coins.mark(date(2026, 2, 7), "61234.56")],
        )

    return made


@st.composite
def reliefs(draw) -> Relief:
    rules = [ReliefRule(date(2026, 2, 8), draw(METHODS), "board")] if draw(st.booleans()) else []
    names = st.sampled_from(["S-2026-0001", "t0", "t1", "p0", "B0", "fill/kraken/0"])
    lots = st.sampled_from(["r0", "r1", "r2", "mined/2026-02-07/luxor/georgia", "unknown"])
    picks = draw(st.lists(st.builds(LotPick, names, lots, SATS, st.just("t")), max_size=4))
    return Relief(draw(METHODS), rules, list({(one.disposal, one.lot): one for one in picks}.values()))


def book_of(given_: CoinStatements, relief: Relief):
    return lot_book(stream(given_), relief, Marks(given_.marks))


@given(data=st.data(), relief=reliefs())
@settings(max_examples=150, deadline=None)
def test_lots_sum_to_holdings_at_every_place_and_nothing_is_relieved_twice(statements, data, relief):
    some = data.draw(statements())
    book = book_of(some, relief)
    lying: Counter[str] = Counter()
    for lot in book.lots:
        lying.update({piece.place: piece.sats for piece in lot.pieces})
        assert all(piece.sats > 0 for piece in lot.pieces)
    held = balances(stream(some))
    places = {*lying, *held, *book.unmatched}
    assert {p: lying[p] for p in places} == {p: held.get(p, 0) + book.unmatched.get(p, 0) for p in places}
    taken: Counter[str] = Counter()
    for disposal in book.disposals:
        for one in disposal.taken:
            taken[one.lot] += one.sats
        assert sum(one.sats for one in disposal.taken) + disposal.uncovered == disposal.sats + disposal.fee_sats
    assert all(lot.relieved == taken[lot.id] <= lot.sats for lot in book.lots)


@given(data=st.data(), relief=reliefs())
@settings(max_examples=100, deadline=None)
def test_every_lots_cost_is_conserved_to_the_cent(statements, data, relief):
    book = book_of(data.draw(statements()), relief)
    spent: dict[str, list[Decimal]] = {}
    for disposal in book.disposals:
        for one in disposal.taken:
            spent.setdefault(one.lot, []).append(one.cost or Decimal(0))
            assert one.cost is None or (one.cost >= 0 and one.cost == round(one.cost, 2))
    for lot in book.lots:
        if lot.cost is not None:
            assert exact_sum([*spent.get(lot.id, []), lot.remaining_cost or Decimal(0)]) == lot.cost


@given(data=st.data(), relief=reliefs())
@settings(max_examples=100, deadline=None)
def test_a_disposals_net_proceeds_are_given_to_its_lots_and_to_nobody_else(statements, data, relief):
    for disposal in book_of(data.draw(statements()), relief).disposals:
        if disposal.net is None or disposal.uncovered:
            continue
        assert exact_sum([one.net or Decimal(0) for one in disposal.taken]) == disposal.net
        if disposal.gain is not None:
            assert exact_sum([one.gain or Decimal(0) for one in disposal.taken]) == disposal.gain


@given(data=st.data(), relief=reliefs(), shuffle=st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_order_in_which_statements_are_told_changes_nothing(statements, data, relief, shuffle):
    some = data.draw(statements())
    mixed = replace(
        some,
        **{
            name: shuffle.sample(list(getattr(some, name)), len(getattr(some, name)))
            for name in ("receipts", "mining", "transfers", "pay_outs", "blocks", "fills")
        },
    )
    assert book_of(mixed, relief) == book_of(some, relief)


@given(data=st.data(), relief=reliefs())
@settings(max_examples=60, deadline=None)
def test_moves_keep_their_lots(statements, data, relief):
    some = data.draw(statements(most_gone=0))
    feeless = replace(some, transfers=[replace(one, fee=Sats(0)) for one in some.transfers])
    moved, still = book_of(feeless, relief), book_of(replace(feeless, transfers=[]), relief)

    def told(book):
        return [(lot.id, lot.sats, lot.remaining, lot.cost, lot.remaining_cost) for lot in book.lots]

    assert told(moved) == told(still)
    assert not moved.disposals
