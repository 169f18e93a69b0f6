"""What the mining page says: reasons that lead from full to credited, and what is not known by its name."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from desk.snapshot import samples
from desk.snapshot.model import PoolView, ReasonView
from desk.units import parse_btc
from widgets.panels import mining, mining_page
from widgets.picture import Picture


def picture(**changed):
    desk = samples.sample_snapshot()
    return Picture(replace(desk, mining=replace(desk.mining, **changed)), 0.0, "")


def text(lines):
    return "\n".join(line.plain for line in lines)


def month(**changed):
    return replace(samples.sample_snapshot().mining.month, **changed)


def test_the_samples_reasons_lead_from_full_to_credited():
    sample = month()
    assert sum(one.sats for one in sample.reasons) == sample.compared - sample.full


def test_the_month_names_every_reason_with_its_coins_and_its_share():
    said = text(mining_page.month(month(), 90))
    for words in ("all deployed, always on", "−43.61", "−28.9 %", "luck and unexplained", "credited"):
        assert words in said


def test_what_nobody_stated_is_not_known_and_says_where_it_hides():
    reasons = (ReasonView("pool fee", None, "not known: pool fee missing; what it cost is unexplained"),)
    said = text(mining_page.month(month(reasons=reasons), 90))
    assert "pool fee" in said
    assert "not known: pool fee missing; what it cost is unexplained" in said


def test_a_month_without_an_estimate_says_what_is_missing():
    said = text(mining_page.month(month(full=None, compared=None, missing=("network day 2026-02-03 missing",)), 90))
    assert "no estimate: network day 2026-02-03 missing" in said


def test_an_epoch_that_is_not_here_from_its_first_day_is_marked():
    first, *later = samples.sample_snapshot().mining.epochs
    said = text(mining_page.epochs(picture(epochs=(replace(first, part="from 3 Feb; begun 28 Jan"), *later)), 90))
    assert said.count(" *") == 1
    assert "* part of an epoch: from 3 Feb; begun 28 Jan" in said


@pytest.mark.parametrize("width", [40, 56, 78, 100, 138])
def test_no_line_is_longer_than_its_room(width):
    for words in (mining.full, mining.short, mining.days, mining_page.numbers, mining_page.story):
        for line in words(picture(), width):
            assert line.cell_length <= width, line.plain


def test_the_desks_panel_gives_the_largest_reason_where_there_is_room_for_one():
    assert "month 112.4 BTC  −32.0 % (hashrate −28.9)" in text(mining.full(picture(), 44))
    assert "(hashrate −28.9, uptime −2.4, luck −0.5, fee −0.2)" in text(mining.full(picture(), 90))


def test_the_hashrate_is_the_months_mean_at_every_width_and_says_so():
    other = picture(month=month(operating_ehs=Decimal("31.2")))
    for said in (text(mining.full(other, 60)), text(mining.short(other, 70)), text(mining.short(other, 110))):
        assert "mean 31.2" in said
        assert "34.6" not in said, "the newest day ran at that"


def test_a_stale_day_says_so_also_where_there_is_no_heading():
    assert "stale" in text(mining.short(picture(is_stale=True), 70))
    assert "stale" not in text(mining.short(picture(), 70))


def test_figures_of_an_old_network_say_whose_day_it_was():
    said = text(mining_page.numbers(picture(network_is_stale=True), 138))
    assert "network of 6 Feb stale" in said
    assert "hashprice" not in text(mining.full(picture(network_is_stale=True), 60)), "no room for its label there"


def test_a_pool_says_what_was_wrong_and_one_that_is_silent_is_stale():
    pools = (
        PoolView("luxor", "luxor", None, None, None, True, 12.0, "luxor refused the key (HTTP 401): 'no'"),
        PoolView(
            "north", "foundry", samples.sample_snapshot().mining.network_day, parse_btc("1"), 200_000.0, True, 9.0
        ),
    )
    said = text(mining_page.pools(picture(pools=pools), 110))
    assert "luxor refused the key" in said
    assert "stale" in said


def test_a_reason_that_brought_coins_is_a_gain():
    assert "+1.00" in text(mining_page.month(month(reasons=(ReasonView("unexplained", parse_btc("1")),)), 90))


def test_costs_that_are_not_known_are_not_there():
    bare = picture(hashprice=None, break_even=None, month=month(power_per_btc=None, cash_per_btc=None))
    said = text(mining_page.numbers(bare, 138))
    assert "hashprice" not in said
    assert "break-even" not in said
    assert "cash cost $76,928 (2026-Q1)" in said


async def test_the_page_shows_chart_month_epochs_and_pools(open_desk, settle, text_of):
    async with open_desk((140, 40)) as pilot:
        await pilot.press("3")
        await settle(pilot)
        said = text_of(pilot)
    for words in ("FEBRUARY 2026", "141.7 T", "luxor", "hashprice $30.6/PH/d", "restated", "difference"):
        assert words in said


async def test_eighty_columns_show_the_month_without_scrolling(open_desk, settle, text_of):
    async with open_desk((80, 24)) as pilot:
        await pilot.press("3")
        await settle(pilot)
        assert "luck and unexplained" in text_of(pilot)


def test_shares_are_of_what_was_possible():
    assert mining.share_of(parse_btc("-50"), parse_btc("200")) == Decimal(-25)
