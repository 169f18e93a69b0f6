"""Coins at every place follow from what came, moved and went, whatever order the statements are in."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from desk.treasury.coin_records import BlockSale, Mark, PayOut, Receipt, ReceiptKind, Transfer
from desk.treasury.coin_stream import stream
from desk.treasury.movements import CoinStatements, MovementKind, balances, credited_at, mining_lot
from desk.treasury.records import MiningDay
from desk.units import Money, Price, Sats, parse_btc

NOON = datetime(2026, 2, 7, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
PRICE = Price(Decimal("68524.1"))
FEE = Money(Decimal("171.31"))


@dataclass(frozen=True)
class Trade:
    trade_id: str
    quantity: Sats
    executed: datetime = NOON
    venue: str = "kraken"
    client_order_id: str = "c1"
    sale_id: str = "S-2026-0001"
    price: Price = PRICE
    cost: Decimal = PRICE
    fee: Money = FEE
    fee_currency: str = "USD"


def receipt(id: str, btc: str, place: str = "vault", at: datetime = NOON, **changed: object) -> Receipt:
    made = Receipt(id, ReceiptKind.RECEIVED, place, parse_btc(btc), at, "test")
    return replace(made, **changed)


def transfer(id: str, btc: str, start: str, end: str, at: datetime = NOON, **changed: object) -> Transfer:
    made = Transfer(id, start, end, parse_btc(btc), Sats(0), at, "test", arrived=at)
    return replace(made, **changed)


def mined(day: date, btc: str, **changed: object) -> MiningDay:
    made = MiningDay(day, "luxor", "georgia", parse_btc(btc), None, None, None, "test")
    return replace(made, **changed)


def test_a_mined_day_lies_at_its_pool_valued_by_that_days_mark():
    mark = Mark(date(2026, 2, 7), "BTC/USD", Price(Decimal(70000)), NOON, "kraken", "kraken mid at 00:00 UTC")
    (one,) = stream(CoinStatements(mining=[mined(date(2026, 2, 7), "1.5")], marks=[mark]))
    assert (one.kind, one.place, one.sats) == (MovementKind.MINED, "pool:luxor", parse_btc("1.5"))
    assert (one.unit_value, one.value_source, one.value_at) == (Decimal(70000), "BTC/USD of kraken", NOON)
    assert one.lot == "mined/2026-02-07/luxor/georgia"


def test_a_mined_day_without_a_mark_has_no_value_rather_than_another_days():
    mark = Mark(date(2026, 2, 6), "BTC/USD", Price(Decimal(70000)), NOON, "kraken", "policy")
    (one,) = stream(CoinStatements(mining=[mined(date(2026, 2, 7), "1.5")], marks=[mark]))
    assert one.unit_value is None


def test_a_day_is_credited_when_the_pool_says_or_at_the_end_of_the_pools_day():
    day = date(2026, 1, 31)
    assert credited_at(mined(day, "1", credited=NOON)) == NOON
    assert credited_at(mined(day, "1")) == datetime(2026, 1, 31, 23, 59, 59, 999999, tzinfo=UTC)
    new_york = credited_at(mined(day, "1", zone="America/New_York"))
    assert new_york == datetime(2026, 2, 1, 4, 59, 59, 999999, tzinfo=UTC)


def test_a_pools_day_of_23_or_25_hours_ends_at_its_midnight():
    ends = {
        day: credited_at(mined(day, "1", zone="America/New_York")) for day in (date(2026, 3, 8), date(2026, 11, 1))
    }
    assert ends[date(2026, 3, 8)] == datetime(2026, 3, 9, 3, 59, 59, 999999, tzinfo=UTC)
    assert ends[date(2026, 11, 1)] == datetime(2026, 11, 2, 4, 59, 59, 999999, tzinfo=UTC)


def test_names_with_slashes_cannot_make_two_days_one_lot():
    one, other = (
        mined(date(2026, 2, 7), "1", pool="a/b", site="c"),
        mined(date(2026, 2, 7), "1", pool="a", site="b/c"),
    )
    assert mining_lot(one) != mining_lot(other)


def test_a_transfer_is_in_transit_between_its_two_ends_and_burns_its_fee():
    given = CoinStatements(
        receipts=[receipt("r", "2")],
        transfers=[transfer("t", "1", "vault", "kraken", NOON + HOUR, arrived=NOON + 3 * HOUR, fee=Sats(500))],
    )
    moves = stream(given)
    between = balances(moves, NOON + 2 * HOUR)
    assert between == {"vault": 99_999_500, "transit:t": 100_000_000}
    assert balances(moves) == {"vault": 99_999_500, "transit:t": 0, "kraken": 100_000_000}


def test_what_has_not_arrived_stays_in_transit():
    given = CoinStatements(receipts=[receipt("r", "1")], transfers=[transfer("t", "1", "vault", "x", arrived=None)])
    assert balances(stream(given)) == {"vault": 0, "transit:t": 100_000_000}


def test_a_fill_sells_its_quantity_and_a_fee_in_coins_leaves_too():
    in_dollars = stream(CoinStatements(fills=[Trade("1", parse_btc("1"))], quotes={"S-2026-0001": "USDT"}))
    assert [(one.kind, one.sats, one.currency) for one in in_dollars] == [(MovementKind.SOLD, -100_000_000, "USDT")]
    fee = Money(Decimal("0.0025"))
    in_coins = stream(CoinStatements(fills=[Trade("1", parse_btc("1"), fee=fee, fee_currency="BTC")]))
    assert [(one.kind, one.sats) for one in in_coins] == [
        (MovementKind.SOLD, -100_000_000),
        (MovementKind.FEE, -250_000),
    ]
    assert {one.disposal for one in in_coins} == {"fill/kraken/1"}


def test_the_moves_sum_to_nothing_and_the_rest_to_what_is_there():
    given = everything()
    moves = stream(given)
    assert sum(one.sats for one in moves if one.kind is MovementKind.MOVED) == 0
    outside = sum(one.sats for one in moves if one.kind is not MovementKind.MOVED)
    assert outside == sum(balances(moves).values())


def test_the_stream_is_the_same_whatever_order_its_statements_came_in():
    given = everything()
    shuffled = random.Random(7)
    for _ in range(20):
        mixed = replace(
            given,
            **{
                name: shuffled.sample(list(getattr(given, name)), len(getattr(given, name)))
                for name in ("receipts", "transfers", "fills", "pay_outs", "blocks", "mining")
            },
        )
        assert stream(mixed) == stream(given)


def test_of_one_instant_coins_come_before_they_move_and_move_before_they_go():
    given = CoinStatements(
        receipts=[receipt("z", "1", "a")],
        transfers=[transfer("1", "1", "b", "c"), transfer("2", "1", "a", "b")],
        fills=[Trade("0", parse_btc("1"), venue="c")],
    )
    held: dict[str, int] = {}
    for one in stream(given):
        held[one.place] = held.get(one.place, 0) + one.sats
        assert held[one.place] >= 0, one.id


def test_a_round_trip_of_one_instant_is_taken_by_id():
    there, back = transfer("1", "1", "a", "b"), transfer("2", "1", "b", "a")
    moves = stream(CoinStatements(receipts=[receipt("r", "1", "a")], transfers=[back, there]))
    assert balances(moves)["a"] == 100_000_000
    assert [one.ref for one in moves if one.kind is MovementKind.MOVED] == ["1"] * 4 + ["2"] * 4


def everything() -> CoinStatements:
    return CoinStatements(
        receipts=[receipt("r1", "3", "a"), receipt("r2", "2", "b", NOON - HOUR)],
        mining=[mined(date(2026, 2, 6), "0.5"), mined(date(2026, 2, 7), "0.25")],
        transfers=[
            transfer("t1", "1", "a", "kraken", NOON, fee=Sats(1000)),
            transfer("t2", "0.5", "pool:luxor", "a", NOON + 30 * HOUR, arrived=None),
        ],
        pay_outs=[PayOut("p", "b", Sats(7), NOON, "vendor", "hosting", "test")],
        blocks=[
            BlockSale(
                "otc",
                "b",
                parse_btc("1"),
                Price(Decimal(69000)),
                "USD",
                Money(Decimal("0.001")),
                "BTC",
                NOON,
                "desk one",
                "test",
            )
        ],
        fills=[Trade("1", parse_btc("0.4")), Trade("2", parse_btc("0.6"), fee=Money(Decimal(-1)))],
    )


def test_the_stream_begins_with_the_opening_lots_which_contain_everything_earlier():
    start = datetime(2026, 2, 7, tzinfo=UTC)
    opening = [
        receipt("o1", "5", "vault", start, kind=ReceiptKind.OPENING),
        receipt("o2", "1", "transit:t", start, kind=ReceiptKind.OPENING),
    ]
    given = CoinStatements(
        receipts=opening,
        mining=[mined(date(2026, 2, 6), "9"), mined(date(2026, 2, 7), "0.5")],
        transfers=[transfer("t", "1", "vault", "kraken", start - HOUR, arrived=start + HOUR)],
    )
    held = balances(stream(given))
    assert {place: sats / 1e8 for place, sats in held.items() if sats} == {"vault": 5, "pool:luxor": 0.5, "kraken": 1}
