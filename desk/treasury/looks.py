"""What venues said of the account, look by look: their trades of it, read back from the record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import cast

from desk.canonical import Json, canonical_bytes, read_canonical
from desk.clock import iso
from desk.treasury.coin_records import VenueLook
from desk.treasury.observed import Observation
from desk.units import Money, Price, Sats, decimal_text


@dataclass(frozen=True, slots=True)
class SeenTrade:
    """One execution as the venue tells it."""

    trade_id: str
    venue_order_id: str
    quantity: Sats
    price: Price
    cost: Money
    fee: Money
    fee_currency: str
    executed: datetime


@dataclass(frozen=True, slots=True)
class Look:
    """A look at one venue, with what it said; `balances` are whole units by currency."""

    venue: str
    at: datetime
    since: datetime
    sats: Sats
    trades: tuple[SeenTrade, ...]
    balances: Mapping[str, Decimal]


def look_record(look: Look) -> VenueLook:
    """The look as it goes on record."""
    trades: Json = [_trade_json(trade) for trade in sorted(look.trades, key=lambda one: (one.executed, one.trade_id))]
    balances: Json = {currency: decimal_text(amount) for currency, amount in look.balances.items()}
    return VenueLook(
        look.venue,
        look.at,
        look.since,
        look.sats,
        canonical_bytes(trades).decode(),
        canonical_bytes(balances).decode(),
    )


def read_look(record: VenueLook) -> Look:
    """The look on record."""
    trades = cast(Sequence[Mapping[str, Json]], read_canonical(record.trades.encode()))
    balances = cast(Mapping[str, str], read_canonical(record.balances.encode()))
    return Look(
        record.venue,
        record.at,
        record.since,
        record.sats,
        tuple(_trade(item) for item in trades),
        {currency: Decimal(amount) for currency, amount in balances.items()},
    )


def look_observations(looks: Iterable[Look]) -> tuple[Observation, ...]:
    """What was there, as the books hold it against theirs."""
    return tuple(Observation(look.venue, look.sats, look.at, look.venue) for look in looks)


def _trade_json(trade: SeenTrade) -> Json:
    return {
        "trade": trade.trade_id,
        "order": trade.venue_order_id,
        "sats": int(trade.quantity),
        "price": decimal_text(trade.price),
        "cost": decimal_text(trade.cost),
        "fee": decimal_text(trade.fee),
        "fee_currency": trade.fee_currency,
        "executed": iso(trade.executed),
    }


def _trade(item: Mapping[str, Json]) -> SeenTrade:
    return SeenTrade(
        str(item["trade"]),
        str(item["order"]),
        Sats(cast(int, item["sats"])),
        Price(Decimal(str(item["price"]))),
        Money(Decimal(str(item["cost"]))),
        Money(Decimal(str(item["fee"]))),
        str(item["fee_currency"]),
        datetime.fromisoformat(str(item["executed"])),
    )
