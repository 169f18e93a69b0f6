"""The log: what it holds of all there is, its columns, a row whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from desk.snapshot import samples
from desk.snapshot.model import PAGE, EventView
from widgets.held_events import HeldEvents

LONG = "request.b0a4f1c2d3e4f5a6b7c8"


def crowded(focus):
    calm = samples.sample_snapshot(focus)
    at = datetime(2026, 2, 7, 14, 30, tzinfo=UTC)
    return replace(
        calm,
        events=tuple(
            EventView(seq, at, "request.signature.added", LONG, "a-long-principal", f"signed by alice, number {seq}")
            for seq in range(1841, 1741, -1)
        ),
    )


@pytest.fixture
def open_log(open_desk, port, settle):
    from contextlib import asynccontextmanager

    @asynccontextmanager
    async def opened(size=(140, 40)):
        port.pictures = crowded
        async with open_desk(size) as pilot:
            await pilot.press("5")
            await settle(pilot)
            yield pilot

    return opened


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_the_log_says_how_much_of_it_is_here(open_log, text_of, size):
    async with open_log(size) as pilot:
        assert "the last 100 of 1,841 events" in text_of(pilot)
        await pilot.press("slash", *"xyzzy")
        await pilot.pause()
        said = " ".join(text_of(pilot).split())
        assert "nothing in the last 100 of 1,841 events matches; desk audit export has all" in said


async def test_the_text_of_an_event_is_readable_at_140(open_log, text_of):
    async with open_log() as pilot:
        assert "signed by alice, number 1841" in text_of(pilot)
        assert LONG not in text_of(pilot)
        assert f"{LONG[:13]}…" in text_of(pilot)


async def test_the_text_of_an_event_begins_at_80(open_log, text_of):
    async with open_log((80, 24)) as pilot:
        assert "signed by" in text_of(pilot)


async def test_the_filter_and_the_clipboard_have_what_was_cut(open_log, settle):
    async with open_log((80, 24)) as pilot:
        await pilot.press("y")
        assert LONG in pilot.app.clipboard
        await pilot.press("slash", *LONG[-4:])
        await pilot.pause()
        assert pilot.app.screen.query_one("#events").row_count == 100


async def test_enter_shows_a_row_whole_as_plain_text(open_log, port, settle, text_of):
    async with open_log((80, 24)) as pilot:
        await pilot.press("enter")
        await settle(pilot)
        said = text_of(pilot)
        for fact in ("signed by alice, number 1841", LONG, "a-long-principal", "request.signature.added", "14:30:00"):
            assert fact in said
        await pilot.press("escape")
        await settle(pilot)
        assert pilot.app.focused.id == "events"


def page(before, size=PAGE):
    """What a desk with 1,841 events would say."""
    calm = crowded(None).events[0]
    return tuple(
        replace(calm, seq=seq, text=f"old {seq}") for seq in range(before - 1, max(before - 1 - size, 0), -1)
    )


async def test_below_the_last_row_older_events_follow_down_to_the_first(open_log, port, settle, text_of):
    port.pages = page
    async with open_log() as pilot:
        table = pilot.app.screen.query_one("#events")
        for _ in range(40):
            await pilot.press("end")
            await settle(pilot)
        assert table.chosen == "1"
        assert "all 1,841 events, back to 7 Feb 14:30" in text_of(pilot)
        assert port.pages_asked == [*range(1742, 0, -200)]
        assert table.row_count <= 500, "a table of thousands of rows would stand still"
        for _ in range(20):
            await pilot.press("home")
            await settle(pilot)
        assert table.chosen == "1841"


async def test_the_filter_looks_through_what_was_read_back_and_says_how_far_that_is(open_log, port, settle, text_of):
    port.pages = page
    async with open_log() as pilot:
        await pilot.press("slash", *"1600", "enter")
        await settle(pilot)
        assert "So far back to 7 Feb 14:30; m reads on" in " ".join(text_of(pilot).split())
        await pilot.press("m")
        await settle(pilot)
        assert pilot.app.screen.query_one("#events").row_count == 1
        assert "the last 300 of 1,841 events, back to 7 Feb 14:30" in text_of(pilot)


async def test_what_cannot_be_read_back_is_said_and_the_rest_stays(open_log, port, settle, text_of):
    def refuse(_before):
        raise OSError("disk gone")

    port.pages = refuse
    async with open_log((80, 24)) as pilot:
        await pilot.press("end")
        await settle(pilot)
        assert "older events could not be read: disk gone" in text_of(pilot)
        assert pilot.app.screen.query_one("#events").row_count == 100


def test_events_with_a_hole_before_them_are_not_shown_as_if_they_followed():
    held, event = HeldEvents(), crowded(None).events[0]
    old, new = page(101, 40), page(301, 40)
    held.add(old)
    held.add(new)
    assert (held.reach, held.has_hole, held.asks_before) == (new, True, 261)
    held.add(page(261), 261)
    assert [one.seq for one in held.reach] == [*range(300, 60, -1)]
    assert not held.has_hole
    held.add((), 61, is_end=True)
    assert held.is_whole
    assert held.asks_before is None
    assert not held.add((replace(event, seq=300), replace(event, seq=299)))


def test_numbers_that_were_never_given_are_no_hole():
    held, event = HeldEvents(), crowded(None).events[0]
    held.add([replace(event, seq=seq) for seq in (9, 7, 6)])
    held.add([replace(event, seq=seq) for seq in (3, 1)], 6, is_end=True)
    assert [one.seq for one in held.reach] == [9, 7, 6, 3, 1]
    assert held.is_whole


async def test_end_and_home_go_to_the_last_and_the_first_row(open_log):
    async with open_log((80, 24)) as pilot:
        table = pilot.app.screen.query_one("#events")
        await pilot.press("end")
        assert table.chosen == "1742"
        await pilot.press("home")
        assert table.chosen == "1841"
