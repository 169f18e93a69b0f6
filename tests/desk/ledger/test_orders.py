"""An order's life on record: reserved, resolved by evidence, never beyond what is approved."""

from datetime import timedelta
from decimal import Decimal

import pytest

from desk.execution.orders import OrderState
from desk.ledger import IntentRefused, LedgerRefused, StaleEpoch, control, events, orders, sales
from desk.sale.lifecycle import IllegalMove, SaleState
from desk.units import Money, Sats, notional

BTC = 100_000_000
QUARTER = BTC // 4


def test_an_order_fills_in_parts_and_every_total_follows(working):
    order = working.place()
    with working.write() as tx:
        working.report(tx, order, OrderState.OPEN, working.fill(order, 10_000_000, "T1"))
    with working.ledger.read() as tx:
        sale, stored = sales.get(tx, "S-2026-0001"), orders.get(tx, order.client_order_id)
    assert stored.state is OrderState.PART_FILLED
    assert (sale.filled, sale.open, sale.unknown) == (10_000_000, QUARTER - 10_000_000, 0)
    with working.write() as tx:
        fresh = working.report(
            tx,
            order,
            OrderState.FILLED,
            working.fill(order, 10_000_000, "T1"),
            working.fill(order, QUARTER - 10_000_000, "T2"),
        )
    assert [fill.trade_id for fill in fresh] == ["T2"]
    with working.ledger.read() as tx:
        sale, stored = sales.get(tx, "S-2026-0001"), orders.get(tx, order.client_order_id)
        assert sales.slices(tx, "S-2026-0001")[0].filled == QUARTER
    assert (stored.state, stored.filled, stored.fees) == (OrderState.FILLED, QUARTER, Decimal("2.50"))
    assert (sale.filled, sale.open, sale.proceeds) == (QUARTER, 0, notional(QUARTER, order.limit_price))


def test_a_report_with_nothing_new_writes_nothing(working):
    order = working.place()
    fill = working.fill(order, 5)
    with working.write() as tx:
        working.report(tx, order, OrderState.OPEN, fill)
    with working.ledger.read() as tx:
        before = events.head(tx)
    with working.write() as tx:
        assert working.report(tx, order, OrderState.OPEN, fill) == []
    with working.ledger.read() as tx:
        assert events.head(tx) == before


def test_an_unknown_order_stays_reserved_until_evidence_comes(working):
    order = working.send()
    with working.write() as tx:
        orders.record_unknown(tx, order.client_order_id, "timed out", working.now, working.epoch)
    with working.ledger.read() as tx:
        sale = sales.get(tx, "S-2026-0001")
        assert (sale.open, sale.unknown) == (0, QUARTER)
        assert orders.committed_open(tx).quantity == QUARTER
    with pytest.raises(IntentRefused, match="still unknown"):
        working.intend(working.order(attempt=1))
    with working.write() as tx:
        orders.record_refused(tx, order.client_order_id, "absent twice", working.now, working.epoch)
    working.intend(working.order(attempt=1))


def test_no_order_goes_beyond_what_is_approved(working):
    first = working.place(working.order(BTC - 1))
    with working.write() as tx:
        working.report(tx, first, OrderState.FILLED, working.fill(first, BTC - 1))
    with pytest.raises(IntentRefused, match="approved for S-2026-0001"):
        working.intend(working.order(2, attempt=1))
    working.intend(working.order(1, attempt=1))


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"venue": "other"}, "do not name the venue"),
        ({"limit_price": Decimal("59999.99")}, "below the approved floor"),
        ({"slice_id": "S-2026-0009/00"}, "is not one of"),
        ({"attempt": 3}, "not the next one"),
        ({"state": OrderState.OPEN}, "an intent is new"),
    ],
)
def test_an_order_outside_its_terms_is_refused(working, changed, why):
    with pytest.raises(IntentRefused, match=why):
        working.intend(working.order(**changed))


def test_nothing_is_placed_while_the_desk_is_halted(working):
    with working.write() as tx:
        control.halt(tx, "a fire", "ada", working.now)
    with pytest.raises(IntentRefused, match="a fire"):
        working.intend()


def test_nothing_is_placed_for_a_paused_sale(working):
    with working.write() as tx:
        sales.move(tx, "S-2026-0001", SaleState.PAUSED, "lunch", working.now, epoch=working.epoch)
    with pytest.raises(IntentRefused, match="is paused"):
        working.intend()


def test_a_daemon_that_was_overtaken_writes_no_orders(working):
    order = working.place()
    old = working.epoch
    working.take_epoch()
    with pytest.raises(StaleEpoch), working.write() as tx:
        orders.record_unknown(tx, order.client_order_id, "late", working.now, old)
    with pytest.raises(StaleEpoch), working.write() as tx:
        orders.place_intent(tx, working.order(attempt=1), epoch=old)


def test_day_limits_count_sold_open_and_the_new_order(working):
    order = working.place()
    with working.write() as tx:
        working.report(tx, order, OrderState.OPEN, working.fill(order, 10))
        orders.cancel_intent(tx, order.client_order_id, "reprice", working.now, working.epoch)
        working.report(tx, order, OrderState.CANCELLED)
    since = working.now - timedelta(hours=24)
    for limit in (
        orders.DayLimit("the 24 h limit", since, max_quantity=Sats(QUARTER + 9)),
        orders.DayLimit("the 24 h limit", since, max_money=Money(notional(QUARTER + 9, order.limit_price))),
    ):
        with pytest.raises(IntentRefused, match="the 24 h limit"), working.write() as tx:
            orders.place_intent(tx, working.order(attempt=1), epoch=working.epoch, day_limits=[limit])
    enough = orders.DayLimit("the 24 h limit", since, max_quantity=Sats(QUARTER + 10))
    with working.write() as tx:
        orders.place_intent(tx, working.order(attempt=1), epoch=working.epoch, day_limits=[enough])


def test_a_fill_after_the_end_is_kept_marked_and_alarmed(working):
    order = working.place()
    with working.write() as tx:
        working.report(tx, order, OrderState.CANCELLED)
    other = working.place(working.order(BTC, attempt=1))
    with working.write() as tx:
        assert len(working.report(tx, order, OrderState.CANCELLED, working.fill(order, 100))) == 1
    with working.ledger.read() as tx:
        sale = sales.get(tx, "S-2026-0001")
        assert orders.get(tx, order.client_order_id).state is OrderState.CANCELLED
        assert [alarm.kind for alarm in control.open_alarms(tx)] == ["fill.late"]
        assert events.listed(tx, newest_first=True, limit=1)[0].kind == "fill.late"
    assert (sale.filled, sale.open) == (100, other.quantity)


def test_a_fill_beyond_the_order_is_an_alarm_and_not_a_fill(working):
    order = working.place()
    with working.write() as tx:
        kept = working.report(tx, order, OrderState.OPEN, working.fill(order, QUARTER + 1))
    assert kept == []
    with working.ledger.read() as tx:
        assert [alarm.kind for alarm in control.open_alarms(tx)] == ["fill.excess"]


def test_filled_needs_the_fills(working):
    order = working.place()
    with pytest.raises(LedgerRefused, match="are proven"), working.write() as tx:
        working.report(tx, order, OrderState.FILLED, working.fill(order, 1))
    with working.ledger.read() as tx:
        assert orders.fills(tx) == []


def test_one_trade_with_two_contents_is_refused(working):
    order = working.place()
    with working.write() as tx:
        working.report(tx, order, OrderState.OPEN, working.fill(order, 5, "T1"))
    with pytest.raises(LedgerRefused, match="twice"), working.write() as tx:
        working.report(tx, order, OrderState.OPEN, working.fill(order, 6, "T1"))


def test_fees_in_coins_stay_out_of_the_quote_totals(working):
    order = working.place()
    with working.write() as tx:
        working.report(tx, order, OrderState.OPEN, working.fill(order, 5, fee="0.00000001", currency="BTC"))
    with working.ledger.read() as tx:
        assert sales.get(tx, "S-2026-0001").fees == 0
        assert orders.fills(tx)[0].fee_currency == "BTC"


def test_what_was_brought_since_a_moment_is_net_of_each_fee_in_its_own_currency(working):
    """Executed at or after it, whenever it came on record; nothing of before, and nothing of another venue."""
    order = working.place()
    with working.write() as tx:
        working.report(
            tx,
            order,
            OrderState.PART_FILLED,
            working.fill(order, 10_000_000, "T1"),
            working.fill(order, 5_000_000, "T2", "0.00001", "BTC"),
        )
    cost = notional(Sats(15_000_000), order.limit_price)
    with working.ledger.read() as tx:
        assert orders.brought_since(tx, working.now, order.venue) == {
            "BTC": Decimal("-0.00001"),
            "USD": cost - Decimal("1.25"),
        }
        assert orders.brought_since(tx, working.now + timedelta(microseconds=1), order.venue) == {}
        assert orders.brought_since(tx, working.now, "elsewhere") == {}


def test_a_cancel_is_on_record_before_its_answer(working):
    order = working.place()
    with working.write() as tx:
        orders.cancel_intent(tx, order.client_order_id, "paused", working.now, working.epoch)
    with working.ledger.read() as tx:
        assert orders.get(tx, order.client_order_id).cancel_asked == working.now
        assert orders.cancels(tx, order.client_order_id)[0].outcome is None
    with working.write() as tx:
        orders.cancel_outcome(tx, order.client_order_id, "accepted", working.now, working.epoch)
    with working.ledger.read() as tx:
        assert orders.cancels(tx, order.client_order_id)[0].outcome == "accepted"


def test_states_only_move_along_the_table(working):
    order = working.intend()
    with pytest.raises(IllegalMove), working.write() as tx:
        orders.record_unknown(tx, order.client_order_id, "?", working.now, working.epoch)
