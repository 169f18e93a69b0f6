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
from widgets.screens.sale import signed_terms


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


@pytest.mark.parametrize("width", [78, 138])
def test_the_page_of_a_sale_says_limits_purpose_stager_and_who_signed(width):
    detail = picture().snapshot.focus
    said = "\n".join(line.plain for line in signed_terms(detail, width))
    for fact in ("never below 60,000.00", "for loan: lender-a", "signed 2 of 2 by alice, bob", "staged by olga"):
        assert fact in said
    waiting = replace(detail, sale=replace(detail.sale, opens=None, closes=None))
    assert "between Sat 7 Feb 08:30" in "\n".join(line.plain for line in signed_terms(waiting, 138)), (
        "the window as it was signed"
    )


def test_the_list_gives_a_reason_only_for_what_does_not_go_on():
    busy = replace(picture().snapshot, sales=(replace(samples.working_sale(), reason="the window opened"),))
    stuck = replace(busy, sales=(replace(busy.sales[0], state=SaleState.PAUSED, reason="venue is down"),))
    assert [tables.sales(Picture(one))[0][1][-1].text for one in (busy, stuck)] == ["", "venue is down"]
