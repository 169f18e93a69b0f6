"""The list of people is read strictly: one owner per key, no patterns, and every error names its line."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.permission.key_files import PrivateKey
from desk.permission.keys import PublicKey, public_key
from desk.permission.people import add_person, read_people, revoke_person
from desk.permission.refusals import PeopleRefused
from desk.permission.roster import Person, Right, Roster
from desk.permission.wire import Reader, string

KeyOf = Callable[[str], PrivateKey]
NOW = datetime(2026, 2, 7, 12, 0, tzinfo=UTC)


@pytest.fixture
def ann(key_of: KeyOf) -> PublicKey:
    return key_of("ann").public


@pytest.fixture
def bob(key_of: KeyOf) -> PublicKey:
    return key_of("bob").public


def test_names_keys_and_comments_are_read(ann: PublicKey, bob: PublicKey) -> None:
    text = f"# the people\n\nann {ann.text} ann's laptop\r\n\t bob   {bob.text}\n"
    people = read_people(text)
    assert people.roster.names() == ("ann", "bob")
    assert [entry.line for entry in people.entries] == [3, 4]
    assert people.keys_of("bob") == (bob,)
    owner = people.roster.owner(ann.fingerprint)
    assert owner is not None
    assert owner[0].name == "ann"


def test_one_person_may_have_two_keys_and_two_names(ann: PublicKey, bob: PublicKey) -> None:
    people = read_people(f"ann,ann@example.com {ann.text}\nann {bob.text}\n")
    (person,) = people.roster.people
    assert (person.name, person.also, len(person.rights)) == ("ann", ("ann@example.com",), 2)
    assert people.roster.person("ann@example.com") == person


def test_options_say_what_for_and_how_long(ann: PublicKey) -> None:
    options = 'NAMESPACES="desk.sale,desk.r*",valid-after="20260101Z",valid-before="202607011230Z"'
    (person,) = read_people(f"ann {options} {ann.text}\n").roster.people
    (right,) = person.rights
    assert right.covers("desk.sale")
    assert right.covers("desk.rearm")
    assert not right.covers("desk.policy")
    assert right.holds_at(datetime(2026, 1, 1, tzinfo=UTC))
    assert right.holds_at(datetime(2026, 7, 1, 12, 30, tzinfo=UTC))
    assert not right.holds_at(datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC))
    assert not right.holds_at(datetime(2026, 7, 1, 12, 30, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("ann", "name key-type key"),
        ("ann ssh-ed25519", "one line: its type"),
        ("ann ssh-ed25519 !!!!", "not base64"),
        ("ann ssh-ed25519 AAAA", "not a usable public key"),
        ("ann ssh-dss AAAAB3NzaC1kc3M=", "no accepted key type"),
        ("ann ssh-ed25519-cert-v01@openssh.com AAAA", "no accepted key type"),
        ("*@example.com {ann}", "not a name"),
        ("!ann {ann}", "not a name"),
        ("ann,,bo {ann}", "not a name"),
        ("änn {ann}", "not a name"),
        ("{ann}", "no accepted key type|not a name|name key-type key"),
        ("ann cert-authority {ann}", "certificate authorities are not accepted"),
        ('ann verify-required="yes" {ann}', "is not an option"),
        ("ann namespaces=desk.sale {ann}", "not a list of different option"),
        ('ann namespaces="a",namespaces="b" {ann}', "not a list of different option"),
        ('ann namespaces="a", {ann}', "not a list of different option"),
        ('ann namespaces="" {ann}', "is not an option"),
        ('ann namespaces="desk.sale {ann}', "name key-type key"),
        ('ann valid-before="20260101" {ann}', "write UTC like"),
        ('ann valid-before="20261301Z" {ann}', "write UTC like"),
        ('ann valid-before="2026-1-1Z" {ann}', "write UTC like"),
        ("ann sk-ssh-ed25519@openssh.com {blob}", "the key is ssh-ed25519"),
    ],
)
def test_a_bad_line_is_named_with_what_would_be_right(line: str, why: str, ann: PublicKey) -> None:
    text = "# first\n" + line.format(ann=ann.text, blob=ann.text.split()[1]) + "\n"
    with pytest.raises(PeopleRefused, match=rf"^line 2 of the list of people: .*({why})"):
        read_people(text)


def test_one_key_under_two_names_is_refused(ann: PublicKey) -> None:
    with pytest.raises(PeopleRefused, match=r"^line 2 .*bob has the same key as ann in line 1"):
        read_people(f"ann {ann.text}\nbob {ann.text} another comment\n")


def test_a_key_dressed_up_as_a_hardware_key_is_still_the_same_key(ann: PublicKey) -> None:
    reader = Reader(ann.blob)
    reader.string()
    dressed = public_key(string(b"sk-ssh-ed25519@openssh.com") + string(reader.string()) + string(b"ssh:"))
    assert dressed.fingerprint != ann.fingerprint
    with pytest.raises(PeopleRefused, match="bob has the same key as ann"):
        read_people(f"ann {ann.text}\nbob {dressed.text}\n")


def test_a_line_twice_is_refused(ann: PublicKey) -> None:
    with pytest.raises(PeopleRefused, match=r"^line 2 .*ann already has this key in line 1"):
        read_people(f"ann {ann.text}\nann {ann.text}\n")


@pytest.mark.parametrize("second", ["ann@example.com", "ANN", "carl,ann"])
def test_a_name_belongs_to_one_person(second: str, ann: PublicKey, bob: PublicKey) -> None:
    with pytest.raises(PeopleRefused, match=r"^line 2 .*share the name"):
        read_people(f"ann,ann@example.com {ann.text}\n{second} {bob.text}\n")


@pytest.mark.parametrize("separator", ["\u2028", "\x0b", "\x85", "\x1c", "\r"])
def test_a_line_hidden_in_a_comment_is_refused(separator: str, ann: PublicKey, bob: PublicKey) -> None:
    with pytest.raises(PeopleRefused, match=r"^line 1 .*one line"):
        read_people(f"ann {ann.text} comment{separator}bob {bob.text}\n")


def test_adding_appends_a_line_that_reads_back(ann: PublicKey, bob: PublicKey) -> None:
    before = f"# ours\nann {ann.text}"
    after = add_person(before, "bob", f"{bob.text} bob\x07 @home", namespaces="desk.sale")
    assert after == f'{before}\nbob namespaces="desk.sale" {bob.text} @home\n'
    assert read_people(after).roster.names() == ("ann", "bob")


@pytest.mark.parametrize(
    ("name", "key", "namespaces", "why"),
    [
        ("ann", "{ann}", None, "ann already has the key"),
        ("bob", "{ann}", None, "bob has the same key as ann"),
        ("b*b", "{bob}", None, "not a name"),
        ("bob\ncarl", "{bob}", None, "not a name"),
        ("bob", "{bob}\ncarl {bob}", None, "one line"),
        ("bob", "nonsense", None, "one line"),
        ("bob", "{bob}", 'desk.sale" x="', "not a list of namespaces"),
        ("bob", "{bob}", "a\nb", "not a list of namespaces"),
    ],
)
def test_adding_what_cannot_be_added_is_refused(
    name: str, key: str, namespaces: str | None, why: str, key_of: KeyOf
) -> None:
    ann = key_of("ann").public
    key = key.format(ann=ann.text, bob=key_of("bob").public.text)
    with pytest.raises(PeopleRefused, match=why):
        add_person(f"ann {ann.text}\n", name, key, namespaces=namespaces)


def test_a_revoked_key_is_known_as_such_and_never_taken_in_again(ann: PublicKey, bob: PublicKey) -> None:
    before = f"ann {ann.text}\nbob {bob.text}\n"
    after = revoke_person(before, "bob", NOW)
    roster = read_people(after).roster
    assert roster.names() == ("ann",)
    assert roster.revoked == {bob.fingerprint: "on 2026-02-07T12:00:00Z"}
    with pytest.raises(PeopleRefused, match="was revoked on 2026-02-07"):
        add_person(after, "carl", bob.text)


def test_revoking_one_key_leaves_the_other(ann: PublicKey, bob: PublicKey) -> None:
    after = revoke_person(f"ann {ann.text}\nann {bob.text}\n", "ann", NOW, ann.fingerprint)
    assert read_people(after).keys_of("ann") == (bob,)


def test_revoking_nobody_is_refused(ann: PublicKey) -> None:
    with pytest.raises(PeopleRefused, match="nobody in the list is called 'bob'; it has ann"):
        revoke_person(f"ann {ann.text}\n", "bob", NOW)
    with pytest.raises(PeopleRefused, match="ann has no key SHA256:x"):
        revoke_person(f"ann {ann.text}\n", "ann", NOW, "SHA256:x")


def test_a_roster_put_together_by_hand_keeps_one_owner_per_key() -> None:
    right = Right("SHA256:x")
    with pytest.raises(PeopleRefused, match="same key"):
        Roster((Person("ann", (right,)), Person("bob", (right,))))
    with pytest.raises(PeopleRefused, match="also a name of"):
        Roster((Person("ann", ()), Person("Bob", (), ("Ann",))))


@given(st.text(max_size=120))
def test_no_text_does_anything_but_be_read_or_refused(text: str) -> None:
    for candidate in (text, f"ann {text}", f"ann ssh-ed25519 {text}", f'ann namespaces="{text}" ssh-ed25519 AAAA'):
        try:
            read_people(candidate)
        except PeopleRefused:
            continue


@given(
    st.sampled_from(["ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "sk-ecdsa-sha2-nistp256@openssh.com"]),
    st.binary(max_size=120),
)
def test_no_key_bytes_do_anything_but_be_read_or_refused(kind: str, data: bytes) -> None:
    for blob in (
        data,
        string(kind.encode()) + data,
        string(kind.encode()) + string(data),
        string(kind.encode()) + string(b"nistp256") + string(b"\x04" + data),
    ):
        try:
            read_people(f"ann {kind} {base64.b64encode(blob).decode()}\n")
        except PeopleRefused:
            continue
