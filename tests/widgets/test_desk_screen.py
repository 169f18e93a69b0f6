"""The desk at a glance: what is there, what dims, what happens when the desk cannot be read."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from textual.widgets import DataTable

from desk.snapshot import samples
from desk.units import parse_btc

HOSTILE = "[red]x[/]\x1b[31m\u202e"


async def test_focus_starts_on_the_first_thing_that_waits(open_desk):
    async with open_desk() as pilot:
        assert pilot.app.focused.id == "waiting"
        assert pilot.app.focused.chosen == "sale/S-2026-0007/0"


async def test_without_anything_waiting_focus_starts_on_the_sale_at_work(open_desk, port):
    port.pictures = lambda focus: replace(samples.sample_snapshot(focus), waiting=())
    async with open_desk() as pilot:
        assert pilot.app.focused.id == "working"


@pytest.mark.parametrize("size", [(140, 40), (120, 36), (110, 28), (80, 24)])
async def test_one_glance_answers_everything(open_desk, text_of, size):
    async with open_desk(size) as pilot:
        said = text_of(pilot)
    for fact in ("Cango Inc.", "DEMO", "68,524.10", "daemon", "halt off", "14:32:08 UTC"):
        assert fact in said.splitlines()[0]
    for fact in (
        "S-2026-0007",
        "gap $1.8 M on 2 Mar, $5.9 M by 19 Mar",
        f"{samples.sample_snapshot().holdings.sellable / 10**8:,.2f}",
        "S-2026-0006",
        "61 %",
        "4,000.00",
        "illustrative",
        "9.81",
        "73.0 % → 61.9 %",
        "F9 HALT",
    ):
        assert fact in said


async def test_no_size_is_refused(open_desk, text_of, settle):
    async with open_desk((100, 24)) as pilot:
        for size in ((20, 5), (79, 23)):
            await pilot.resize_terminal(*size)
            for key in ("2", "3", "4", "5", "6", "1", "enter", "escape"):
                await pilot.press(key)
            await settle(pilot)
            assert "HALT" in text_of(pilot)


async def test_a_size_change_lays_everything_out_anew(open_desk, text_of, settle):
    async with open_desk((140, 40)) as pilot:
        await pilot.resize_terminal(80, 24)
        await settle(pilot)
        narrow = text_of(pilot)
        await pilot.resize_terminal(140, 40)
        await settle(pilot)
        wide = text_of(pilot)
    assert "WAITING FOR YOU" not in narrow
    assert "LATEST" in narrow
    assert "WAITING FOR YOU" in wide
    assert "PRICE" in wide


async def test_charts_go_first_when_rows_run_out(open_desk, text_of):
    async with open_desk((140, 26)) as pilot:
        said = text_of(pilot)
    assert "PRICE" not in said
    assert "S-2026-0007" in said
    assert "S-2026-0006" in said


async def test_an_empty_desk_says_what_to_do_next(open_desk, port, text_of):
    port.pictures = lambda _focus: samples.empty_snapshot()
    async with open_desk() as pilot:
        said = text_of(pilot)
    for hint in ("desk daemon", "desk sale stage", "desk holdings import", "desk mining import", "desk loans import"):
        assert hint in said


async def test_text_from_outside_is_shown_and_never_obeyed(open_desk, port, text_of):
    def picture(focus):
        calm = samples.sample_snapshot(focus)
        waiting = replace(calm.waiting[0], title=HOSTILE, ref="")
        event = replace(calm.events[0], text=HOSTILE, kind=HOSTILE[:8])
        venue = replace(calm.venues[0], last_error=HOSTILE)
        return replace(calm, desk_name=HOSTILE, waiting=(waiting,), events=(event,), venues=(venue,))

    port.pictures = picture
    literal = "[red]x[/]\\x1b[31m\\u202e"
    async with open_desk() as pilot:
        shown = [text_of(pilot)]
        for key in ("5", "6"):
            await pilot.press(key)
            await pilot.pause()
            shown.append(text_of(pilot))
    assert shown[0].count(literal) >= 3
    assert literal in shown[1]
    assert literal in shown[2]
    assert not any("\x1b" in said or "\u202e" in said for said in shown)


async def test_pictures_are_built_off_the_screens_thread(open_desk, port):
    threads = []

    def picture(focus):
        threads.append(threading.get_ident())
        return samples.sample_snapshot(focus)

    port.pictures = picture
    async with open_desk():
        assert threads
        assert threading.get_ident() not in threads


async def test_the_first_picture_that_fails_is_a_problem_and_not_a_crash(open_desk, port, text_of, settle):
    def fails(_focus):
        raise OSError("database is locked")

    port.pictures = fails
    async with open_desk() as pilot:
        assert "database is locked" in text_of(pilot)
        port.pictures = samples.sample_snapshot
        pilot.app.tick()
        await settle(pilot)
        said = text_of(pilot)
    assert "database is locked" not in said
    assert "S-2026-0006" in said


async def test_a_picture_that_cannot_be_renewed_ages_and_dims(open_desk, port, clock, text_of, settle):
    async with open_desk(tick_s=1.0) as pilot:

        def fails(_focus):
            raise OSError("database is locked")

        port.pictures = fails
        clock.advance(34)
        pilot.app.tick()
        await settle(pilot)
        said = text_of(pilot)
        assert "database is locked — this picture is 34 s old" in said
        assert "stale 34 s" in said.splitlines()[0]
        assert pilot.app.screen.has_class("-old")
        port.pictures = samples.sample_snapshot
        pilot.app.tick()
        await settle(pilot)
        assert not pilot.app.screen.has_class("-old")
        assert "stale" not in text_of(pilot)


async def test_a_picture_that_never_comes_is_noticed(open_desk, port, clock, text_of, settle):
    async with open_desk(tick_s=1.0) as pilot:
        go_on = threading.Event()

        def hangs(focus):
            go_on.wait(60)
            return samples.sample_snapshot(focus)

        port.pictures = hangs
        pilot.app.tick()
        asked = len(port.asked)
        clock.advance(20)
        pilot.app.tick()
        await pilot.pause()
        try:
            assert "the desk does not answer — this picture is 20 s old" in text_of(pilot)
            assert len(port.asked) - asked <= 1
        finally:
            go_on.set()
        await settle(pilot)
        pilot.app.tick()
        await settle(pilot)
        assert "does not answer" not in text_of(pilot)


async def test_stale_figures_dim_and_say_so(open_desk, port, text_of):
    port.pictures = lambda _focus: samples.stale_snapshot()
    async with open_desk() as pilot:
        said = text_of(pilot)
        assert "68,524.10 stale 2 min" in said
        assert "daemon hung 2 min" in said
        assert "kraken: connection refused" in said
        assert "LTV was 73.0 % at 68,524, 2 min ago" in said
        strip = pilot.app.screen.query_one("#strip").render()
        at = strip.plain.index("68,524.10")
        assert any(span.start <= at < span.end and span.style == "dim" for span in strip.spans)


async def test_a_halted_desk_says_who_and_why_in_the_strip(open_desk, port, text_of):
    port.pictures = lambda _focus: samples.halted_snapshot()
    async with open_desk((80, 24)) as pilot:
        said = text_of(pilot).splitlines()
    assert "HALTED" in said[0]
    assert "olga" in said[1]
    assert "1 of 2 signed to rearm" in said[1]


async def test_enter_on_a_working_sale_opens_it_and_escape_returns(open_desk, settle, text_of):
    async with open_desk() as pilot:
        await pilot.press("tab", "enter")
        await settle(pilot)
        said = text_of(pilot)
        assert "Escape returns" in said
        for fact in ("ORDERS", "FILLS", "SLICES", "part-filled", "◂ ours", "68,531.00", "now"):
            assert fact in said
        await pilot.press("escape")
        await settle(pilot)
        assert "WAITING FOR YOU" in text_of(pilot)
        assert pilot.app.focused.id == "working"


async def test_a_number_goes_to_its_mode(open_desk, settle, text_of):
    facts = {"2": "against TWAP", "3": "difference", "4": "COMMITMENTS", "5": "sale.staged", "6": "checkpoint"}
    async with open_desk() as pilot:
        for key, fact in facts.items():
            await pilot.press(key)
            await settle(pilot)
            assert fact in text_of(pilot)
        await pilot.press("1")
        await settle(pilot)
        assert "WAITING FOR YOU" in text_of(pilot)


async def test_the_sale_at_the_cursor_is_the_one_asked_about(open_desk, port, settle):
    async with open_desk() as pilot:
        assert port.asked[-1] == "S-2026-0006"
        await pilot.press("2")
        await settle(pilot)
        assert port.asked[-1] == "S-2026-0007"
        await pilot.press("down")
        await settle(pilot)
        assert port.asked[-1] == "S-2026-0006"


async def test_the_filter_keeps_rows_that_hold_every_word(open_desk, settle):
    async with open_desk() as pilot:
        await pilot.press("2")
        await settle(pilot)
        table = pilot.app.screen.query_one(DataTable)
        assert table.row_count == 2
        await pilot.press("slash", *"0006 work")
        await pilot.pause()
        assert table.row_count == 1
        await pilot.press("escape")
        await pilot.pause()
        assert table.row_count == 2
        assert pilot.app.focused is table


async def test_a_filter_takes_letters_and_digits_without_leaving_the_mode(open_desk, settle):
    async with open_desk() as pilot:
        await pilot.press("5")
        await settle(pilot)
        await pilot.press("slash", *"1o3")
        await pilot.pause()
        assert pilot.app.current_mode == "log"
        assert pilot.app.screen.filter_words == "1o3"


async def test_the_cursor_stays_on_its_row_when_new_ones_come_above_it(open_desk, port, settle):
    async with open_desk() as pilot:
        await pilot.press("5", "down")
        await settle(pilot)
        table = pilot.app.screen.query_one("#events")
        assert table.chosen == "1840"

        def more(focus):
            calm = samples.sample_snapshot(focus)
            return replace(calm, events=(replace(calm.events[0], seq=1842), *calm.events))

        port.pictures = more
        pilot.app.tick()
        await settle(pilot)
        assert table.row_count == 6
        assert table.chosen == "1840"


async def test_a_table_never_holds_more_than_five_hundred_rows(open_desk, port, settle):
    def many(focus):
        calm = samples.sample_snapshot(focus)
        return replace(calm, events=tuple(replace(calm.events[0], seq=seq) for seq in range(900)))

    port.pictures = many
    async with open_desk() as pilot:
        await pilot.press("5")
        await settle(pilot)
        table = pilot.app.screen.query_one("#events")
        assert table.row_count == 500
        assert table.chosen == "899"


async def test_a_row_can_be_copied_out(open_desk, settle):
    async with open_desk() as pilot:
        await pilot.press("5", "y")
        await settle(pilot)
        assert "order.filled\tS-2026-0006\tdaemon" in pilot.app.clipboard


async def test_the_exact_terms_can_be_read_and_copied(open_desk, settle, text_of):
    async with open_desk() as pilot:
        await pilot.press("2")
        await settle(pilot)
        await pilot.press("f7")
        await settle(pilot)
        assert '"format":"desk.sale/1"' in text_of(pilot)
        await pilot.press("y")
        assert pilot.app.clipboard == samples.staged_detail().terms_text


async def test_help_names_the_keys_that_work_here(open_desk, settle, text_of):
    async with open_desk() as pilot:
        await pilot.press("f1")
        await settle(pilot)
        said = text_of(pilot)
        assert "What waits for you is the first list" in said
        assert "Stop the whole desk now" in said
        await pilot.press("escape")
        assert "What waits for you" not in text_of(pilot)


async def test_every_command_is_in_the_palette(open_desk):
    async with open_desk() as pilot:
        names = {command.title for command in pilot.app.get_system_commands(pilot.app.screen)}
    assert {"Go to Sales", "Approve", "Reject", "Cancel sale", "Halt", "Help", "Theme", "Quit"} <= names
    assert "Rearm" not in names


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_what_the_venue_has_not_proven_is_never_left_out(open_desk, port, settle, text_of, size):
    def unsure(focus):
        calm = samples.sample_snapshot(focus)
        sales = tuple(replace(sale, unknown=parse_btc("8.33")) for sale in calm.sales)
        focused = replace(calm.focus, sale=sales[1]) if calm.focus else None
        return replace(calm, sales=sales, focus=focused)

    port.pictures = unsure
    async with open_desk(size) as pilot:
        assert "8.33" in text_of(pilot)
        assert "unknown" in text_of(pilot)
        await pilot.press("tab", "enter")
        await settle(pilot)
        assert "8.33 BTC: kept aside until the venue proves it" in text_of(pilot)
