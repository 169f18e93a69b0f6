"""The stream of movements out of statements, mining days and fills, the same whatever order they came in."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TypeAlias

from desk.treasury.coin_records import BlockSale, PayOut, Receipt, ReceiptKind, Transfer
from desk.treasury.movements import (
    CoinStatements,
    Movement,
    MovementKind,
    Traded,
    credited_at,
    fill_disposal,
    mining_lot,
    pool_place,
    transit_place,
)
from desk.treasury.records import MiningDay
from desk.treasury.same_instant import in_order_of_places
from desk.treasury.valuation import COIN, DOLLARS, Marks, mark_for
from desk.units import SATS_PER_BTC, ZERO, Sats, notional


def stream(given: CoinStatements) -> tuple[Movement, ...]:
    """The stream, oldest first. At one instant coins come before they move, and move before they go.

    With opening lots it begins at the cut-over: coins on their way then are an opening lot at `transit:<id>`.
    """
    marks = Marks(given.marks)
    made: list[tuple[_Place, Movement]] = []
    made += [(_FIRST, _mined(day, marks)) for day in given.mining if day.mined]
    made += [(_FIRST, _received(receipt, marks)) for receipt in given.receipts]
    for place, transfer in enumerate(in_order_of_places(given.transfers), start=1):
        made += _transferred(transfer, place, marks)
    for pay_out in given.pay_outs:
        made.append((_LAST, _paid(pay_out, marks)))
    for block in given.blocks:
        made += ((_LAST, one) for one in _block_sold(block))
    for fill in given.fills:
        made += ((_LAST, one) for one in _filled(fill, given.quotes.get(fill.sale_id, DOLLARS)))
    made.sort(key=lambda one: (one[1].at, one[0], one[1].id))
    start = cut_over(given.receipts)
    return tuple(movement for _, movement in made if start is None or movement.at >= start)


def cut_over(receipts: Iterable[Receipt]) -> datetime | None:
    """When the books begin: the time of the opening lots, in which everything earlier is contained."""
    return min((one.credited for one in receipts if one.kind is ReceiptKind.OPENING), default=None)


_Place: TypeAlias = tuple[int, int, int]
"""Where a movement stands among those of its instant: what comes, arrivals, departures, what goes."""
_FIRST: _Place = (0, 0, 0)
_LAST: _Place = (9, 0, 0)


def _mined(day: MiningDay, marks: Marks) -> Movement:
    lot = mining_lot(day)
    mark = mark_for(marks, day.day)
    return Movement(
        id=lot,
        at=credited_at(day),
        kind=MovementKind.MINED,
        place=pool_place(day.pool),
        sats=day.mined,
        ref=lot,
        origin=day,
        unit_value=mark.value if mark else None,
        value_source=mark.source if mark else "",
        value_at=mark.observed if mark else None,
        lot=lot,
    )


_RECEIVED = {
    ReceiptKind.OPENING: MovementKind.OPENING,
    ReceiptKind.RECEIVED: MovementKind.RECEIVED,
    ReceiptKind.RETURNED: MovementKind.RETURNED,
}


def _received(receipt: Receipt, marks: Marks) -> Movement:
    value, source, at = receipt.unit_value, receipt.value_source, receipt.value_at
    mark = mark_for(marks, receipt.credited.astimezone(UTC).date())
    is_new = receipt.kind is not ReceiptKind.OPENING  # what was there before did not cost the cut-over's price
    if is_new and value is None and receipt.cost is None and mark is not None:
        value, source, at = mark.value, mark.source, mark.observed
    return Movement(
        id=f"receipt/{receipt.id}",
        at=receipt.credited,
        kind=_RECEIVED[receipt.kind],
        place=receipt.place,
        sats=receipt.sats,
        ref=receipt.id,
        origin=receipt,
        unit_value=value,
        value_source=source,
        value_at=at,
        amount=receipt.cost,
        lot=receipt.id,
    )


def _transferred(transfer: Transfer, place: int, marks: Marks) -> list[tuple[_Place, Movement]]:
    """Two ends, each out of one place and into another, and the network's fee."""
    name, transit = f"transfer/{transfer.id}", transit_place(transfer.id)

    def leg(end: str, at: datetime, where: str, sats: int) -> Movement:
        return Movement(f"{name}/{end}", at, MovementKind.MOVED, where, Sats(sats), transfer.id, transfer)

    is_instant = transfer.arrived == transfer.sent
    sending: _Place = (2, place, 0)
    legs = [
        (sending, leg("1-left", transfer.sent, transfer.from_place, -transfer.sats)),
        (sending, leg("2-sent", transfer.sent, transit, transfer.sats)),
    ]
    if transfer.arrived is not None:
        arriving: _Place = (2, place, 1) if is_instant else (1, place, 1)
        legs += [
            (arriving, leg("3-arrived", transfer.arrived, transit, -transfer.sats)),
            (arriving, leg("4-credited", transfer.arrived, transfer.to_place, transfer.sats)),
        ]
    if transfer.fee:
        legs.append((sending, _network_fee(transfer, marks)))
    return legs


def _network_fee(transfer: Transfer, marks: Marks) -> Movement:
    mark = mark_for(marks, transfer.sent.astimezone(UTC).date())
    return Movement(
        id=f"transfer/{transfer.id}/fee",
        at=transfer.sent,
        kind=MovementKind.FEE,
        place=transfer.from_place,
        sats=Sats(-transfer.fee),
        ref=transfer.id,
        origin=transfer,
        unit_value=mark.value if mark else None,
        value_source=mark.source if mark else "",
        value_at=mark.observed if mark else None,
        disposal=f"transfer/{transfer.id}",
    )


def _paid(pay_out: PayOut, marks: Marks) -> Movement:
    value, source, at = pay_out.unit_value, pay_out.source, pay_out.paid
    mark = mark_for(marks, pay_out.paid.astimezone(UTC).date())
    if value is None and mark is not None:
        value, source, at = mark.value, mark.source, mark.observed
    return Movement(
        id=f"pay-out/{pay_out.id}",
        at=pay_out.paid,
        kind=MovementKind.PAID_OUT,
        place=pay_out.place,
        sats=Sats(-pay_out.sats),
        ref=pay_out.id,
        origin=pay_out,
        unit_value=value,
        value_source=source if value is not None else "",
        value_at=at if value is not None else None,
        disposal=f"pay-out/{pay_out.id}",
    )


def _block_sold(block: BlockSale) -> list[Movement]:
    sold = Movement(
        id=f"block/{block.id}",
        at=block.executed,
        kind=MovementKind.SOLD,
        place=block.place,
        sats=Sats(-block.sats),
        ref=block.id,
        origin=block,
        currency=block.currency,
        unit_value=block.price,
        value_source=block.source,
        value_at=block.executed,
        amount=notional(block.sats, block.price),
        fee=block.fee,
        fee_currency=block.fee_currency,
        disposal=f"block/{block.id}",
    )
    return [sold, *_coin_fee(sold)]


def _filled(fill: Traded, quote: str) -> list[Movement]:
    sold = Movement(
        id=fill_disposal(fill),
        at=fill.executed,
        kind=MovementKind.SOLD,
        place=fill.venue,
        sats=Sats(-fill.quantity),
        ref=fill.sale_id,
        origin=fill,
        currency=quote,
        unit_value=fill.price,
        value_source=fill.venue,
        value_at=fill.executed,
        amount=fill.cost,
        fee=fill.fee,
        fee_currency=fill.fee_currency,
        disposal=fill_disposal(fill),
    )
    return [sold, *_coin_fee(sold)]


def fee_sats(fee: Decimal) -> Sats:
    """A fee in BTC as whole satoshis: venues that keep finer balances are rounded to the nearest, halves to even."""
    return Sats(int((fee * SATS_PER_BTC).to_integral_value(ROUND_HALF_EVEN)))


def _coin_fee(sold: Movement) -> list[Movement]:
    """The coins of a trade's fee that was taken in BTC; a rebate in BTC is a fee below zero and opens a lot."""
    sats = fee_sats(sold.fee) if sold.fee_currency == COIN else ZERO
    if not sats:
        return []
    return [
        Movement(
            id=f"{sold.id}/fee",
            at=sold.at,
            kind=MovementKind.FEE,
            place=sold.place,
            sats=Sats(-sats),
            ref=sold.ref,
            origin=sold.origin,
            currency=sold.currency,
            unit_value=sold.unit_value,
            value_source=sold.value_source,
            value_at=sold.value_at,
            lot=f"{sold.id}/rebate" if sats < 0 else None,
            disposal=sold.disposal,
        )
    ]
