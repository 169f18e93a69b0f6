"""The picture of the desk, built from short read transactions: no exchange, no screen, nothing written.

One builder belongs to one program that shows pictures; it remembers between ticks what need not be read again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from desk.clock import Clock
from desk.config import Config
from desk.duty.lock import is_held
from desk.ledger import Ledger, events
from desk.permission.approvals import Verdict
from desk.sale.records import Sale
from desk.snapshot import coin_waiting, loan_waiting, waiting
from desk.snapshot.anchor import AnchorReader
from desk.snapshot.at_risk import Futures
from desk.snapshot.break_waiting import BreakWatch
from desk.snapshot.capex_view import capex_book
from desk.snapshot.detail import Focus, effect_lines, sale_detail
from desk.snapshot.event_words import event_views, mentioned
from desk.snapshot.judging import Judge
from desk.snapshot.loan_proceeds import Market
from desk.snapshot.loan_view import beside, loan_views
from desk.snapshot.mids import MidHistory
from desk.snapshot.mining_view import MiningReader, mining_view, pool_items, restated_items
from desk.snapshot.model import (
    CashView,
    DaemonView,
    DeskSnapshot,
    FundingView,
    HaltView,
    LoanView,
    PriceView,
    SaleDetail,
    SaleView,
    WaitingItem,
)
from desk.snapshot.plan_view import Planner, funding_view
from desk.snapshot.plan_waiting import plan_items
from desk.snapshot.reading import Live, Record, read_live, read_record
from desk.snapshot.sale_view import SaleParts, book_view, by_sale, sale_view
from desk.snapshot.strip_view import audit_view, daemon_view, halt_view, price_view, signers, venue_views
from desk.snapshot.treasury_view import (
    Moment,
    cash_views,
    held,
    holdings_view,
)
from desk.treasury.holdings import AgeLimits, Holdings

_LOCK_EVERY_S = 1.0
_DAYS_SHOWN = timedelta(days=62)


@dataclass(frozen=True, slots=True)
class Look:
    """What was read at one moment."""

    record: Record
    live: Live
    price: PriceView
    at: Moment
    coins: Holdings


class SnapshotBuilder:
    """Builds pictures of one desk. `me` is the principal whose key this terminal would sign with, if known."""

    def __init__(
        self, config: Config, ledger: Ledger, clock: Clock, me: str | None = None, *, with_futures: bool = False
    ) -> None:
        self._config, self._ledger, self._clock, self._me = config, ledger, clock, me
        self._judge = Judge(config, ledger.desk.desk_id)
        self._mids = MidHistory()
        self._mining = MiningReader()
        self.planner = Planner(config.settings)
        self.futures = Futures(clock.monotonic) if with_futures else None
        self._anchors = AnchorReader(config.settings.audit.checkpoints)
        self._breaks = BreakWatch(ledger)
        self._record: Record | None = None
        self._lock: tuple[float, bool] = (float("-inf"), False)

    def build(self, focus: str | None = None) -> DeskSnapshot:
        """The desk now, with everything of the sale `focus`. Raises LedgerError where the ledger cannot be read."""
        look = self.look(focus)
        record, live, price, at, coins = look.record, look.live, look.price, look.at, look.coins
        now, wall = at.now, at.wall
        self._judge.refresh(record.policies, self._clock.monotonic())
        parts = self._parts(record, self._verdicts(record, focus, now))
        views = {sale.id: sale_view(parts[sale.id], now) for sale in record.sales}
        daemon, halt = self._daemon(record, live, wall), halt_view(self._config, record, wall)
        market, cash = self._market(record, at, price), cash_views(record, live, at)
        around = beside(record, coins.total if coins.lines else None, cash, self._config.settings.venues, market)
        loans = loan_views(record, market, around)
        commitments = capex_book(record, at)
        planned = {one.id: one.planned for slices in record.slices.values() for one in slices}
        mined = mining_view(record, live, at, self._config.settings.pools, self._mining)
        funding = self._funding(look)
        return DeskSnapshot(
            taken=now,
            wall=wall,
            zone=self._config.settings.desk.timezone,
            desk_name=self._config.settings.desk.name,
            is_demo=self._ledger.desk.is_demo,
            speed=self._clock.speed,
            me=self._me,
            price=price,
            daemon=daemon,
            halt=halt,
            waiting=(
                *self._waiting(record, live, at, views, loans, halt, daemon, price),
                *loan_waiting.capex_items(commitments),
                *plan_items(funding, now),
                *self._treasury_waiting(record, live, coins, cash),
                *restated_items(record.treasury.restated, now),
                *pool_items(mined.pools),
            ),
            holdings=holdings_view(coins, cash, record, at),
            mining=mined,
            funding=funding,
            loans=loans,
            sales=tuple(views.values()),
            events=event_views(record.events, mentioned(record.recent_orders, record.recent_fills, planned)),
            venues=venue_views(self._config, live, wall),
            audit=audit_view(record, self._anchors.newest(), wall),
            focus=self._detail(focus, parts, views, record, live, at, coins, market),
            problems=self._problems(record, coins, focus),
            capex=commitments,
        )

    def look(self, focus: str | None = None) -> Look:
        """What a picture, a plan or a report of this moment is made from. Raises LedgerError."""
        now, wall = self._clock.now(), self._clock.wall()
        record = self._read_record(focus, now)
        live = self._read_live(record, focus, now)
        price = price_view(self._config, live, self._mids, now, wall)
        at = Moment(now, wall, None if price.is_stale else price.mid, self._limits(), self._ledger.desk.line)
        return Look(record, live, price, at, held(record, live, at))

    def effect(self, sale: Sale) -> tuple[str, ...]:
        """What a sale would do that is not on record yet. Raises LedgerError."""
        look = self.look()
        plan_with = partial(self.planner.plan, look.record, look.live, look.at, look.coins)
        market = self._market(look.record, look.at, look.price)
        return effect_lines(sale, look.record, look.live, market, plan_with)

    def _funding(self, look: Look) -> FundingView:
        """The plan, and what simulated futures said of it last; they are never waited for."""
        made = self.planner.plan(look.record, look.live, look.at, look.coins)
        if self.futures is None:
            return funding_view(made, look.record)
        question = self.planner.futures(made, look.record, look.live, look.at)
        said = question if isinstance(question, str) else self.futures.ask(question, look.at.now)
        return funding_view(made, look.record, said)

    def _market(self, record: Record, at: Moment, price: PriceView) -> Market:
        quote = price.symbol.partition("/")[2]
        return Market(at.price, quote, self.planner.rules, record.treasury.marks, at.now.date(), price.mid)

    def _read_record(self, focus: str | None, now: datetime) -> Record:
        """The record; read again only when an event was added, another sale is in focus, or a day began."""
        known, days_since = self._record, now.date() - _DAYS_SHOWN
        with self._ledger.read() as tx:
            if known and (known.focus, known.days_since, known.head) == (focus, days_since, events.head(tx)):
                return known
            self._record = read_record(tx, self._config.settings.venues, focus, days_since, known)
        return self._record

    def _read_live(self, record: Record, focus: str | None, now: datetime) -> Live:
        sale = record.sale(focus)
        with self._ledger.read() as tx:
            live = read_live(tx, self._ledger.desk.line, sale.terms.venues[0].venue if sale else None)
            for venue in live.quotes:
                self._mids.refresh(tx, venue, now)
        return live

    def _limits(self) -> AgeLimits:
        settings = self._config.settings
        return AgeLimits(
            balances=timedelta(seconds=settings.controls.max_balance_age_s),
            transfers=timedelta(hours=settings.treasury.transfer_hours),
            places=timedelta(hours=settings.treasury.max_statement_age_hours),
        )

    def _verdicts(self, record: Record, focus: str | None, now: datetime) -> dict[str, Verdict | None]:
        """Signatures of unfinished sales and of the one in focus are judged each time: time itself may void them."""
        judged = [sale for sale in record.sales if not sale.state.is_final or sale.id == focus]
        return {sale.id: self._judge.verdict(sale, record.signatures[sale.id], now) for sale in judged}

    def _parts(self, record: Record, verdicts: Mapping[str, Verdict | None]) -> dict[str, SaleParts]:
        resting = by_sale(record.live_orders)
        return {
            sale.id: SaleParts(
                sale=sale,
                slices=record.slices.get(sale.id, ()),
                orders=resting.get(sale.id, ()),
                verdict=verdicts.get(sale.id),
                needed=self._judge.required(sale),
                signed_on_record=len(signers(record, sale.id)),
                mids=self._mids.of(sale.terms.venues[0].venue),
            )
            for sale in record.sales
        }

    def _daemon(self, record: Record, live: Live, wall: datetime) -> DaemonView:
        """The lock is looked at only while the heartbeat is old, and at most once a second: looking takes it."""
        active = sum(sale.state.is_active for sale in record.sales)
        view = daemon_view(live.heartbeat, wall, lock_is_held=self._lock[1], active=active)
        if view.state == "running":
            return view
        if self._clock.monotonic() - self._lock[0] > _LOCK_EVERY_S:
            self._lock = (self._clock.monotonic(), is_held(self._config.lock_file))
        return daemon_view(live.heartbeat, wall, lock_is_held=self._lock[1], active=active)

    def _waiting(
        self,
        record: Record,
        live: Live,
        at: Moment,
        views: Mapping[str, SaleView],
        loans: tuple[LoanView, ...],
        halt: HaltView | None,
        daemon: DaemonView,
        price: PriceView,
    ) -> tuple[WaitingItem, ...]:
        lengths = {sale.id: sale.terms.window.over for sale in record.sales}
        signed = {sale.id: signers(record, sale.id) for sale in record.sales}
        by = {request.id: [one.principal for one in record.signatures[request.id]] for request in record.requests}
        speed = self._clock.speed
        venues = venue_views(self._config, live, at.wall)
        return (
            *waiting.halt_items(halt),
            *waiting.sale_items(views.values(), lengths, self._me, signed),
            *waiting.paused_items(views.values()),
            *waiting.short_items(record.sales, record.slices, at),
            *loan_waiting.loan_items(loans, at.now.date()),
            *waiting.record_items(record, at, speed),
            *self._breaks.items(record.treasury, at.now),
            *waiting.request_items(record.requests, by, at),
            *waiting.silence_items(daemon, price, venues, live, daemon.working, at, speed),
        )

    def _treasury_waiting(
        self, record: Record, live: Live, coins: Holdings, cash: tuple[CashView, ...]
    ) -> tuple[WaitingItem, ...]:
        settings = self._config.settings
        return (
            *coin_waiting.transit_items(coins),
            *coin_waiting.sweep_items(cash, settings.venues, settings.treasury),
            *coin_waiting.statement_items(cash, settings.venues),
            *coin_waiting.peg_items(cash, record.treasury.marks, settings.treasury),
            *coin_waiting.feed_items(live.feeds),
        )

    def _detail(
        self,
        focus: str | None,
        parts: Mapping[str, SaleParts],
        views: Mapping[str, SaleView],
        record: Record,
        live: Live,
        at: Moment,
        coins: Holdings,
        market: Market,
    ) -> SaleDetail | None:
        if focus is None or focus not in parts:
            return None
        stale_after_s = self._config.settings.controls.max_price_age_s
        whole = Focus(
            parts=parts[focus],
            signatures=record.signatures[focus],
            orders=record.focus_orders,
            fills=record.focus_fills,
            book=book_view(live, at.wall, stale_after_s),
        )
        plan_with = partial(self.planner.plan, record, live, at, coins)
        zone = self._config.settings.desk.timezone
        return sale_detail(whole, views[focus], record, live, at, plan_with=plan_with, market=market, zone=zone)

    def _problems(self, record: Record, coins: Holdings, focus: str | None) -> tuple[str, ...]:
        gone = [f"there is no sale {focus}"] if focus is not None and record.sale(focus) is None else []
        policy = [self._judge.problem] if self._judge.problem else []
        return (*policy, *record.damaged, *coins.problems, *gone)
