"""One signature: whose it is, and whether it is theirs to give.

Nothing that a database says about a signature is believed: neither its signer nor its role.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from desk.clock import iso
from desk.permission import sshsig
from desk.permission.refusals import Reason, SignatureRefused
from desk.permission.roster import Person, Right, Roster


class OnRecord(Protocol):
    """A signature as it was recorded; `principal` is what was claimed, empty where nothing was."""

    @property
    def armored(self) -> str: ...
    @property
    def signed_at(self) -> datetime: ...
    @property
    def principal(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Offered:
    """A signature that somebody offers now."""

    armored: str
    signed_at: datetime
    principal: str = ""


@dataclass(frozen=True, slots=True)
class Counted:
    """A signature that counts: whose, with which key, when it came."""

    person: str
    fingerprint: str
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class NotCounted:
    """A signature that does not count. `index` is its place among the signatures that were handed in."""

    index: int
    claimed: str
    reason: Reason
    sentence: str


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Something that voids every signature at once."""

    reason: Reason
    sentence: str


def examine(
    message: bytes, namespace: str, signature: OnRecord, roster: Roster, now: datetime
) -> tuple[Person, Counted]:
    """Whose valid signature over `message` this is, looking at nothing else. Raises SignatureRefused."""
    key = sshsig.verify(message, signature.armored, namespace)
    if key.fingerprint in roster.revoked:
        raise SignatureRefused(
            Reason.REVOKED_KEY, f"the key {key.fingerprint} was revoked {roster.revoked[key.fingerprint]}"
        )
    found = roster.owner(key.fingerprint)
    if found is None:
        raise SignatureRefused(
            Reason.UNKNOWN_KEY, f"the key {key.fingerprint} belongs to nobody in the list of people"
        )
    person, right = found
    if signature.principal and not person.is_called(signature.principal):
        raise SignatureRefused(
            Reason.ANOTHER_NAME,
            f"the key {key.fingerprint} is {person.name}'s; it cannot sign as {signature.principal[:64]}",
        )
    if not right.covers(namespace):
        raise SignatureRefused(
            Reason.NOT_PERMITTED,
            f"{person.name}'s key {key.fingerprint} may sign {right.namespaces}, not {namespace}",
        )
    if not (right.holds_at(signature.signed_at) and right.holds_at(now)):
        raise SignatureRefused(
            Reason.KEY_NOT_VALID, f"{person.name}'s key {key.fingerprint} is not valid {_validity(right)}"
        )
    return person, Counted(person.name, key.fingerprint, signature.signed_at)


def refuse_second(counted: Counted, earlier: Iterable[Counted]) -> None:
    """Raises SignatureRefused where the same person, or the same key, is counted already."""
    for other in earlier:
        if other.person == counted.person:
            raise SignatureRefused(
                Reason.TWICE, f"{counted.person} signed already at {iso(other.signed_at)}; one person counts once"
            )
        if other.fingerprint == counted.fingerprint:
            raise SignatureRefused(
                Reason.ANOTHER_NAME, f"the key {counted.fingerprint} signed already as {other.person}"
            )


def _validity(right: Right) -> str:
    after = f"before {iso(right.valid_after)}" if right.valid_after else ""
    before = f"after {iso(right.valid_before)}" if right.valid_before else ""
    return " or ".join(part for part in (after, before) if part)
