"""Ledger, venue trades and balance three ways, at the real paper exchange: whole, and each way of not being so."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from desk.acts.books import explain, load_books
from desk.acts.outcome import Refused
from desk.acts.stopping import wait_for
from desk.clock import ManualClock
from desk.duty.looks import VenueLooks
from desk.duty.observe import VenueWatch
from desk.duty.venues import open_venue
from desk.execution.orders import Fill, Order, OrderState, OrderType, client_order_id
from desk.ledger import LedgerThread, control, orders, sales, treasury
from desk.ledger import books as store
from desk.paper.faults import Fault, FaultKind
from desk.paper.orders import NewOrder, OrderKind, Side
from desk.paper.server import PaperExchange
from desk.sale.lifecycle import SaleState
from desk.treasury.books import books_of
from desk.treasury.closing import BooksRefused
from desk.treasury.coin_records import VenueLook
from desk.treasury.reconcile import VenueWays
from desk.units import NOTHING, Price, Sats, btc_text
from desk.venues.gateway import CcxtVenue
from desk.venues.model import Holding, OrderRequest, Placed, Unavailable, VenueTrade

BTC = 100_000_000


@dataclass
class Scene:
    """A desk with a sale at work, its venue, and the exchange behind it."""

    house: object
    paper: PaperExchange
    venue: CcxtVenue
    looks: VenueLooks
    epoch: int
    sale: str

    async def sell(self, sats: int = BTC // 5, attempt: int = 0, *, leave_open: bool = False) -> str:
        """One order as the executor makes them, down to its fills on record; returns its client order id.

        With `leave_open` the ledger has not heard of its end yet.
        """
        now = self.house.clock.now()
        price = Price(self.house.sale(self.sale).terms.limits.floor)
        with self.house.read() as tx:
            slice_id = sales.slices(tx, self.sale)[0].id
        cid = client_order_id(self.house.sale(self.sale).terms_digest, "kraken", slice_id, attempt)
        order = Order(
            client_order_id=cid, venue="kraken", sale_id=self.sale, slice_id=slice_id, attempt=attempt,
            state=OrderState.INTENT, type=OrderType.IOC, limit_price=price, quantity=Sats(sats), filled=Sats(0),
            proceeds=NOTHING, fees=NOTHING, venue_order_id=None, created=now, sent=None, updated=now, deadline=None,
            cancel_asked=None, last_error="",
        )  # fmt: skip
        request = OrderRequest(cid, order.quantity, price, OrderType.IOC, None)
        with self.house.ledger.write(actor="daemon", clock=self.house.clock) as tx:
            orders.place_intent(tx, order, epoch=self.epoch)
            orders.mark_sent(tx, cid, now, self.epoch)
        placed = await self.venue.create(request)
        assert isinstance(placed, Placed)
        with self.house.ledger.write(actor="daemon", clock=self.house.clock) as tx:
            orders.record_placed(tx, cid, placed.venue_order_id, now, self.epoch)
        if not leave_open:
            await self.take_in(cid, slice_id, placed.venue_order_id)
        return cid

    async def take_in(self, cid: str, slice_id: str, venue_order_id: str) -> None:
        told = await self.venue.trades_since(self.house.clock.wall() - timedelta(hours=1))
        fills = [
            Fill(one.trade_id, "kraken", cid, self.sale, slice_id, one.quantity, one.price, one.cost, one.fee,
                 one.fee_currency, one.liquidity, one.executed)
            for one in told
            if one.venue_order_id == venue_order_id
        ]  # fmt: skip
        with self.house.ledger.write(actor="daemon", clock=self.house.clock) as tx:
            orders.record_report(tx, cid, OrderState.FILLED, fills, self.house.clock.now(), self.epoch)

    def somebody_sells(self, sats: int) -> None:
        """A trade of the same account that no order of this desk made."""
        self.paper.exchange.submit(NewOrder(Side.SELL, OrderKind.MARKET, Sats(sats)))

    @property
    def ways(self) -> VenueWays:
        (found,) = load_books(self.house.ledger).venues
        return found


@pytest.fixture
async def scene(trading, paper):
    """Looked at once before anything was sold."""
    clock, thread = trading.clock, LedgerThread(trading.ledger, trading.clock)
    venue = open_venue("kraken", trading.config.settings.venues["kraken"], clock)
    await venue.open()
    watch = VenueWatch(venue, thread, clock)
    await watch.tick()
    await watch.tick_account()
    sale = trading.stage()
    trading.approve(sale, "alice", "bob")
    now = clock.now()
    with trading.ledger.write(actor="daemon", clock=clock) as tx:
        epoch = control.take_epoch(tx, 1, "host", now)
        for state in (SaleState.APPROVED, SaleState.SCHEDULED, SaleState.WORKING):
            opened = {"opened": now, "closes": now + timedelta(hours=1), "arrival": Price(Decimal(68524))}
            sales.move(tx, sale, state, "", now, epoch=epoch, **(opened if state is SaleState.WORKING else {}))
    looks = VenueLooks({"kraken": venue}, thread, clock)
    await looks.all()
    yield Scene(trading, paper, venue, looks, epoch, sale)
    await venue.close()
    thread.close()


async def test_what_was_sold_agrees_three_ways_to_the_satoshi(scene):
    await scene.sell()
    await scene.sell(BTC // 10, 1)
    said = await scene.looks.all()
    assert f"{btc_text(scene.paper.exchange.account.base)} BTC there" in said
    found = scene.ways
    assert found.is_whole
    assert found.agreed == found.ledger == found.trades
    assert (found.agreed.count, found.agreed.sats) == (len(scene.paper.exchange.engine.trades), 3 * BTC // 10)
    assert (found.balance.sold, found.balance.difference) == (3 * BTC // 10, 0)
    assert found.balance.seen == scene.paper.exchange.account.base


async def test_a_trade_of_somebody_else_on_the_account_is_a_break_of_its_exact_size(scene):
    await scene.sell()
    scene.somebody_sells(1_234_567)
    await scene.looks.all()
    found = scene.ways
    assert sum(one.open for one in found.of_trades) == 1_234_567
    assert all("of an order that is not this desk's, is not on record" in one.text for one in found.of_trades)
    assert found.of_balance == (), "the venue's own trades do explain its balance"
    assert found.agreed.sats == BTC // 5


async def test_a_line_that_explains_a_foreign_trade_settles_it_and_is_in_the_books_of_the_venue(scene):
    scene.somebody_sells(1_000_000)
    await scene.looks.all()
    ledger, clock = scene.house.ledger, scene.house.clock
    for one in scene.ways.of_trades:
        explain(ledger, clock, "olga", one.month, btc_text(one.open), "sold by hand", break_id=one.id)
    assert scene.ways.is_whole
    lines = [entry for entry in load_books(ledger).entries if entry.kind == "explained"]
    assert (sum(entry.sats for entry in lines), {entry.place for entry in lines}) == (-1_000_000, {"kraken"})


async def test_a_trade_the_ledger_is_about_to_take_in_is_no_break_while_its_order_lives(scene):
    await scene.sell(leave_open=True)
    await scene.looks.all()
    found = scene.ways
    assert found.is_whole
    assert (found.pending.sats, found.ledger.count) == (BTC // 5, 0)


async def test_coins_that_leave_without_a_trade_are_a_break_of_the_balance(scene):
    await scene.sell()
    scene.paper.exchange.account.base -= 7
    await scene.looks.all()
    (found,) = scene.ways.breaks
    assert (found.id, found.open) == ("venue-kraken-balance-2026-02", 7)


WHOLE = None
"""As many satoshis as the fill has."""


@pytest.mark.parametrize(
    ("edit", "sats"),
    [
        ("UPDATE fills SET quantity = quantity + 5", -5),
        ("DELETE FROM fills", WHOLE),
        ("UPDATE fills SET cost = '1'", 0),
        ("UPDATE fills SET fee = '0'", 0),
        ("UPDATE fills SET trade_id = 'T-1'", WHOLE),
    ],
)
async def test_an_edited_ledger_shows_by_the_venues_own_trades(scene, edit, sats):
    await scene.sell()
    await scene.looks.all()
    with scene.house.read() as tx:
        fill = min(orders.fills(tx), key=lambda one: one.trade_id)
    tamper(scene.house, f"{edit} WHERE trade_id = '{fill.trade_id}'")
    (found,) = scene.ways.of_trades
    assert found.is_open
    assert fill.trade_id in found.text
    assert found.open == (fill.quantity if sats is WHOLE else sats)


async def test_a_look_begins_a_while_before_the_last_one_and_a_trade_counts_once(scene):
    await scene.sell()
    await scene.looks.all()
    await scene.looks.all()
    with scene.house.read() as tx:
        _, second, third = store.looks(tx)
    assert third.since < second.at
    assert {trade.trade_id for trade in third.trades} == {trade.trade_id for trade in second.trades}
    assert scene.ways.trades.sats == BTC // 5
    assert scene.ways.is_whole


async def test_a_day_has_one_look_of_its_own(scene):
    await scene.looks.tick()
    with scene.house.read() as tx:
        assert len(store.looks(tx)) == 1


async def test_when_the_last_look_was_is_known_without_reading_what_it_saw(scene):
    """The looks of a year hold every trade of a year: reading them would keep sales waiting."""
    tamper(scene.house, "UPDATE venue_looks SET trades = '[', balances = '{'")
    await scene.looks.tick()
    await scene.looks.all()
    with scene.house.read() as tx:
        first, second = (one.at for one in treasury.every_version(tx, VenueLook))
        assert first < second
        assert store.looked_at(tx, "kraken") == second
        assert store.looked_at(tx, "elsewhere") is None


async def test_a_look_that_somebody_damaged_is_named_and_read_only_after_the_ledger_is_let_go(scene):
    tamper(scene.house, "UPDATE venue_looks SET trades = '['")
    with scene.house.read() as tx:
        record = store.book_record(tx)
    with pytest.raises(BooksRefused, match=r"the look at kraken of .* on record cannot be read: .*not JSON"):
        books_of(record)


class Selling:
    """A venue whose balance moves whenever it is looked at, as while it sells."""

    name = "kraken"

    def __init__(self) -> None:
        self.total, self.told = Decimal(100), 0

    async def balances(self) -> tuple[Holding, ...]:
        self.total -= Decimal("0.1")
        return (Holding("BTC", self.total, self.total),)

    async def trades_since(self, _: datetime) -> tuple[VenueTrade, ...]:
        self.told += 1
        return ()


async def test_a_venue_that_is_selling_is_read_once_and_left_to_its_orders_for_a_while(trading):
    clock, venue = ManualClock(trading.clock.now()), Selling()
    thread = LedgerThread(trading.ledger, clock)
    looks = VenueLooks({"kraken": venue}, thread, clock)
    for _ in range(3):
        await looks.tick()
    assert venue.told == 1, "every page of its trades stands before the look-ups of orders"
    clock.advance(600)
    await looks.tick()
    assert venue.told == 2
    with pytest.raises(Unavailable, match="sold each time"):
        await looks.all()
    assert venue.told > 3, "whoever asks is waiting for it"
    thread.close()


async def test_a_venue_that_does_not_tell_leaves_nothing_on_record(scene):
    await scene.paper.inflict(Fault(FaultKind.ERROR, endpoint="TradesHistory", count=20))
    with pytest.raises(Unavailable, match="kraken did not tell its trades"):
        await scene.looks.all()
    with scene.house.read() as tx:
        assert len(store.looks(tx)) == 1


class Busy:
    """The venue, at which the account sells each time its trades were told, so many times."""

    def __init__(self, scene: Scene, times: int) -> None:
        self._scene, self._times, self.name = scene, times, "kraken"

    async def balances(self):
        return await self._scene.venue.balances()

    async def trades_since(self, since):
        told = await self._scene.venue.trades_since(since)
        if self._times:
            self._times -= 1
            self._scene.somebody_sells(1_000_000)
        return told


async def test_a_look_during_which_something_is_sold_is_taken_again(scene):
    thread = LedgerThread(scene.house.ledger, scene.house.clock)
    await VenueLooks({"kraken": Busy(scene, 2)}, thread, scene.house.clock).all()
    assert sum(one.open for one in scene.ways.of_trades) == 2_000_000
    assert scene.ways.of_balance == (), "trades and balance are of one moment"
    with pytest.raises(Unavailable, match="kraken sold each time it was looked at"):
        await VenueLooks({"kraken": Busy(scene, 99)}, thread, scene.house.clock).all()
    thread.close()


async def test_the_daemon_looks_when_it_is_asked_and_says_what_it_saw(trading, paper):
    async with trading.worked():
        with trading.ledger.write(actor="olga", clock=trading.clock) as tx:
            number = control.command(tx, "reconcile", None, "olga", "", {}, trading.clock.now())
        said = await asyncio.to_thread(wait_for, trading.ledger, number, 30)
        assert said.endswith(f"{btc_text(paper.exchange.account.base)} BTC there")
        await paper.inflict(Fault(FaultKind.ERROR, endpoint="BalanceEx", count=20))
        with trading.ledger.write(actor="olga", clock=trading.clock) as tx:
            number = control.command(tx, "reconcile", None, "olga", "", {}, trading.clock.now())
        with pytest.raises(Refused, match="kraken did not tell its balances"):
            await asyncio.to_thread(wait_for, trading.ledger, number, 30)
    assert load_books(trading.ledger).venues[0].is_whole


def tamper(house, statement: str) -> None:
    """What somebody can do who holds the database file: guards dropped first, put back afterwards."""
    with closing(sqlite3.connect(house.ledger.path, isolation_level=None)) as database:
        guards = database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        database.execute("BEGIN")
        for name, _ in guards:
            database.execute(f"DROP TRIGGER {name}")
        database.execute(statement)
        for _, sql in guards:
            database.execute(sql)
        database.execute("COMMIT")
