"""Acts that need signatures of their own: rearm, resolve, a new policy, resume.

The first signer opens a request. Its bytes name the desk, a nonce, the event head at opening and an end one hour
later; everyone signs those bytes. A newer halt voids it, and once applied it is spent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from desk.canonical import CanonicalRefused, Json, canonical_bytes, digest, read_canonical
from desk.clock import iso
from desk.permission import sshsig
from desk.permission.policy import Policy
from desk.permission.refusals import Reason, RequestRefused, SignatureRefused
from desk.permission.roster import Roster
from desk.permission.signatures import Counted, NotCounted, Obstacle, OnRecord, examine, refuse_second

FORMAT = "desk.request/1"
LASTS = timedelta(hours=1)
CLOCK_TOLERANCE = timedelta(minutes=1)


class Act(StrEnum):
    """What may be asked for; the value is also the namespace its signatures are made for."""

    RESUME = sshsig.RESUME
    REARM = sshsig.REARM
    RESOLVE = sshsig.RESOLVE
    POLICY = sshsig.POLICY

    @property
    def namespace(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class EventHead:
    """The last event of the chain when a request was opened."""

    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class Request:
    """One request; `raw` are the bytes that are signed. Made by `open_request` and `read_request`."""

    act: Act
    desk_id: str
    nonce: str
    head: EventHead
    opened_at: datetime
    expires_at: datetime
    payload: Mapping[str, Json]
    raw: bytes

    @property
    def digest(self) -> str:
        return digest(self.raw)


@dataclass(frozen=True, slots=True)
class RequestCircumstances:
    """What a request is judged against.

    `head_hash` is the hash that this desk's chain has at the request's event number, None where it has none.
    `newest_halt` is the number of the newest halt event, None where there never was one. `is_spent` says that a
    request with this nonce has been applied.
    """

    desk_id: str
    roster: Roster
    required: int
    now: datetime
    head_hash: str | None
    newest_halt: int | None = None
    is_spent: bool = False


@dataclass(frozen=True, slots=True)
class RequestVerdict:
    """Whose signatures count for a request."""

    required: int
    signers: tuple[Counted, ...]
    not_counted: tuple[NotCounted, ...]
    obstacles: tuple[Obstacle, ...]

    @property
    def missing(self) -> int:
        return max(0, self.required - len(self.signers))

    @property
    def is_granted(self) -> bool:
        return not self.obstacles and self.missing == 0

    @property
    def sentence(self) -> str:
        """The verdict in one line."""
        if self.obstacles:
            return self.obstacles[0].sentence
        names = ", ".join(signer.person for signer in self.signers) or "nobody"
        return f"{len(self.signers)} of {self.required} signatures ({names})"


def signatures_required(act: Act, policy: Policy) -> int:
    """How many different people must sign: one resumes, two rearm or resolve, a policy as its highest tier asks."""
    if act is Act.RESUME:
        return 1
    return policy.required_for_change() if act is Act.POLICY else 2


def open_request(
    act: Act, payload: Mapping[str, Json], *, desk_id: str, nonce: str, head: EventHead, opened_at: datetime
) -> Request:
    """A new request that lasts one hour. Raises RequestRefused where something has no canonical spelling."""
    expires_at = opened_at + LASTS
    document: dict[str, Json] = {
        "format": FORMAT,
        "kind": act.value,
        "desk_id": desk_id,
        "nonce": nonce,
        "head": {"seq": head.seq, "hash": head.hash},
        "opened_at": iso(opened_at),
        "expires_at": iso(expires_at),
        "payload": payload,
    }
    try:
        raw = canonical_bytes(document)
    except CanonicalRefused as problem:
        raise RequestRefused(f"this request cannot be written: {problem}") from None
    return Request(act, desk_id, nonce, head, opened_at, expires_at, dict(payload), raw)


def read_request(raw: bytes) -> Request:
    """The request whose signed bytes are `raw`. Raises RequestRefused where they are not exactly a request's."""
    try:
        document: Any = read_canonical(raw)
        act, head = Act(document["kind"]), document["head"]
        if not isinstance(document["payload"], dict):
            raise RequestRefused("its payload is not an object")
        request = open_request(
            act,
            document["payload"],
            desk_id=document["desk_id"],
            nonce=document["nonce"],
            head=EventHead(head["seq"], head["hash"]),
            opened_at=datetime.fromisoformat(document["opened_at"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as problem:
        raise RequestRefused(f"these bytes are not a request of this version: {problem!r}") from None
    if request.raw != raw or not _is_whole(request):
        raise RequestRefused("these bytes say more or other things than a request of one hour does")
    return request


def judge_request(request: Request, signatures: Sequence[OnRecord], given: RequestCircumstances) -> RequestVerdict:
    """Judges every signature over the request; never raises for what a signature holds."""
    signers: list[Counted] = []
    refused: list[NotCounted] = []
    for index in sorted(range(len(signatures)), key=lambda i: signatures[i].signed_at):
        signature = signatures[index]
        try:
            signers.append(_counted(request, signature, signers, given))
        except SignatureRefused as problem:
            refused.append(NotCounted(index, signature.principal, problem.reason, problem.sentence))
    verdict = RequestVerdict(given.required, tuple(signers), tuple(refused), ())
    return replace(verdict, obstacles=tuple(_obstacles(request, given)))


def admit_to_request(
    request: Request, recorded: Sequence[OnRecord], offered: OnRecord, given: RequestCircumstances
) -> Counted:
    """The signature that `offered` is, beside those recorded. Raises SignatureRefused saying why it cannot count."""
    verdict = judge_request(request, recorded, given)
    for obstacle in verdict.obstacles:
        raise SignatureRefused(obstacle.reason, obstacle.sentence)
    return _counted(request, offered, verdict.signers, given)


def _counted(
    request: Request, signature: OnRecord, earlier: Sequence[Counted], given: RequestCircumstances
) -> Counted:
    _, counted = examine(request.raw, request.act.namespace, signature, given.roster, given.now)
    refuse_second(counted, earlier)
    if counted.signed_at > request.expires_at:
        raise SignatureRefused(
            Reason.EXPIRED,
            f"{counted.person} signed at {iso(counted.signed_at)}; the request ended at {iso(request.expires_at)}",
        )
    return counted


def _is_whole(request: Request) -> bool:
    texts = (request.desk_id, request.nonce, request.head.hash)
    return (
        all(isinstance(text, str) and text for text in texts)
        and type(request.head.seq) is int
        and request.opened_at.tzinfo is not None
    )


def _obstacles(request: Request, given: RequestCircumstances) -> list[Obstacle]:
    found = []
    if request.desk_id != given.desk_id or request.head.hash != given.head_hash:
        found.append(
            Obstacle(Reason.OTHER_DATABASE, "the request was opened in another database: its desk or event differs")
        )
    if given.is_spent:
        found.append(Obstacle(Reason.SPENT, "the request has been applied already; open a new one"))
    if given.newest_halt is not None and given.newest_halt > request.head.seq:
        found.append(
            Obstacle(Reason.VOIDED_BY_HALT, "the desk was halted after the request was opened; open a new one")
        )
    if given.now > request.expires_at:
        found.append(Obstacle(Reason.EXPIRED, f"the request ended at {iso(request.expires_at)}; open a new one"))
    if request.opened_at > given.now + CLOCK_TOLERANCE:
        found.append(
            Obstacle(Reason.EXPIRED, f"the request says it was opened in the future, at {iso(request.opened_at)}")
        )
    return found
