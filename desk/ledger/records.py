"""What the ledger hands out that belongs to no other room: who is in charge, and what is true now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from desk.canonical import Json
from desk.clock import DeskTime
from desk.ledger.tables_control import CommandState
from desk.units import Money, Price, Sats


@dataclass(frozen=True, slots=True)
class Desk:
    """Which desk this is, and how its time runs."""

    desk_id: str
    is_demo: bool
    line: DeskTime


@dataclass(frozen=True, slots=True)
class Command:
    id: int
    kind: str
    sale_id: str | None
    actor: str
    reason: str
    detail: Mapping[str, Json]
    issued: datetime
    state: CommandState
    applied: datetime | None
    outcome: str


@dataclass(frozen=True, slots=True)
class Halt:
    """One halt; `lifted` None while it stands."""

    id: int
    reason: str
    actor: str
    halted: datetime
    lifted: datetime | None
    request_id: str | None


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """A two-person act: everyone signs `body`, the raw bytes of a `desk.permission.requests.Request`.

    `head_seq` is the event head it was opened over; `outcome` None while it is open.
    """

    id: str
    kind: str
    subject: str
    nonce: str
    body: bytes
    opener: str
    head_seq: int
    opened: datetime
    expires: datetime
    closed: datetime | None
    outcome: str | None


@dataclass(frozen=True, slots=True)
class AcceptedPolicy:
    number: int
    digest: str
    document: bytes
    request_id: str | None
    accepted: datetime


@dataclass(frozen=True, slots=True)
class Alarm:
    id: int
    kind: str
    subject: str
    text: str
    raised: datetime
    cleared: datetime | None
    cleared_by: str | None


@dataclass(frozen=True, slots=True)
class Cancel:
    """One wish to cancel; `outcome` None until the venue answered or evidence settled it."""

    id: int
    client_order_id: str
    reason: str
    asked: datetime
    outcome: str | None
    settled: datetime | None


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The daemon's latest sign of life, in wall time."""

    pid: int
    epoch: int
    wall: datetime
    note: str


@dataclass(frozen=True, slots=True)
class Quote:
    venue: str
    bid: Price
    ask: Price
    wall: datetime
    desk: datetime


@dataclass(frozen=True, slots=True)
class LiveBook:
    """Levels are (price, satoshis), best first."""

    venue: str
    bids: tuple[tuple[Price, Sats], ...]
    asks: tuple[tuple[Price, Sats], ...]
    wall: datetime


@dataclass(frozen=True, slots=True)
class Balance:
    """What the venue says the account holds, in whole units of the currency."""

    venue: str
    currency: str
    total: Decimal
    free: Decimal
    wall: datetime


@dataclass(frozen=True, slots=True)
class VenueStatus:
    venue: str
    is_reachable: bool
    error: str
    wall: datetime


class Sold(NamedTuple):
    """An amount of coins and what they brought or would bring, in the quote currency."""

    quantity: Sats
    money: Money
