"""Whether a sale may be worked: who signed exactly these terms, who counts, who does not and why (P4).

Everything is judged from the signed bytes, the keys and the time that are handed in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from desk.canonical import CanonicalRefused, digest, read_canonical
from desk.clock import iso
from desk.permission import sshsig
from desk.permission.refusals import Reason, SignatureRefused
from desk.permission.roster import Roster
from desk.permission.signatures import Counted, NotCounted, Obstacle, OnRecord, examine, refuse_second


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a sale's signatures are judged against: this desk, its policy in force, its people, the rule, the time."""

    desk_id: str
    policy_digest: str
    roster: Roster
    required: int
    now: datetime


@dataclass(frozen=True, slots=True)
class SignedTerms:
    """What the signatures stand for, read from the signed bytes themselves."""

    raw: bytes
    desk_id: str
    sale: str
    stager: str
    approval_expires: datetime
    policy_digest: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Who counts and who does not. `granted_at`: when the last signature that was needed came."""

    required: int
    staged: Counted | None
    approvals: tuple[Counted, ...]
    not_counted: tuple[NotCounted, ...]
    obstacles: tuple[Obstacle, ...]

    @property
    def missing(self) -> int:
        """How many approvals are still needed."""
        return max(0, self.required - len(self.approvals))

    @property
    def is_granted(self) -> bool:
        return self.staged is not None and not self.obstacles and self.missing == 0

    @property
    def granted_at(self) -> datetime | None:
        if not self.is_granted or self.staged is None:
            return None
        times = sorted(approval.signed_at for approval in self.approvals)[: self.required]
        return max([self.staged.signed_at, *times])

    @property
    def sentence(self) -> str:
        """The verdict in one line."""
        if self.obstacles:
            return self.obstacles[0].sentence
        names = ", ".join(approval.person for approval in self.approvals) or "nobody"
        return f"{len(self.approvals)} of {self.required} approvals ({names})"


def read_signed_terms(raw: bytes) -> SignedTerms:
    """The fields of the terms that decide over signatures. Raises SignatureRefused where these are not terms."""
    try:
        document = read_canonical(raw)
        if not isinstance(document, dict):
            raise CanonicalRefused("terms are an object")
        fields = {
            key: document.get(key) for key in ("desk_id", "sale", "stager", "approval_expires", "policy_digest")
        }
        texts = {key: value for key, value in fields.items() if isinstance(value, str) and value}
        if len(texts) != len(fields):
            raise CanonicalRefused(f"they have no {', '.join(sorted(fields.keys() - texts.keys()))}")
        expires = datetime.fromisoformat(texts.pop("approval_expires"))
        if expires.tzinfo is None:
            raise CanonicalRefused("approval_expires has no zone")
    except ValueError as problem:
        raise SignatureRefused(Reason.MALFORMED, f"these are not the terms of a sale: {problem}") from None
    return SignedTerms(raw, approval_expires=expires, **texts)


def judge(raw: bytes, terms_digest: str, signatures: Sequence[OnRecord], given: Circumstances) -> Verdict:
    """Judges every recorded signature over the terms `raw`; never raises for what a signature or the terms hold.

    Approvals must be complete by the terms' approval expiry; complete ones carry the sale to its window's end.
    """
    try:
        terms = read_signed_terms(raw)
    except SignatureRefused as problem:
        return Verdict(given.required, None, (), (), (Obstacle(problem.reason, problem.sentence),))
    stager = given.roster.person(terms.stager)
    staged: Counted | None = None
    approvals: list[Counted] = []
    refused: list[NotCounted] = []
    for index in sorted(range(len(signatures)), key=lambda i: signatures[i].signed_at):
        signature = signatures[index]
        try:
            person, counted = examine(raw, sshsig.SALE, signature, given.roster, given.now)
            if person == stager and staged is None:
                staged = counted
                continue
            _refuse_as_approval(counted, terms, given.roster, approvals)
            approvals.append(counted)
        except SignatureRefused as problem:
            refused.append(NotCounted(index, signature.principal, problem.reason, problem.sentence))
    verdict = Verdict(given.required, staged, tuple(approvals), tuple(refused), ())
    return replace(verdict, obstacles=tuple(_obstacles(terms, terms_digest, verdict, given)))


def admit(
    raw: bytes, terms_digest: str, recorded: Sequence[OnRecord], offered: OnRecord, given: Circumstances
) -> Counted:
    """The approval that `offered` is, beside those recorded. Raises SignatureRefused saying why it cannot count."""
    verdict = judge(raw, terms_digest, recorded, given)
    for obstacle in verdict.obstacles:
        raise SignatureRefused(obstacle.reason, obstacle.sentence)
    terms = read_signed_terms(raw)
    _, counted = examine(raw, sshsig.SALE, offered, given.roster, given.now)
    _refuse_as_approval(counted, terms, given.roster, verdict.approvals)
    return counted


def admit_staging(raw: bytes, offered: OnRecord, given: Circumstances) -> Counted:
    """The stager's own signature over the terms. Raises SignatureRefused where it is not that."""
    terms = read_signed_terms(raw)
    for obstacle in _of_another_desk(terms, given):
        raise SignatureRefused(obstacle.reason, obstacle.sentence)
    person, counted = examine(raw, sshsig.SALE, offered, given.roster, given.now)
    if not person.is_called(terms.stager):
        raise SignatureRefused(
            Reason.NOT_STAGED, f"the terms name {terms.stager} as stager, but {person.name} signed them"
        )
    return counted


def _refuse_as_approval(counted: Counted, terms: SignedTerms, roster: Roster, approvals: Iterable[Counted]) -> None:
    stager = roster.person(terms.stager)
    if stager is not None and counted.person == stager.name:
        raise SignatureRefused(
            Reason.BY_STAGER, f"{counted.person} staged {terms.sale}; somebody else has to approve it"
        )
    refuse_second(counted, approvals)
    if counted.signed_at > terms.approval_expires:
        raise SignatureRefused(
            Reason.EXPIRED,
            f"{counted.person} signed at {iso(counted.signed_at)}, after approvals of {terms.sale} "
            f"expired at {iso(terms.approval_expires)}; stage the sale again",
        )


def _obstacles(terms: SignedTerms, terms_digest: str, verdict: Verdict, given: Circumstances) -> Iterable[Obstacle]:
    if digest(terms.raw) != terms_digest:
        yield Obstacle(
            Reason.OTHER_TERMS, f"the terms of {terms.sale} are not those that were staged: their digest differs"
        )
    yield from _of_another_desk(terms, given)
    if verdict.staged is None:
        yield Obstacle(
            Reason.NOT_STAGED,
            f"{terms.sale} lacks a valid signature of {terms.stager}, who is said to have staged it",
        )
    if verdict.missing and given.now > terms.approval_expires:
        yield Obstacle(
            Reason.EXPIRED,
            f"approvals of {terms.sale} expired at {iso(terms.approval_expires)} with {len(verdict.approvals)} of "
            f"{given.required}; stage the sale again",
        )


def _of_another_desk(terms: SignedTerms, given: Circumstances) -> Iterable[Obstacle]:
    if terms.desk_id != given.desk_id:
        yield Obstacle(
            Reason.OTHER_DATABASE,
            f"{terms.sale} was staged in another database (desk {terms.desk_id[:16]}, this is {given.desk_id[:16]})",
        )
    if terms.policy_digest != given.policy_digest:
        yield Obstacle(
            Reason.OTHER_POLICY,
            f"{terms.sale} was signed under policy {terms.policy_digest[:12]}, now {given.policy_digest[:12]} "
            "is in force; stage the sale again",
        )
