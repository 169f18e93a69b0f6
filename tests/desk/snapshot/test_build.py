"""The picture says what the record says, and what is old looks old."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from desk.acts import books as acts
from desk.acts import stopping
from desk.clock import DeskTime, iso
from desk.duty.lock import DaemonLock
from desk.execution.orders import OrderType
from desk.ledger import control, live, orders, sales, treasury
from desk.ledger.records import RecordedRequest
from desk.sale.lifecycle import SaleState
from desk.snapshot.build import SnapshotBuilder
from desk.snapshot.status_json import status_json
from desk.snapshot.treasury_view import Moment
from desk.snapshot.waiting import request_items
from desk.treasury.holdings import AgeLimits
from desk.units import Money, parse_btc


def titles(picture, kind):
    return [item.title for item in picture.waiting if item.kind == kind]


def test_the_cango_case_shows_7474_60_btc_and_what_the_pool_owes_since_with_sellable_apart(desk):
    held = desk.picture().holdings
    assert held.total == parse_btc("7474.60") + parse_btc("92.188")
    assert held.elsewhere == parse_btc("92.188"), "mined in February by the books, and not paid out"
    assert held.sellable == parse_btc("3357.30")
    assert held.pledged == parse_btc("4000")
    assert held.in_transit == parse_btc("117.30")
    assert held.total == held.sellable + held.reserved + held.pledged + held.in_transit + held.elsewhere
    assert held.value == Decimal("7566.788") * Decimal("68524.10")
    assert not held.is_stale
    assert [place.is_illustrative for place in held.places if place.kind != "venue"] == [True, True, True]


def test_loan_mining_funding_and_cash_are_on_the_picture(desk):
    picture = desk.picture()
    (loan,) = picture.loans
    assert f"{loan.ltv / 100:.1f}" == "73.0"
    assert (loan.call_price, loan.is_illustrative) == (62_500, True)
    assert picture.mining.latest.day.isoformat() == "2026-02-06"
    assert picture.mining.cost_period == "2026-Q1"
    assert picture.funding.line.startswith("gap $32.5 M on 2 Mar, GPU containers delivery; $57.1 M by 1 May")
    first = next(one for one in picture.funding.milestones if not one.paid)
    assert (first.commitment, f"{first.funded / 100:.0f}") == ("Georgia phase 1", "82")
    assert picture.funding.minimum_on.isoformat() == "2026-05-01"
    assert {cash.currency for cash in picture.holdings.cash} == {"USD", "USDT"}
    assert titles(picture, "margin") == ["call at −8.8 %"]
    assert picture.problems == ()


def test_mining_that_ended_long_ago_is_shown_as_stale_and_not_as_never(desk):
    desk.clock.advance(200 * 86_400)
    mining = desk.picture().mining
    assert mining.latest.day.isoformat() == "2026-02-06"
    assert mining.is_stale
    assert len(mining.days) == 32


def test_a_staged_sale_waits_is_reserved_and_shows_what_it_does(desk):
    sale_id = desk.stage()
    desk.approve(sale_id, "alice")
    picture = desk.picture(sale_id)
    (item,) = [item for item in picture.waiting if item.kind == "sale"]
    assert (item.ref, item.title, item.detail) == (
        sale_id,
        "sell 445.10 BTC over 6 h",
        "needs 1 more signature",
    )
    assert picture.holdings.reserved == parse_btc("445.10")
    assert picture.holdings.sellable == parse_btc("2912.20")
    (view,) = picture.sales
    assert (view.signed, view.needed, view.state) == (1, 2, SaleState.STAGED)
    detail = picture.focus
    assert detail.effect[0] == "loan lender A (illustrative): LTV 73.0 % → 61.9 %"
    assert "the proceeds go to the loan" in detail.effect[1]
    assert detail.since_staging == ("price +0.0 %", "floor 12.4 % away", "LTV 73.0 % → 73.0 %")
    assert detail.terms_text == desk_terms(desk, sale_id)
    assert [(a.principal, a.role, a.counts) for a in detail.approvals] == [
        ("olga", "stager", False),
        ("alice", "approver", True),
    ]
    assert picture.loans[0].ltv_after_sales < picture.loans[0].ltv


def desk_terms(desk, sale_id):
    with desk.ledger.read() as tx:
        return sales.terms_bytes(tx, sale_id).decode()


def test_who_has_signed_is_told_that_it_is_somebody_elses_turn(desk):
    sale_id = desk.stage()
    desk.approve(sale_id, "bob")
    (item,) = [item for item in desk.picture().waiting if item.kind == "sale"]
    assert item.detail == "needs 1 more signature, not yours"
    assert item.due is not None


def test_a_sale_for_capex_closes_the_gap_it_is_for(desk):
    sale_id = desk.stage("100", "capex:gpu-delivery")
    effect = desk.picture(sale_id).focus.effect
    assert effect == ("funding gap $57.1 M by 1 May → $51.0 M by 1 May",)


def test_a_sale_at_work_shows_its_curve_its_orders_and_its_average(desk):
    sale_id = desk.stage("6")
    desk.approve(sale_id)
    desk.work(sale_id)
    desk.clock.advance(4200)
    desk.see("68524.10")
    order = desk.rest(sale_id, "0.5")
    desk.clock.advance(60)
    desk.fill(order, "0.2")
    desk.see("68524.10", btc="3357.10")
    picture = desk.picture(sale_id)
    (sale,) = picture.sales
    assert (sale.filled, sale.open) == (parse_btc("0.2"), parse_btc("0.3"))
    assert sale.resting == Decimal("68524.1")
    assert sale.average == Decimal("68524.1")
    assert sale.planned_now >= sale.filled
    assert sale.next_slice_at > desk.now
    detail = picture.focus
    assert [fill.trade_id for fill in detail.fills] == ["T1"]
    assert detail.orders[0].state == "part-filled"
    done = [point for point in detail.curve if point.done is not None]
    assert done[-1].at == desk.now
    assert done[-1].done == parse_btc("0.2")
    assert detail.curve[-1].planned == parse_btc("6")
    assert detail.curve[-1].done is None
    assert detail.book.bids[0][0] < detail.book.asks[0][0]
    assert picture.daemon.working == 1


def test_fills_after_the_balance_was_seen_are_not_counted_twice(desk):
    sale_id = desk.stage("6")
    desk.approve(sale_id)
    desk.work(sale_id)
    order = desk.rest(sale_id, "0.5")
    before = desk.picture().holdings
    desk.clock.advance(1)
    desk.fill(order, "0.5")
    after = desk.picture().holdings
    assert after.total == before.total - parse_btc("0.5")
    assert after.sellable == before.sellable


def test_proceeds_for_a_loan_do_not_shrink_the_funding_gap(desk):
    before = desk.picture().funding.gap
    sale_id = desk.stage("6")
    desk.approve(sale_id)
    desk.work(sale_id)
    desk.fill(desk.rest(sale_id, "6"), "6")
    assert desk.picture().funding.gap == before
    desk.clock.advance(1)
    desk.see(btc="3351.30", usd="411132.10")
    picture = desk.picture()
    assert picture.funding.gap == before
    assert picture.loans[0].ltv_after_sales < picture.loans[0].ltv
    assert ("USD", Decimal("411132.10"), "kraken") in [(c.currency, c.amount, c.where) for c in picture.holdings.cash]


def test_proceeds_for_capex_shrink_the_gap_once_the_venue_shows_them(desk):
    before = desk.picture().funding.gap
    desk.see(usd="1000000")
    assert desk.picture().funding.gap == before - 1_000_000


def test_an_order_that_takes_is_not_said_to_rest(desk):
    sale_id = desk.stage("6")
    desk.approve(sale_id)
    desk.work(sale_id)
    desk.rest(sale_id, "0.5", kind=OrderType.IOC)
    assert desk.picture().sales[0].resting is None
    assert desk.picture().sales[0].open == parse_btc("0.5")


def test_slippage_is_measured_against_the_recorded_mids_of_the_window(desk):
    sale_id = desk.stage("6")
    desk.approve(sale_id)
    desk.see("70000")
    desk.work(sale_id)
    order = desk.rest(sale_id, "0.5", price="70070")
    desk.clock.advance(60)
    desk.fill(order, "0.5", price="70070")
    desk.see("70000")
    assert desk.picture().sales[0].slippage_vs_twap == Decimal(10)


def test_an_event_says_in_words_what_was_filled_where(desk):
    sale_id = desk.stage("6")
    desk.approve(sale_id)
    desk.work(sale_id)
    desk.fill(desk.rest(sale_id, "0.5"), "0.5")
    newest = desk.picture().events[0]
    assert newest.text == f"{sale_id}/00  0.50000000 @ 68524.1  maker  kraken"
    assert newest.subject == sale_id
    texts = [event.text for event in desk.picture().events]
    assert "staged by olga: 6.00 BTC" in texts
    assert "signed by alice as approver" in texts
    assert "mining: 37 rows from mining.csv" in texts


def test_an_old_price_is_stale_and_nothing_is_valued_by_it(desk):
    desk.clock.advance(6)
    picture = desk.picture()
    assert picture.price.is_stale
    assert picture.price.age_s == 6
    assert picture.price.mid is not None
    assert picture.holdings.value is None
    assert picture.loans[0].ltv is None


def test_without_a_fresh_price_a_loan_keeps_the_last_ltv_apart_from_one_of_now(desk):
    (before,) = desk.picture().loans
    assert (before.last_ltv, before.last_price) == (None, None)
    desk.clock.advance(6)
    (after,) = desk.picture().loans
    assert (after.ltv, after.distance_to_call, after.rungs) == (None, None, ())
    assert (after.last_ltv, after.last_price) == (before.ltv, before.now.price)
    (call,) = [item for item in desk.picture().waiting if item.kind == "margin"]
    assert call.title == "call not known: no fresh price", "it waited a moment ago, and nothing says that it is over"
    assert "it was at −8.8 % of the last price, 68,524" in call.detail


def test_old_balances_and_places_are_stale(desk):
    desk.clock.advance(61)
    held = desk.picture().holdings
    assert held.is_stale
    assert [place.is_stale for place in held.places] == [True, False, False, False]
    desk.clock.advance(36 * 3600)
    assert all(place.is_stale for place in desk.picture().holdings.places)
    assert desk.picture().mining.is_stale


def test_a_daemon_is_running_hung_or_stopped(desk):
    assert desk.picture().daemon.state == "running"
    desk.clock.advance(4)
    assert desk.picture().daemon.state == "stopped"
    lock = DaemonLock(desk.config.lock_file)
    lock.take()
    desk.clock.advance(2)
    assert desk.picture().daemon.state == "hung"
    lock.release()
    desk.see()
    with desk.write() as tx:
        live.beat(tx, 4242, 1, desk.clock.wall(), "stopped")
    desk.clock.advance(2)
    assert desk.picture().daemon.state == "stopped"


def test_a_stopped_daemon_with_a_sale_at_work_waits_for_somebody(desk):
    sale_id = desk.stage("6")
    desk.approve(sale_id)
    desk.work(sale_id)
    assert titles(desk.picture(), "stale") == []
    desk.clock.advance(10)
    assert "the daemon is stopped" in titles(desk.picture(), "stale")


def test_a_halt_is_seen_by_its_row_and_by_its_file_alone(desk):
    stopping.raise_halt_file(desk.config.halt_file, "odd balance", "olga", desk.now)
    by_file = desk.picture()
    assert (by_file.halt.reason, by_file.halt.actor) == ("odd balance", "olga")
    assert by_file.waiting[0].kind == "halt"
    with desk.write() as tx:
        control.halt(tx, "odd balance", "olga", desk.now)
    assert desk.picture().halt.since == desk.now
    assert desk.picture().halt.rearm_needed == 2


def test_a_halt_counts_the_signatures_for_lifting_it(desk):
    from desk.acts import resuming

    stopping.raise_halt_file(desk.config.halt_file, "odd balance", "olga", desk.now)
    with desk.write() as tx:
        control.halt(tx, "odd balance", "olga", desk.now)
    resuming.rearm(desk.config, desk.ledger, desk.clock, key_file=desk.key("alice"))
    picture = desk.picture()
    assert (picture.halt.rearm_signatures, picture.halt.rearm_signers) == (1, ("alice",))
    assert "1 of 2 signatures (alice) to rearm, 1 more by somebody else" in picture.waiting[0].detail
    assert status_json(picture)["halt"]["signed_by"] == ["alice"]


def test_a_request_says_who_signed_it_and_how_many_are_missing():
    now, hour = datetime(2026, 2, 7, tzinfo=UTC), timedelta(hours=1)
    at = Moment(now, now, None, AgeLimits(), DeskTime.real())
    name, subject = "R-2026-0001", "order ab"
    request = RecordedRequest(name, "desk.resolve", subject, "n", b"", "alice", 1, now, now + hour, None, None)
    (item,) = request_items([request], {"R-2026-0001": ["alice"]}, at)
    assert item.detail == "opened by alice, signed by alice, 1 more by somebody else"
    assert request_items([request], {}, at)[0].detail == "opened by alice, nobody signed yet, 2 more"


def test_an_order_without_proof_becomes_an_alarm_after_a_minute(desk):
    sale_id = desk.stage("6")
    desk.approve(sale_id)
    desk.work(sale_id)
    order = desk.rest(sale_id, "0.5")
    with desk.write() as tx:
        orders.record_unknown(tx, order.client_order_id, "no answer", desk.now, desk.epoch)
    assert titles(desk.picture(), "alarm") == []
    desk.clock.advance(61)
    assert titles(desk.picture(), "alarm") == [f"order of {sale_id} unknown"]


def test_alarms_and_months_that_do_not_add_up_wait_for_somebody(desk):
    with desk.write() as tx:
        control.raise_alarm(tx, "fill.late", "abc", "sold after the close", desk.now)
    assert titles(desk.picture(), "alarm") == ["fill.late"]
    assert titles(desk.picture(), "break") == ["2026-01"]
    desk.clock.advance(80 * 86_400)
    later = [item for item in desk.picture().waiting if item.kind == "break"]
    assert [(item.ref, item.detail) for item in later] == [
        ("published-2026-01", "0.02 BTC unexplained for 87 days, nobody on it"),
        ("published-2026-02", "165.03 BTC unexplained for 59 days, nobody on it"),
        ("published-2026-03", "602.53 BTC unexplained for 28 days, nobody on it"),
    ]
    acts.own(desk.ledger, desk.clock, "olga", "published-2026-03", "alice")
    acts.explain(desk.ledger, desk.clock, "olga", "2026-02", "165.03", "moved to a sister company")
    left = [(item.ref, item.detail) for item in desk.picture().waiting if item.kind == "break"]
    assert left[1:] == [("published-2026-03", "602.53 BTC unexplained for 28 days, alice on it")]


def test_a_changed_configuration_is_a_problem_on_the_picture(desk):
    people = desk.config.settings.people.allowed_signers
    people.write_text(people.read_text().splitlines()[0] + "\n")
    desk.clock.advance(3)
    assert desk.picture().problems == ("the configuration is not the accepted policy: desk policy diff",)


def test_the_newest_checkpoint_tells_how_far_the_chain_is_anchored(desk):
    assert desk.picture().audit.checkpoint_seq is None
    line = json.dumps({"seq": 5, "time": iso(desk.clock.wall() - timedelta(seconds=9))})
    desk.config.settings.audit.checkpoints.write_text(line + "\ntorn")
    audit = desk.picture().audit
    assert (audit.checkpoint_seq, audit.checkpoint_age_s) == (5, 9)
    assert audit.head_seq > 5


def test_a_sale_that_does_not_exist_is_a_problem_and_no_crash(desk):
    picture = desk.picture("S-2026-9999")
    assert picture.focus is None
    assert "there is no sale S-2026-9999" in picture.problems


def test_a_builder_that_remembers_shows_exactly_what_a_new_one_shows(desk):
    def fresh(focus):
        return SnapshotBuilder(desk.config, desk.ledger, desk.clock, me="bob").build(focus)

    sale_id = desk.stage("6")
    assert desk.picture(sale_id) == fresh(sale_id)
    desk.approve(sale_id)
    desk.work(sale_id)
    for attempt in range(3):
        order = desk.rest(sale_id, "0.5", attempt=attempt)
        assert desk.picture(sale_id) == fresh(sale_id)
        desk.clock.advance(30)
        desk.fill(order, "0.5", trade=f"T{attempt}")
        desk.see(btc=f"{3357 - attempt}")
        assert desk.picture(sale_id) == fresh(sale_id)
    other = desk.stage("1", purpose=None)
    assert desk.picture(other) == fresh(other)
    with desk.write() as tx:
        loan = replace(treasury.loans(tx)[0], debt=Money(Decimal(150_000_000)))
        treasury.state(tx, "loans", [loan])
        sales.move(tx, sale_id, SaleState.CLOSING, "", desk.now, epoch=desk.epoch)
        sales.move(tx, sale_id, SaleState.EXPIRED, "window over", desk.now, epoch=desk.epoch)
    assert desk.picture().loans[0].principal == 150_000_000
    assert desk.picture(sale_id) == fresh(sale_id)


def test_a_fill_told_late_with_an_older_time_is_not_missed(desk):
    sale_id = desk.stage("6")
    desk.approve(sale_id)
    desk.work(sale_id)
    order = desk.rest(sale_id, "0.5")
    earlier = desk.now
    desk.clock.advance(30)
    desk.fill(order, "0.2", trade="second")
    assert len(desk.picture(sale_id).focus.fills) == 1
    desk.fill(order, "0.3", trade="first", executed=earlier)
    fills = desk.picture(sale_id).focus.fills
    assert [fill.trade_id for fill in fills] == ["second", "first"]


def test_a_sale_whose_terms_cannot_be_read_is_a_problem_and_the_others_are_shown(desk):
    damaged, whole = desk.stage("6"), desk.stage("7")
    with closing(sqlite3.connect(desk.ledger.path)) as database:
        database.execute("DROP TRIGGER guard_terms_update")
        database.execute("UPDATE terms SET document = '{}' WHERE sale_id = ?", (damaged,))
        database.commit()
    picture = desk.picture(damaged)
    assert [sale.id for sale in picture.sales] == [whole]
    assert any(f"the signed terms of {damaged} on record cannot be read" in one for one in picture.problems)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("UPDATE orders SET last_error = CAST(x'ff' AS TEXT)", "the newest orders cannot be shown"),
        ("UPDATE fills SET trade_id = CAST(x'ff' AS TEXT)", "the newest fills cannot be shown"),
        ("UPDATE slices SET due = 4611686018427387904 WHERE position = 0", "cannot be shown"),
        ("UPDATE signatures SET armored = CAST(x'ff' AS TEXT)", "the signatures on"),
    ],
)
def test_a_damaged_row_is_a_problem_and_the_picture_stands(desk, damage, said):
    sale_id = desk.stage("6")
    desk.work(sale_id)
    desk.fill(desk.rest(sale_id, "0.5"), "0.2")
    with closing(sqlite3.connect(desk.ledger.path)) as database:
        database.execute("PRAGMA ignore_check_constraints = ON")
        for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {name}")
        assert database.execute(damage).rowcount > 0
        database.commit()
    picture = desk.picture(sale_id)
    assert [sale.filled for sale in picture.sales] == [parse_btc("0.2")]
    assert any(said in one for one in picture.problems)
