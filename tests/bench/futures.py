"""How long simulated futures of cash take: 20,000 paths of 13 weeks, with the demo's kind of plan.

python -m tests.bench.futures [--quick]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

from desk.treasury.cashflow_at_risk import cashflow_at_risk
from desk.treasury.forecast.table import Driver
from desk.treasury.risk_factors import RiskFactors
from desk.treasury.risk_inputs import RiskEntry, RiskInputs, RiskLoan, RiskSale
from tests.bench.arguments import bench_parser, given
from tests.bench.figures import table
from tests.bench.machine import machine_line

DAYS = 91
_FACTORS = RiskFactors(0.03, 0.04, 0.03, 0.95, 0.3, 0.2, -0.2, ())


def question(paths: int) -> RiskInputs:
    """Weekly power and sales of mined coins, three milestones that may slip, a loan, four proposals."""
    weekly = [RiskEntry(day, -6.3e6, Driver.UPTIME) for day in range(5, DAYS, 7)]
    weekly += [RiskEntry(day, 6.7e6, Driver.PRODUCTION) for day in range(4, DAYS, 7)]
    milestones = [RiskEntry(day, -20e6, earliest=day - 7, latest=day + 21, probability=0.95) for day in (5, 23, 58)]
    return RiskInputs(
        days=DAYS,
        cash=43e6,
        required=10e6,
        price=68_500.0,
        net=0.995,
        entries=(*weekly, *milestones),
        loans=(RiskLoan("lender-a", (62_500.0,) * DAYS),),
        soonest=RiskSale(1.0, 1, 3),
        proposed=tuple(RiskSale(150.0, day - 3, day) for day in (20, 30, 55, 60)),
        confidence=0.95,
        paths=paths,
        seed=1,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the table; 0 whatever it says, a benchmark is read by people."""
    asked = given(bench_parser("futures", __doc__), arguments)
    rows = []
    for paths in (1_000,) if asked.quick else (1_000, 20_000, 100_000):
        cashflow_at_risk(question(paths), _FACTORS)
        began, used = time.perf_counter(), time.process_time()
        found = cashflow_at_risk(question(paths), _FACTORS)
        rows.append(
            (
                f"{paths:,}",
                f"{time.perf_counter() - began:.2f}",
                f"{time.process_time() - used:.2f}",
                f"{found.p5 / 1e6:,.1f}",
                f"{found.breach:.1%}",
            )
        )
    print(machine_line())
    print(table(("paths", "wall s", "processor s", "P5 $M", "below the floor"), rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
