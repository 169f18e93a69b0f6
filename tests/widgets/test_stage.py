"""Staging from the screen: a form that is checked before it can be signed, and signed only as it was checked."""

from __future__ import annotations

from desk.sale.wish import StageWish
from widgets.acts import wish_for


async def test_a_sale_is_checked_then_signed_by_the_one_who_stages_it(open_desk, port, settle, act, text_of):
    async with open_desk((80, 24)) as pilot:
        await pilot.press("2", "s")
        await settle(pilot)
        await pilot.press(*"445.1", "enter")
        await settle(pilot)
        assert port.acts == [("draft", StageWish(btc="445.1"), "olga")]
        assert "Sell 445.1 BTC" in text_of(pilot)
        assert "Sign as olga" in text_of(pilot)

        await pilot.press("enter")
        await settle(pilot)
        ((name, wish, key, passphrase),) = port.acts[1:]
        assert (name, wish, key.name, passphrase) == ("stage", StageWish(btc="445.1"), "olga", None)
        assert not pilot.app.screen.query("#btc")

        await pilot.press("s")
        await settle(pilot)
        await pilot.press(*"5")
        port.refuses = "btc: more than there is"
        await act(pilot)
        assert "more than there is" in text_of(pilot)
        port.refuses = ""
        await act(pilot)
        await pilot.click("#btc")
        await pilot.press("end", *"00")
        assert "Sign as" not in text_of(pilot), "what was checked is not what stands there now"
        await act(pilot)
        assert port.acts[-1] == ("draft", StageWish(btc="500"), "olga")


async def test_the_plans_first_proposal_fills_the_form_and_a_halted_or_read_only_desk_stages_nothing(
    open_desk, port, settle
):
    async with open_desk((140, 40)) as pilot:
        await pilot.press("4", "s")
        await settle(pilot)
        first = port.pictures(None).funding.proposals[0]
        assert pilot.app.screen.wish == wish_for(first)
        assert pilot.app.screen.wish.purpose == first.purpose
        await pilot.press("escape")
        pilot.app.read_only = True
        await pilot.press("s", "ctrl+s")
        await settle(pilot)
        assert not pilot.app.screen.query("#btc")
        assert port.acts == []
