"""Misbehaviour on command: what goes wrong with which request, how often, and by a seed when nobody says when.

Pure: it decides; the server carries it out. Seconds are wall seconds.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

ANY = "*"


class FaultKind(StrEnum):
    """What can go wrong. `accept` of a Fault says whether the exchange acts on the request before it goes wrong."""

    REFUSE = "refuse"
    """The port is closed for `seconds`: connections are refused. Takes effect at once, whatever the endpoint."""
    DROP_BEFORE = "drop-before"
    """The connection closes without a reply; nothing was done."""
    DROP_AFTER = "drop-after"
    """The request is acted on; the connection closes without a reply."""
    TRUNCATE = "truncate"
    """The reply stops half-way through its body."""
    BAD_GATEWAY = "502"
    """A proxy's HTML page with status 502."""
    HTML = "html"
    """A proxy's HTML page with status 200."""
    DELAY = "delay"
    """The request arrives `seconds` late: a deadline may have passed."""
    DELAY_REPLY = "delay-reply"
    """The request is acted on in time; its reply comes `seconds` late."""
    HIDE = "hide"
    """The orders accepted by these requests, and their trades, are not shown for `seconds` by the look-ups named."""
    ERROR = "error"
    """Kraken's JSON with `error`, instead of the answer."""
    DUPLICATE_REPLY = "duplicate-reply"
    """The same reply is sent twice on the connection."""
    WS_DROP = "ws-drop"
    """Every open stream is closed. Takes effect at once."""
    WS_FREEZE = "ws-freeze"
    """Streams stay open but say nothing, not even a heartbeat, for `seconds`. Takes effect at once."""
    WS_CHECKSUM = "ws-checksum"
    """The next `count` book updates carry a wrong checksum."""


_ACTS = frozenset(
    {
        FaultKind.DROP_AFTER,
        FaultKind.TRUNCATE,
        FaultKind.BAD_GATEWAY,
        FaultKind.HTML,
        FaultKind.DELAY,
        FaultKind.DELAY_REPLY,
        FaultKind.HIDE,
        FaultKind.DUPLICATE_REPLY,
    }
)
AT_ONCE = frozenset({FaultKind.REFUSE, FaultKind.WS_DROP, FaultKind.WS_FREEZE})
LOOK_UPS = frozenset({"OpenOrders", "ClosedOrders", "QueryOrders", "TradesHistory"})


class FaultRefused(ValueError):
    """A fault nobody could carry out; the message says which part is wrong."""


class Mode(StrEnum):
    """What the exchange as a whole is doing, as SystemStatus says it."""

    ONLINE = "online"
    MAINTENANCE = "maintenance"
    CANCEL_ONLY = "cancel_only"
    POST_ONLY = "post_only"


@dataclass(frozen=True, slots=True)
class Fault:
    """The next `count` requests to `endpoint` go wrong like this.

    `accept` None means the kind's own habit: drop-before and error do nothing of what was asked, the others do it.
    `look_ups` is for `hide` only.
    """

    kind: FaultKind
    endpoint: str = "AddOrder"
    count: int = 1
    seconds: Decimal = Decimal(0)
    error: str = "EGeneral:Internal error"
    accept: bool | None = None
    look_ups: frozenset[str] = LOOK_UPS

    def __post_init__(self) -> None:
        if self.count < 1 or not 0 <= self.seconds <= 3_600:
            raise FaultRefused("a fault needs a count of at least 1 and between 0 and 3600 seconds")
        if not self.look_ups <= LOOK_UPS:
            raise FaultRefused(f"look-ups are {', '.join(sorted(LOOK_UPS))}")

    @property
    def acts(self) -> bool:
        """Whether the exchange does what was asked before things go wrong."""
        return self.kind in _ACTS if self.accept is None else self.accept


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """Faults nobody asked for one by one: each request to `endpoints` fails with probability `rate`, by `seed`."""

    seed: int
    rate: float
    kinds: tuple[FaultKind, ...] = (
        FaultKind.DROP_BEFORE,
        FaultKind.DROP_AFTER,
        FaultKind.TRUNCATE,
        FaultKind.BAD_GATEWAY,
        FaultKind.HTML,
        FaultKind.DELAY_REPLY,
        FaultKind.HIDE,
    )
    endpoints: frozenset[str] = frozenset({"AddOrder", "CancelOrder", *LOOK_UPS})
    seconds: Decimal = Decimal("0.5")


class Faults:
    """What is going to go wrong, in the order it was asked for."""

    def __init__(self, plan: FaultPlan | None = None) -> None:
        self.mode = Mode.ONLINE
        self.pending: list[Fault] = []
        self.done: list[tuple[str, Fault]] = []
        self._plan = plan
        self._random = random.Random(f"paper faults {plan.seed}") if plan else None

    def add(self, fault: Fault) -> None:
        self.pending.append(fault)

    def clear(self) -> None:
        """Nothing goes wrong any more, planned faults included."""
        self.pending.clear()
        self.mode = Mode.ONLINE
        self._plan = None

    def take(self, endpoint: str) -> Fault | None:
        """What goes wrong with this request, if anything; it is used up."""
        for place, fault in enumerate(self.pending):
            if fault.endpoint in {endpoint, ANY} and fault.kind is not FaultKind.WS_CHECKSUM:
                return self._use(place, endpoint)
        return self._draw(endpoint)

    def take_checksum(self) -> bool:
        """Whether the next book update lies about its checksum."""
        for place, fault in enumerate(self.pending):
            if fault.kind is FaultKind.WS_CHECKSUM:
                self._use(place, "book")
                return True
        return False

    def _use(self, place: int, endpoint: str) -> Fault:
        fault = self.pending[place]
        if fault.count == 1:
            del self.pending[place]
        else:
            self.pending[place] = replace(fault, count=fault.count - 1)
        self.done.append((endpoint, fault))
        return fault

    def _draw(self, endpoint: str) -> Fault | None:
        plan = self._plan
        if plan is None or self._random is None or endpoint not in plan.endpoints:
            return None
        if self._random.random() >= plan.rate:
            return None
        kind = self._random.choice(plan.kinds)
        fault = Fault(kind, endpoint, seconds=plan.seconds)
        self.done.append((endpoint, fault))
        return fault
