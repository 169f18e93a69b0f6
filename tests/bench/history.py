"""Years of finished sales in a ledger, as many orders as wanted, in minutes: one life, copied.

One sale is staged with real signatures and worked through the stores' own functions, with partial fills and attempts
that ended short. Its rows and its events are then copied under new names and earlier times, each client order id by
the ledger's own formula, each event linked anew. The copies are written with the guards off, by plain SQL, since a
finished row cannot be born; the guards are put back, and `desk audit verify` finds nothing wrong with the result.
What the copies lack: their signatures are over the original's terms.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from desk.acts.staging import Asked
from desk.canonical import digest
from desk.clock import LiveClock
from desk.demo.world import World
from desk.execution.orders import Fill, Liquidity, Order, OrderState, OrderType, client_order_id
from desk.ledger import Ledger, WriteTx, control, guards, live, markets, orders, sales
from desk.ledger.engine import connect
from desk.ledger.events import link_hash
from desk.ledger.markets import MarketFacts
from desk.ledger.metadata import tables
from desk.ledger.types import Moment
from desk.sale.lifecycle import SaleState
from desk.sale.records import Sale, Slice, SliceState
from desk.units import NOTHING, ZERO, Bps, Money, Price, Sats, notional, parse_btc
from tests.bench.indoors import read_sale, signed_sale

SLICES, ATTEMPTS = 40, 5
ORDERS = SLICES * ATTEMPTS
"""Of one sale."""
_VENUE, _BTC, _OVER = "kraken", "10", timedelta(hours=8)
_BID, _ASK = Price(Decimal("68524.0")), Price(Decimal("68524.1"))
_COPIED = ("sales", "terms", "slices", "signatures", "orders", "fills")
_MOMENTS = {
    (table.name, column.name) for table in tables() for column in table.columns if isinstance(column.type, Moment)
}


def fill(world: World, count: int) -> int:
    """Makes the ledger of a desk without daemon hold at least `count` finished orders; returns how many."""
    ledger = Ledger.open(world.config.settings.desk.database)
    try:
        before = _newest(world)
        _tell_the_market(ledger, world.clock)
        sale_id = _one_life(world, ledger)
    finally:
        ledger.close()
    copies = max(0, -(-count // ORDERS) - 1)
    with closing(connect(world.config.database_file)) as database:
        _copy(database, sale_id, before, copies)
    return (copies + 1) * ORDERS


def _newest(world: World) -> int:
    with closing(connect(world.config.database_file, read_only=True)) as database:
        return int(database.execute("SELECT max(seq) FROM events").fetchone()[0])


def _tell_the_market(ledger: Ledger, clock: LiveClock) -> None:
    """What a daemon would have put on show, so that a sale can be staged."""
    held = (("BTC", Decimal(3000), Decimal(3000)),)
    facts = MarketFacts(
        venue=_VENUE,
        symbol="BTC/USD",
        base="BTC",
        quote="USD",
        tick=Decimal("0.1"),
        lot=Sats(1),
        min_quantity=parse_btc("0.00005"),
        min_cost=Money(Decimal("0.5")),
        maker_fee=Bps(Decimal(25)),
        taker_fee=Bps(Decimal(40)),
        volume=None,
        high=None,
        low=None,
        wall=clock.wall(),
    )
    with ledger.write(actor="bench", clock=clock) as tx:
        live.set_quote(tx, _VENUE, _BID, _ASK, clock.wall(), clock.now())
        live.set_balances(tx, _VENUE, held, clock.wall())
        markets.set_market(tx, facts)


def _one_life(world: World, ledger: Ledger) -> str:
    """A sale from staging to completed, by the stores' functions; returns its id."""
    asked = Asked(btc=_BTC, opens=None, over=_OVER, slices=SLICES, seed=1)
    sale_id = signed_sale(world, ledger, asked)
    life = _Life(ledger, world.clock)
    life.open(sale_id)
    sale, slices = read_sale(ledger, sale_id)
    for one in slices:
        life.work(sale, one)
    life.close(sale_id)
    return sale_id


@dataclass(slots=True)
class _Life:
    """What a daemon writes of a sale, in its transactions."""

    ledger: Ledger
    clock: LiveClock
    epoch: int = 0
    trades: int = 0

    def open(self, sale_id: str) -> None:
        sale, slices = read_sale(self.ledger, sale_id)
        now = self.clock.now()
        with self._write() as tx:
            self.epoch = control.take_epoch(tx, 1, "bench", now)
            sales.move(tx, sale_id, SaleState.APPROVED, "1 of 1 approvals", now, epoch=self.epoch)
            sales.move(tx, sale_id, SaleState.SCHEDULED, "opens now", now, epoch=self.epoch)
            sales.move(
                tx,
                sale_id,
                SaleState.WORKING,
                "the window opened",
                now,
                epoch=self.epoch,
                opened=now,
                closes=now + sale.terms.window.over,
                arrival=_BID,
            )
            sales.set_slice_dues(tx, sale_id, [now + one.offset for one in slices], self.epoch)

    def work(self, sale: Sale, one: Slice) -> None:
        """A slice in so many attempts; every other one ends half done."""
        left, due = int(one.planned), one.due
        with self._write() as tx:
            sales.move_slice(tx, one.id, SliceState.DUE, due, self.epoch)
            for attempt in range(ATTEMPTS):
                quantity = left // (ATTEMPTS - attempt)
                is_half = attempt % 2 == 1
                sold = quantity // 2 if is_half else quantity
                self._order(tx, sale, one, attempt, Sats(quantity), Sats(sold))
                left -= sold
            sales.move_slice(tx, one.id, SliceState.DONE, due, self.epoch)

    def close(self, sale_id: str) -> None:
        with self._write() as tx:
            for state, why in ((SaleState.CLOSING, "the window ended"), (SaleState.COMPLETED, "sold in full")):
                sales.move(tx, sale_id, state, why, self.clock.now(), epoch=self.epoch)

    def _order(self, tx: WriteTx, sale: Sale, one: Slice, attempt: int, quantity: Sats, sold: Sats) -> None:
        at = one.due + timedelta(seconds=20 * attempt)
        cid = client_order_id(sale.terms_digest, _VENUE, one.id, attempt)
        self.trades += 1
        name = f"{self.trades:06d}"
        order = Order(
            client_order_id=cid,
            venue=_VENUE,
            sale_id=sale.id,
            slice_id=one.id,
            attempt=attempt,
            state=OrderState.INTENT,
            type=OrderType.POST_ONLY,
            limit_price=_ASK,
            quantity=quantity,
            filled=ZERO,
            proceeds=NOTHING,
            fees=NOTHING,
            venue_order_id=None,
            created=at,
            sent=None,
            updated=at,
            deadline=at + timedelta(seconds=5),
            cancel_asked=None,
            last_error="",
        )
        cost = notional(sold, _ASK)
        fee = Money((cost * Decimal("0.0025")).quantize(Decimal("0.00001")))
        trade = Fill(
            f"T{name}", _VENUE, cid, sale.id, one.id, sold, _ASK, cost, fee, "USD", Liquidity.MAKER, at
        )  # fmt: skip
        orders.place_intent(tx, order, epoch=self.epoch)
        if attempt == 0:
            sales.move_slice(tx, one.id, SliceState.WORKING, at, self.epoch)
        orders.mark_sent(tx, cid, at, self.epoch)
        orders.record_placed(tx, cid, f"O{name}", at, self.epoch)
        state = OrderState.FILLED if sold == quantity else OrderState.CANCELLED
        orders.record_report(tx, cid, state, [trade], at + timedelta(seconds=10), self.epoch)

    def _write(self) -> Any:
        return self.ledger.write(actor="daemon", clock=self.clock)


@dataclass(frozen=True, slots=True)
class _Names:
    """How the original's names and times become a copy's."""

    words: dict[str, str] = field(default_factory=dict)
    earlier_us: int = 0

    def row(self, table: str, row: dict[str, Any]) -> dict[str, Any]:
        return {name: self._value(table, name, value) for name, value in row.items()}

    def detail(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self.detail(item) for name, item in value.items()}
        if isinstance(value, list):
            return [self.detail(item) for item in value]
        return self.words.get(value, value) if isinstance(value, str) else value

    def _value(self, table: str, name: str, value: Any) -> Any:
        if isinstance(value, str):
            return self.words.get(value, value)
        if isinstance(value, int) and (table, name) in _MOMENTS:
            return value - self.earlier_us
        return value


def _copy(database: sqlite3.Connection, sale_id: str, after: int, copies: int) -> None:
    """Writes the copies and their events, all of it in one transaction."""
    database.row_factory = sqlite3.Row
    rows = {name: _rows(database, name, sale_id) for name in _COPIED}
    events = database.execute("SELECT * FROM events WHERE seq > ? AND kind <> 'epoch.taken' ORDER BY seq", (after,))
    life = [(dict(event), json.loads(event["detail"]), json.loads(event["rows"])) for event in events]
    assert all(_plain(images) == event["rows"] for event, _, images in life), "events are not spelled as expected"
    database.execute("BEGIN IMMEDIATE")
    guards.drop(database)
    seq, head = database.execute("SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1").fetchone()
    for number in range(1, copies + 1):
        names = _named(rows, sale_id, number)
        for name, originals in rows.items():
            _insert(database, name, [names.row(name, row) for row in originals])
        linked = list(_linked(life, names, seq, head))
        _insert(database, "events", linked)
        seq, head = linked[-1]["seq"], linked[-1]["hash"]
    guards.make(database)
    database.execute("COMMIT")


def _rows(database: sqlite3.Connection, table: str, sale_id: str) -> list[dict[str, Any]]:
    key = {"sales": "id", "signatures": "subject"}.get(table, "sale_id")
    found = database.execute(f"SELECT * FROM {table} WHERE {key} = ? ORDER BY rowid", (sale_id,))
    return [dict(row) for row in found]


def _named(rows: dict[str, list[dict[str, Any]]], sale_id: str, number: int) -> _Names:
    """A copy's names: the sale of an earlier year, and what follows from its id by formula."""
    new_id = f"S-2025-{number:04d}"
    (terms,) = rows["terms"]
    document = terms["document"].replace(sale_id, new_id)
    terms_digest = digest(document.encode())
    words = {sale_id: new_id, terms["document"]: document, terms["digest"]: terms_digest}
    words |= {row["id"]: row["id"].replace(sale_id, new_id) for row in rows["slices"]}
    for row in rows["orders"]:
        slice_id = words[row["slice_id"]]
        words[row["client_order_id"]] = client_order_id(terms_digest, row["venue"], slice_id, row["attempt"])
        words[row["venue_order_id"]] = f"{row['venue_order_id']}-{number}"
    words |= {row["trade_id"]: f"{row['trade_id']}-{number}" for row in rows["fills"]}
    return _Names(words, number * _micros_of(_OVER))


def _micros_of(span: timedelta) -> int:
    return span // timedelta(microseconds=1)


def _linked(
    life: Sequence[tuple[dict[str, Any], Any, list[dict[str, Any]]]], names: _Names, seq: int, head: str
) -> Iterator[dict[str, Any]]:
    for event, detail, images in life:
        seq += 1
        copied = [{"table": one["table"], "row": names.row(one["table"], one["row"])} for one in images]
        link = {
            "at": event["at"] - names.earlier_us,
            "kind": event["kind"],
            "subject": names.words.get(event["subject"], event["subject"]),
            "actor": event["actor"],
            "detail": _plain(names.detail(detail)),
            "rows": _plain(copied),
            "prev": head,
        }
        head = link_hash(seq, *link.values())
        yield {"seq": seq, **link, "hash": head}


def _plain(value: Any) -> str:
    """Canonical JSON of what came out of it before, so nothing has to be checked again."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _insert(database: sqlite3.Connection, table: str, rows: Sequence[dict[str, Any]]) -> None:
    columns = list(rows[0])
    listed, places = ", ".join(f'"{one}"' for one in columns), ", ".join("?" * len(columns))
    values = [tuple(row.values()) for row in rows]
    database.executemany(f"INSERT INTO {table} ({listed}) VALUES ({places})", values)
