"""A desk whose February is over: cut-over, mining, a payment, a block sale, marks for every day."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from desk.config_treasury import ValuationSection
from desk.treasury.books import BookRecord, Books, books_of
from desk.treasury.coin_records import BlockSale, Mark, PayOut, Receipt, ReceiptKind, ReliefMethod, Transfer
from desk.treasury.coin_stream import stream
from desk.treasury.lot_book import lot_book
from desk.treasury.lot_statement import LotStatement
from desk.treasury.movements import CoinStatements
from desk.treasury.records import MiningDay, PublishedMonth
from desk.treasury.relief import Relief
from desk.treasury.restrictions import Restriction
from desk.treasury.valuation import Marks, policy_of
from desk.units import Money, Price, Sats, parse_btc

OPENING = datetime(2026, 2, 1, tzinfo=UTC)
AS_OF = datetime(2026, 3, 2, 12, tzinfo=UTC)
FIRST = date(2026, 1, 31)


@dataclass(frozen=True)
class Month:
    """What reports of February are made from."""

    as_of: datetime
    books: Books
    statement: LotStatement
    mining: Sequence[MiningDay]
    published: Sequence[PublishedMonth]
    record: BookRecord


def mined(day: int, btc: str) -> MiningDay:
    return MiningDay(
        date(2026, 2, day),
        "luxor",
        "georgia",
        parse_btc(btc),
        None,
        Decimal("34.5"),
        Decimal("0.051"),
        "luxor",
        deployed_ehs=Decimal(50),
        joules_per_th=Decimal("21.4"),
    )


@pytest.fixture
def month() -> Callable[..., Month]:
    """February 2026. `without_mark` leaves one day's mark out."""

    def made(without_mark: date | None = None) -> Month:
        days = [FIRST + timedelta(days=n) for n in range(31)]
        marks = [
            Mark(day, "BTC/USD", Price(Decimal(60_000 + 500 * n)), AS_OF, "kraken", "policy")
            for n, day in enumerate(days)
            if day != without_mark
        ]
        rows = [mined(day, "0.5") for day in range(1, 29)]
        coins = CoinStatements(
            receipts=[
                Receipt(
                    "o-1",
                    ReceiptKind.OPENING,
                    "vault",
                    parse_btc("100"),
                    OPENING,
                    "books",
                    cost=Money(Decimal("5000000")),
                )
            ],
            mining=rows,
            transfers=[
                Transfer(
                    "t-1",
                    "vault",
                    "cold",
                    Sats(parse_btc("40")),
                    Sats(1000),
                    OPENING + timedelta(days=2),
                    "node",
                    OPENING + timedelta(days=2, hours=1),
                )
            ],
            pay_outs=[
                PayOut(
                    "p-1", "vault", parse_btc("0.25"), OPENING + timedelta(days=5), "a vendor", "hosting", "invoice"
                )
            ],
            blocks=[
                BlockSale(
                    "B-1",
                    "vault",
                    parse_btc("10"),
                    Price(Decimal("65000")),
                    "USD",
                    Money(Decimal("650")),
                    "USD",
                    OPENING + timedelta(days=10),
                    "a desk",
                    "confirmation",
                )
            ],
            marks=marks,
        )
        published = [
            PublishedMonth(
                "2026-01",
                parse_btc("496.35"),
                parse_btc("550.03"),
                parse_btc("7474.6"),
                Decimal(50),
                Decimal("37.02"),
                False,
                "https://example.test/jan",
            ),
            PublishedMonth(
                "2025-02",
                parse_btc("472.7"),
                parse_btc("0"),
                parse_btc("1944.7"),
                Decimal(32),
                Decimal("29.7"),
                False,
                "https://example.test/feb",
            ),
        ]
        day = date(2026, 2, 28)
        until = datetime(2026, 3, 1, tzinfo=UTC)
        known, relief = Marks(marks), Relief(ReliefMethod.FIFO, (), ())
        statement = LotStatement(
            day=day,
            as_of=until,
            book=lot_book(stream(coins), relief, known, until),
            marks=known,
            policy=policy_of(ValuationSection()),
            method=ReliefMethod.FIFO,
            restrictions={"cold": Restriction("lender-a", "lender A", date(2026, 12, 31), False)},
        )
        record = BookRecord(coins=coins)
        return Month(AS_OF, books_of(record), statement, rows, published, record)

    return made
