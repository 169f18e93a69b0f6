"""`python -m tests.faults.simulated --seeds 100000`: the long campaign of simulated sales. 1 if a promise broke."""

from __future__ import annotations

import argparse
import os
import sys
import time

from tests.faults.simulated.campaign import Tally, prepare, replay, run_in_processes, run_seeds

_SHOWN = 12


def main() -> int:
    """Runs the seeds, prints each broken one with the command that replays it, and the table at the end."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.simulated", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000, help="how many worlds (default 1000)")
    parser.add_argument("--from", dest="first", type=int, default=0, help="the first seed")
    parser.add_argument("--jobs", type=int, default=1, help="in how many processes (default 1)")
    parser.add_argument("--seconds", type=float, help="stop after so long")
    parser.add_argument("--stop", action="store_true", help="stop at the first broken promise")
    parser.add_argument("--logs", action="store_true", help="print what the daemon logs")
    given = parser.parse_args()
    prepare(is_quiet=not given.logs)
    began, tally = time.perf_counter(), Tally()
    seeds = range(given.first, given.first + given.seeds)
    outcomes = run_seeds(seeds) if given.jobs == 1 else run_in_processes(seeds, given.jobs)
    for outcome in outcomes:
        tally.add(outcome)
        if outcome.problems:
            print(f"seed {outcome.seed}: {replay(outcome.seed)}")
            print(*(f"  {problem}" for problem in outcome.problems[:_SHOWN]), sep="\n", flush=True)
        if (outcome.problems and given.stop) or (given.seconds and time.perf_counter() - began > given.seconds):
            break
    took_s = time.perf_counter() - began
    outcomes.close()
    print(f"from {given.first} to {given.first + tally.seeds - 1}, in {given.jobs} process(es), {took_s:.0f} s")
    print(*tally.table(took_s), sep="\n")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    if "PYTHONHASHSEED" not in os.environ:  # sets are iterated in the same order in every replay
        os.environ["PYTHONHASHSEED"] = "0"
        os.execv(sys.executable, [sys.executable, "-m", "tests.faults.simulated", *sys.argv[1:]])
    sys.exit(main())
