"""Six kills for CI; `python -m tests.faults --kills 2000` is the long campaign (P1, P2, P3, P6)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.campaign import run_campaign
from tests.faults.report import table

pytestmark = pytest.mark.slow


def test_six_kills_lose_nothing_and_sell_nothing_twice(tmp_path: Path) -> None:
    runs = run_campaign(6, 1, tmp_path, kills_per_sale=3, window_s=25, fault_rate=0.08, jobs=2)
    print(*table(runs), sep="\n")
    assert [problem for run in runs for problem in run.verdict.problems] == []
    kills = [struck for run in runs for struck in run.kills]
    assert len(kills) >= 6
    assert sum(struck.is_in_flight for struck in kills) * 2 >= len(kills)
    assert sum(run.verdict.sold for run in runs) > 0
