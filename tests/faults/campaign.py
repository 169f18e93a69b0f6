"""Sales under attack: the real daemon on a real database file, the real paper exchange with faults on, SIGKILL.

Every sale is drawn from a seed (`plan`), attacked (`killing`, `exchange`), and judged from files alone (`judge`).
"""

from __future__ import annotations

import itertools
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from multiprocessing import get_context
from pathlib import Path

from desk.acts import signing
from desk.acts.staging import Asked, stage_sale
from desk.clock import micros
from desk.demo.world import APPROVERS, STAGER, World, running
from desk.ledger import Ledger
from tests.faults.causes import causes
from tests.faults.exchange import Mischiefs, ask, faults_done, open_orders
from tests.faults.judge import Signed, Verdict, judge, sats
from tests.faults.killing import DaemonDied, Struck, module_for, strike, wait_for
from tests.faults.ledger_file import LedgerFile, query
from tests.faults.plan import Kill, SalePlan, draw_plan

POLICY_FLOOR = "60000"
ROOT = Path(__file__).parents[2]
_SETTLES_WITHIN_S = 75.0
"""After the window: quarantine, two look-ups a visibility delay apart, the look-ups' own back-off, a restart."""
_BAD_WORDS = ("Traceback", "level=error", "level=critical")


@dataclass(slots=True)
class SaleRun:
    """One sale as it went."""

    plan: SalePlan
    verdict: Verdict
    kills: list[Struck] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    took_s: float = 0.0
    causes: str = ""

    @property
    def is_clean(self) -> bool:
        return self.verdict.is_clean


def run_sale(plan: SalePlan, folder: Path) -> SaleRun:
    """One sale from staging to verdict, in a new folder. What goes wrong is in the verdict."""
    began, run = time.monotonic(), SaleRun(plan, Verdict())
    folder.mkdir(parents=True)
    paper = ("tests.faults.witness", "--fault-rate", str(plan.fault_rate), "--fault-seed", str(plan.market_seed))
    daemon = module_for(plan.kills[0] if plan.kills else None)
    with running(folder, speed=plan.speed, seed=plan.market_seed, paper_module=paper, daemon_module=daemon) as world:
        sale_id, signed = signed_sale(world, plan)
        database = world.config.database_file
        with Mischiefs(world.url, plan.mischief) as mischief:
            problems = _attack(run, world, sale_id, database)
        with suppress(OSError):
            run.faults = faults_done(world.url) + mischief.done
            problems += [f"order {order} still rests at the exchange" for order in open_orders(world.url)]
        trade_file, config = world.trade_file, world.config_file
    problems += stumbles(folder / "daemon.log")
    run.verdict = judge(trade_file, database, sale_id, signed)
    problems += [problem for struck in run.kills for problem in struck.problems]
    run.verdict.problems += [*problems, *_unproven_record(config)]
    run.causes = causes(database, plan.speed)
    run.took_s = time.monotonic() - began
    return run


def run_campaign(
    kills: int,
    seed: int,
    folder: Path,
    *,
    kills_per_sale: int = 5,
    window_s: int = 45,
    fault_rate: float = 0.04,
    first: int = 0,
    jobs: int = 1,
    told: Callable[[SaleRun], None] = lambda _: None,
) -> list[SaleRun]:
    """Sales until `kills` daemons were killed; `first` is the number of the first sale, to run one of them again."""
    runs: list[SaleRun] = []
    numbers, under_way = itertools.count(first), dict[Future[SaleRun], SalePlan]()
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as workers:  # making a ledger is not for threads
        while True:
            left = kills - sum(len(run.kills) for run in runs) - sum(len(plan.kills) for plan in under_way.values())
            if left > 0 and len(under_way) < jobs:
                number, mine = next(numbers), min(kills_per_sale, left)
                plan = draw_plan(seed, number, kills=mine, window_s=window_s, fault_rate=fault_rate)
                under_way[workers.submit(run_sale, plan, folder / f"sale-{seed}-{number}")] = plan
                continue
            if not under_way:
                return sorted(runs, key=lambda run: run.plan.number)
            for done in wait(under_way, return_when=FIRST_COMPLETED).done:
                runs.append(_outcome(done, under_way.pop(done)))
                told(runs[-1])


def _outcome(done: Future[SaleRun], plan: SalePlan) -> SaleRun:
    """What a worker brought; one that failed itself has not shown that anything holds."""
    problem = done.exception()
    if problem is None:
        return done.result()
    return SaleRun(plan, Verdict([f"the attack itself failed: {type(problem).__name__}: {problem}"]))


def signed_sale(world: World, plan: SalePlan) -> tuple[str, Signed]:
    """Staged and signed by both; what was asked for is what the verdict is held against."""
    over = timedelta(seconds=plan.over_s)
    floor = _floor(world, plan)
    asked = Asked(btc=plan.btc, opens=None, over=over, slices=plan.slices, seed=plan.market_seed, floor=floor)
    ledger = Ledger.open(world.config.settings.desk.database)
    try:
        staged = stage_sale(world.config, ledger, world.clock, asked, key_file=world.key_of(STAGER))
        for name in APPROVERS:
            signed_us = micros(world.clock.now())
            signing.approve(world.config, ledger, world.clock, staged.sale_id, key_file=world.key_of(name))
    finally:
        ledger.close()
    return staged.sale_id, Signed(sats(plan.btc), Decimal(floor), plan.over_s * 1_000_000, signed_us)


def _floor(world: World, plan: SalePlan) -> str:
    """The policy's floor, or one so near the price of now that the market may fall through it."""
    if plan.floor_below_bps is None:
        return POLICY_FLOOR
    (quote,) = query(world.config.database_file, "SELECT bid FROM live_quotes")
    bid = min(Decimal(quote["bid"]), Decimal(str(ask(world.url, "state")["bid"])))
    return str((bid * (10_000 - plan.floor_below_bps) / 10_000).quantize(Decimal(1)))


def _attack(run: SaleRun, world: World, sale_id: str, database: Path) -> list[str]:
    """Kills and restarts until the plan is used up or the sale is final; then waits for its end."""
    give_up = time.monotonic() + run.plan.window_s + _SETTLES_WITHIN_S
    ledger, last_epoch = LedgerFile(database), 0
    try:
        for number, kill in enumerate(run.plan.kills):
            daemon = world.processes["daemon"]
            if kill.evoked_by is not None:
                with suppress(OSError):  # an earlier fault keeps the port closed
                    ask(world.url, "faults", kill.evoked_by)
            came = wait_for(kill, ledger, sale_id, daemon, last_epoch)
            if came is None:
                return []
            run.kills.append(strike(came, daemon, database, world.trade_file, world.folder / f"killed-{number}"))
            last_epoch = run.kills[-1].epoch
            time.sleep(kill.outage_s)
            _restart(world, run.plan.kills[number + 1] if number + 1 < len(run.plan.kills) else None)
        while time.monotonic() < give_up:
            last = ledger.peek(sale_id)
            if last is not None and last.is_final:
                return []
            if (code := world.processes["daemon"].poll()) is not None:
                return [f"the daemon ended by itself with {code}"]
            time.sleep(0.05)
        return ["the sale did not end in time"]
    except DaemonDied as problem:
        return [str(problem)]
    finally:
        ledger.close()


def _restart(world: World, next_kill: Kill | None) -> None:
    dead = world.processes["daemon"]
    if dead.stdin is not None:
        dead.stdin.close()
    world.daemon_module = module_for(next_kill)
    world.start_daemon()


def stumbles(log: Path) -> list[str]:
    """A daemon that stumbles says so; a stumble that went well is still one."""
    return [
        f"daemon.log: {line[:300]}"
        for line in log.read_text(encoding="utf-8", errors="replace").splitlines()
        if any(words in line for words in _BAD_WORDS)
    ][:5]


def _unproven_record(config: Path) -> list[str]:
    """What `desk audit verify` says against the chain and its checkpoints."""
    command = [sys.executable, "-m", "desk", "--config", str(config), "audit", "verify"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=ROOT, check=False)
    return [] if done.returncode == 0 else [f"audit: {(done.stdout + done.stderr).strip()[-500:]}"]
