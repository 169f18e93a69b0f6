"""What is known of each venue's market: written by the daemon, read by whoever stages. Live, so outside the chain."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from desk.ledger.tables_live import MarketRow
from desk.ledger.transactions import ReadTx, WriteTx
from desk.units import Bps, Money, Price, Sats


@dataclass(frozen=True, slots=True)
class MarketFacts:
    """Grid and fees, and volume, high and low of the last 24 hours where the venue told them. `wall`: when."""

    venue: str
    symbol: str
    base: str
    quote: str
    tick: Decimal
    lot: Sats
    min_quantity: Sats
    min_cost: Money
    maker_fee: Bps
    taker_fee: Bps
    volume: Sats | None
    high: Price | None
    low: Price | None
    wall: datetime


_FIELDS = MarketFacts.__match_args__


def set_market(tx: WriteTx, facts: MarketFacts) -> None:
    """The newest word of a venue on its market."""
    tx.session.merge(MarketRow(**{name: getattr(facts, name) for name in _FIELDS}))


def market(tx: ReadTx, venue: str) -> MarketFacts | None:
    """What is known of a venue's market, or None where the daemon never reached it."""
    row = tx.session.get(MarketRow, venue)
    return MarketFacts(**{name: getattr(row, name) for name in _FIELDS}) if row else None
