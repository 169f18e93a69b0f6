"""Commands, halts, requests, policies, alarms, and what is true only now."""

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import insert

from desk.canonical import digest
from desk.ledger import LedgerRefused, NotOnRecord, StaleEpoch, events, live
from desk.ledger import control as c
from desk.ledger.tables_control import CommandState
from desk.ledger.tables_live import QuoteHistoryRow
from desk.permission.requests import Act, EventHead, Request, open_request
from desk.units import Price, Sats


def asked(world, tx, act: Act = Act.REARM, nonce: str = "n1") -> Request:
    head = events.head(tx)
    desk_id = world.ledger.desk.desk_id
    return open_request(
        act, {}, desk_id=desk_id, nonce=nonce, head=EventHead(head.seq, head.hash), opened_at=world.now
    )


def test_a_command_waits_until_it_is_answered_once(working):
    with working.write() as tx:
        first = c.command(tx, "pause", "S-2026-0001", "ada", "lunch", {"n": 1}, working.now)
        c.command(tx, "cancel", "S-2026-0001", "ada", "", None, working.now)
    with working.ledger.read() as tx:
        assert [one.kind for one in c.pending_commands(tx)] == ["pause", "cancel"]
        assert c.pending_commands(tx)[0].detail == {"n": 1}
    with working.write() as tx:
        c.apply_command(tx, first, "paused", working.now, working.epoch)
    with working.ledger.read() as tx:
        assert c.command_state(tx, first).state is CommandState.APPLIED
        assert [one.kind for one in c.pending_commands(tx)] == ["cancel"]
    with pytest.raises(LedgerRefused, match="already"), working.write() as tx:
        c.apply_command(tx, first, "again", working.now, working.epoch)
    with pytest.raises(NotOnRecord), working.write() as tx:
        c.apply_command(tx, 404, "", working.now, working.epoch)


def test_a_command_about_an_unknown_sale_is_refused(working):
    with pytest.raises(LedgerRefused), working.write() as tx:
        c.command(tx, "pause", "S-none", "ada", "", None, working.now)


def test_a_halt_stands_until_a_request_lifts_all_of_them(working):
    with working.write() as tx:
        c.halt(tx, "one", "ada", working.now)
        c.halt(tx, "two", "bob", working.now)
    with working.write() as tx:
        assert c.open_halt(tx).reason == "two"
        assert c.newest_halt(tx) == events.head(tx).seq
        number = c.open_request(tx, asked(working, tx), "desk", "ada")
        c.lift_halt(tx, number, working.now, working.epoch)
    with working.ledger.read() as tx:
        assert c.open_halt(tx) is None
        assert c.get_request(tx, number).outcome == "applied"
    with pytest.raises(LedgerRefused, match="not halted"), working.write() as tx:
        c.lift_halt(tx, number, working.now, working.epoch)


def test_a_request_is_kept_word_for_word_and_its_nonce_is_used_once(world):
    with world.write() as tx:
        request = asked(world, tx)
        number = c.open_request(tx, request, "desk", "ada")
    with world.ledger.read() as tx:
        (kept,) = c.requests(tx)
        assert (kept.id, kept.body, kept.kind) == (number, request.raw, "desk.rearm")
        assert c.requests(tx, "desk.policy") == []
    with pytest.raises(LedgerRefused), world.write() as tx:
        c.open_request(tx, request, "desk", "ada")
    with world.write() as tx:
        c.close_request(tx, number, "expired", world.now)
    with world.ledger.read() as tx:
        assert c.requests(tx) == []
        assert len(c.requests(tx, open_only=False)) == 1
    with pytest.raises(LedgerRefused, match="closed"), world.write() as tx:
        c.close_request(tx, number, "applied", world.now)


def test_the_first_policy_needs_no_request_and_the_next_one_does(world):
    first, second = b'{"policy":1}', b'{"policy":2}'
    with world.write() as tx:
        assert c.current_policy(tx) is None
        c.accept_policy(tx, first, digest(first), world.now)
    with pytest.raises(LedgerRefused, match="signed request"), world.write() as tx:
        c.accept_policy(tx, second, digest(second), world.now)
    with pytest.raises(LedgerRefused, match="digest"), world.write() as tx:
        c.accept_policy(tx, second, digest(first), world.now, "R-1")
    with world.write() as tx:
        number = c.open_request(tx, asked(world, tx, Act.POLICY), "policy", "ada")
        assert c.accept_policy(tx, second, digest(second), world.now, number) == 2
        assert c.current_policy(tx) == (digest(second), second)
        assert [one.number for one in c.policies(tx)] == [1, 2]


def test_an_alarm_is_raised_once_while_it_stands(world):
    with world.write() as tx:
        first = c.raise_alarm(tx, "drift", "desk", "the clock is off", world.now)
        assert c.raise_alarm(tx, "drift", "desk", "the clock is off", world.now) == first
        c.clear_alarm(tx, first, world.now, "ada")
        assert c.raise_alarm(tx, "drift", "desk", "the clock is off", world.now) != first
        assert len(c.open_alarms(tx)) == 1
    with pytest.raises(NotOnRecord), world.write() as tx:
        c.clear_alarm(tx, first, world.now, "ada")


def test_epochs_rise(world):
    assert (world.take_epoch(), world.take_epoch()) == (1, 2)
    with world.ledger.read() as tx:
        assert c.current_epoch(tx) == 2


def test_live_values_are_overwritten_and_leave_no_event(world):
    bid, ask = Price(Decimal("68000.1")), Price(Decimal("68000.2"))
    with world.ledger.read() as tx:
        before = events.head(tx)
        assert live.heartbeat(tx) is None
        assert live.book(tx, "kraken") is None
    for note in ("one", "two"):
        with world.write() as tx:
            live.beat(tx, 42, 1, world.now, note)
            live.set_quote(tx, "kraken", bid, ask, world.now, world.now)
            live.set_book(tx, "kraken", [(bid, Sats(5))], [(ask, Sats(6)), (ask + 1, Sats(7))], world.now)
            live.set_balances(tx, "kraken", [("BTC", Decimal("1.5"), Decimal("1.0"))], world.now)
            live.set_venue_status(tx, "kraken", note == "two", "", world.now)
    with world.ledger.read() as tx:
        assert events.head(tx) == before
        assert live.heartbeat(tx).note == "two"
        assert (live.quotes(tx)["kraken"].bid, live.quotes(tx)["kraken"].ask) == (bid, ask)
        assert live.book(tx, "kraken").asks == ((ask, 6), (ask + 1, 7))
        assert [(one.currency, one.free) for one in live.balances(tx)] == [("BTC", Decimal("1.0"))]
        assert live.venue_status(tx)["kraken"].is_reachable
        assert len(live.quote_history(tx, "kraken", world.now)) == 2


def test_who_was_overtaken_gives_no_sign_of_life(world):
    older, newer = world.take_epoch(), world.take_epoch()
    with world.write() as tx:
        live.beat(tx, 2, newer, world.now, "the newer one's")
    with pytest.raises(StaleEpoch), world.write() as tx:
        live.beat(tx, 1, older, world.now, "working")
    with world.ledger.read() as tx:
        assert live.heartbeat(tx).note == "the newer one's"


def test_the_history_of_quotes_is_pruned_by_venue(world):
    price = Price(Decimal(1))
    old = [{"venue": "kraken", "bid": price, "ask": price, "desk": world.now}] * (live.HISTORY + 150)
    with world.write() as tx:
        live.set_quote(tx, "other", price, price, world.now, world.now)
        tx.session.connection().execute(insert(QuoteHistoryRow), old)
        for _ in range(100):
            live.set_quote(tx, "kraken", price, price, world.now, world.now)
    with world.ledger.read() as tx:
        since = world.now - timedelta(days=1)
        assert live.HISTORY <= len(live.quote_history(tx, "kraken", since)) < live.HISTORY + 150
        assert len(live.quote_history(tx, "other", since)) == 1
