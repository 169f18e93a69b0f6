"""A real desk in a folder, and the command line called in this process."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import structlog

from desk import config
from desk.acts.staging import Asked, Staged, stage_sale
from desk.cli import main
from desk.clock import Clock, LiveClock
from desk.execution.orders import Fill, Liquidity, Order, OrderState, OrderType, client_order_id
from desk.ledger import Ledger, WriteTx, control, live, markets, orders, sales
from desk.ledger.markets import MarketFacts
from desk.permission import sshsig
from desk.permission.key_files import load_private_key
from desk.sale.lifecycle import SaleState
from desk.units import NOTHING, Bps, Money, Price, Sats, notional, parse_btc

MID = Decimal("68524.10")
BUSY_MS = 50


@dataclass(frozen=True)
class Said:
    """What one run of the command line did."""

    code: int
    raw: bytes
    err: str

    @property
    def out(self) -> str:
        return self.raw.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.raw)


@dataclass
class Desk:
    """One desk's folder, and short ways to what people and the daemon do to it."""

    folder: Path

    @property
    def config(self) -> config.Config:
        return config.load(self.folder / "config.toml")

    @property
    def database(self) -> Path:
        return self.folder / "state" / "desk.db"

    def key(self, name: str) -> Path:
        return self.folder / "keys" / name

    def run(self, *arguments: object, stdin: str = "") -> Said:
        """`desk --config … ARGUMENTS`, in this process; an error without words for people is raised."""
        return run("--config", self.folder / "config.toml", *arguments, stdin=stdin)

    def edit(self, old: str, new: str) -> None:
        """Changes the configuration file."""
        path = self.folder / "config.toml"
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new, 1))

    def digest(self) -> str:
        """SHA-256 over the database file and whatever SQLite keeps beside it."""
        files = sorted(self.database.parent.glob("desk.db*"))
        return hashlib.sha256(b"".join(path.name.encode() + path.read_bytes() for path in files)).hexdigest()

    @contextmanager
    def open(self) -> Iterator[Ledger]:
        ledger = Ledger.open(self.config.settings.desk.database)
        try:
            yield ledger
        finally:
            ledger.close()

    @contextmanager
    def write(self) -> Iterator[WriteTx]:
        """A transaction of the daemon's."""
        with self.open() as ledger, ledger.write(actor="daemon", clock=LiveClock()) as tx:
            yield tx

    def see(self, *, mid: str = "68524.10", lot: int = 1, btc: str = "100", clock: Clock | None = None) -> None:
        """The daemon has just looked at the venue."""
        wall, now = (clock or LiveClock()).wall(), (clock or LiveClock()).now()
        middle = Decimal(mid)
        facts = ("kraken", "BTC/USD", "BTC", "USD", Decimal("0.1"), Sats(lot), Sats(5_000), Money(Decimal("0.5")))
        fees, day = (
            (Bps(Decimal(16)), Bps(Decimal(26))),
            (parse_btc("2500"), Price(middle + 800), Price(middle - 800)),
        )
        with self.write() as tx:
            markets.set_market(tx, MarketFacts(*facts, *fees, *day, wall))
            live.set_quote(tx, "kraken", Price(middle - 1), Price(middle + 1), wall, now)
            live.set_balances(tx, "kraken", [("BTC", Decimal(btc), Decimal(btc))], wall)

    def staging(self, btc: str = "4", *options: object, **replaced: object) -> tuple[object, ...]:
        """The words of `desk sale stage` by olga: over two hours in four slices unless said otherwise."""
        asked = {"--btc": btc, "--over": "2h", "--slices": 4, "--key": self.key("olga")}
        asked |= {f"--{name.replace('_', '-')}": value for name, value in replaced.items()}
        return ("sale", "stage", *(word for pair in asked.items() for word in pair), *options)

    def stage(self, btc: str = "4", *options: object, **replaced: object) -> Said:
        return self.run(*self.staging(btc, *options, **replaced))

    def staged(self, btc: str = "4") -> str:
        """A staged sale's id."""
        said = self.stage(btc, "--json")
        assert said.code == 0, said.err
        return str(said.json["id"])

    def stage_at(self, clock: Clock, btc: str = "4", **asked: Any) -> Staged:
        """Staged by olga at another time than now."""
        wish = Asked(btc=btc, opens=None, **asked)
        with self.open() as ledger:
            return stage_sale(self.config, ledger, clock, wish, key_file=self.key("olga"))

    def terms(self, sale_id: str) -> bytes:
        return self.run("sale", "terms", sale_id).raw

    def signature(self, name: str, message: bytes, namespace: str = sshsig.SALE) -> Path:
        """A file with somebody's signature over `message`."""
        path = self.folder / f"{name}.sig"
        path.write_text(sshsig.sign(message, namespace, load_private_key(self.key(name))))
        return path

    def work(self, sale_id: str) -> int:
        """The daemon opens the window and works the sale; its epoch."""
        now = datetime.now(UTC)
        closes = now + timedelta(hours=2)
        with self.write() as tx:
            epoch = control.take_epoch(tx, 4242, "host", now)
            sales.move(tx, sale_id, SaleState.APPROVED, "", now, epoch=epoch)
            sales.set_slice_dues(tx, sale_id, [now + one.offset for one in sales.slices(tx, sale_id)], epoch)
            sales.move(tx, sale_id, SaleState.SCHEDULED, "", now, epoch=epoch, opened=now, closes=closes)
            sales.move(tx, sale_id, SaleState.WORKING, "", now, epoch=epoch)
        return epoch

    def order(self, sale_id: str, epoch: int, *, refused: str | None = None) -> Order:
        """An order of a quarter bitcoin in the first slice: filled whole by one trade, or refused in these words."""
        now = datetime.now(UTC)
        with self.write() as tx:
            sale = sales.get(tx, sale_id)
            assert sale is not None
            slice_id, half = f"{sale_id}/00", parse_btc("0.25")
            attempt = orders.next_attempt(tx, slice_id, "kraken")
            order = Order(
                client_order_id=client_order_id(sale.terms_digest, "kraken", slice_id, attempt),
                venue="kraken",
                sale_id=sale_id,
                slice_id=slice_id,
                attempt=attempt,
                state=OrderState.INTENT,
                type=OrderType.POST_ONLY,
                limit_price=Price(MID),
                quantity=half,
                filled=Sats(0),
                proceeds=NOTHING,
                fees=NOTHING,
                venue_order_id=None,
                created=now,
                sent=None,
                updated=now,
                deadline=None,
                cancel_asked=None,
                last_error="",
            )
            orders.place_intent(tx, order, epoch=epoch)
            orders.mark_sent(tx, order.client_order_id, now, epoch)
            if refused is not None:
                orders.record_refused(tx, order.client_order_id, refused, now, epoch)
                return order
            orders.record_placed(tx, order.client_order_id, f"V{attempt}", now, epoch)
            fill = Fill(
                f"T{attempt}",
                "kraken",
                order.client_order_id,
                sale_id,
                slice_id,
                half,
                Price(MID),
                notional(half, Price(MID)),
                Money(Decimal("-1.25")),
                "USD",
                Liquidity.MAKER,
                now,
            )
            orders.record_report(tx, order.client_order_id, OrderState.FILLED, [fill], now, epoch)
        return order


def run(*arguments: object, stdin: str = "") -> Said:
    """The command line in this process, with streams of its own."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    given, sys.stdin = sys.stdin, io.StringIO(stdin)
    code = 0
    try:
        with redirect_stdout(out), redirect_stderr(err):
            main([str(one) for one in arguments], busy_ms=BUSY_MS)
    except SystemExit as leave:
        code = leave.code if isinstance(leave.code, int) else 1
    finally:
        sys.stdin = given
        structlog.reset_defaults()
    return Said(code, out.buffer.getvalue(), err.buffer.getvalue().decode())


@pytest.fixture
def call() -> Callable[..., Said]:
    """The command line without any desk."""
    return run


@pytest.fixture
def desk(tmp_path: Path, founded: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk of its own whose venue was just seen; no daemon runs."""
    for name in ("DESK_KEY", "DESK_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    made = Desk(Path(shutil.copytree(founded, tmp_path / "desk")))
    made.see()
    return made


@pytest.fixture
def refused(desk: Desk) -> Callable[..., str]:
    """Runs words that have to be refused: words on stderr only, and no byte of the ledger changed."""

    def expect(words: Sequence[object], *said: str, code: int = 1) -> str:
        before = desk.digest()
        done = desk.run(*words)
        assert (done.code, done.out) == (code, ""), done
        assert desk.digest() == before, "a refused command changed the database"
        for sentence in said:
            assert sentence in done.err, done.err
        assert "Traceback" not in done.err
        return done.err

    return expect


@pytest.fixture
def held() -> Iterator[Callable[[Path, str], None]]:
    """Another process that holds a lock on a database: IMMEDIATE or EXCLUSIVE."""
    script = (
        "import sqlite3,sys; d=sqlite3.connect(sys.argv[1],isolation_level=None); d.execute('BEGIN '+sys.argv[2])"
    )
    running: list[subprocess.Popen[bytes]] = []

    def hold(database: Path, kind: str) -> None:
        command = [sys.executable, "-c", f"{script}; print('held', flush=True); sys.stdin.read()"]
        process = subprocess.Popen(
            [*command, str(database), kind], stdin=subprocess.PIPE, stdout=subprocess.PIPE, close_fds=True
        )
        running.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"

    yield hold
    for process in running:
        process.communicate()
