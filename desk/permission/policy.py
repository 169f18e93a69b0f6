"""What the desk may do and who may let it: limits, tiers, people and venues, under one digest.

The digest stands in every sale's terms. Whoever edits a limit, a key or a venue's address changes it, which voids
what was signed before, until people sign the new policy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from types import MappingProxyType
from typing import Any

from desk.canonical import CanonicalRefused, Json, canonical_bytes, digest, read_canonical
from desk.clock import iso
from desk.permission.refusals import PeopleRefused, PolicyRefused
from desk.permission.roster import Person, Right, Roster
from desk.units import decimal_text, parse_decimal

FORMAT = "desk.policy/1"
APPROVALS = "approvals"
_TWO_PEOPLE = 2


@dataclass(frozen=True, slots=True)
class Tier:
    """Sales strictly above `above_usd` need `required` approvals."""

    above_usd: Decimal
    required: int


@dataclass(frozen=True, slots=True)
class VenuePolicy:
    """Where one venue is: the ccxt exchange, the market, and the address where it is not the exchange's own."""

    exchange: str
    symbol: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy. `controls` holds every limit but the tiers: text, integers, lists; decimals as text.

    Raises PolicyRefused where the tiers leave a sale without a rule, or a control has no single spelling.
    """

    controls: Mapping[str, Json]
    tiers: tuple[Tier, ...]
    people: tuple[Person, ...]
    venues: Mapping[str, VenuePolicy]

    def __post_init__(self) -> None:
        object.__setattr__(self, "controls", MappingProxyType(dict(self.controls)))
        object.__setattr__(self, "venues", MappingProxyType(dict(self.venues)))
        object.__setattr__(self, "tiers", tuple(sorted(self.tiers, key=lambda tier: tier.above_usd)))
        _check_tiers(self.tiers)
        if APPROVALS in self.controls:
            raise PolicyRefused("controls.approvals belongs into the tiers, not among the limits")
        try:
            Roster(self.people)
            canonical_bytes(self.controls)
        except (PeopleRefused, CanonicalRefused) as problem:
            raise PolicyRefused(f"this policy cannot be used: {problem}") from None

    @property
    def roster(self) -> Roster:
        return Roster(self.people)

    def canonical(self) -> bytes:
        """The exact bytes whose digest is the policy digest."""
        return canonical_bytes(as_document(self))

    def digest(self) -> str:
        """SHA-256 of the canonical bytes, hex."""
        return digest(self.canonical())

    def required_approvals(self, notional_usd: Decimal) -> int:
        """How many approvals a sale of this size needs: the highest tier it lies strictly above; never none (P4)."""
        applying = [tier.required for tier in self.tiers if notional_usd > tier.above_usd]
        return applying[-1] if applying else self.tiers[0].required

    def highest_required(self) -> int:
        """What the highest tier asks for."""
        return self.tiers[-1].required

    def required_for_change(self) -> int:
        """Signatures that a new policy needs: as many as the highest tier asks for, and never one person alone."""
        return max(_TWO_PEOPLE, self.highest_required())

    def shortfalls(self) -> tuple[str, ...]:
        """Sentences about rules that nobody could ever meet, for `doctor` and `policy check`."""
        able = len(self.people)
        found = []
        if able < self.highest_required() + 1:
            found.append(
                f"the highest tier needs {self.highest_required()} approvers beside the stager, "
                f"and only {able} people are listed; add people or lower the tier"
            )
        if able < self.required_for_change():
            found.append(
                f"rearm, resolve and policy need {self.required_for_change()} people, and only {able} are listed"
            )
        return tuple(found)


def as_document(policy: Policy) -> dict[str, Json]:
    """The policy as plain JSON values."""
    tiers: list[Json] = [{"above_usd": _plain(t.above_usd), "required": t.required} for t in policy.tiers]
    venues: dict[str, Json] = {
        name: {"exchange": venue.exchange, "symbol": venue.symbol, "url": venue.url}
        for name, venue in policy.venues.items()
    }
    return {
        "format": FORMAT,
        "controls": {**policy.controls, APPROVALS: tiers},
        "people": {person.name: _person(person) for person in policy.people},
        "venues": venues,
    }


@lru_cache(maxsize=32)
def read_policy(data: bytes) -> Policy:
    """The policy whose canonical bytes are `data`. Raises PolicyRefused where they are not exactly a policy's.

    A policy does not change, and the one in force is asked for before every order.
    """
    try:
        policy = _from_document(read_canonical(data))
    except (CanonicalRefused, ArithmeticError, KeyError, TypeError, AttributeError, ValueError) as problem:
        raise PolicyRefused(f"these are not the bytes of a policy: {problem}") from None
    if policy.canonical() != data:
        raise PolicyRefused("these bytes say more or other things than a policy does")
    return policy


def signers_of_change(old: Policy, new: Policy) -> Roster:
    """Who may sign the change from `old` to `new`: the accepted policy's people, with keys that the new one keeps.

    Nobody signs themselves in, and a key that is being taken away does not help to decide.
    """
    kept = {right.fingerprint for person in new.people for right in person.rights}
    dropped = {r.fingerprint for person in old.people for r in person.rights} - kept
    return replace(old.roster, revoked=dict.fromkeys(dropped, "by the policy that is to be signed"))


def _check_tiers(tiers: tuple[Tier, ...]) -> None:
    if not tiers or tiers[0].above_usd != 0:
        lowest = f"the lowest begins above {_plain(tiers[0].above_usd)}" if tiers else "there is none"
        raise PolicyRefused(f"controls.approvals must have a tier with above_usd = 0 ({lowest})")
    for tier in tiers:
        if tier.required < 1:
            raise PolicyRefused(f"controls.approvals: required = {tier.required}; every sale needs at least 1")
    for lower, higher in pairwise(tiers):
        if lower.above_usd == higher.above_usd:
            raise PolicyRefused(f"controls.approvals has two tiers above {_plain(lower.above_usd)}; keep one")
        if higher.required < lower.required:
            raise PolicyRefused(
                f"controls.approvals: above {_plain(higher.above_usd)} requires {higher.required}, fewer than the "
                f"{lower.required} above {_plain(lower.above_usd)}; a larger sale never needs fewer"
            )


def _plain(value: Decimal) -> str:
    if not isinstance(value, Decimal) or not value.is_finite():
        raise PolicyRefused(f"controls.approvals: above_usd = {value!r} is not an amount")
    return decimal_text(value.normalize())


def _person(person: Person) -> Json:
    keys = sorted(person.rights, key=lambda right: right.fingerprint)
    return {"also": sorted(person.also), "keys": [_right(right) for right in keys]}


def _right(right: Right) -> Json:
    return {
        "fingerprint": right.fingerprint,
        "namespaces": right.namespaces,
        "valid_after": iso(right.valid_after) if right.valid_after else None,
        "valid_before": iso(right.valid_before) if right.valid_before else None,
    }


def _from_document(document: Any) -> Policy:
    if document["format"] != FORMAT:
        raise PolicyRefused(f"unknown policy format {document['format']!r}; this version reads {FORMAT}")
    controls = dict(document["controls"])
    tiers = tuple(Tier(parse_decimal(tier["above_usd"]), tier["required"]) for tier in controls.pop(APPROVALS))
    people = tuple(
        Person(name, tuple(_read_right(key) for key in person["keys"]), tuple(person["also"]))
        for name, person in document["people"].items()
    )
    venues = {name: VenuePolicy(**venue) for name, venue in document["venues"].items()}
    return Policy(controls, tiers, people, venues)


def _read_right(key: Any) -> Right:
    return Right(key["fingerprint"], key["namespaces"], _moment(key["valid_after"]), _moment(key["valid_before"]))


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text is not None else None
