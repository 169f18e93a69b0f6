"""A desk with people, policy, treasury and a venue that was seen, on a real file: what a picture is built from."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from desk.acts import people, signing
from desk.acts.policy import configured_policy
from desk.acts.staging import Asked, stage_sale
from desk.clock import ManualClock
from desk.config import Config, load
from desk.demo import cango
from desk.execution.orders import Fill, Liquidity, Order, OrderState, OrderType, client_order_id
from desk.ledger import Ledger, control, live, markets, orders, sales
from desk.ledger.markets import MarketFacts
from desk.permission.key_files import generate_ed25519, openssh_text
from desk.sale.lifecycle import SaleState
from desk.snapshot.build import SnapshotBuilder
from desk.snapshot.model import DeskSnapshot
from desk.units import NOTHING, Bps, Money, Price, Sats, notional, parse_btc

NAMES = ("olga", "alice", "bob")
_CONFIG = """\
[desk]
name = "Cango Inc."
database = "sqlite:///desk.db"
[venues.kraken]
exchange = "kraken"
symbol = "BTC/USD"
url = "http://127.0.0.1:1"
key = "env:NOBODY"
secret = "env:NOBODY"
[controls]
max_order_btc = "25"
max_day_btc = "2000"
max_day_usd = "150000000"
floor_usd = "60000"
max_slippage_bps = 50
[[controls.approvals]]
above_usd = 0
required = 1
[[controls.approvals]]
above_usd = 1000000
required = 2
[people]
allowed_signers = "allowed_signers"
[audit]
checkpoints = "checkpoints.jsonl"
key = "checkpoint_key"
[treasury]
cash_floor = "10000000"
[treasury.stablecoins.USDT]
off_ramp_days = 2
off_ramp_cost_bps = "5"
"""


@dataclass
class Desk:
    """The desk under test and the short ways in which tests make things happen."""

    config: Config
    ledger: Ledger
    clock: ManualClock
    folder: Path
    epoch: int = 0
    builder: SnapshotBuilder = field(init=False)

    def __post_init__(self) -> None:
        self.builder = SnapshotBuilder(self.config, self.ledger, self.clock, me="bob")

    @property
    def now(self) -> datetime:
        return self.clock.now()

    def key(self, name: str) -> Path:
        return self.folder / name

    def write(self, actor: str = "test"):
        return self.ledger.write(actor=actor, clock=self.clock)

    def picture(self, focus: str | None = None) -> DeskSnapshot:
        return self.builder.build(focus)

    def see(self, mid: str = "68524.10", btc: str = "3357.30", usd: str = "0") -> None:
        """The daemon looked at the venue and is alive."""
        middle, wall = Decimal(mid), self.clock.wall()
        bid, ask = Price(middle - Decimal("0.5")), Price(middle + Decimal("0.5"))
        with self.write() as tx:
            live.set_quote(tx, "kraken", bid, ask, wall, self.now)
            live.set_book(tx, "kraken", [(bid, Sats(10**8))], [(ask, Sats(2 * 10**8))], wall)
            held = [("BTC", Decimal(btc), Decimal(btc)), ("USD", Decimal(usd), Decimal(usd))]
            live.set_balances(tx, "kraken", held, wall)
            live.set_venue_status(tx, "kraken", True, "", wall)
            live.beat(tx, 4242, self.epoch, wall, "working")

    def know_market(self) -> None:
        with self.write() as tx:
            tick, least = Decimal("0.1"), Money(Decimal("0.5"))
            fees = (Bps(Decimal(16)), Bps(Decimal(26)))
            facts = ("kraken", "BTC/USD", "BTC", "USD", tick, Sats(1), Sats(5000), least, *fees)
            markets.set_market(tx, MarketFacts(*facts, None, None, None, self.clock.wall()))

    def stage(self, btc: str = "445.10", purpose: str | None = "loan:lender-a", slices: int = 6) -> str:
        asked = Asked(btc=btc, opens=None, over=timedelta(hours=6), slices=slices, purpose=purpose, seed=7)
        return stage_sale(self.config, self.ledger, self.clock, asked, key_file=self.key("olga")).sale_id

    def approve(self, sale_id: str, *names: str) -> None:
        for name in names or ("alice", "bob"):
            self.clock.advance(0.5)
            signing.approve(self.config, self.ledger, self.clock, sale_id, key_file=self.key(name))

    def work(self, sale_id: str) -> None:
        """The daemon opens the window and works the sale."""
        if not self.epoch:
            with self.write() as tx:
                self.epoch = control.take_epoch(tx, 4242, "host", self.now)
        with self.write() as tx:
            dues = [self.now + one.offset for one in sales.slices(tx, sale_id)]
            sales.move(tx, sale_id, SaleState.APPROVED, "", self.now, epoch=self.epoch)
            sales.set_slice_dues(tx, sale_id, dues, self.epoch)
            ends = self.now + timedelta(hours=6)
            sales.move(tx, sale_id, SaleState.SCHEDULED, "", self.now, epoch=self.epoch, opened=self.now, closes=ends)
            sales.move(tx, sale_id, SaleState.WORKING, "", self.now, epoch=self.epoch)

    def rest(
        self,
        sale_id: str,
        btc: str,
        price: str = "68524.1",
        *,
        attempt: int = 0,
        kind: OrderType = OrderType.POST_ONLY,
    ) -> Order:
        """An order that is open at the venue."""
        slice_id = f"{sale_id}/00"
        with self.ledger.read() as tx:
            sale = sales.get(tx, sale_id)
        assert sale is not None
        order = Order(
            client_order_id=client_order_id(sale.terms_digest, "kraken", slice_id, attempt),
            venue="kraken",
            sale_id=sale_id,
            slice_id=slice_id,
            attempt=attempt,
            state=OrderState.INTENT,
            type=kind,
            limit_price=Price(Decimal(price)),
            quantity=parse_btc(btc),
            filled=Sats(0),
            proceeds=NOTHING,
            fees=NOTHING,
            venue_order_id=None,
            created=self.now,
            sent=None,
            updated=self.now,
            deadline=None,
            cancel_asked=None,
            last_error="",
        )
        with self.write("daemon") as tx:
            orders.place_intent(tx, order, epoch=self.epoch)
            orders.mark_sent(tx, order.client_order_id, self.now, self.epoch)
            orders.record_placed(tx, order.client_order_id, f"V{attempt}", self.now, self.epoch)
        return order

    def fill(
        self, order: Order, btc: str, price: str = "68524.1", *, trade: str = "T1", executed: datetime | None = None
    ) -> None:
        """The venue executed so much of it."""
        sats, at = parse_btc(btc), Price(Decimal(price))
        cost = notional(sats, at)
        fill = Fill(
            trade,
            "kraken",
            order.client_order_id,
            order.sale_id,
            order.slice_id,
            sats,
            at,
            cost,
            Money(Decimal("12.50")),
            "USD",
            Liquidity.MAKER,
            executed or self.now,
        )
        with self.write("daemon") as tx:
            before = orders.get(tx, order.client_order_id)
            is_whole = before is not None and before.filled + sats == order.quantity
            state = OrderState.FILLED if is_whole else OrderState.OPEN
            orders.record_report(tx, order.client_order_id, state, [fill], self.now, self.epoch)


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory, new_desk: Path) -> Path:
    """People with keys, an accepted policy, the Cango case and a venue just seen; made once and copied."""
    folder = tmp_path_factory.mktemp("seeded")
    shutil.copy(new_desk, folder / "desk.db")
    (folder / "config.toml").write_text(_CONFIG)
    config = load(folder / "config.toml")
    for name in NAMES:
        key = generate_ed25519()
        (folder / name).write_bytes(openssh_text(key))
        os.chmod(folder / name, 0o600)
        people.add(config.settings.people.allowed_signers, name, key.public.text)
    clock = ManualClock(cango.START)
    ledger = Ledger.open(config.settings.desk.database)
    with ledger.write(actor="init", clock=clock) as tx:
        policy = configured_policy(config)
        control.accept_policy(tx, policy.canonical(), policy.digest(), clock.now())
        cango.seed_demo(tx, clock)
    made = Desk(config, ledger, clock, folder)
    made.know_market()
    made.see()
    ledger.close()
    return folder


@pytest.fixture
def desk(tmp_path: Path, seeded: Path) -> Iterator[Desk]:
    """A desk of its own for one test."""
    folder = tmp_path / "desk"
    shutil.copytree(seeded, folder)
    config = load(folder / "config.toml")
    made = Desk(config, Ledger.open(config.settings.desk.database), ManualClock(cango.START), folder)
    yield made
    made.ledger.close()
