"""The documented shapes, key by key."""

from __future__ import annotations

from desk.acts.looking import sale_document
from desk.ledger import orders
from desk.snapshot.sale_json import fill_json, order_json

TOTALS = ["id", "state", "btc", "filled_btc", "open_btc", "unknown_btc", "remaining_btc", "quote"]
SALE = [*TOTALS, "average_price", "proceeds", "fees", "terms_digest", "approvals", "slices", "orders"]
IDENTITY = ["client_order_id", "venue_order_id", "venue", "sale", "slice", "attempt"]
ORDER = [*IDENTITY, "state", "type", "limit_price", "btc", "filled_btc", "created", "updated", "last_error"]
PRICED = ["trade_id", "venue", "client_order_id", "btc", "price", "quote"]
FILL = [*PRICED, "fee", "fee_currency", "liquidity", "time"]
SLICE = ["index", "due", "planned_btc", "filled_btc", "state"]


def test_a_sale_at_work_has_exactly_the_documented_keys(desk):
    sale_id = desk.stage("6")
    desk.approve(sale_id)
    desk.work(sale_id)
    desk.fill(desk.rest(sale_id, "0.5"), "0.2", price="68524.1")
    document = sale_document(desk.config, desk.ledger, desk.clock, sale_id)
    assert list(document) == SALE
    assert list(document["slices"][0]) == SLICE
    assert list(document["orders"][0]) == ORDER
    assert (document["btc"], document["filled_btc"], document["remaining_btc"]) == (
        "6.00000000",
        "0.20000000",
        "5.80000000",
    )
    assert document["open_btc"] == "0.30000000"
    assert document["average_price"] == "68524.10000000"
    assert document["proceeds"] == "13704.820000000"
    assert document["fees"] == "12.50"
    assert [one["index"] for one in document["slices"]] == list(range(6))


def test_approvals_are_those_of_others_than_the_stager_and_say_whether_they_count(desk):
    sale_id = desk.stage()
    desk.approve(sale_id, "alice", "bob")
    approvals = sale_document(desk.config, desk.ledger, desk.clock, sale_id)["approvals"]
    assert [(one["principal"], one["counts"]) for one in approvals] == [("alice", True), ("bob", True)]


def test_a_sale_without_fills_has_no_average(desk):
    assert sale_document(desk.config, desk.ledger, desk.clock, desk.stage())["average_price"] is None


def test_orders_and_fills_name_slice_and_quote(desk):
    sale_id = desk.stage("6")
    desk.approve(sale_id)
    desk.work(sale_id)
    desk.fill(desk.rest(sale_id, "0.5"), "0.5")
    with desk.ledger.read() as tx:
        (order,), (fill,) = orders.listed(tx), orders.fills(tx)
    assert list(order_json(order)) == ORDER
    assert (order_json(order)["slice"], order_json(order)["attempt"], order_json(order)["state"]) == (0, 0, "filled")
    document = fill_json(fill, "USD")
    assert list(document) == FILL
    assert (document["btc"], document["quote"], document["liquidity"]) == ("0.50000000", "USD", "maker")
    assert document["time"].endswith("Z")
