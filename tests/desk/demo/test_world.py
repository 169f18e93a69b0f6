"""The whole thread with real processes: staged, signed, paused, resumed, sold, proven by the exchange's own file."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from desk.audit.verify import verify
from desk.cli import main
from desk.demo.agreement import compare
from desk.demo.world import World, running, stage_demo_sale
from desk.ledger import Ledger, orders
from desk.sale.lifecycle import SaleState

WITHIN_S = 60.0
CALM_EXCHANGE = ("tests.desk.demo.calm_exchange",)


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str


def run(*words: object) -> Said:
    """The command line in this process."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    try:
        with redirect_stdout(out), redirect_stderr(err):
            main([str(word) for word in words])
    except SystemExit as leave:
        code = leave.code if isinstance(leave.code, int) else 1
    return Said(code, out.getvalue(), err.getvalue())


def until(is_true: Callable[[], bool], what: str, within_s: float = WITHIN_S) -> None:
    give_up = time.monotonic() + within_s
    while not is_true():
        assert time.monotonic() < give_up, f"{what} did not come in {within_s:.0f} s"
        time.sleep(0.05)


@dataclass
class Story:
    """A world in which one sale was worked to its end, and what was seen on the way."""

    world: World
    sale: str
    seen: dict[str, Any]

    def desk(self, *words: object) -> Said:
        return run("--config", self.world.config_file, *words)

    def show(self) -> Any:
        return json.loads(self.desk("sale", "show", self.sale, "--json").out)

    def states(self) -> set[str]:
        return {order["state"] for order in self.show()["orders"]}

    def rests(self) -> bool:
        orders = self.show()["orders"]
        return any(one["type"] == "post-only" and one["state"] in ("open", "part-filled") for one in orders)

    def is_over(self) -> bool:
        return SaleState(self.show()["state"]).is_final


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """16 BTC in 18 desk minutes, so many seconds here: signed twice, paused with an order resting, resumed."""
    folder = tmp_path_factory.mktemp("world")
    with running(folder, speed=60, seed=7, paper_module=CALM_EXCHANGE) as world:
        staged = stage_demo_sale(world, btc="16", over=timedelta(minutes=18), slices=3)
        told = Story(world, staged.sale_id, {})
        approve = ("sale", "approve", told.sale, "--key")
        told.seen["approved"] = [told.desk(*approve, world.key_of(name)) for name in ("alice", "bob")]
        until(lambda: told.rests() or told.is_over(), "a resting order")
        told.seen["pause"] = told.desk("sale", "pause", told.sale, "--reason", "a look")
        until(lambda: not told.states() & {"sent", "open", "part-filled", "unknown"}, "the cancel of what rested")
        told.seen["paused"] = told.show()
        told.seen["resume"] = told.desk("sale", "resume", told.sale, "--key", world.key_of("bob"))
        until(told.is_over, "the end of the sale")
        daemon = world.processes["daemon"]
        daemon.send_signal(signal.SIGTERM)
        told.seen["daemon"] = daemon.wait(60)
        yield told


def trades(world: World) -> list[dict[str, str]]:
    return [line for line in map(json.loads, world.trade_file.read_text().splitlines()) if line["kind"] == "trade"]


@pytest.mark.slow
def test_two_people_sign_and_the_daemon_pauses_and_resumes(story):
    first, second = story.seen["approved"]
    assert (first.code, second.code) == (0, 0)
    assert "signed as bob; 2 of 2" in second.out
    assert story.seen["pause"].code == 0, story.seen["pause"].err
    assert story.seen["paused"]["state"] == "paused"
    assert story.seen["paused"]["open_btc"] == "0.00000000"
    assert "cancelled" in {order["state"] for order in story.seen["paused"]["orders"]}
    assert (story.seen["resume"].code, story.seen["resume"].out) == (0, "resumed by bob\n")


@pytest.mark.slow
def test_the_sale_is_sold_in_full_over_its_slices(story):
    sale = story.show()
    assert (sale["state"], sale["filled_btc"], sale["remaining_btc"]) == ("completed", "16.00000000", "0.00000000")
    assert sum(Decimal(one["filled_btc"]) for one in sale["slices"]) == 16
    assert sum(Decimal(one["planned_btc"]) for one in sale["slices"]) == 16
    assert {one["state"] for one in sale["slices"]} <= {"done", "missed"}
    assert [one["principal"] for one in sale["approvals"] if one["counts"]] == ["alice", "bob"]
    assert {order["state"] for order in sale["orders"]} <= {"filled", "cancelled", "expired", "refused"}


@pytest.mark.slow
def test_the_ledger_and_the_exchanges_own_file_agree_to_the_satoshi(story):
    """Read apart: the file with a JSON parser, the ledger through its documents; then the demo's own comparison."""
    fills = json.loads(story.desk("fills", "--json").out)
    theirs = {one["trade"]: one for one in trades(story.world)}
    assert sorted(theirs) == sorted(fill["trade_id"] for fill in fills)
    for fill in fills:
        trade = theirs[fill["trade_id"]]
        said = (trade["volume"], Decimal(trade["price"]), Decimal(trade["fee"]), trade["cl_ord_id"])
        assert said == (fill["btc"], Decimal(fill["price"]), Decimal(fill["fee"]), fill["client_order_id"])
    assert sum(Decimal(one["volume"]) for one in theirs.values()) == 16
    sale = story.show()
    assert Decimal(sale["proceeds"]) == sum(Decimal(one["cost"]) for one in theirs.values())
    assert Decimal(sale["fees"]) == sum(Decimal(one["fee"]) for one in theirs.values())
    ledger = Ledger.open(story.world.config.settings.desk.database, read_only=True)
    try:
        with ledger.read() as tx:
            assert compare(tx, story.world.trade_file).is_whole
            assert not orders.live(tx)
    finally:
        ledger.close()


@pytest.mark.slow
def test_every_order_at_the_exchange_is_an_order_on_record(story):
    lines = [json.loads(line) for line in story.world.trade_file.read_text().splitlines()]
    accepted = {line["cl_ord_id"] for line in lines if line["kind"] == "accepted"}
    on_record = {order["client_order_id"] for order in json.loads(story.desk("orders", "--json").out)}
    assert accepted
    assert accepted <= on_record


@pytest.mark.slow
def test_sigterm_ended_the_daemon_cleanly(story):
    assert story.seen["daemon"] == 0
    log = (story.world.folder / "daemon.log").read_text()
    assert "event=stopped" in log
    assert "Traceback" not in log


@pytest.mark.slow
def test_the_record_is_whole_and_anchored(story):
    audit = story.world.config.settings.audit
    report = verify(story.world.config.database_file, audit.checkpoints, audit.public_key)
    assert report.ok, report.lines
    assert report.anchored_seq == report.head.seq, "a clean end signs the last event"
    assert story.desk("audit", "verify").code == 0


@pytest.mark.slow
def test_the_demos_check_proves_it_and_a_deleted_line_of_the_exchanges_file_disproves_it(story):
    proven = run("demo", "--check", story.world.folder)
    assert (proven.code, proven.err) == (0, "")
    assert "ledger and exchange agree to the satoshi" in proven.out
    file: Path = story.world.trade_file
    whole = file.read_text()
    lines = whole.splitlines(keepends=True)
    first_trade = next(number for number, line in enumerate(lines) if '"kind":"trade"' in line)
    for gone in (0, first_trade, len(lines) - 1):
        file.write_text("".join(lines[:gone] + lines[gone + 1 :]))
        try:
            disproven = run("demo", "--check", story.world.folder)
        finally:
            file.write_text(whole)
        assert disproven.code == 1
        assert "ledger and exchange DIFFER" in disproven.out
        assert "the demo does not prove what it should" in disproven.err


def test_a_process_of_the_demo_ends_with_its_parent_however_that_dies():
    """A parent that starts a child of the demo is killed; nobody is left who could ask the child to end."""
    script = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-m', 'desk.demo.child', 'desk.paper', '--port', '0'],\n"
        "    stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)\n"
        "child.stdout.readline()\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(120)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert _is_running(child)
    parent.kill()
    parent.communicate()
    until(lambda: not _is_running(child), "the end of the child", within_s=18)  # a forced end would take 20


def test_a_process_of_the_demo_that_ends_by_itself_keeps_its_own_exit_code(tmp_path):
    command = [
        sys.executable,
        "-m",
        "desk.demo.child",
        "desk",
        "--config",
        str(tmp_path / "none.toml"),
        "sale",
        "list",
    ]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
    assert child.wait(60) == 1, child.communicate()
    _, said = child.communicate()
    assert b"none.toml: not found" in said


def _is_running(pid: int) -> bool:
    """Whether a process lives; one that ended and that nobody has waited for does not."""
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat")
        return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
