"""The list of people: a file in OpenSSH's allowed_signers format, read strictly.

    name[,other-name] [namespaces="desk.*"] [valid-after="20260101Z"] [valid-before="…Z"] key-type key [comment]

ssh-keygen -Y verify reads the same file. Stricter here: names instead of patterns, no certificate authorities, times
in UTC only, one owner per key. A revoked key stays as a comment, so that it is never taken in again by mistake.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from desk.clock import iso
from desk.permission.keys import KEY_TYPES, PublicKey, read_public_key
from desk.permission.refusals import KeyRefused, PeopleRefused
from desk.permission.roster import Person, Right, Roster, check_name

_OPTION = re.compile(r'(?P<name>[A-Za-z-]+)(="(?P<value>[^"]*)")?(?P<rest>,|$)')
_OPTIONS = re.compile(r'(?:[^\s"]|"[^"]*")+')
_TIMES = {9: "%Y%m%dZ", 13: "%Y%m%d%H%MZ", 15: "%Y%m%d%H%M%SZ"}
_REVOKED = "# revoked "
_MAX_TEXT = 1 << 20


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the list."""

    line: int
    names: tuple[str, ...]
    right: Right
    key: PublicKey


@dataclass(frozen=True, slots=True)
class People:
    """The list as read: who they are (`roster`) and the lines they were read from."""

    roster: Roster
    entries: tuple[Entry, ...]

    def keys_of(self, name: str) -> tuple[PublicKey, ...]:
        """The keys of the person called `name`; empty where nobody is."""
        return tuple(entry.key for entry in self.entries if name in entry.names)


def read_people(text: str) -> People:
    """Everybody in the list. Raises PeopleRefused naming the line, the value and what would be right."""
    if len(text) > _MAX_TEXT:
        raise PeopleRefused("the list of people is longer than a megabyte; that is not a list of people")
    entries: list[Entry] = []
    revoked: dict[str, str] = {}
    for number, line in _lines(text):
        if line.startswith(_REVOKED):
            revoked.update(_revocation(line))
        if not line or line.startswith("#"):
            continue
        try:
            entry = _entry(number, line)
            _refuse_second_use(entry, entries)
        except (PeopleRefused, KeyRefused) as problem:
            raise PeopleRefused(f"line {number} of the list of people: {problem}") from None
        entries.append(entry)
    for entry in entries:
        if entry.key.fingerprint in revoked:
            raise PeopleRefused(
                f"line {entry.line} of the list of people: {entry.key.fingerprint} was revoked "
                f"{revoked[entry.key.fingerprint]}; give {entry.names[0]} a new key"
            )
    return People(Roster(_people(entries), revoked), tuple(entries))


def add_person(text: str, name: str, public_key: str, *, namespaces: str | None = None) -> str:
    """The list with one more line for `name`. Raises PeopleRefused, as read_people would for the outcome."""
    before = read_people(text)
    try:
        key = read_public_key(public_key)
    except KeyRefused as problem:
        raise PeopleRefused(f"the key for {name}: {problem}") from None
    if namespaces is not None and (not namespaces or '"' in namespaces or not namespaces.isprintable()):
        raise PeopleRefused(f"{namespaces!r} is not a list of namespaces; write it like desk.sale,desk.resume")
    if any(entry.key.blob == key.blob and check_name(name) in entry.names for entry in before.entries):
        raise PeopleRefused(f"{name} already has the key {key.fingerprint}")
    options = f'namespaces="{namespaces}" ' if namespaces is not None else ""
    comment = " ".join(word for word in key.comment.split() if word.isprintable())
    line = f"{check_name(name)} {options}{key.text} {comment}".rstrip()
    after = f"{text}{'' if not text or text.endswith(chr(10)) else chr(10)}{line}\n"
    read_people(after)
    return after


def revoke_person(text: str, name: str, at: datetime, fingerprint: str | None = None) -> str:
    """The list with the person's keys, or the one named, turned into dated comments. Raises PeopleRefused."""
    people = read_people(text)
    person = people.roster.person(name)
    if person is None:
        raise PeopleRefused(f"nobody in the list is called {name[:64]!r}; it has {', '.join(people.roster.names())}")
    gone = {
        entry.line: entry
        for entry in people.entries
        if person.is_called(entry.names[0]) and fingerprint in (None, entry.key.fingerprint)
    }
    if not gone:
        raise PeopleRefused(f"{name} has no key {fingerprint}; see desk people list")
    lines = text.split("\n")
    for number, entry in gone.items():
        lines[number - 1] = f"{_REVOKED}{iso(at)} {person.name} {entry.key.fingerprint} {entry.key.text}"
    after = "\n".join(lines)
    read_people(after)
    return after


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Numbered lines, cut where OpenSSH cuts them and nowhere else."""
    for number, line in enumerate(text.split("\n"), start=1):
        yield number, line.strip(" \t\r")


def _revocation(line: str) -> dict[str, str]:
    words = line.removeprefix(_REVOKED).split()
    return {words[2]: f"on {words[0]}"} if len(words) > 2 else {}


def _entry(number: int, line: str) -> Entry:
    who, _, rest = line.replace("\t", " ").partition(" ")
    rest = rest.strip(" ")
    names = tuple(dict.fromkeys(check_name(name) for name in who.split(",")))
    options = ""
    if rest.split(" ", 1)[0] not in KEY_TYPES:
        found = _OPTIONS.match(rest)
        if found is None:
            raise PeopleRefused("a line is: name key-type key, like alice ssh-ed25519 AAAA…")
        options, rest = found[0], rest[found.end() :].strip(" ")
        if rest.split(" ", 1)[0] not in KEY_TYPES:
            raise PeopleRefused(
                f"{options[:64]!r} is followed by no accepted key type; a line is: name key-type key, "
                "like alice ssh-ed25519 AAAA…"
            )
    key = read_public_key(rest)
    return Entry(number, names, _options(options, Right(key.fingerprint)), key)


def _options(text: str, right: Right) -> Right:
    seen: set[str] = set()
    at = 0
    while at < len(text):
        found = _OPTION.match(text, at)
        name, value = (found["name"].lower(), found["value"]) if found else ("", None)
        if not found or name in seen or (found["rest"] == "," and found.end() == len(text)):
            raise PeopleRefused(f'the options {text[:80]!r} are not a list of different option="value"')
        seen.add(name)
        right = _with_option(right, name, value)
        at = found.end()
    return right


def _with_option(right: Right, name: str, value: str | None) -> Right:
    if name == "cert-authority":
        raise PeopleRefused("certificate authorities are not accepted; list each person's own key")
    if name not in ("namespaces", "valid-after", "valid-before") or not value:
        raise PeopleRefused(
            f'{name[:40]!r} is not an option; there are namespaces="…", valid-after="…", valid-before="…"'
        )
    if name == "namespaces":
        return replace(right, namespaces=value)
    moment = _time(name, value)
    return replace(right, valid_after=moment) if name == "valid-after" else replace(right, valid_before=moment)


def _time(name: str, value: str) -> datetime:
    layout = _TIMES.get(len(value))
    try:
        if layout is None or not value.isascii() or not value[:-1].isdigit():
            raise ValueError
        return datetime.strptime(value, layout).replace(tzinfo=UTC)
    except ValueError:
        raise PeopleRefused(
            f"{name}={value[:40]!r} is not a time; write UTC like 20260207Z or 202602071200Z"
        ) from None


def _refuse_second_use(entry: Entry, earlier: list[Entry]) -> None:
    for other in earlier:
        same_key = other.key.material == entry.key.material
        if same_key and set(other.names) & set(entry.names):
            raise PeopleRefused(f"{entry.names[0]} already has this key in line {other.line}")
        if same_key:
            raise PeopleRefused(
                f"{entry.names[0]} has the same key as {other.names[0]} in line {other.line}; "
                "every person needs a key of their own"
            )
        theirs, ours = ({name.casefold() for name in names} for names in (other.names, entry.names))
        if theirs & ours and other.names[0] != entry.names[0]:
            raise PeopleRefused(
                f"{entry.names[0]} and {other.names[0]} of line {other.line} share the name "
                f"{min(theirs & ours)}; begin every line of one person with the same name"
            )


def _people(entries: list[Entry]) -> tuple[Person, ...]:
    rights: dict[str, list[Right]] = {}
    also: dict[str, dict[str, None]] = {}
    for entry in entries:
        first = entry.names[0]
        rights.setdefault(first, []).append(entry.right)
        also.setdefault(first, {}).update(dict.fromkeys(name for name in entry.names[1:] if name != first))
    return tuple(Person(name, tuple(rights[name]), tuple(also[name])) for name in rights)
