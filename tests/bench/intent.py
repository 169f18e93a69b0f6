"""What the durable intent costs: from the moment an order is due until its first byte is on the wire.

Three ways of sending the same kind of order, turn by turn in one run, in one loop, to one exchange: the desk's whole
path (APScheduler's wake, the slice's move, every control, intent and `sent` each committed with fsync, the gateway),
the desk's gateway alone, and a bare ccxt `create_order`; the last two woken by `loop.call_at`. The relay in front of
the exchange stamps the first byte. Speeds of disks differ: between the orders one row is committed with nothing but
sqlite3, under the ledger's pragmas, and what the ledger's commits take is told as a multiple of that too.
"""

from __future__ import annotations

import asyncio
import secrets
import sqlite3
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import ccxt.async_support as ccxt

from desk.acts.staging import Asked
from desk.daemon import Daemon
from desk.demo.world import World
from desk.execution.journal import Journal
from desk.execution.orders import OrderType
from desk.ledger import orders
from desk.ledger.engine import connect
from desk.paper.config import DEMO_KEY, DEMO_SECRET
from desk.sale.records import Slice
from desk.units import Price, parse_btc
from desk.venues.gateway import CcxtVenue
from desk.venues.model import OrderRequest
from tests.bench.arguments import bench_parser, given
from tests.bench.figures import ms, spread, table
from tests.bench.indoors import at_work, desk_without_daemon, monotonic_at, read_sale, signed_sale, until
from tests.bench.machine import machine_line
from tests.bench.relay import seen

_SYMBOL, _BTC = "BTC/USD", "0.001"
_SPACING_S = 2.0
_BELOW = Decimal("0.99")
"""What the bare orders ask for, of the bid: they are filled at once, like the desk's own."""

Due = dict[str, float]
"""When an order was due, in monotonic seconds, by its client order id."""


@dataclass(slots=True)
class Timings:
    """Seconds. `commits`: how long each transaction of the order path took, by its name; `plain`: one row's."""

    bare: list[float] = field(default_factory=list)
    gateway: list[float] = field(default_factory=list)
    desk: list[float] = field(default_factory=list)
    plain: list[float] = field(default_factory=list)
    commits: dict[str, list[float]] = field(default_factory=dict)


async def measure(folder: Path, slices: int) -> Timings:
    """One sale of so many slices, and as many bare orders of either kind between them."""
    with desk_without_daemon(folder) as world:
        daemon, bare = Daemon(world.config), _bare_kraken(world.url)
        timings = Timings()
        try:
            await bare.load_markets()
            async with at_work(daemon):
                with _timed_commits(timings.commits), closing(_one_row(folder / "plain.db")) as plain:
                    beside = asyncio.create_task(_plain_commits(plain, timings.plain))
                    due_bare, due_gateway, planned = await _interleaved(world, daemon, bare, slices)
                    beside.cancel()
                due_desk = _due_of(daemon, planned)
        finally:
            await bare.close()
        first = {one.order: one.at for one in seen(world.trade_file) if one.endpoint == "AddOrder"}
    for found, due in ((timings.bare, due_bare), (timings.gateway, due_gateway), (timings.desk, due_desk)):
        found += [first[order] - moment for order, moment in due.items() if order in first]
    return timings


async def _interleaved(world: World, daemon: Daemon, bare: Any, slices: int) -> tuple[Due, Due, list[Slice]]:
    """Lets the desk work its sale; a third and two thirds of the way to each next slice, a bare order of a kind."""
    btc = str(Decimal(_BTC) * slices)
    over = timedelta(seconds=slices * _SPACING_S + 30)  # beyond the last slice lies the guard before the end
    asked = Asked(btc=btc, opens=None, over=over, slices=slices, tactic="urgent", seed=1)
    sale_id = signed_sale(world, daemon.ledger, asked)
    await until(lambda: read_sale(daemon.ledger, sale_id)[0].opened is not None)
    _, planned = read_sale(daemon.ledger, sale_id)
    venue, loop = daemon.venues["kraken"], asyncio.get_running_loop()
    due_bare, due_gateway, tasks = Due(), Due(), list[asyncio.Task[object]]()
    for one, following in pairwise(planned):
        gap_s = (following.due - one.due).total_seconds()
        begins = monotonic_at(daemon.clock, one.due)
        turns: list[tuple[float, Due, Callable[[str], Awaitable[object]]]] = [
            (begins + gap_s / 3, due_bare, lambda order: _bare_order(bare, venue, order)),
            (begins + gap_s * 2 / 3, due_gateway, lambda order: _gateway_order(venue, order)),
        ]
        for moment, due, send in turns:
            order = secrets.token_hex(16)
            due[order] = moment

            def begin(send: Callable[[str], Awaitable[object]] = send, order: str = order) -> None:
                tasks.append(asyncio.ensure_future(send(order)))

            loop.call_at(moment, begin)
    await asyncio.sleep(monotonic_at(daemon.clock, planned[-1].due) - time.monotonic() + 1.0)
    await asyncio.gather(*tasks, return_exceptions=True)  # a refusal was on the wire all the same
    return due_bare, due_gateway, planned


def _one_row(path: Path) -> sqlite3.Connection:
    path.touch()
    database = connect(path)
    database.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, value INTEGER)")
    database.execute("INSERT INTO t VALUES (1, 0)")
    return database


async def _plain_commits(database: sqlite3.Connection, into: list[float]) -> None:
    """Twice between two slices, off the loop, for as long as it is let."""

    def commit() -> float:
        began = time.perf_counter()
        database.execute("BEGIN IMMEDIATE")
        database.execute("UPDATE t SET value = value + 1")
        database.execute("COMMIT")
        return time.perf_counter() - began

    while True:
        into.append(await asyncio.to_thread(commit))
        await asyncio.sleep(_SPACING_S / 2)


async def _bare_order(bare: Any, venue: CcxtVenue, order: str) -> object:
    parameters = {"clientOrderId": order, "timeInForce": "IOC"}
    return await bare.create_order(_SYMBOL, "limit", "sell", _BTC, str(_low_price(venue)), parameters)


async def _gateway_order(venue: CcxtVenue, order: str) -> object:
    deadline = datetime.now(UTC) + timedelta(seconds=venue.rules.in_flight_bound_s)
    request = OrderRequest(order, parse_btc(_BTC), _low_price(venue), OrderType.IOC, deadline, None)
    return await venue.create(request)


def _low_price(venue: CcxtVenue) -> Price:
    book = venue.latest_book()
    assert book is not None
    tick = venue.rules.tick
    return Price((book.bid * _BELOW / tick).to_integral_value(ROUND_CEILING) * tick)


def _due_of(daemon: Daemon, planned: list[Slice]) -> Due:
    """The first order of each slice, due when the slice was; a later attempt of it was never due by the clock."""
    with daemon.ledger.read() as tx:
        found = {one.slice_id: one.client_order_id for one in orders.listed(tx) if one.attempt == 0}
    return {found[one.id]: monotonic_at(daemon.clock, one.due) for one in planned[1:] if one.id in found}


class _timed_commits:  # noqa: N801  (reads as a statement of what the block does)
    """While it lasts, notes how long the transactions take that stand between due and wire."""

    _NAMES = ("move_slices", "intent", "sent")

    def __init__(self, into: dict[str, list[float]]) -> None:
        self._into = into
        self._before: dict[str, Any] = {}

    def __enter__(self) -> None:
        for name in self._NAMES:
            self._before[name] = getattr(Journal, name)
            setattr(Journal, name, self._timed(name, self._before[name]))

    def __exit__(self, *_: object) -> None:
        for name, method in self._before.items():
            setattr(Journal, name, method)

    def _timed(self, name: str, method: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def timed(*arguments: Any, **named: Any) -> Any:
            began = time.perf_counter()
            value = await method(*arguments, **named)
            self._into.setdefault(name, []).append(time.perf_counter() - began)
            return value

        return timed


def _bare_kraken(url: str) -> Any:
    exchange = ccxt.kraken({"apiKey": DEMO_KEY, "secret": DEMO_SECRET, "rateLimit": 25})
    exchange.urls["api"] = dict.fromkeys(exchange.urls["api"], url)
    return exchange


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the table."""
    parser = bench_parser("intent", __doc__)
    parser.add_argument("--slices", type=int, default=200, help="orders of each kind")
    wanted = given(parser, arguments)
    print(machine_line(), flush=True)
    with tempfile.TemporaryDirectory(prefix="desk-bench-") as scratch:
        timings = asyncio.run(measure(Path(scratch) / "desk", 5 if wanted.quick else wanted.slices))
    bare = spread(timings.bare).p50
    rows = [
        _row("bare ccxt create_order", timings.bare, bare),
        _row("the desk's gateway alone", timings.gateway, bare),
        _row("the desk, due to wire", timings.desk, bare),
        *(_row(f"  of it: commit of {name}", found, bare) for name, found in timings.commits.items()),
        _row("a row committed by sqlite3", timings.plain, bare),
    ]
    print(table(("due → first byte, ms", "n", "p50", "p95", "p99", "max", "p50 ÷ bare"), rows))
    plain = spread(timings.plain).p50
    added = spread(timings.commits["intent"]).p50 + spread(timings.commits["sent"]).p50
    print(f"the durable intent (commits of intent and sent) adds {ms(added)} ms at the median: ", end="")
    print(f"{added / plain:.1f} times a commit of one row by sqlite3 alone, {ms(plain)} ms in this run")
    return 0


def _row(name: str, samples: list[float], bare: float) -> tuple[str, ...]:
    found = spread(samples)
    return (
        name,
        str(found.count),
        *(ms(value) for value in (found.p50, found.p95, found.p99, found.most)),
        f"{found.p50 / bare:.1f}",
    )


if __name__ == "__main__":
    sys.exit(main())
