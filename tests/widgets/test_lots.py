"""The page of lots: every figure whole at every width, and in the order that was asked for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from desk.snapshot.samples import sample_snapshot
from desk.snapshot.samples_lots import sample_lots
from widgets.panels import lots
from widgets.picture import Picture

PICTURE = Picture(sample_snapshot())


def test_lots_come_by_age_by_cost_and_by_gain():
    first = {order: lots.rows(PICTURE, sample_lots(), order)[0][0].partition("/")[0] for order in lots.ORDERS}
    assert first == {"age": "L-2025-06-30", "cost": "mined-2026-01-30", "gain": "mined-2026-02-05"}
    assert lots.rows(PICTURE, sample_lots(), "cost")[-1][0].startswith("mined-2026-02-06"), "its cost is not known"


@pytest.mark.parametrize("width", [78, 138])
def test_the_heading_says_rule_mark_and_what_a_sale_takes(width):
    said = "\n".join(line.plain for line in lots.head(PICTURE, sample_lots(), "age", width))
    for fact in ("7,474.60 BTC", "cost not known of all", "relief by FIFO", "mark 68,490.85 of 6 Feb 23:59"):
        assert fact in said
    assert "S-2026-0007 445.10 BTC to sell take 2 lots by FIFO · that cost $30.6 M" in said
    blind = replace(sample_lots(), price=None, missing="mark BTC/USD of 2026-02-06 missing")
    assert "no value: mark BTC/USD of 2026-02-06 missing" in lots.head(PICTURE, blind, "age", width)[1].plain


def test_a_long_name_is_cut_for_the_eye_alone():
    (line, *_) = sample_lots().lines
    long = replace(line, lot="mined/2026-02-01/demo pool/all sites", is_illustrative=True)
    view = replace(sample_lots(), lines=(long,))
    ((_, cells),) = lots.rows(PICTURE, view, "age")
    assert (cells[0].text, cells[0].said) == ("mined/2026-02-01/demo…", long.lot)
    assert "illustrative" in lots.head(PICTURE, view, "age", 138)[0].plain


async def test_l_opens_the_lots_and_a_row_opened_on_a_narrow_terminal_has_every_column(open_desk, settle, text_of):
    async with open_desk((80, 24)) as pilot:
        await pilot.press("l")
        await settle(pilot)
        said = text_of(pilot)
        for fact in ("84,300", "−58,400,600", "S-2026-0007 428.49", "relief by FIFO", "take 2 lots"):
            assert fact in said
        await pilot.press("c", "enter")
        await settle(pilot)
        for fact in ("mined-2026-01-30", "1,400,223.00", "1,137,633", "kraken"):
            assert fact in text_of(pilot)


async def test_the_heading_gets_the_lines_it_needs_once_the_lots_are_there(open_desk, settle, text_of):
    async with open_desk((140, 40)) as pilot:
        await pilot.press("l")
        await settle(pilot)
        assert pilot.app.screen.query_one("#head").size.height == 3
