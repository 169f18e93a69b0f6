"""The daemon's feeds: asked at their own pace, shown when they fail, and never in anybody's way."""

from __future__ import annotations

import pytest

from desk.clock import Clock
from desk.duty.pools import FeedWatch
from desk.feeds.wire import FeedRefused, FeedUnavailable
from desk.ledger import LedgerThread
from desk.ledger.feeds import feed_status

NAME = "pool:north"


@pytest.fixture
def watched(world):
    """A watch over a scripted feed: what each pull does, and how often it was pulled."""

    def make(*outcomes: str | Exception, every_s: float = 3600.0):
        left = list(outcomes)
        pulls: list[float] = []

        async def pull(ledger: LedgerThread, clock: Clock) -> str:
            pulls.append(clock.monotonic())
            outcome = left.pop(0) if len(left) > 1 else left[0]
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        thread = LedgerThread(world.ledger, world.clock)
        threads.append(thread)
        return FeedWatch(NAME, every_s, pull, thread, world.clock), pulls

    threads: list[LedgerThread] = []
    yield make
    for thread in threads:
        thread.close()


async def ticked(watch: FeedWatch, world, seconds: float) -> None:
    """Time passes in steps of five seconds, with a look at each."""
    for _ in range(int(seconds // 5)):
        await watch.tick()
        world.clock.advance(5)


def status(world):
    with world.ledger.read() as tx:
        return feed_status(tx)[NAME]


async def test_a_feed_is_asked_at_once_and_then_at_its_own_pace(world, watched):
    watch, pulls = watched("done")
    await ticked(watch, world, 3 * 3600)
    assert pulls == [0, 3600, 7200]
    assert status(world).error == ""


async def test_what_went_wrong_is_shown_and_asked_again_sooner(world, watched):
    watch, pulls = watched("done", FeedUnavailable("north cannot be reached"), "done")
    await ticked(watch, world, 3605)
    answered = status(world).answered
    assert (status(world).error, status(world).asked > answered) == ("north cannot be reached", True)
    await ticked(watch, world, 605)
    assert pulls == [0, 3600, 4200]
    assert (status(world).error, status(world).answered > answered) == ("", True)


async def test_whoever_asks_for_a_pause_gets_it_but_no_more_than_a_day(world, watched):
    watch, pulls = watched(
        FeedUnavailable("north asks to wait", 7200), FeedUnavailable("north asks to wait", 1e9), "done"
    )
    await ticked(watch, world, 7200)
    assert pulls == [0]
    await ticked(watch, world, 3600)
    world.clock.advance(86_400)
    await watch.tick()
    assert pulls == [0, 7200, 7200 + 3600 + 86_400]


@pytest.mark.parametrize("problem", [FeedRefused("no such answer"), FeedUnavailable("nobody there")])
async def test_a_failure_out_there_is_never_raised(world, watched, problem):
    watch, _ = watched(problem)
    await watch.tick()
    assert status(world).error == str(problem)


async def test_a_quicker_pace_is_kept_also_after_a_failure(world, watched):
    watch, pulls = watched(FeedUnavailable("nobody there"), every_s=60)
    await ticked(watch, world, 180)
    assert pulls == [0, 60, 120]
