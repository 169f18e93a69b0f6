"""The illustrative loan, and statements about coins, as tests of this room use them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from desk.treasury.coin_records import Mark, Receipt, ReceiptKind, Transfer
from desk.treasury.records import Loan, LoanState, MiningDay
from desk.units import Bps, Money, Price, Sats, notional, parse_btc


@pytest.fixture
def loan() -> Loan:
    """$200M on 4,000 BTC, call at 80 %, liquidation at 90 %."""
    return Loan(
        id="lender-a",
        lender="lender A",
        debt=Money(Decimal("200000000")),
        accrued_interest=Money(Decimal(0)),
        currency="USD",
        pledged=parse_btc("4000"),
        initial_ltv=Bps(Decimal(6500)),
        call_ltv=Bps(Decimal(8000)),
        liquidation_ltv=Bps(Decimal(9000)),
        may_reuse=False,
        as_of=datetime(2026, 2, 7, tzinfo=UTC),
        maturity=date(2026, 12, 31),
        state=LoanState.OPEN,
        source="test",
    )


NOON = datetime(2026, 2, 7, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Trade:
    """A fill, with what tests do not care about filled in; `cost` follows from quantity and price."""

    trade_id: str
    quantity: Sats
    executed: datetime = NOON
    venue: str = "kraken"
    client_order_id: str = "c1"
    sale_id: str = "S-2026-0001"
    price: Price = Price(Decimal(70000))  # noqa: RUF009 - a value, not a call's result
    fee: Money = Money(Decimal(0))  # noqa: RUF009
    fee_currency: str = "USD"

    @property
    def cost(self) -> Money:
        return notional(self.quantity, self.price)


class Coins:
    """Short ways to statements about coins; everything has happened at noon and cost 60,000 unless said otherwise."""

    noon = NOON

    def receipt(self, id: str, btc: str, place: str = "kraken", at: datetime = NOON, **changed: object) -> Receipt:
        made = Receipt(id, ReceiptKind.RECEIVED, place, parse_btc(btc), at, "test", unit_value=Price(Decimal(60000)))
        return replace(made, **changed)

    def transfer(self, id: str, btc: str, start: str, end: str, at: datetime = NOON, **changed: object) -> Transfer:
        made = Transfer(id, start, end, parse_btc(btc), Sats(0), at, "test", arrived=at)
        return replace(made, **changed)

    def mined(self, day: date, btc: str, **changed: object) -> MiningDay:
        made = MiningDay(day, "luxor", "georgia", parse_btc(btc), None, None, None, "test")
        return replace(made, **changed)

    def trade(self, id: str, btc: str, at: datetime = NOON, **changed: object) -> Trade:
        return replace(Trade(id, parse_btc(btc), at), **changed)

    def mark(self, day: date, price: str, pair: str = "BTC/USD") -> Mark:
        return Mark(day, pair, Price(Decimal(price)), NOON, "test", "test policy")


@pytest.fixture
def coins() -> Coins:
    return Coins()


@pytest.fixture(scope="session")
def make_coins() -> type[Coins]:
    return Coins
