"""Runs seeds one after another on one loop and one database, and says what they found."""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.faults.simulated.memo import remembering
from tests.faults.simulated.memory import FileLedger, MemoryLedger, template
from tests.faults.simulated.plan import plan
from tests.faults.simulated.timeline import SimulatedLoop
from tests.faults.simulated.world import Outcome, World

_FIGURES = re.compile(r"\d[\d.,:TZ+-]*")


def replay(seed: int) -> str:
    """What to type to see a seed again."""
    return f"python -m tests.faults.simulated --seeds 1 --from {seed}"


def run_seeds(seeds: Iterable[int]) -> Iterator[Outcome]:
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
