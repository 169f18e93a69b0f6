"""Sales on record: staged whole, moved along their table, their slices due in time."""

import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest

from desk.canonical import digest
from desk.ledger import LedgerRefused, NotOnRecord, StaleEpoch, TermsUnreadable, sales
from desk.sale.lifecycle import IllegalMove, SaleState
from desk.sale.records import Rejection, SliceState
from desk.sale.terms import Window
from desk.units import Price, Sats

BTC = 100_000_000


def test_a_sale_comes_back_as_it_was_staged(world):
    terms = world.stage()
    with world.ledger.read() as tx:
        sale = sales.get(tx, "S-2026-0001")
        assert sales.slices(tx, "S-2026-0001") == world.slices(terms)
        assert sales.signatures(tx, "S-2026-0001") == [world.signature("S-2026-0001")]
        assert sales.terms_bytes(tx, "S-2026-0001") == terms.canonical()
    assert (sale.state, sale.terms, sale.terms_digest) == (SaleState.STAGED, terms, digest(terms.canonical()))
    assert (sale.filled, sale.open, sale.unknown, sale.proceeds) == (0, 0, 0, 0)


def test_ids_count_through_the_year(world):
    with world.ledger.read() as tx:
        assert sales.next_sale_id(tx, 2026) == "S-2026-0001"
    world.stage("S-2026-0001")
    world.stage("S-2026-0009")
    with world.ledger.read() as tx:
        assert sales.next_sale_id(tx, 2026) == "S-2026-0010"
        assert sales.next_sale_id(tx, 2027) == "S-2027-0001"
        assert [sale.id for sale in sales.listed(tx)] == ["S-2026-0001", "S-2026-0009"]
        assert sales.listed(tx, [SaleState.WORKING]) == []


def test_slices_that_do_not_add_up_are_not_staged(world):
    terms = world.terms()
    with pytest.raises(LedgerRefused, match="add up"), world.write() as tx:
        sales.stage(tx, terms, world.slices(terms)[1:], world.signature(terms.sale_id), world.now)
    with world.ledger.read() as tx:
        assert sales.listed(tx) == []


@pytest.mark.parametrize(("principal", "key"), [("ada", "SHA256:new"), ("eve", "SHA256:ada")])
def test_nobody_signs_twice_by_name_or_by_key(world, principal, key):
    world.stage()
    again = world.signature("S-2026-0001", principal, "approver")
    again = type(again)(again.subject, principal, "approver", key, again.armored, again.signed_at)
    with pytest.raises(LedgerRefused), world.write() as tx:
        sales.add_signature(tx, again, world.now)


def test_only_a_staged_sale_is_rejected_and_the_daemon_moves_it(working):
    working.stage("S-2026-0002")
    with working.write() as tx:
        sales.reject(tx, Rejection("S-2026-0002", "bob", "too cheap", working.now), working.now)
    with working.ledger.read() as tx:
        assert sales.get(tx, "S-2026-0002").state is SaleState.STAGED
        assert sales.rejections(tx, "S-2026-0002")[0].reason == "too cheap"
    with pytest.raises(LedgerRefused, match="only a staged sale"), working.write() as tx:
        sales.reject(tx, Rejection("S-2026-0001", "bob", "too late", working.now), working.now)


def test_a_sale_moves_only_along_its_table_and_in_this_epoch(working):
    with pytest.raises(IllegalMove), working.write() as tx:
        sales.move(tx, "S-2026-0001", SaleState.STAGED, "", working.now, epoch=working.epoch)
    with pytest.raises(StaleEpoch), working.write() as tx:
        sales.move(tx, "S-2026-0001", SaleState.PAUSED, "", working.now, epoch=working.epoch - 1)
    with pytest.raises(NotOnRecord), working.write() as tx:
        sales.move(tx, "S-2026-0404", SaleState.PAUSED, "", working.now, epoch=working.epoch)


def test_the_window_and_the_arrival_price_are_set_with_a_move_and_stay(working):
    opened, closes = working.now, working.now + timedelta(hours=4)
    with working.write() as tx:
        sales.move(
            tx,
            "S-2026-0001",
            SaleState.PAUSED,
            "lunch",
            working.now,
            epoch=working.epoch,
            opened=opened,
            closes=closes,
            arrival=Price(working.terms().reference_price),
        )
        sales.move(tx, "S-2026-0001", SaleState.WORKING, "", working.now, epoch=working.epoch)
    with working.ledger.read() as tx:
        sale = sales.get(tx, "S-2026-0001")
    assert (sale.opened, sale.closes, sale.arrival_price) == (opened, closes, working.terms().reference_price)


def test_due_times_of_a_window_on_approval_are_set_once(world):
    opening = Window(None, world.now + timedelta(hours=9), timedelta(hours=4))
    terms = world.stage(window=opening)
    world.to_working()
    world.clock.advance(86_400)
    with world.ledger.read() as tx:
        assert sales.due_slices(tx, world.now) == []
        assert sales.slices(tx, terms.sale_id)[1].due == opening.open_by + timedelta(hours=1)
    dues = [world.now - timedelta(hours=1) + one.offset for one in world.slices(terms)]
    with world.write() as tx:
        sales.set_slice_dues(tx, terms.sale_id, dues, world.epoch)
    with world.ledger.read() as tx:
        assert [slice_.due for slice_ in sales.slices(tx, terms.sale_id)] == dues
        assert [slice_id[-2:] for slice_id, _ in sales.due_slices(tx, world.now)] == ["00", "01"]
    with pytest.raises(LedgerRefused, match="once"), world.write() as tx:
        sales.set_slice_dues(tx, terms.sale_id, dues, world.epoch)


def test_slices_fall_due_in_order_and_only_of_sales_that_live(working):
    working.stage("S-2026-0002")
    working.clock.advance(3_600)
    with working.ledger.read() as tx:
        due = sales.due_slices(tx, working.now)
    assert due == [("S-2026-0001/00", "S-2026-0001"), ("S-2026-0001/01", "S-2026-0001")]
    with working.write() as tx:
        sales.move_slice(tx, "S-2026-0001/00", SliceState.WORKING, working.now, working.epoch)
    with working.ledger.read() as tx:
        assert sales.due_slices(tx, working.now) == due[1:]


def test_approved_and_unfinished_sales_reserve_what_they_may_still_sell(working):
    working.stage("S-2026-0002")
    order = working.place()
    with working.write() as tx:
        working.report(tx, order, order.state.OPEN, working.fill(order, 10))
    with working.ledger.read() as tx:
        assert sales.reserved(tx) == sales.reserved(tx, "kraken") == Sats(BTC - 10)
        assert sales.reserved(tx, "elsewhere") == 0


def test_a_sale_whose_terms_cannot_be_read_is_told_apart_from_the_others(world):
    world.stage("S-2026-0001")
    world.stage("S-2026-0002")
    with closing(sqlite3.connect(world.ledger.path)) as database:
        database.execute("DROP TRIGGER guard_terms_update")
        database.execute("UPDATE terms SET document = replace(document, 'sell_sats', 'x') WHERE sale_id LIKE '%1'")
        database.commit()
    with world.ledger.read() as tx:
        assert [sale.id for sale in sales.listed(tx)] == ["S-2026-0002"]
        (problem,) = sales.unreadable(tx)
        assert problem.sale_id == "S-2026-0001"
        assert "these are not the terms of a sale: 'sell_sats'" in str(problem)
        assert sales.ids(tx, [SaleState.STAGED]) == ["S-2026-0001", "S-2026-0002"]
        assert sales.quotes(tx) == {"S-2026-0001": "USD", "S-2026-0002": "USD"}
    with pytest.raises(TermsUnreadable), world.ledger.read() as tx:
        sales.get(tx, "S-2026-0001")
