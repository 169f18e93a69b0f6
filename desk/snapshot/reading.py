"""What a picture of the desk is made of, read in short transactions and kept as plain values.

The record (sales, orders, treasury …) is read again only when an event was added; what is live is read every time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TypeVar

from desk.clock import DeskTime
from desk.execution.orders import Fill, Order
from desk.ledger import ReadTx, control, events, live, markets, mining, orders, sales, treasury
from desk.ledger.damage import Gaps
from desk.ledger.feeds import FeedStatus, feed_status
from desk.ledger.markets import MarketFacts
from desk.ledger.records import (
    AcceptedPolicy,
    Alarm,
    Balance,
    Command,
    Halt,
    Heartbeat,
    LiveBook,
    Quote,
    RecordedRequest,
    Sold,
    VenueStatus,
)
from desk.sale.records import Sale, Signature, Slice
from desk.treasury.cash_records import Allocation, CashActual, Covenant, Flow
from desk.treasury.coin_records import BlockSale, Mark, PayOut, Receipt, Transfer
from desk.treasury.pool_coins import PoolCoins, pool_coins
from desk.treasury.pool_days import Restated
from desk.treasury.records import (
    CashBalance,
    Commitment,
    CostFigure,
    Loan,
    Milestone,
    MiningDay,
    NetworkDay,
    Place,
    Project,
    PublishedMonth,
)
from desk.units import Money, Sats

RECENT = 40
"""Events, orders and fills read for the log of a picture."""
FINISHED = 40
"""Finished sales shown beside all the others."""
FOCUS_ORDERS = 150
"""The newest orders of the sale in focus; all of its fills are read, for its curve."""

_A_MONTH = timedelta(days=31)
_AN_EPOCH = timedelta(days=21)
"""A difficulty epoch, generously: so that the first one shown is known from its beginning."""
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class TreasuryRecord:
    """Statements in force."""

    places: tuple[Place, ...]
    cash: tuple[CashBalance, ...]
    days: tuple[MiningDay, ...]
    commitments: tuple[Commitment, ...]
    milestones: tuple[Milestone, ...]
    loans: tuple[Loan, ...]
    costs: tuple[CostFigure, ...]
    months: tuple[PublishedMonth, ...]
    projects: tuple[Project, ...] = ()
    covenants: tuple[Covenant, ...] = ()
    allocations: tuple[Allocation, ...] = ()
    transfers: tuple[Transfer, ...] = ()
    blocks: tuple[BlockSale, ...] = ()
    marks: tuple[Mark, ...] = ()
    flows: tuple[Flow, ...] = ()
    actuals: tuple[CashActual, ...] = ()
    network: tuple[NetworkDay, ...] = ()
    restated: tuple[Restated, ...] = ()
    pay_outs: tuple[PayOut, ...] = ()
    receipts: tuple[Receipt, ...] = ()
    pools: tuple[PoolCoins, ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """Everything on the record that a picture shows, as of `head`.

    `promised`, by venue: what unfinished sales may still sell, staged ones included, as staging itself counts it.
    """

    head: events.Head
    focus: str | None
    days_since: date
    sales: tuple[Sale, ...]
    slices: Mapping[str, tuple[Slice, ...]]
    signatures: Mapping[str, tuple[Signature, ...]]
    live_orders: tuple[Order, ...]
    promised: Mapping[str, Sats]
    recent_orders: tuple[Order, ...]
    recent_fills: tuple[Fill, ...]
    events: tuple[events.Event, ...]
    halt: Halt | None
    requests: tuple[RecordedRequest, ...]
    alarms: tuple[Alarm, ...]
    policies: tuple[AcceptedPolicy, ...]
    treasury: TreasuryRecord
    focus_orders: tuple[Order, ...]
    focus_fills: tuple[Fill, ...]
    damaged: tuple[str, ...] = ()
    """What is wrong with the sales whose terms cannot be read; they are in no list."""

    def sale(self, sale_id: str | None) -> Sale | None:
        return next((sale for sale in self.sales if sale.id == sale_id), None)


@dataclass(frozen=True, slots=True)
class Live:
    """What is true only now. `sold_since`: what a venue executed after its balance was seen; `held_at_most`: what
    our own orders can have held back there when it was."""

    heartbeat: Heartbeat | None
    quotes: Mapping[str, Quote]
    balances: tuple[Balance, ...]
    sold_since: Mapping[str, Sold]
    held_at_most: Mapping[str, Sats]
    markets: Mapping[str, MarketFacts]
    statuses: Mapping[str, VenueStatus]
    book: LiveBook | None
    commands: tuple[Command, ...]
    feeds: Mapping[str, FeedStatus] = field(default_factory=dict)
    brought_since: Mapping[str, Mapping[str, Money]] = field(default_factory=dict)
    """By venue and currency: net proceeds of what it executed after its balance was seen; BTC: fees in coins."""


def read_record(
    tx: ReadTx, venues: Iterable[str], focus: str | None, days_since: date, before: Record | None = None
) -> Record:
    """The record in one transaction. `focus` is read whole even when it is long finished.

    What cannot have changed since the record `before` is taken from it, which keeps the transaction short.
    """
    found = _shown(sales.listed(tx), focus)
    requests = tuple(control.requests(tx))
    names = tuple(venues)
    gaps = Gaps()
    lives, lost = orders.live_readable(tx)
    return Record(
        head=events.head(tx),
        focus=focus,
        days_since=days_since,
        sales=found,
        slices=_slices(tx, gaps, found, focus, before),
        signatures=_signatures(tx, gaps, found, requests, before),
        live_orders=tuple(lives),
        promised={name: _promised(found, name) for name in names},
        recent_orders=gaps.read("the newest orders", lambda: orders.listed(tx, limit=RECENT)),
        recent_fills=gaps.read("the newest fills", lambda: orders.fills(tx, limit=RECENT)),
        events=tuple(events.listed(tx, limit=RECENT, newest_first=True)),
        halt=control.open_halt(tx),
        requests=requests,
        alarms=gaps.read("open alarms", lambda: control.open_alarms(tx)),
        policies=tuple(control.policies(tx)),
        treasury=_treasury(tx, days_since, before),
        focus_orders=(
            gaps.read(f"the orders of {focus}", lambda: orders.listed(tx, focus, limit=FOCUS_ORDERS)) if focus else ()
        ),
        focus_fills=gaps.read(
            f"the fills of {focus}",
            lambda: _fills(tx, next((sale for sale in found if sale.id == focus), None), before),
        ),
        damaged=tuple(str(problem) for problem in (*sales.unreadable(tx), *lost, *gaps.problems)),
    )


def _slices(
    tx: ReadTx, gaps: Gaps, found: Iterable[Sale], focus: str | None, before: Record | None
) -> dict[str, tuple[Slice, ...]]:
    """Slices of unfinished sales and of the one in focus; those of a finished sale do not change any more."""
    wanted = [sale for sale in found if not sale.state.is_final or sale.id == focus]
    known = _finished(before.slices, before) if before else {}
    return {sale.id: known.get(sale.id) or _slices_of(tx, gaps, sale.id) for sale in wanted}


def _slices_of(tx: ReadTx, gaps: Gaps, sale_id: str) -> tuple[Slice, ...]:
    return gaps.read(f"the slices of {sale_id}", lambda: sales.slices(tx, sale_id))


def _signatures(
    tx: ReadTx, gaps: Gaps, found: Iterable[Sale], requests: Iterable[RecordedRequest], before: Record | None
) -> dict[str, tuple[Signature, ...]]:
    known = _finished(before.signatures, before) if before else {}
    subjects = [*(sale.id for sale in found), *(request.id for request in requests)]
    return {
        subject: known[subject] if subject in known else _signatures_on(tx, gaps, subject) for subject in subjects
    }


def _signatures_on(tx: ReadTx, gaps: Gaps, subject: str) -> tuple[Signature, ...]:
    return gaps.read(f"the signatures on {subject}", lambda: sales.signatures(tx, subject))


def _finished(parts: Mapping[str, _T], before: Record) -> dict[str, _T]:
    """What belonged to sales that were finished already; nothing of theirs changes."""
    return {sale.id: parts[sale.id] for sale in before.sales if sale.state.is_final and sale.id in parts}


def _fills(tx: ReadTx, sale: Sale | None, before: Record | None) -> tuple[Fill, ...]:
    """Every fill of the sale in focus, oldest first; only the new ones are read where they add up to its total."""
    if sale is None:
        return ()
    if before is not None and before.focus == sale.id and before.focus_fills:
        known = {(fill.venue, fill.trade_id): fill for fill in before.focus_fills}
        fresh = orders.fills(tx, sale.id, since=before.focus_fills[-1].executed)
        known |= {(fill.venue, fill.trade_id): fill for fill in fresh}
        if sum(fill.quantity for fill in known.values()) == sale.filled:
            return tuple(sorted(known.values(), key=lambda fill: fill.executed))
    return tuple(orders.fills(tx, sale.id))


def read_live(tx: ReadTx, line: DeskTime, book_of: str | None) -> Live:
    """The live tables; `line` tells what desk time it was when a balance was seen."""
    balances = tuple(live.balances(tx))
    seen = {balance.venue: line.desk_at(balance.wall) for balance in balances}
    return Live(
        heartbeat=live.heartbeat(tx),
        quotes=live.quotes(tx),
        balances=balances,
        sold_since={venue: orders.sold_since(tx, since, venue) for venue, since in seen.items()},
        held_at_most={venue: orders.held_at_most(tx, venue, since) for venue, since in seen.items()},
        markets={venue: facts for venue in seen if (facts := markets.market(tx, venue)) is not None},
        statuses=live.venue_status(tx),
        book=live.book(tx, book_of) if book_of else None,
        commands=tuple(control.pending_commands(tx)),
        feeds=feed_status(tx),
        brought_since={venue: orders.brought_since(tx, since, venue) for venue, since in seen.items()},
    )


def _promised(listed: Iterable[Sale], venue: str) -> Sats:
    named = [s for s in listed if not s.state.is_final and any(share.venue == venue for share in s.terms.venues)]
    return Sats(sum(max(0, sale.remaining) for sale in named))


def _shown(listed: list[Sale], focus: str | None) -> tuple[Sale, ...]:
    """Every unfinished sale, the newest finished ones, and the one in focus."""
    finished = [sale.id for sale in listed if sale.state.is_final]
    kept = {*finished[-FINISHED:], focus}
    return tuple(sale for sale in listed if not sale.state.is_final or sale.id in kept)


def _treasury(tx: ReadTx, days_since: date, before: Record | None) -> TreasuryRecord:
    if before is not None and before.days_since == days_since and not _was_imported(tx, before.head.seq):
        return before.treasury
    newest = treasury.newest_day(tx)
    since = min(days_since, newest - _A_MONTH) if newest else days_since
    mined = mining.versions_since(tx, since)
    receipts, pay_outs = treasury.in_force(tx, Receipt), treasury.in_force(tx, PayOut)
    transfers = treasury.in_force(tx, Transfer)
    return TreasuryRecord(
        places=tuple(treasury.places(tx)),
        cash=tuple(treasury.cash(tx)),
        days=tuple(mining.in_force(mined)),
        commitments=tuple(treasury.commitments(tx)),
        milestones=tuple(treasury.milestones(tx)),
        loans=tuple(treasury.loans(tx)),
        costs=tuple(treasury.cost_figures(tx)),
        months=tuple(treasury.published_months(tx)),
        projects=tuple(treasury.projects(tx)),
        covenants=tuple(treasury.in_force(tx, Covenant)),
        allocations=tuple(treasury.in_force(tx, Allocation)),
        transfers=tuple(transfers),
        blocks=tuple(treasury.in_force(tx, BlockSale)),
        marks=tuple(treasury.in_force(tx, Mark, since)),
        flows=tuple(treasury.in_force(tx, Flow)),
        actuals=tuple(treasury.in_force(tx, CashActual)),
        network=tuple(treasury.in_force(tx, NetworkDay, since - _AN_EPOCH)),
        restated=tuple(mining.restated(mined)),
        pay_outs=tuple(pay_outs),
        receipts=tuple(receipts),
        pools=pool_coins(mining.credited(tx), receipts, transfers, pay_outs),
    )


def _was_imported(tx: ReadTx, after: int) -> bool:
    """Whether a statement of the treasury went on record since; every one comes with such an event."""
    new = events.listed(tx, after=after, limit=RECENT)
    return len(new) == RECENT or any(event.kind.endswith(treasury.STATED) for event in new)
