"""A desk at a paper exchange of this process, and a daemon beside the test in the same loop."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from desk import config
from desk.acts import signing, stopping
from desk.acts.founding import found
from desk.acts.staging import Asked, stage_sale
from desk.clock import DeskTime, LiveClock
from desk.daemon import Daemon
from desk.execution.orders import RESTING
from desk.ledger import Ledger, ReadTx, live, markets, orders, sales
from desk.ledger.markets import MarketFacts
from desk.paper.config import PaperConfig
from desk.paper.market import Shape
from desk.paper.server import PaperExchange
from desk.sale.records import Sale
from desk.units import Bps, Money, Price, Sats

WITHIN_S = 60.0


@dataclass
class House:
    """One desk's folder with its ledger open, as another process than the daemon would have it."""

    folder: Path
    ledger: Ledger
    clock: LiveClock

    @property
    def config(self) -> config.Config:
        return config.load(self.folder / "config.toml")

    def key(self, name: str) -> Path:
        return self.folder / "keys" / name

    def edit(self, old: str, new: str) -> None:
        path = self.folder / "config.toml"
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new, 1))

    @contextmanager
    def read(self) -> Iterator[ReadTx]:
        with self.ledger.read() as tx:
            yield tx

    def sale(self, sale_id: str) -> Sale:
        with self.read() as tx:
            found = sales.get(tx, sale_id)
        assert found is not None
        return found

    def halts(self) -> list[Any]:
        with closing(sqlite3.connect(self.ledger.path)) as database:
            return database.execute("SELECT reason, actor, lifted FROM halts ORDER BY id").fetchall()

    def stage(self, btc: str = "4", slices: int = 30) -> str:
        """Staged by olga: an hour in slices that rest, opening with the last signature."""
        asked = Asked(btc=btc, opens=None, over=timedelta(hours=1), slices=slices, tactic="passive", seed=7)
        return stage_sale(self.config, self.ledger, self.clock, asked, key_file=self.key("olga")).sale_id

    def approve(self, sale_id: str, *names: str) -> None:
        for name in names:
            signing.approve(self.config, self.ledger, self.clock, sale_id, key_file=self.key(name))

    async def on_record(self, is_true: Callable[[ReadTx], bool]) -> None:
        """Waits until the ledger says so."""
        await until(lambda: self._asked(is_true))

    def _asked(self, is_true: Callable[[ReadTx], bool]) -> bool:
        with self.read() as tx:
            return is_true(tx)

    async def rests(self, sale_id: str) -> None:
        """Waits until an order of the sale rests at the exchange."""
        await self.on_record(lambda tx: any(order.state in RESTING for order in orders.live(tx, sale_id)))

    @asynccontextmanager
    async def worked(self) -> AsyncIterator[Daemon]:
        """A daemon at work in this process; it ends cleanly."""
        async with Daemon(self.config) as daemon:
            work = asyncio.create_task(daemon.run())
            await self.on_record(lambda tx: bool(live.balances(tx)) and markets.market(tx, "kraken") is not None)
            yield daemon
            daemon.stop()
            await work


async def until(is_true: Callable[[], bool]) -> None:
    """Asks until it is so; fails when it takes too long."""
    async with asyncio.timeout(WITHIN_S):
        while not is_true():
            await asyncio.sleep(0.02)


@pytest.fixture
def line() -> DeskTime:
    """A desk minute is a second."""
    return DeskTime(datetime.now(UTC), datetime(2026, 2, 7, 14, tzinfo=UTC), 60)


@pytest.fixture
async def paper(tmp_path: Path, line: DeskTime) -> AsyncIterator[PaperExchange]:
    quiet = Shape(volatility=1e-9, regime_sd=0.0, btc_per_minute=1e-6, trades_per_minute=1e-6)
    config = PaperConfig(seed=7, trade_file=tmp_path / "trades.jsonl", clock=LiveClock(line), shape=quiet)
    async with PaperExchange(config) as exchange:
        yield exchange


@pytest.fixture
def house(tmp_path: Path, founded: Path) -> Iterator[House]:
    """A desk whose venue answers nobody."""
    made = _opened(Path(shutil.copytree(founded, tmp_path / "desk")))
    yield made
    made.ledger.close()


@pytest.fixture
def trading(
    tmp_path: Path, founded: Path, paper: PaperExchange, line: DeskTime, monkeypatch: pytest.MonkeyPatch
) -> Iterator[House]:
    """A desk at the paper exchange. Commands wait for their answer however busy the machine is."""
    monkeypatch.setattr(stopping, "ACKNOWLEDGED_WITHIN_S", WITHIN_S)
    folder = Path(shutil.copytree(founded, tmp_path / "desk"))
    (folder / "state/desk.db").unlink()
    text = (folder / "config.toml").read_text()
    (folder / "config.toml").write_text(text.replace('"http://127.0.0.1:1"', f'"{paper.url}"\nrate_limit_ms = 5'))
    list(found(folder / "config.toml", is_demo=True, line=line))
    made = _opened(folder)
    yield made
    made.ledger.close()


def _opened(folder: Path) -> House:
    ledger = Ledger.open(config.load(folder / "config.toml").settings.desk.database)
    return House(folder, ledger, LiveClock(ledger.desk.line))


@pytest.fixture
def see() -> Callable[[House], None]:
    """Lets a desk without a daemon know its venue, so that sales can be staged."""

    def look(house: House) -> None:
        now = house.clock.now()
        facts = ("kraken", "BTC/USD", "BTC", "USD", Decimal("0.1"), Sats(1), Sats(5_000), Money(Decimal("0.5")))
        with house.ledger.write(actor="daemon", clock=house.clock) as tx:
            fees = (Bps(Decimal(16)), Bps(Decimal(26)))
            markets.set_market(tx, MarketFacts(*facts, *fees, None, None, None, now))
            live.set_quote(tx, "kraken", Price(Decimal(68524)), Price(Decimal(68525)), now, now)
            live.set_balances(tx, "kraken", [("BTC", Decimal(100), Decimal(100))], now)

    return look
