"""A paper exchange on a clock the test moves, and ccxt's real kraken class pointed at it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import ccxt.async_support as ccxt
import pytest

from desk.clock import ManualClock
from desk.paper.config import DEMO_KEY, DEMO_SECRET, PaperConfig
from desk.paper.market import Shape
from desk.paper.server import PaperExchange

OPENING = datetime(2026, 2, 7, 18, tzinfo=UTC)
SYMBOL = "BTC/USD"

Open = Callable[..., Awaitable[PaperExchange]]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(OPENING)


@pytest.fixture
def config(clock: ManualClock) -> PaperConfig:
    return PaperConfig(clock=clock, publish_s=0.01)


@pytest.fixture
def quiet() -> Shape:
    """A market that stands still: nobody trades and the price does not move."""
    return Shape(volatility=1e-9, regime_sd=0.0, btc_per_minute=1e-6, trades_per_minute=1e-6)


@pytest.fixture
async def paper(config: PaperConfig) -> AsyncIterator[PaperExchange]:
    async with PaperExchange(config) as opened:
        yield opened


@pytest.fixture
async def connect() -> AsyncIterator[Callable[..., Any]]:
    """Makes clients of an exchange by its URL; they are closed at the end."""
    clients: list[Any] = []

    def make(url: str, **settings: Any) -> Any:
        urls = {"api": {"public": url, "private": url}}
        client = ccxt.kraken({"apiKey": DEMO_KEY, "secret": DEMO_SECRET, "urls": urls, "rateLimit": 1, **settings})
        client.number = str
        client.timeout_on_exit = 0
        clients.append(client)
        return client

    yield make
    for client in clients:
        await client.close()


@pytest.fixture
async def kraken(paper: PaperExchange, connect: Callable[..., Any]) -> Any:
    return connect(paper.url)


@pytest.fixture
async def quiet_paper(config: PaperConfig, quiet: Shape) -> AsyncIterator[PaperExchange]:
    async with PaperExchange(replace(config, shape=quiet)) as opened:
        yield opened
