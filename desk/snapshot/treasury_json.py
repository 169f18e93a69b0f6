"""Holdings as a document: what `desk holdings --json` prints."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from desk.clock import iso
from desk.snapshot.model import DeskSnapshot
from desk.units import btc_text, decimal_text

Document = dict[str, Any]
_CENT = Decimal("0.01")


def holdings_json(desk: DeskSnapshot) -> Document:
    """Coins by column and place, cash by currency. Value is None without a fresh price."""
    held = desk.holdings
    return {
        "total_btc": btc_text(held.total),
        "sellable_btc": btc_text(held.sellable),
        "reserved_btc": btc_text(held.reserved),
        "pledged_btc": btc_text(held.pledged),
        "in_transit_btc": btc_text(held.in_transit),
        "unsettled_btc": btc_text(held.unsettled),
        "elsewhere_btc": btc_text(held.elsewhere),
        "value": None if held.value is None else decimal_text(held.value.quantize(_CENT)),
        "price": None if desk.price.mid is None else decimal_text(desk.price.mid),
        "is_stale": held.is_stale,
        "places": [
            {
                "kind": place.kind,
                "name": place.name,
                "btc": btc_text(place.sats),
                "as_of": iso(place.as_of) if place.as_of else None,
                "is_stale": place.is_stale,
                "note": place.note,
            }
            for place in held.places
        ],
        "explained": list(held.explained),
        "cash": [
            {
                "where": cash.where,
                "currency": cash.currency,
                "amount": decimal_text(cash.amount),
                "as_of": iso(cash.as_of) if cash.as_of else None,
                "is_stale": cash.is_stale,
                "note": cash.note,
            }
            for cash in held.cash
        ],
    }
