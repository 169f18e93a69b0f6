"""The plan says which lots a sale would take, by the rule in force, and takes none twice."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from desk.treasury.bank_days import BankCalendar
from desk.treasury.cash_rules import CashRules
from desk.treasury.coin_records import Receipt, ReceiptKind, ReliefMethod, ReliefRule
from desk.treasury.coin_stream import stream
from desk.treasury.forecast.table import Entry, Floor, Forecast, Line, NeedKind, NeedRef, table
from desk.treasury.lot_book import lot_book
from desk.treasury.lot_preview import preview
from desk.treasury.movements import CoinStatements
from desk.treasury.plan import plan
from desk.treasury.proposing import Coins, SaleBounds
from desk.treasury.relief import Relief
from desk.treasury.valuation import Marks
from desk.units import Bps, Money, Price, Sats, parse_btc

NOW = datetime(2026, 2, 11, 14, tzinfo=UTC)
RULES = CashRules(
    "USD", None, 1, BankCalendar(ZoneInfo("America/New_York"), time(16)), Bps(Decimal(1000)), Bps(Decimal(50))
)


def receipt(name: str, btc: str, day: int, cost: int, place: str = "kraken") -> Receipt:
    at = datetime(2025, 12, day, tzinfo=UTC)
    sats = parse_btc(btc)
    return Receipt(name, ReceiptKind.OPENING, place, sats, at, "test", cost=Money(Decimal(cost)))


@pytest.fixture
def book():
    given = CoinStatements(
        receipts=(
            receipt("old", "100", 1, 5_000_000),
            receipt("dear", "100", 2, 9_000_000),
            receipt("new", "600", 3, 36_000_000),
            receipt("vault", "500", 1, 1, place="vault"),
        )
    )
    return lambda method: lot_book(stream(given), Relief(method), Marks(()))


def proposals(*needs: tuple[int, int], kraken: str = "800"):
    """A gap of so many millions so many days from now, each for a need of its own."""
    entries = [
        Entry(
            Line.CAPEX,
            NOW.date() + timedelta(days=day),
            Money(Decimal(-amount * 1_000_000)),
            f"n{day}",
            f"m{day}",
            need=NeedRef(NeedKind.CAPEX, f"m{day}"),
        )
        for day, amount in needs
    ]
    forecast = Forecast(
        NOW.date(),
        "USD",
        (),
        table(Money(Decimal(0)), entries, NOW.date(), 13),
        Floor(Money(Decimal(0)), "t"),
        (),
        (),
    )
    coins = Coins({"kraken": parse_btc(kraken)}, Sats(0), parse_btc("5000"))
    return plan(forecast, Price(Decimal(70_000)), coins, RULES, SaleBounds(1), NOW).proposals


@pytest.mark.parametrize(
    ("method", "first", "second"),
    [
        (ReliefMethod.FIFO, [("old", "100"), ("dear", "59.53")], [("dear", "40.47"), ("new", "39.30")]),
        (ReliefMethod.HIFO, [("dear", "100"), ("new", "59.53")], [("new", "79.77")]),
        (ReliefMethod.LIFO, [("new", "159.53")], [("new", "79.77")]),
    ],
)
def test_each_proposal_takes_the_next_lots_of_the_rule(book, method, first, second):
    """10 M and 5 M at 62,685 a coin: 159.53 and 79.77 BTC."""
    made = proposals((10, 10), (20, 5))
    found = preview(book(method), Relief(method), made, NOW.date())
    said = {name: [(part.lot, part.sats) for part in one.parts] for name, one in found.items()}
    assert said == {
        "P-1": [(lot, parse_btc(btc)) for lot, btc in first],
        "P-2": [(lot, parse_btc(btc)) for lot, btc in second],
    }
    assert {one.method for one in found.values()} == {method}


def test_the_cost_of_a_part_is_its_share_and_the_gain_follows(book):
    (made,) = proposals((10, 10))
    found = preview(book(ReliefMethod.FIFO), Relief(), [made], NOW.date())["P-1"]
    assert [part.cost for part in found.parts] == [5_000_000, Decimal("5357700.00")]
    assert found.cost == Decimal("10357700.00")
    assert found.gain == made.proceeds - found.cost


def test_coins_without_a_lot_at_the_venue_are_told_and_have_no_gain(book):
    (made,) = proposals((10, 60), kraken="5000")
    found = preview(book(ReliefMethod.FIFO), Relief(), [made], NOW.date())["P-1"]
    assert sum(part.sats for part in found.parts) == parse_btc("800")
    assert found.uncovered == made.sats - parse_btc("800")
    assert (found.cost, found.gain) == (None, None)
    assert "vault" not in {part.lot for part in found.parts}


def test_a_rule_that_begins_later_does_not_count_yet(book):
    (made,) = proposals((10, 5))
    later = Relief(rules=[ReliefRule(date(2027, 1, 1), ReliefMethod.LIFO, "board")])
    found = preview(book(ReliefMethod.FIFO), later, [made], NOW.date())["P-1"]
    assert [part.lot for part in found.parts] == ["old"]
