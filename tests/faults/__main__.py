"""`python -m tests.faults --kills 200 --seed 1`: the long campaign. Run it from the root.

Exits with 1 if a promise broke, or if a long campaign did not show what one has to show (`report.lacks`).
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from tests.faults.campaign import SaleRun, run_campaign
from tests.faults.report import lacks, row, table


def main() -> int:
    """Runs the campaign, printing each sale as it ends and the table at the end. Folders of failed sales are kept."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--kills", type=int, default=2000, help="how many daemons to kill (default 2000)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sale", type=int, help="run only this sale of the seed")
    parser.add_argument("--kills-per-sale", type=int, default=5)
    parser.add_argument("--window", type=int, default=240, metavar="S", help="a sale's window in wall seconds")
    parser.add_argument("--fault-rate", type=float, default=0.04, help="share of private calls that go wrong")
    parser.add_argument("--jobs", type=int, default=1, help="sales at once; one a core")
    parser.add_argument("--folder", type=Path, help="keep every sale's files here")
    given = parser.parse_args()
    folder = given.folder or Path(tempfile.mkdtemp(prefix="desk-faults-"))

    def told(run: SaleRun) -> None:
        print("\n".join(row(run)), flush=True)
        if given.folder is None and run.is_clean:
            shutil.rmtree(folder / f"sale-{run.plan.seed}-{run.plan.number}")

    runs = run_campaign(
        given.kills if given.sale is None else given.kills_per_sale,
        given.seed,
        folder,
        kills_per_sale=given.kills_per_sale,
        window_s=given.window,
        fault_rate=given.fault_rate,
        first=given.sale or 0,
        jobs=given.jobs,
        told=told,
    )
    print(*table(runs), sep="\n")
    if all(run.is_clean for run in runs):
        return 1 if any(lacks(runs)) else 0
    print(f"files of the failed sales: {folder}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
