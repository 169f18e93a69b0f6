"""Whose key is whose: the people a signature may come from, whichever list or record they were read from.

A person is one name. Two people never share a key, so distinct people always means distinct keys.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase

from desk.permission.refusals import PeopleRefused

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Right:
    """One key's right to sign: for which namespaces (None: all of them) and when."""

    fingerprint: str
    namespaces: str | None = None
    valid_after: datetime | None = None
    valid_before: datetime | None = None

    def covers(self, namespace: str) -> bool:
        """Whether OpenSSH's pattern list names the namespace; a pattern that starts with `!` forbids."""
        return self.namespaces is None or matches(namespace, self.namespaces)

    def holds_at(self, moment: datetime) -> bool:
        return (self.valid_after is None or self.valid_after <= moment) and (
            self.valid_before is None or moment <= self.valid_before
        )


@dataclass(frozen=True, slots=True)
class Person:
    """One person: the name that counts, other names for the same person, and the keys' rights."""

    name: str
    rights: tuple[Right, ...]
    also: tuple[str, ...] = ()

    def is_called(self, name: str) -> bool:
        return name == self.name or name in self.also

    def right_of(self, fingerprint: str) -> Right | None:
        return next((right for right in self.rights if right.fingerprint == fingerprint), None)


@dataclass(frozen=True, slots=True)
class Roster:
    """Everybody who may sign. `revoked` maps a fingerprint to what is known about its end."""

    people: tuple[Person, ...]
    revoked: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        _refuse_shared(self.people)

    def owner(self, fingerprint: str) -> tuple[Person, Right] | None:
        """Whose key it is, and what it may; None where it is nobody's or revoked."""
        if fingerprint in self.revoked:
            return None
        for person in self.people:
            right = person.right_of(fingerprint)
            if right is not None:
                return person, right
        return None

    def person(self, name: str) -> Person | None:
        """The person called `name`, by any of the names."""
        return next((person for person in self.people if person.is_called(name)), None)

    def names(self) -> tuple[str, ...]:
        return tuple(person.name for person in self.people)

    def without(self, fingerprints: Iterable[str], why: str) -> Roster:
        """The same people, with these keys revoked."""
        return Roster(self.people, {**self.revoked, **dict.fromkeys(fingerprints, why)})


def matches(name: str, patterns: str) -> bool:
    """OpenSSH's pattern list: commas between, `*` and `?` wildcards; `!` in front forbids whatever else matches."""
    found = False
    for pattern in patterns.split(","):
        forbids = pattern.startswith("!")
        if fnmatchcase(name, pattern.removeprefix("!").replace("[", "[[]")):
            if forbids:
                return False
            found = True
    return found


def check_name(name: str) -> str:
    """`name`, if it can be a person's. Raises PeopleRefused."""
    if not _NAME.fullmatch(name):
        raise PeopleRefused(f"{name[:64]!r} is not a name; use letters, digits and . _ @ + - (no patterns)")
    return name


def _refuse_shared(people: tuple[Person, ...]) -> None:
    named: dict[str, str] = {}
    owned: dict[str, str] = {}
    for person in people:
        for name in (person.name, *person.also):
            other = named.setdefault(check_name(name).casefold(), person.name)
            if other != person.name:
                raise PeopleRefused(f"{name} is also a name of {other}; give every person one name of their own")
        for right in person.rights:
            owner = owned.setdefault(right.fingerprint, person.name)
            if owner != person.name:
                raise PeopleRefused(
                    f"{person.name} and {owner} have the same key {right.fingerprint}; every person needs their own"
                )
