"""Lifting a halt, settling an order, changing the policy: enough people sign the same bytes within the hour."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from desk.canonical import canonical_bytes, read_canonical
from desk.permission.people import People
from desk.permission.policy import Policy, Tier
from desk.permission.refusals import Reason, RequestRefused, SignatureRefused
from desk.permission.requests import (
    Act,
    EventHead,
    Request,
    RequestCircumstances,
    admit_to_request,
    judge_request,
    open_request,
    read_request,
    signatures_required,
)
from desk.permission.signatures import Offered
from desk.permission.sshsig import BLOCK, NAMESPACES, SALE

SignedBy = Callable[..., Offered]
HEAD = EventHead(41, "a" * 64)


@pytest.fixture
def rearm(now: datetime, desk_id: str) -> Request:
    return open_request(Act.REARM, {"halt": 40}, desk_id=desk_id, nonce="n1", head=HEAD, opened_at=now)


@pytest.fixture
def given(people: People, now: datetime, desk_id: str) -> RequestCircumstances:
    return RequestCircumstances(
        desk_id=desk_id,
        roster=people.roster,
        required=2,
        now=now + timedelta(minutes=30),
        head_hash=HEAD.hash,
        newest_halt=40,
    )


@pytest.fixture
def by(signed_by: SignedBy, rearm: Request, now: datetime) -> Callable[..., Offered]:
    def signed(
        name: str, *, after: timedelta = timedelta(minutes=1), namespace: str = Act.REARM.namespace
    ) -> Offered:
        return signed_by(name, rearm.raw, at=now + after, namespace=namespace)

    return signed


def refusal(
    request: Request, recorded: list[Offered], offered: Offered, given: RequestCircumstances
) -> SignatureRefused:
    with pytest.raises(SignatureRefused) as caught:
        admit_to_request(request, recorded, offered, given)
    judged = judge_request(request, [*recorded, offered], given)
    assert judged.obstacles or len(recorded) in [refused.index for refused in judged.not_counted]
    return caught.value


def test_two_people_lift_a_halt(rearm: Request, by: Callable[..., Offered], given: RequestCircumstances) -> None:
    assert admit_to_request(rearm, [by("olga")], by("ann"), given).person == "ann"
    verdict = judge_request(rearm, [by("olga"), by("ann")], given)
    assert verdict.is_granted
    assert verdict.sentence == "2 of 2 signatures (olga, ann)"


def test_one_person_does_not(rearm: Request, by: Callable[..., Offered], given: RequestCircumstances) -> None:
    verdict = judge_request(rearm, [by("olga"), by("olga")], given)
    assert (verdict.is_granted, verdict.missing) == (False, 1)
    assert refusal(rearm, [by("olga")], by("olga"), given).reason is Reason.TWICE


def test_each_act_has_its_number_of_people(people: People) -> None:
    policy = Policy({}, (Tier(Decimal(0), 1), Tier(Decimal(10), 3)), people.roster.people, {})
    assert {act: signatures_required(act, policy) for act in Act} == {
        Act.RESUME: 1,
        Act.REARM: 2,
        Act.RESOLVE: 2,
        Act.POLICY: 3,
    }
    assert {act.namespace for act in Act} == set(NAMESPACES) - {SALE, BLOCK}


def test_a_newer_halt_voids_it_and_the_halt_it_answers_does_not(
    rearm: Request, by: Callable[..., Offered], given: RequestCircumstances
) -> None:
    signatures = [by("olga"), by("ann")]
    assert judge_request(rearm, signatures, replace(given, newest_halt=41)).is_granted
    verdict = judge_request(rearm, signatures, replace(given, newest_halt=42))
    assert [obstacle.reason for obstacle in verdict.obstacles] == [Reason.VOIDED_BY_HALT]
    assert not verdict.is_granted


def test_it_ends_after_one_hour(
    rearm: Request, by: Callable[..., Offered], given: RequestCircumstances, now: datetime
) -> None:
    signatures = [by("olga"), by("ann", after=timedelta(hours=1))]
    assert judge_request(rearm, signatures, replace(given, now=now + timedelta(hours=1))).is_granted
    late = replace(given, now=now + timedelta(hours=1, microseconds=1))
    assert judge_request(rearm, signatures, late).obstacles[0].reason is Reason.EXPIRED
    too_late = by("ann", after=timedelta(hours=1, microseconds=1))
    assert refusal(rearm, [by("olga")], too_late, given).reason is Reason.EXPIRED


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"desk_id": "e" * 32}, Reason.OTHER_DATABASE),
        ({"head_hash": "b" * 64}, Reason.OTHER_DATABASE),
        ({"head_hash": None}, Reason.OTHER_DATABASE),
        ({"is_spent": True}, Reason.SPENT),
    ],
)
def test_it_is_worth_nothing_elsewhere_or_twice(
    changed: dict[str, object],
    reason: Reason,
    rearm: Request,
    by: Callable[..., Offered],
    given: RequestCircumstances,
) -> None:
    there = replace(given, **changed)  # type: ignore[arg-type]
    assert not judge_request(rearm, [by("olga"), by("ann")], there).is_granted
    assert refusal(rearm, [by("olga")], by("ann"), there).reason is reason


def test_a_request_from_the_future_is_not_granted(
    rearm: Request, by: Callable[..., Offered], given: RequestCircumstances, now: datetime
) -> None:
    early = replace(given, now=now - timedelta(minutes=2))
    verdict = judge_request(rearm, [by("olga"), by("ann")], early)
    assert not verdict.is_granted
    assert "opened in the future" in verdict.sentence


def test_signatures_for_other_acts_other_requests_and_by_strangers_do_not_count(
    rearm: Request, by: Callable[..., Offered], signed_by: SignedBy, given: RequestCircumstances, now: datetime
) -> None:
    other = open_request(Act.REARM, {"halt": 40}, desk_id=rearm.desk_id, nonce="n2", head=HEAD, opened_at=now)
    elsewhere = signed_by("ann", other.raw, at=now, namespace=Act.REARM.namespace)
    assert refusal(rearm, [by("olga")], elsewhere, given).reason is Reason.OTHER_TERMS
    assert refusal(rearm, [by("olga")], by("ann", namespace=SALE), given).reason is Reason.WRONG_NAMESPACE
    assert refusal(rearm, [by("olga")], by("mallory"), given).reason is Reason.UNKNOWN_KEY
    assert refusal(rearm, [by("olga")], Offered("garbage", now), given).reason is Reason.MALFORMED


def test_a_request_reads_back_from_its_bytes(rearm: Request) -> None:
    assert read_request(rearm.raw) == rearm
    assert rearm.expires_at - rearm.opened_at == timedelta(hours=1)


CHANGED: dict[str, object] = {
    "format": "desk.request/2",
    "kind": "desk.sale",
    "desk_id": "",
    "nonce": 7,
    "head": {"seq": "41", "hash": "a"},
    "opened_at": "2026-02-07T12:00:00",
    "expires_at": "2026-02-07T14:00:00Z",
    "payload": [],
    "more": 1,
}


@pytest.mark.parametrize("field", CHANGED)
def test_bytes_with_a_changed_field_are_no_request(rearm: Request, field: str) -> None:
    document = read_canonical(rearm.raw)
    assert isinstance(document, dict)
    with pytest.raises(RequestRefused):
        read_request(canonical_bytes({**document, field: CHANGED[field]}))  # type: ignore[dict-item]


@pytest.mark.parametrize(
    "field", ["format", "kind", "desk_id", "nonce", "head", "opened_at", "expires_at", "payload"]
)
def test_bytes_with_a_missing_field_are_no_request(rearm: Request, field: str) -> None:
    document = read_canonical(rearm.raw)
    assert isinstance(document, dict)
    del document[field]
    with pytest.raises(RequestRefused):
        read_request(canonical_bytes(document))


@for_all(st.binary(max_size=80))
def test_no_bytes_do_anything_but_be_refused(data: bytes) -> None:
    with pytest.raises(RequestRefused):
        read_request(data)


def test_a_payload_without_one_spelling_is_refused(now: datetime) -> None:
    with pytest.raises(RequestRefused, match=r"\$\.payload\.price is 1\.5"):
        open_request(Act.RESOLVE, {"price": 1.5}, desk_id="d", nonce="n", head=HEAD, opened_at=now)  # type: ignore[dict-item]
