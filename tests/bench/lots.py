"""How long it takes to work out lots: 10,000 receipts and 100,000 fills at one venue, by every method.

    python -m tests.bench.lots [--quick]

The stream is made once and sorted; then each method opens, relieves, prices and adds up gains from nothing.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from desk.execution.orders import Fill, Liquidity
from desk.treasury.coin_records import Receipt, ReceiptKind, ReliefMethod
from desk.treasury.coin_stream import stream
from desk.treasury.lot_book import lot_book
from desk.treasury.lots import realised
from desk.treasury.movements import CoinStatements
from desk.treasury.relief import Relief
from desk.treasury.valuation import Marks
from desk.units import Money, Price, Sats, notional
from tests.bench.arguments import bench_parser, given
from tests.bench.figures import table
from tests.bench.machine import machine_line

_START = datetime(2020, 1, 1, tzinfo=UTC)


def statements(lots: int, fills: int) -> CoinStatements:
    """Receipts of random sizes and prices, then fills that sell nearly all of them; the same on every run."""
    draw = random.Random(1)

    def price() -> Price:
        return Price(Decimal(draw.randrange(2_000_000, 9_000_000)) / 100)

    receipts = [
        Receipt(
            f"r{number:05}",
            ReceiptKind.RECEIVED,
            "kraken",
            Sats(draw.randrange(10**7, 10**9)),
            _START + timedelta(hours=number),
            "bench",
            unit_value=price(),
        )
        for number in range(lots)
    ]
    each = Sats(sum(one.sats for one in receipts) // fills)
    begins = _START + timedelta(hours=lots)
    return CoinStatements(
        receipts=receipts,
        fills=[_fill(number, each, price(), begins + timedelta(seconds=number)) for number in range(fills)],
    )


def _fill(number: int, sats: Sats, price: Price, at: datetime) -> Fill:
    fee, cost = Money(Decimal("1.25")), notional(sats, price)
    name = f"T{number:06}"
    return Fill(name, "kraken", "c", "S-2026-0001", "s", sats, price, cost, fee, "USD", Liquidity.MAKER, at)


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the table; 0 whatever it says, a benchmark is read by people."""
    wanted = given(bench_parser("lots", __doc__), arguments)
    lots, fills = (500, 5_000) if wanted.quick else (10_000, 100_000)
    print(machine_line(), flush=True)
    made = statements(lots, fills)
    began = time.process_time()
    moves = stream(made)
    print(f"{lots:,} lots, {fills:,} fills; the stream took {time.process_time() - began:.2f} s of processor time")
    rows = []
    for method in (ReliefMethod.FIFO, ReliefMethod.HIFO, ReliefMethod.LIFO):
        began = time.process_time()
        book = lot_book(moves, Relief(method), Marks([]))
        took = time.process_time() - began
        rows.append((str(method), f"{took:.2f}", f"{realised(book.disposals).net:,.2f}"))
    print(table(("method", "processor s", "realised USD"), rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
