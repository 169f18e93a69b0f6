"""What is true only now, overwritten by the daemon for whoever shows it. No events: nothing here is on the record.

Written every second for as long as the daemon lives, so by plain statements: the session's `merge` reads each row
first and takes twice the time, which was most of what an idle daemon used.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any, cast

from sqlalchemy import BigInteger, Table, Update, bindparam, delete, func, insert, type_coerce, update
from sqlmodel import col, select

from desk.canonical import Json, canonical_bytes, read_canonical
from desk.ledger.fence import assert_not_overtaken
from desk.ledger.records import Balance, Heartbeat, LiveBook, Quote, VenueStatus
from desk.ledger.tables import Row
from desk.ledger.tables_live import BalanceRow, BookRow, HeartbeatRow, QuoteHistoryRow, QuoteRow, VenueStatusRow
from desk.ledger.transactions import ReadTx, WriteTx
from desk.units import Price, Sats, decimal_text

HISTORY = 2_000
"""Quotes kept for each venue as they came; of older ones, the first of each minute of a week (desk time)."""
_MINUTE_US = 60_000_000
_WEEK = timedelta(days=7)
_PRUNE_EVERY = 100

_BALANCES = select(BalanceRow).order_by(BalanceRow.venue, BalanceRow.currency)
_AT_VENUE = _BALANCES.where(BalanceRow.venue == bindparam("venue"))
_KEEP = insert(QuoteHistoryRow)

Levels = Sequence[tuple[Price, Sats]]


def beat(tx: WriteTx, pid: int, epoch: int, wall: datetime, note: str = "") -> None:
    """The daemon is alive, in wall time. Raises StaleEpoch where another has taken over: the sign is that one's."""
    assert_not_overtaken(tx, epoch)
    _overwrite(tx, HeartbeatRow, id=1, pid=pid, epoch=epoch, wall=wall, note=note)


def heartbeat(tx: ReadTx) -> Heartbeat | None:
    """The latest sign of life, or None where no daemon ever ran."""
    row = tx.session.get(HeartbeatRow, 1)
    return Heartbeat(row.pid, row.epoch, row.wall, row.note) if row else None


def set_quote(tx: WriteTx, venue: str, bid: Price, ask: Price, wall: datetime, desk: datetime) -> None:
    """The best prices of now, kept in the history too."""
    _overwrite(tx, QuoteRow, venue=venue, bid=bid, ask=ask, wall=wall, desk=desk)
    added = tx.session.connection().execute(_KEEP, {"venue": venue, "bid": bid, "ask": ask, "desk": desk})
    if added.inserted_primary_key is not None and added.inserted_primary_key[0] % _PRUNE_EVERY == 0:
        _prune(tx, venue, desk)


def _prune(tx: WriteTx, venue: str, now: datetime) -> None:
    newest = select(QuoteHistoryRow.id).where(QuoteHistoryRow.venue == venue)
    oldest_kept = tx.session.exec(
        newest.order_by(col(QuoteHistoryRow.id).desc()).offset(HISTORY - 1).limit(1)
    ).first()
    if oldest_kept is None:
        return
    here = col(QuoteHistoryRow.venue) == venue
    minute = type_coerce(col(QuoteHistoryRow.desk), BigInteger) // _MINUTE_US
    firsts = select(func.min(QuoteHistoryRow.id)).where(here).group_by(minute)
    crowded = (col(QuoteHistoryRow.id) < oldest_kept) & col(QuoteHistoryRow.id).not_in(firsts)
    past = col(QuoteHistoryRow.desk) < now - _WEEK
    tx.session.connection().execute(delete(QuoteHistoryRow).where(here, crowded | past))


def quotes(tx: ReadTx) -> dict[str, Quote]:
    """The latest best prices by venue."""
    rows = tx.session.exec(select(QuoteRow))
    return {r.venue: Quote(r.venue, Price(r.bid), Price(r.ask), r.wall, r.desk) for r in rows}


def quote_history(tx: ReadTx, venue: str, since: datetime) -> list[tuple[datetime, Price, Price]]:
    """(desk time, bid, ask) of a venue, oldest first."""
    rows = tx.session.exec(
        select(col(QuoteHistoryRow.desk), col(QuoteHistoryRow.bid), col(QuoteHistoryRow.ask))
        .where(QuoteHistoryRow.venue == venue, QuoteHistoryRow.desk >= since)
        .order_by(col(QuoteHistoryRow.desk))
    )
    return [(desk, Price(bid), Price(ask)) for desk, bid, ask in rows]


def set_book(tx: WriteTx, venue: str, bids: Levels, asks: Levels, wall: datetime) -> None:
    """The order book of now, best first."""
    _overwrite(tx, BookRow, venue=venue, bids=_text(bids), asks=_text(asks), wall=wall)


def book(tx: ReadTx, venue: str) -> LiveBook | None:
    """The order book last seen, or None."""
    row = tx.session.get(BookRow, venue)
    return LiveBook(venue, _levels(row.bids), _levels(row.asks), row.wall) if row else None


def set_balances(tx: WriteTx, venue: str, holdings: Iterable[tuple[str, Decimal, Decimal]], wall: datetime) -> None:
    """What the venue says the account holds: (currency, total, free); currencies it no longer names disappear."""
    tx.session.connection().execute(delete(BalanceRow).where(col(BalanceRow.venue) == venue))
    for currency, total, free in holdings:
        tx.session.add(BalanceRow(venue=venue, currency=currency, total=total, free=free, wall=wall))


def balances(tx: ReadTx, venue: str | None = None) -> list[Balance]:
    """What the venues last said, or one of them."""
    found = tx.session.exec(_BALANCES) if venue is None else tx.session.exec(_AT_VENUE, params={"venue": venue})
    return [Balance(row.venue, row.currency, row.total, row.free, row.wall) for row in found]


def set_venue_status(tx: WriteTx, venue: str, reachable: bool, error: str, wall: datetime) -> None:
    """Whether the venue answered, and what it said if not."""
    _overwrite(tx, VenueStatusRow, venue=venue, reachable=reachable, error=error, wall=wall)


def venue_status(tx: ReadTx) -> dict[str, VenueStatus]:
    """The latest of every venue."""
    rows = tx.session.exec(select(VenueStatusRow))
    return {row.venue: VenueStatus(row.venue, row.reachable, row.error, row.wall) for row in rows}


def _overwrite(tx: WriteTx, kind: type[Row], **values: Any) -> None:
    """Writes a whole row over the one of its key, or adds it where there is none."""
    connection = tx.session.connection()
    known = connection.execute(_update(kind), {f"new_{name}": value for name, value in values.items()})
    if known.rowcount == 0:
        connection.execute(insert(kind), values)


@cache
def _update(kind: type[Row]) -> Update:
    """Built once for each table: every column set by the key."""
    table = cast(Table, kind.__table__)  # type: ignore[attr-defined]
    wanted = update(table).values({column.name: bindparam(f"new_{column.name}") for column in table.columns})
    for column in table.primary_key:
        wanted = wanted.where(column == bindparam(f"new_{column.name}"))
    return wanted


def _text(levels: Levels) -> str:
    plain: Json = [[decimal_text(price), int(quantity)] for price, quantity in levels]
    return canonical_bytes(plain).decode()


def _levels(text: str) -> tuple[tuple[Price, Sats], ...]:
    levels = cast(list[tuple[str, int]], read_canonical(text.encode()))
    return tuple((Price(Decimal(price)), Sats(quantity)) for price, quantity in levels)
