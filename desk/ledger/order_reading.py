"""Reading orders, fills and cancels back, as the frozen dataclasses the rest of the program knows."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache

from sqlalchemy import bindparam, func
from sqlmodel import col, select
from sqlmodel.sql.expression import Select, SelectOfScalar

from desk.execution.orders import Fill, Order, OrderState
from desk.ledger.damage import skim
from desk.ledger.errors import RowUnreadable
from desk.ledger.planner import not_looked_up
from desk.ledger.records import Cancel, Sold
from desk.ledger.tables import LIVE, CancelRow, FillRow, OrderRow, SaleRow
from desk.ledger.transactions import ReadTx
from desk.units import Money, Price, Sats, exact_sum, notional

_SOLD = select(col(FillRow.quantity), col(FillRow.cost)).where(FillRow.executed >= bindparam("since"))
_FILLS_THERE = not_looked_up(col(FillRow.venue)) == bindparam("venue")
_ORDERS_THERE = not_looked_up(col(OrderRow.venue)) == bindparam("venue")
_SOLD_AT = _SOLD.where(_FILLS_THERE)
_HELD = select(col(OrderRow.quantity), col(OrderRow.filled), col(OrderRow.limit_price)).where(
    col(OrderRow.state).in_(LIVE)
)
_HELD_AT = _HELD.where(_ORDERS_THERE)
_TRADES = select(col(FillRow.trade_id), col(FillRow.sale_id)).where(
    _FILLS_THERE, FillRow.executed >= bindparam("since")
)
_CLOCKS_APART = timedelta(seconds=10)
"""How far a venue's clock may be behind the one that stamps balances and records."""
_GONE = select(col(FillRow.quantity), col(FillRow.fee_currency), col(FillRow.fee)).where(
    FillRow.executed >= bindparam("earliest"),
    (col(FillRow.executed) >= bindparam("seen")) | (col(FillRow.recorded) >= bindparam("seen")),
    _FILLS_THERE,
)
_BROUGHT = (
    select(col(SaleRow.quote), col(FillRow.cost), col(FillRow.fee_currency), col(FillRow.fee))
    .join(SaleRow, col(SaleRow.id) == col(FillRow.sale_id))
    .where(col(FillRow.executed) >= bindparam("since"), _FILLS_THERE)
)


def get(tx: ReadTx, cid: str) -> Order | None:
    """The order, or None."""
    row = tx.session.get(OrderRow, cid)
    return _order(row) if row else None


def live(tx: ReadTx, sale_id: str | None = None, venue: str | None = None) -> list[Order]:
    """Orders that are not proven finished, oldest first."""
    wanted = _live(sale_id is not None, venue is not None)
    return [_order(row) for row in tx.session.exec(wanted, params={"sale": sale_id, "venue": venue})]


def live_readable(tx: ReadTx, sale_id: str | None = None) -> tuple[list[Order], list[RowUnreadable]]:
    """The same as far as their rows can be read, and what is wrong with the others: for taking orders off."""
    return skim(tx, _live(sale_id is not None, False), _order, {"sale": sale_id, "venue": None})


def listed(
    tx: ReadTx,
    sale_id: str | None = None,
    since: datetime | None = None,
    state: OrderState | None = None,
    *,
    limit: int | None = None,
) -> list[Order]:
    """Orders created since then, oldest first; with `limit` the newest so many of them."""
    wanted = select(OrderRow).order_by(col(OrderRow.created).desc(), col(OrderRow.client_order_id).desc())
    if sale_id is not None:
        wanted = wanted.where(OrderRow.sale_id == sale_id)
    if since is not None:
        wanted = wanted.where(OrderRow.created >= since)
    if state is not None:
        wanted = wanted.where(OrderRow.state == state)
    if limit is not None:
        wanted = wanted.limit(limit)
    return [_order(row) for row in reversed(tx.session.exec(wanted).all())]


def by_venue_order(tx: ReadTx, venue: str, venue_order_id: str) -> Order | None:
    """The order that a venue named so, or None."""
    named = (OrderRow.venue == venue, OrderRow.venue_order_id == venue_order_id)
    row = tx.session.exec(select(OrderRow).where(*named)).first()
    return _order(row) if row else None


def recorded_fill(tx: ReadTx, venue: str, trade_id: str) -> Fill | None:
    """The execution a venue named so, or None."""
    row = tx.session.get(FillRow, (venue, trade_id))
    return _fill(row) if row else None


def fills(
    tx: ReadTx, sale_id: str | None = None, since: datetime | None = None, *, limit: int | None = None
) -> list[Fill]:
    """Executions since then, oldest first; with `limit` the newest so many of them."""
    wanted = select(FillRow).order_by(col(FillRow.executed).desc(), col(FillRow.trade_id).desc())
    if sale_id is not None:
        wanted = wanted.where(FillRow.sale_id == sale_id)
    if since is not None:
        wanted = wanted.where(FillRow.executed >= since)
    if limit is not None:
        wanted = wanted.limit(limit)
    return [_fill(row) for row in reversed(tx.session.exec(wanted).all())]


def trades(tx: ReadTx, venue: str, since: datetime) -> dict[str, str]:
    """The sale of each execution at a venue since then, by the venue's trade id."""
    return dict(tx.session.exec(_TRADES, params={"venue": venue, "since": since}).all())


def cancels(tx: ReadTx, cid: str) -> list[Cancel]:
    """Every wish to cancel an order."""
    rows = tx.session.exec(select(CancelRow).where(CancelRow.client_order_id == cid).order_by(col(CancelRow.id)))
    return [Cancel(row.id, row.client_order_id, row.reason, row.asked, row.outcome, row.settled) for row in rows]


def sold_since(tx: ReadTx, since: datetime, venue: str | None = None) -> Sold:
    """What was executed at or after `since`: satoshis and their gross proceeds."""
    wanted = _SOLD if venue is None else _SOLD_AT
    found = tx.session.exec(wanted, params={"since": since, "venue": venue}).all()
    return Sold(Sats(sum(quantity for quantity, _ in found)), exact_sum([cost for _, cost in found]))


def gone_since(tx: ReadTx, seen: datetime, venue: str, currency: str) -> tuple[Sats, Money]:
    """What a balance of `currency` that was seen then may still hold: coins sold, and fees taken in that currency.

    By the venue's clock, and by ours where that is ahead: what came on record since counts unless it is older than
    clocks are apart. At worst something is counted that the balance knew, until it is seen anew (P10).
    """
    named = {"seen": seen, "earliest": seen - _CLOCKS_APART, "venue": venue}
    found = tx.session.exec(_GONE, params=named).all()
    fees = exact_sum([fee for _, taken_in, fee in found if taken_in == currency])
    return Sats(sum(quantity for quantity, _, _ in found)), fees


def brought_since(tx: ReadTx, since: datetime, venue: str) -> dict[str, Money]:
    """By currency, what executions at or after `since` brought at a venue, net of fees: below zero what they took.

    Fees in coins are among it; the coins sold are not. What was executed before is in a balance seen then, however
    late it came on record.
    """
    brought: defaultdict[str, list[Decimal]] = defaultdict(list)
    for quote, cost, taken_in, fee in tx.session.exec(_BROUGHT, params={"since": since, "venue": venue}):
        brought[quote].append(cost)
        brought[taken_in].append(-fee)
    return {currency: total for currency, parts in sorted(brought.items()) if (total := exact_sum(parts))}


def fees_paid(
    tx: ReadTx, *, sale_id: str | None = None, since: datetime | None = None, venue: str | None = None
) -> dict[str, Money]:
    """Fees by the currency they were taken in: quote, coins, or the venue's own token."""
    wanted = _fees(sale_id is not None, since is not None, venue is not None)
    paid: defaultdict[str, list[Decimal]] = defaultdict(list)
    for currency, fee in tx.session.exec(wanted, params={"sale": sale_id, "since": since, "venue": venue}):
        paid[currency].append(fee)
    return {currency: exact_sum(fees) for currency, fees in sorted(paid.items())}


def committed_open(tx: ReadTx, venue: str | None = None) -> Sold:
    """What live orders may still sell, unknown ones included: satoshis, and their value at the limit price."""
    wanted = _HELD if venue is None else _HELD_AT
    held = tx.session.exec(wanted, params={"venue": venue}).all()
    money = exact_sum([notional(Sats(quantity - filled), Price(price)) for quantity, filled, price in held])
    return Sold(Sats(sum(quantity - filled for quantity, filled, _ in held)), money)


def held_at_most(tx: ReadTx, venue: str, since: datetime) -> Sats:
    """The most our own orders can have held back at a venue at a moment: all that live now or changed since."""
    here = select(func.sum(OrderRow.quantity)).where(_ORDERS_THERE)
    lives = here.where(col(OrderRow.state).in_(LIVE))
    ended = here.where(col(OrderRow.state).not_in(LIVE), col(OrderRow.updated) >= since)
    return Sats(sum(tx.session.exec(part, params={"venue": venue}).one() or 0 for part in (lives, ended)))


@cache
def _live(of_sale: bool, at_venue: bool) -> SelectOfScalar[OrderRow]:
    """Built once: putting a statement together takes longer than running it."""
    wanted = select(OrderRow).where(col(OrderRow.state).in_(LIVE)).order_by(col(OrderRow.created))
    if of_sale:
        wanted = wanted.where(OrderRow.sale_id == bindparam("sale"))
    return wanted.where(_ORDERS_THERE) if at_venue else wanted


@cache
def _fees(of_sale: bool, since: bool, at_venue: bool) -> Select[str, Decimal]:
    wanted = select(col(FillRow.fee_currency), col(FillRow.fee))
    if of_sale:
        wanted = wanted.where(FillRow.sale_id == bindparam("sale"))
    if since:
        wanted = wanted.where(FillRow.executed >= bindparam("since"))
    return wanted.where(_FILLS_THERE) if at_venue else wanted


def _fill(row: FillRow) -> Fill:
    return Fill(
        row.trade_id,
        row.venue,
        row.client_order_id,
        row.sale_id,
        row.slice_id,
        Sats(row.quantity),
        Price(row.price),
        Money(row.cost),
        Money(row.fee),
        row.fee_currency,
        row.liquidity,
        row.executed,
    )


def _order(row: OrderRow) -> Order:
    return Order(
        client_order_id=row.client_order_id,
        venue=row.venue,
        sale_id=row.sale_id,
        slice_id=row.slice_id,
        attempt=row.attempt,
        state=row.state,
        type=row.type,
        limit_price=Price(row.limit_price),
        quantity=Sats(row.quantity),
        filled=Sats(row.filled),
        proceeds=Money(row.proceeds),
        fees=Money(row.fees),
        venue_order_id=row.venue_order_id,
        created=row.created,
        sent=row.sent,
        updated=row.updated,
        deadline=row.deadline,
        cancel_asked=row.cancel_asked,
        last_error=row.last_error,
    )
