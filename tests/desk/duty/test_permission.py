"""The daemon's own judgement (P4): signatures over the bytes, the configured policy, the accepted ones before it."""

import os
import sqlite3
from contextlib import closing

import pytest

from desk.acts import people
from desk.acts.outcome import Refused
from desk.acts.policy import configured_policy, trusted
from desk.clock import micros
from desk.duty.permission import SignedPermission
from desk.ledger import events, sales
from desk.permission import sshsig
from desk.permission.key_files import load_private_key
from desk.permission.requests import Act, EventHead, open_request


@pytest.fixture
def signed(house, see):
    """A staged sale with the approval it needs, and the daemon's judge of it."""
    see(house)
    sale_id = house.stage()
    house.approve(sale_id, "alice")
    judge = SignedPermission(house.config, house.ledger.desk.desk_id, house.clock)

    def verdict():
        with house.read() as tx:
            sale = sales.get(tx, sale_id)
            assert sale is not None
            return judge.sale(tx, sale, house.clock.now())

    assert verdict().is_granted, verdict().sentence
    return house, verdict


def tamper(house, *statements):
    """What somebody can do who holds the database file: guards dropped first, put back afterwards."""
    with closing(sqlite3.connect(house.ledger.path, isolation_level=None)) as database:
        guards = database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        database.execute("BEGIN")
        for name, _ in guards:
            database.execute(f"DROP TRIGGER {name}")
        for statement, values in statements:
            database.execute(statement, values)
        for _, sql in guards:
            database.execute(sql)
        database.execute("COMMIT")


def test_without_enough_signatures_nothing_is_granted(house, see):
    see(house)
    sale_id = house.stage("40")
    judge = SignedPermission(house.config, house.ledger.desk.desk_id, house.clock)
    for name, granted in ((None, False), ("alice", False), ("bob", True)):
        if name:
            house.approve(sale_id, name)
        with house.read() as tx:
            assert judge.sale(tx, house.sale(sale_id), house.clock.now()).is_granted is granted


def test_a_policy_changed_only_in_the_configuration_stops_every_order(signed):
    house, verdict = signed
    house.edit('floor_usd = "60000"', 'floor_usd = "1"')
    assert not verdict().is_granted
    assert "the configuration is not the accepted policy" in verdict().sentence
    house.edit('floor_usd = "1"', 'floor_usd = "60000"')
    assert verdict().is_granted, "what is signed counts again once the configuration is what was accepted"


def test_a_broken_configuration_stops_every_order_in_words(signed):
    house, verdict = signed
    house.edit("[controls]", "[controls")
    assert not verdict().is_granted
    assert "is not TOML" in verdict().sentence


def test_a_configuration_or_list_of_people_that_is_gone_stops_every_order(signed):
    house, verdict = signed
    path = house.config.settings.people.allowed_signers
    kept = path.read_bytes()
    path.unlink()
    assert not verdict().is_granted
    path.write_bytes(kept)
    assert verdict().is_granted
    os.rename(house.folder / "config.toml", house.folder / "gone.toml")
    assert not verdict().is_granted


def test_a_revoked_signer_stops_counting_at_once(signed):
    house, verdict = signed
    people.revoke(house.config.settings.people.allowed_signers, "alice", house.clock.wall())
    assert not verdict().is_granted


def test_a_list_of_people_changed_in_place_counts_at_once_whatever_its_size_and_time_say(signed):
    house, verdict = signed
    path = house.config.settings.people.allowed_signers
    assert verdict().is_granted
    status = path.stat()
    with path.open("r+") as handle:
        handle.write(path.read_text().replace("alice", "alicf"))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (status.st_size, status.st_mtime_ns)
    assert not verdict().is_granted


def test_a_venue_that_was_moved_elsewhere_stops_every_order(signed):
    house, verdict = signed
    house.edit("http://127.0.0.1:1", "http://127.0.0.1:2")
    assert not verdict().is_granted


def test_terms_edited_in_the_database_void_their_signatures(signed):
    house, verdict = signed
    more = "replace(replace(document, '400000000', '900000000'), '4.00000000', '9.00000000')"
    tamper(house, (f"UPDATE terms SET document = {more}", ()))
    assert not verdict().is_granted
    assert "lacks a valid signature of olga" in verdict().sentence


def test_a_signature_row_that_claims_to_be_bobs_is_judged_by_its_key(house, see):
    see(house)
    sale_id = house.stage("40")
    house.approve(sale_id, "alice")
    forged = sshsig.sign(b"anything", sshsig.SALE, load_private_key(house.key("mallory")))
    mine = "SELECT armored FROM signatures WHERE principal = 'alice'"
    for armored in (forged, None):
        source = "?" if armored else f"({mine})"
        values = (armored,) if armored else ()
        copied = "subject, 'bob', role, 'SHA256:' || hex(randomblob(8)), {0}, signed_at, recorded_at"
        tamper(
            house,
            ("DELETE FROM signatures WHERE principal = 'bob'", ()),
            (
                "INSERT INTO signatures (subject, principal, role, fingerprint, armored, signed_at, recorded_at) "
                f"SELECT {copied.format(source)} FROM signatures WHERE principal = 'alice'",
                values,
            ),
        )
        judge = SignedPermission(house.config, house.ledger.desk.desk_id, house.clock)
        with house.read() as tx:
            assert len(sales.signatures(tx, sale_id)) == 3
            assert not judge.sale(tx, house.sale(sale_id), house.clock.now()).is_granted


# A policy that somebody put into the database


def smuggle(house, request_id=None):
    """The configured policy as number 2, as only the daemon or a signed act would write it."""
    policy = configured_policy(house.config)
    insert = "INSERT INTO policies (number, digest, document, request_id, accepted) VALUES (2, ?, ?, ?, ?)"
    values = (policy.digest(), policy.canonical().decode(), request_id, micros(house.clock.now()))
    tamper(house, (insert, values))
    return policy


def record_request(house, payload, *names):
    """A request for a policy and the signatures of `names`, written past every check."""
    with house.read() as tx:
        head = events.head(tx)
    request = open_request(
        Act.POLICY,
        payload,
        desk_id=house.ledger.desk.desk_id,
        nonce="n",
        head=EventHead(head.seq, head.hash),
        opened_at=house.clock.wall(),
    )
    now = micros(house.clock.wall())
    columns = "id, kind, subject, nonce, body, opener, head_seq, opened, expires"
    body = (request.raw.decode(), "alice", head.seq, now, now + 3_600_000_000)
    statements = [
        (f"INSERT INTO requests ({columns}) VALUES ('R-1', ?, 'x', 'n', ?, ?, ?, ?, ?)", (Act.POLICY.value, *body))
    ]
    for name in names:
        key = load_private_key(house.key(name))
        armored = sshsig.sign(request.raw, Act.POLICY.namespace, key)
        statements.append(
            (
                "INSERT INTO signatures VALUES (?, ?, ?, ?, ?, ?, ?)",
                _in_order(
                    house,
                    subject="R-1",
                    principal=name,
                    role=Act.POLICY.value,
                    fingerprint=key.public.fingerprint,
                    armored=armored,
                    signed_at=now,
                    recorded_at=now,
                ),
            )
        )
    tamper(house, *statements)


def _in_order(house, **values):
    with closing(sqlite3.connect(house.ledger.path)) as database:
        names = [row[1] for row in database.execute("PRAGMA table_info(signatures)")]
    return tuple(values[name] for name in names)


@pytest.fixture
def lowered(signed):
    """Somebody lowered the floor in the configuration and now wants the database to say it was accepted."""
    house, verdict = signed
    before = configured_policy(house.config).digest()
    house.edit('floor_usd = "60000"', 'floor_usd = "1"')
    return house, verdict, {"policy": configured_policy(house.config).digest(), "replaces": before}


def refused(house, verdict, words):
    with house.read() as tx, pytest.raises(Refused, match=words):
        trusted(house.config, tx)
    assert not verdict().is_granted
    assert words in verdict().sentence


def test_a_smuggled_policy_without_signatures_is_not_trusted(lowered):
    house, verdict, _ = lowered
    smuggle(house)
    refused(house, verdict, "policy 2 was accepted without a signed request; nothing may be sold under it")


def test_a_smuggled_policy_with_one_signature_is_not_trusted(lowered):
    house, verdict, payload = lowered
    record_request(house, payload, "alice")
    smuggle(house, "R-1")
    refused(house, verdict, "policy 2 was accepted without the signatures it needs")


def test_a_smuggled_policy_signed_by_somebody_it_brings_in_is_not_trusted(lowered):
    house, verdict, _ = lowered
    text = house.key("mallory.pub").read_text()
    before = configured_policy(house.config)
    people.add(house.config.settings.people.allowed_signers, "mallory", text)
    payload = {"policy": configured_policy(house.config).digest(), "replaces": before.digest()}
    record_request(house, payload, "alice", "mallory")
    smuggle(house, "R-1")
    assert not verdict().is_granted


def test_a_smuggled_policy_under_a_request_for_another_one_is_not_trusted(lowered):
    house, verdict, payload = lowered
    record_request(house, payload | {"policy": "0" * 64}, "alice", "bob")
    smuggle(house, "R-1")
    refused(house, verdict, "policy 2 was accepted without a signed request")


def test_the_same_policy_with_two_signatures_is_trusted(lowered):
    """What the refusals above are measured against."""
    house, verdict, payload = lowered
    record_request(house, payload, "alice", "bob")
    policy = smuggle(house, "R-1")
    with house.read() as tx:
        accepted = trusted(house.config, tx).accepted
    assert accepted is not None
    assert accepted.digest() == policy.digest()
    assert "restart desk daemon" in verdict().sentence, "but this daemon was built from the older limits"


def test_a_daemon_built_from_edited_limits_sells_nothing_though_the_file_was_put_back(signed):
    """The judge reads the file again, the executor does not: both have to speak of the same limits."""
    house, verdict = signed
    assert verdict().is_granted
    house.edit('floor_usd = "60000"', 'floor_usd = "1"')
    judge = SignedPermission(house.config, house.ledger.desk.desk_id, house.clock)
    house.edit('floor_usd = "1"', 'floor_usd = "60000"')
    with house.read() as tx:
        (sale,) = sales.listed(tx)
        judged = judge.sale(tx, sale, house.clock.now())
    assert not judged.is_granted
    assert "restart desk daemon" in judged.sentence
