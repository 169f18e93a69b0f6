"""One daemon works a desk, for as long as the database under it is the one it opened."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
from datetime import timedelta
from decimal import Decimal

import pytest

from desk.acts import stopping
from desk.acts.outcome import Refused
from desk.daemon import Daemon
from desk.duty.lock import DaemonLock, LockHeld, holder, is_held
from desk.execution.orders import RESTING, OrderState
from desk.ledger import control, live, markets, orders
from desk.paper.control import show_state
from desk.paper.faults import Fault, FaultKind
from desk.sale.lifecycle import SaleState


@pytest.fixture
def process(house):
    """`desk daemon` as a process of its own, whose venue does not answer; ended by its id."""
    command = [sys.executable, "-m", "desk", "--config", str(house.folder / "config.toml"), "daemon"]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    yield running
    running.kill()
    running.communicate()


def is_alive_on_record(tx):
    beat = live.heartbeat(tx)
    return beat is not None and "kraken" in live.venue_status(tx)


def is_stopped(tx):
    beat = live.heartbeat(tx)
    return beat is not None and beat.note == "stopped"


def has_rested(order, trading):
    """For a second already: one that was just placed may be on its way after a touch that moved meanwhile."""
    rests = order.state in RESTING and order.cancel_asked is None
    return rests and trading.clock.now() - order.updated >= timedelta(seconds=trading.clock.speed)


async def test_a_second_daemon_is_refused(house):
    async with Daemon(house.config):
        second = Daemon(house.config)
        with pytest.raises(LockHeld, match=rf"a daemon works this database already \(process {os.getpid()}\)"):
            await second.__aenter__()


async def test_the_lock_goes_with_the_process_however_it_dies(house, process):
    await house.on_record(is_alive_on_record)
    path = house.config.lock_file
    assert is_held(path)
    assert holder(path) == process.pid
    process.kill()
    process.wait()
    assert not is_held(path)
    lock = DaemonLock(path)
    lock.take()
    assert holder(path) == os.getpid()
    lock.release()


async def test_a_venue_that_does_not_answer_is_shown_and_sigterm_ends_the_wait(house, process):
    await house.on_record(is_alive_on_record)
    with house.read() as tx:
        status = live.venue_status(tx)["kraken"]
    assert not status.is_reachable
    assert "kraken" in status.error
    process.send_signal(signal.SIGTERM)
    _, said = await asyncio.to_thread(process.communicate, timeout=60)
    assert process.returncode == 0, said.decode()
    with house.read() as tx:
        assert is_stopped(tx)


async def test_a_daemon_stops_when_its_database_is_replaced_under_it(house, process):
    """What is put in its place is not written to, and finds no journal of the other beside it."""
    await house.on_record(is_alive_on_record)
    path = house.config.database_file
    other = shutil.copy(path, path.with_name("other.db"))
    bytes_before = path.with_name("other.db").read_bytes()
    os.replace(other, path)
    _, said = await asyncio.to_thread(process.communicate, timeout=60)
    assert process.returncode == 1, said.decode()
    assert "the database was moved, deleted or replaced under this daemon" in said.decode()
    assert path.read_bytes() == bytes_before
    assert not path.with_name("desk.db-journal").exists()


async def test_a_daemon_whose_epoch_was_taken_ends_and_writes_no_order_any_more(trading):
    async with Daemon(trading.config) as daemon:
        work = asyncio.create_task(daemon.run())
        await trading.on_record(lambda tx: bool(live.balances(tx)) and markets.market(tx, "kraken") is not None)
        sale = trading.stage()
        with trading.ledger.write(actor="halt", clock=trading.clock) as tx:
            newer = control.take_epoch(tx, 4242, "host", trading.clock.now())
            live.beat(tx, 4242, newer, trading.clock.wall(), "the newer one's")
        assert newer == daemon.epoch + 1
        trading.approve(sale, "alice")
        await asyncio.wait_for(work, 60)
    with trading.read() as tx:
        assert orders.listed(tx, sale) == []
        sign = live.heartbeat(tx)
    assert (sign.pid, sign.epoch, sign.note) == (4242, newer, "the newer one's")


async def test_sigterm_leaves_resting_orders_where_the_configuration_says_so(trading, paper):
    path = trading.folder / "config.toml"
    path.write_text(path.read_text() + '[daemon]\non_stop = "leave"\n')
    async with trading.worked():
        sale = trading.stage(slices=3)  # each is long enough for its order to rest through the stop
        trading.approve(sale, "alice")
        await trading.on_record(lambda tx: any(has_rested(order, trading) for order in orders.live(tx, sale)))
    with trading.read() as tx:
        left = [order.venue_order_id for order in orders.live(tx, sale)]
    assert left
    assert set(left) == set(show_state(paper.exchange)["open"])


async def test_a_stop_waits_for_the_answer_to_an_order_under_way(trading, paper):
    """A request that left is answered first, and what it placed is taken off the book.

    The first slice falls due a while after the opening, so that it is the scheduler that wakes the sale for it.
    """
    await paper.inflict(Fault(FaultKind.DELAY_REPLY, seconds=Decimal("1.5")))
    async with trading.worked():
        sale = trading.stage(slices=6)
        trading.approve(sale, "alice")
        await trading.on_record(lambda tx: any(order.state is OrderState.SENT for order in orders.live(tx, sale)))
    with trading.read() as tx:
        assert {order.state for order in orders.listed(tx, sale)} <= {OrderState.CANCELLED, OrderState.FILLED}
    assert show_state(paper.exchange)["open"] == []


@pytest.fixture
async def deaf(house, see):
    """A daemon whose venue answers nobody, and a sale that was staged before: the desk and the sale."""
    see(house)
    sale = house.stage()
    async with Daemon(house.config) as daemon:
        work = asyncio.create_task(daemon.run())
        await house.on_record(is_alive_on_record)
        yield house, sale
        daemon.stop()
        await work


async def test_a_cancel_is_applied_while_no_venue_has_opened(deaf):
    house, sale = deaf
    said = await asyncio.to_thread(stopping.cancel, house.ledger, house.clock, sale, "olga", "changed my mind")
    assert "changed my mind" in said
    assert house.sale(sale).state is SaleState.CANCELLED


async def test_a_pause_is_answered_while_no_venue_has_opened(deaf):
    house, sale = deaf
    with pytest.raises(Refused, match="is staged; it cannot be paused"):
        await asyncio.to_thread(stopping.pause, house.ledger, house.clock, sale, "olga", "lunch")


async def test_a_halt_is_put_on_record_while_no_venue_has_opened(deaf):
    house, _ = deaf
    house.config.halt_file.write_text('{"reason": "a fire", "actor": "olga", "at": ""}')
    await house.on_record(lambda tx: control.open_halt(tx) is not None)
    assert house.halts() == [("a fire", "olga", None)]
