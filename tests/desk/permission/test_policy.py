"""The tiers say how many approve, and the digest changes with everything that says who may do what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.canonical import canonical_bytes
from desk.permission.people import People
from desk.permission.policy import Policy, Tier, VenuePolicy, as_document, read_policy, signers_of_change
from desk.permission.policy_diff import diff
from desk.permission.refusals import PolicyRefused
from desk.permission.roster import Person, Right

TIERS = (Tier(Decimal(0), 1), Tier(Decimal(1_000_000), 2), Tier(Decimal(50_000_000), 3))
CONTROLS = {"max_order_btc": "5", "max_day_usd": "150000000", "max_slippage_bps": 50}
KRAKEN = VenuePolicy("kraken", "BTC/USD", "http://127.0.0.1:8099")


@pytest.fixture
def policy(people: People) -> Policy:
    return Policy(CONTROLS, TIERS, people.roster.people, {"kraken": KRAKEN})


@pytest.mark.parametrize(
    ("notional", "required"),
    [
        ("0", 1),
        ("0.01", 1),
        ("1000000", 1),
        ("1000000.00000001", 2),
        ("50000000", 2),
        ("50000000.01", 3),
        ("305000000", 3),
    ],
)
def test_a_tier_begins_strictly_above_its_threshold(policy: Policy, notional: str, required: int) -> None:
    assert policy.required_approvals(Decimal(notional)) == required


def test_the_order_of_the_tiers_does_not_matter(policy: Policy) -> None:
    shuffled = replace(policy, tiers=tuple(reversed(TIERS)))
    assert shuffled.required_approvals(Decimal(2_000_000)) == 2
    assert shuffled.digest() == policy.digest()


def test_a_change_of_policy_needs_the_highest_tier_and_never_one_person_alone(policy: Policy) -> None:
    assert policy.highest_required() == policy.required_for_change() == 3
    assert replace(policy, tiers=TIERS[:1]).required_for_change() == 2


@pytest.mark.parametrize(
    ("tiers", "why"),
    [
        ((), "there is none"),
        (TIERS[1:], "the lowest begins above 1000000"),
        ((Tier(Decimal(0), 0),), "at least 1"),
        ((Tier(Decimal(0), 2), Tier(Decimal(5), 1)), "a larger sale never needs fewer"),
        ((Tier(Decimal(0), 1), Tier(Decimal("0.00"), 2)), "two tiers above 0"),
    ],
)
def test_tiers_that_leave_a_sale_without_a_rule_are_refused(tiers: tuple[Tier, ...], why: str) -> None:
    with pytest.raises(PolicyRefused, match=why):
        Policy(CONTROLS, tiers, (), {})


@pytest.mark.parametrize("controls", [{"max_order_btc": 0.5}, {"approvals": "none"}])
def test_controls_without_one_spelling_are_refused(controls: dict[str, object]) -> None:
    with pytest.raises(PolicyRefused):
        Policy(controls, TIERS, (), {})  # type: ignore[arg-type]


def test_the_digest_knows_numbers_by_value_not_by_spelling(policy: Policy) -> None:
    spelled = replace(
        policy, tiers=(Tier(Decimal("0.0"), 1), Tier(Decimal("1E+6"), 2), Tier(Decimal("50000000.00"), 3))
    )
    assert spelled.digest() == policy.digest()


CHANGES: dict[str, Callable[[Policy], Policy]] = {
    "~ controls.max_order_btc: 5 → 6": lambda p: replace(p, controls={**p.controls, "max_order_btc": "6"}),
    "+ controls.min_hold_btc = 1000": lambda p: replace(p, controls={**p.controls, "min_hold_btc": "1000"}),
    "- controls.max_slippage_bps = 50": lambda p: replace(
        p, controls={k: v for k, v in p.controls.items() if k != "max_slippage_bps"}
    ),
    '~ controls.approvals[1000000]: {"required":2} → {"required":3}': lambda p: replace(
        p, tiers=(TIERS[0], Tier(Decimal(1_000_000), 3), TIERS[2])
    ),
    '- controls.approvals[50000000] = {"required":3}': lambda p: replace(p, tiers=TIERS[:2]),
    "~ venues.kraken.url: http://127.0.0.1:8099 → http://10.0.0.1": lambda p: replace(
        p, venues={"kraken": replace(KRAKEN, url="http://10.0.0.1")}
    ),
    "- venues.kraken.url = http://127.0.0.1:8099": lambda p: replace(p, venues={"kraken": replace(KRAKEN, url=None)}),
    "~ venues.kraken.symbol: BTC/USD → BTC/USDT": lambda p: replace(
        p, venues={"kraken": replace(KRAKEN, symbol="BTC/USDT")}
    ),
    "+ people.mallory.keys[SHA256:m] = {}": lambda p: replace(
        p, people=(*p.people, Person("mallory", (Right("SHA256:m"),)))
    ),
    '+ people.ann.also = ["anna"]': lambda p: replace(
        p, people=tuple(replace(person, also=("anna",)) if person.name == "ann" else person for person in p.people)
    ),
}


@pytest.mark.parametrize("line", CHANGES)
def test_every_change_changes_the_digest_and_is_told_in_one_line(policy: Policy, line: str) -> None:
    changed = CHANGES[line](policy)
    assert changed.digest() != policy.digest()
    assert diff(policy, changed) == (line,)


@pytest.mark.parametrize(
    "right",
    [
        Right("SHA256:m", namespaces="desk.sale"),
        Right("SHA256:m", valid_after=datetime(2026, 1, 1, tzinfo=UTC)),
        Right("SHA256:m", valid_before=datetime(2026, 1, 1, tzinfo=UTC)),
    ],
)
def test_what_a_key_may_do_is_part_of_the_digest(right: Right) -> None:
    before = Policy({}, TIERS, (Person("ann", (Right("SHA256:m"),)),), {})
    after = Policy({}, TIERS, (Person("ann", (right,)),), {})
    assert before.digest() != after.digest()
    assert len(diff(before, after)) == 1


def test_the_same_policy_has_no_difference(policy: Policy) -> None:
    assert diff(policy, replace(policy)) == ()


def test_a_policy_reads_back_from_its_bytes(policy: Policy) -> None:
    right = Right(
        "SHA256:m", "desk.*", datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, 1, 1, 1, 5, tzinfo=UTC)
    )
    whole = replace(policy, people=(*policy.people, Person("mo", (right, Right("SHA256:l")), ("m", "l"))))
    again = read_policy(whole.canonical())
    assert again.digest() == whole.digest()
    assert again.required_approvals(Decimal(2_000_000)) == 2
    assert again.roster.owner("SHA256:m") is not None


@given(
    st.binary(max_size=60)
    | st.recursive(
        st.none() | st.integers() | st.just("x"),
        lambda v: st.dictionaries(st.sampled_from(["format", "controls", "people", "venues", "approvals"]), v),
    ).map(canonical_bytes)
)
def test_other_bytes_are_refused_as_a_policy(data: bytes) -> None:
    with pytest.raises(PolicyRefused):
        read_policy(data)


@pytest.mark.parametrize("place", ["controls", "people", "venues"])
def test_a_policy_with_something_added_is_refused(policy: Policy, place: str) -> None:
    document = {**as_document(policy), "more": 1}
    with pytest.raises(PolicyRefused):
        read_policy(canonical_bytes(document))
    document = {key: value for key, value in as_document(policy).items() if key != place}
    with pytest.raises(PolicyRefused):
        read_policy(canonical_bytes(document))


def test_nobody_signs_themselves_in_and_a_dropped_key_does_not_decide(policy: Policy) -> None:
    stays = tuple(person for person in policy.people if person.name != "bob")
    new = replace(policy, people=(*stays, Person("mallory", (Right("SHA256:m"),))))
    roster = signers_of_change(policy, new)
    fingerprints = {person.name: person.rights[0].fingerprint for person in (*policy.people, *new.people)}
    assert roster.owner(fingerprints["ann"]) is not None
    assert roster.owner(fingerprints["bob"]) is None
    assert roster.owner(fingerprints["mallory"]) is None


def test_rules_that_nobody_could_meet_are_told(policy: Policy) -> None:
    assert policy.shortfalls() == ()
    (line,) = replace(policy, people=policy.people[:3]).shortfalls()
    assert "needs 3 approvers beside the stager, and only 3 people are listed" in line
