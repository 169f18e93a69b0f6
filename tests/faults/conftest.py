"""A desk with a sale at work and an order resting at the exchange; its processes end with the test, by their id."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.resting import RestingDesk, resting_desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[RestingDesk]:
    with resting_desk(tmp_path / "desk") as found:
        yield found
