"""After a start: every order is settled by evidence, and the venue's own trades are held against the ledger (P1, P3).

The ledger is believed only as far as the venue does not prove more: an order whose client order id could only be this
sale's, and whose trades the ledger lacks, means that rows were lost or changed. Such a sale raises an alarm and sends
nothing more.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from desk.execution.breaks import DAMAGED, UNRESOLVED
from desk.execution.orders import Order, OrderState, client_order_id
from desk.execution.room import Room
from desk.execution.unreadable import Claim
from desk.ledger import ReadTx, RowUnreadable, TermsUnreadable, orders, sales
from desk.sale.records import Sale, Slice
from desk.units import Sats, btc_text
from desk.venues.model import CancelAccepted, Found, OrderRef, ReportedState, Unavailable, Venue, VenueTrade

log = structlog.get_logger()
_ATTEMPTS = 500
"""Attempts of one slice beyond those on record among which an order is recognised as ours: rows may be lost."""
_OWNERS_AT_ONCE = 200
"""Orders whose owner is asked for before what was learnt so far is kept: a venue may fail in the middle."""
_MARGIN = timedelta(minutes=5)
_Known = list[tuple[Sale, list[Slice]]]


@dataclass(slots=True)
class Recovered:
    """What a start found."""

    never_sent: list[str] = field(default_factory=list)
    settled: list[str] = field(default_factory=list)
    adopted: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    alarms: list[str] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)
    """Venues whose trades could not be read; they are to be checked before anything is sent there."""


class Recovery:
    """What happens before the first order of a new process."""

    def __init__(self, room: Room, claim: Claim) -> None:
        self._room = room
        self._claim = claim
        self._checked: set[tuple[str, str]] = set()
        self._turn: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._owners: defaultdict[str, dict[str, str | None]] = defaultdict(dict)

    async def run(self) -> Recovered:
        """Settles what can be settled at once. What stays unknown is asked about again and again by the steps."""
        found = Recovered()
        live, damaged = await self._room.journal.read(orders.live_readable)
        found.alarms += [str(problem) for problem in damaged]
        for order in live:
            async with self._claim((order.sale_id, order.venue), order.sale_id) as is_mine:
                now = await self._room.journal.order(order.client_order_id)
                if not is_mine:  # a halt or a command takes it off at this moment, and looks what came of it
                    found.unknown.append(order.client_order_id)
                elif now is not None and now.state.is_live:
                    await self._settle(now, found)
        for name in self._room.venues:
            if not await self.check(name, found):
                found.unchecked.append(name)
        return found

    async def check(self, name: str, found: Recovered) -> bool:
        """Holds what a venue has of this desk against the ledger. False: it could not be read, or acted on, yet."""
        try:
            there = await self._room.journal.read(lambda tx: _sales_at(tx, name))
            is_clean = await self._check_open_orders(name, there, found)
            if not (await self._check_trades(name, there, found) and is_clean):
                return False
        except RowUnreadable as problem:
            text = f"what {name} has of this desk cannot be compared with the ledger: {problem}"
            await self._room.journal.alarm(DAMAGED, name, text)
            found.alarms.append(text)
            return False
        self._checked.update((name, sale.id) for sale, _ in there)
        return True

    def has_checked(self, name: str, sale_id: str) -> bool:
        """Whether this process has held the venue's trades against this sale; one it has not may not send there.

        A sale may come, or come back to life, by a changed row as well as by a person.
        """
        return (name, sale_id) in self._checked

    async def check_sale(self, name: str, sale_id: str) -> bool:
        """The same check for a sale that came after the start. False: the trades could not be read yet.

        Other sales that came meanwhile are checked along: the venue's trades are read once for all of them.
        """
        async with self._turn[name]:
            if self.has_checked(name, sale_id):
                return True
            there = [
                (sale, slices)
                for sale, slices in await self._room.journal.read(lambda tx: _sales_at(tx, name))
                if sale.id == sale_id or (sale.state in sales.RESERVING and not self.has_checked(name, sale.id))
            ]
            if not await self._check_trades(name, there, Recovered()):
                return False
            self._checked.update((name, sale.id) for sale, _ in there)
            return True

    async def _settle(self, order: Order, found: Recovered) -> None:
        if order.state is OrderState.INTENT:
            await self._room.sender.never_sent(order)
            found.never_sent.append(order.client_order_id)
            return
        venue = self._room.venues.get(order.venue)
        if venue is None:
            text = f"order {order.client_order_id[:8]} lives at {order.venue}, which is not configured any more"
            await self._room.journal.alarm(UNRESOLVED, order.client_order_id, text)
            found.unknown.append(order.client_order_id)
            return
        if not await self._room.watcher.is_ready(order.venue):
            found.unknown.append(order.client_order_id)
            return
        after = await self._room.resolver.look_up(order, venue)
        if after.state.is_final:
            found.settled.append(order.client_order_id)
        elif after.state in (OrderState.SENT, OrderState.UNKNOWN):
            found.unknown.append(order.client_order_id)
        else:
            found.adopted.append(order.client_order_id)

    async def _check_trades(self, name: str, sales_there: _Known, found: Recovered) -> bool:
        """Holds a venue's own trades against the ledger. False: they could not be read.

        They are read from the oldest signed staging on: no order is older, and no row can move it.
        """
        if not sales_there:
            return True
        venue = self._room.venues[name]
        if not await self._room.watcher.is_ready(name):
            return False
        since = min(sale.terms.staged_at for sale, _ in sales_there)
        try:
            trades = await venue.trades_since(self._wall_at(since))
        except Unavailable:
            return False
        for sale_id, missing in (
            await self._room.journal.read(lambda tx: _beyond_totals(tx, name, trades, since))
        ).items():
            found.alarms.append(await self._hold(sale_id, venue, missing))
        lacking = await self._room.journal.read(lambda tx: _lacking(tx, name, trades, since))
        if not await self._learn_owners(venue, lacking):
            return False
        ours = await self._ids(name, sales_there) if lacking else {}
        for venue_order_id, missing in lacking.items():
            text = await self._judge(venue, venue_order_id, missing, ours)
            if text is not None:
                found.alarms.append(text)
        return True

    async def _learn_owners(self, venue: Venue, lacking: Iterable[str]) -> bool:
        """Asks whose every order behind such trades is that no row names; what an order carries never changes.

        False: the venue did not tell all of them yet. One it keeps to itself might be this desk's.
        """
        known = self._owners[venue.name]
        nameless = await self._room.journal.read(
            lambda tx: [
                one for one in lacking if one not in known and orders.by_venue_order(tx, venue.name, one) is None
            ]
        )
        for start in range(0, len(nameless), _OWNERS_AT_ONCE):
            page = nameless[start : start + _OWNERS_AT_ONCE]
            try:
                told = await venue.owners(page)
            except Unavailable:
                return False
            known.update(told)
            if untold := [one for one in page if one not in told]:
                log.warning(
                    "whose these orders are is not told", venue=venue.name, orders=untold[:5], count=len(untold)
                )
                return False
        return True

    async def _judge(
        self,
        venue: Venue,
        venue_order_id: str,
        missing: list[VenueTrade],
        ours: Mapping[str, str],
    ) -> str | None:
        """Whether trades that the ledger lacks are this desk's; if so, the sale is held.

        Other sales trade while these are judged: an order that still lives is asked about by its own worker, and
        what has come on record since the trades were read lacks no more.
        """
        on_record = await self._room.journal.read(lambda tx: orders.by_venue_order(tx, venue.name, venue_order_id))
        if on_record is None:
            cid = self._owners[venue.name][venue_order_id]
            if cid is None:
                return None
            on_record = await self._room.journal.read(lambda tx: orders.get(tx, cid))  # its answer may be lost
            if on_record is None:
                owner = ours.get(cid)
                return None if owner is None else await self._hold(owner, venue, missing)
        if on_record.state.is_live or not await self._still_lacking(venue.name, missing):
            return None
        after = await self._room.resolver.look_up(on_record, venue)  # fills of a known order: take them in
        if after.filled > on_record.filled or not after.state.is_final:
            return None
        missing = await self._still_lacking(venue.name, missing)
        return await self._hold(after.sale_id, venue, missing) if missing else None

    async def _still_lacking(self, name: str, trades: list[VenueTrade]) -> list[VenueTrade]:
        return await self._room.journal.read(
            lambda tx: [trade for trade in trades if orders.recorded_fill(tx, name, trade.trade_id) is None]
        )

    async def _check_open_orders(self, name: str, known: _Known, found: Recovered) -> bool:
        """Takes off what rests at a venue under this desk's name and is finished, or unheard of, on record."""
        venue = self._room.venues[name]
        if not await self._room.watcher.is_ready(name):
            return False
        try:
            resting = await venue.open_orders()
        except Unavailable:
            return False
        ours = await self._ids(name, known) if resting else {}
        is_clean = True
        for report in resting:
            cid = report.client_order_id
            if cid is None:
                continue
            try:
                order, is_damaged = await self._room.journal.order(cid), False
            except RowUnreadable:
                order, is_damaged = None, True
            sale_id = ours.get(cid) if order is None else order.sale_id
            if sale_id is None or (order is not None and order.state.is_live):
                continue
            if order is not None and await self._has_ended(venue, order):
                is_clean = False  # it ended while the listing was under way, or the listing lags: look again
                continue
            state = "not on record" if order is None else f"{order.state} on record"
            if is_damaged:
                state = "on record in a row that cannot be read"
            text = f"{name} has {report.venue_order_id} on the book for {sale_id}, which is {state}; it is taken off"
            await self._room.journal.alarm("sale.oversold", sale_id, text)
            found.alarms.append(text)
            outcome = await venue.cancel(OrderRef(cid, report.venue_order_id, self._room.clock.wall()))
            is_clean = is_clean and isinstance(outcome, CancelAccepted)
        return is_clean

    async def _has_ended(self, venue: Venue, order: Order) -> bool:
        """Whether the venue itself, asked for this order alone, says that it is on the book no more."""
        match await venue.look_up(self._room.resolver.reference(order)):
            case Found(report):
                return report.state is not ReportedState.OPEN
            case _:
                return False

    async def _hold(self, sale_id: str, venue: Venue, missing: Iterable[VenueTrade]) -> str:
        total = btc_text(Sats(sum(trade.quantity for trade in missing)))
        text = f"{venue.name} proves {total} BTC sold for {sale_id} that are not on record; it sends nothing more"
        await self._room.journal.alarm("sale.oversold", sale_id, text)
        return text

    async def _ids(self, name: str, known: _Known) -> dict[str, str]:
        """Every client order id that could be one of these sales', with its sale: worked out once, off the loop."""
        tried = await self._room.journal.read(
            lambda tx: {one.id: orders.next_attempt(tx, one.id, name) for _, slices in known for one in slices}
        )
        return await asyncio.to_thread(_possible_ids, name, known, tried)

    def _wall_at(self, desk: datetime) -> datetime:
        clock = self._room.clock
        return clock.wall() - (clock.now() - desk) / clock.speed


def _sales_at(tx: ReadTx, venue: str) -> _Known:
    """Unfinished sales that name the venue, opened or not as far as the rows say, with their slices."""
    found = []
    for sale in sales.listed(tx):
        if not sale.state.is_final and any(share.venue == venue for share in sale.terms.venues):
            with suppress(TermsUnreadable):  # its own step holds it and says so
                found.append((sale, sales.slices(tx, sale.id)))
    return found


def _lacking(tx: ReadTx, venue: str, trades: Iterable[VenueTrade], since: datetime) -> dict[str, list[VenueTrade]]:
    """Trades the ledger has no fill for, by the venue's order id."""
    known = orders.trades(tx, venue, since - _MARGIN)
    found: defaultdict[str, list[VenueTrade]] = defaultdict(list)
    for trade in trades:
        if trade.trade_id not in known:
            found[trade.venue_order_id].append(trade)
    return dict(found)


def _beyond_totals(
    tx: ReadTx, venue: str, trades: Iterable[VenueTrade], since: datetime
) -> dict[str, list[VenueTrade]]:
    """Sales of whose recorded fills the venue proves more than their orders and running totals say."""
    sale_of = orders.trades(tx, venue, since - _MARGIN)
    proven: defaultdict[str, list[VenueTrade]] = defaultdict(list)
    for trade in trades:
        if trade.trade_id in sale_of:
            proven[sale_of[trade.trade_id]].append(trade)
    found = {}
    for sale_id, mine in proven.items():
        total = sum(trade.quantity for trade in mine)
        if total > min(orders.totals(tx, sale_id, venue).filled, sales.filled(tx, sale_id)):
            found[sale_id] = mine
    return found


def _possible_ids(venue: str, known: _Known, tried: Mapping[str, int]) -> dict[str, str]:
    """Ids follow from terms, venue, slice and attempt alone; what is on record does not bound the attempts."""
    return {
        client_order_id(digest, venue, one.id, attempt): sale.id
        for sale, slices in known
        for digest in [sale.terms.digest()]
        for one in slices
        for attempt in range(tried[one.id] + _ATTEMPTS)
    }
