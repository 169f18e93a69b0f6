"""Keys: every one can be remapped, none that matters is hit by accident."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

from textual.binding import Binding
from textual.dom import DOMNode
from textual.widgets import Input

import widgets
from desk.sale.lifecycle import SaleState
from widgets.commands import COMMANDS, bindings, is_offered


def classes() -> Iterator[type[DOMNode]]:
    for module in pkgutil.walk_packages(widgets.__path__, "widgets."):
        if module.name == "widgets.port_live":
            continue
        for found in vars(importlib.import_module(module.name)).values():
            if isinstance(found, type) and issubclass(found, DOMNode) and found.__module__ == module.name:
                yield found


def test_every_binding_has_an_id_of_its_own():
    seen: dict[str, str] = {}
    for owner in classes():
        for binding in vars(owner).get("BINDINGS", ()):
            assert isinstance(binding, Binding), owner
            assert binding.id, (owner, binding)
            assert seen.setdefault(binding.id, owner.__name__) == owner.__name__, binding.id


def test_what_moves_or_stops_money_has_no_printable_key():
    for command in COMMANDS:
        if command.is_act:
            for key in command.keys.split(","):
                assert len(key) > 1, command
                assert key.startswith(("f", "ctrl+")), command


def test_no_key_means_two_things():
    keys = [binding.key for binding in bindings()]
    assert len(keys) == len(set(keys))


def test_a_final_sale_offers_no_act():
    acts = {"approve", "reject", "pause", "resume", "cancel_sale"}
    for state in SaleState:
        offered = {act for act in acts if is_offered(act, state, halted=False)}
        assert bool(offered) == (state is not SaleState.DRAFT and not state.is_final), state


async def test_a_remapped_key_works_even_in_an_input_and_is_shown(open_desk, settle, text_of):
    async with open_desk((80, 24), keymap={"desk.halt": "f12"}) as pilot:
        assert "F12 HALT" in text_of(pilot)
        await pilot.press("5")
        await settle(pilot)
        await pilot.press("slash", "f12")
        await settle(pilot)
        assert pilot.app.screen.query("#reason")
        await pilot.press("escape", "f9")
        await settle(pilot)
        assert not pilot.app.screen.query("#reason")
        assert isinstance(pilot.app.focused, Input)


async def test_the_key_strip_can_be_clicked(open_desk, settle):
    async with open_desk((140, 40)) as pilot:
        line = pilot.app.screen.query_one("#keys").render().plain
        await pilot.click("#keys", offset=(line.index("Funding"), 0))
        await settle(pilot)
        assert pilot.app.current_mode == "funding"
        await pilot.click("#keys", offset=(line.index("HALT"), 0))
        await settle(pilot)
        assert pilot.app.screen.query("#reason") or pilot.app.current_mode == "funding"
