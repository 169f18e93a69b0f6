"""A whole desk in a scratch folder: keys, configuration, paper exchange and daemon as processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from desk.acts import people
from desk.acts.founding import found
from desk.acts.people import write_whole
from desk.acts.staging import Asked, Staged, stage_sale
from desk.clock import DeskTime, LiveClock, iso
from desk.config import Config, load
from desk.demo import cango
from desk.ledger import Ledger, live, markets
from desk.paper.config import DEMO_KEY, DEMO_SECRET
from desk.permission.key_files import generate_ed25519, openssh_text
from desk.units import btc_text

STAGER, APPROVERS = "olga", ("alice", "bob")
_READY_WITHIN_S = 30.0

_CONFIG = """\
# A demo: everything here is scratch and talks to a paper exchange on this machine.
[desk]
name = "{name}"
database = "sqlite:///state/desk.db"
timezone = "UTC"
[venues.kraken]
exchange = "kraken"
symbol = "BTC/USD"
url = "{url}"
key = "file:state/paper_key"
secret = "file:state/paper_secret"
rate_limit_ms = 25                # the paper exchange allows it; a real one has ccxt's own pauses
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
every_s = 5
[treasury]
cash_floor = "10000000"
[treasury.stablecoins.USDT]
off_ramp_days = 2
off_ramp_cost_bps = "5"
[treasury.at_risk]
daily_volatility_bps = "300"      # illustrative; left out, it is estimated from the marks on record
"""


class DemoFailed(Exception):
    """The demo's own processes did not come up; the message says which and where its log is."""


@dataclass(slots=True)
class World:
    """One scratch desk. `processes` were started here and are ended here, by their id.

    `paper_module` and `daemon_module` are what runs as them; a fault campaign puts modules of its own in between.
    """

    folder: Path
    speed: int
    seed: int
    line: DeskTime
    replay: Path | None = None
    url: str = ""
    paper_module: tuple[str, ...] = ("desk.paper",)
    daemon_module: tuple[str, ...] = ("desk",)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def config_file(self) -> Path:
        return self.folder / "config.toml"

    @property
    def config(self) -> Config:
        return load(self.config_file)

    @property
    def trade_file(self) -> Path:
        return self.folder / "paper" / "trades.jsonl"

    @property
    def clock(self) -> LiveClock:
        return LiveClock(self.line)

    def key_of(self, name: str) -> Path:
        return self.folder / "keys" / name

    def start_paper(self, port: int = 0) -> None:
        """The exchange as a process; it tells its address on its first line."""
        self.trade_file.parent.mkdir(exist_ok=True)
        command = [*self.paper_module, "--port", str(port), "--trade-file", str(self.trade_file)]
        command += ["--seed", str(self.seed)]
        command += ["--btc", btc_text(cango.VENUE_BTC), "--speed", str(self.speed)]
        command += ["--wall0", iso(self.line.wall0), "--desk0", iso(self.line.desk0)]
        command += ["--replay", str(self.replay)] if self.replay else []
        process = self._spawn("paper", command, subprocess.PIPE)
        assert process.stdout is not None
        first = process.stdout.readline().decode()
        if "http://" not in first:
            raise DemoFailed(f"the paper exchange did not start; see {self.folder / 'paper.log'}")
        self.url = first.split()[-1]

    def start_daemon(self) -> None:
        self._spawn("daemon", [*self.daemon_module, "--config", str(self.config_file), "daemon"], subprocess.DEVNULL)

    def _spawn(self, name: str, module: list[str], stdout: int) -> subprocess.Popen[bytes]:
        log = (self.folder / f"{name}.log").open("ab")
        process = subprocess.Popen(
            [sys.executable, "-m", "desk.demo.child", *module],
            stdout=stdout,
            stderr=log,
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
        log.close()
        self.processes[name] = process
        return process

    def stop(self) -> None:
        """Ends what was started here: asked first, then killed."""
        for name in ("daemon", "paper"):
            process = self.processes.pop(name, None)
            if process is None:
                continue
            process.terminate()
            assert process.stdin is not None
            process.stdin.close()
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def wait_until(self, is_true: Callable[[], bool], what: str, within_s: float = _READY_WITHIN_S) -> None:
        """Asks until it is so. Raises DemoFailed when it takes too long or a process has died."""
        give_up = time.monotonic() + within_s
        while not is_true():
            for name, process in self.processes.items():
                if process.poll() is not None:
                    raise DemoFailed(f"the {name} ended with {process.returncode}; see {self.folder / f'{name}.log'}")
            if time.monotonic() > give_up:
                raise DemoFailed(f"{what} did not come within {within_s:.0f} s; see {self.folder}/*.log")
            time.sleep(0.05)


@contextmanager
def running(
    folder: Path,
    *,
    speed: int,
    seed: int,
    replay: Path | None = None,
    paper_module: tuple[str, ...] = ("desk.paper",),
    daemon_module: tuple[str, ...] = ("desk",),
    with_daemon: bool = True,
) -> Iterator[World]:
    """A desk made, seeded and running in `folder`, which must be empty; its processes end with the context.

    Without a daemon nothing is known of the market yet; whoever wants one starts it.
    """
    wall = datetime.now(UTC).replace(microsecond=0)
    line = DeskTime(wall, cango.START, speed)
    world = World(folder, speed, seed, line, replay, paper_module=paper_module, daemon_module=daemon_module)
    try:
        _make(world)
        if with_daemon:
            world.start_daemon()
            world.wait_until(lambda: _knows_its_market(world), "the daemon")
        yield world
    finally:
        world.stop()


def stage_demo_sale(world: World, *, btc: str, over: timedelta, slices: int) -> Staged:
    """The sale the demo is about, staged by its stager, waiting for two signatures."""
    ledger = Ledger.open(world.config.settings.desk.database)
    try:
        asked = Asked(btc=btc, opens=None, over=over, slices=slices, purpose=f"loan:{cango.LOAN}", seed=world.seed)
        return stage_sale(world.config, ledger, world.clock, asked, key_file=world.key_of(STAGER))
    finally:
        ledger.close()


def _make(world: World) -> None:
    for name in ("keys", "state"):
        (world.folder / name).mkdir()
    os.chmod(world.folder / "keys", 0o700)
    world.start_paper()
    write_whole(world.folder / "state/paper_key", DEMO_KEY, 0o600)
    write_whole(world.folder / "state/paper_secret", DEMO_SECRET, 0o600)
    write_whole(world.config_file, _CONFIG.format(name=cango.DESK_NAME, url=world.url), 0o644)
    for name in (STAGER, *APPROVERS):
        key = generate_ed25519()
        write_whole(world.key_of(name), openssh_text(key).decode(), 0o600)
        people.add(world.config.settings.people.allowed_signers, name, key.public.text)
    for _ in found(world.config_file, is_demo=True, line=world.line):
        pass
    ledger = Ledger.open(world.config.settings.desk.database)
    try:
        with ledger.write(actor="demo", clock=world.clock) as tx:
            cango.seed_demo(tx, world.clock)
    finally:
        ledger.close()


def _knows_its_market(world: World) -> bool:
    ledger = Ledger.open(world.config.settings.desk.database)
    try:
        with ledger.read() as tx:
            return bool(live.quotes(tx)) and bool(live.balances(tx)) and markets.market(tx, "kraken") is not None
    finally:
        ledger.close()
