"""How late a slice is woken and its order sent, with 1, 10 and 50 sales at once, against `loop.call_at` in that loop.

The daemon runs in the bench's loop with everything it does each second. Sales of one run open a little after one
another, so that their slices fall due all over the time; each slice is too small to need a second order. *Woken* is
the scheduler's call, *sent* the first byte at the relay in front of the exchange; both are counted from the due time
in the slice's row. `loop.call_at` is set for the same moments: it is as late as this loop and machine are.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from desk.acts.staging import Asked
from desk.config import Config
from desk.daemon import Daemon
from desk.demo.world import World
from desk.ledger import orders
from desk.sale.records import Slice
from tests.bench.arguments import bench_parser, given
from tests.bench.figures import ms, spread, table
from tests.bench.indoors import at_work, desk_without_daemon, monotonic_at, read_sale, signed_sale, until
from tests.bench.machine import machine_line
from tests.bench.relay import seen

_BTC = Decimal("0.001")
_SPACING_S = {1: 3.0, 10: 10.0, 50: 40.0}
"""Between two slices of one sale: with 50 sales there are 1.25 orders a second."""
_GUARD_S = 30.0
_OPENS_AFTER_S = {1: 3.0, 10: 8.0, 50: 30.0}
"""Staging and signing takes its time; nothing may be due before all sales are signed."""


@dataclass(slots=True)
class Lateness:
    """Seconds behind the due time."""

    timer: list[float] = field(default_factory=list)
    woken: list[float] = field(default_factory=list)
    sent: list[float] = field(default_factory=list)
    slices: int = 0


class NotingDaemon(Daemon):
    """The daemon, noting when it is woken for what."""

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.woken: dict[str, float] = {}

    async def _wake(self, due: str) -> None:
        self.woken.setdefault(due, time.monotonic())
        await super()._wake(due)


async def measure(folder: Path, count: int, seconds: float) -> Lateness:
    """So many sales for so long."""
    with desk_without_daemon(folder) as world:
        daemon, found = NotingDaemon(world.config), Lateness()
        async with at_work(daemon):
            slices = await _planned(world, daemon, count, seconds)
            due = {one.id: monotonic_at(daemon.clock, one.due) for one in slices}
            _set_timers(due, found)
            await asyncio.sleep(max(due.values()) - time.monotonic() + 2.0)
            with daemon.ledger.read() as tx:
                sent = {one.slice_id: one.client_order_id for one in orders.listed(tx) if one.attempt == 0}
        first = {one.order: one.at for one in seen(world.trade_file) if one.endpoint == "AddOrder"}
    found.slices = len(due)
    found.woken = [daemon.woken[one] - moment for one, moment in due.items() if one in daemon.woken]
    found.sent = [first[sent[one]] - moment for one, moment in due.items() if sent.get(one) in first]
    return found


async def _planned(world: World, daemon: Daemon, count: int, seconds: float) -> list[Slice]:
    """Stages and signs the sales, each opening its part of the spacing after the one before; returns their slices."""
    spacing = _SPACING_S[count]
    each = max(2, round(seconds / spacing))
    opens = world.clock.now() + timedelta(seconds=_OPENS_AFTER_S[count])
    sale_ids = []
    for number in range(count):
        asked = Asked(
            btc=str(_BTC * each),
            opens=opens + timedelta(seconds=spacing * number / count),
            over=timedelta(seconds=each * spacing + _GUARD_S),
            slices=each,
            tactic="urgent",
            seed=number + 1,
        )
        sale_ids.append(await asyncio.to_thread(signed_sale, world, daemon.ledger, asked))
    await until(lambda: all(read_sale(daemon.ledger, one)[0].opened is not None for one in sale_ids), 120)
    return [one for sale_id in sale_ids for one in read_sale(daemon.ledger, sale_id)[1] if one.index]


def _set_timers(due: dict[str, float], found: Lateness) -> None:
    loop = asyncio.get_running_loop()
    for moment in due.values():
        loop.call_at(moment, _note, found.timer, moment)


def _note(into: list[float], moment: float) -> None:
    into.append(time.monotonic() - moment)


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the table."""
    parser = bench_parser("punctuality", __doc__)
    parser.add_argument("--seconds", type=float, default=120.0, help="how long slices fall due, for each count")
    parser.add_argument("--sales", type=int, nargs="+", choices=sorted(_SPACING_S), default=sorted(_SPACING_S))
    wanted = given(parser, arguments)
    counts, seconds = ([1], 6.0) if wanted.quick else (wanted.sales, wanted.seconds)
    print(machine_line(), flush=True)
    rows = []
    with tempfile.TemporaryDirectory(prefix="desk-bench-") as scratch:
        for count in counts:
            found = asyncio.run(measure(Path(scratch) / f"desk-{count}", count, seconds))
            for name, samples in (("loop.call_at", found.timer), ("woken", found.woken), ("sent", found.sent)):
                rows.append(_row(count, name, samples, found.slices))
    print(table(("sales: late by, ms", "slices", "n", "p50", "p95", "p99", "max"), rows))
    return 0


def _row(count: int, name: str, samples: list[float], slices: int) -> tuple[str, ...]:
    found = spread(samples)
    figures = (ms(value) for value in (found.p50, found.p95, found.p99, found.most))
    return (f"{count:>3} {name}", str(slices), str(found.count), *figures)


if __name__ == "__main__":
    sys.exit(main())
