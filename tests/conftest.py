"""What holds for every test: no deadline decides whether a property holds, and what was imported is no garbage."""

from __future__ import annotations

import gc
import os

import pytest
from hypothesis import settings

settings.register_profile("desk", deadline=None)
settings.load_profile("desk")

gc.disable()


def pytest_collection_finish(session: pytest.Session) -> None:
    """From here on only what tests make is looked through for garbage, and less often.

    The libraries and the collected tests are some 700,000 objects that stay until the end; going through them again
    and again took a fifth of the suite's processor time.
    """
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Half as many again as there are cores: much of a test of a screen or a daemon is waiting."""
    return max(1, (os.cpu_count() or 1) * 3 // 2)
