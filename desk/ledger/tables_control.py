"""Tables of who is in charge: the desk itself, policies, requests, epochs, commands, halts, alarms and the events."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index

from desk.ledger.tables import Row
from desk.ledger.types import Choice, Flag, Moment, Whole, Words, check, column, known, strict


class CommandState(StrEnum):
    PENDING = "pending"
    APPLIED = "applied"
    REFUSED = "refused"


class DeskTableRow(Row, table=True):
    """Which desk this is, and its one line of desk time. Written once; the genesis event carries it."""

    __tablename__ = "desk"
    __table_args__ = strict(
        check("desk_is_one", "id = 1"),
        check("desk_demo_is_flag", "is_demo IN (0, 1)"),
        check("desk_time_runs_fast_only_in_demos", "speed = 1 OR (is_demo = 1 AND speed > 0)"),
        immutable=True,
    )

    id: int = column(Whole(), key=True)
    desk_id: str = column(Words())
    is_demo: bool = column(Flag())
    wall0: datetime = column(Moment())
    desk0: datetime = column(Moment())
    speed: int = column(Whole())
    made: datetime = column(Moment())


class PolicyRow(Row, table=True):
    """One accepted policy, as the text whose digest stands in terms. The newest number applies."""

    __tablename__ = "policies"
    __table_args__ = strict(
        check("policies_digest_is_sha256", "length(digest) = 64"),
        check("policies_are_said", "document <> ''"),
        immutable=True,
    )

    number: int = column(Whole(), key=True)
    digest: str = column(Words())
    document: str = column(Words())
    request_id: str | None = column(Words(), null=True, to="requests.id")
    accepted: datetime = column(Moment())


class RequestRow(Row, table=True):
    """A two-person act somebody opened: the bytes everyone signs, until it is closed with an outcome."""

    __tablename__ = "requests"
    __table_args__ = strict(
        check("requests_are_said", "kind <> '' AND body <> '' AND opener <> ''"),
        check("requests_outcome_has_a_time", "(outcome IS NULL) = (closed IS NULL)"),
        fixed=("kind", "subject", "nonce", "body", "opener", "head_seq", "opened", "expires"),
    )

    id: str = column(Words(), key=True)
    kind: str = column(Words())
    subject: str = column(Words())
    nonce: str = column(Words(), unique=True)
    body: str = column(Words())
    opener: str = column(Words())
    head_seq: int = column(Whole())
    opened: datetime = column(Moment())
    expires: datetime = column(Moment())
    closed: datetime | None = column(Moment(), null=True)
    outcome: str | None = column(Words(), null=True)


class EpochRow(Row, table=True):
    """One turn of a daemon at working orders; only the newest may write them."""

    __tablename__ = "epochs"
    __table_args__ = strict(check("epochs_count_from_one", "number > 0"), immutable=True)

    number: int = column(Whole(), key=True)
    pid: int = column(Whole())
    host: str = column(Words())
    taken: datetime = column(Moment())


class CommandRow(Row, table=True):
    """What somebody asks the daemon to do, and what came of it."""

    __tablename__ = "commands"
    __table_args__ = strict(
        known("commands", "state", CommandState),
        check("commands_outcome_has_a_time", "(state = 'pending') = (applied IS NULL)"),
        Index("commands_by_state", "state"),
        fixed=("kind", "sale_id", "actor", "reason", "detail", "issued"),
    )

    id: int = column(Whole(), key=True)
    kind: str = column(Words())
    sale_id: str | None = column(Words(), null=True, to="sales.id")
    actor: str = column(Words())
    reason: str = column(Words())
    detail: str = column(Words())
    issued: datetime = column(Moment())
    state: CommandState = column(Choice(CommandState))
    applied: datetime | None = column(Moment(), null=True)
    outcome: str = column(Words())
    epoch: int | None = column(Whole(), null=True, to="epochs.number")


class HaltRow(Row, table=True):
    """One halt of the whole desk (P12), until two people lift it."""

    __tablename__ = "halts"
    __table_args__ = strict(
        check("halts_are_lifted_by_a_request", "(lifted IS NULL) = (request_id IS NULL)"),
        fixed=("reason", "actor", "halted"),
    )

    id: int = column(Whole(), key=True)
    reason: str = column(Words())
    actor: str = column(Words())
    halted: datetime = column(Moment())
    lifted: datetime | None = column(Moment(), null=True)
    request_id: str | None = column(Words(), null=True, to="requests.id")


class AlarmRow(Row, table=True):
    """Something a person must look at, until it is cleared."""

    __tablename__ = "alarms"
    __table_args__ = strict(
        check("alarms_are_said", "kind <> ''"),
        check("alarms_are_cleared_by_somebody", "(cleared IS NULL) = (cleared_by IS NULL)"),
        fixed=("kind", "subject", "text", "raised"),
    )

    id: int = column(Whole(), key=True)
    kind: str = column(Words())
    subject: str = column(Words())
    text: str = column(Words())
    raised: datetime = column(Moment())
    cleared: datetime | None = column(Moment(), null=True)
    cleared_by: str | None = column(Words(), null=True)


class EventRow(Row, table=True):
    """One link of the chain (P5). Its hash covers everything here but the hash itself."""

    __tablename__ = "events"
    __table_args__ = strict(
        check("events_hash_is_sha256", "length(hash) = 64 AND length(prev) = 64"),
        check("events_are_said", "kind <> '' AND actor <> ''"),
        Index("events_by_subject", "subject"),
        immutable=True,
    )

    seq: int = column(Whole(), key=True)
    at: datetime = column(Moment())
    kind: str = column(Words())
    subject: str = column(Words())
    actor: str = column(Words())
    detail: str = column(Words())
    rows: str = column(Words())
    prev: str = column(Words())
    hash: str = column(Words())
