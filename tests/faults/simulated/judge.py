"""Holds one world against the promises, by what the exchanges' own books say; the ledger is the accused."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from desk.audit.chain import walk
from desk.audit.rows import differences, totals
from desk.sale.terms import Terms
from desk.venues.model import OrderRef, OrderRequest
from tests.faults.simulated.matching import Exchange, Standing, price_ticks
from tests.faults.simulated.plan import Plan
from tests.faults.simulated.timeline import SECOND, START, Timeline

MOST_ATTEMPTS = 400
SLACK_US = 50_000
MOST_OF_PLAN = 3
"""What was missed is spread: no slice sells more than so many times what was planned for it."""
DUST = 10_000
"""The smallest order anywhere: what is less cannot be sold."""
HALT_US = 1 * SECOND
"""P12: within one second of a halt nothing is sent any more; the same is asked of a pause that was acknowledged."""
PERMITTED = re.compile(
    r"sold in full|sold; [\d.]+ BTC are dust, below the smallest order"
    r"|the window ended(: .+)?; [\d.]+ of [\d.]+ BTC unsold"
    r"|the window ended \S+ before anything was sold: .+|the window had to open by \S+: .+"
)
AFTER_WINDOW = "fill.after-window"
FORGIVEN_ALARMS = {"order.unresolved", AFTER_WINDOW}
"""A person is told that an order stays unknown for long; evidence ends it."""


@dataclass(slots=True)
class Approved:
    """A sale as it was signed."""

    terms: Terms
    digest: str
    stopped_us: int | None = None
    resumed_us: int = -1
    is_cancelled: bool = False


class Judge:
    """Told of everything as it happens; `problems` are the broken promises, in sentences."""

    def __init__(self, plan: Plan, timeline: Timeline) -> None:
        self.plan = plan
        self.timeline = timeline
        self.problems: list[str] = []
        self.sales: dict[str, Approved] = {}
        self.database: sqlite3.Connection | None = None
        self.exchanges: dict[str, Exchange] = {}
        self.seen: Counter[str] = Counter()
        self.halted_us: int | None = None
        self._rearmed_us = -1
        self.revoked_us: int | None = None
        self.locked_us = -SECOND * 10
        """When the ledger last could not be written: what must go, goes without its record (P12 before P2)."""
        self._owner: dict[str, str] = {}
        self._slice_of: dict[str, str] = {}
        self._slices: Counter[str] = Counter()
        self._sent: Counter[str] = Counter()
        self._accepted: Counter[str] = Counter()
        self._sold: defaultdict[str, int] = defaultdict(int)
        self._late: set[str] = set()

    def say(self, problem: str) -> None:
        self.problems.append(f"{self.timeline.now_s:8.3f} s: {problem}")

    def approve(self, terms: Terms) -> None:
        self.sales[terms.sale_id] = Approved(terms, hashlib.sha256(terms.canonical()).hexdigest())

    def halted(self, asked_us: int) -> None:
        """A halt that was asked for then stands, unless a signed rearm was asked for since."""
        if self._rearmed_us < asked_us:
            self.halted_us = self.timeline.now_us

    def rearmed(self) -> None:
        """A signed rearm is asked for: from now on the halt may be lifted."""
        self.halted_us, self._rearmed_us = None, self.timeline.now_us

    def stopped(self, sale_id: str, asked_us: int) -> None:
        """A stop that was asked for then is known to be applied; a resume asked for since came after it."""
        sale = self.sales[sale_id]
        if sale.resumed_us < asked_us:
            sale.stopped_us = self.timeline.now_us

    def resumed(self, sale_id: str) -> None:
        """A signed resume is asked for: from now on it may send."""
        sale = self.sales[sale_id]
        sale.stopped_us, sale.resumed_us = None, self.timeline.now_us

    def sold(self, sale_id: str) -> int:
        return self._sold[sale_id]

    def sent(self, exchange: Exchange, request: OrderRequest, book_us: int) -> None:
        """A create is about to leave the process."""
        cid = request.client_order_id
        self.seen["sent"] += 1
        self._sent[cid] += 1
        if self._sent[cid] > 1:
            self.say(f"{cid} was sent again")
        row = self._row("SELECT state, sale_id, quantity FROM orders WHERE client_order_id = ?", cid)
        if row is None or row[0] not in {"sent", "unknown"} or row[2] != request.quantity:
            self.say(f"{cid} leaves while its row is {row} (P2)")
        sale_id = self._owner_of(exchange.name, cid)
        if sale_id is None:
            self.say(f"{cid} is of no approved sale")
            return
        sale, now = self.sales[sale_id], self.timeline.now_us
        if exchange.name not in {share.venue for share in sale.terms.venues}:
            self.say(f"{sale_id} is sold at {exchange.name}, which its terms do not name")
        for since, why in ((self.halted_us, "halted"), (sale.stopped_us, "stopped"), (self.revoked_us, "unsigned")):
            if since is not None and now > since + HALT_US:
                self.say(f"{sale_id} sends {(now - since) / SECOND:.1f} s after it was {why} (P12, P4)")
        if now - book_us > 6.5 * SECOND:
            self.say(f"{cid} is sent on a book {(now - book_us) / SECOND:.1f} s old (P8)")
        free = exchange.free - sum(one.quantity for one in exchange.on_its_way.values())
        if not exchange.plan.withdrawals and request.quantity > free:
            self.say(f"{cid} offers {request.quantity} sat, {free} are there and not on offer (P10)")
        self._bound(sale_id, exchange, request.quantity, f"{cid} is sent")

    def cancel_sent(self, exchange: Exchange, ref: OrderRef) -> None:
        self.seen["cancels"] += 1
        asked = self._row("SELECT count(*) FROM cancels WHERE client_order_id = ?", ref.client_order_id)
        if asked and asked[0]:
            return
        if self.timeline.now_us > self.locked_us + SECOND:
            self.say(f"a cancel of {ref.client_order_id} leaves without being on record (P2)")
        self.seen["cancels before their record, the ledger being locked"] += 1

    def met(self, fault: str) -> None:
        self.seen[f"fault: {fault}"] += 1

    def accepted(self, exchange: Exchange, order: Standing) -> None:
        cid = order.request.client_order_id
        self.seen["accepted"] += 1
        self._accepted[cid] += 1
        if self._accepted[cid] > 1:
            self.say(f"{cid} was accepted again")
        sale_id = self._owner_of(exchange.name, cid)
        if sale_id is None:
            return
        floor = price_ticks(self.sales[sale_id].terms.limits.floor)
        if order.limit_ticks < floor:
            self.say(f"{cid} asks for {order.limit_ticks}, below the floor {floor}")
        self._in_window(sale_id, exchange, "accepted")
        mine = [one for one in exchange.live if self._owner.get(one) == sale_id]
        if len(mine) > 1:
            self.say(f"{sale_id} has {len(mine)} live orders at {exchange.name}")
        self._bound(sale_id, exchange, 0, f"{cid} is accepted")

    def traded(self, exchange: Exchange, order: Standing, ticks: int, quantity: int) -> None:
        sale_id = self._owner_of(exchange.name, order.request.client_order_id)
        self.seen["trades"] += 1
        if sale_id is None:
            return
        self._sold[sale_id] += quantity
        self._slices[self._slice_of[order.request.client_order_id]] += quantity
        if ticks < price_ticks(self.sales[sale_id].terms.limits.floor):
            self.say(f"{sale_id} was sold at {ticks}, below its floor")
        self._in_window(sale_id, exchange, "traded", order.request.client_order_id)
        self._bound(sale_id, exchange, 0, "a trade")

    def _bound(self, sale_id: str, exchange: Exchange, more: int, what: str) -> None:
        """Sold, resting and on the way at every exchange, at this instant, within what was approved (P1)."""
        held = more
        for one in self.exchanges.values():
            held += sum(o.left for cid, o in one.live.items() if self._owner.get(cid) == sale_id)
            held += sum(r.quantity for cid, r in one.on_its_way.items() if self._owner.get(cid) == sale_id)
        approved = self.sales[sale_id].terms.quantity
        if self._sold[sale_id] + held > approved:
            self.say(f"{what}: {self._sold[sale_id]} sat sold and {held} live of {approved} approved for {sale_id}")

    def _in_window(self, sale_id: str, exchange: Exchange, what: str, cid: str = "") -> None:
        """`cid` is given for a trade; one after the end has to be on record as an alarm."""
        terms = self.sales[sale_id].terms
        opens = terms.window.opens
        if opens is None:
            row = self._row("SELECT opened FROM sales WHERE id = ?", sale_id)
            if row is None or row[0] is None:
                self.say(f"{sale_id}: {what} before its window opened")
                return
            base = self.timeline.at_us(START)
            opens_us = row[0] - round(START.timestamp() * SECOND) + base
        else:
            opens_us = self.timeline.at_us(opens)
        closes_us = opens_us + terms.window.over // timedelta(microseconds=1)
        skew_us = round(abs(self.plan.skew_s) * SECOND) + SLACK_US
        now = exchange.now_us
        is_late = now > closes_us
        if is_late and cid:
            self._late.add(cid)
            self.seen["traded after the window"] += 1
        if is_late and cid and not exchange.plan.expires_orders:
            return  # nobody was there to cancel it, or no cancel arrived: an alarm has to say so
        if not opens_us - skew_us <= now <= closes_us + skew_us:
            self.say(f"{sale_id}: {what} {(now - closes_us) / SECOND:+.2f} s from its window's end")

    def _owner_of(self, venue: str, cid: str) -> str | None:
        """Whose order this is, by the published rule for client order ids."""
        if cid in self._owner:
            return self._owner[cid]
        for attempt in range(MOST_ATTEMPTS):
            for sale_id, sale in self.sales.items():
                for index in range(sale.terms.schedule.slices):
                    slice_id = f"{sale_id}/{index:02d}"
                    text = f"{sale.digest}\n{venue}\n{slice_id}\n{attempt}"
                    if hashlib.sha256(text.encode()).hexdigest()[:32] == cid:
                        self._owner[cid], self._slice_of[cid] = sale_id, slice_id
                        return sale_id
        return None

    def _row(self, query: str, *values: object) -> tuple[Any, ...] | None:
        assert self.database is not None
        found: tuple[Any, ...] | None = self.database.execute(query, values).fetchone()
        return found

    def close(self) -> None:
        """The end: everything on record is what happened, and what was not sold has a reason."""
        assert self.database is not None
        for sale_id, sale in self.sales.items():
            for problem in self._of_sale(sale_id, sale):
                self.say(problem)
        for problem in self._of_orders():
            self.say(problem)
        alarms = self.database.execute("SELECT kind, subject, text FROM alarms WHERE cleared IS NULL").fetchall()
        told = {subject for kind, subject, _ in alarms if kind == AFTER_WINDOW}
        for cid in sorted(told ^ self._late):
            self.say(f"{cid} was {'not ' if cid in told else ''}traded after its window; an alarm says otherwise")
        for kind, subject, text in alarms:
            if kind not in FORGIVEN_ALARMS:
                self.say(f"alarm {kind} of {subject}: {text}")
        walked = walk(self.database)
        breaks = [*walked.breaks, *differences(self.database, walked)[1], *totals(self.database)]
        for one in breaks:
            self.say(f"the record: {one}")

    def _of_sale(self, sale_id: str, sale: Approved) -> Iterator[str]:
        assert self.database is not None
        row = self._row("SELECT state, reason, filled, open, unknown FROM sales WHERE id = ?", sale_id)
        assert row is not None
        state, reason, filled, *held = row
        sold = self._sold[sale_id]
        if filled != sold or held != [0, 0]:
            yield f"{sale_id} on record: {filled} sold, {held} held; {sold} were sold"
        if state not in {"completed", "expired", "cancelled"}:
            yield f"{sale_id} did not end: {state} ({reason})"
        elif state == "cancelled" and not sale.is_cancelled:
            yield f"{sale_id} was cancelled by nobody: {reason}"
        elif state != "cancelled" and not PERMITTED.fullmatch(str(reason)):
            yield f"{sale_id} is {state} for a reason that is not permitted: {reason}"
        for slice_id, planned in self.database.execute("SELECT id, planned FROM slices WHERE sale_id = ?", [sale_id]):
            if self._slices[slice_id] > MOST_OF_PLAN * planned:
                yield f"{slice_id} sold {self._slices[slice_id]}, planned were {planned}: a burst"
        if self.plan.is_calm and sale.terms.quantity - sold > DUST:
            yield f"{sale_id} sold {sold} of {sale.terms.quantity} although nothing went wrong: {reason}"

    def _of_orders(self) -> Iterator[str]:
        assert self.database is not None
        theirs = {
            (name, trade.trade_id): (order.request.client_order_id, trade.quantity, str(trade.price))
            for name, exchange in self.exchanges.items()
            for order in exchange.orders.values()
            for _, trade in order.trades
        }
        rows = self.database.execute("SELECT venue, trade_id, client_order_id, quantity, price FROM fills")
        ours = {(row[0], row[1]): row[2:] for row in rows}
        for trade in sorted(theirs.keys() ^ ours.keys()):
            yield f"the trade {trade} is only {'at the exchange' if trade in theirs else 'in the ledger'}"
        for trade in theirs.keys() & ours.keys():
            if theirs[trade] != ours[trade]:
                yield f"the trade {trade} was {theirs[trade]}, on record {ours[trade]}"
        rows = self.database.execute("SELECT client_order_id, venue, state, filled FROM orders")
        for cid, venue, state, filled in rows:
            order = self.exchanges[venue].orders.get(cid)
            at_exchange = ("refused", 0) if order is None else (str(order.end), order.filled)
            if (state, filled) != at_exchange:
                yield f"the order {cid} is {state} with {filled}, at {venue} it is {at_exchange}"
