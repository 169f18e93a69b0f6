"""What a settled sale brought is set aside for its need exactly once, whoever asks how often."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from desk.duty.proceeds import SHARED, ProceedsDuty
from desk.execution.orders import OrderState
from desk.ledger import LedgerThread, events, sales, treasury
from desk.sale.lifecycle import SaleState
from desk.sale.terms import Purpose, PurposeKind
from desk.treasury.bank_days import BankCalendar
from desk.treasury.cash_records import Allocation
from desk.treasury.cash_rules import CashRules
from desk.treasury.records import Milestone, MilestoneState
from desk.units import Bps, Money

RULES = CashRules(
    "USD", None, 1, BankCalendar(ZoneInfo("America/New_York"), time(16)), Bps(Decimal(1000)), Bps(Decimal(50))
)
QUARTER = 25_000_000
NET = Decimal("17129.775")
"""A quarter bitcoin at 68,524.10, less 1.25."""


def need(amount: str) -> Milestone:
    money = Money(Decimal(amount))
    state = MilestoneState.COMMITTED
    return Milestone("gpu", "gpus", "delivery", date(2026, 3, 2), money, "USD", state, Bps(Decimal(0)), "test")


@pytest.fixture
def begin(world):
    """Duties as daemons would start them, one after another."""
    threads: list[LedgerThread] = []

    def make() -> ProceedsDuty:
        threads.append(LedgerThread(world.ledger, world.clock))
        return ProceedsDuty(RULES, threads[-1], world.clock)

    yield make
    for thread in threads:
        thread.close()


@pytest.fixture
def sell(world) -> Callable[..., str]:
    """A sale of which a quarter was sold before it ended."""

    def make(
        purpose: Purpose, state: SaleState = SaleState.EXPIRED, wants: str = "41000000", fill: bool = True
    ) -> str:
        with world.write() as tx:
            treasury.state(tx, "capex", [need(wants)])
        world.stage(purpose=purpose)
        world.to_working()
        if fill:
            order = world.place()
            with world.write() as tx:
                world.report(tx, order, OrderState.FILLED, world.fill(order, QUARTER))
        with world.write() as tx:
            for one in (SaleState.CLOSING, state):
                sales.move(tx, "S-2026-0001", one, "test", world.now, epoch=world.epoch)
        return "S-2026-0001"

    return make


def allocations(world) -> list[Allocation]:
    with world.ledger.read() as tx:
        return treasury.in_force(tx, Allocation)


def told(world) -> list[dict[str, object]]:
    with world.ledger.read() as tx:
        return [dict(event.detail) for event in events.listed(tx, kinds=[SHARED])]


FOR_GPU = Purpose(PurposeKind.CAPEX, "gpu")


@pytest.mark.parametrize("state", [SaleState.COMPLETED, SaleState.EXPIRED, SaleState.CANCELLED])
async def test_an_ended_sale_gives_its_net_proceeds_to_its_need(world, begin, sell, state):
    sale_id = sell(FOR_GPU, state)
    await begin().tick()
    (one,) = allocations(world)
    assert (one.need, one.ref, one.currency, one.day) == ("gpu", sale_id, "USD", world.now.date())
    assert one.amount == NET.quantize(Decimal("0.01"), "ROUND_FLOOR")
    (detail,) = told(world)
    assert detail["given"] == {"gpu": "17,129.77 USD"}


async def test_it_is_done_once_by_ticks_restarts_and_two_daemons_at_a_time(world, begin, sell):
    duty, other = begin(), begin()
    await duty.tick()
    await other.tick()
    sell(FOR_GPU)
    for one in (duty, other, duty, begin(), begin()):
        await one.tick()
    assert len(allocations(world)) == 1
    assert len(told(world)) == 1
    with world.ledger.read() as tx:
        assert len(treasury.versions(tx, allocations(world)[0])) == 1


async def test_a_sale_that_ends_while_the_daemon_runs_is_noticed(world, begin, sell):
    duty = begin()
    await duty.tick()
    assert allocations(world) == []
    sell(FOR_GPU)
    await duty.tick()
    assert len(allocations(world)) == 1


async def test_what_the_need_does_not_want_is_said_and_not_set_aside(world, begin, sell):
    sell(FOR_GPU, wants="10000")
    await begin().tick()
    assert [one.amount for one in allocations(world)] == [10_000]
    (detail,) = told(world)
    assert (detail["given"], detail["left"]) == ({"gpu": "10,000.00 USD"}, "7,129.78 USD")


async def test_a_general_sale_and_one_that_sold_nothing_give_nothing(world, begin, sell):
    sell(Purpose(PurposeKind.GENERAL))
    await begin().tick()
    assert (allocations(world), told(world)) == ([], [])


async def test_a_sale_that_sold_nothing_gives_nothing(world, begin, sell):
    sell(FOR_GPU, fill=False)
    await begin().tick()
    assert (allocations(world), told(world)) == ([], [])


async def test_what_cannot_be_converted_waits_and_is_tried_again(world, begin, sell):
    sell(FOR_GPU)
    with world.write() as tx:
        euros = need("41000000")
        treasury.state(tx, "capex", [Milestone(**_fields(euros) | {"currency": "EUR"})])
    duty = begin()
    await duty.tick()
    assert (allocations(world), told(world)) == ([], [])
    with world.write() as tx:
        treasury.state(tx, "capex", [euros])
    await duty.tick()
    assert len(allocations(world)) == 1


def _fields(record: Milestone) -> dict[str, object]:
    return {name: getattr(record, name) for name in Milestone.__slots__}


def test_at_its_start_it_asks_for_events_of_its_sales_and_not_for_all_there_are(world, sell):
    """The search is by subject, which has an index, however many events there are."""
    with world.ledger.read() as tx:
        assert events.said_of(tx, SHARED, []) == set()
        many = [f"S-{number}" for number in range(1000)]
        assert events.said_of(tx, "desk.made", [*many, world.ledger.desk.desk_id]) == {world.ledger.desk.desk_id}
        asked = "EXPLAIN QUERY PLAN SELECT subject FROM events WHERE subject IN (?, ?) AND kind = ?"
        plan = tx.session.connection().exec_driver_sql(asked, ("a", "b", SHARED)).all()
    assert "events_by_subject" in str(plan)
