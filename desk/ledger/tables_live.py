"""Tables of what is true only now: overwritten, outside the chain, worth nothing to an auditor."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import Index

from desk.ledger.tables import Row
from desk.ledger.types import Exact, Flag, Moment, Whole, Words, check, column, strict


class HeartbeatRow(Row, table=True):
    """The daemon's latest sign of life, wall time."""

    __tablename__ = "live_heartbeat"
    __table_args__ = strict(check("live_heartbeat_is_one", "id = 1"), domain=False)

    id: int = column(Whole(), key=True)
    pid: int = column(Whole())
    epoch: int = column(Whole())
    wall: datetime = column(Moment())
    note: str = column(Words())


class QuoteRow(Row, table=True):
    """The best prices last seen at a venue, with the wall and the desk time of the observation."""

    __tablename__ = "live_quotes"
    __table_args__ = strict(domain=False)

    venue: str = column(Words(), key=True)
    bid: Decimal = column(Exact())
    ask: Decimal = column(Exact())
    wall: datetime = column(Moment())
    desk: datetime = column(Moment())


class QuoteHistoryRow(Row, table=True):
    """Earlier best prices, pruned."""

    __tablename__ = "live_quote_history"
    __table_args__ = strict(Index("live_quote_history_by_time", "venue", "desk"), domain=False)

    id: int = column(Whole(), key=True)
    venue: str = column(Words())
    bid: Decimal = column(Exact())
    ask: Decimal = column(Exact())
    desk: datetime = column(Moment())


class BookRow(Row, table=True):
    """The order book last seen at a venue: JSON lists of [price text, satoshis], best first."""

    __tablename__ = "live_books"
    __table_args__ = strict(domain=False)

    venue: str = column(Words(), key=True)
    bids: str = column(Words())
    asks: str = column(Words())
    wall: datetime = column(Moment())


class BalanceRow(Row, table=True):
    """What the venue last said the account holds, in whole units of the currency."""

    __tablename__ = "live_balances"
    __table_args__ = strict(domain=False)

    venue: str = column(Words(), key=True)
    currency: str = column(Words(), key=True)
    total: Decimal = column(Exact())
    free: Decimal = column(Exact())
    wall: datetime = column(Moment())


class VenueStatusRow(Row, table=True):
    """Whether a venue answered last time, and what it said if not."""

    __tablename__ = "live_venues"
    __table_args__ = strict(domain=False)

    venue: str = column(Words(), key=True)
    reachable: bool = column(Flag())
    error: str = column(Words())
    wall: datetime = column(Moment())


class FeedRow(Row, table=True):
    """A pool, a wallet's server or the network's: when it was last asked, last answered well, and what was wrong."""

    __tablename__ = "live_feeds"
    __table_args__ = strict(domain=False)

    name: str = column(Words(), key=True)
    asked: datetime = column(Moment())
    answered: datetime | None = column(Moment(), null=True)
    error: str = column(Words())


class MarketRow(Row, table=True):
    """What a venue says of its market: grid, the account's fees, and the last 24 hours where it tells them."""

    __tablename__ = "live_markets"
    __table_args__ = strict(domain=False)

    venue: str = column(Words(), key=True)
    symbol: str = column(Words())
    base: str = column(Words())
    quote: str = column(Words())
    tick: Decimal = column(Exact())
    lot: int = column(Whole())
    min_quantity: int = column(Whole())
    min_cost: Decimal = column(Exact())
    maker_fee: Decimal = column(Exact())
    taker_fee: Decimal = column(Exact())
    volume: int | None = column(Whole(), null=True)
    high: Decimal | None = column(Exact(), null=True)
    low: Decimal | None = column(Exact(), null=True)
    wall: datetime = column(Moment())
