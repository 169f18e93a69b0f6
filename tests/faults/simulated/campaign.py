"""Runs seeds one after another on one loop and one database, in one process or several; says what they found."""

from __future__ import annotations

import asyncio
import gc
import logging
import multiprocessing
import re
import tempfile
from collections import Counter, deque
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice
from pathlib import Path

import structlog

from tests.faults.simulated.memo import remembering
from tests.faults.simulated.memory import FileLedger, MemoryLedger, template
from tests.faults.simulated.plan import plan
from tests.faults.simulated.timeline import SimulatedLoop
from tests.faults.simulated.world import Outcome, World

_AT_ONCE = 25
"""Seeds that a process is handed together."""
_FIGURES = re.compile(r"\d[\d.,:TZ+-]*")


def replay(seed: int) -> str:
    """What to type to see a seed again."""
    return f"python -m tests.faults.simulated --seeds 1 --from {seed}"


def run_seeds(seeds: Iterable[int]) -> Generator[Outcome, None, None]:
    """The outcome of each seed as it comes."""
    with tempfile.TemporaryDirectory(prefix="desk-simulated-") as made:
        folder = Path(made)
        new_desk = template(folder)
        memory = MemoryLedger(new_desk)
        loop = SimulatedLoop()
        asyncio.set_event_loop(loop)
        try:
            for seed in seeds:
                yield _run(seed, memory, new_desk, loop, folder)
        finally:
            asyncio.set_event_loop(None)
            loop.close()
            memory.close()


def run_in_processes(seeds: range, jobs: int) -> Generator[Outcome, None, None]:
    """The same, from several processes, in the order of the seeds. Whoever stops asking stops them."""
    blocks = iter([seeds[at : at + _AT_ONCE] for at in range(0, len(seeds), _AT_ONCE)])
    pool = ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), initializer=prepare)
    try:
        waiting: deque[Future[list[Outcome]]] = deque(pool.submit(_block, one) for one in islice(blocks, 2 * jobs))
        while waiting:
            yield from waiting.popleft().result()
            waiting += [pool.submit(_block, one) for one in islice(blocks, 1)]
    finally:
        pool.shutdown(cancel_futures=True)


def prepare(*, is_quiet: bool = True) -> None:
    """A process that does nothing else: what is loaded stays, what a world leaves behind is swept seldom."""
    if is_quiet:
        levels = structlog.make_filtering_bound_logger(logging.CRITICAL)
        structlog.configure(wrapper_class=levels, logger_factory=structlog.ReturnLoggerFactory())
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)


def _block(seeds: Iterable[int]) -> list[Outcome]:
    return list(run_seeds(seeds))


def _run(seed: int, memory: MemoryLedger, new_desk: Path, loop: SimulatedLoop, folder: Path) -> Outcome:
    drawn = plan(seed)
    if drawn.is_synced:
        file = FileLedger(new_desk, folder)
        try:
            return loop.run_until_complete(_to_the_end(World(drawn, file, loop, folder)))
        finally:
            file.close()
    memory.renew()
    with remembering():
        return loop.run_until_complete(_to_the_end(World(drawn, memory, loop, folder)))


async def _to_the_end(world: World) -> Outcome:
    """Runs a world and lets nothing of it run on into the next."""
    outcome = await world.run()
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
    return outcome


class Tally:
    """What a campaign saw, for its table."""

    def __init__(self) -> None:
        self.seeds = self.sales = self.sold = self.approved = self.calm = 0
        self.seen: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.failed: list[Outcome] = []

    def add(self, outcome: Outcome) -> None:
        self.seeds += 1
        self.calm += outcome.is_calm
        self.sold += outcome.sold
        self.approved += outcome.approved
        self.sales += outcome.sales
        self.seen += outcome.seen
        self.reasons.update(_FIGURES.sub("#", reason) for reason in outcome.reasons)
        if outcome.problems:
            self.failed.append(outcome)

    def table(self, took_s: float) -> Iterator[str]:
        share = 100 * self.sold / self.approved if self.approved else 0.0
        yield f"seeds            {self.seeds:>9,}   {self.seeds / took_s:.1f} a second"
        yield f"sales            {self.sales:>9,}   {self.sales / took_s:.1f} a second"
        yield f"sold             {share:>8.2f}%   of what was approved, halts and floors included"
        yield f"broken promises  {len(self.failed):>9,}   seeds"
        for what, number in sorted(self.seen.items()):
            yield f"  {what:<44} {number:>9,}"
        yield "sales that ended short:"
        for reason, number in self.reasons.most_common(25):
            yield f"  {number:>7,}  {reason[:140]}"
