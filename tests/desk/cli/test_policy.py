"""`desk policy`: a change is shown, signed by enough different people of the old policy, and only then in force."""

import pytest

from desk.acts.policy import standing
from desk.acts.signing import sign_request
from desk.clock import LiveClock
from desk.permission.requests import Act


@pytest.fixture
def edited(desk):
    """A floor of 50,000 in the configuration, and nobody asked."""
    desk.edit('floor_usd = "60000"', 'floor_usd = "50000"')
    return desk


def test_the_accepted_policy_is_in_force(desk):
    shown = desk.run("policy", "show", "--json").json
    assert shown["in_force"] is True
    assert shown["policy"]["controls"]["floor_usd"] == "60000"
    assert sorted(shown["policy"]["people"]) == ["alice", "bob", "olga"]
    assert desk.run("policy", "check").out == f"in force: {shown['digest']}\n"
    assert desk.run("policy", "diff").out == "no difference\n"


def test_a_change_is_shown_and_fails_the_check(edited, refused):
    (line,) = edited.run("policy", "diff").out.splitlines()
    assert "floor_usd" in line
    assert "60000" in line
    assert "50000" in line
    refused(("policy", "check"), "the configuration is not the accepted policy; desk policy diff")


def test_two_people_put_a_change_in_force_and_not_one(edited, refused):
    alone = edited.run("policy", "approve", "--key", edited.key("alice"))
    assert (alone.code, alone.out) == (0, "signed as alice; 1 of 2 signatures (alice)\n")
    refused(("policy", "check"), "not the accepted policy")
    refused(edited.staging(), "not the accepted policy")
    refused(("policy", "approve", "--key", edited.key("alice")), "alice signed already at", "one person counts once")
    both = edited.run("policy", "approve", "--key", edited.key("bob"))
    assert both.out == "signed as bob; 2 of 2 signatures (alice, bob): in force\n"
    assert edited.run("policy", "check").code == 0
    assert edited.stage("4", floor="55000").code == 0
    refused(("policy", "approve", "--key", edited.key("olga")), "is the accepted policy already")


def test_a_signature_for_one_change_does_not_count_for_the_next(edited, refused):
    edited.run("policy", "approve", "--key", edited.key("alice"))
    edited.edit('floor_usd = "50000"', 'floor_usd = "40000"')
    said = edited.run("policy", "approve", "--key", edited.key("bob"))
    assert "1 of 2 signatures (bob)" in said.out
    refused(("policy", "check"), "not the accepted policy")


def test_nobody_signs_themselves_in(desk, refused):
    desk.run("people", "add", "mallory", desk.key("mallory.pub"))
    refused(("policy", "approve", "--key", desk.key("mallory")), "belongs to nobody who may sign")


def test_who_is_being_taken_out_does_not_decide(desk, refused):
    desk.run("people", "revoke", "bob")
    refused(("policy", "approve", "--key", desk.key("bob")), "belongs to nobody who may sign")
    for name in ("alice", "olga"):
        assert desk.run("policy", "approve", "--key", desk.key(name)).code == 0
    refused(("policy", "check"), "the highest tier needs 2 approvers beside the stager, and only 2 people are listed")


def test_a_new_policy_voids_what_was_signed_under_the_old(desk):
    sale = desk.staged()
    desk.run("sale", "approve", sale, "--key", desk.key("alice"))
    desk.edit('floor_usd = "60000"', 'floor_usd = "50000"')
    for name in ("alice", "bob"):
        desk.run("policy", "approve", "--key", desk.key(name))
    (approval,) = desk.run("sale", "show", sale, "--json").json["approvals"]
    assert approval["counts"] is False
    assert "was signed under policy" in approval["why_not"]


def test_an_acceptance_that_was_interrupted_is_finished_without_signing_again(edited, refused):
    """Both signed, and the process ended before the policy was put in force: either of them may finish it."""
    edited.run("policy", "approve", "--key", edited.key("alice"))
    with edited.open() as ledger:
        with ledger.read() as tx:
            now = standing(edited.config, tx)
        assert now.accepted is not None
        payload = {"policy": now.digest, "replaces": now.accepted.digest()}
        sign_request(edited.config, ledger, LiveClock(), Act.POLICY, now.digest, payload, key_file=edited.key("bob"))
    refused(("policy", "check"), "not the accepted policy")
    said = edited.run("policy", "approve", "--key", edited.key("bob"))
    assert said.out == "signed as bob; 2 of 2 signatures (alice, bob): in force\n"
