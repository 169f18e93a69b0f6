"""Receipts, transfers and payments of coins as tables: every row one lot, one way between own places, one payment."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TypeVar

from desk.treasury.coin_records import PayOut, Receipt, ReceiptKind, Transfer
from desk.treasury.csv_table import Cells, Layout
from desk.treasury.layouts.together import Known, Stated, in_force_with
from desk.treasury.movements import is_transit, pool_place
from desk.treasury.records import MiningDay, Record
from desk.units import ZERO, Price, btc_text

LOTS = Layout(
    ("lot_id", "kind", "place", "btc", "credited", "source"),
    (
        "earned",
        "received",
        "unit_value_usd",
        "value_source",
        "value_at",
        "cost_usd",
        "counterparty",
        "source_id",
        "note",
        "illustrative",
    ),
)
TRANSFERS = Layout(
    ("transfer_id", "from_place", "to_place", "btc", "sent", "source"),
    ("fee_btc", "arrived", "expected", "txid", "confirmations", "note", "illustrative"),
)
PAYOUTS = Layout(
    ("payout_id", "place", "btc", "paid", "payee", "purpose", "source"),
    ("unit_value_usd", "txid", "illustrative"),
)
_A_DAY = timedelta(days=1)
_MAX_PLACE = 80
_R = TypeVar("_R", Receipt, Transfer, PayOut)


def lot(row: Cells, now: datetime) -> list[Record]:
    """Coins that came from outside. Without value and cost they are worth the mark of the day they were credited."""
    made = Receipt(
        id=row.id("lot_id"),
        kind=row.word("kind", ReceiptKind),
        place=_place(row, "place", may_be_transit=row.texts.get("kind") == ReceiptKind.OPENING),
        sats=row.btc("btc"),
        credited=row.past("credited", now),
        source=row.text("source"),
        earned=row.day_or_none("earned"),
        received=row.past("received", now) if row.has("received") else None,
        unit_value=_price(row, "unit_value_usd"),
        value_source=row.text("value_source", empty=True),
        value_at=row.past("value_at", now) if row.has("value_at") else None,
        cost=row.money_or_none("cost_usd"),
        counterparty=row.text("counterparty", empty=True),
        source_id=row.text("source_id", empty=True),
        note=row.text("note", empty=True),
        is_illustrative=row.flag("illustrative"),
    )
    if not row.complaints:
        _check_lot(row, made)
    return [made]


def _check_lot(row: Cells, made: Receipt) -> None:
    if made.sats == ZERO:
        row.refuse("btc", "brings no coins; a lot has some")
    if made.unit_value is not None:
        for name in ("value_source", "value_at"):
            if not row.has(name):
                row.refuse(name, "is missing; a value says whose price it is and of when")
    elif made.value_source or made.value_at is not None:
        row.refuse("unit_value_usd", "is missing, but its source or time is there")
    if made.earned is not None and made.earned > (made.credited + _A_DAY).date():
        row.refuse("earned", f"is after the coins were credited ({made.credited.date()})")
    if made.received is not None and made.earned is not None and made.received.date() < made.earned - _A_DAY:
        row.refuse("received", f"is before the coins were earned ({made.earned})")


def lots_together(stated: Stated, known: Known) -> list[Record]:
    """Opening lots share one time, the cut-over; one payment opens one lot, whatever it is called; and a pool's
    pay-out opens none where its days are on record: those coins are lots already, and only move."""
    final = in_force_with(stated, known, Receipt)
    first = next((one for _, one in sorted(final.items()) if one.kind is ReceiptKind.OPENING), None)
    payments = _ids((one.place, one.source_id, one.id) for one in final.values())
    pools = {record.pool for record in known.values() if isinstance(record, MiningDay)}
    for row, made in _rows(stated, Receipt):
        if made.kind is ReceiptKind.RECEIVED and made.counterparty in pools:
            words = (
                f"is a pool whose days are lots already; a pay-out is a transfer from {pool_place(made.counterparty)}"
            )
            row.refuse("counterparty", words)
        if first is not None and made.kind is ReceiptKind.OPENING and made.credited != first.credited:
            row.refuse("credited", f"is not the cut-over: opening lot {first.id} says {first.credited.isoformat()}")
        for other in payments.get((made.place, made.source_id), ()):
            if made.source_id and other != made.id:
                row.refuse("source_id", f"is lot {other} already; the same coins come once")
    return _flat(stated)


def transfer(row: Cells, now: datetime) -> list[Record]:
    """Coins between own places; without `arrived` they are on their way."""
    made = Transfer(
        id=row.id("transfer_id"),
        from_place=_place(row, "from_place"),
        to_place=_place(row, "to_place"),
        sats=row.btc("btc"),
        fee=row.btc("fee_btc") if row.has("fee_btc") else ZERO,
        sent=row.past("sent", now),
        source=row.text("source"),
        arrived=row.past("arrived", now) if row.has("arrived") else None,
        expected=row.moment_or_none("expected"),
        txid=row.text("txid", empty=True),
        confirmations=row.count_or_none("confirmations"),
        note=row.text("note", empty=True),
        is_illustrative=row.flag("illustrative"),
    )
    if not row.complaints:
        _check_transfer(row, made)
    return [made]


def _check_transfer(row: Cells, made: Transfer) -> None:
    if made.sats == ZERO:
        row.refuse("btc", "moves no coins; a transfer has some")
    if made.from_place == made.to_place:
        row.refuse("to_place", "is where the coins come from; a transfer has two ends")
    for name, at in (("arrived", made.arrived), ("expected", made.expected)):
        if at is not None and at < made.sent:
            row.refuse(name, f"is before the coins were sent ({made.sent.isoformat()})")
    if made.fee > made.sats:
        row.refuse("fee_btc", f"is more than the {btc_text(made.sats)} BTC that arrive; are the two exchanged?")


def transfers_together(stated: Stated, known: Known) -> list[Record]:
    """One transaction between the same two places is one transfer."""
    final = in_force_with(stated, known, Transfer)
    ways = _ids((one.from_place, one.to_place, one.txid, one.id) for one in final.values())
    for row, made in _rows(stated, Transfer):
        for other in ways.get((made.from_place, made.to_place, made.txid), ()):
            if made.txid and other != made.id:
                row.refuse("txid", f"is transfer {other} already; the same coins move once")
    return _flat(stated)


def payout(row: Cells, now: datetime) -> list[Record]:
    """Coins paid to somebody else; without a value the mark of the day says what they were worth."""
    made = PayOut(
        id=row.id("payout_id"),
        place=_place(row, "place"),
        sats=row.btc("btc"),
        paid=row.past("paid", now),
        payee=row.text("payee"),
        purpose=row.text("purpose"),
        source=row.text("source"),
        unit_value=_price(row, "unit_value_usd"),
        txid=row.text("txid", empty=True),
        is_illustrative=row.flag("illustrative"),
    )
    if not row.complaints and made.sats == ZERO:
        row.refuse("btc", "pays no coins; a payment has some")
    return [made]


def _place(row: Cells, name: str, *, may_be_transit: bool = False) -> str:
    """A place's id, pool:NAME, or a venue's name, as it stands."""
    text = row.text(name)
    if len(text) > _MAX_PLACE:
        row.refuse(name, "is too long for a place; write a place's id, pool:NAME or a venue's name")
    if is_transit(text) and not may_be_transit:
        row.refuse(name, "is not a place of its own; coins are in transit by a transfer that has not arrived")
    return text


def _price(row: Cells, name: str) -> Price | None:
    value = row.number_or_none(name)
    if value is not None and not value and not row.complaints:
        row.refuse(name, "is not a price; leave it empty where there is none")
    return None if value is None else Price(value)


def _ids(keyed: Iterable[tuple[str, ...]]) -> dict[tuple[str, ...], list[str]]:
    """The ids, which come last, by what stands before them."""
    found: dict[tuple[str, ...], list[str]] = {}
    for *key, identity in keyed:
        found.setdefault(tuple(key), []).append(identity)
    return found


def _rows(stated: Stated, kind: type[_R]) -> list[tuple[Cells, _R]]:
    return [(row, record) for row, records in stated for record in records if isinstance(record, kind)]


def _flat(stated: Stated) -> list[Record]:
    return [record for _, records in stated for record in records]
