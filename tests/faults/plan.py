"""What is going to go wrong with one sale: drawn from a seed before anything starts, and so drawn again at will."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Moment(StrEnum):
    """What the killer waits for before it strikes, `delay_s` later."""

    SENT = "sent"
    """The newest order is committed as sent and its answer is not on record."""
    RESTING = "resting"
    CANCELLING = "cancelling"
    """A cancel is on record whose answer is not."""
    UNKNOWN = "unknown"
    STARTING = "starting"
    """The daemon was started a moment ago: it has not said that it is ready."""
    ANY = "any"


class Point(StrEnum):
    """A named point of the order path at which the daemon dies by its own hand (`victim`)."""

    EPOCH_TAKEN = "epoch taken"
    RECOVERY_BEGINS = "recovery begins"
    ONE_SETTLED = "one order settled in recovery"
    RECOVERED = "recovered"
    INTENT_UNCOMMITTED = "intent written, not committed"
    INTENT_COMMITTED = "intent committed"
    SENT_UNCOMMITTED = "sent written, not committed"
    SENT_COMMITTED = "sent committed"
    CREATE_UNDER_WAY = "create under way"
    CREATE_ANSWERED = "create answered"
    PLACED_RECORDED = "placed recorded"
    UNKNOWN_RECORDED = "unknown recorded"
    CANCEL_COMMITTED = "cancel committed"
    CANCEL_UNDER_WAY = "cancel under way"
    CANCEL_ANSWERED = "cancel answered"
    CANCEL_RECORDED = "cancel recorded"
    LOOKED_UP = "looked up"
    PROOF_RECORDED = "proof recorded"


STARTING_POINTS = (Point.EPOCH_TAKEN, Point.RECOVERY_BEGINS, Point.ONE_SETTLED, Point.RECOVERED)
_ONCE = (*STARTING_POINTS, Point.UNKNOWN_RECORDED)
_DELAYS_S = {
    Moment.SENT: 0.02,
    Moment.RESTING: 0.3,
    Moment.CANCELLING: 0.02,
    Moment.UNKNOWN: 3.0,
    Moment.STARTING: 2.5,
    Moment.ANY: 4.0,
}
_WEIGHTS = {
    Moment.SENT: 8,
    Moment.RESTING: 5,
    Moment.CANCELLING: 4,
    Moment.UNKNOWN: 2,
    Moment.STARTING: 2,
    Moment.ANY: 2,
}
_EVOKED_BY: Mapping[Moment | Point, Mapping[str, object]] = {
    Moment.UNKNOWN: {"kind": "drop-after", "endpoint": "AddOrder"},
    Point.UNKNOWN_RECORDED: {"kind": "truncate", "endpoint": "AddOrder"},
}
"""What makes a moment come that too few orders would meet by chance."""
_LONGEST_BOUND_S = 4.8
"""Just inside the venue's visibility delay of 5 s: a fault beyond it would be one the venue rules out."""


@dataclass(frozen=True, slots=True)
class Kill:
    """Wait for `at` for at most `patience_s`, strike `delay_s` later, start the daemon again after `outage_s`.

    At a point the daemon dies by itself, the `count`-th time it comes there. `evoked_by`: a fault inflicted first.
    """

    at: Moment | Point
    delay_s: float
    outage_s: float
    count: int = 1
    patience_s: float = 8.0
    evoked_by: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Mischief:
    """A fault for the exchange's control endpoint, `at_s` wall seconds after the last signature."""

    at_s: float
    command: dict[str, object]


@dataclass(frozen=True, slots=True)
class SalePlan:
    """One sale under attack. Wall seconds; The daemon's bounds are its own.

    `floor_below_bps`: how far below the price of the staging the signed floor is; None: only the policy's holds.
    """

    seed: int
    number: int
    btc: str
    window_s: int
    slices: int
    speed: int
    floor_below_bps: int | None
    fault_rate: float
    kills: tuple[Kill, ...]
    mischief: tuple[Mischief, ...]

    @property
    def over_s(self) -> int:
        """The window in desk seconds."""
        return self.window_s * self.speed

    @property
    def market_seed(self) -> int:
        return self.seed * 1_000 + self.number


def draw_plan(
    seed: int, number: int, *, kills: int, window_s: int, speed: int = 600, fault_rate: float = 0.04
) -> SalePlan:
    """The plan of the campaign's sale `number`: the same for the same arguments, whatever the machine does."""
    chance = random.Random(f"fault campaign {seed} sale {number}")
    slices, patience_s = max(4, window_s // 4), min(40.0, window_s / (kills + 1))
    return SalePlan(
        seed=seed,
        number=number,
        btc=f"{slices * chance.randint(6, 14)}.{chance.randint(0, 10**8 - 1):08d}",
        window_s=window_s,
        slices=slices,
        speed=speed,
        floor_below_bps=chance.choice((150, 400)) if chance.random() < 0.15 else None,
        fault_rate=fault_rate,
        kills=tuple(
            _kill(chance, patience_s, _point(seed, number * kills + nth), is_first=nth == 0) for nth in range(kills)
        ),
        mischief=tuple(sorted((_mischief(chance, window_s) for _ in range(3)), key=lambda one: one.at_s)),
    )


def _point(seed: int, nth: int) -> Point | None:
    """Every other kill of a campaign is at a named point, and none comes again before all of them have come."""
    if nth % 2:
        return None
    deal, place = divmod(nth // 2, len(Point))
    deck = list(Point)
    random.Random(f"fault campaign {seed} deal {deal}").shuffle(deck)
    return deck[place]


def _kill(chance: random.Random, patience_s: float, point: Point | None, *, is_first: bool) -> Kill:
    """At the named point, or at a random time; the first daemon has to come up before it is killed."""
    outage_s = round(chance.choice((0.0, 0.0, chance.uniform(0, 2.0))), 2)
    if point is not None and not (is_first and point in STARTING_POINTS):
        count = 1 if point in _ONCE else chance.randint(1, 3)
        return Kill(point, 0.0, outage_s, count, patience_s, _EVOKED_BY.get(point))
    moment = chance.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]
    delay_s = round(chance.uniform(0, _DELAYS_S[moment]), 4)
    return Kill(moment, delay_s, outage_s, 1, patience_s, _EVOKED_BY.get(moment))


def _mischief(chance: random.Random, window_s: int) -> Mischief:
    seconds = str(round(chance.uniform(0.2, _LONGEST_BOUND_S), 2))
    commands: tuple[dict[str, object], ...] = (
        {"kind": "delay", "endpoint": "AddOrder", "seconds": seconds},
        {"kind": "delay", "endpoint": "AddOrder", "seconds": "6"},  # arrives after its deadline
        {"kind": "delay", "endpoint": "CancelOrder", "seconds": seconds},
        {"kind": "delay-reply", "endpoint": "AddOrder", "seconds": seconds},
        {"kind": "hide", "endpoint": "AddOrder", "seconds": seconds, "count": 2},
        {"kind": "error", "endpoint": "AddOrder", "error": "EService:Busy", "accept": True},
        {"kind": "error", "endpoint": "CancelOrder", "error": "EOrder:Unknown order"},
        {"kind": "duplicate-reply", "endpoint": "AddOrder"},
        {"kind": "drop-after", "endpoint": "*", "count": 3},
        {"kind": "refuse", "seconds": "1.5"},
        {"kind": "ws-drop"},
        {"kind": "ws-freeze", "seconds": "7"},
        {"kind": "ws-checksum", "count": 3},
    )
    return Mischief(round(chance.uniform(1.0, window_s * 0.8), 2), chance.choice(commands))
