"""A wish becomes terms or a sentence that names the field, the value and what would be right."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from desk.sale.controls import ControlLimits
from desk.sale.market import Grid
from desk.sale.staging import Draft, StageContext, StageRequest, VenueFacts, check_stage, draft_terms, slices_again
from desk.sale.terms import Purpose, PurposeKind, TermsRefused, from_bytes
from desk.units import Bps, Money, Price, Sats, parse_btc

NOW = datetime(2026, 2, 7, 14, tzinfo=UTC)
GRID = Grid(Decimal("0.1"), Sats(1), parse_btc("0.0001"), Money(Decimal("0.5")))
COARSE = Grid(Decimal("1"), parse_btc("0.001"), parse_btc("0.01"), Money(Decimal("10")))


def price(text: str) -> Price:
    return Price(Decimal(text))


REQUEST = StageRequest(
    quantity=parse_btc("445.1"),
    opens=NOW + timedelta(hours=1),
    over=timedelta(hours=6),
    stager="olga",
    slices=36,
    venues=("kraken",),
    floor=price("64000"),
    max_slippage=Bps(Decimal(30)),
    seed=7,
    purpose=Purpose(PurposeKind.LOAN, "lender-a"),
)
CONTEXT = StageContext(
    now=NOW,
    desk_id="desk",
    nonce="n",
    sale_id="S-2026-0001",
    policy_digest="p",
    limits=ControlLimits(
        price("50000"), Bps(Decimal(50)), parse_btc("5"), parse_btc("2000"), Money(Decimal(150_000_000))
    ),
    venues={
        "kraken": VenueFacts("main", "BTC/USD", "USD", GRID, parse_btc("2000")),
        "coarse": VenueFacts("main", "BTC/USD", "USD", COARSE, parse_btc("10")),
        "tether": VenueFacts("main", "BTC/USDT", "USDT", GRID, parse_btc("10")),
        "silent": VenueFacts("main", "BTC/USD", "USD", GRID, None),
    },
    purposes=frozenset({(PurposeKind.LOAN, "lender-a"), (PurposeKind.CAPEX, "georgia")}),
    reference_price=price("68524.10"),
    reference_at=NOW,
)


def test_a_good_request_becomes_terms_whose_bytes_read_back() -> None:
    draft = draft_terms(REQUEST, CONTEXT)
    assert isinstance(draft, Draft)
    assert from_bytes(draft.terms.canonical()) == draft.terms
    assert sum(s.planned for s in draft.slices) == REQUEST.quantity
    assert draft.slices[0].id == "S-2026-0001/00"
    assert all(REQUEST.opens is not None and s.due == REQUEST.opens + s.offset for s in draft.slices)


def test_the_slices_follow_from_the_signed_terms_alone() -> None:
    draft = draft_terms(REQUEST, CONTEXT)
    assert slices_again(from_bytes(draft.terms.canonical()), {"kraken": GRID}) == draft.slices


def test_what_is_not_given_is_the_policys() -> None:
    draft = draft_terms(replace(REQUEST, floor=None, max_slippage=None), CONTEXT)
    assert draft.terms.limits.floor == 50_000
    assert draft.terms.limits.max_slippage == 50


def test_approvals_end_with_the_window_or_after_a_day() -> None:
    assert draft_terms(REQUEST, CONTEXT).terms.approval_expires == NOW + timedelta(hours=7)
    later = replace(REQUEST, opens=NOW + timedelta(days=3))
    assert draft_terms(later, CONTEXT).terms.approval_expires == NOW + timedelta(days=1)


def test_an_on_approval_window_has_a_latest_opening_and_provisional_dues() -> None:
    draft = draft_terms(replace(REQUEST, opens=None), CONTEXT)
    assert draft.terms.window.opens is None
    assert draft.terms.window.open_by == NOW + timedelta(days=1)
    assert all(s.due == draft.terms.window.open_by + s.offset for s in draft.slices)


def test_two_venues_use_the_coarsest_lot() -> None:
    draft = draft_terms(replace(REQUEST, quantity=parse_btc("445.1"), venues=("kraken", "coarse")), CONTEXT)
    assert all(s.planned % COARSE.lot == 0 for s in draft.slices)


@pytest.mark.parametrize(
    ("field", "says", "change"),
    [
        ("btc", "sells nothing", {"quantity": Sats(0)}),
        ("btc", "sells nothing", {"quantity": Sats(-1)}),
        ("btc", "2000.00000000 BTC sellable at kraken", {"quantity": parse_btc("2000.1"), "over": timedelta(days=3)}),
        ("btc", "finer than the lot", {"quantity": parse_btc("1.0005"), "venues": ("coarse",), "slices": 2}),
        ("btc", "below the minimum", {"quantity": parse_btc("0.00009"), "slices": 1}),
        ("btc", "not known", {"venues": ("silent",)}),
        ("btc", "day limit of 2000", {"quantity": parse_btc("2000.1")}),
        ("start", "before now", {"opens": NOW - timedelta(seconds=1)}),
        ("open_by", "not after now", {"opens": None, "open_by": NOW}),
        ("over", "cannot be worked", {"over": timedelta(0)}),
        ("slices", "at most 4 slices", {"quantity": parse_btc("0.0004"), "slices": 5}),
        ("slices", "use 1", {"slices": 0}),
        ("floor", "below the policy's 50,000.00", {"floor": price("49999.9")}),
        ("floor", "nothing could be sold", {"floor": price("68524.1")}),
        ("max_slippage_bps", "not allowed", {"max_slippage": Bps(Decimal(51))}),
        ("max_slippage_bps", "not allowed", {"max_slippage": Bps(Decimal(0))}),
        ("max_depth_share_bps", "not allowed", {"max_depth_share": Bps(Decimal(2001))}),
        ("max_participation_bps", "not allowed", {"max_participation": Bps(Decimal(10_001))}),
        ("max_participation_bps", "does not measure it", {"max_participation": Bps(Decimal(500))}),
        ("venue", "unknown venue 'krakn'; name one of: coarse, kraken", {"venues": ("krakn",)}),
        ("venue", "needs a venue", {"venues": ()}),
        ("venue", "twice", {"venues": ("kraken", "kraken")}),
        ("venue", "one market", {"venues": ("kraken", "tether")}),
        (
            "purpose",
            "unknown loan 'lender-b'; name one of: lender-a",
            {"purpose": Purpose(PurposeKind.LOAN, "lender-b")},
        ),
        ("purpose", "georgia", {"purpose": Purpose(PurposeKind.CAPEX)}),
        ("stager", "stager", {"stager": " "}),
    ],
)
def test_a_bad_request_is_refused_with_its_field_and_the_fix(
    field: str, says: str, change: dict[str, object]
) -> None:
    if change.get("quantity") == parse_btc("2000.1") and "over" in change:
        context = replace(CONTEXT, limits=replace(CONTEXT.limits, max_day_value=Money(Decimal(10**12))))
    else:
        context = CONTEXT
    if change.get("quantity") == parse_btc("2000.1") and "over" not in change:
        context = replace(CONTEXT, venues={"kraken": replace(CONTEXT.venues["kraken"], sellable=parse_btc("7474.6"))})
    with pytest.raises(TermsRefused) as refusal:
        check_stage(replace(REQUEST, **change), context)  # type: ignore[arg-type]
    assert refusal.value.field == field
    assert says in str(refusal.value)


def test_where_volume_is_measured_a_participation_cap_is_signed() -> None:
    request = replace(REQUEST, max_participation=Bps(Decimal(500)))
    assert draft_terms(request, replace(CONTEXT, knows_volume=True)).terms.limits.max_participation == 500


def test_the_day_limit_in_money_is_taken_at_the_present_price() -> None:
    context = replace(CONTEXT, limits=replace(CONTEXT.limits, max_day_value=Money(Decimal(30_000_000))))
    with pytest.raises(TermsRefused, match=r"30,000,000\.00"):
        check_stage(REQUEST, context)
    check_stage(replace(REQUEST, over=timedelta(days=3)), context)


def test_coins_elsewhere_are_not_sold_but_it_says_how_many_to_deposit_from_where_until_when() -> None:
    there = replace(CONTEXT.venues["kraken"], sellable=parse_btc("400"))
    spare = (("Vault", parse_btc("50")), ("Till", parse_btc("0")))
    context = replace(CONTEXT, venues={"kraken": there}, spare=spare, deposit_takes=timedelta(hours=2))
    request = replace(REQUEST, opens=NOW + timedelta(hours=5))
    with pytest.raises(TermsRefused) as refusal:
        draft_terms(request, context)
    until = NOW + timedelta(hours=3)
    assert f"deposit 45.10000000 BTC to kraken by {until:%Y-%m-%d %H:%M} UTC" in str(refusal.value)
    assert "(3 confirmations needed; Vault has 50.00000000)" in str(refusal.value)
    late = replace(context, deposit_takes=timedelta(hours=6))
    with pytest.raises(TermsRefused, match=r"deposit 45\.10000000 BTC to kraken first"):
        draft_terms(request, late)
