"""Turns: who goes first, who is held back, and that nobody is forgotten."""

from __future__ import annotations

import asyncio

import pytest

from desk.venues.queue import Priority, RequestQueue


async def ask(queue: RequestQueue, priority: Priority, log: list[str], name: str) -> None:
    async with queue.turn(priority) as turn:
        log.append(name)
        await asyncio.sleep(0)
        turn.sent()


async def test_who_waits_goes_by_priority_then_by_age() -> None:
    queue, log = RequestQueue(patience_s=None), []
    async with queue.turn(Priority.READ):
        waiting = [
            asyncio.create_task(ask(queue, priority, log, name))
            for name, priority in [
                ("read", Priority.READ),
                ("create 1", Priority.CREATE),
                ("look-up", Priority.LOOK_UP),
                ("create 2", Priority.CREATE),
                ("cancel", Priority.CANCEL),
                ("halt", Priority.HALT),
            ]
        ]
        await asyncio.sleep(0)
    await asyncio.gather(*waiting)
    assert log == ["halt", "cancel", "look-up", "create 1", "create 2", "read"]


async def test_a_full_lane_holds_up_only_itself() -> None:
    queue, log = RequestQueue({Priority.CREATE: 1, Priority.CANCEL: 1}), []
    async with queue.turn(Priority.CREATE) as hung:
        hung.sent()
        waiting = asyncio.create_task(ask(queue, Priority.CREATE, log, "create"))
        await asyncio.sleep(0)
        await ask(queue, Priority.CANCEL, log, "cancel")
        assert log == ["cancel"]
        assert not waiting.done()
    await waiting
    assert log == ["cancel", "create"]


async def test_a_request_that_does_not_leave_is_overtaken() -> None:
    queue, log = RequestQueue(patience_s=0.01), []
    async with queue.turn(Priority.CREATE):
        async with asyncio.timeout(30):
            await ask(queue, Priority.CANCEL, log, "cancel")
    assert log == ["cancel"]


async def test_whoever_gives_up_waiting_leaves_no_trace() -> None:
    queue, log = RequestQueue({Priority.CREATE: 1}, patience_s=None), []
    async with queue.turn(Priority.CREATE):
        gone = [asyncio.create_task(ask(queue, Priority.CREATE, log, "gone")) for _ in range(3)]
        await asyncio.sleep(0)
        for task in gone:
            task.cancel()
        await asyncio.gather(*gone, return_exceptions=True)
    async with asyncio.timeout(30):
        await ask(queue, Priority.CREATE, log, "next")
    assert log == ["next"]


async def test_a_turn_granted_to_a_task_that_is_cancelled_is_given_back() -> None:
    queue, log = RequestQueue({Priority.CREATE: 1}, patience_s=None), []
    first = queue.turn(Priority.CREATE)
    await first.__aenter__()
    waiting = asyncio.create_task(ask(queue, Priority.CREATE, log, "cancelled"))
    await asyncio.sleep(0)
    await first.__aexit__(None, None, None)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    async with asyncio.timeout(30):
        await ask(queue, Priority.CREATE, log, "next")
    assert log == ["next"]
