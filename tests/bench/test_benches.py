"""The benches still run: what they say is for people, that they say it is tested. Nothing here is timed."""

from __future__ import annotations

import re

import pytest

from tests.bench import idle, punctuality

pytestmark = pytest.mark.slow


def test_idle_prints_what_a_daemon_uses(capsys: pytest.CaptureFixture[str]) -> None:
    assert idle.main(["--quick"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("machine: ")
    assert re.search(r"^1 Hz +\d+ +\d+\.\d+ +\d+ +\d+ +\d+$", shown, re.MULTILINE)


def test_punctuality_prints_how_late_timers_wakes_and_orders_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert punctuality.main(["--quick"]) == 0
    shown = capsys.readouterr().out
    for name in ("loop.call_at", "woken", "sent"):
        assert re.search(rf"^ +1 {name} +1 +1( +\d+(\.\d+)?){{4}}$", shown, re.MULTILINE)
