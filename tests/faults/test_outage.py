"""The daemon dies with an order on the book and stays dead past the window's end (P1)."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.faults.exchange import ask, whole_lines
from tests.faults.judge import judge
from tests.faults.ledger_file import FINAL_SALE
from tests.faults.resting import resting_desk, until

pytestmark = pytest.mark.slow


def test_nothing_is_sold_after_the_window_although_no_daemon_is_there_to_cancel(tmp_path: Path) -> None:
    with resting_desk(tmp_path / "desk", window_s=16, speed=2, btc="120", slices=4) as desk:
        desk.kill()
        ask(desk.world.url, "market", {"jump_bps": -200})  # nobody buys what is left so far above the market
        time.sleep(max(0.0, desk.closes_in_s() + 6))
        at_the_end = whole_lines(desk.world.trade_file)
        desk.restart()
        until(lambda: desk.sale_state() in FINAL_SALE, "the sale's end", 40)
        verdict = judge(desk.world.trade_file, desk.database, desk.sale_id, desk.signed)
        assert verdict.problems == []
        assert at_the_end[-1]["kind"] == "expired", "the order was not there any more when the window ended"
