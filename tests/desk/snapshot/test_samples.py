"""Sample pictures keep the promises of real ones."""

from __future__ import annotations

import pytest

from desk.snapshot.samples import empty_snapshot, halted_snapshot, sample_snapshot, stale_snapshot
from desk.snapshot.samples_sale import STAGED_TERMS


@pytest.mark.parametrize("make", [sample_snapshot, halted_snapshot, stale_snapshot, empty_snapshot])
def test_the_columns_add_up_and_every_run_is_the_same(make):
    held = make().holdings
    assert held.total == held.sellable + held.reserved + held.pledged + held.in_transit + held.elsewhere
    assert held.total == sum(place.sats for place in held.places)
    assert make() == make()


def test_the_sample_terms_are_the_ones_whose_digest_is_shown():
    focus = sample_snapshot("S-2026-0007").focus
    assert focus is not None
    assert focus.terms_text.encode() == STAGED_TERMS.canonical()
    assert focus.terms_digest == STAGED_TERMS.digest()


def test_curves_never_fall_and_end_at_the_quantity():
    for name in ("S-2026-0006", "S-2026-0007"):
        focus = sample_snapshot(name).focus
        assert focus is not None
        planned = [point.planned for point in focus.curve]
        assert planned == sorted(planned)
        assert sum(one.planned for one in focus.slices) <= focus.sale.quantity
