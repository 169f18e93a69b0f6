"""What opens on top: it is left once, help is there too, and the key strip offers only what works."""

from __future__ import annotations

from dataclasses import replace

from textual import events
from textual.widgets import Input, Static

from desk.sale.lifecycle import SaleState
from desk.snapshot import samples
from desk.units import parse_btc


def keys_at_once(pilot, *keys):
    """Keys of one read: all of them are there before the first is handled."""
    for key in keys:
        pilot.app.post_message(events.Key(key, "\r" if key == "enter" else None))


async def test_two_enters_of_one_read_run_a_command_of_the_palette_once(open_desk, settle):
    async with open_desk((80, 24)) as pilot:
        await pilot.press("ctrl+p", *"halt")
        for _ in range(200):
            if pilot.app.screen.query("CommandList") and pilot.app.screen.query_one("CommandList").option_count:
                break
            await pilot.pause(0.01)
        keys_at_once(pilot, "enter", "enter", "enter")
        await settle(pilot)
        await pilot.pause()
        assert len(pilot.app.screen_stack) == 2
        assert pilot.app.screen.query("#reason")


async def test_two_escapes_of_one_read_leave_one_screen(open_desk, settle):
    async with open_desk((80, 24)) as pilot:
        await pilot.press("tab", "enter")
        await settle(pilot)
        await pilot.press("f1")
        keys_at_once(pilot, "escape", "escape")
        await settle(pilot)
        assert 1 <= len(pilot.app.screen_stack) <= 2
        await pilot.press("f9")
        await settle(pilot)
        keys_at_once(pilot, "escape", "escape")
        await settle(pilot)
        assert pilot.app.is_running


async def test_help_opens_over_a_question_and_goes_back_to_it(open_desk, settle, text_of):
    async with open_desk((80, 24)) as pilot:
        await pilot.press("f9", *"fire", "f1")
        await settle(pilot)
        assert "the words go on the record" in text_of(pilot)
        await pilot.press("escape")
        await settle(pilot)
        assert pilot.app.screen.query_one("#reason", Input).value == "fire"


async def test_an_answer_that_comes_while_help_is_on_top_leaves_the_question_later(open_desk, port, settle):
    import threading

    go_on = threading.Event()

    def slow(reason):
        go_on.wait(60)
        return f"halted: {reason}"

    port.halt = slow
    async with open_desk((80, 24)) as pilot:
        await pilot.press("f9", *"fire", "enter", "f1")
        await pilot.pause()
        go_on.set()
        await settle(pilot)
        assert len(pilot.app.screen_stack) == 3
        await pilot.press("escape")
        await settle(pilot)
        assert len(pilot.app.screen_stack) == 1


async def test_under_a_question_the_key_strip_offers_only_what_works(open_desk, settle, text_of):
    async with open_desk((80, 24)) as pilot:
        await pilot.press("2", "f2")
        await settle(pilot)
        strip = text_of(pilot).splitlines()[-1]
        for word in ("F1 help", "F9 HALT", "back"):
            assert word in strip
        for word in ("approve", "reject", "Sales", "refresh"):
            assert word not in strip
        await pilot.press("escape")
        await settle(pilot)
        assert "F2 approve" in text_of(pilot).splitlines()[-1] or "Sales" in text_of(pilot).splitlines()[-1]


async def test_help_says_what_becomes_of_the_demo(open_desk, port, settle, text_of):
    async with open_desk() as pilot:
        await pilot.press("f1")
        await settle(pilot)
        said = " ".join(text_of(pilot).split())
        assert "leaves the screen; the demo ends with it" in said
        assert "unless --folder named one" in said
        assert "daemon goes on" not in said
        await pilot.press("escape")
        port.pictures = lambda focus: replace(samples.sample_snapshot(focus), is_demo=False)
        pilot.app.tick()
        await settle(pilot)
        await pilot.press("f1")
        await settle(pilot)
        assert "the daemon goes on" in text_of(pilot)


async def test_a_question_follows_the_newest_picture(open_desk, port, settle, text_of):
    async with open_desk() as pilot:
        await pilot.press("tab", "f4")
        await settle(pilot)
        assert "390 BTC are left to sell" in text_of(pilot)

        def later(focus):
            calm = samples.sample_snapshot(focus)
            sold = {"filled": parse_btc("900"), "state": SaleState.CLOSING}
            return replace(calm, sales=tuple(replace(s, **sold) if s.id == "S-2026-0006" else s for s in calm.sales))

        port.pictures = later
        pilot.app.tick()
        await settle(pilot)
        assert "100 BTC are left to sell" in text_of(pilot)
        assert "It is closing by now." in str(pilot.app.screen.query_one("#what", Static).render())


async def test_an_approval_follows_the_newest_picture(open_desk, port, settle, text_of):
    async with open_desk() as pilot:
        await pilot.press("enter")
        await settle(pilot)

        def later(focus):
            calm = samples.sample_snapshot(focus)
            return replace(calm, focus=replace(calm.focus, since_staging=("price −4.0 %",))) if calm.focus else calm

        port.pictures = later
        pilot.app.tick()
        await settle(pilot)
        assert "price −4.0 %" in text_of(pilot)
