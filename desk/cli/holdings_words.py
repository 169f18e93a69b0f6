"""Holdings in rows for a terminal: how much in which state, where it lies, why it may or may not be sold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from desk.units import notional, show_btc, show_money

if TYPE_CHECKING:
    from desk.snapshot.model import DeskSnapshot

Row = Mapping[str, object]

_STATES = (
    ("sellable", "free at a venue"),
    ("reserved", "promised to sales that are staged or at work"),
    ("elsewhere", "ours and free, but not at a venue: to be deposited first"),
    ("in_transit", "on its way between two places"),
    ("unsettled", "sold outside the venues, not delivered yet"),
    ("pledged", "the lenders hold it"),
)


def state_rows(desk: DeskSnapshot) -> list[Row]:
    """The six states and their sum, each with its dollars where there is a fresh price."""
    held, price = desk.holdings, None if desk.price.is_stale else desk.price.mid
    amounts = [(name.replace("_", " "), getattr(held, name), why) for name, why in _STATES]
    quote = desk.price.symbol.partition("/")[2] or "value"
    return [
        {"": name, "BTC": show_btc(sats), quote: "" if price is None else show_money(notional(sats, price)), " ": why}
        for name, sats, why in (*amounts, ("total", held.total, ""))
    ]


def price_line(desk: DeskSnapshot) -> str:
    """What the dollars were made with, or why there are none."""
    price = desk.price
    if price.mid is None or price.is_stale:
        return "no value: no fresh price" + ("" if price.mid is None else f" (the last was {show_money(price.mid)})")
    return f"at {price.symbol} {show_money(price.mid)} of {price.venue}"


def place_rows(desk: DeskSnapshot) -> list[Row]:
    """Every place with when it was last heard of, and why its coins are in the state they are in."""
    return [
        {
            "place": place.name + (" (illustrative)" if place.is_illustrative else ""),
            "kind": place.kind,
            "BTC": show_btc(place.sats),
            "as of": _when(place.as_of, desk.zone) + ("  STALE" if place.is_stale else ""),
            "why": place.note or "free at the venue, beyond what sales still need",
        }
        for place in desk.holdings.places
    ]


def cash_rows(desk: DeskSnapshot) -> list[Row]:
    """Money by currency and place; a stablecoin is its own currency."""
    return [
        {
            "cash": cash.where + (" (illustrative)" if cash.is_illustrative else ""),
            "currency": cash.currency,
            "amount": show_money(cash.amount),
            "as of": _when(cash.as_of, desk.zone) + ("  STALE" if cash.is_stale else ""),
            "note": cash.note,
        }
        for cash in desk.holdings.cash
    ]


def closing_lines(desk: DeskSnapshot) -> Iterator[str]:
    """What does not fit together."""
    yield from (f"! {problem}" for problem in desk.problems)


def _when(at: datetime | None, zone: str) -> str:
    if at is None:
        return "never"
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%Y-%m-%d %H:%M} {local.tzname()}"
