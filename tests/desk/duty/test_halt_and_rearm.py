"""What stops and what starts again, with a daemon at work: the HALT file, two signatures, paused sales (P12)."""

import asyncio

import pytest

from desk.acts import resuming, stopping
from desk.acts.outcome import Refused
from desk.acts.signing import sign_request
from desk.clock import iso
from desk.ledger import control, orders
from desk.permission.refusals import Reason, SignatureRefused
from desk.permission.requests import Act
from desk.sale.lifecycle import SaleState


async def act(fn, *words, **named):
    """Acts wait for the daemon's answer, so they run beside its loop."""
    return await asyncio.to_thread(fn, *words, **named)


def rearm(house, name):
    return act(resuming.rearm, house.config, house.ledger, house.clock, key_file=house.key(name))


def resume(house, sale, name):
    return act(resuming.resume, house.config, house.ledger, house.clock, sale, key_file=house.key(name))


async def test_a_halt_file_alone_halts_and_two_people_lift_it(trading):
    async with trading.worked():
        sale = trading.stage()
        trading.approve(sale, "alice")
        await trading.rests(sale)

        trading.config.halt_file.touch()
        await trading.on_record(lambda tx: control.open_halt(tx) is not None)
        await trading.on_record(lambda tx: not orders.live(tx))
        assert trading.halts() == [("a HALT file lies beside the database", "unknown", None)]
        with trading.read() as tx:
            cancelled = orders.listed(tx, sale)
        with pytest.raises(Refused, match="the desk is halted"):
            trading.stage()

        assert "1 of 2 signatures (alice)" in await rearm(trading, "alice")
        with pytest.raises(SignatureRefused, match="alice signed already") as twice:
            await rearm(trading, "alice")
        assert twice.value.reason is Reason.TWICE
        assert trading.config.halt_file.exists()
        assert await rearm(trading, "bob") == "rearmed; every sale is paused"

        assert not trading.config.halt_file.exists()
        assert trading.halts()[0][2] is not None
        assert trading.sale(sale).state is SaleState.PAUSED
        with trading.read() as tx:
            assert control.open_halt(tx) is None
            assert orders.listed(tx, sale) == cancelled, "nothing is sent for a paused sale"


async def test_a_key_that_is_nobodys_lifts_no_halt(trading):
    async with trading.worked():
        stopping.halt(trading.config, trading.clock, "olga", "a fire")
        with pytest.raises(Refused, match="belongs to nobody who may sign"):
            await rearm(trading, "mallory")


async def test_a_newer_halt_voids_the_signatures_of_the_older(trading):
    async with trading.worked():
        stopping.halt(trading.config, trading.clock, "olga", "a fire")
        await rearm(trading, "alice")
        assert stopping.halt(trading.config, trading.clock, "carl", "a flood").startswith("halted already")
        assert "1 of 2 signatures (bob)" in await rearm(trading, "bob")
        with trading.read() as tx:
            assert control.open_halt(tx) is not None


async def test_a_resume_is_spent_once_applied(trading):
    async with trading.worked():
        sale = trading.stage()
        trading.approve(sale, "alice")
        await trading.rests(sale)
        await act(stopping.pause, trading.ledger, trading.clock, sale, "bob", "lunch")
        assert trading.sale(sale).state is SaleState.PAUSED
        assert await resume(trading, sale, "bob") == "resumed by bob"
        with trading.read() as tx:
            (spent,) = control.requests(tx, "desk.resume", open_only=False)
        await act(stopping.pause, trading.ledger, trading.clock, sale, "bob", "dinner")
        with trading.ledger.write(actor="mallory", clock=trading.clock) as tx:
            again = control.command(tx, "resume", sale, "bob", "", {"request": spent.id}, trading.clock.now())
        with pytest.raises(Refused, match="names no signed request for it"):
            await act(stopping.wait_for, trading.ledger, again)
        assert trading.sale(sale).state is SaleState.PAUSED


async def test_a_resume_that_was_signed_and_never_asked_for_is_asked_for_again(trading):
    """The process ended between its signature and its command; nobody has to find a second person for that."""
    async with trading.worked():
        sale = trading.stage()
        trading.approve(sale, "alice")
        await trading.rests(sale)
        await act(stopping.pause, trading.ledger, trading.clock, sale, "bob", "lunch")
        paused = trading.sale(sale)
        payload = {"sale": sale, "terms_digest": paused.terms_digest, "paused": iso(paused.updated_at)}
        asked = (trading.config, trading.ledger, trading.clock, Act.RESUME, sale, payload)
        await act(sign_request, *asked, key_file=trading.key("bob"))
        assert await resume(trading, sale, "bob") == "resumed by bob"


async def test_a_resume_that_names_no_signatures_is_refused(trading):
    async with trading.worked():
        sale = trading.stage()
        trading.approve(sale, "alice")
        await trading.rests(sale)
        await act(stopping.pause, trading.ledger, trading.clock, sale, "bob", "")
        for detail in ({}, {"request": "R-2026-0001"}):
            with trading.ledger.write(actor="mallory", clock=trading.clock) as tx:
                number = control.command(tx, "resume", sale, "bob", "", detail, trading.clock.now())
            with pytest.raises(Refused, match="names no signed request"):
                await act(stopping.wait_for, trading.ledger, number)
        assert trading.sale(sale).state is SaleState.PAUSED
