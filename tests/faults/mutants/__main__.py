"""`python -m tests.faults.mutants [NAME…]`: every deliberate mistake against its test. 1 if one of them lives."""

from __future__ import annotations

import argparse
import sys

from tests.faults.mutants.runner import mutants, run


def main() -> int:
    """Prints a line for each mutant as it comes, and how many live."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.mutants", description=__doc__)
    parser.add_argument("names", nargs="*", help="only those whose names begin so, like 01")
    chosen = mutants(parser.parse_args().names)
    living = []
    print(f"{'mutant':<42} {'killed':<7} {'s':>5}  test")
    for verdict in run(chosen):
        word = "yes" if verdict.is_killed else "NO"
        print(f"{verdict.mutant.name:<42} {word:<7} {verdict.seconds:>5.1f}  {verdict.mutant.test}", flush=True)
        if not verdict.is_killed:
            living.append(verdict)
    for verdict in living:
        print(f"\n{verdict.mutant.name} lives ({verdict.mutant.sentence})\n{verdict.said}")
    print(f"\n{len(chosen) - len(living)} of {len(chosen)} mutants killed")
    return 1 if living else 0


if __name__ == "__main__":
    sys.exit(main())
