"""The benches still run: what they say is for people, that they say it is tested. Nothing here is timed."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import structlog

from tests.bench import idle, punctuality

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def logs_go_on_as_before() -> Iterator[None]:
    """A bench sends the log to the stream of its moment, which is closed when its test is over."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


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
