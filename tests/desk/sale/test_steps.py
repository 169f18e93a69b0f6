"""Which slice is worked, which are over, and where a sale goes by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from desk.sale.lifecycle import MOVES, SaleState
from desk.sale.progression import Circumstance, Move, cancelled, next_move, resumed
from desk.sale.records import Sale, Slice, SliceState
from desk.sale.steps import current_slice, slice_moves
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
from desk.units import NOTHING, Bps, Price, Sats

OPEN = datetime(2026, 2, 7, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)
CLOSE = OPEN + 3 * HOUR
SMALLEST = Sats(10)


def slices(*chosen: SliceState) -> list[Slice]:
    return [
        Slice(f"s/{i:02d}", "s", i, OPEN + i * HOUR, Sats(100), Sats(0), state, i * HOUR)
        for i, state in enumerate(chosen)
    ]


P, D, W, X, M = SliceState.PENDING, SliceState.DUE, SliceState.WORKING, SliceState.DONE, SliceState.MISSED


def moves(rows: Sequence[Slice], filled: int, now: datetime, latest: datetime = CLOSE) -> dict[str, SliceState]:
    found = slice_moves(rows, Sats(filled), now, latest_due=latest, closes=CLOSE, smallest=SMALLEST)
    return {move.slice_id: move.state for move in found}


@pytest.mark.parametrize(
    ("rows", "filled", "after", "expected"),
    [
        (slices(P, P, P), 0, timedelta(0), {"s/00": D}),
        (slices(W, P, P), 100, timedelta(minutes=5), {"s/00": X}),
        (slices(W, P, P), 91, timedelta(minutes=5), {}),
        (slices(W, P, P), 91, HOUR, {"s/00": X, "s/01": D}),
        (slices(W, P, P), 90, HOUR, {"s/00": M, "s/01": D}),
        (slices(X, W, P), 300, HOUR, {"s/01": X, "s/02": X}),
        (slices(P, P, P), 0, 3 * HOUR, {"s/00": M, "s/01": M, "s/02": M}),
        (slices(M, M, M), 0, 3 * HOUR, {}),
    ],
)
def test_a_slice_is_over_with_its_time_and_done_if_the_curve_was_met(
    rows: list[Slice], filled: int, after: timedelta, expected: dict[str, SliceState]
) -> None:
    assert moves(rows, filled, OPEN + after) == expected


def test_what_falls_due_too_late_to_be_sent_is_due_before() -> None:
    late = OPEN + timedelta(minutes=110)
    assert moves(slices(M, M, P), 0, late, latest=late) == {"s/02": D}
    found = current_slice(slices(M, M, D), late, latest_due=late, closes=CLOSE)
    assert found is not None
    assert (found.slice.index, found.begins, found.ends, found.planned_ahead) == (2, late, CLOSE, 100)


def test_a_slice_does_not_hold_up_the_next_one_that_is_due_before_its_time() -> None:
    late = OPEN + timedelta(minutes=110)
    assert moves(slices(M, W, P), 195, late, latest=late) == {"s/01": X, "s/02": D}
    assert moves(slices(M, W, P), 150, late, latest=late) == {"s/01": M, "s/02": D}
    found = current_slice(slices(M, W, D), late, latest_due=late, closes=CLOSE)
    assert found is not None
    assert (found.slice.index, found.planned_ahead) == (2, 100)


def test_the_first_slice_that_is_due_and_not_over_is_worked() -> None:
    now = OPEN + timedelta(minutes=70)
    found = current_slice(slices(M, D, P), now, latest_due=CLOSE, closes=CLOSE)
    assert found is not None
    assert (found.slice.index, found.ends, found.planned_ahead) == (1, OPEN + 2 * HOUR, 200)
    assert current_slice(slices(M, X, P), now, latest_due=CLOSE, closes=CLOSE) is None
    assert current_slice(slices(X, X, X), now, latest_due=CLOSE, closes=CLOSE) is None


TERMS = Terms(
    desk_id="desk",
    nonce="n",
    sale_id="S-2026-0001",
    quantity=Sats(300),
    symbol="BTC/USD",
    quote="USD",
    venues=(VenueShare("kraken", "main", Sats(300)),),
    window=Window(OPEN, OPEN, 3 * HOUR),
    schedule=Schedule(ScheduleKind.TWAP, 3, 0, 0, 7),
    tactic=TacticName.BALANCED,
    limits=Limits(Price(Decimal(60_000)), Bps(Decimal(50)), None, Bps(Decimal(2000))),
    reference_price=Price(Decimal(68_500)),
    reference_at=OPEN,
    purpose=Purpose(PurposeKind.GENERAL),
    stager="olga",
    staged_at=OPEN - HOUR,
    approval_expires=OPEN + HOUR,
    policy_digest="p",
)
SALE = Sale(
    id="S-2026-0001",
    state=SaleState.STAGED,
    terms=TERMS,
    terms_digest="d",
    filled=Sats(0),
    open=Sats(0),
    unknown=Sats(0),
    proceeds=NOTHING,
    fees=NOTHING,
    reason="",
    opened=None,
    closes=None,
    arrival_price=None,
    staged_at=OPEN - HOUR,
    updated_at=OPEN - HOUR,
)
WORKING = replace(SALE, state=SaleState.WORKING, opened=OPEN, closes=CLOSE)
GIVEN = Circumstance(OPEN, True, "2 of 2", None, False, 0, SMALLEST, Price(Decimal(68_500)))
ON_APPROVAL = replace(SALE, terms=replace(TERMS, window=Window(None, OPEN + HOUR, 3 * HOUR)))


def to(sale: Sale, **given: object) -> tuple[SaleState, str] | None:
    move = next_move(sale, replace(GIVEN, **given))  # type: ignore[arg-type]
    if move is None:
        return None
    assert move.state in MOVES[sale.state]
    return move.state, move.reason


S = SaleState


@pytest.mark.parametrize(
    ("sale", "given", "state", "says"),
    [
        (SALE, {}, S.APPROVED, "2 of 2"),
        (SALE, {"rejected": "rejected by bob: no"}, S.REJECTED, "bob"),
        (SALE, {"is_granted": False, "now": OPEN + 2 * HOUR}, S.EXPIRED, "approvals did not come"),
        (SALE, {"now": CLOSE}, S.EXPIRED, "before anything was sold"),
        (ON_APPROVAL, {"now": OPEN + HOUR}, S.EXPIRED, "had to open by"),
        (replace(SALE, state=S.APPROVED), {}, S.SCHEDULED, "opens"),
        (replace(SALE, state=S.SCHEDULED), {}, S.WORKING, "closes"),
        (replace(SALE, state=S.SCHEDULED), {"now": CLOSE, "is_halted": True}, S.EXPIRED, "halted"),
        (replace(WORKING, filled=Sats(300)), {}, S.CLOSING, "sold"),
        (replace(WORKING, filled=Sats(291)), {}, S.CLOSING, "dust"),
        (WORKING, {"now": CLOSE, "why_short": "no fresh book"}, S.CLOSING, "the window ended: no fresh book"),
        (replace(WORKING, state=S.PAUSED), {"now": CLOSE}, S.CLOSING, "paused"),
        (replace(SALE, state=S.PAUSED), {"now": CLOSE}, S.CLOSING, "the window ended"),
        (replace(WORKING, state=S.CLOSING, filled=Sats(300)), {}, S.COMPLETED, "sold in full"),
        (replace(WORKING, state=S.CLOSING, filled=Sats(295)), {}, S.COMPLETED, "dust"),
        (
            replace(WORKING, state=S.CLOSING, reason="the window ended: x"),
            {},
            S.EXPIRED,
            "300 of 0.00000300 BTC unsold",
        ),
        (replace(WORKING, state=S.CLOSING, reason="cancelled: by olga"), {}, S.CANCELLED, "by olga"),
    ],
)
def test_a_sale_goes_where_time_and_evidence_take_it(
    sale: Sale, given: dict[str, object], state: SaleState, says: str
) -> None:
    found = to(sale, **given)
    assert found is not None
    assert found[0] is state
    assert says in found[1]


@pytest.mark.parametrize(
    ("sale", "given"),
    [
        (SALE, {"is_granted": False}),
        (replace(SALE, state=S.SCHEDULED), {"now": OPEN - HOUR}),
        (replace(SALE, state=S.SCHEDULED), {"is_halted": True}),
        (replace(SALE, state=S.SCHEDULED), {"mid": None}),
        (replace(SALE, state=S.SCHEDULED), {"is_granted": False}),
        (WORKING, {}),
        (replace(WORKING, filled=Sats(291)), {"live_orders": 1}),
        (replace(WORKING, state=S.CLOSING), {"live_orders": 1}),
        (replace(SALE, state=S.COMPLETED), {"now": CLOSE}),
    ],
)
def test_otherwise_it_stays_where_it_is(sale: Sale, given: dict[str, object]) -> None:
    assert to(sale, **given) is None


def test_an_on_approval_window_opens_when_the_desk_sees_the_last_signature() -> None:
    now = OPEN + timedelta(minutes=20)
    move = next_move(replace(ON_APPROVAL, state=S.SCHEDULED), replace(GIVEN, now=now))
    assert move is not None
    assert (move.opened, move.closes, move.arrival) == (now, now + 3 * HOUR, Decimal(68_500))


def test_a_fixed_window_opens_at_its_time_however_late_it_is_seen() -> None:
    move = next_move(replace(SALE, state=S.SCHEDULED), replace(GIVEN, now=OPEN + HOUR))
    assert move is not None
    assert (move.opened, move.closes) == (OPEN, CLOSE)


def test_a_cancel_ends_what_has_not_begun_and_closes_what_has() -> None:
    assert cancelled(replace(SALE, state=S.SCHEDULED), "olga", "").state is S.CANCELLED
    assert cancelled(WORKING, "olga", "too cheap") == Move(S.CLOSING, "cancelled: by olga, too cheap")


def test_a_resume_goes_back_to_where_the_pause_came_from() -> None:
    assert resumed(replace(WORKING, state=S.PAUSED), "olga").state is S.WORKING
    assert resumed(replace(SALE, state=S.PAUSED), "olga").state is S.SCHEDULED
