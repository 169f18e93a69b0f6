"""Two people settle an unknown order, with real keys over bytes that name it: once, and only as both said (P3)."""

import asyncio

import pytest

from desk.acts import resuming
from desk.acts.outcome import NotFound, NotYetApplied, Refused
from desk.acts.staging import control_limits
from desk.acts.stopping import wait_for
from desk.duty.permission import SignedPermission
from desk.execution.executor import Executor
from desk.execution.orders import Order, OrderState, OrderType, client_order_id
from desk.execution.settings import ExecutionSettings
from desk.ledger import LedgerThread, control, orders, sales
from desk.permission.refusals import Reason, SignatureRefused
from desk.sale.lifecycle import SaleState
from desk.units import NOTHING, Price, Sats


@pytest.fixture
def unknown(house, see):
    """A sale whose only order, on the whole of its first slice, nobody knows the fate of; its venue is gone."""
    see(house)
    sale_id = house.stage()
    house.approve(sale_id, "alice")
    now, price = house.clock.now(), Price(house.sale(sale_id).terms.limits.floor)
    with house.ledger.write(actor="daemon", clock=house.clock) as tx:
        epoch = control.take_epoch(tx, 1, "host", now)
        for state in (SaleState.APPROVED, SaleState.SCHEDULED, SaleState.WORKING):
            opened = {"opened": now, "closes": now + house.sale(sale_id).terms.window.over, "arrival": price}
            sales.move(tx, sale_id, state, "", now, epoch=epoch, **(opened if state is SaleState.WORKING else {}))
        first = sales.slices(tx, sale_id)[0]
        cid = client_order_id(house.sale(sale_id).terms_digest, "kraken", first.id, 0)
        order = Order(
            client_order_id=cid, venue="kraken", sale_id=sale_id, slice_id=first.id, attempt=0,
            state=OrderState.INTENT, type=OrderType.POST_ONLY, limit_price=price, quantity=first.planned,
            filled=Sats(0), proceeds=NOTHING, fees=NOTHING, venue_order_id=None, created=now, sent=None, updated=now,
            deadline=None, cancel_asked=None, last_error="",
        )  # fmt: skip
        orders.place_intent(tx, order, epoch=epoch)
        orders.mark_sent(tx, cid, now, epoch)
        orders.record_unknown(tx, cid, "time-out", now, epoch)
    return cid


@pytest.fixture
async def daemon(house):
    """What takes commands, and nothing else; it need not wait, for its venue is gone for good."""
    with house.read() as tx:
        epoch = control.current_epoch(tx)
    thread = LedgerThread(house.ledger, house.clock)
    executor = Executor(
        thread,
        {},
        house.clock,
        control_limits(house.config),
        permission=SignedPermission(house.config, house.ledger.desk.desk_id, house.clock),
        halt_file=house.config.halt_file,
        epoch=epoch,
        settings=ExecutionSettings(unresolved_alarm_s=0.0),
    )

    async def work():
        while True:
            await executor.apply_commands()
            await asyncio.sleep(0.01)

    task = asyncio.create_task(work())
    yield executor
    task.cancel()
    thread.close()


async def resolve(house, cid, name, venue_order_id=None):
    return await asyncio.to_thread(
        resuming.resolve,
        house.config,
        house.ledger,
        house.clock,
        cid,
        venue_order_id=venue_order_id,
        key_file=house.key(name),
    )


def order(house, cid):
    with house.read() as tx:
        return orders.get(tx, cid)


async def test_two_people_settle_what_no_evidence_settles(house, unknown, daemon):
    assert "1 of 2 signatures (alice)" in await resolve(house, unknown, "alice")
    assert order(house, unknown).state is OrderState.UNKNOWN
    assert "was not placed; what it reserved is free again" in await resolve(house, unknown, "bob")
    assert order(house, unknown).last_error == "settled by people: 2 of 2 signatures (alice, bob)"
    assert house.sale(order(house, unknown).sale_id).committed == 0


async def test_one_person_twice_is_one_person(house, unknown, daemon):
    await resolve(house, unknown, "alice")
    with pytest.raises(SignatureRefused) as twice:
        await resolve(house, unknown, "alice")
    assert twice.value.reason is Reason.TWICE
    assert order(house, unknown).state is OrderState.UNKNOWN


async def test_different_verdicts_never_add_up(house, unknown, daemon):
    for name, venue_order_id in (("alice", None), ("bob", "O1"), ("olga", "O2")):
        assert "1 of 2 signatures" in await resolve(house, unknown, name, venue_order_id)
    assert order(house, unknown).state is OrderState.UNKNOWN
    with house.read() as tx:
        assert len(control.requests(tx, "desk.resolve")) == 3
        assert control.commands(tx) == []


async def test_a_key_that_is_nobodys_settles_nothing(house, unknown, daemon):
    with pytest.raises(Refused, match="belongs to nobody"):
        await resolve(house, unknown, "mallory")


async def test_only_an_unknown_order_of_this_desk_is_settled(house, unknown, daemon):
    with pytest.raises(NotFound, match="no order 'ffff"):
        await resolve(house, "f" * 32, "alice")
    await resolve(house, unknown, "alice")
    await resolve(house, unknown, "bob")
    with pytest.raises(Refused, match="is refused; only an unknown order"):
        await resolve(house, unknown, "alice")


async def test_what_was_signed_for_one_order_is_worth_nothing_for_another(house, unknown, daemon):
    await resolve(house, unknown, "alice")
    await resolve(house, unknown, "bob")
    with house.read() as tx:
        (spent,) = control.requests(tx, "desk.resolve", open_only=False)
    for detail in (
        {"request": spent.id, "order": "f" * 32},
        {"request": spent.id},
        {"request": spent.id, "order": None},
    ):
        with house.ledger.write(actor="mallory", clock=house.clock) as tx:
            number = control.command(tx, "resolve", None, "mallory", "", detail, house.clock.now())
        with pytest.raises(Refused, match="names no signed request for it"):
            await asyncio.to_thread(wait_for, house.ledger, number)


async def test_a_replayed_verdict_is_refused(house, unknown, daemon):
    await resolve(house, unknown, "alice")
    await resolve(house, unknown, "bob")
    with house.read() as tx:
        (spent,) = control.requests(tx, "desk.resolve", open_only=False)
    with house.ledger.write(actor="mallory", clock=house.clock) as tx:
        detail = {"request": spent.id, "order": unknown}
        number = control.command(tx, "resolve", None, "mallory", "", detail, house.clock.now())
    with pytest.raises(Refused, match="has been applied already"):
        await asyncio.to_thread(wait_for, house.ledger, number)


async def test_a_verdict_with_one_signature_is_refused_even_as_a_command(house, unknown, daemon):
    await resolve(house, unknown, "alice")
    with house.read() as tx:
        (half,) = control.requests(tx, "desk.resolve")
    with house.ledger.write(actor="mallory", clock=house.clock) as tx:
        number = control.command(
            tx, "resolve", None, "bob", "", {"request": half.id, "order": unknown}, house.clock.now()
        )
    with pytest.raises(Refused, match="1 of 2 signatures"):
        await asyncio.to_thread(wait_for, house.ledger, number)
    assert order(house, unknown).state is OrderState.UNKNOWN


async def test_a_halt_in_between_voids_the_first_signature(house, unknown, daemon):
    await resolve(house, unknown, "alice")
    with house.ledger.write(actor="olga", clock=house.clock) as tx:
        control.halt(tx, "a fire", "olga", house.clock.now())
    assert "1 of 2 signatures (bob)" in await resolve(house, unknown, "bob")
    assert order(house, unknown).state is OrderState.UNKNOWN


async def test_without_a_daemon_the_verdict_is_recorded_and_applied_later(house, unknown):
    await resolve(house, unknown, "alice")
    with pytest.raises(NotYetApplied):
        await resolve(house, unknown, "bob")
    with house.read() as tx:
        assert [one.kind for one in control.pending_commands(tx)] == ["resolve"]
