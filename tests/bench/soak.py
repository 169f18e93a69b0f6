"""What a daemon grows by: sale after sale against the paper exchange, in scaled time, for so many desk hours.

Memory, open files, threads and the database are read from outside at even intervals. The slopes leave out the first
third, in which caches fill: what still rises after that rises for ever. Time is scaled, so an hour here has an hour's
orders and market, and a few seconds' heartbeats; what grows by wall time grows that much slower than it seems.
"""

from __future__ import annotations

import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from desk.acts.staging import Asked
from desk.demo.world import World, running
from desk.ledger import Ledger, sales
from tests.bench.arguments import bench_parser, given
from tests.bench.figures import slope, table
from tests.bench.indoors import signed_sale
from tests.bench.machine import machine_line
from tests.bench.process import usage

_BTC, _OVER, _SLICES = "12", timedelta(hours=4), 24
_SAMPLES = 24
_LOOK_EVERY_S = 0.2


@dataclass(frozen=True, slots=True)
class Sample:
    """`hours`: desk time since the first sale was staged. `cpu_s`: the daemon's, since it started."""

    hours: float
    wall_s: float
    rss_mb: float
    files: int
    threads: int
    cpu_s: float
    database_mb: float
    orders: int
    events: int


class Pipeline:
    """Keeps one sale at work: when it is over the next is staged and signed."""

    def __init__(self, world: World, ledger: Ledger) -> None:
        self._world, self._ledger = world, ledger
        self._sale_id = ""
        self.ended: list[str] = []

    def keep_going(self) -> None:
        with self._ledger.read() as tx:
            sale = sales.get(tx, self._sale_id)
        if sale is not None and not sale.state.is_final:
            return
        if sale is not None:
            self.ended.append(f"{sale.state}")
        asked = Asked(btc=_BTC, opens=None, over=_OVER, slices=_SLICES, seed=len(self.ended) + 1)
        self._sale_id = signed_sale(self._world, self._ledger, asked)


def soak(folder: Path, hours: float, speed: int) -> tuple[list[Sample], list[str]]:
    """Samples over so many desk hours, and how each sale ended. Ends by itself."""
    folder.mkdir()
    found: list[Sample] = []
    with running(folder, speed=speed, seed=1) as world:
        ledger = Ledger.open(world.config.settings.desk.database)
        try:
            pipeline, began, wall = Pipeline(world, ledger), world.clock.now(), time.monotonic()
            every = hours / _SAMPLES
            while (passed := (world.clock.now() - began) / timedelta(hours=1)) < hours:
                pipeline.keep_going()
                if passed >= len(found) * every:
                    found.append(_sample(world, passed, time.monotonic() - wall))
                    print(_line(found[-1]), flush=True)
                time.sleep(_LOOK_EVERY_S)
            found.append(_sample(world, passed, time.monotonic() - wall))
        finally:
            ledger.close()
    return found, pipeline.ended


def _sample(world: World, hours: float, wall_s: float) -> Sample:
    now, database = usage(world.processes["daemon"].pid), world.config.database_file
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=5)) as connection:
        orders, events = (
            connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("orders", "events")
        )
    size = database.stat().st_size / 1024**2
    return Sample(hours, wall_s, now.rss_mb, now.files, now.threads, now.cpu_s, size, orders, events)


def _line(one: Sample) -> str:
    return (
        f"{one.hours:8.1f} h  {one.wall_s:6.0f} s  RSS {one.rss_mb:6.1f} MB  files {one.files:3}  "
        f"threads {one.threads:2}  database {one.database_mb:7.2f} MB  orders {one.orders:6}  events {one.events:7}  "
        f"CPU {one.cpu_s:6.1f} s"
    )


def _slopes(samples: Sequence[Sample]) -> Iterator[tuple[str, ...]]:
    """Growth after the first third, by desk hour and by thousand orders."""
    later = samples[len(samples) // 3 :]
    for name, unit, values in (
        ("memory", "MB", [one.rss_mb for one in later]),
        ("open files", "", [float(one.files) for one in later]),
        ("threads", "", [float(one.threads) for one in later]),
        ("database", "MB", [one.database_mb for one in later]),
        ("CPU", "s", [one.cpu_s for one in later]),
    ):
        by_hour = slope([(one.hours, value) for one, value in zip(later, values, strict=True)])
        by_order = slope([(one.orders / 1000, value) for one, value in zip(later, values, strict=True)])
        yield name, unit, f"{values[0]:.2f}", f"{values[-1]:.2f}", f"{by_hour:+.4f}", f"{by_order:+.3f}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints a line for each sample and the slopes."""
    parser = bench_parser("soak", __doc__)
    parser.add_argument("--hours", type=float, default=24.0, help="desk hours (default 24: a few wall minutes)")
    parser.add_argument("--speed", type=int, default=600, help="desk seconds in a wall second (default 600)")
    wanted = given(parser, arguments)
    hours = min(wanted.hours, 2.0) if wanted.quick else wanted.hours
    print(machine_line(), flush=True)
    with tempfile.TemporaryDirectory(prefix="desk-bench-") as scratch:
        samples, ended = soak(Path(scratch) / "desk", hours, wanted.speed)
    print(table(("growth", "unit", "at a third", "at the end", "an hour", "1,000 orders"), list(_slopes(samples))))
    print(f"sales: {len(ended)} over ({', '.join(f'{ended.count(how)} {how}' for how in sorted(set(ended)))})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
