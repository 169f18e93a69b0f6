"""Sales in worlds that misbehave by seed, judged by the exchanges' own books; a failing seed says how it replays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import astuple

import pytest

from tests.faults.simulated.campaign import Tally, replay, run_seeds
from tests.faults.simulated.memo import READS
from tests.faults.simulated.plan import plan

FEW = range(12)
MANY = range(100, 280)
"""Some 300 sales."""


def hold(seeds: Iterable[int]) -> Tally:
    tally = Tally()
    for outcome in run_seeds(seeds):
        tally.add(outcome)
        assert not outcome.problems, "\n".join([replay(outcome.seed), *outcome.problems])
    return tally


def test_a_few_worlds_keep_every_promise() -> None:
    assert hold(FEW).seen["trades"] > 0


@pytest.mark.slow
def test_three_hundred_sales_keep_every_promise_and_meet_every_fault() -> None:
    tally = hold(MANY)
    assert tally.sales >= 300
    assert tally.sold > tally.approved // 2
    met = Counter({what.partition(" ")[0]: number for what, number in tally.seen.items()})
    assert met.keys() >= {"died", "overtaken", "fenced", "pause", "resume", "halt", "rearm", "cancel", "unsigned"}


def test_a_seed_is_the_same_world_every_time() -> None:
    seeds = [seed for seed in range(100, 140) if plan(seed).deaths and len(plan(seed).sales) > 1][:3]
    first, second = ([astuple(outcome) for outcome in run_seeds(seeds)] for _ in range(2))
    assert first == second


def test_what_is_remembered_of_the_ledger_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    remembered = [astuple(outcome) for outcome in run_seeds(range(101, 106))]
    monkeypatch.setattr("tests.faults.simulated.memo.READS", {module: {} for module in READS})
    assert [astuple(outcome) for outcome in run_seeds(range(101, 106))] == remembered
