"""What pools owe counts among the coins, once: mined days less pay-outs, on top of a statement where there is one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from desk.treasury.coin_records import PayOut, Receipt, ReceiptKind, Transfer
from desk.treasury.coin_stream import stream
from desk.treasury.movements import CoinStatements, balances, credited_at
from desk.treasury.pool_coins import Credit, pool_coins, with_pools
from desk.treasury.records import MiningDay, Place, PlaceKind
from desk.units import Sats, parse_btc

CUT_OVER = datetime(2026, 2, 1, tzinfo=UTC)
NOW = datetime(2026, 2, 7, 14, 0, tzinfo=UTC)
A_DAY = timedelta(days=1)
OPENING = Receipt("o-1", ReceiptKind.OPENING, "pool:luxor", parse_btc("4"), CUT_OVER, "books")
CREDITS = [Credit("luxor", parse_btc("1.5"), CUT_OVER + n * A_DAY, True) for n in (-3, 1, 2, 5)]
PAID = Transfer("t-1", "pool:luxor", "vault", parse_btc("5"), parse_btc("0.5"), CUT_OVER + 3 * A_DAY, "pool")
STATED = Place("luxor", PlaceKind.POOL, "Luxor", parse_btc("2"), CUT_OVER + 4 * A_DAY, "the pool's page")


def held(*places: Place, now: datetime = NOW, receipts: tuple[Receipt, ...] = (OPENING,)) -> dict[str, Sats]:
    found = with_pools(places, pool_coins(CREDITS, receipts, [PAID]), now)
    return {place.name: place.sats for place in found}


def test_a_pool_nobody_stated_holds_its_opening_coins_and_mined_days_less_what_it_paid():
    assert held() == {"luxor": parse_btc("3.0")}
    assert held(now=CUT_OVER + 2 * A_DAY) == {"luxor": parse_btc("7.0")}


def test_without_opening_lots_nothing_is_made_up():
    assert held(receipts=()) == {}
    assert held(STATED, receipts=()) == {"Luxor": parse_btc("2")}


def test_a_stated_pool_is_brought_up_by_what_came_and_went_since_and_stands_there_once():
    assert held(STATED) == {"Luxor": parse_btc("3.5")}
    assert held(replace(STATED, as_of=NOW)) == {"Luxor": parse_btc("2")}
    (place,) = with_pools([STATED], pool_coins(CREDITS, [OPENING], [PAID]), NOW)
    assert "1.50000000 BTC more since its statement" in place.note
    assert place.as_of == CUT_OVER + 5 * A_DAY, "as old as the newest day that it is made of"


def test_a_pool_that_paid_more_than_it_had_holds_nothing():
    wages = PayOut("p-1", "pool:luxor", parse_btc("50"), NOW, "somebody", "wages", "ticket")
    assert with_pools((), pool_coins(CREDITS, [OPENING], [PAID], [wages]), NOW) == ()


def test_the_books_say_the_same():
    day = MiningDay((CUT_OVER + A_DAY).date(), "luxor", "", parse_btc("1.5"), None, None, None, "pool")
    books = balances(stream(CoinStatements(receipts=[OPENING], mining=[day], transfers=[PAID])))
    (pool,) = pool_coins([Credit("luxor", day.mined, credited_at(day), False)], [OPENING], [PAID])
    assert pool.until(NOW) == books["pool:luxor"]
