"""What holds for every test: no deadline decides whether a property holds."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

settings.register_profile("desk", deadline=None)
settings.load_profile("desk")


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Half as many again as there are cores: much of a test of a screen or a daemon is waiting."""
    return max(1, (os.cpu_count() or 1) * 3 // 2)
