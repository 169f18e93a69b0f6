"""What a daemon costs that has nothing to sell: share of one core and memory, the paper exchange's book at 1 Hz.

The daemon is the real one, a process of its own at speed 1 on the demo's desk; the figures are /proc's. The goal is
at most 1 % of one core and 250 MB. The same is measured at the pace at which the paper exchange's book changes.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from desk.demo.world import running
from tests.bench.arguments import bench_parser, given
from tests.bench.figures import table
from tests.bench.machine import machine_line
from tests.bench.process import usage

CPU_GOAL, RSS_GOAL_MB = 1.0, 250.0
_SETTLES_S = 10.0
"""After the start: markets and balances are read, pages of memory are touched for the first time."""


@dataclass(frozen=True, slots=True)
class Idle:
    """`cpu` in percent of one core."""

    feed: str
    seconds: float
    cpu: float
    rss_mb: float
    threads: int
    files: int


def measure(folder: Path, publish_s: float | None, seconds: float, settles_s: float) -> Idle:
    """One daemon for so long, in a new folder."""
    folder.mkdir()
    paper = ("desk.paper", *(() if publish_s is None else ("--publish-s", str(publish_s))))
    with running(folder, speed=1, seed=1, paper_module=paper) as world:
        time.sleep(settles_s)
        pid = world.processes["daemon"].pid
        before, began = usage(pid), time.monotonic()
        time.sleep(seconds)
        after, took = usage(pid), time.monotonic() - began
    feed = "as it changes" if publish_s is None else f"{1 / publish_s:g} Hz"
    cpu = (after.cpu_s - before.cpu_s) / took * 100
    return Idle(feed, took, cpu, max(before.rss_mb, after.rss_mb), after.threads, after.files)


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the table; 0 whatever it says, a benchmark is read by people."""
    parser = bench_parser("idle", __doc__)
    parser.add_argument("--seconds", type=float, default=90.0, help="how long each daemon is watched")
    wanted = given(parser, arguments)
    seconds, settles_s = (4.0, 1.0) if wanted.quick else (wanted.seconds, _SETTLES_S)
    print(machine_line(), flush=True)
    with tempfile.TemporaryDirectory(prefix="desk-bench-") as scratch:
        paces: list[float | None] = [1.0] if wanted.quick else [1.0, None]
        found = [measure(Path(scratch) / f"desk-{n}", pace, seconds, settles_s) for n, pace in enumerate(paces)]
    print(table(("book", "watched s", "% of a core", "RSS MB", "threads", "files"), [_row(one) for one in found]))
    print(f"goal at 1 Hz: at most {CPU_GOAL:g} % of a core and {RSS_GOAL_MB:g} MB")
    return 0


def _row(one: Idle) -> tuple[str, ...]:
    figures = (f"{one.seconds:.0f}", f"{one.cpu:.2f}", f"{one.rss_mb:.0f}", str(one.threads), str(one.files))
    return (one.feed, *figures)


if __name__ == "__main__":
    sys.exit(main())
