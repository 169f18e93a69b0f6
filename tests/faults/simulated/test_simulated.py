"""Sales in worlds that misbehave by seed, judged by the exchanges' own books; a failing seed says how it replays."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from dataclasses import astuple

import pytest
import structlog

from tests.faults.simulated.campaign import Tally, prepare, replay, run_seeds
from tests.faults.simulated.memo import READS
from tests.faults.simulated.plan import KINDS, plan

FEW = range(12)
MANY = range(100, 400)
TOGETHER = 25
PARTS = [MANY[at : at + TOGETHER] for at in range(0, len(MANY), TOGETHER)]
"""Apart, so that every core takes some."""


@pytest.fixture(autouse=True)
def undisturbed() -> Iterator[None]:
    """Without a log that nobody reads, and with memory swept seldom: a third less time."""
    configured, thresholds = structlog.get_config(), gc.get_threshold()
    prepare()
    yield
    structlog.configure(**configured)
    gc.set_threshold(*thresholds)
    gc.unfreeze()


def hold(seeds: Iterable[int]) -> Tally:
    tally = Tally()
    for outcome in run_seeds(seeds):
        tally.add(outcome)
        assert not outcome.problems, "\n".join([replay(outcome.seed), *outcome.problems])
    return tally


def test_a_few_worlds_keep_every_promise() -> None:
    assert hold(FEW).seen["trades"] > 0


@pytest.mark.slow
@pytest.mark.parametrize("part", PARTS, ids=[f"{part[0]}-{part[-1]}" for part in PARTS])
def test_every_world_keeps_every_promise(part: range) -> None:
    tally = hold(part)
    assert tally.sold > tally.approved // 3
    assert {what.partition(" ")[0] for what in tally.seen} >= {"sent", "trades", "died", "fault:"}


def test_three_hundred_worlds_have_everything_in_them_that_can_go_wrong() -> None:
    drawn = [plan(seed) for seed in MANY]
    kinds = {(act.kind, act.is_signed) for one in drawn for act in one.acts}
    signed = ("pause", "resume", "cancel", "halt", "halt by file", "halt by command", "rearm", "revoke")
    assert kinds >= {("resume", False), ("rearm", False), *((kind, True) for kind in signed)}
    assert {weather.kind for one in drawn for venue in one.venues for weather in venue.weather} == set(KINDS)
    for what in ("deaths", "stalls", "overtakings", "skew_s", "corrections", "yields", "busy"):
        assert sum(bool(getattr(one, what)) for one in drawn) > 10, what
    assert len(drawn) == 300
    assert sum(len(one.sales) for one in drawn) > 300


def test_a_seed_is_the_same_world_every_time() -> None:
    seeds = [seed for seed in range(100, 140) if plan(seed).deaths and len(plan(seed).sales) > 1][:3]
    first, second = ([astuple(outcome) for outcome in run_seeds(seeds)] for _ in range(2))
    assert first == second


def test_what_is_remembered_of_the_ledger_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    remembered = [astuple(outcome) for outcome in run_seeds(range(101, 106))]
    monkeypatch.setattr("tests.faults.simulated.memo.READS", {module: {} for module in READS})
    assert [astuple(outcome) for outcome in run_seeds(range(101, 106))] == remembered
