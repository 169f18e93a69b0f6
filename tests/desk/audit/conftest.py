"""A desk with something in every table, a checkpoint key, and the means of an attacker who holds the file."""

import shutil
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from desk.audit.checkpoints import Checkpoint, CheckpointFile
from desk.audit.verify import VerifyReport, verify
from desk.canonical import digest
from desk.execution.orders import OrderState
from desk.ledger import control, events, orders, sales
from desk.ledger import treasury as books
from desk.ledger.metadata import domain_tables
from desk.permission.key_files import PrivateKey, generate_ed25519
from desk.permission.requests import Act, EventHead, open_request
from desk.sale.records import Rejection
from desk.treasury import records as own
from desk.units import Bps, Money, Sats

DAY = datetime(2026, 2, 7, tzinfo=UTC)
HALF = Bps(Decimal(5000))


@dataclass
class Scene:
    """A database file, its checkpoints, and who signs them."""

    database: Path
    checkpoints: Path
    key: PrivateKey
    world: Any = None

    def mark(self, desk_id: str | None = None) -> Checkpoint | None:
        """Appends a checkpoint of the present head."""
        ledger = self.world.ledger
        with ledger.read() as tx:
            head = events.head(tx)
        wall = self.world.clock.wall()
        return CheckpointFile(self.checkpoints, self.key).append(desk_id or ledger.desk.desk_id, head, wall)

    def verify(self) -> VerifyReport:
        return verify(self.database, self.checkpoints, self.key.public)

    def tamper(self, *statements: str) -> None:
        """Runs statements as somebody would who holds the file: guards dropped first, put back afterwards."""
        database = sqlite3.connect(self.database, isolation_level=None)
        try:
            database.execute("PRAGMA foreign_keys = OFF")
            database.execute("PRAGMA ignore_check_constraints = ON")
            guards = database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
            database.execute("BEGIN")
            for name, _ in guards:
                database.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                database.execute(statement)
            for _, sql in guards:
                database.execute(sql)
            database.execute("COMMIT")
        finally:
            database.close()

    def ask(self, question: str) -> list[tuple[object, ...]]:
        database = sqlite3.connect(self.database)
        try:
            return database.execute(question).fetchall()
        finally:
            database.close()


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory, new_desk: Path, open_world) -> Scene:
    """Everything on record at least once, and a checkpoint of the head. Made once; tests get copies."""
    folder = tmp_path_factory.mktemp("whole")
    world = open_world(Path(shutil.copy(new_desk, folder / "desk.db")))
    made = Scene(world.ledger.path, folder / "checkpoints.jsonl", generate_ed25519(), world)
    world.stage()
    world.to_working()
    _trade(world)
    _control(world)
    with world.write() as tx:
        books.state(tx, "treasury", _statements())
    made.mark()
    world.ledger.close()
    empty = [table.name for table in domain_tables() if not made.ask(f"SELECT 1 FROM {table.name}")]
    assert not empty, f"no row in {empty}: this scene must reach every table"
    return made


@pytest.fixture
def scene(whole: Scene, tmp_path: Path) -> Scene:
    """A copy of it to spoil."""
    database = Path(shutil.copy(whole.database, tmp_path / "desk.db"))
    return Scene(database, Path(shutil.copy(whole.checkpoints, tmp_path / "checkpoints.jsonl")), whole.key)


@pytest.fixture
def alive(scene: Scene, open_world) -> Iterator[Scene]:
    """The copy with its ledger open, for tests that go on writing."""
    scene.world = open_world(scene.database)
    yield scene
    scene.world.ledger.close()


def _trade(world) -> None:
    first = world.place()
    with world.write() as tx:
        world.report(tx, first, OrderState.OPEN, world.fill(first, 10_000_000))
        orders.cancel_intent(tx, first.client_order_id, "reprice", world.now, world.epoch)
        orders.cancel_outcome(tx, first.client_order_id, "accepted", world.now, world.epoch)
        world.report(tx, first, OrderState.CANCELLED)
        world.report(tx, first, OrderState.CANCELLED, world.fill(first, 7, "T-late"))
    second = world.send(world.order(attempt=1))
    with world.write() as tx:
        orders.record_unknown(tx, second.client_order_id, "timed out", world.now, world.epoch)
        sales.add_signature(tx, world.signature("S-2026-0001", "bob", "approver"), world.now)
    world.stage("S-2026-0002")
    with world.write() as tx:
        sales.reject(tx, Rejection("S-2026-0002", "bob", "too cheap", world.now), world.now)


def _control(world) -> None:
    document = b'{"policy":1}'
    desk_id = world.ledger.desk.desk_id
    with world.write() as tx:
        control.accept_policy(tx, document, digest(document), world.now)
        wish = control.command(tx, "pause", "S-2026-0001", "ada", "lunch", {"n": 1}, world.now)
        control.apply_command(tx, wish, "paused", world.now, world.epoch)
        control.halt(tx, "a fire", "ada", world.now)
        head = events.head(tx)
        request = open_request(
            Act.REARM, {}, desk_id=desk_id, nonce="n1", head=EventHead(head.seq, head.hash), opened_at=world.now
        )
        number = control.open_request(tx, request, "desk", "ada")
        control.lift_halt(tx, number, world.now, world.epoch)
        alarm = control.raise_alarm(tx, "drift", "desk", "the clock is off", world.now)
        control.clear_alarm(tx, alarm, world.now, "ada")


def _statements() -> list[own.Record]:
    due = date(2026, 3, 1)
    return [
        own.Place("w1", own.PlaceKind.WALLET, "cold", Sats(7), DAY, "ada", note="vault"),
        own.CashBalance("bank", "USD", Money(Decimal("10.50")), DAY, "ada"),
        own.MiningDay(date(2026, 2, 6), "luxor", "site", Sats(5), Sats(6), HALF, Decimal("0.05"), "pool"),
        own.Project("p1", "compute"),
        own.Commitment("c1", "p1", "vendor", "racks", "contract"),
        own.Milestone("m1", "c1", "deposit", due, Money(Decimal(5)), "USD", own.MilestoneState.PLANNED, HALF, "x"),
        own.Loan(
            "l1",
            "bank",
            Money(Decimal(100)),
            Money(Decimal(1)),
            "USD",
            Sats(9),
            HALF,
            Bps(Decimal(8000)),
            Bps(Decimal(9000)),
            False,
            DAY,
            due + timedelta(days=365),
            own.LoanState.OPEN,
            "contract",
        ),
        own.CostFigure("2025-Q4", Money(Decimal(1)), Money(Decimal(2)), "USD", "filing"),
        own.PublishedMonth("2026-01", Sats(1), Sats(2), Sats(3), Decimal("50.1"), Decimal("37.02"), False, "news"),
        *(_filled(kind) for kind in own.KEYS if kind not in _WRITTEN_OUT),
    ]


_WRITTEN_OUT = (
    own.Place,
    own.CashBalance,
    own.MiningDay,
    own.Project,
    own.Commitment,
    own.Milestone,
    own.Loan,
    own.CostFigure,
    own.PublishedMonth,
)


def _filled(kind: type) -> own.Record:
    """A statement of this kind with something in every field."""
    hints = get_type_hints(kind)
    return kind(**{field.name: _something(field.name, hints[field.name]) for field in fields(kind)})


def _something(name: str, hint: Any) -> object:
    choices = [one for one in get_args(hint) if one is not type(None)]
    plain = choices[0] if choices else hint
    plain = getattr(plain, "__supertype__", plain)
    if issubclass(plain, StrEnum):
        return next(iter(plain))
    if plain is str:
        return {"month": "2026-01", "digest": "0" * 64}.get(name, name)
    return {bool: False, int: 5, Decimal: Decimal("0.5"), datetime: DAY, date: date(2026, 3, 1)}[plain]
