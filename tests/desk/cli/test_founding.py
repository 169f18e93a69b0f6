"""`desk init` and `desk people`: what is missing is written, what is there is never touched."""

import stat

import pytest


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def bare(call, tmp_path):
    """A command line over a folder with nothing in it."""
    return lambda *words, **given: call("--config", tmp_path / "new" / "config.toml", *words, **given)


def test_init_makes_a_desk_whose_secrets_are_private(bare, tmp_path):
    said = bare("init", "--yes")
    assert said.code == 0, said.err
    state = tmp_path / "new" / "state"
    assert mode(state / "checkpoint_key") == 0o600
    assert mode(state / "desk.db") == 0o600
    assert (state / "checkpoint_key.pub").exists()
    assert (state / "allowed_signers").read_text().startswith("#")
    assert "policy: none yet; desk people add NAME KEY.pub, then desk init again" in said.out
    assert bare("sale", "list", "--json").json == []


def test_init_a_second_time_changes_nothing(bare, tmp_path):
    bare("init", "--yes")
    before = {path: path.read_bytes() for path in (tmp_path / "new").rglob("*") if path.is_file()}
    again = bare("init", "--yes")
    assert again.code == 0
    assert again.out.count(" is there") == 4
    assert {path: path.read_bytes() for path in (tmp_path / "new").rglob("*") if path.is_file()} == before


def test_init_never_overwrites_what_somebody_wrote(desk):
    files = [desk.folder / name for name in ("config.toml", "state/allowed_signers", "state/checkpoint_key")]
    before = [path.read_bytes() for path in files]
    (desk.folder / "state/checkpoint_key.pub").unlink()
    said = desk.run("init", "--yes")
    assert [path.read_bytes() for path in files] == before
    assert "policy: in force" in said.out


def test_init_asks_first_and_a_no_leaves_nothing(bare, tmp_path):
    said = bare("init", stdin="n\n")
    assert said.code == 130
    assert not (tmp_path / "new").exists()


def test_init_where_nobody_can_answer_names_the_option_that_does(bare, tmp_path):
    said = bare("init")
    assert said.code == 1
    assert "say --yes to go on without asking" in said.err
    assert not (tmp_path / "new").exists()


def test_init_does_not_put_an_edited_policy_in_force(desk, refused):
    desk.edit('floor_usd = "60000"', 'floor_usd = "10"')
    said = desk.run("init", "--yes")
    assert "policy: differs from the accepted one; see desk policy diff" in said.out
    refused(desk.staging(), "not the accepted policy")


def test_people_are_added_listed_and_revoked(desk):
    assert [one["name"] for one in desk.run("people", "list", "--json").json] == ["olga", "alice", "bob"]
    added = desk.run("people", "add", "mallory", desk.key("mallory.pub"), "--namespaces", "desk.resume")
    assert (added.code, added.out) == (0, "")
    assert "SHA256:" in added.err
    assert "desk policy approve" in added.err
    last = desk.run("people", "list", "--json").json[-1]
    assert (last["name"], last["for"]) == ("mallory", "desk.resume")
    assert desk.run("people", "revoke", "bob").code == 0
    assert [one["name"] for one in desk.run("people", "list", "--json").json] == ["olga", "alice", "mallory"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "eve", "keys/alice.pub"), "eve has the same key as alice"),
        (("add", "alice", "keys/alice.pub"), "alice already has the key"),
        (("add", "a b", "keys/mallory.pub"), "'a b' is not a name"),
        (("add", "eve", "keys/alice"), "the key for eve"),
        (("revoke", "eve"), "nobody in the list is called 'eve'"),
        (("revoke", "bob", "--fingerprint", "SHA256:x"), "bob has no key SHA256:x"),
    ],
)
def test_a_person_that_cannot_be_added_or_revoked_leaves_the_list_as_it_was(desk, refused, words, said):
    people = desk.folder / "state/allowed_signers"
    before = people.read_bytes()
    refused(("people", *(desk.folder / word if word.startswith("keys/") else word for word in words)), said)
    assert people.read_bytes() == before


def test_a_revoked_key_is_not_taken_in_again(desk, refused):
    desk.run("people", "revoke", "bob")
    refused(("people", "add", "bob", desk.key("bob.pub")), "was revoked", "give bob a new key")


def test_a_revoked_persons_signature_stops_counting_at_once(desk):
    sale = desk.staged("40")
    for name in ("alice", "bob"):
        desk.run("sale", "approve", sale, "--key", desk.key(name))
    desk.run("people", "revoke", "bob")
    shown = desk.run("sale", "show", sale, "--json").json["approvals"]
    assert {one["counts"] for one in shown} == {False}, "people are part of the policy, so every signature is void"
