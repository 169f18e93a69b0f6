"""Lots and disposals with every field an auditor asks for, as plain rows: for the command line and for reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from desk.clock import iso
from desk.treasury.coin_records import BlockSale, PayOut, Receipt, ReliefMethod, Transfer
from desk.treasury.lots import Disposal, Lot, LotBook, Piece, Taken, realised, total
from desk.treasury.movements import Movement, Traded
from desk.treasury.records import MiningDay
from desk.treasury.restrictions import Restriction
from desk.treasury.valuation import Marks, Rate, ValuationPolicy, fair_value, mark_for, missing_mark
from desk.units import Money, Sats, btc_text, decimal_text, exact_sum

Row = dict[str, Any]
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Approval:
    """Who signed for a disposal, as what, and when."""

    person: str
    role: str
    at: datetime


@dataclass(frozen=True, slots=True)
class LotStatement:
    """Lots as of the end of `day` (or now), valued by that day's mark.

    `approvals` are by sale and block sale; `unsigned` says of which block sales no signature counts.
    """

    day: date
    as_of: datetime
    book: LotBook
    marks: Marks
    policy: ValuationPolicy
    method: ReliefMethod
    restrictions: Mapping[str, Restriction] = field(default_factory=dict)
    approvals: Mapping[str, Sequence[Approval]] = field(default_factory=dict)
    unsigned: Sequence[str] = ()
    explained: Sequence[str] = ()
    """Explanations that moved coins in the books, with which no lot went."""
    method_by: str = ""
    """Who says by which method: a rule on record, or the configuration."""

    @property
    def problems(self) -> tuple[str, ...]:
        """Everything that somebody has to look at, one sentence each."""
        return (*self.unsigned, *self.explained, *self.book.problems)

    def is_lent(self, place: str) -> bool:
        """Whether coins at a place are a receivable: their lender may re-use them."""
        restriction = self.restrictions.get(place)
        return restriction is not None and restriction.is_derecognised

    def worth(self, sats: Sats | int) -> Money | None:
        """Fair value at the day's mark, in cents."""
        value = fair_value(sats, self.marks, self.day)
        return None if value is None else Money(value.quantize(_CENT))


def totals(statement: LotStatement) -> Row:
    """Units, cost and fair value of what is held, what is restricted of it, and gains and losses so far.

    Coins lent to somebody who may re-use them are a receivable, and not part of what is held.
    """
    lying = [piece for lot in statement.book.lots for piece in lot.pieces]
    pieces = [piece for piece in lying if not statement.is_lent(piece.place)]
    lent = Sats(sum(piece.sats for piece in lying if statement.is_lent(piece.place)))
    gains = realised(statement.book.disposals)
    rate = mark_for(statement.marks, statement.day)
    held = Sats(sum(piece.sats for piece in pieces))
    restricted = Sats(sum(piece.sats for piece in pieces if piece.place in statement.restrictions))
    return {
        "as_of": iso(statement.as_of),
        "method": str(statement.method),
        "method_by": statement.method_by,
        "valuation": statement.policy.text,
        "price_usd": None if rate is None else decimal_text(rate.value),
        "price_source": None if rate is None else rate.source,
        "price_time": None if rate is None else iso(rate.observed),
        "missing": missing_mark("BTC", statement.day) if rate is None else "",
        "btc": btc_text(held),
        "cost_usd": _text(total([piece.cost for piece in pieces])),
        "fair_value_usd": _text(statement.worth(held)),
        "restricted_btc": btc_text(restricted),
        "restricted_fair_value_usd": _text(statement.worth(restricted)),
        "receivable_btc": btc_text(lent),
        "receivable_fair_value_usd": _text(statement.worth(lent)),
        "realised_gains_usd": decimal_text(gains.gains),
        "realised_losses_usd": decimal_text(gains.losses),
        "disposals_without_gain": gains.unknown,
    }


def lot_rows(statement: LotStatement, place: str | None = None) -> list[Row]:
    """Every lot in the order they were acquired; with `place`, those with coins there."""
    taken: dict[str, list[tuple[Disposal, Taken]]] = {}
    for disposal in statement.book.disposals:
        for part in disposal.taken:
            taken.setdefault(part.lot, []).append((disposal, part))
    return [
        _lot_row(statement, lot, taken.get(lot.id, ()))
        for lot in statement.book.lots
        if place is None or any(piece.place == place for piece in lot.pieces)
    ]


def _lot_row(statement: LotStatement, lot: Lot, taken: Sequence[tuple[Disposal, Taken]]) -> Row:
    """Where it came from, what it cost and by which price, where it lies, and what took of it."""
    one = lot.movement
    value = statement.worth(lot.remaining)
    return {
        "id": lot.id,
        "kind": str(lot.kind),
        "source": lot.source,
        "txid": lot.txid,
        "acquired": iso(lot.acquired),
        "earned": lot.earned.isoformat() if lot.earned else None,
        "credited": iso(lot.credited),
        "received": iso(lot.received) if lot.received else None,
        "btc": btc_text(lot.sats),
        "unit_value_usd": None if one.unit_value is None else decimal_text(one.unit_value),
        "price_source": one.value_source or None,
        "price_time": iso(one.value_at) if one.value_at else None,
        "cost_usd": _text(lot.cost),
        "missing": lot.missing,
        "remaining_btc": btc_text(lot.remaining),
        "remaining_cost_usd": _text(lot.remaining_cost),
        "fair_value_usd": _text(value),
        "unrealised_usd": _text(_less(value, lot.remaining_cost)),
        "pieces": [_piece_row(statement, piece) for piece in lot.pieces],
        "moves": [
            {
                "transfer": step.transfer,
                "txid": step.txid,
                "time": iso(step.at),
                "from": step.from_place,
                "to": step.to_place,
                "btc": btc_text(step.sats),
            }
            for step in lot.steps
        ],
        "disposals": [
            {"disposal": disposal.id, "time": iso(disposal.at), **_taken_row(part)} for disposal, part in taken
        ],
        "illustrative": one.is_illustrative,
    }


def disposal_rows(statement: LotStatement, place: str | None = None) -> list[Row]:
    """Every disposal, oldest first; with `place`, those from there."""
    return [_disposal_row(statement, one) for one in statement.book.disposals if place in (None, one.movement.place)]


def _disposal_row(statement: LotStatement, disposal: Disposal) -> Row:
    """The trade, its fee in its own coin, net proceeds and conversions, its lots, and who approved it."""
    one = disposal.movement
    return {
        "id": disposal.id,
        "kind": str(disposal.kind),
        "time": iso(disposal.at),
        "period": disposal.period,
        "journal": f"{disposal.period}/{disposal.id}",
        "place": one.place,
        **_told_by(one),
        "btc": btc_text(disposal.sats),
        "fee_btc": btc_text(disposal.fee_sats),
        "price": None if one.unit_value is None else decimal_text(one.unit_value),
        "currency": one.currency,
        "gross": None if one.amount is None else decimal_text(one.amount),
        "fee": decimal_text(one.fee),
        "fee_currency": one.fee_currency or None,
        "net_usd": _text(disposal.net),
        "cost_usd": _text(disposal.cost),
        "gain_usd": _text(disposal.gain),
        "conversions": [_mark_row(rate) for rate in disposal.rates],
        "method": str(disposal.method),
        "lots": [
            {"lot": taken.lot, "acquired": iso(taken.acquired), **_taken_row(taken)} for taken in disposal.taken
        ],
        "uncovered_btc": btc_text(disposal.uncovered),
        "missing": list(disposal.missing),
        "approvals": [
            {"person": by.person, "role": by.role, "time": iso(by.at)} for by in statement.approvals.get(one.ref, ())
        ],
        "illustrative": one.is_illustrative,
    }


def _piece_row(statement: LotStatement, piece: Piece) -> Row:
    restriction = statement.restrictions.get(piece.place)
    return {
        "place": piece.place,
        "btc": btc_text(piece.sats),
        "cost_usd": _text(piece.cost),
        "fair_value_usd": _text(statement.worth(piece.sats)),
        "loan": restriction.loan if restriction else None,
        "restriction": restriction.text if restriction else None,
        "restricted_days": restriction.days_left(statement.day) if restriction else None,
        "derecognised": restriction.is_derecognised if restriction else False,
    }


def _taken_row(taken: Taken) -> Row:
    return {
        "btc": btc_text(taken.sats),
        "cost_usd": _text(taken.cost),
        "net_usd": _text(taken.net),
        "gain_usd": _text(taken.gain),
    }


def _mark_row(rate: Rate) -> Row:
    return {
        "rate": decimal_text(rate.value),
        "source": rate.source,
        "observed": iso(rate.observed),
        "policy": "; ".join(dict.fromkeys(mark.policy for mark in rate.marks)),
    }


def _told_by(one: Movement) -> Row:
    """What only the trade, block sale, payment or transfer itself says."""
    origin = one.origin
    row: Row = {"sale": None, "trade_id": None, "client_order_id": None, "counterparty": None, "purpose": None}
    if isinstance(origin, BlockSale):
        return row | {"sale": origin.id, "counterparty": origin.counterparty, "purpose": origin.purpose}
    if isinstance(origin, PayOut):
        return row | {"trade_id": origin.txid or None, "counterparty": origin.payee, "purpose": origin.purpose}
    if isinstance(origin, Transfer):
        return row | {"trade_id": origin.txid or None, "purpose": f"network fee of transfer {origin.id}"}
    if isinstance(origin, Receipt | MiningDay):
        return row
    return row | _trade_row(origin)


def _trade_row(trade: Traded) -> Row:
    return {"sale": trade.sale_id, "trade_id": trade.trade_id, "client_order_id": trade.client_order_id}


def _less(value: Money | None, cost: Money | None) -> Money | None:
    return None if value is None or cost is None else exact_sum([value, -cost])


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else decimal_text(amount)
