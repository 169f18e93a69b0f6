"""Who is in charge: commands to the daemon, halts, two-person requests, policies; epochs and alarms by re-export."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func
from sqlmodel import col, select

from desk.canonical import Json, canonical_bytes, read_canonical
from desk.canonical import digest as digest_of
from desk.ledger.alarms import alarms_readable, clear_alarm, open_alarms, raise_alarm
from desk.ledger.damage import skim
from desk.ledger.errors import LedgerRefused, NotOnRecord, RowUnreadable
from desk.ledger.fence import assert_epoch, current_epoch, take_epoch
from desk.ledger.records import AcceptedPolicy, Command, Halt, RecordedRequest
from desk.ledger.tables_control import CommandRow, CommandState, EventRow, HaltRow, PolicyRow, RequestRow
from desk.ledger.transactions import ReadTx, WriteTx
from desk.permission.requests import Request

HALTED = "desk.halted"
_PENDING = select(CommandRow).where(CommandRow.state == CommandState.PENDING).order_by(col(CommandRow.id))
_STANDING = select(HaltRow).where(col(HaltRow.lifted).is_(None)).order_by(col(HaltRow.id).desc())

__all__ = [
    "HALTED",
    "accept_policy",
    "alarms_readable",
    "apply_command",
    "clear_alarm",
    "close_request",
    "command",
    "command_state",
    "commands",
    "current_epoch",
    "current_policy",
    "get_request",
    "halt",
    "lift_halt",
    "newest_halt",
    "open_alarms",
    "open_halt",
    "open_request",
    "pending_commands",
    "pending_readable",
    "policies",
    "raise_alarm",
    "requests",
    "take_epoch",
]


def command(
    tx: WriteTx,
    kind: str,
    sale_id: str | None,
    actor: str,
    reason: str,
    detail: Mapping[str, Json] | None,
    now: datetime,
) -> int:
    """Asks the daemon for something; returns the command's number, to be watched with `command_state`."""
    said = canonical_bytes(detail or {}).decode()
    row = CommandRow(kind=kind, sale_id=sale_id, actor=actor, reason=reason, detail=said, issued=now)
    row.state, row.outcome = CommandState.PENDING, ""
    tx.session.add(row)
    tx.event(f"command.{kind}", sale_id or "desk", {"actor": actor, "reason": reason})
    return row.id


def pending_commands(tx: ReadTx) -> list[Command]:
    """What the daemon has not dealt with yet, in the order it was asked."""
    return pending_readable(tx)[0]


def pending_readable(tx: ReadTx) -> tuple[list[Command], list[RowUnreadable]]:
    """The same, and what is wrong with those that cannot be read: nobody can apply or answer them."""
    return skim(tx, _PENDING, _command)


def commands(tx: ReadTx, sale_id: str | None = None) -> list[Command]:
    """Every command, or every one about a sale, in order."""
    wanted = select(CommandRow).order_by(col(CommandRow.id))
    if sale_id is not None:
        wanted = wanted.where(CommandRow.sale_id == sale_id)
    return [_command(row) for row in tx.session.exec(wanted)]


def command_state(tx: ReadTx, command_id: int) -> Command:
    """The command as it stands: pending, applied or refused, and with which words. Raises NotOnRecord."""
    return _command(_command_row(tx, command_id))


def apply_command(
    tx: WriteTx, command_id: int, outcome: str, now: datetime, epoch: int, *, refused: bool = False
) -> None:
    """The daemon's answer: done, or refused, in words. Raises LedgerRefused where there is an answer already."""
    assert_epoch(tx, epoch)
    row = _command_row(tx, command_id)
    if row.state is not CommandState.PENDING:
        raise LedgerRefused(f"command {command_id} is {row.state} already")
    row.state = CommandState.REFUSED if refused else CommandState.APPLIED
    row.outcome, row.applied, row.epoch = outcome, now, epoch
    tx.event(f"command.{row.state}", row.sale_id or "desk", {"command": row.kind, "outcome": outcome})


def halt(tx: WriteTx, reason: str, actor: str, now: datetime) -> int:
    """Halts the desk, whoever holds the epoch and whether or not it is halted already; returns the halt's number."""
    row = HaltRow(reason=reason, actor=actor, halted=now)
    tx.session.add(row)
    tx.event(HALTED, "desk", {"reason": reason, "actor": actor})
    return row.id


def open_halt(tx: ReadTx) -> Halt | None:
    """The newest halt that stands, or None."""
    row = tx.session.exec(_STANDING).first()
    return _halt(row) if row else None


def newest_halt(tx: ReadTx) -> int | None:
    """The event number of the newest halt there ever was; a request opened before it is void."""
    return tx.session.exec(select(func.max(EventRow.seq)).where(EventRow.kind == HALTED)).one()


def lift_halt(tx: WriteTx, request_id: str, now: datetime, epoch: int) -> None:
    """Lifts every standing halt by a request the caller has judged granted, and closes the request."""
    assert_epoch(tx, epoch)
    standing = tx.session.exec(select(HaltRow).where(col(HaltRow.lifted).is_(None))).all()
    if not standing:
        raise LedgerRefused("the desk is not halted")
    for row in standing:
        row.lifted, row.request_id = now, request_id
    tx.event("desk.rearmed", "desk", {"request": request_id, "epoch": epoch})
    close_request(tx, request_id, "applied", now)


def open_request(tx: WriteTx, request: Request, subject: str, opener: str) -> str:
    """Puts a two-person act on record for others to sign; returns its id, the subject of its signatures."""
    prefix = f"R-{request.opened_at.year}-"
    newest = tx.session.exec(select(func.max(RequestRow.id)).where(col(RequestRow.id).startswith(prefix))).one()
    number = f"{prefix}{int(newest[len(prefix) :]) + 1 if newest else 1:04d}"
    row = RequestRow(id=number, kind=request.act.value, subject=subject, nonce=request.nonce, opener=opener)
    row.body, row.head_seq = request.raw.decode(), request.head.seq
    row.opened, row.expires = request.opened_at, request.expires_at
    tx.session.add(row)
    tx.event("request.opened", number, {"kind": row.kind, "subject": subject, "opener": opener})
    return number


def get_request(tx: ReadTx, request_id: str) -> RecordedRequest | None:
    """The request, or None."""
    row = tx.session.get(RequestRow, request_id)
    return _request(row) if row else None


def requests(tx: ReadTx, kind: str | None = None, *, open_only: bool = True) -> list[RecordedRequest]:
    """Requests in order, by default those nobody has closed; expiry is for the reader to judge."""
    wanted = select(RequestRow).order_by(col(RequestRow.opened), col(RequestRow.id))
    if kind is not None:
        wanted = wanted.where(RequestRow.kind == kind)
    if open_only:
        wanted = wanted.where(col(RequestRow.closed).is_(None))
    return [_request(row) for row in tx.session.exec(wanted)]


def close_request(tx: WriteTx, request_id: str, outcome: str, now: datetime) -> None:
    """Closes a request for good: applied, expired, void or refused, in one word or sentence."""
    row = tx.session.get(RequestRow, request_id)
    if row is None:
        raise NotOnRecord(f"there is no request {request_id}")
    if row.closed is not None:
        raise LedgerRefused(f"the request {request_id} is closed already: {row.outcome}")
    row.closed, row.outcome = now, outcome
    tx.event("request.closed", request_id, {"outcome": outcome})


def accept_policy(tx: WriteTx, document: bytes, digest: str, now: datetime, request_id: str | None = None) -> int:
    """Puts a policy in force; the first needs no request. Returns its number. Raises LedgerRefused."""
    if digest_of(document) != digest:
        raise LedgerRefused("the policy's digest is not that of its bytes")
    newest = tx.session.exec(select(func.max(PolicyRow.number))).one() or 0
    if newest and request_id is None:
        raise LedgerRefused("a later policy needs a signed request (`desk policy approve`)")
    row = PolicyRow(number=newest + 1, digest=digest, document=document.decode(), request_id=request_id, accepted=now)
    tx.session.add(row)
    tx.event("policy.accepted", digest, {"number": newest + 1, "request": request_id})
    return newest + 1


def current_policy(tx: ReadTx) -> tuple[str, bytes] | None:
    """Digest and bytes of the policy in force, or None before the first."""
    row = tx.session.exec(select(PolicyRow).order_by(col(PolicyRow.number).desc())).first()
    return (row.digest, row.document.encode()) if row else None


def policies(tx: ReadTx) -> list[AcceptedPolicy]:
    """Every policy there was, in order."""
    rows = tx.session.exec(select(PolicyRow).order_by(col(PolicyRow.number)))
    return [AcceptedPolicy(r.number, r.digest, r.document.encode(), r.request_id, r.accepted) for r in rows]


def _command_row(tx: ReadTx, command_id: int) -> CommandRow:
    row = tx.session.get(CommandRow, command_id)
    if row is None:
        raise NotOnRecord(f"there is no command {command_id}")
    return row


def _command(row: CommandRow) -> Command:
    try:
        detail = read_canonical(row.detail.encode())
    except ValueError as problem:
        raise RowUnreadable(f"command {row.id}: {problem}") from problem
    said = detail if isinstance(detail, Mapping) else {}
    return Command(
        row.id,
        row.kind,
        row.sale_id,
        row.actor,
        row.reason,
        said,
        row.issued,
        row.state,
        row.applied,
        row.outcome,
    )


def _halt(row: HaltRow) -> Halt:
    return Halt(row.id, row.reason, row.actor, row.halted, row.lifted, row.request_id)


def _request(row: RequestRow) -> RecordedRequest:
    return RecordedRequest(
        row.id,
        row.kind,
        row.subject,
        row.nonce,
        row.body.encode(),
        row.opener,
        row.head_seq,
        row.opened,
        row.expires,
        row.closed,
        row.outcome,
    )
