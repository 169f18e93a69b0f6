"""The daemon itself, dying at a named point of the order path: `tests.faults.victim --die-at POINT:N`, then its own.

The point is one instruction after which, or before which, the process is SIGKILLed by its own hand, the N-th time it
comes there. Nothing else of the daemon is changed.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from desk.cli import main
from desk.daemon import Daemon
from desk.execution.journal import Journal
from desk.execution.recovery import Recovery
from desk.ledger import transactions
from desk.venues.gateway import CcxtVenue
from tests.faults.plan import Point

Method = Callable[..., Any]


class Death:
    """Counts how often the point is reached, and ends the process without a word."""

    def __init__(self, point: Point, at: int) -> None:
        self._point, self._left = point, at

    def comes(self, point: Point) -> None:
        if point is not self._point:
            return
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def _around(owner: type, name: str, death: Death, before: Point | None, after: Point | None) -> None:
    """Makes a coroutine method pass the two points."""
    method: Method = getattr(owner, name)

    async def passing(self: Any, *arguments: Any, **named: Any) -> Any:
        if before is not None:
            death.comes(before)
        value = await method(self, *arguments, **named)
        if after is not None:
            death.comes(after)
        return value

    setattr(owner, name, passing)


def _on_the_wire(owner: type, name: str, death: Death, point: Point, after_s: float) -> None:
    """Dies while the request is under way: some milliseconds after it was handed over."""
    method: Method = getattr(owner, name)

    async def passing(self: Any, *arguments: Any, **named: Any) -> Any:
        timer = asyncio.get_running_loop().call_later(after_s, death.comes, point)
        try:
            return await method(self, *arguments, **named)
        finally:
            timer.cancel()

    setattr(owner, name, passing)


def _before_commit(death: Death) -> None:
    """Dies in the writing thread, the transaction's rows written and its event appended, just before COMMIT."""
    finish = transactions.WriteTx.finish
    kinds = {"order.intent": Point.INTENT_UNCOMMITTED, "order.sent": Point.SENT_UNCOMMITTED}
    append = transactions.WriteTx.event

    def event(self: Any, kind: str, *arguments: Any, **named: Any) -> int:
        seq = append(self, kind, *arguments, **named)
        self.__dict__.setdefault("kinds", []).append(kind)
        return seq

    def finished(self: Any) -> None:
        finish(self)
        self.session.flush()
        for kind in self.__dict__.get("kinds", []):
            if kind in kinds:
                death.comes(kinds[kind])

    transactions.WriteTx.event = event  # type: ignore[method-assign]
    transactions.WriteTx.finish = finished  # type: ignore[method-assign]


def arm(death: Death) -> None:
    """Puts every point in its place."""
    _before_commit(death)
    _on_the_wire(CcxtVenue, "create", death, Point.CREATE_UNDER_WAY, 0.002)
    _on_the_wire(CcxtVenue, "cancel", death, Point.CANCEL_UNDER_WAY, 0.002)
    for owner, name, before, after in (
        (Journal, "intent", None, Point.INTENT_COMMITTED),
        (Journal, "sent", None, Point.SENT_COMMITTED),
        (CcxtVenue, "create", None, Point.CREATE_ANSWERED),
        (Journal, "placed", None, Point.PLACED_RECORDED),
        (Journal, "unknown", None, Point.UNKNOWN_RECORDED),
        (Journal, "ask_cancel", None, Point.CANCEL_COMMITTED),
        (CcxtVenue, "cancel", None, Point.CANCEL_ANSWERED),
        (Journal, "cancel_answered", None, Point.CANCEL_RECORDED),
        (CcxtVenue, "look_up", None, Point.LOOKED_UP),
        (CcxtVenue, "look_up_many", None, Point.LOOKED_UP),
        (Journal, "proven", None, Point.PROOF_RECORDED),
        (Recovery, "run", Point.RECOVERY_BEGINS, Point.RECOVERED),
        (Recovery, "_settle", None, Point.ONE_SETTLED),
        (Daemon, "__aenter__", None, Point.EPOCH_TAKEN),
    ):
        _around(owner, name, death, before, after)


if __name__ == "__main__":
    place = sys.argv.index("--die-at")
    named, _, count = sys.argv[place + 1].partition(":")
    del sys.argv[place : place + 2]
    arm(Death(Point(named), int(count)))
    main(sys.argv[1:])
