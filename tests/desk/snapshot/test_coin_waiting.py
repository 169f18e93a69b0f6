"""What only a person can move on: proceeds left at a venue, a peg that broke, coins that have not arrived."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from desk.config_treasury import TreasurySection
from desk.ledger.feeds import FeedStatus
from desk.snapshot.coin_waiting import feed_items, peg_items, sweep_items, transit_items
from desk.snapshot.model import CashView
from desk.treasury.coin_records import Mark, Transfer
from desk.treasury.holdings import holdings
from desk.units import Money, Price, Sats

NOW = datetime(2026, 2, 7, 14, 0, tzinfo=UTC)
SETTINGS = TreasurySection.model_validate(
    {"max_venue_cash": "1000000", "stablecoins": {"USDT": {"depeg_bps": "50"}}},
)


def cash(where: str, amount: str, currency: str = "USD") -> CashView:
    return CashView(currency, Money(Decimal(amount)), where, NOW, is_stale=False)


def mark(day: int, price: str) -> Mark:
    return Mark(date(2026, 2, day), "USDT/USD", Price(Decimal(price)), NOW, "kraken", "policy")


def test_proceeds_above_the_limit_are_to_be_swept_from_each_venue_by_itself() -> None:
    money = [cash("kraken", "1000000.01"), cash("okx", "1000000"), cash("bank", "9000000")]
    (item,) = sweep_items(money, ["kraken", "okx"], SETTINGS)
    assert (item.ref, item.title) == ("kraken", "sweep USD 0.01 from kraken")
    assert item.detail == "USD 1,000,000.01 lie there, the limit is 1,000,000.00"


def test_without_a_limit_nobody_is_reminded() -> None:
    assert not sweep_items([cash("kraken", "1e9")], ["kraken"], TreasurySection())


def test_a_coin_beyond_its_limit_of_the_peg_is_named_with_the_newest_mark() -> None:
    held = [cash("okx", "5", "USDT")]
    assert not peg_items(held, [mark(6, "0.98"), mark(7, "0.995")], SETTINGS), "50 bps are its limit, not beyond it"
    (item,) = peg_items(held, [mark(7, "0.9949"), mark(6, "1")], SETTINGS)
    assert item.detail == "0.9949 on 2026-02-07 (kraken); not counted as USD"
    assert peg_items(held, [mark(7, "1.0051")], SETTINGS), "above a dollar is off the peg, too"
    assert not peg_items([cash("okx", "0", "USDT")], [mark(7, "0.9")], SETTINGS)


def test_coins_wait_for_somebody_only_once_they_are_late() -> None:
    sent = NOW - timedelta(hours=2)
    transfer = Transfer("t-1", "vault", "kraken", Sats(150_000_000), Sats(0), sent, "node")

    def waiting(expected: datetime) -> list[str]:
        found = holdings([], [], {}, [], now=NOW, wall=NOW, transfers=[replace(transfer, expected=expected)])
        return [one.title for one in transit_items(found)]

    assert not waiting(NOW)
    assert waiting(NOW - timedelta(minutes=1)) == ["1.50 BTC have not arrived"]


def test_a_source_that_failed_waits_with_its_words() -> None:
    feeds = {"a": FeedStatus("pool:luxor", NOW, None, "refused the key"), "b": FeedStatus("network", NOW, NOW, "")}
    assert [(one.title, one.detail) for one in feed_items(feeds)] == [
        ("pool luxor could not be read", "refused the key")
    ]
