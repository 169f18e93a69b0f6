"""Acts: each one is asked before it is done, and words typed at once are never lost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from textual.widgets import Input, Static

from desk.sale.lifecycle import SaleState
from desk.snapshot import samples
from widgets.commands import is_offered
from widgets.port import KeyChoice


def with_state(state):
    def picture(focus):
        calm = samples.sample_snapshot(focus)
        return replace(calm, sales=tuple(replace(s, state=state) if s.id == "S-2026-0006" else s for s in calm.sales))

    return picture


async def open_working(pilot, settle):
    await pilot.press("tab", "enter")
    await settle(pilot)


async def test_f9_words_and_enter_halt(open_desk, port, settle, text_of):
    async with open_desk((80, 24)) as pilot:
        await pilot.press("f9", *"fire", "enter")
        await settle(pilot)
        assert port.acts == [("halt", "fire")]
        assert "halt recorded" in text_of(pilot)
        assert pilot.app.screen.id != "halt"


async def test_f9_and_enter_alone_ask_why_and_stay(open_desk, port, settle, text_of):
    async with open_desk((80, 24)) as pilot:
        await pilot.press("f9", "enter")
        await settle(pilot)
        assert port.acts == []
        assert "say why, in a few words" in text_of(pilot)
        assert pilot.app.focused.id == "reason"


@pytest.mark.parametrize(
    ("keys", "enters", "acts"),
    [
        (("down", "f4"), 1, [("pause", "S-2026-0006", "why")]),
        (("down", "f6"), 2, [("cancel", "S-2026-0006", "why")]),
        (("f3",), 2, [("reject", "S-2026-0007", "why")]),
    ],
)
async def test_words_typed_at_once_are_the_reason(open_desk, port, settle, keys, enters, acts):
    async with open_desk((80, 24)) as pilot:
        await pilot.press("2", *keys[:-1])
        await settle(pilot)
        await pilot.press(keys[-1], *"why")
        for _ in range(enters):
            assert port.acts == []
            await pilot.press("enter")
            await settle(pilot)
    assert port.acts == acts


async def test_enter_in_the_passphrase_goes_on_to_sign(open_desk, port, settle):
    port.pictures = lambda _focus: samples.halted_snapshot()
    port.offered = (KeyChoice("bob", Path("bob.key"), is_encrypted=True),)
    async with open_desk((80, 24)) as pilot:
        await pilot.press("f8")
        await settle(pilot)
        words = str(pilot.app.screen.query_one("#what", Static).render())
        assert "Every sale stays paused until somebody resumes it" in words
        pilot.app.screen.query_one("#passphrase", Input).focus()
        await pilot.press(*"hunter2", "enter")
        await pilot.pause()
        assert port.acts == []
        assert pilot.app.focused.id == "act"
        await pilot.press("enter")
        await settle(pilot)
    assert port.acts == [("rearm", Path("bob.key"), "hunter2")]


async def test_an_act_without_a_reason_is_not_done(open_desk, port, settle, text_of, act):
    async with open_desk((80, 24)) as pilot:
        await pilot.press("f9")
        await settle(pilot)
        await act(pilot)
        assert port.acts == []
        assert "say why" in text_of(pilot)
        assert pilot.app.focused.id == "reason"


async def test_halt_is_reachable_from_an_open_question(open_desk, port, settle, act):
    async with open_desk((80, 24)) as pilot:
        await pilot.press("enter")
        await settle(pilot)
        await pilot.press("f9")
        await settle(pilot)
        pilot.app.screen.query_one("#reason", Input).value = "fire"
        await act(pilot)
        assert port.acts == [("halt", "fire")]
        assert pilot.app.screen.query("#quantity")


async def test_f9_twice_asks_once(open_desk, settle):
    async with open_desk((80, 24)) as pilot:
        await pilot.press("f9", "f9")
        await settle(pilot)
        assert len(pilot.app.screen_stack) == 2


async def test_a_reason_is_all_it_takes_to_lower_risk(open_desk, port, settle, act):
    asked = [("f3", "reject", "S-2026-0007"), ("f4", "pause", "S-2026-0006"), ("f6", "cancel", "S-2026-0006")]
    async with open_desk((80, 24)) as pilot:
        await pilot.press("2")
        for key, _, sale in asked:
            pilot.app.screen.query_one("#sales").choose(sale)
            await settle(pilot)
            await pilot.press(key)
            await settle(pilot)
            assert pilot.app.focused.id == "reason"
            pilot.app.screen.query_one("#reason", Input).value = "why not"
            await act(pilot)
    assert port.acts == [(name, sale, "why not") for _, name, sale in asked]


async def test_resume_wants_a_key(open_desk, port, settle, act):
    port.pictures = with_state(SaleState.PAUSED)
    async with open_desk((80, 24)) as pilot:
        await pilot.press("2", "down")
        await settle(pilot)
        await pilot.press("f5")
        await settle(pilot)
        assert pilot.app.focused.id == "cancel"
        pilot.app.screen.query_one("#who").focus()
        await pilot.press("down")
        await act(pilot)
        assert port.acts == [("resume", "S-2026-0006", Path("state/demo/alice"), None)]


async def test_a_halted_desk_is_rearmed_from_what_waits(open_desk, port, settle, act):
    port.pictures = lambda _focus: samples.halted_snapshot()
    async with open_desk((80, 24)) as pilot:
        await pilot.press("enter")
        await settle(pilot)
        assert pilot.app.focused.id == "cancel"
        await act(pilot)
        assert port.acts == [("rearm", Path("state/demo/olga"), None)]


async def test_a_refusal_stays_on_the_screen_until_it_is_read(open_desk, port, settle, text_of, act):
    port.refuses = "S-2026-0006 is [bold]closing[/]; it cannot be paused"
    async with open_desk((80, 24)) as pilot:
        await pilot.press("2", "down")
        await settle(pilot)
        await pilot.press("f4")
        await settle(pilot)
        pilot.app.screen.query_one("#reason", Input).value = "why"
        await act(pilot)
        assert "is [bold]closing[/]; it cannot be paused" in text_of(pilot)
        assert pilot.app.focused.id == "cancel"


@pytest.mark.parametrize(
    ("state", "offered"),
    [
        (SaleState.STAGED, {"approve", "reject", "cancel_sale"}),
        (SaleState.WORKING, {"pause", "cancel_sale"}),
        (SaleState.PAUSED, {"resume", "cancel_sale"}),
        (SaleState.COMPLETED, set()),
        (None, set()),
    ],
)
def test_only_what_makes_sense_for_the_sale_is_offered(state, offered):
    acts = {"approve", "reject", "pause", "resume", "cancel_sale"}
    assert {name for name in acts if is_offered(name, state, halted=False)} == offered


def test_halt_is_always_offered_and_rearm_only_when_halted():
    for halted in (False, True):
        assert is_offered("halt", None, halted)
        assert is_offered("rearm", None, halted) is halted


async def test_the_key_strip_follows_the_sale_at_the_cursor(open_desk, settle, text_of):
    async with open_desk() as pilot:
        await pilot.press("2")
        await settle(pilot)
        assert "F2 approve" in text_of(pilot)
        assert "F4 pause" not in text_of(pilot)
        await pilot.press("down")
        await settle(pilot)
        assert "F2 approve" not in text_of(pilot)
        assert "F4 pause" in text_of(pilot)


async def test_a_read_only_screen_offers_no_act_and_asks_nothing(open_desk, port, settle, text_of):
    async with open_desk((80, 24), read_only=True) as pilot:
        assert "HALT" not in text_of(pilot)
        assert "approve" not in text_of(pilot)
        for key in ("f2", "f3", "f4", "f5", "f6", "f8", "f9"):
            await pilot.press(key)
        await settle(pilot)
        assert len(pilot.app.screen_stack) == 1
        await pilot.press("enter")
        await settle(pilot)
        assert not pilot.app.screen.query("#act")
        assert "Escape returns" in text_of(pilot)
        names = {command.title for command in pilot.app.get_system_commands(pilot.app.screen)}
    assert port.acts == []
    assert not {"Approve", "Halt", "Pause"} & names


async def test_something_that_waits_opens_where_more_is_known(open_desk, settle, text_of):
    async with open_desk((80, 24)) as pilot:
        await pilot.press("down", "down", "enter")
        await settle(pilot)
        assert pilot.app.current_mode == "funding"
        assert "call at 80.0 %" in text_of(pilot)
