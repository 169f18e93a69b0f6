"""Lots, transfers, payments, marks, relief and picks as tables: contradictions are refused with row and column."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from desk.treasury import imports
from desk.treasury.coin_records import LotPick, Mark, PayOut, Receipt, ReceiptKind, ReliefMethod, ReliefRule, Transfer
from desk.treasury.csv_table import ImportRefused
from desk.units import parse_btc

NOW = datetime(2026, 2, 20, 12, tzinfo=UTC)
LOTS = (
    "lot_id,kind,place,btc,credited,earned,unit_value_usd,value_source,value_at,cost_usd,source_id,source\n"
    "o1,opening,vault,2,2026-02-01T00:00:00Z,2025-11-03,,,,210000.50,,cut-over\n"
    "r1,received,kraken,1,2026-02-05T10:00:00Z,,70000.5,kraken mid,2026-02-05T10:00:00Z,,tx1,custody\n"
)
TRANSFERS = (
    "transfer_id,from_place,to_place,btc,fee_btc,sent,arrived,expected,txid,source\n"
    "t1,vault,kraken,1.5,0.0001,2026-02-05T10:00:00Z,2026-02-05T11:00:00Z,,ab,custody\n"
    "t2,pool:luxor,vault,0.5,,2026-02-06T10:00:00Z,,2026-02-06T12:00:00Z,cd,custody\n"
)
PAYOUTS = (
    "payout_id,place,btc,paid,payee,purpose,source\np1,vault,0.1,2026-02-06T10:00:00Z,Vendor,hosting,invoice 7\n"
)
MARKS = (
    "day,pair,price,observed,source\n"
    "2026-02-05,BTC/USD,70000.5,2026-02-06T00:00:00Z,kraken\n"
    "2026-02-05,USDT/USD,0.9998,2026-02-06T00:00:00Z,kraken\n"
)
RELIEF = "effective,method,source\n2026-02-01,hifo,board minutes\n"
PICKS = "disposal,lot,btc,source\nS-2026-0001,mined/2026-02-05/luxor/georgia,0.5,cfo\n"


def read(text: str, *known: object) -> list:
    return list(imports.plan("holdings", text.encode(), file="f.csv", now=NOW, current=known).new)


def refused(text: str, *known: object) -> str:
    with pytest.raises(ImportRefused) as caught:
        read(text, *known)
    return str(caught.value)


def test_each_table_is_known_by_its_header():
    assert [type(one) for one in read(LOTS)] == [Receipt, Receipt]
    assert [type(one) for one in read(TRANSFERS)] == [Transfer, Transfer]
    assert [type(one) for one in read(PAYOUTS)] == [PayOut]
    assert [type(one) for one in read(MARKS)] == [Mark, Mark]
    assert read(RELIEF) == [ReliefRule(date(2026, 2, 1), ReliefMethod.HIFO, "board minutes")]
    assert read(PICKS) == [LotPick("S-2026-0001", "mined/2026-02-05/luxor/georgia", parse_btc("0.5"), "cfo")]


def test_a_lot_says_its_dates_and_where_its_value_is_from():
    opening, received = read(LOTS)
    assert (opening.kind, opening.earned, opening.cost) == (
        ReceiptKind.OPENING,
        date(2025, 11, 3),
        Decimal("210000.50"),
    )
    assert (received.unit_value, received.value_source) == (Decimal("70000.5"), "kraken mid")
    assert received.value_at == datetime(2026, 2, 5, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "old", "new", "said"),
    [
        (LOTS, "kraken mid", "", "row 3, column value_source: '' is missing; a value says whose price it is"),
        (LOTS, "70000.5", "", "row 3, column unit_value_usd: '' is missing, but its source or time is there"),
        (LOTS, "vault,2,", "vault,0,", "row 2, column btc: '0' brings no coins"),
        (LOTS, "2025-11-03", "2026-02-03", "row 2, column earned: '2026-02-03' is after the coins were credited"),
        (LOTS, "2026-02-05T10:00:00Z,,7", "2026-02-25T10:00:00Z,,7", "row 3, column credited: '2026-02-25T10"),
        (LOTS, "2026-02-05T10:00:00Z,,7", "2026-02-05T10:00:00,,7", "is not a time with a zone"),
        (LOTS, "r1,received,kraken", "r1,received,transit:t1", "row 3, column place: 'transit:t1' is not a place"),
        (LOTS, "r1,received", "o1,received", "o1 is stated twice in this file"),
        (LOTS, "r1,received", "r1,opening", "row 3, column credited: '2026-02-05T10:00:00Z' is not the cut-over"),
        (TRANSFERS, "2026-02-05T11", "2026-02-05T09", "row 2, column arrived: '2026-02-05T09:00:00Z' is before"),
        (TRANSFERS, "2026-02-06T12", "2026-02-06T09", "row 3, column expected: '2026-02-06T09:00:00Z' is before"),
        (TRANSFERS, "vault,kraken", "kraken,kraken", "row 2, column to_place: 'kraken' is where the coins come from"),
        (TRANSFERS, "1.5,0.0001", "0.0001,1.5", "row 2, column fee_btc: '1.5' is more than the 0.00010000 BTC"),
        (TRANSFERS, "t2,pool:luxor,vault", "t2,transit:t1,vault", "row 3, column from_place: 'transit:t1' is not"),
        (TRANSFERS, "t2,pool:luxor,vault,0.5,", "t2,vault,kraken,0.5,", ""),
        (PAYOUTS, "0.1", "-0.1", "row 2, column btc: '-0.1' is negative"),
        (MARKS, "2026-02-05,USDT/USD", "2026-02-05,BTC/USD", "2026-02-05 BTC/USD is stated twice in this file"),
        (MARKS, "2026-02-06T00:00:00Z,kraken\n2", "2026-02-08T00:00:00Z,kraken\n2", "not carried over to another"),
        (MARKS, "70000.5", "0", "row 2, column price: '0' is not a price"),
        (MARKS, "BTC/USD", "BTCUSD", "row 2, column pair: 'BTCUSD' is not a pair; write it like BTC/USD"),
        (RELIEF, "hifo", "hilo", "row 2, column method: 'hilo' is not known; did you mean hifo?"),
        (PICKS, "0.5", "0", "row 2, column btc: '0' picks no coins"),
    ],
)
def test_contradictions_are_refused_with_row_and_column(text, old, new, said):
    assert old in text
    changed = text.replace(old, new, 1)
    if said:
        assert said in refused(changed)
    else:
        assert read(changed)


def test_the_same_payment_under_another_name_is_not_a_second_lot():
    _, known = read(LOTS)
    again = LOTS.replace("r1,", "r9,")
    assert "row 3, column source_id: 'tx1' is lot r1 already; the same coins come once" in refused(again, known)


def test_the_same_transaction_under_another_name_is_not_a_second_transfer():
    known, _ = read(TRANSFERS)
    again = TRANSFERS.replace("t1,", "t9,")
    assert "row 2, column txid: 'ab' is transfer t1 already; the same coins move once" in refused(again, known)


def test_a_pools_pay_out_is_no_second_lot_of_what_its_days_opened(coins):
    day = coins.mined(date(2026, 2, 4), "1")
    paid = (
        "lot_id,kind,place,btc,credited,counterparty,source\nr2,received,vault,1,2026-02-05T10:00:00Z,luxor,custody\n"
    )
    assert (
        "row 2, column counterparty: 'luxor' is a pool whose days are lots already; a pay-out is a transfer from"
        in (refused(paid, day))
    )
    assert read(paid)


def test_opening_lots_hold_to_the_cut_over_that_is_on_record():
    known, _ = read(LOTS)
    later = LOTS.replace("o1,", "o2,").replace("2026-02-01T00", "2026-02-02T00")
    assert "is not the cut-over: opening lot o1 says 2026-02-01T00:00:00+00:00" in refused(later, known)


def test_a_transfer_arrives_by_being_stated_again():
    _, known = read(TRANSFERS)
    arrived = TRANSFERS.replace(",2026-02-06T12:00:00Z,cd", "2026-02-06T11:30:00Z,,cd")
    plan = imports.plan("holdings", arrived.encode(), file="f.csv", now=NOW, current=[known])
    assert [one.id for one in plan.corrected] == ["t2"]
    assert plan.corrected[0].arrived == datetime(2026, 2, 6, 11, 30, tzinfo=UTC)
