"""A sale is approved by enough other people over exactly these terms, or not at all; every no has its sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from desk.canonical import digest
from desk.permission.approvals import Circumstances, admit, admit_staging, judge, read_signed_terms
from desk.permission.people import People, read_people, revoke_person
from desk.permission.refusals import Reason, SignatureRefused
from desk.permission.roster import Person, Right, Roster
from desk.permission.signatures import Offered
from desk.permission.sshsig import RESUME
from desk.sale.terms import (
    Limits,
    Purpose,
    PurposeKind,
    Schedule,
    ScheduleKind,
    TacticName,
    Terms,
    VenueShare,
    Window,
)
from desk.units import Bps, Price, Sats

SignedBy = Callable[..., Offered]
TermsOf = Callable[..., bytes]
NINE = datetime(2026, 2, 7, 9, 0, tzinfo=UTC)
EXPIRES = datetime(2026, 2, 8, 12, 0, tzinfo=UTC)


@pytest.fixture
def terms(terms_of: TermsOf) -> bytes:
    return terms_of()


@pytest.fixture
def staged(signed_by: SignedBy, terms: bytes, now: datetime) -> Offered:
    return signed_by("olga", terms, at=now)


def refusal(
    terms: bytes, recorded: list[Offered], offered: Offered, given: Circumstances, terms_digest: str = ""
) -> SignatureRefused:
    with pytest.raises(SignatureRefused) as caught:
        admit(terms, terms_digest or digest(terms), recorded, offered, given)
    judged = judge(terms, terms_digest or digest(terms), [*recorded, offered], given)
    assert judged.obstacles or len(recorded) in [refused.index for refused in judged.not_counted]
    return caught.value


def test_two_other_people_approve(
    terms: bytes, staged: Offered, signed_by: SignedBy, given: Circumstances, now: datetime
) -> None:
    ann, bob = signed_by("ann", terms), signed_by("bob", terms, at=now + timedelta(minutes=90))
    verdict = judge(terms, digest(terms), [bob, staged, ann], given)
    assert verdict.is_granted
    assert [approval.person for approval in verdict.approvals] == ["ann", "bob"]
    assert verdict.staged is not None
    assert verdict.staged.person == "olga"
    assert verdict.granted_at == now + timedelta(minutes=90)
    assert verdict.not_counted == verdict.obstacles == ()
    assert verdict.sentence == "2 of 2 approvals (ann, bob)"


def test_one_is_not_two(terms: bytes, staged: Offered, signed_by: SignedBy, given: Circumstances) -> None:
    verdict = judge(terms, digest(terms), [staged, signed_by("ann", terms)], given)
    assert (verdict.is_granted, verdict.missing, verdict.granted_at) == (False, 1, None)


def test_more_than_enough_grants_when_enough_had_come(
    terms: bytes, staged: Offered, signed_by: SignedBy, given: Circumstances, now: datetime
) -> None:
    signatures = [staged] + [
        signed_by(name, terms, at=now + timedelta(minutes=minutes))
        for name, minutes in (("carl", 30), ("ann", 10), ("bob", 20))
    ]
    assert judge(terms, digest(terms), signatures, given).granted_at == now + timedelta(minutes=20)


def test_a_signature_over_other_terms_does_not_count(
    terms: bytes, staged: Offered, terms_of: TermsOf, signed_by: SignedBy, given: Circumstances
) -> None:
    other = signed_by("ann", terms_of(sell_sats=900_00000000))
    assert refusal(terms, [staged], other, given).reason is Reason.OTHER_TERMS


def test_a_signature_from_another_database_does_not_count(
    terms: bytes, staged: Offered, terms_of: TermsOf, signed_by: SignedBy, given: Circumstances
) -> None:
    elsewhere = terms_of(desk_id="e" * 32)
    assert refusal(terms, [staged], signed_by("ann", elsewhere), given).reason is Reason.OTHER_TERMS
    copied = [signed_by("olga", elsewhere)]
    found = refusal(elsewhere, copied, signed_by("ann", elsewhere), given)
    assert found.reason is Reason.OTHER_DATABASE
    assert "staged in another database" in found.sentence


def test_the_same_sale_staged_again_needs_new_signatures(
    terms: bytes, staged: Offered, terms_of: TermsOf, signed_by: SignedBy, given: Circumstances
) -> None:
    assert refusal(terms, [staged], signed_by("ann", terms_of(nonce="n2")), given).reason is Reason.OTHER_TERMS


def test_an_unknown_key_does_not_count(
    terms: bytes, staged: Offered, signed_by: SignedBy, given: Circumstances
) -> None:
    found = refusal(terms, [staged], signed_by("mallory", terms), given)
    assert found.reason is Reason.UNKNOWN_KEY
    assert "belongs to nobody in the list of people" in found.sentence


def test_the_stager_does_not_approve(
    terms: bytes, staged: Offered, signed_by: SignedBy, given: Circumstances
) -> None:
    found = refusal(terms, [staged], signed_by("olga", terms), given)
    assert found.reason is Reason.BY_STAGER
    assert found.sentence == "olga staged S-2026-0007; somebody else has to approve it"


def test_the_stager_does_not_approve_with_another_key_or_name(
    terms_of: TermsOf, signed_by: SignedBy, people: People, given: Circumstances
) -> None:
    olga, ann, bob, _ = people.roster.people
    both = replace(given, required=1, roster=Roster((Person("olga", (*olga.rights, *bob.rights), ("ol",)), ann)))
    terms = terms_of(stager="ol")
    assert refusal(terms, [signed_by("olga", terms)], signed_by("bob", terms), both).reason is Reason.BY_STAGER


def test_one_person_counts_once(terms: bytes, staged: Offered, signed_by: SignedBy, given: Circumstances) -> None:
    found = refusal(terms, [staged, signed_by("ann", terms)], signed_by("ann", terms), given)
    assert found.reason is Reason.TWICE
    assert found.sentence == "ann signed already at 2026-02-07T13:00:00Z; one person counts once"


def test_one_person_with_two_keys_counts_once(
    terms: bytes, staged: Offered, signed_by: SignedBy, people: People, given: Circumstances
) -> None:
    olga, ann, bob, _ = people.roster.people
    two_keys = replace(given, roster=Roster((olga, Person("ann", (*ann.rights, *bob.rights)))))
    recorded = [staged, signed_by("ann", terms)]
    assert refusal(terms, recorded, signed_by("bob", terms), two_keys).reason is Reason.TWICE


def test_a_key_does_not_sign_under_another_name(
    terms: bytes, staged: Offered, signed_by: SignedBy, given: Circumstances
) -> None:
    recorded = [staged, signed_by("ann", terms)]
    found = refusal(terms, recorded, signed_by("ann", terms, claiming="bob"), given)
    assert found.reason is Reason.ANOTHER_NAME
    assert "is ann's; it cannot sign as bob" in found.sentence


def test_an_approval_at_the_very_expiry_counts_and_a_microsecond_later_does_not(
    terms: bytes, staged: Offered, signed_by: SignedBy, given: Circumstances
) -> None:
    at_expiry = replace(given, now=EXPIRES)
    assert admit(terms, digest(terms), [staged], signed_by("ann", terms, at=EXPIRES), at_expiry).person == "ann"
    late = signed_by("ann", terms, at=EXPIRES + timedelta(microseconds=1))
    found = refusal(terms, [staged], late, at_expiry)
    assert found.reason is Reason.EXPIRED
    assert "expired at 2026-02-08T12:00:00Z; stage the sale again" in found.sentence


def test_an_incomplete_sale_expires_and_a_complete_one_carries_on(
    terms: bytes, staged: Offered, signed_by: SignedBy, given: Circumstances
) -> None:
    later = replace(given, now=EXPIRES + timedelta(hours=1))
    in_time = [staged, signed_by("ann", terms), signed_by("bob", terms)]
    assert judge(terms, digest(terms), in_time, later).is_granted
    verdict = judge(terms, digest(terms), in_time[:2], later)
    assert [obstacle.reason for obstacle in verdict.obstacles] == [Reason.EXPIRED]
    assert "with 1 of 2" in verdict.sentence
    assert refusal(terms, in_time[:2], signed_by("bob", terms, at=later.now), later).reason is Reason.EXPIRED


def test_a_signature_for_another_purpose_does_not_count(
    terms: bytes, staged: Offered, signed_by: SignedBy, given: Circumstances
) -> None:
    resumed = signed_by("ann", terms, namespace=RESUME)
    assert refusal(terms, [staged], resumed, given).reason is Reason.WRONG_NAMESPACE


def test_garbage_does_not_count(terms: bytes, staged: Offered, given: Circumstances, now: datetime) -> None:
    assert refusal(terms, [staged], Offered("garbage", now), given).reason is Reason.MALFORMED


def test_a_revoked_key_no_longer_counts(
    terms: bytes, staged: Offered, signed_by: SignedBy, given: Circumstances, people: People
) -> None:
    lines = [f"{entry.names[0]} {entry.key.text}" for entry in people.entries]
    after = read_people(revoke_person("\n".join(lines), "ann", datetime(2026, 2, 7, 12, 0, tzinfo=UTC))).roster
    signatures = [staged, signed_by("ann", terms), signed_by("bob", terms)]
    assert judge(terms, digest(terms), signatures, given).is_granted
    verdict = judge(terms, digest(terms), signatures, replace(given, roster=after))
    assert not verdict.is_granted
    (refused,) = verdict.not_counted
    assert (refused.index, refused.reason) == (1, Reason.REVOKED_KEY)
    assert "was revoked on 2026-02-07T12:00:00Z" in refused.sentence


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({"namespaces": "desk.resume"}, (Reason.NOT_PERMITTED, "may sign desk.resume, not desk.sale")),
        ({"valid_after": EXPIRES}, (Reason.KEY_NOT_VALID, "not valid before 2026-02-08")),
        ({"valid_before": EXPIRES - timedelta(days=1)}, (Reason.KEY_NOT_VALID, "not valid after 2026-02-07T12:00")),
    ],
)
def test_a_key_signs_only_what_and_when_it_may(
    limits: dict[str, object], expected: tuple[Reason, str], signed_by: SignedBy, terms: bytes, given: Circumstances
) -> None:
    olga, ann, *_ = given.roster.people
    right = Right(ann.rights[0].fingerprint, **limits)  # type: ignore[arg-type]
    limited = replace(given, roster=Roster((olga, Person("ann", (right,)))))
    found = refusal(terms, [signed_by("olga", terms)], signed_by("ann", terms), limited)
    assert found.reason is expected[0]
    assert expected[1] in found.sentence


def test_a_key_must_be_valid_when_it_signed_and_still_be_so_now(
    signed_by: SignedBy, terms: bytes, given: Circumstances
) -> None:
    olga, ann, *_ = given.roster.people
    limited = Person("ann", (replace(ann.rights[0], valid_after=NINE, valid_before=EXPIRES - timedelta(hours=1)),))
    case = replace(given, required=1, roster=Roster((olga, limited)))
    early = [signed_by("olga", terms), signed_by("ann", terms, at=NINE - timedelta(seconds=1))]
    in_time = [signed_by("olga", terms), signed_by("ann", terms, at=NINE)]
    assert not judge(terms, digest(terms), early, case).is_granted
    assert judge(terms, digest(terms), in_time, case).is_granted
    assert not judge(terms, digest(terms), in_time, replace(case, now=EXPIRES)).is_granted


def test_terms_that_were_exchanged_after_staging_void_everything(
    terms_of: TermsOf, signed_by: SignedBy, given: Circumstances
) -> None:
    staged_digest = digest(terms_of())
    exchanged = terms_of(sell_sats=900_00000000)
    signatures = [signed_by(name, exchanged) for name in ("olga", "ann", "bob")]
    assert judge(exchanged, digest(exchanged), signatures, given).is_granted
    verdict = judge(exchanged, staged_digest, signatures, given)
    assert not verdict.is_granted
    assert verdict.obstacles[0].reason is Reason.OTHER_TERMS


def test_another_policy_voids_everything(
    terms: bytes, staged: Offered, signed_by: SignedBy, given: Circumstances
) -> None:
    signatures = [staged, signed_by("ann", terms), signed_by("bob", terms)]
    verdict = judge(terms, digest(terms), signatures, replace(given, policy_digest="q" * 64))
    assert not verdict.is_granted
    assert verdict.obstacles[0].reason is Reason.OTHER_POLICY


def test_the_terms_the_sale_room_writes_are_the_terms_judged_here(given: Circumstances) -> None:
    window = Window(None, EXPIRES, timedelta(hours=6))
    terms = Terms(
        desk_id=given.desk_id,
        nonce="n1",
        sale_id="S-2026-0007",
        quantity=Sats(200_00000000),
        symbol="BTC/USD",
        quote="USD",
        venues=(VenueShare("kraken", "main", Sats(200_00000000)),),
        window=window,
        schedule=Schedule(ScheduleKind.TWAP, 6, 1000, 1000, 7),
        tactic=TacticName.BALANCED,
        limits=Limits(Price(Decimal(60000)), Bps(Decimal(50)), None, Bps(Decimal(2000))),
        reference_price=Price(Decimal(68524)),
        reference_at=EXPIRES - timedelta(days=1),
        purpose=Purpose(PurposeKind.GENERAL),
        stager="olga",
        staged_at=EXPIRES - timedelta(days=1),
        approval_expires=EXPIRES,
        policy_digest=given.policy_digest,
    )
    read = read_signed_terms(terms.canonical())
    assert (read.desk_id, read.sale, read.stager) == (terms.desk_id, terms.sale_id, terms.stager)
    assert (read.approval_expires, read.policy_digest) == (terms.approval_expires, terms.policy_digest)


def test_without_the_stagers_signature_nothing_is_approved(
    terms: bytes, signed_by: SignedBy, given: Circumstances
) -> None:
    verdict = judge(terms, digest(terms), [signed_by("ann", terms), signed_by("bob", terms)], given)
    assert not verdict.is_granted
    assert [obstacle.reason for obstacle in verdict.obstacles] == [Reason.NOT_STAGED]


def test_a_stager_whom_nobody_knows_staged_nothing(
    terms_of: TermsOf, signed_by: SignedBy, given: Circumstances
) -> None:
    terms = terms_of(stager="mallory")
    verdict = judge(terms, digest(terms), [signed_by(name, terms) for name in ("mallory", "ann", "bob")], given)
    assert not verdict.is_granted
    assert verdict.obstacles[0].reason is Reason.NOT_STAGED


@pytest.mark.parametrize(
    "terms",
    [b"", b"[]", b"{}", b"null", b"\xff", b'{"desk_id": 1}'],
)
def test_bytes_that_are_no_terms_are_never_approved(terms: bytes, signed_by: SignedBy, given: Circumstances) -> None:
    verdict = judge(terms, digest(terms), [signed_by("ann", terms), signed_by("bob", terms)], given)
    assert not verdict.is_granted
    assert verdict.obstacles[0].reason is Reason.MALFORMED


@pytest.mark.parametrize(
    "change",
    [{"approval_expires": "soon"}, {"approval_expires": "2026-02-08T12:00:00"}, {"stager": ""}, {"desk_id": 7}],
)
def test_terms_with_a_broken_field_are_never_approved(
    change: dict[str, object], terms_of: TermsOf, signed_by: SignedBy, given: Circumstances
) -> None:
    terms = terms_of(**change)
    signatures = [signed_by(name, terms) for name in ("olga", "ann", "bob")]
    assert judge(terms, digest(terms), signatures, given).obstacles[0].reason is Reason.MALFORMED


def test_the_stagers_own_signature_is_admitted_as_staging_and_nobody_elses(
    terms: bytes, terms_of: TermsOf, staged: Offered, signed_by: SignedBy, given: Circumstances
) -> None:
    assert admit_staging(terms, staged, given).person == "olga"
    for offered, stands_for, reason in (
        (signed_by("ann", terms), terms, Reason.NOT_STAGED),
        (signed_by("mallory", terms), terms, Reason.UNKNOWN_KEY),
        (staged, terms_of(nonce="n2"), Reason.OTHER_TERMS),
    ):
        with pytest.raises(SignatureRefused) as caught:
            admit_staging(stands_for, offered, given)
        assert caught.value.reason is reason
    with pytest.raises(SignatureRefused) as caught:
        admit_staging(terms, staged, replace(given, policy_digest="q" * 64))
    assert caught.value.reason is Reason.OTHER_POLICY


def test_no_sheaf_of_signatures_is_granted_without_two_other_people(
    terms: bytes, terms_of: TermsOf, signed_by: SignedBy, given: Circumstances
) -> None:
    other = terms_of(nonce="n2")
    right = {name: signed_by(name, terms) for name in ("olga", "ann", "bob", "carl", "mallory")}
    wrong = {name: signed_by(name, other) for name in right}
    names = st.sampled_from(sorted(right))

    @for_all(st.lists(st.tuples(names, st.booleans()), max_size=8))
    def holds(drawn: list[tuple[str, bool]]) -> None:
        signatures = [right[name] if good else wrong[name] for name, good in drawn]
        truly = {name for name, good in drawn if good}
        verdict = judge(terms, digest(terms), signatures, given)
        assert verdict.is_granted == ("olga" in truly and len(truly & {"ann", "bob", "carl"}) >= 2)
        counted = len(verdict.approvals) + len(verdict.not_counted) + (verdict.staged is not None)
        assert counted == len(signatures)

    holds()
