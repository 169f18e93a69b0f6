"""`desk halt` against a daemon that lives, stands still or is dead, and an exchange that is down (P12)."""

from __future__ import annotations

import time

import pytest

from tests.faults.exchange import ask
from tests.faults.resting import RestingDesk, until

pytestmark = pytest.mark.slow
_WATCHED_S = 3.0


def _nothing_new_is_accepted(desk: RestingDesk) -> None:
    """One second after the halt returned, and for some seconds more, the exchange takes no order.

    Without a halt it takes one every other second: more is always due than the market buys.
    """
    time.sleep(1.0)
    taken = len(desk.accepted())
    time.sleep(_WATCHED_S)
    assert len(desk.accepted()) == taken


def test_a_living_daemon_sends_nothing_after_a_halt_and_takes_its_order_off(desk: RestingDesk) -> None:
    done = desk.run("halt", "--reason", "drill")
    assert done.returncode == 0, done.stderr
    _nothing_new_is_accepted(desk)
    until(lambda: not desk.resting(), "the cancel", 10)
    until(lambda: not desk.live_on_record(), "its proof", 10)
    assert desk.sale_state() == "working"  # a halt is the desk's, not the sale's
    assert desk.differences() == []


def test_halt_now_cancels_for_a_dead_daemon_and_the_next_one_stays_halted(desk: RestingDesk) -> None:
    desk.kill()
    taken = len(desk.accepted())
    done = desk.run("halt", "--now", "--reason", "drill")
    assert done.returncode == 0, done.stdout + done.stderr
    assert desk.resting() == []
    assert desk.live_on_record() == []
    desk.restart()
    until(desk.is_at_work, "the next daemon", 30)
    _nothing_new_is_accepted(desk)
    assert len(desk.accepted()) == taken
    assert desk.differences() == []


def test_halt_now_cancels_for_a_stopped_daemon_which_then_finds_itself_fenced(desk: RestingDesk) -> None:
    desk.stop_in_its_tracks()
    assert desk.run("halt", "--reason", "drill").returncode == 0
    _nothing_new_is_accepted(desk)
    done = desk.run("halt", "--now", "--reason", "drill")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "its epoch is taken" in done.stdout
    assert desk.resting() == []
    assert desk.live_on_record() == []
    seq, sent = desk.last_event(), desk.asked("AddOrder", "CancelOrder", "CancelAll")
    desk.go_on()
    until(lambda: desk.daemon.poll() is not None, "the fenced daemon's end", 30)
    assert [row["kind"] for row in desk.events_after(seq)] == []
    assert desk.asked("AddOrder", "CancelOrder", "CancelAll") == sent
    assert desk.differences() == []


def test_halt_now_cancels_although_a_stopped_daemon_holds_the_database(desk: RestingDesk) -> None:
    desk.stop_with_the_database()
    ask(desk.world.url, "market", {"jump_bps": -300})  # nobody buys what rests so far above the market
    taken = len(desk.accepted())
    done = desk.run("halt", "--now", "--reason", "drill")
    assert done.returncode == 4, done.stdout + done.stderr
    assert f"process {desk.daemon.pid}" in done.stdout
    assert desk.resting() == []
    desk.go_on()  # in the middle of what it was doing
    until(lambda: not desk.live_on_record(), "the proof by the daemon that goes on", 30)
    _nothing_new_is_accepted(desk)
    assert len(desk.accepted()) == taken
    assert desk.differences() == []


def test_a_halt_holds_while_the_exchange_is_down_and_cancels_when_it_is_back(desk: RestingDesk) -> None:
    ask(desk.world.url, "faults", {"kind": "refuse", "seconds": "6"})
    done = desk.run("halt", "--reason", "drill")
    assert done.returncode == 0, done.stderr
    _nothing_new_is_accepted(desk)

    def is_off() -> bool:
        try:
            return not desk.resting()
        except OSError:
            return False

    until(is_off, "the cancel after the exchange came back", 40)
    until(lambda: not desk.live_on_record(), "its proof", 30)
    assert desk.differences() == []
