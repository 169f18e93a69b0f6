"""Coins on the move stand in one place each: where they left, on the way, or where they arrived (P9, P10)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from desk.treasury.coin_records import BlockSale, PayOut, Receipt, ReceiptKind, Transfer
from desk.treasury.holdings import Column, holdings
from desk.treasury.records import Place, PlaceKind
from desk.treasury.transit import moved
from desk.units import Money, Price, Sats, parse_btc

NOW = datetime(2026, 2, 7, 14, 0, tzinfo=UTC)
STATED = NOW - timedelta(hours=10)
HOUR = timedelta(hours=1)
SIX = timedelta(hours=6)


def place(name: str, btc: str, as_of: datetime = STATED) -> Place:
    return Place(name, PlaceKind.WALLET, name.title(), parse_btc(btc), as_of, "node")


def transfer(
    btc: str = "2",
    fee: str = "0.001",
    *,
    sent: datetime = NOW - HOUR,
    arrived: datetime | None = None,
    **more: object,
) -> Transfer:
    given = {"from_place": "vault", "to_place": "till", "source": "node", **more}
    return Transfer(id="t-1", sats=parse_btc(btc), fee=parse_btc(fee), sent=sent, arrived=arrived, **given)  # type: ignore[arg-type]


def block(settles: date | None) -> BlockSale:
    return BlockSale(
        id="B-1",
        place="vault",
        sats=parse_btc("3"),
        price=Price(Decimal(68000)),
        currency="USD",
        fee=Money(Decimal(0)),
        fee_currency="USD",
        executed=NOW - HOUR,
        counterparty="a desk",
        source="confirmation",
        settles=settles,
    )


def seen(*transfers: Transfer, blocks: tuple[BlockSale, ...] = (), now: datetime = NOW) -> dict[str, Sats]:
    found = moved([place("vault", "10"), place("till", "1")], transfers, blocks, now=now, within=SIX)
    return {one.id: one.sats for one in found.places}


def test_what_left_after_the_statement_is_taken_off_with_its_fee() -> None:
    assert seen(transfer()) == {"vault": parse_btc("7.999"), "till": parse_btc("1")}


def test_what_the_statement_knows_of_is_not_taken_off_again() -> None:
    assert seen(transfer(sent=STATED - HOUR)) == {"vault": parse_btc("10"), "till": parse_btc("1")}


def test_what_arrived_after_the_statement_is_added() -> None:
    assert seen(transfer(arrived=NOW)) == {"vault": parse_btc("7.999"), "till": parse_btc("3")}
    for known in (STATED - HOUR, STATED):
        assert seen(transfer(sent=STATED - 2 * HOUR, arrived=known))["till"] == parse_btc("1")


def test_what_was_paid_out_or_received_after_the_statement_counts_and_opening_lots_do_not() -> None:
    coins = parse_btc("3")
    paid = [PayOut(f"p-{at:%d%H}", "vault", coins, at, "vendor", "hosting", "x") for at in (STATED, NOW)]
    came = [
        Receipt(kind.value, kind, "till", coins, NOW, "x")
        for kind in (ReceiptKind.OPENING, ReceiptKind.RECEIVED, ReceiptKind.RETURNED)
    ]
    places = [place("vault", "10"), place("till", "1")]
    found = moved(places, (), (), now=NOW, within=SIX, pay_outs=paid, receipts=came)
    assert [one.sats for one in found.places] == [parse_btc("7"), parse_btc("7")]


def test_a_transfer_of_the_future_moves_nothing_yet() -> None:
    assert seen(transfer(sent=NOW + HOUR))["vault"] == parse_btc("10")


def test_on_the_way_says_since_when_how_deep_and_until_when() -> None:
    found = moved([], [transfer(confirmations=1)], (), now=NOW, within=SIX)
    assert found.on_the_way[0].why == "sent 2026-02-07 13:00 UTC, 1 confirmation, expected 2026-02-07 19:00 UTC"


def test_a_transfer_that_never_arrives_waits_for_somebody() -> None:
    expected = transfer(expected=NOW - HOUR / 2)
    late = moved([], [expected], (), now=NOW, within=SIX).on_the_way[0]
    assert late.is_late
    assert "late: look at the transaction; if it is there, state its arrival, until then it counts twice" in late.why
    on_time = moved([], [transfer()], (), now=NOW, within=SIX).on_the_way[0]
    assert "late" not in on_time.why
    assert moved([], [transfer()], (), now=NOW + SIX, within=SIX).on_the_way[0].is_late
    assert not moved([], [transfer()], (), now=NOW, within=SIX).on_the_way[0].is_late


def test_more_leaving_than_there_was_is_a_problem_and_never_less_than_nothing() -> None:
    found = moved([place("vault", "1")], [transfer()], (), now=NOW, within=SIX)
    assert found.places[0].sats == 0
    assert found.problems == ("Vault: 1.00100000 BTC more left than it held on 2026-02-07 04:00 UTC",)


def test_coins_sold_and_not_delivered_are_apart_and_gone_afterwards() -> None:
    sold = block(settles=NOW.date() + timedelta(days=1))
    held = holdings([place("vault", "10")], (), {}, (), now=NOW, wall=NOW, blocks=(sold,))
    assert (held.of(Column.UNSETTLED), held.total, held.unpledged) == (
        parse_btc("3"),
        parse_btc("10"),
        parse_btc("7"),
    )
    assert any("sold, to be delivered: B-1 by 2026-02-08" in line for line in held.explained)
    later = NOW + timedelta(days=2)
    assert seen(blocks=(sold,), now=later)["vault"] == parse_btc("7")
    assert seen(blocks=(block(settles=None),))["vault"] == parse_btc("7")


times = st.timedeltas(min_value=timedelta(hours=-30), max_value=timedelta(hours=9))


@given(st.lists(st.tuples(st.integers(1, 10**8), st.integers(0, 10**4), times, times), max_size=6))
def test_no_coin_is_lost_or_counted_twice(found: list[tuple[int, int, timedelta, timedelta]]) -> None:
    """All of it was stated at one moment; whatever moves afterwards only ever loses its fees."""
    transfers = [
        Transfer(
            f"t-{n}",
            "vault",
            "till",
            Sats(sats),
            Sats(fee),
            STATED + HOUR + abs(sent),
            "node",
            STATED + 2 * HOUR + abs(sent) + abs(took),
        )
        for n, (sats, fee, sent, took) in enumerate(found)
    ]
    held = holdings([place("vault", "10"), place("till", "1")], (), {}, (), now=NOW, wall=NOW, transfers=transfers)
    burnt = sum(one.fee for one in transfers if one.sent <= NOW)
    assert held.total == parse_btc("11") - burnt
