"""A small desk on a real file: one sale of 1 BTC in four slices, ready to be worked."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from desk.acts import people
from desk.acts.founding import found
from desk.acts.people import write_whole
from desk.clock import ManualClock
from desk.execution.orders import Fill, Liquidity, Order, OrderState, OrderType, client_order_id
from desk.ledger import Ledger, WriteTx, control, orders, sales
from desk.paper.config import DEMO_KEY, DEMO_SECRET
from desk.permission.key_files import generate_ed25519, openssh_text
from desk.sale.lifecycle import SaleState
from desk.sale.records import Signature, Slice, SliceState
from desk.sale.terms import (
    Limits,
    Purpose,
    PurposeKind,
    Schedule,
    ScheduleKind,
    TacticName,
    Terms,
    VenueShare,
    Window,
)
from desk.units import NOTHING, Bps, Money, Price, Sats, notional

START = datetime(2026, 2, 7, 12, tzinfo=UTC)
BTC = 100_000_000
PRICE = Price(Decimal("68524.10"))


@dataclass
class World:
    """The desk under test, with short ways to the things tests do."""

    ledger: Ledger
    clock: ManualClock
    epoch: int = 0

    @property
    def now(self) -> datetime:
        return self.clock.now()

    @property
    def url(self) -> str:
        return f"sqlite:///{self.ledger.path}"

    def write(self):
        return self.ledger.write(actor="test", clock=self.clock)

    def terms(self, sale_id: str = "S-2026-0001", **changed: object) -> Terms:
        made = Terms(
            desk_id=self.ledger.desk.desk_id,
            nonce="nonce-" + sale_id,
            sale_id=sale_id,
            quantity=Sats(BTC),
            symbol="BTC/USD",
            quote="USD",
            venues=(VenueShare("kraken", "main", Sats(BTC)),),
            window=Window(START, START + timedelta(hours=1), timedelta(hours=4)),
            schedule=Schedule(ScheduleKind.TWAP, 4, 0, 0, 7),
            tactic=TacticName.BALANCED,
            limits=Limits(Price(Decimal(60000)), Bps(Decimal(50)), None, Bps(Decimal(2000))),
            reference_price=PRICE,
            reference_at=START,
            purpose=Purpose(PurposeKind.GENERAL),
            stager="ada",
            staged_at=START,
            approval_expires=START + timedelta(days=1),
            policy_digest="0" * 64,
        )
        return replace(made, **changed)

    def slices(self, terms: Terms) -> list[Slice]:
        start = terms.window.opens or terms.window.open_by
        each = terms.quantity // terms.schedule.slices
        return [
            Slice(
                f"{terms.sale_id}/{index:02d}",
                terms.sale_id,
                index,
                start + timedelta(hours=index),
                Sats(each),
                Sats(0),
                SliceState.PENDING,
                timedelta(hours=index),
            )
            for index in range(terms.schedule.slices)
        ]

    def signature(self, subject: str, principal: str = "ada", role: str = "stager") -> Signature:
        return Signature(subject, principal, role, f"SHA256:{principal}", f"armored by {principal}", self.now)

    def stage(self, sale_id: str = "S-2026-0001", **changed: object) -> Terms:
        terms = self.terms(sale_id, **changed)
        with self.write() as tx:
            sales.stage(tx, terms, self.slices(terms), self.signature(sale_id), self.now)
        return terms

    def take_epoch(self) -> int:
        with self.write() as tx:
            self.epoch = control.take_epoch(tx, 42, "host", self.now)
        return self.epoch

    def to_working(self, sale_id: str = "S-2026-0001") -> None:
        if not self.epoch:
            self.take_epoch()
        with self.write() as tx:
            for state in (SaleState.APPROVED, SaleState.SCHEDULED, SaleState.WORKING):
                sales.move(tx, sale_id, state, "test", self.now, epoch=self.epoch)

    def order(self, sats: int = BTC // 4, attempt: int = 0, slice_: int = 0, **changed: object) -> Order:
        sale_id = str(changed.get("sale_id", "S-2026-0001"))
        slice_id = f"{sale_id}/{slice_:02d}"
        order = Order(
            client_order_id=client_order_id("digest", "kraken", slice_id, attempt),
            venue="kraken",
            sale_id=sale_id,
            slice_id=slice_id,
            attempt=attempt,
            state=OrderState.INTENT,
            type=OrderType.POST_ONLY,
            limit_price=PRICE,
            quantity=Sats(sats),
            filled=Sats(0),
            proceeds=NOTHING,
            fees=NOTHING,
            venue_order_id=None,
            created=self.now,
            sent=None,
            updated=self.now,
            deadline=self.now + timedelta(seconds=5),
            cancel_asked=None,
            last_error="",
        )
        return replace(order, **changed)

    def intend(self, order: Order | None = None) -> Order:
        made = order or self.order()
        with self.write() as tx:
            orders.place_intent(tx, made, epoch=self.epoch)
        return made

    def send(self, order: Order | None = None) -> Order:
        made = self.intend(order)
        with self.write() as tx:
            orders.mark_sent(tx, made.client_order_id, self.now, self.epoch)
        return made

    def place(self, order: Order | None = None) -> Order:
        made = self.send(order)
        with self.write() as tx:
            name = f"V-{made.client_order_id[:8]}"
            orders.record_placed(tx, made.client_order_id, name, self.now, self.epoch)
        return made

    def fill(self, order: Order, sats: int, trade_id: str = "T1", fee: str = "1.25", currency: str = "USD") -> Fill:
        return Fill(
            trade_id,
            order.venue,
            order.client_order_id,
            order.sale_id,
            order.slice_id,
            Sats(sats),
            PRICE,
            notional(sats, PRICE),
            Money(Decimal(fee)),
            currency,
            Liquidity.MAKER,
            self.now,
        )

    def report(self, tx: WriteTx, order: Order, state: OrderState, *fills: Fill) -> list[Fill]:
        return orders.record_report(tx, order.client_order_id, state, fills, self.now, self.epoch)


@pytest.fixture(scope="session")
def new_desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with nothing but its genesis, made once and copied by whoever wants one."""
    path = tmp_path_factory.mktemp("new") / "desk.db"
    Ledger.create(f"sqlite:///{path}", clock=ManualClock(START)).close()
    return path


@pytest.fixture(scope="session")
def open_world() -> Callable[[Path], World]:
    """Opens the desk in a file."""
    return lambda path: World(Ledger.open(f"sqlite:///{path}"), ManualClock(START))


@pytest.fixture
def world(tmp_path: Path, new_desk: Path, open_world: Callable[[Path], World]) -> Iterator[World]:
    """A fresh desk with nothing but its genesis."""
    made = open_world(Path(shutil.copy(new_desk, tmp_path / "desk.db")))
    yield made
    made.ledger.close()


@pytest.fixture(scope="session")
def working_desk(
    tmp_path_factory: pytest.TempPathFactory, new_desk: Path, open_world: Callable[[Path], World]
) -> Path:
    """A desk with one sale of 1 BTC being worked in epoch 1, made once and copied."""
    made = open_world(Path(shutil.copy(new_desk, tmp_path_factory.mktemp("working") / "desk.db")))
    made.stage()
    made.to_working()
    made.ledger.close()
    return made.ledger.path


@pytest.fixture
def working(tmp_path: Path, working_desk: Path, open_world: Callable[[Path], World]) -> Iterator[World]:
    """A desk of its own with one sale of 1 BTC being worked."""
    made = open_world(Path(shutil.copy(working_desk, tmp_path / "desk.db")))
    made.epoch = 1
    yield made
    made.ledger.close()


FOUNDED = """\
[desk]
name = "Example Mining"
database = "sqlite:///state/desk.db"
[venues.kraken]
exchange = "kraken"
symbol = "BTC/USD"
url = "http://127.0.0.1:1"
key = "file:state/venue_key"
secret = "file:state/venue_secret"
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
allowed_signers = "state/allowed_signers"
[audit]
checkpoints = "state/checkpoints.jsonl"
"""


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as `desk init` leaves it once olga, alice and bob may sign: policy 1 accepted. Made once and copied.

    Their keys lie in keys/, beside one of mallory, who may nothing. Nobody listens at the venue's address.
    """
    folder = tmp_path_factory.mktemp("founded")
    (folder / "config.toml").write_text(FOUNDED)
    write_whole(folder / "state/venue_key", DEMO_KEY, 0o600)
    write_whole(folder / "state/venue_secret", DEMO_SECRET, 0o600)
    for name in ("olga", "alice", "bob", "mallory"):
        key = generate_ed25519()
        write_whole(folder / "keys" / name, openssh_text(key).decode(), 0o600)
        write_whole(folder / "keys" / f"{name}.pub", f"{key.public.text} {name}\n", 0o644)
        if name != "mallory":
            people.add(folder / "state/allowed_signers", name, key.public.text)
    list(found(folder / "config.toml"))
    return folder
