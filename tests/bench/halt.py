"""How soon a halt stops the orders, and how soon what rests is off the book: the largest of some runs (P12).

Each run is a desk of its own with an order resting and more falling due all the time. Counted from the moment at
which the HALT file is there: the first byte of the last AddOrder that reached the exchange (negative: it was before),
and the exchange's own word that nothing rests any more, in runs in which something did. For `halt --now` on a stopped
daemon, and for a venue that hung, the second is counted from the start of the command and from the moment at which
the venue answers again.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from desk.clock import micros
from desk.demo.world import World
from tests.bench.arguments import bench_parser, given
from tests.bench.figures import table
from tests.bench.machine import machine_line
from tests.bench.relay import PID_FILE, seen
from tests.faults.exchange import ask, whole_lines
from tests.faults.resting import RestingDesk, resting_desk, until

_RELAY = ("tests.bench.relay",)
_WATCHED_S = 4.0
_OFF_WITHIN_S = 60.0
_HANGS_S = 5.0
_ENDED = {"filled", "cancelled", "expired"}


@dataclass(slots=True)
class Outcome:
    """Seconds after the halt: the last order's first byte, and the book's being clear of us."""

    last_order: list[float] = field(default_factory=list)
    clear: list[float] = field(default_factory=list)


def by_command(desk: RestingDesk, *more: str) -> tuple[float, float]:
    """`desk halt`: when the file was there, and from when the clearing of the book counts."""
    file, began = desk.world.config.halt_file, time.monotonic()
    command = [sys.executable, "-m", "desk", "--config", str(desk.world.config_file), "halt", *more]
    with subprocess.Popen([*command, "--reason", "bench"], stdout=subprocess.DEVNULL) as process:
        while not file.exists():
            assert process.poll() is None, "desk halt ended without a HALT file"
            time.sleep(0.001)
        there = time.monotonic()
        process.wait(timeout=90)
    return there, began if more else there


def by_file_alone(desk: RestingDesk) -> tuple[float, float]:
    """Nothing but the file: what is left when no command line works."""
    desk.world.config.halt_file.touch()
    now = time.monotonic()
    return now, now


def with_a_stopped_daemon(desk: RestingDesk) -> tuple[float, float]:
    """Something rests, and nobody buys it: the market has fallen away from it."""
    desk.stop_in_its_tracks()
    while not _live_at_exchange(desk.world):
        desk.go_on()
        time.sleep(0.2)
        desk.stop_in_its_tracks()
    ask(desk.world.url, "market", {"jump_bps": -300})
    return by_command(desk, "--now")


def with_a_hung_venue(desk: RestingDesk) -> tuple[float, float]:
    """The exchange takes connections and answers nothing, for a while that begins before the halt."""
    exchange = int((desk.world.trade_file.with_name(PID_FILE)).read_text())
    until(lambda: bool(_live_at_exchange(desk.world)), "a resting order")
    os.kill(exchange, signal.SIGSTOP)
    try:
        there, _ = by_command(desk)
        time.sleep(_HANGS_S)
    finally:
        os.kill(exchange, signal.SIGCONT)
    return there, time.monotonic()


CASES: dict[str, Callable[[RestingDesk], tuple[float, float]]] = {
    "desk halt": by_command,
    "the HALT file alone": by_file_alone,
    "halt --now, daemon stopped": with_a_stopped_daemon,
    "desk halt, venue hung": with_a_hung_venue,
}


def measure(folder: Path, case: Callable[[RestingDesk], tuple[float, float]], found: Outcome) -> None:
    """One run."""
    with resting_desk(folder, paper_module=_RELAY) as desk:
        there, counted_from = case(desk)
        give_up = time.monotonic() + _OFF_WITHIN_S
        while _live_at_exchange(desk.world) and time.monotonic() < give_up:
            time.sleep(0.05)
        time.sleep(max(0.0, there + _WATCHED_S - time.monotonic()))
        sent = [one.at for one in seen(desk.world.trade_file) if one.endpoint == "AddOrder"]
        found.last_order.append(max(sent) - there)
        cleared = _cleared_at(desk.world)
        if cleared > there:
            found.clear.append(cleared - counted_from)


def _live_at_exchange(world: World) -> set[str]:
    """Client order ids on the book, by the exchange's own file: it can be read while the exchange hangs."""
    live: set[str] = set()
    for line in whole_lines(world.trade_file):
        if line["kind"] == "accepted":
            live.add(line["cl_ord_id"])
        elif line["kind"] in _ENDED:
            live.discard(line["cl_ord_id"])
    return live


def _cleared_at(world: World) -> float:
    """The monotonic second of the last order's end; infinite where one still rests."""
    if _live_at_exchange(world):
        return float("inf")
    ends = [line["time_us"] for line in whole_lines(world.trade_file) if line["kind"] in _ENDED]
    line = world.line
    wall_s: float = micros(line.wall0) / 1e6 + (max(ends) - micros(line.desk0)) / 1e6 / world.speed
    return wall_s - time.time() + time.monotonic()


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the table."""
    parser = bench_parser("halt", __doc__)
    parser.add_argument("--runs", type=int, default=10, help="of each case")
    wanted = given(parser, arguments)
    cases, runs = (list(CASES)[1:2], 1) if wanted.quick else (list(CASES), wanted.runs)
    print(machine_line(), flush=True)
    rows = []
    for name in cases:
        found = Outcome()
        for number in range(runs):
            with tempfile.TemporaryDirectory(prefix="desk-bench-") as scratch:
                measure(Path(scratch) / f"desk-{number}", CASES[name], found)
        rows.append((name, *_figures(found)))
    head = ("s after the halt", "runs", "last order p50", "last order max", "rested", "clear p50", "clear max")
    print(table(head, rows))
    print("P12: no new order later than one second after the halt")
    return 0


def _figures(found: Outcome) -> tuple[str, ...]:
    figures: list[str] = []
    for samples in (found.last_order, found.clear):
        figures.append(str(len(samples)))
        ranked = sorted(samples)
        figures += [f"{ranked[len(ranked) // 2]:.3f}", f"{ranked[-1]:.3f}"] if ranked else ["–", "–"]
    return tuple(figures)


if __name__ == "__main__":
    sys.exit(main())
