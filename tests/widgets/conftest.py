"""The app over a fake port and sample pictures: no ledger, no network, no clock but the one handed in."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest
from textual.pilot import Pilot

from desk.clock import ManualClock
from widgets.app import DeskApp

HERE = Path(__file__).parent
NEVER = 3600.0


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"widgets_test_{name}", HERE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


FAKE = _load("fake_port")
Opened = Callable[..., AbstractAsyncContextManager[Pilot[None]]]


@pytest.fixture
def fake_port() -> ModuleType:
    """The module of the fake port: FakePort, DEMO_KEYS, settle."""
    return FAKE


@pytest.fixture
def port() -> object:
    return FAKE.FakePort()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 2, 7, 14, 32, 8, tzinfo=UTC))


@pytest.fixture
def make_app(port: object, clock: ManualClock) -> Callable[..., DeskApp]:
    """An app that ticks only when it is told to."""

    def make(**given: object) -> DeskApp:
        app = DeskApp(**{"port": port, "tick_s": NEVER, "clock": clock, **given})  # type: ignore[arg-type]
        app.animation_level = "none"
        return app

    return make


@pytest.fixture
def open_desk(make_app: Callable[..., DeskApp]) -> Opened:
    """Opens the app at a size and waits until the first picture is on it."""

    @asynccontextmanager
    async def opened(size: tuple[int, int] = (140, 40), **given: object) -> AsyncIterator[Pilot[None]]:
        app = make_app(**given)
        async with app.run_test(size=size, notifications=True) as pilot:
            await FAKE.settle(pilot)
            yield pilot

    return opened


@pytest.fixture
def settle() -> Callable[[Pilot[None]], object]:
    """Wait until no worker is busy and what they brought is shown."""
    return FAKE.settle


@pytest.fixture
def text_of() -> Callable[[Pilot[None]], str]:
    """The screen as text, a line per row, as a person reads it."""
    return FAKE.text_of


@pytest.fixture
def act() -> Callable[[Pilot[None]], object]:
    """Press the button that acts and wait for the outcome."""
    return FAKE.act
