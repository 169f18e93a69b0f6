"""A whole desk whose sale has an order resting on the book: what halts, stops and long outages are tried on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess, Popen

from desk.clock import from_micros
from desk.demo.world import World, running
from tests.faults.campaign import ROOT, signed_sale, stumbles
from tests.faults.exchange import Line, ask, open_orders, whole_lines
from tests.faults.judge import Signed, agreement
from tests.faults.ledger_file import LIVE, LedgerFile, Rows, is_locked, order_states, query
from tests.faults.plan import SalePlan

SPEED, WINDOW_S, SLICES = 10, 120, 48
"""More is due all the time than the market takes, so something rests and every few seconds another order follows."""
WITNESS = ("tests.faults.witness",)


@dataclass(slots=True)
class RestingDesk:
    """Paper exchange and daemon as processes; `sale_id` is at work, signed as `signed` says."""

    world: World
    sale_id: str
    signed: Signed

    @property
    def daemon(self) -> Popen[bytes]:
        return self.world.processes["daemon"]

    @property
    def database(self) -> Path:
        return self.world.config.database_file

    def accepted(self) -> list[Line]:
        """The orders the exchange ever took, by its own file."""
        return [line for line in whole_lines(self.world.trade_file) if line["kind"] == "accepted"]

    def resting(self) -> list[str]:
        return open_orders(self.world.url)

    def asked(self, *endpoints: str) -> int:
        """How many requests of these kinds the exchange let in so far."""
        return sum(seen["endpoint"] in endpoints for seen in ask(self.world.url, "requests"))

    def run(self, *arguments: str, within_s: float = 90.0) -> CompletedProcess[str]:
        """A desk command as a process of its own."""
        command = [sys.executable, "-m", "desk", "--config", str(self.world.config_file), *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=within_s, cwd=ROOT, check=False)

    def stop_in_its_tracks(self) -> None:
        """SIGSTOP, at a moment at which it holds no lock of the database: that is another test."""
        until(self._stopped_quietly, "a quiet moment")

    def stop_with_the_database(self) -> None:
        """SIGSTOP in the middle of a transaction: it keeps the database's lock."""
        until(self._stopped_inside, "a moment inside a transaction", 60)

    def go_on(self) -> None:
        os.kill(self.daemon.pid, signal.SIGCONT)

    def kill(self) -> None:
        self.daemon.kill()
        self.daemon.wait()

    def restart(self) -> None:
        if self.daemon.stdin is not None:
            self.daemon.stdin.close()
        self.world.start_daemon()

    def closes_in_s(self) -> float:
        """Wall seconds until the sale's window ends; negative after it."""
        (sale,) = query(self.database, "SELECT closes FROM sales WHERE id = ?", (self.sale_id,))
        clock = self.world.clock
        return float((from_micros(sale["closes"]) - clock.now()).total_seconds() / clock.speed)

    def live_on_record(self) -> list[str]:
        return [cid for cid, state in order_states(self.database).items() if state in LIVE]

    def is_at_work(self) -> bool:
        """Whether the daemon that was started last has looked for work: it beats, under its own number."""
        rows = query(self.database, "SELECT note FROM live_heartbeat WHERE pid = ?", (self.daemon.pid,))
        return bool(rows) and rows[0]["note"] == "working"

    def sale_state(self) -> str:
        return str(query(self.database, "SELECT state FROM sales WHERE id = ?", (self.sale_id,))[0]["state"])

    def differences(self) -> list[str]:
        """Where ledger and exchange do not agree to the satoshi, and whatever the daemon stumbled over."""
        found = list(agreement(whole_lines(self.world.trade_file), self.database, self.sale_id))
        return found + stumbles(self.world.folder / "daemon.log")

    def events_after(self, seq: int) -> Rows:
        return query(self.database, "SELECT * FROM events WHERE seq > ? ORDER BY seq", (seq,))

    def last_event(self) -> int:
        return int(query(self.database, "SELECT max(seq) AS seq FROM events")[0]["seq"])

    def _stop(self) -> None:
        os.kill(self.daemon.pid, signal.SIGSTOP)
        os.waitpid(self.daemon.pid, os.WUNTRACED)  # until every thread of it stands

    def _stopped_inside(self) -> bool:
        self._stop()
        if is_locked(self.database) and self.resting():
            return True
        os.kill(self.daemon.pid, signal.SIGCONT)
        return False

    def _stopped_quietly(self) -> bool:
        self._stop()
        if not is_locked(self.database):
            return True
        os.kill(self.daemon.pid, signal.SIGCONT)
        return False


def until(is_true: Callable[[], bool], what: str, within_s: float = 30.0) -> None:
    """Asks until it is so. Fails when it takes too long."""
    give_up = time.monotonic() + within_s
    while not is_true():
        assert time.monotonic() < give_up, f"{what} did not come within {within_s:.0f} s"
        time.sleep(0.02)


@contextmanager
def resting_desk(
    folder: Path,
    *,
    window_s: int = WINDOW_S,
    speed: int = SPEED,
    btc: str = "480",
    slices: int = SLICES,
    paper_module: tuple[str, ...] = WITNESS,
) -> Iterator[RestingDesk]:
    """Yields once an order of the sale rests, on record and at the exchange."""
    folder.mkdir()
    plan = SalePlan(7, 0, btc, window_s, slices, speed, None, 0.0, (), ())
    with running(folder, speed=speed, seed=7, paper_module=paper_module) as world:
        sale_id, signed = signed_sale(world, plan)
        desk = RestingDesk(world, sale_id, signed)
        ledger = LedgerFile(desk.database)
        try:

            def rests() -> bool:
                peek = ledger.peek(sale_id)
                return peek is not None and peek.order_state in {"open", "part-filled"} and bool(desk.resting())

            until(rests, "a resting order")
        finally:
            ledger.close()
        try:
            yield desk
        finally:
            if desk.daemon.poll() is None:
                desk.go_on()  # a stopped process cannot end
