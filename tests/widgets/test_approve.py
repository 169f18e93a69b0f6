"""Approving: the exact terms, the quantity typed back, and nothing signed by accident (P4)."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from textual.widgets import Button, Input

from desk.snapshot import samples
from widgets.port import KeyChoice

SALE = "S-2026-0007"


@pytest.fixture
def open_approval(open_desk, settle):
    """The app with the approval of the first waiting sale open."""
    from contextlib import asynccontextmanager

    @asynccontextmanager
    async def opened(size=(80, 24)):
        async with open_desk(size) as pilot:
            await pilot.press("enter")
            await settle(pilot)
            yield pilot

    return opened


def digest():
    return samples.staged_detail().terms_digest


async def test_the_exact_terms_are_on_the_screen(open_approval, text_of):
    async with open_approval((140, 40)) as pilot:
        said = text_of(pilot).replace("\n", "").replace(" ", "")
    detail = samples.staged_detail()
    shown = "".join(char for char in said if char.isalnum())
    assert "never below 64,000.00".replace(" ", "") in said
    assert detail.terms_digest in said
    for part in ('"seed":7', '"stager":"olga"', '"sell_sats":44510000000'):
        assert part in said
    assert "floor66away" in shown
    assert "730619" in shown
    assert "1moreneeded" in shown


async def test_at_80_by_24_the_terms_scroll_and_the_buttons_stay(open_approval, text_of):
    async with open_approval((80, 24)) as pilot:
        assert "Sign as bob" in text_of(pilot)
        assert "type the quantity" in text_of(pilot)
        for _ in range(6):
            await pilot.press("pagedown")
        assert '"over_s":21600' in text_of(pilot).replace("\n", "").replace(" ", "") or "er_s" in text_of(pilot)
        assert "Sign as bob" in text_of(pilot)
        assert pilot.app.focused.id == "cancel"


async def test_cancel_has_the_focus_and_enter_never_signs(open_approval, port, settle):
    async with open_approval() as pilot:
        assert pilot.app.focused.id == "cancel"
        await pilot.press("enter")
        await settle(pilot)
        assert len(pilot.app.screen_stack) == 1
    assert port.acts == []


async def test_what_is_typed_while_a_button_has_the_focus_is_the_quantity(open_approval, port, settle):
    async with open_approval() as pilot:
        assert pilot.app.focused.id == "cancel"
        await pilot.press(*"445.10")
        assert pilot.app.focused.id == "quantity"
        assert pilot.app.focused.value == "445.10"
        await pilot.press("enter", "enter")
        await settle(pilot)
    assert port.acts == [("approve", SALE, digest(), Path("state/demo/bob"), None)]


async def test_escape_never_signs_even_with_everything_typed(open_approval, port, settle):
    async with open_approval() as pilot:
        pilot.app.screen.query_one("#quantity", Input).focus()
        await pilot.press(*"445.10", "enter", "escape")
        await settle(pilot)
        assert len(pilot.app.screen_stack) == 1
        assert pilot.app.focused.id == "waiting"
    assert port.acts == []


async def test_a_wrong_quantity_never_signs(open_approval, port, text_of, act):
    async with open_approval() as pilot:
        field = pilot.app.screen.query_one("#quantity", Input)
        for typed in ("", "445", "445.1000001", "44510000000", "445,10", "-445.10", "all", "[b]445.10[/b]"):
            field.value = typed
            field.focus()
            await pilot.press("enter")
            await pilot.pause()
            assert "Nothing was signed." in text_of(pilot)
            await act(pilot)
            assert pilot.app.focused is field
    assert port.acts == []


async def test_the_right_quantity_and_a_second_enter_sign_what_was_shown(open_approval, port, settle, text_of):
    async with open_approval() as pilot:
        pilot.app.screen.query_one("#quantity", Input).focus()
        await pilot.press(*"445.1", "enter")
        await pilot.pause()
        assert port.acts == []
        assert pilot.app.focused.id == "act"
        await pilot.press("enter")
        await settle(pilot)
        assert port.acts == [("approve", SALE, digest(), Path("state/demo/bob"), None)]
        assert "approve recorded" in text_of(pilot)
        assert len(pilot.app.screen_stack) == 1


async def test_another_key_can_be_chosen_and_the_button_names_it(open_approval, port, act):
    async with open_approval() as pilot:
        pilot.app.screen.query_one("#who").focus()
        await pilot.press("up")
        await pilot.pause()
        assert str(pilot.app.screen.query_one("#act", Button).label) == "Sign as alice"
        pilot.app.screen.query_one("#quantity", Input).value = "445.10"
        await act(pilot)
    assert port.acts == [("approve", SALE, digest(), Path("state/demo/alice"), None)]


async def test_what_the_desk_refuses_is_shown_and_nothing_else_happens(open_approval, port, text_of, act):
    port.refuses = "olga staged this sale and cannot approve it"
    async with open_approval() as pilot:
        pilot.app.screen.query_one("#quantity", Input).value = "445.10"
        await act(pilot)
        assert port.refuses in text_of(pilot)
        assert pilot.app.focused.id == "cancel"
        assert pilot.app.screen.query("#quantity")


async def test_a_failure_in_the_middle_says_that_the_outcome_is_not_known(open_approval, port, text_of, act):
    def breaks(*_what):
        raise OSError("disk full")

    port.approve = breaks
    async with open_approval() as pilot:
        pilot.app.screen.query_one("#quantity", Input).value = "445.10"
        await act(pilot)
        assert "it may have been done all the same" in text_of(pilot)
        assert "disk full" in text_of(pilot)


async def test_terms_that_change_under_the_readers_eyes_are_not_signed(open_approval, port, settle, text_of, act):
    async with open_approval() as pilot:

        def other(focus):
            calm = samples.sample_snapshot(focus)
            return replace(calm, focus=replace(calm.focus, terms_digest="0" * 64)) if calm.focus else calm

        port.pictures = other
        pilot.app.tick()
        await settle(pilot)
        pilot.app.screen.query_one("#quantity", Input).value = "445.10"
        await act(pilot)
        assert "the terms changed" in text_of(pilot)
    assert port.acts == []


async def test_terms_that_never_come_cannot_be_signed(open_approval, port, text_of, act):
    port.pictures = lambda focus: replace(samples.sample_snapshot(focus), focus=None)
    async with open_approval() as pilot:
        assert "reading the terms" in text_of(pilot)
        pilot.app.screen.query_one("#quantity", Input).value = "445.10"
        await act(pilot)
    assert port.acts == []


async def test_a_passphrase_is_asked_for_handed_on_once_and_wiped(open_approval, port, text_of, act):
    port.offered = (KeyChoice("bob", Path("bob.key"), is_encrypted=True),)
    async with open_approval() as pilot:
        screen = pilot.app.screen
        screen.query_one("#quantity", Input).focus()
        await pilot.press(*"445.10", "enter")
        await pilot.pause()
        assert pilot.app.focused.id == "passphrase"
        await act(pilot)
        assert port.acts == []
        assert "wants its passphrase" in text_of(pilot)
        port.refuses = "wrong passphrase"
        screen.query_one("#passphrase", Input).value = "hunter2"
        assert "hunter2" not in text_of(pilot)
        await act(pilot)
        assert port.acts == [("approve", SALE, digest(), Path("bob.key"), "hunter2")]
        assert screen.query_one("#passphrase", Input).value == ""


async def test_without_keys_a_path_is_typed(open_approval, port, text_of, act):
    port.offered = ()
    async with open_approval() as pilot:
        pilot.app.screen.query_one("#quantity", Input).value = "445.10"
        await act(pilot)
        assert "type the path of your private key" in text_of(pilot)
        assert port.acts == []
        pilot.app.screen.query_one("#key-path", Input).value = "/keys/bob"
        await act(pilot)
    assert port.acts == [("approve", SALE, digest(), Path("/keys/bob"), None)]


async def test_a_call_under_way_is_neither_repeated_nor_left(open_approval, port, settle):
    go_on = threading.Event()
    calls = []

    def slow(*what):
        calls.append(what)
        go_on.wait(60)
        return "signed"

    port.approve = slow
    async with open_approval() as pilot:
        pilot.app.screen.query_one("#quantity", Input).value = "445.10"
        await pilot.click("#act")
        await pilot.click("#act")
        await pilot.press("escape")
        await pilot.pause()
        try:
            assert len(pilot.app.screen_stack) == 2
        finally:
            go_on.set()
        await settle(pilot)
        assert len(calls) == 1
        assert len(pilot.app.screen_stack) == 1


async def test_reject_takes_the_place_of_approve(open_approval, port, settle, act):
    async with open_approval() as pilot:
        await pilot.click("#reject")
        await settle(pilot)
        assert pilot.app.focused.id == "reason"
        pilot.app.screen.query_one("#reason", Input).value = "wrong lender"
        await act(pilot)
        assert port.acts == [("reject", SALE, "wrong lender")]
        assert len(pilot.app.screen_stack) == 1
