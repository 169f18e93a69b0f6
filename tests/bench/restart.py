"""How long a killed daemon takes to be ready again: 200,000 historical orders in the ledger and 50 live slices.

History is written first (`history` says how), then a daemon works that many sales until each has an order resting at
the exchange, and is killed. Times are from the start of the next process: until its epoch is taken, until its order
path is recovered and it says that it is ready. The same without history, in the same run, is what history costs.
The last lines are what people wait for on that ledger: the screen's picture and `desk orders`.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from queue import Queue

from desk.acts.staging import Asked
from desk.demo.world import World
from desk.ledger import Ledger, control, live, markets, sales
from desk.ledger.engine import connect
from desk.ledger.tables import LIVE_SQL
from desk.snapshot.build import SnapshotBuilder
from tests.bench import history
from tests.bench.arguments import bench_parser, given
from tests.bench.figures import ms, spread, table
from tests.bench.indoors import CALM, desk_without_daemon, signed_sale
from tests.bench.machine import machine_line
from tests.bench.process import usage
from tests.bench.relay import seen

_OVER, _SLICES, _BTC = timedelta(minutes=24), 8, "60"
"""In a calm market what rests of each sale goes on resting."""
_SPARE = 1.1
"""So many more sales are staged: at any moment one may be between two orders."""
_RESTS_WITHIN_S = 300.0
_READY_WITHIN_S = 180.0


@dataclass(slots=True)
class Restarts:
    """Seconds, one for each restart. `live`: orders the killed process left resting or on their way. `requests`: what
    the newest process asked the exchange until it was ready."""

    epoch: list[float] = field(default_factory=list)
    ready: list[float] = field(default_factory=list)
    rss_mb: list[float] = field(default_factory=list)
    live: list[int] = field(default_factory=list)
    database_mb: float = 0.0
    requests: Counter[str] = field(default_factory=Counter)


class Readiness:
    """What systemd would hear: the moments at which a daemon says that it is ready."""

    def __init__(self, folder: Path) -> None:
        self._moments: Queue[float] = Queue()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(folder / "notify"))
        os.environ["NOTIFY_SOCKET"] = str(folder / "notify")
        threading.Thread(target=self._listen, daemon=True).start()

    def wait(self) -> float:
        """Blocks until the next READY; the monotonic second. Raises Empty when it does not come."""
        return self._moments.get(timeout=_READY_WITHIN_S)

    def close(self) -> None:
        del os.environ["NOTIFY_SOCKET"]

    def _listen(self) -> None:
        while True:
            if b"READY=1" in self._socket.recv(4096):
                self._moments.put(time.monotonic())


def measure(folder: Path, past: int, count: int, restarts: int) -> tuple[Restarts, dict[str, float]]:
    """One desk: its restarts, then what its readers wait for (seconds, by name)."""
    found = Restarts()
    with desk_without_daemon(folder, CALM) as world:
        if past:
            history.fill(world, past)
        readiness = Readiness(folder)
        try:
            world.start_daemon()
            readiness.wait()
            _let_them_rest(world, count)
            for _ in range(restarts):
                _kill(world)
                found.live.append(_live(world))
                _restart(world, readiness, found)
            found.database_mb = world.config.database_file.stat().st_size / 1024**2
            return found, _queries(world)
        finally:
            readiness.close()


def _let_them_rest(world: World, count: int) -> None:
    """Stages so many sales that rest, and waits until each has an order on the book."""
    ledger = Ledger.open(world.config.settings.desk.database)
    try:
        world.wait_until(lambda: _knows_balance(ledger), "the first balances")
        for number in range(round(count * _SPARE)):
            asked = Asked(btc=_BTC, opens=None, over=_OVER, slices=_SLICES, tactic="passive", seed=number + 1)
            signed_sale(world, ledger, asked, approvers=2)
        world.wait_until(lambda: _live(world) >= count, f"{count} resting orders", _RESTS_WITHIN_S)
    finally:
        ledger.close()


def _knows_balance(ledger: Ledger) -> bool:
    with ledger.read() as tx:
        return bool(live.quotes(tx)) and bool(live.balances(tx)) and markets.market(tx, "kraken") is not None


def _live(world: World) -> int:
    with closing(connect(world.config.database_file)) as database:  # rolls back what a killed daemon left half-done
        return int(database.execute(f"SELECT count(*) FROM orders WHERE state IN ({LIVE_SQL})").fetchone()[0])


def _kill(world: World) -> None:
    daemon = world.processes["daemon"]
    daemon.kill()
    daemon.wait()
    if daemon.stdin is not None:
        daemon.stdin.close()


def _restart(world: World, readiness: Readiness, found: Restarts) -> None:
    ledger = Ledger.open(world.config.settings.desk.database)
    try:
        asked = len(seen(world.trade_file))
        before, began = _epoch(ledger), time.monotonic()
        world.start_daemon()
        while _epoch(ledger) == before:
            time.sleep(0.005)
        found.epoch.append(time.monotonic() - began)
        found.ready.append(readiness.wait() - began)
        found.rss_mb.append(usage(world.processes["daemon"].pid).rss_mb)
        found.requests = Counter(one.endpoint for one in seen(world.trade_file)[asked:])
    finally:
        ledger.close()


def _epoch(ledger: Ledger) -> int:
    with ledger.read() as tx:
        return control.current_epoch(tx)


def _queries(world: World) -> dict[str, float]:
    """Medians of what a person waits for."""
    ledger = Ledger.open(world.config.settings.desk.database, read_only=True)
    try:
        with ledger.read() as tx:
            newest = sales.listed(tx)[-1].id
        builder = SnapshotBuilder(world.config, ledger, world.clock)
        found = {"the screen's first picture": _timed(builder.build, 1)}
        found["the next one, nothing new"] = _timed(builder.build, 9)
        found["one with a sale in focus"] = _timed(lambda: builder.build(newest), 1)
        found["a first picture again"] = _timed(
            lambda: SnapshotBuilder(world.config, ledger, world.clock).build(newest), 5
        )
    finally:
        ledger.close()
    for arguments in (("status",), ("orders", "--sale", newest), ("orders",)):
        found[f"desk {' '.join(arguments)} --json".replace(newest, "ID")] = _timed(_command(world, *arguments), 3)
    return found


def _command(world: World, *arguments: str) -> Callable[[], object]:
    command = [sys.executable, "-m", "desk", "--config", str(world.config_file), *arguments, "--json"]
    return lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=300)


def _timed(work: Callable[[], object], times: int) -> float:
    found = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        found.append(time.perf_counter() - began)
    return spread(found).p50


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints three tables."""
    parser = bench_parser("restart", __doc__)
    parser.add_argument("--orders", type=int, default=200_000, help="historical orders")
    parser.add_argument("--live", type=int, default=50, help="slices with a resting order")
    parser.add_argument("--restarts", type=int, default=5)
    wanted = given(parser, arguments)
    past, count, restarts = (400, 2, 1) if wanted.quick else (wanted.orders, wanted.live, wanted.restarts)
    print(machine_line(), flush=True)
    runs = []
    for number, before in enumerate((0, past)):
        with tempfile.TemporaryDirectory(prefix="desk-bench-") as scratch:
            runs.append(measure(Path(scratch) / f"desk-{number}", before, count, restarts))
    (none, quick), (full, slow) = runs
    head = ("from the process's start, s", "live", "database MB", "epoch p50", "ready p50", "ready max", "RSS MB")
    print(table(head, [_row("no history", none), _row(f"{past:,} orders before", full)]))
    asked = ", ".join(f"{name} {times}" for name, times in full.requests.most_common())
    print(f"asked of the exchange until ready: {asked}")
    rows = [(name, ms(quick[name]), ms(slow[name]), f"{slow[name] / quick[name]:.1f}") for name in slow]
    print(table(("readers, ms", "no history", f"{past:,} orders", "ratio"), rows))
    return 0


def _row(name: str, found: Restarts) -> tuple[str, ...]:
    ready = spread(found.ready)
    return (
        name,
        f"{min(found.live)}–{max(found.live)}",
        f"{found.database_mb:.0f}",
        f"{spread(found.epoch).p50:.2f}",
        f"{ready.p50:.2f}",
        f"{ready.most:.2f}",
        f"{max(found.rss_mb):.0f}",
    )


if __name__ == "__main__":
    sys.exit(main())
