"""What a sale says of itself while the desk is halted, and what its slices say when they are over."""

from __future__ import annotations

from dataclasses import replace

import pytest

from desk.sale.lifecycle import SaleState
from desk.snapshot import samples
from desk.units import Sats, parse_btc
from widgets import tables
from widgets.panels import sales
from widgets.picture import Picture


def picture(halted=False):
    return Picture(samples.halted_snapshot() if halted else samples.sample_snapshot("S-2026-0006"), 0.0, "")


@pytest.mark.parametrize("form", [sales.full, sales.short])
def test_a_sale_on_a_halted_desk_says_so_and_announces_no_slice(form):
    sale = samples.working_sale()
    for width in (50, 78, 100):
        said = form(picture(halted=True), sale, width).plain
        assert "halted" in said
        assert "14:35:10" not in said
    assert "14:35:10" in form(picture(), sale, 100).plain


@pytest.mark.parametrize("form", [sales.full, sales.short])
def test_a_paused_sale_announces_no_slice(form):
    paused = replace(samples.working_sale(), state=SaleState.PAUSED)
    said = form(picture(), paused, 100).plain
    assert "paused" in said
    assert "14:35:10" not in said


def test_the_facts_of_a_held_sale_announce_no_slice():
    assert "next" in dict(sales.facts(picture(), samples.working_sale()))
    assert "next" not in dict(sales.facts(picture(halted=True), samples.working_sale()))


def test_a_slice_that_is_over_fell_short_only_where_it_did():
    each = parse_btc("8")
    now = picture()
    first = now.snapshot.focus.slices[0]
    views = [
        replace(first, planned=each, filled=Sats(filled), state="missed") for filled in (each, each + 1, each - 1)
    ]
    assert [cells[1].text for _, cells in tables.slices(now, views)] == ["done", "done", "over, short"]
