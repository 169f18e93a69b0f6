"""Holdings, mining, funding and loans as they are shown: the treasury's arithmetic over what was read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal

from desk.clock import DeskTime
from desk.snapshot.model import (
    CashView,
    HoldingsView,
    PlaceView,
)
from desk.snapshot.reading import Live, Record
from desk.treasury.coin_stream import fee_sats
from desk.treasury.forecast.cash import since_words
from desk.treasury.forecast.inputs import VenueCash
from desk.treasury.holdings import AgeLimits, Column, Holdings, VenueBalance, holdings
from desk.treasury.pool_coins import with_pools
from desk.treasury.records import Place
from desk.units import NOTHING, ZERO, Money, Price, Sats, notional, parse_btc, show_btc

BASE = "BTC"
_SATOSHI = Decimal("1e-8")


@dataclass(frozen=True, slots=True)
class Moment:
    """When a picture is taken: desk time, wall time, the mid or None, and how old a figure may be."""

    now: datetime
    wall: datetime
    price: Price | None
    limits: AgeLimits
    line: DeskTime

    def desk_at(self, seen: datetime) -> datetime:
        """The desk time of something seen at a wall time."""
        return self.line.desk_at(seen)


def held(record: Record, live: Live, at: Moment) -> Holdings:
    """Coins by place, explained; what a venue executed since its balance was seen is taken off."""
    balances = [
        VenueBalance(
            venue=one.venue,
            total=_sats(one.total),
            free=_sats(one.free),
            observed=one.wall,
            ours_on_hold=live.held_at_most.get(one.venue, ZERO),
            sold_since=_gone(live, one.venue),
        )
        for one in live.balances
        if one.currency == BASE
    ]
    treasury = record.treasury
    places = [_seen_lately(place, live, at) for place in treasury.places]
    return holdings(
        with_pools(places, treasury.pools, at.now),
        balances,
        record.promised,
        treasury.loans,
        now=at.now,
        wall=at.wall,
        limits=at.limits,
        transfers=treasury.transfers,
        blocks=treasury.blocks,
        pay_outs=treasury.pay_outs,
        receipts=treasury.receipts,
    )


def _gone(live: Live, venue: str) -> Sats:
    """Coins that a venue sold after its balance was seen, and the fees it took in coins for it."""
    sold = live.sold_since[venue].quantity if venue in live.sold_since else ZERO
    fees = live.brought_since.get(venue, {}).get(BASE, NOTHING)
    return Sats(sold - fee_sats(fees))


def _seen_lately(place: Place, live: Live, at: Moment) -> Place:
    """A watched wallet is as old as the last good answer about it, not as its last change."""
    feed = live.feeds.get(f"wallet:{place.id}")
    if feed is None or feed.answered is None:
        return place
    return replace(place, as_of=max(place.as_of, min(at.now, at.desk_at(feed.answered))))


def holdings_view(found: Holdings, cash: Sequence[CashView], record: Record, at: Moment) -> HoldingsView:
    """The six columns, the places they are made of, and cash."""
    return HoldingsView(
        total=found.total,
        sellable=found.sellable,
        reserved=found.of(Column.RESERVED),
        pledged=found.of(Column.PLEDGED),
        in_transit=found.of(Column.IN_TRANSIT),
        elsewhere=found.of(Column.ELSEWHERE),
        places=_places(found, record, at),
        cash=tuple(cash),
        value=None if at.price is None else notional(found.total, at.price),
        is_stale=found.is_stale or not found.lines,
        explained=found.explained,
        unsettled=found.of(Column.UNSETTLED),
    )


def cash_views(record: Record, live: Live, at: Moment) -> tuple[CashView, ...]:
    """Money by place: what was stated, and what the venues say they hold for us."""
    stated = [
        CashView(
            c.currency,
            c.amount,
            c.place,
            c.as_of,
            at.now - c.as_of > at.limits.places,
            c.note,
            c.is_illustrative,
        )
        for c in record.treasury.cash
    ]
    at_venues = [
        CashView(one.currency, one.total, one.venue, one.seen, one.is_stale, since_words(one.since, one.currency))
        for one in venue_cash(live, at)
    ]
    return (*stated, *at_venues)


def venue_cash(live: Live, at: Moment) -> tuple[VenueCash, ...]:
    """Money at the venues: what each said it holds, and what its own executions brought since it said so.

    Coins that were sold are off the holdings at once; their proceeds are there at once, too. What was executed before
    the balance was seen is in it, however late it came on record, and a newer balance starts from nothing again.
    """
    seen = {one.venue: one.wall for one in live.balances}
    said = {(one.venue, one.currency): Money(one.total) for one in live.balances}
    brought = {(name, unit): sum_ for name, found in live.brought_since.items() for unit, sum_ in found.items()}
    made = []
    for venue, currency in dict.fromkeys((*said, *brought)):
        amount, since = (parts.get((venue, currency), NOTHING) for parts in (said, brought))
        if currency == BASE or venue not in seen or not (amount or since):
            continue
        age = max(timedelta(0), at.wall - seen[venue])
        is_stale = age > at.limits.balances
        made.append(VenueCash(venue, currency, amount, since, at.desk_at(seen[venue]), age, is_stale))
    return tuple(made)


def _places(found: Holdings, record: Record, at: Moment) -> tuple[PlaceView, ...]:
    """One row a place; a venue's columns are added up, with the reserved part as its note."""
    rows: dict[tuple[str, str], PlaceView] = {}
    stated: dict[str, bool] = {pool.name: pool.is_illustrative for pool in record.treasury.pools}
    stated |= {place.name: place.is_illustrative for place in record.treasury.places}
    for line in found.lines:
        key = (line.kind, line.place)
        before = rows.get(key)
        seen = at.wall if line.kind == "venue" else at.now
        age_s = max(0.0, (seen - line.as_of).total_seconds())
        note = _note(line.column, line.sats, line.why, is_venue=line.kind == "venue")
        if before is None:
            illustrative = line.kind != "venue" and stated.get(line.place, False)
            as_of = at.desk_at(line.as_of) if line.kind == "venue" else line.as_of
            rows[key] = PlaceView(line.kind, line.place, line.sats, as_of, age_s, line.is_stale, note, illustrative)
            continue
        joined = "; ".join(part for part in (before.note, note) if part)
        rows[key] = replace(before, sats=Sats(before.sats + line.sats), note=joined)
    return tuple(rows.values())


def _note(column: Column, sats: Sats, why: str, *, is_venue: bool) -> str:
    if not is_venue:
        return why
    if column is Column.SELLABLE:
        return why.partition("; ")[2]
    return f"{show_btc(sats, 2)} {column}: {why}"


def _sats(amount: Decimal) -> Sats:
    """A venue's balance in satoshis; what is finer than one is not counted."""
    return parse_btc(amount.quantize(_SATOSHI, ROUND_DOWN))
